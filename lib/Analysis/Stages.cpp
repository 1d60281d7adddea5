//===- Stages.cpp - when a value is known -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Analysis/Stages.h"
#include "optimc/Dialect/Optim/IR/Optim.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

StageAnalysis::StageAnalysis(Region &body) { visit(body); }

unsigned StageAnalysis::getStage(Operation *op) const {
  unsigned stage = 0;
  auto raise = [&](Value value) { stage = std::max(stage, getStage(value)); };
  llvm::for_each(op->getOperands(), raise);
  // Regions may use values from above; what they yield is inside them.
  for (Region &region : op->getRegions())
    region.walk(
        [&](Operation *inner) { llvm::for_each(inner->getOperands(), raise); });
  return stage;
}

void StageAnalysis::visit(Region &region) {
  for (Operation &op : region.getOps()) {
    for (Region &inner : op.getRegions())
      visit(inner);
    // A host says its stage; what it computes from is not traced through it.
    unsigned stage = getStage(&op);
    if (isa<ReduceOp>(op))
      ++stage;
    else if (auto host = dyn_cast<HostOp>(op))
      stage = std::max<unsigned>(stage, host.getStage());
    if (stage)
      for (Value result : op.getResults())
        stages[result] = stage;
    numStages = std::max(numStages, stage + 1);
  }
}
