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

InFlightDiagnostic optim::emitNotCompiled(Location loc, const Twine &what) {
  return emitError(loc)
         << what
         << " is not compiled yet by the CPU back end; 'optimc run "
            "--engine=interpreter' executes it";
}

LogicalResult optim::checkOutlinable(OptimizerOp optimizer) {
  bool failed = false;
  for (Region &body : optimizer.getBodies()) {
    for (Operation &op : body.getOps()) {
      if (isa<CaseOp, DelayOp>(op)) {
        emitNotCompiled(op.getLoc(), "'" + op.getName().stripDialect() + "'");
        failed = true;
      } else if (isa<CallOp>(op)) {
        op.emitOpError("must be inlined first: run 'optim-inline'");
        failed = true;
      } else if (auto commit = dyn_cast<CommitOp>(op);
                 commit && commit.getGate()) {
        op.emitOpError("has a gate; run 'optim-expand-gates' first");
        failed = true;
      }
    }
  }
  return failure(failed);
}

/// Whether one element kernel computes values of this rate.
static bool isSupportedRate(Rate rate) {
  return isScalarRate(rate) || rate == Rate::Element;
}

LogicalResult optim::checkElementwise(OptimizerOp optimizer) {
  bool failed = false;
  Block &step = optimizer.getStep().front();
  for (unsigned i = 0, e = optimizer.getNumArguments(); i != e; ++i) {
    Rate rate = optimizer.getArgumentType(i).getRate();
    if (isSupportedRate(rate))
      continue;
    emitNotCompiled(step.getArgument(i).getLoc(),
                    optimizer.getArgumentKind(i) + " '" +
                        optimizer.getArgumentName(i) + "' of rate '" +
                        stringifyRate(rate) + "'");
    failed = true;
  }
  optimizer.walk([&](Operation *op) {
    if (auto reduce = dyn_cast<ReduceOp>(op)) {
      emitNotCompiled(op->getLoc(),
                      "'reduce' to '" + stringifyRate(reduce.getRate()) + "'");
      failed = true;
      return;
    }
    if (auto commit = dyn_cast<CommitOp>(op)) {
      for (auto [name, output] :
           llvm::zip(commit.getOutputNames(), commit.getOutputs()))
        if (isKernelRate(getRate(output))) {
          emitNotCompiled(op->getLoc(),
                          "output '" + cast<StringAttr>(name).getValue() +
                              "', a value " + describeRate(getRate(output)) +
                              ",");
          failed = true;
        }
      return;
    }
    for (Value result : op->getResults())
      if (auto type = dyn_cast<RatedType>(result.getType());
          type && !isSupportedRate(type.getRate())) {
        emitNotCompiled(op->getLoc(), "'" + op->getName().stripDialect() +
                                          "' of rate '" +
                                          stringifyRate(type.getRate()) + "'");
        failed = true;
        return;
      }
  });
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
