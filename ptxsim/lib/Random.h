//===- Random.h - seeded choices --------------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_RANDOM_H
#define PTXSIM_LIB_RANDOM_H

#include <cstdint>

namespace ptxsim {

/// A mix of all bits (the finaliser of splitmix64).
inline uint64_t mixBits(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

/// A sequence that a seed determines on every machine.
class Random {
public:
  explicit Random(uint64_t seed) : state(mixBits(seed)) {}
  uint64_t next() { return mixBits(state++); }
  /// 0 <= result < bound.
  uint32_t below(uint32_t bound) {
    return static_cast<uint32_t>((next() >> 32) * bound >> 32);
  }

private:
  uint64_t state;
};

} // namespace ptxsim

#endif // PTXSIM_LIB_RANDOM_H
