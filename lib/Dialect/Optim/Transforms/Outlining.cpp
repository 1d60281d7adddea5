//===- Outlining.cpp - what the outlining passes share -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outlining.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

LogicalResult optim::checkOutlinable(OptimizerOp optimizer) {
  bool failed = false;
  auto needs = [&](Operation &op, StringRef problem, StringRef pass) {
    op.emitOpError(problem) << "; run '" << pass << "' first";
    failed = true;
  };
  for (Region &body : optimizer.getBodies())
    for (Operation &op : body.getOps()) {
      if (isa<CaseOp>(op))
        needs(op, "is a class of tensors", "optim-expand-cases");
      else if (isa<DelayOp>(op))
        needs(op, "is a state of its own", "optim-expand-delays");
      else if (isa<CallOp>(op))
        needs(op, "calls a template", "optim-inline");
      else if (auto commit = dyn_cast<CommitOp>(op); commit && commit.getGate())
        needs(op, "has a gate", "optim-expand-gates");
    }
  return failure(failed);
}

void optim::dropUnchanged(CommitOp commit) {
  SmallVector<Value> targets, values;
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues()))
    if (target != value) {
      targets.push_back(target);
      values.push_back(value);
    }
  if (targets.empty() && commit.getOutputs().empty() && !commit.getClock())
    return;
  commit.getTargetsMutable().assign(targets);
  commit.getValuesMutable().assign(values);
}

void optim::eraseDeadOps(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}
