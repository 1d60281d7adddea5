//===- Stages.h - when a value is known -------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The stage of a value: 0 if it follows from hyperparameters, the step,
// inputs, states and element values alone; the result of a `reduce` has one
// more than its operand (docs/Spec.md, "Stages").
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_ANALYSIS_STAGES_H
#define OPTIMC_ANALYSIS_STAGES_H

#include "mlir/IR/Region.h"
#include "llvm/ADT/DenseMap.h"

namespace optimc {

class StageAnalysis {
public:
  /// `body` is the step or an entry of an optimizer, at any point of the
  /// lowering up to kernels.
  explicit StageAnalysis(mlir::Region &body);

  unsigned getStage(mlir::Value value) const { return stages.lookup(value); }
  /// The largest stage that the op waits for: the stage in which it can run.
  unsigned getStage(mlir::Operation *op) const;
  /// One more than the largest stage of a value; at least 1.
  unsigned getNumStages() const { return numStages; }

private:
  void visit(mlir::Region &region);

  llvm::DenseMap<mlir::Value, unsigned> stages; ///< 0 where absent
  unsigned numStages = 1;
};

} // namespace optimc

#endif // OPTIMC_ANALYSIS_STAGES_H
