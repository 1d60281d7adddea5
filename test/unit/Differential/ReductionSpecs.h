//===- ReductionSpecs.h - random specs of several phases --------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_DIFFERENTIAL_REDUCTIONSPECS_H
#define OPTIMC_TEST_UNIT_DIFFERENTIAL_REDUCTIONSPECS_H

#include <map>
#include <random>
#include <string>

namespace optimc::test {

/// Writes random optimizers @random of reductions of all kinds between all
/// rates, several stages deep, with states of all rates, `case` and `delay`.
/// Counts what it wrote: "sum element row", "case", "delay 3". The same seed
/// gives the same specs.
class ReductionSpecs {
public:
  explicit ReductionSpecs(uint64_t seed) : random(seed) {}
  std::string generate();
  const std::map<std::string, int> &getCounts() const { return counts; }

private:
  int below(int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random);
  }
  std::mt19937_64 random;
  std::map<std::string, int> counts;
};

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_DIFFERENTIAL_REDUCTIONSPECS_H
