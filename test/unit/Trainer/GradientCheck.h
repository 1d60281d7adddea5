//===- GradientCheck.h - gradients against finite differences ---*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TEST_TRAINER_GRADIENTCHECK_H
#define OPTIMC_TEST_TRAINER_GRADIENTCHECK_H

#include "optimc-c/Program.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

namespace optimc::trainer::test {

/// Numbers in [-1, 1) that depend on the key only.
inline std::vector<double> randomVector(uint64_t key, size_t n,
                                        double scale = 1) {
  std::vector<double> v(n);
  for (size_t i = 0; i < n; ++i)
    v[i] =
        scale * (double(optimc_mix(optimc_mix(key) ^ i) >> 11) * 0x1p-52 - 1);
  return v;
}

inline double dot(const std::vector<double> &a, const std::vector<double> &b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += a[i] * b[i];
  return sum;
}

/// Checks every `step`-th element of `gradient`, that of `f` with respect to
/// `x`, against central differences.
inline void checkGradient(const char *what, std::vector<double> &x,
                          const double *gradient,
                          const std::function<double()> &f, size_t step = 1,
                          double tolerance = 1e-7) {
  const double h = 1e-5;
  for (size_t i = 0; i < x.size(); i += step) {
    double old = x[i];
    x[i] = old + h;
    double up = f();
    x[i] = old - h;
    double down = f();
    x[i] = old;
    double expected = (up - down) / (2 * h);
    ASSERT_NEAR(gradient[i], expected, tolerance * (1 + std::abs(expected)))
        << what << ", element " << i;
  }
}

} // namespace optimc::trainer::test

#endif // OPTIMC_TEST_TRAINER_GRADIENTCHECK_H
