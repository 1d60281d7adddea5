//===- Reductions.h - the one order of every reduction ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/Reductions.md, literally. `single` chooses the precision of the lanes
// that read the values; sums of lanes are float64 always.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_INTERPRETER_REDUCTIONS_H
#define OPTIMC_LIB_INTERPRETER_REDUCTIONS_H

#include "Values.h"
#include "llvm/ADT/ArrayRef.h"

namespace optimc::interp {

using optim::Reduction;

/// Section 1: the values of one tensor (row, block), in order.
double reduceValues(Reduction kind, llvm::ArrayRef<Word> values, bool single);

/// Section 2: partial results, each of `reduceValues`, in order.
double reducePartials(Reduction kind, llvm::ArrayRef<double> partials);

/// Section 3: one column; `values` is its first value, `stride` the distance to
/// the next.
double reduceColumn(Reduction kind, const Word *values, size_t rows,
                    size_t stride, bool single);

/// Section 4: `mean` and `mean_sq` divide by the number of values.
double finishReduction(Reduction kind, double result, double count);

} // namespace optimc::interp

#endif // OPTIMC_LIB_INTERPRETER_REDUCTIONS_H
