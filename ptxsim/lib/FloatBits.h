//===- FloatBits.h - bits of floating-point values --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_FLOATBITS_H
#define PTXSIM_LIB_FLOATBITS_H

#include "Machine.h"
#include <cmath>
#include <cstring>

namespace ptxsim {

inline uint32_t bitsOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(x));
  return bits;
}
inline uint64_t bitsOf(double x) {
  uint64_t bits;
  std::memcpy(&bits, &x, sizeof(x));
  return bits;
}
inline float floatOf(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}
inline double doubleOf(uint64_t bits) {
  double x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

inline float generatedNan(const LaunchState &launch, float) {
  return floatOf(launch.nan32);
}
inline double generatedNan(const LaunchState &launch, double) {
  return doubleOf(launch.nan64);
}

/// Subnormals become zeros of their sign.
inline float flushed(float x) {
  uint32_t bits = bitsOf(x);
  return (bits & 0x7f800000) == 0 ? floatOf(bits & 0x80000000) : x;
}
inline double flushed(double x) { return x; } // .f64 has no .ftz

/// .sat: to [0, 1], NaN to +0.
template <typename T>
T saturatedToOne(T x) {
  return x >= T(1) ? T(1) : x > T(0) ? x : T(0);
}

} // namespace ptxsim

#endif // PTXSIM_LIB_FLOATBITS_H
