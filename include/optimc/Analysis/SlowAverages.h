//===- SlowAverages.h - averages that narrow storage cannot keep -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An average moves by its weight times a difference. Where that is less than
// half a step of the format that it is stored in, rounding to nearest takes it
// back, and the average stands still (docs/Numerics.md).
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_ANALYSIS_SLOWAVERAGES_H
#define OPTIMC_ANALYSIS_SLOWAVERAGES_H

#include "optimc/Dialect/Optim/IR/Optim.h"
#include <functional>

namespace optimc {

/// The smallest weight that a state gives to a new value, with the defaults of
/// the hyperparameters and at the ends of schedules.
struct Average {
  mlir::Operation *op = nullptr; ///< null: the state is no average
  double weight = 1;
};
/// For specs before `optim-expand-mixtures`; `state` is an index of states.
Average getSlowestAverage(optim::OptimizerOp optimizer, unsigned state);

/// The weight below which an average stalls: 2^-(m + 2) for m mantissa bits
/// with round-to-nearest, 0 for float32 and stochastic rounding.
double getSmallestWeight(optim::StorageFormat format);

/// Reports each state that its storage plan makes stall.
void findStalledStates(
    optim::OptimizerOp optimizer,
    const std::function<void(mlir::Location, std::string)> &report);

} // namespace optimc

#endif // OPTIMC_ANALYSIS_SLOWAVERAGES_H
