//===- Math.h - a spec as its paper's algorithm box -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TOOLS_OPTIMC_MATH_H
#define OPTIMC_TOOLS_OPTIMC_MATH_H

#include "optimc/Dialect/Optim/IR/Optim.h"

namespace optimc::tool {

enum class MathStyle { Text, Latex };

/// Prints the step, then the entries, as an algorithm: one line per op, in the
/// spec's own names (`beta1` is β₁, `m1_hat` m̂₁, `_t` marks the new value).
void printMath(llvm::raw_ostream &os, optim::OptimizerOp op, MathStyle style);

} // namespace optimc::tool

#endif // OPTIMC_TOOLS_OPTIMC_MATH_H
