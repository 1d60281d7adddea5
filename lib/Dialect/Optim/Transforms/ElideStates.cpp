//===- ElideStates.cpp - states that nothing needs -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace optimc::optim;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMELIDESTATES
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"
} // namespace optimc::optim

namespace {
struct ElideStates : optimc::optim::impl::OptimElideStatesBase<ElideStates> {
  void runOnOperation() override;

private:
  void removeStates(OptimizerOp optimizer, const llvm::BitVector &needed);
  void removeInputs(OptimizerOp optimizer);
};

/// Which states' old values reach something that is kept, over all bodies.
class Needs {
public:
  explicit Needs(OptimizerOp optimizer);
  llvm::BitVector states;

private:
  void needState(unsigned state);
  void need(Value value);

  OptimizerOp optimizer;
  DenseSet<Value> seen;
  SmallVector<Value> worklist;
};
} // namespace

/// The state that a commit target or an operand is, or none.
static std::optional<unsigned> getStateIndex(OptimizerOp optimizer,
                                             Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner()->getParentOp() != optimizer)
    return std::nullopt;
  unsigned number = argument.getArgNumber();
  if (number < optimizer.getFirstState() || number >= optimizer.getFirstInput())
    return std::nullopt;
  return number - optimizer.getFirstState();
}

static CommitOp getCommit(Region &body) {
  return cast<CommitOp>(body.front().getTerminator());
}

//===----------------------------------------------------------------------===//
// Analysis
//===----------------------------------------------------------------------===//

Needs::Needs(OptimizerOp optimizer)
    : states(optimizer.getStates().size()), optimizer(optimizer) {
  for (unsigned i = 0, end = states.size(); i != end; ++i)
    if (optimizer.getState(i).getObservable())
      needState(i);
  for (Region &body : optimizer.getBodies()) {
    CommitOp commit = getCommit(body);
    llvm::append_range(worklist, commit.getOutputs());
    if (commit.getClock())
      worklist.push_back(commit.getClock());
    if (commit.getGate())
      worklist.push_back(commit.getGate());
    for (auto [target, value] :
         llvm::zip(commit.getTargets(), commit.getValues()))
      if (!getStateIndex(optimizer, target))
        worklist.push_back(value);
  }
  while (!worklist.empty())
    need(worklist.pop_back_val());
}

/// A state that is kept needs what every body commits to it.
void Needs::needState(unsigned state) {
  if (states.test(state))
    return;
  states.set(state);
  for (Region &body : optimizer.getBodies()) {
    CommitOp commit = getCommit(body);
    for (auto [target, value] :
         llvm::zip(commit.getTargets(), commit.getValues()))
      if (getStateIndex(optimizer, target) == state)
        worklist.push_back(value);
  }
}

void Needs::need(Value value) {
  if (!seen.insert(value).second)
    return;
  if (std::optional<unsigned> state = getStateIndex(optimizer, value))
    return needState(*state);
  Operation *op = value.getDefiningOp();
  if (!op)
    return;
  // Each result of a case is that of its classes; other ops with regions need
  // whatever they use.
  if (auto classes = dyn_cast<CaseOp>(op)) {
    unsigned number = cast<OpResult>(value).getResultNumber();
    for (Region *region : {&classes.getThenRegion(), &classes.getElseRegion()})
      worklist.push_back(region->front().getTerminator()->getOperand(number));
    return;
  }
  op->walk([&](Operation *inner) {
    llvm::append_range(worklist, inner->getOperands());
  });
}

//===----------------------------------------------------------------------===//
// Removal
//===----------------------------------------------------------------------===//

/// Drops the commits of states that are not needed.
static void removeCommits(OptimizerOp optimizer, Region &body,
                          const llvm::BitVector &needed) {
  CommitOp commit = getCommit(body);
  SmallVector<Value> targets, values;
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues())) {
    std::optional<unsigned> state = getStateIndex(optimizer, target);
    if (state && !needed.test(*state))
      continue;
    targets.push_back(target);
    values.push_back(value);
  }
  commit.getTargetsMutable().assign(targets);
  commit.getValuesMutable().assign(values);
}

/// Results of a case that nothing uses keep their yields, and with them what
/// the yields read, alive: such a case is rebuilt without them.
static void trimCases(Region &body) {
  SmallVector<CaseOp> cases;
  body.walk([&](CaseOp op) {
    if (llvm::any_of(op.getResults(),
                     [](Value result) { return result.use_empty(); }))
      cases.push_back(op);
  });
  for (CaseOp op : cases) {
    llvm::BitVector unused(op->getNumResults());
    SmallVector<Type> types;
    SmallVector<std::string> names;
    for (OpResult result : op->getResults()) {
      if (result.use_empty()) {
        unused.set(result.getResultNumber());
        continue;
      }
      types.push_back(result.getType());
      names.push_back(getWrittenName(result));
    }
    for (Region *region : {&op.getThenRegion(), &op.getElseRegion()})
      region->front().getTerminator()->eraseOperands(unused);
    OpBuilder builder(op);
    auto trimmed =
        CaseOp::create(builder, rename(op.getLoc(), llvm::join(names, ",")),
                       types, op.getMinRankAttr());
    trimmed.getThenRegion().takeBody(op.getThenRegion());
    trimmed.getElseRegion().takeBody(op.getElseRegion());
    auto next = trimmed.getResults().begin();
    for (OpResult result : op->getResults())
      if (!unused.test(result.getResultNumber()))
        result.replaceAllUsesWith(*next++);
    op.erase();
  }
}

/// Removes ops without uses, users before what they use.
static void removeDeadOps(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (isOpTriviallyDead(&op)) {
      op.erase();
      continue;
    }
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        removeDeadOps(inner);
  }
}

/// Takes what was removed out of the storage plan. The others keep their
/// random bits.
static void dropStorage(OptimizerOp optimizer) {
  SmallVector<Attribute> kept;
  for (Attribute entry : optimizer.getStoragePlan())
    for (unsigned i = 0, e = optimizer.getNumArguments(); i != e; ++i)
      if (cast<StorageAttr>(entry).getName() == optimizer.getStreamName(i))
        kept.push_back(entry);
  if (kept.size() != optimizer.getStoragePlan().size())
    optimizer->setAttr(OptimizerOp::storageAttrName,
                       ArrayAttr::get(optimizer.getContext(), kept));
}

void ElideStates::removeStates(OptimizerOp optimizer,
                               const llvm::BitVector &needed) {
  SmallVector<Attribute> kept;
  for (unsigned i = 0, end = needed.size(); i != end; ++i) {
    StateAttr state = optimizer.getState(i);
    if (needed.test(i)) {
      kept.push_back(state);
      continue;
    }
    ++elided;
    bool perElement = state.getRate() == Rate::Element;
    int bytes = isKernelRate(state.getRate()) ? 4 : 8;
    remark::passed(optimizer.getLoc(), remark::RemarkOpts::name("StateElided")
                                           .category(getArgument())
                                           .function(optimizer.getSymName()))
        << remark::add("'{0}' is dropped: nothing but its own update reads it",
                       state.getName().getValue())
        << remark::metric(perElement ? "bytes per element saved"
                                     : "bytes per instance saved",
                          bytes);
  }
  unsigned first = optimizer.getFirstState(), end = optimizer.getFirstInput();
  for (Region &body : optimizer.getBodies())
    removeCommits(optimizer, body, needed);
  for (Region &body : optimizer.getBodies()) {
    trimCases(body);
    removeDeadOps(body.front());
    body.front().eraseArguments([&](BlockArgument argument) {
      unsigned number = argument.getArgNumber();
      return number >= first && number < end && !needed.test(number - first);
    });
  }
  optimizer.setStatesAttr(ArrayAttr::get(&getContext(), kept));
  dropStorage(optimizer);
}

void ElideStates::removeInputs(OptimizerOp optimizer) {
  unsigned first = optimizer.getFirstInput(), end = optimizer.getNumArguments();
  llvm::BitVector unused(end);
  SmallVector<Attribute> kept;
  for (unsigned i = first; i != end; ++i) {
    InputAttr input = optimizer.getInput(i - first);
    if (llvm::any_of(optimizer.getBodies(), [&](Region &body) {
          return !body.getArgument(i).use_empty();
        })) {
      kept.push_back(input);
      continue;
    }
    unused.set(i);
    ++elidedInputs;
    remark::passed(optimizer.getLoc(), remark::RemarkOpts::name("InputElided")
                                           .category(getArgument())
                                           .function(optimizer.getSymName()))
        << remark::add("input '{0}' is dropped: nothing reads it",
                       input.getName().getValue());
  }
  for (Region &body : optimizer.getBodies())
    body.front().eraseArguments(unused);
  optimizer.setInputsAttr(ArrayAttr::get(&getContext(), kept));
  dropStorage(optimizer);
}

void ElideStates::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  Needs needs(optimizer);
  removeStates(optimizer, needs.states);
  removeInputs(optimizer);
}
