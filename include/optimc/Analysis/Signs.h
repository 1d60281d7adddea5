//===- Signs.h - states that are never negative -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A second moment is an average of squares, so it is never negative and its
// 8-bit codes need no sign.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_ANALYSIS_SIGNS_H
#define OPTIMC_ANALYSIS_SIGNS_H

#include "optimc/Dialect/Optim/IR/Optim.h"
#include "llvm/ADT/SmallBitVector.h"

namespace optimc {

/// By state: whether every value that it can have is at least 0 (or NaN),
/// whatever the gradients are. For specs before `optim-split-host`.
llvm::SmallBitVector getNonNegativeStates(optim::OptimizerOp optimizer);

} // namespace optimc

#endif // OPTIMC_ANALYSIS_SIGNS_H
