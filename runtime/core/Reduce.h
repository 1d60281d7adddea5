//===- Reduce.h - finishing reductions -------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels leave partial results (optimc_reduction in Program.h); these put them
// together in the one order of docs/Reductions.md. All need the default
// floating-point environment.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_REDUCE_H
#define OPTIMC_RUNTIME_CORE_REDUCE_H

#include "core/Extent.h"


namespace optimc::rt {

/// The array of the partial results of one tensor, and the part of it that the
/// local elements contribute.
struct PartialRange {
  int64_t bytes, ownFirst, ownBytes;
};
PartialRange partialRange(const Extent &extent,
                          const optimc_reduction &reduction);

/// Section 1.3: the results of blocks, in order. `op` is an optimc_reduce.
double reducePartials(uint32_t op, const double *values, int64_t count);

/// Section 1: numbers that are scalars themselves.
double reduceScalars(uint32_t op, const double *values, int64_t count);

/// Section 4: `mean` and `mean_sq` divide by the number of values.
double finishMean(uint32_t op, double result, double count);

/// Rows, or blocks of which the last may be shorter: `length` values each,
/// `total` in all. `partials` is [slices][ceil(length / 4096)].
void reduceSlices(uint32_t op, const double *partials, int64_t slices,
                  int64_t length, int64_t total, float *results);

/// Columns: `partials` is [batches][ceil(rows / 64)][cols].
void reduceColumns(uint32_t op, const float *partials, int64_t batches,
                   int64_t rows, int64_t cols, float *results);

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_REDUCE_H
