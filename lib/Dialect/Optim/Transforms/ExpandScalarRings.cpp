//===- ExpandScalarRings.cpp - rings of scalars as states -------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace optimc::optim;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMEXPANDSCALARRINGS
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"
} // namespace optimc::optim

namespace {
struct ExpandScalarRings
    : optimc::optim::impl::OptimExpandScalarRingsBase<ExpandScalarRings> {
  static constexpr int64_t maxSlots = 1024;
  void runOnOperation() override;
};
} // namespace

static bool isScalarRing(StateAttr state) {
  return isScalarRate(state.getRate()) && state.getSlots() != 1;
}

/// `name_0`, ... that no other state, input or argument has.
static SmallVector<std::string> makeNames(StringRef name, int64_t slots,
                                          llvm::StringSet<> &taken) {
  SmallVector<std::string> names;
  for (int64_t k = 0; k != slots; ++k) {
    std::string own = (name + "_" + Twine(k)).str();
    while (!taken.insert(own).second)
      own += "_";
    names.push_back(own);
  }
  return names;
}

/// For each slot, whether it is the one of this step: `(t - 1) mod W`; the
/// first one in an entry before the first step.
static SmallVector<Value> findSlot(Expansion &e, int64_t slots) {
  Value t = e.getStep(), one = e.getConstant(1), zero = e.getConstant(0);
  Value previous = e.create<SubOp>("previous", t, one);
  Value taken = e.create<MaxOp>("taken", previous, zero);
  Value length = e.getConstant(double(slots));
  Value number = e.create<ModOp>("slot", taken, length);
  SmallVector<Value> isSlot;
  for (int64_t k = 0; k != slots; ++k) {
    Value own = e.getConstant(double(k));
    Value is = e.create<CmpOp>("is" + Twine(k), Compare::EQ, number, own);
    isSlot.push_back(is);
  }
  return isSlot;
}

/// The ring's old value is the slot's; only that slot gets the new one.
static void expandBody(Block &block, BlockArgument ring, ArrayRef<Value> slots,
                       const std::string &name) {
  auto commit = cast<CommitOp>(block.getTerminator());
  Operation *first = &block.front();
  Expansion read(first, name);
  SmallVector<Value> isSlot = findSlot(read, slots.size());
  Value old = slots.front();
  for (size_t k = 1; k != slots.size(); ++k)
    old = read.create<SelectOp>("old", isSlot[k], slots[k], old);
  SmallVector<Value> targets, values;
  Expansion write(commit, name);
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues())) {
    if (target != ring) {
      targets.push_back(target);
      values.push_back(value);
      continue;
    }
    for (auto [k, slot] : llvm::enumerate(slots)) {
      Value next =
          write.create<SelectOp>("next" + Twine(k), isSlot[k], value, slot);
      targets.push_back(slot);
      values.push_back(next);
    }
  }
  commit.getTargetsMutable().assign(targets);
  commit.getValuesMutable().assign(values);
  ring.replaceAllUsesWith(old);
}

static void expand(OptimizerOp optimizer, unsigned number,
                   llvm::StringSet<> &names, llvm::StringSet<> &argNames) {
  MLIRContext *context = optimizer.getContext();
  StateAttr ring = optimizer.getState(number);
  int64_t slots = ring.getSlots();
  auto own = makeNames(ring.getName().getValue(), slots, names);
  auto ownArguments = makeNames(ring.getArgName().getValue(), slots, argNames);
  SmallVector<Attribute> states(optimizer.getStates().getValue());
  states.erase(states.begin() + number);
  for (int64_t k = 0; k != slots; ++k)
    states.insert(
        states.begin() + number + k,
        StateAttr::get(context, StringAttr::get(context, ownArguments[k]),
                       StringAttr::get(context, own[k]), ring.getRate(),
                       ring.getInit(), ring.getValue(), ring.getHyper(),
                       ring.getObservable(), /*slots=*/1));
  unsigned position = optimizer.getFirstState() + number;
  optimizer.setStatesAttr(ArrayAttr::get(context, states));
  for (Region &body : optimizer.getBodies()) {
    Block &block = body.front();
    BlockArgument old = block.getArgument(position);
    SmallVector<Value> arguments;
    for (int64_t k = 0; k != slots; ++k) {
      BlockArgument argument =
          block.insertArgument(position + 1 + k, old.getType(),
                               rename(old.getLoc(), ownArguments[k]));
      arguments.push_back(argument);
    }
    if (!old.use_empty())
      expandBody(block, old, arguments, ring.getArgName().str());
    block.eraseArgument(position);
  }
}

void ExpandScalarRings::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  llvm::StringSet<> names, argNames;
  for (unsigned i = 0, e = optimizer.getNumArguments(); i != e; ++i) {
    argNames.insert(optimizer.getArgumentName(i));
    if (i >= optimizer.getFirstState() && i < optimizer.getFirstInput())
      names.insert(optimizer.getState(i - optimizer.getFirstState())
                       .getName()
                       .getValue());
    else if (i >= optimizer.getFirstInput())
      names.insert(optimizer.getInput(i - optimizer.getFirstInput())
                       .getName()
                       .getValue());
  }
  for (unsigned i = 0; i != optimizer.getStates().size(); ++i) {
    StateAttr state = optimizer.getState(i);
    if (!isScalarRing(state))
      continue;
    StringRef name = state.getName().getValue();
    if (state.getSlots() > maxSlots) {
      optimizer.emitOpError("state '")
          << name << "' is a ring of " << state.getSlots()
          << " scalars; at most " << maxSlots
          << " are compiled; 'optimc run --engine=interpreter' executes it";
      return signalPassFailure();
    }
    remark::passed(optimizer.getLoc(),
                   remark::RemarkOpts::name("ScalarRingExpanded")
                       .category(getArgument())
                       .function(optimizer.getSymName()))
        << remark::add("the ring '{0}' is {1} states, from '{0}_0' on", name,
                       state.getSlots());
    expand(optimizer, i, names, argNames);
  }
}
