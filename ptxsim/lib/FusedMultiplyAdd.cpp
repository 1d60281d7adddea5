//===- FusedMultiplyAdd.cpp - 32 fused multiply-adds at once ----*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FusedMultiplyAdd.h"
#include <cmath>

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_VECTOR_FORM
#include <immintrin.h>
#endif

using namespace ptxsim;

// The C library computes the same, lane by lane; vector instructions are some
// ten times faster, where the processor has them.
template <typename T>
static void byLibrary(T *d, const T *a, const T *b, const T *c) {
  for (unsigned i = 0; i < 32; ++i)
    d[i] = std::fma(a[i], b[i], c[i]);
}

#ifdef HAS_VECTOR_FORM
__attribute__((target("avx2,fma"))) static void
byVector(float *d, const float *a, const float *b, const float *c) {
  for (unsigned i = 0; i < 32; i += 8)
    _mm256_storeu_ps(d + i, _mm256_fmadd_ps(_mm256_loadu_ps(a + i),
                                            _mm256_loadu_ps(b + i),
                                            _mm256_loadu_ps(c + i)));
}

__attribute__((target("avx2,fma"))) static void
byVector(double *d, const double *a, const double *b, const double *c) {
  for (unsigned i = 0; i < 32; i += 4)
    _mm256_storeu_pd(d + i, _mm256_fmadd_pd(_mm256_loadu_pd(a + i),
                                            _mm256_loadu_pd(b + i),
                                            _mm256_loadu_pd(c + i)));
}

template <typename T>
static void dispatch(T *d, const T *a, const T *b, const T *c) {
  static const bool hasVectors =
      __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
  hasVectors ? byVector(d, a, b, c) : byLibrary(d, a, b, c);
}
#else
template <typename T>
static void dispatch(T *d, const T *a, const T *b, const T *c) {
  byLibrary(d, a, b, c);
}
#endif

void ptxsim::fusedMultiplyAdd(float *d, const float *a, const float *b,
                              const float *c) {
  dispatch(d, a, b, c);
}

void ptxsim::fusedMultiplyAdd(double *d, const double *a, const double *b,
                              const double *c) {
  dispatch(d, a, b, c);
}
