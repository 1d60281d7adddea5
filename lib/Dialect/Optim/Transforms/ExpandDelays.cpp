//===- ExpandDelays.cpp - delays become ring states -*- C++ -*-===//
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
#define GEN_PASS_DEF_OPTIMEXPANDDELAYS
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"
} // namespace optimc::optim

namespace {
struct ExpandDelays : optimc::optim::impl::OptimExpandDelaysBase<ExpandDelays> {
  void runOnOperation() override;

private:
  void expand(OptimizerOp optimizer, DelayOp delay, llvm::StringSet<> &names);
};
} // namespace

/// Makes `value`, computed in a class of `op`, a result of `op` that is `other`
/// for tensors of the other class.
static Value addResult(CaseOp op, Region &region, Value value, Value other,
                       Rate rate, StringRef name) {
  SmallVector<Type> types(op->getResultTypes());
  types.push_back(RatedType::getNumber(op.getContext(), rate));
  SmallVector<std::string> names;
  for (Value result : op->getResults())
    names.push_back(getWrittenName(result));
  names.push_back(name.str());
  for (Region *each : {&op.getThenRegion(), &op.getElseRegion()})
    each->front().getTerminator()->insertOperands(
        op->getNumResults(), each == &region ? value : other);
  OpBuilder builder(op);
  auto wider =
      CaseOp::create(builder, rename(op.getLoc(), llvm::join(names, ",")),
                     types, op.getMinRankAttr());
  wider.getThenRegion().takeBody(op.getThenRegion());
  wider.getElseRegion().takeBody(op.getElseRegion());
  for (auto [from, to] : llvm::zip(op->getResults(), wider.getResults()))
    from.replaceAllUsesWith(to);
  op.erase();
  return wider.getResults().back();
}

void ExpandDelays::expand(OptimizerOp optimizer, DelayOp delay,
                          llvm::StringSet<> &names) {
  MLIRContext *context = &getContext();
  Rate rate = getRate(delay.getResult());
  std::string argName = delay.getState().str();
  while (!names.insert(argName).second)
    argName += "_old";
  SmallVector<Attribute> states(optimizer.getStates().getValue());
  auto zero = NumberAttr();
  states.push_back(StateAttr::get(context, StringAttr::get(context, argName),
                                  delay.getStateAttr(), rate, Init::Value, zero,
                                  StringAttr(), /*observable=*/false,
                                  int64_t(delay.getWindow())));
  unsigned position = optimizer.getFirstInput();
  optimizer.setStatesAttr(ArrayAttr::get(context, states));
  Type type = RatedType::getNumber(context, rate);
  for (Region &body : optimizer.getBodies())
    body.front().insertArgument(position, type, delay.getLoc());

  Block &step = optimizer.getStep().front();
  Value old = step.getArgument(position), next = delay.getX();
  delay.getResult().replaceAllUsesWith(old);
  Region *region = delay->getParentRegion();
  delay.erase();
  // Out of the classes that the delay is in, one by one.
  while (auto op = dyn_cast<CaseOp>(region->getParentOp())) {
    Region *outer = op->getParentRegion();
    next = addResult(op, *region, next, old, rate, argName + "_next");
    region = outer;
  }
  auto commit = cast<CommitOp>(step.getTerminator());
  commit.getTargetsMutable().append(old);
  commit.getValuesMutable().append(next);
}

void ExpandDelays::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  llvm::StringSet<> names;
  for (unsigned i = 0, e = optimizer.getNumArguments(); i != e; ++i)
    names.insert(optimizer.getArgumentName(i));
  while (true) {
    // Expanding one rebuilds the cases around it.
    DelayOp first;
    optimizer.getStep().walk([&](DelayOp delay) {
      first = delay;
      return WalkResult::interrupt();
    });
    if (!first)
      return;
    remark::passed(first.getLoc(), remark::RemarkOpts::name("DelayExpanded")
                                       .category(getArgument())
                                       .function(optimizer.getSymName()))
        << remark::add("'{0}' is a state of {1} values", first.getState(),
                       first.getWindow());
    expand(optimizer, first, names);
  }
}
