//===- HandLoops.cpp - hand-written AVX-512 loops to compare with ---------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HandLoops.h"
#include <immintrin.h>

#define OPTIMC_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq")))

using namespace optimc::bench;

static constexpr int64_t prefetchElements = 512; // 2 KiB

bool optimc::bench::hasAvx512() {
  return __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq");
}

static inline void prefetch(const float *at) {
  _mm_prefetch(reinterpret_cast<const char *>(at + prefetchElements),
               _MM_HINT_T0);
}

OPTIMC_AVX512 static inline __m512 average(__m512 old, __m512 x, __m512 w) {
  return _mm512_fmadd_ps(w, _mm512_sub_ps(x, old), old);
}

/// p - lr * (numerator / (sqrt(v) + eps) + weight_decay * p)
OPTIMC_AVX512 static inline __m512 move(__m512 p, __m512 numerator, __m512 v,
                                        __m512 lr, __m512 eps, __m512 wd) {
  __m512 u = _mm512_div_ps(numerator, _mm512_add_ps(_mm512_sqrt_ps(v), eps));
  return _mm512_fnmadd_ps(lr, _mm512_fmadd_ps(wd, p, u), p);
}

OPTIMC_AVX512 void optimc::bench::adamwByHand(const Streams &s,
                                              const StepScalars &k,
                                              int64_t begin, int64_t end) {
  __m512 lr = _mm512_set1_ps(k.lr), wd = _mm512_set1_ps(k.weight_decay),
         eps = _mm512_set1_ps(k.eps), w1 = _mm512_set1_ps(k.w1),
         w2 = _mm512_set1_ps(k.w2), d1 = _mm512_set1_ps(k.debias1),
         d2 = _mm512_set1_ps(k.debias2);
  for (int64_t i = begin; i < end; i += 16) {
    prefetch(s.p + i);
    prefetch(s.g + i);
    prefetch(s.m + i);
    prefetch(s.v + i);
    __m512 p = _mm512_loadu_ps(s.p + i), g = _mm512_loadu_ps(s.g + i);
    __m512 m = average(_mm512_loadu_ps(s.m + i), g, w1);
    __m512 v = average(_mm512_loadu_ps(s.v + i), _mm512_mul_ps(g, g), w2);
    _mm512_storeu_ps(s.m + i, m);
    _mm512_storeu_ps(s.v + i, v);
    _mm512_storeu_ps(s.p + i, move(p, _mm512_mul_ps(m, d1),
                                   _mm512_mul_ps(v, d2), lr, eps, wd));
  }
}

OPTIMC_AVX512 void optimc::bench::ademamixByHand(const Streams &s,
                                                 const StepScalars &k,
                                                 int64_t begin, int64_t end) {
  __m512 lr = _mm512_set1_ps(k.lr), wd = _mm512_set1_ps(k.weight_decay),
         eps = _mm512_set1_ps(k.eps), w1 = _mm512_set1_ps(k.w1),
         w2 = _mm512_set1_ps(k.w2), w3 = _mm512_set1_ps(k.w3),
         d1 = _mm512_set1_ps(k.debias1), d2 = _mm512_set1_ps(k.debias2),
         alpha = _mm512_set1_ps(k.alpha);
  for (int64_t i = begin; i < end; i += 16) {
    prefetch(s.p + i);
    prefetch(s.g + i);
    prefetch(s.m + i);
    prefetch(s.slow + i);
    prefetch(s.v + i);
    __m512 p = _mm512_loadu_ps(s.p + i), g = _mm512_loadu_ps(s.g + i);
    __m512 m = average(_mm512_loadu_ps(s.m + i), g, w1);
    __m512 slow = average(_mm512_loadu_ps(s.slow + i), g, w3);
    __m512 v = average(_mm512_loadu_ps(s.v + i), _mm512_mul_ps(g, g), w2);
    _mm512_storeu_ps(s.m + i, m);
    _mm512_storeu_ps(s.slow + i, slow);
    _mm512_storeu_ps(s.v + i, v);
    __m512 n = _mm512_fmadd_ps(alpha, slow, _mm512_mul_ps(m, d1));
    _mm512_storeu_ps(s.p + i, move(p, n, _mm512_mul_ps(v, d2), lr, eps, wd));
  }
}

OPTIMC_AVX512 void optimc::bench::adamwStreams(const Streams &s, int64_t begin,
                                               int64_t end) {
  for (int64_t i = begin; i < end; i += 16) {
    prefetch(s.p + i);
    prefetch(s.g + i);
    prefetch(s.m + i);
    prefetch(s.v + i);
    __m512 g = _mm512_loadu_ps(s.g + i);
    __m512 p = _mm512_add_ps(_mm512_loadu_ps(s.p + i), g);
    __m512 m = _mm512_add_ps(_mm512_loadu_ps(s.m + i), g);
    __m512 v = _mm512_add_ps(_mm512_loadu_ps(s.v + i), g);
    _mm512_storeu_ps(s.m + i, m);
    _mm512_storeu_ps(s.v + i, v);
    _mm512_storeu_ps(s.p + i, p);
  }
}

OPTIMC_AVX512 void optimc::bench::ademamixStreams(const Streams &s,
                                                  int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; i += 16) {
    prefetch(s.p + i);
    prefetch(s.g + i);
    prefetch(s.m + i);
    prefetch(s.slow + i);
    prefetch(s.v + i);
    __m512 g = _mm512_loadu_ps(s.g + i);
    __m512 p = _mm512_add_ps(_mm512_loadu_ps(s.p + i), g);
    __m512 m = _mm512_add_ps(_mm512_loadu_ps(s.m + i), g);
    __m512 slow = _mm512_add_ps(_mm512_loadu_ps(s.slow + i), g);
    __m512 v = _mm512_add_ps(_mm512_loadu_ps(s.v + i), g);
    _mm512_storeu_ps(s.m + i, m);
    _mm512_storeu_ps(s.slow + i, slow);
    _mm512_storeu_ps(s.v + i, v);
    _mm512_storeu_ps(s.p + i, p);
  }
}

OPTIMC_AVX512 double optimc::bench::sumOfSquares(const float *x, int64_t begin,
                                                 int64_t end) {
  __m512 sums[4] = {};
  for (int64_t i = begin; i < end; i += 64)
    for (int k = 0; k < 4; ++k) {
      const float *at = x + i + 16 * k;
      prefetch(at);
      __m512 value = _mm512_loadu_ps(at);
      sums[k] = _mm512_fmadd_ps(value, value, sums[k]);
    }
  return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sums[0], sums[1]),
                                            _mm512_add_ps(sums[2], sums[3])));
}

OPTIMC_AVX512 void optimc::bench::scaleBy(float *x, float factor, int64_t begin,
                                          int64_t end) {
  __m512 by = _mm512_set1_ps(factor);
  for (int64_t i = begin; i < end; i += 16) {
    prefetch(x + i);
    _mm512_storeu_ps(x + i, _mm512_mul_ps(_mm512_loadu_ps(x + i), by));
  }
}

OPTIMC_AVX512 void optimc::bench::averageInto(float *mean, const float *x,
                                              float weight, int64_t begin,
                                              int64_t end) {
  __m512 w = _mm512_set1_ps(weight);
  for (int64_t i = begin; i < end; i += 16) {
    prefetch(mean + i);
    prefetch(x + i);
    _mm512_storeu_ps(mean + i, average(_mm512_loadu_ps(mean + i),
                                       _mm512_loadu_ps(x + i), w));
  }
}
