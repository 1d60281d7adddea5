//===- Numbers.h - float32 numbers for tests -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_DIFFERENTIAL_NUMBERS_H
#define OPTIMC_TEST_UNIT_DIFFERENTIAL_NUMBERS_H

#include <cstdint>
#include <random>
#include <vector>

namespace optimc::test {

/// Half of the elements of a tensor look like numbers in training, in every
/// stream; the other half are random bit patterns: NaN, infinities, subnormals,
/// both zeros, the ends of the range.
class Numbers {
public:
  explicit Numbers(uint64_t seed) : random(seed) {}

  int below(int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random);
  }
  bool chance(double p) {
    return std::uniform_real_distribution<double>(0, 1)(random) < p;
  }
  double uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  }
  /// Normally distributed, of a random scale.
  float normal();
  float bits();
  std::vector<float> stream(size_t count);

private:
  std::mt19937_64 random;
};

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_DIFFERENTIAL_NUMBERS_H
