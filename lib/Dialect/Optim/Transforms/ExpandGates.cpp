//===- ExpandGates.cpp - gated commits to selects -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"

using namespace mlir;
using namespace optimc::optim;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMEXPANDGATES
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"
} // namespace optimc::optim

namespace {
struct ExpandGates : optimc::optim::impl::OptimExpandGatesBase<ExpandGates> {
  void runOnOperation() override;
};
} // namespace

static Value keep(OpBuilder &builder, Location loc, const Twine &name,
                  Value gate, Value next, Value old) {
  auto select =
      SelectOp::create(builder, rename(loc, name + "_gated"), gate, next, old);
  return select;
}

/// The clock where the gate is true, and the stored one where it is false. In
/// the step `t` is one ahead of what is stored; in entries it is what is
/// stored.
static Value keepClock(OpBuilder &builder, CommitOp commit, bool isStep) {
  Location loc = commit.getLoc();
  auto step = StepOp::create(builder, rename(loc, "t"));
  Value old = step;
  if (isStep) {
    auto one = ConstantOp::create(builder, rename(loc, "c1"), 1.0);
    auto previous = SubOp::create(builder, rename(loc, "t_old"), step, one);
    old = previous;
  }
  Value next = commit.getClock() ? commit.getClock() : Value(step);
  return keep(builder, loc, "t", commit.getGate(), next, old);
}

static void expandGate(CommitOp commit, bool isStep) {
  OpBuilder builder(commit);
  Value gate = commit.getGate();
  SmallVector<Value> values;
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues()))
    values.push_back(keep(builder, commit.getLoc(), getWrittenName(target),
                          gate, value, target));
  Value clock = commit.getClock();
  if (isStep || clock)
    clock = keepClock(builder, commit, isStep);
  auto expanded =
      CommitOp::create(builder, commit.getLoc(), commit.getTargets(), values,
                       commit.getOutputs(), clock,
                       /*gate=*/Value(), commit.getOutputNamesAttr());
  expanded->setDiscardableAttrs(commit->getDiscardableAttrDictionary());
  commit.erase();
}

void ExpandGates::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  for (auto [i, body] : llvm::enumerate(optimizer.getBodies())) {
    auto commit = dyn_cast<CommitOp>(body.front().getTerminator());
    if (!commit || !commit.getGate())
      continue;
    remark::passed(commit.getLoc(), remark::RemarkOpts::name("GateExpanded")
                                        .category(getArgument())
                                        .function(optimizer.getSymName()))
        << remark::metric("values", commit.getValues().size())
        << remark::add(
               "every value of '{0}' keeps its old value where the gate "
               "is false",
               optimizer.getEntryName(i));
    expandGate(commit, i == 0);
  }
}
