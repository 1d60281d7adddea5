//===- HandLoops.h - hand-written AVX-512 loops to compare with -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_BENCH_HANDLOOPS_H
#define OPTIMC_BENCH_HANDLOOPS_H

#include <cstdint>

namespace optimc::bench {

/// The streams of one tensor; `slow` is null for AdamW.
struct Streams {
  float *p;
  const float *g;
  float *m, *slow, *v;
};

/// What a step's scalar function computes.
struct StepScalars {
  float lr, weight_decay, eps;
  float w1, w2, w3; ///< 1 - beta1, 1 - beta2, 1 - beta3
  float debias1, debias2, alpha;
};

bool hasAvx512();

/// The update as one would write it by hand: one vector of 16 an iteration,
/// prefetch 2 KiB ahead in every stream. [begin, end) are multiples of 16.
void adamwByHand(const Streams &s, const StepScalars &k, int64_t begin,
                 int64_t end);
void ademamixByHand(const Streams &s, const StepScalars &k, int64_t begin,
                    int64_t end);

/// The same loads, stores and prefetches with one addition: what memory allows.
void adamwStreams(const Streams &s, int64_t begin, int64_t end);
void ademamixStreams(const Streams &s, int64_t begin, int64_t end);

/// The passes that clipping by the norm and an average of the weights take when
/// they are not part of the step. [begin, end) are multiples of 64.
double sumOfSquares(const float *x, int64_t begin, int64_t end);
void scaleBy(float *x, float factor, int64_t begin, int64_t end);
void averageInto(float *mean, const float *x, float weight, int64_t begin,
                 int64_t end);

} // namespace optimc::bench

#endif // OPTIMC_BENCH_HANDLOOPS_H
