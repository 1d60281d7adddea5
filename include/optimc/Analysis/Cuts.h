//===- Cuts.h - where reductions let tensors be cut -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_ANALYSIS_CUTS_H
#define OPTIMC_ANALYSIS_CUTS_H

#include "optimc/Dialect/Optim/IR/Optim.h"

namespace optimc {

/// Where a pass over a tensor may be cut (optimc_cut of optimc-c/Program.h):
/// partial results need their 4096 values, their row or their block in one
/// piece.
enum class Cut { Anywhere, Granules, Lines, Blocks };

/// What a reduction of values that kernels make needs.
Cut getCut(optim::ReduceOp reduce);

/// Its name in the attribute `optim.cut`.
llvm::StringRef stringifyCut(Cut cut);

} // namespace optimc

#endif // OPTIMC_ANALYSIS_CUTS_H
