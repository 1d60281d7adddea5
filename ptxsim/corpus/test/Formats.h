//===- Formats.h - small float formats, written for the tests ---*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_CORPUS_TEST_FORMATS_H
#define PTXSIM_CORPUS_TEST_FORMATS_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace ptxsim::corpus {

enum class Rounding { Nearest, Zero, Up, Down };

/// f16 and bf16: sign, `exponentBits`, `fractionBits`.
template <int exponentBits, int fractionBits>
struct SmallFloat {
  static constexpr int bias = (1 << (exponentBits - 1)) - 1;
  static constexpr int maxExponent = (1 << exponentBits) - 1;
  static constexpr uint16_t infinity = maxExponent << fractionBits;

  static double decode(uint16_t bits) {
    int exponent = (bits >> fractionBits) & maxExponent;
    double fraction = bits & ((1 << fractionBits) - 1);
    double sign = bits >> 15 ? -1.0 : 1.0;
    if (exponent == maxExponent)
      return fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                           : sign * std::numeric_limits<double>::infinity();
    if (exponent == 0)
      return sign * std::ldexp(fraction, 1 - bias - fractionBits);
    return sign * std::ldexp(fraction + (1 << fractionBits),
                             exponent - bias - fractionBits);
  }

  /// Rounds once; NaN becomes 0x7fff.
  static uint16_t encode(double value, Rounding mode = Rounding::Nearest) {
    if (std::isnan(value))
      return 0x7fff;
    uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    double magnitude = std::fabs(value);
    if (std::isinf(magnitude))
      return sign | infinity;
    if (magnitude == 0)
      return sign;
    int exponent = std::ilogb(magnitude);
    if (exponent < 1 - bias)
      exponent = 1 - bias;
    // In units of the last place; exact, and below 2^53.
    double scaled = std::ldexp(magnitude, fractionBits - exponent);
    double whole = std::floor(scaled), rest = scaled - whole;
    bool away = false;
    if (mode == Rounding::Nearest)
      away = rest > 0.5 || (rest == 0.5 && std::fmod(whole, 2) == 1);
    else if (rest > 0)
      away = mode == (sign ? Rounding::Down : Rounding::Up);
    uint32_t units = static_cast<uint32_t>(whole) + away;
    // A carry out of the fraction goes into the exponent by itself.
    uint32_t bits =
        units + (static_cast<uint32_t>(exponent + bias - 1) << fractionBits);
    if (bits >= infinity) {
      bool toInfinity = mode == Rounding::Nearest ||
                        mode == (sign ? Rounding::Down : Rounding::Up);
      bits = toInfinity ? infinity : infinity - 1;
    }
    return static_cast<uint16_t>(sign | bits);
  }
};

using Half = SmallFloat<5, 10>;
using Brain = SmallFloat<8, 7>;

/// a + b rounded to odd: a later rounding to fewer bits is then exact.
inline double addToOdd(double a, double b) {
  double sum = a + b;
  if (!std::isfinite(sum))
    return sum;
  double fromB = sum - a;
  double error = (a - (sum - fromB)) + (b - fromB);
  uint64_t bits;
  std::memcpy(&bits, &sum, sizeof(bits));
  if (error == 0 || (bits & 1))
    return sum;
  return std::nextafter(sum, error > 0 ? INFINITY : -INFINITY);
}

/// The two halves of packed words.
inline uint32_t pack(uint16_t low, uint16_t high) {
  return low | static_cast<uint32_t>(high) << 16;
}
inline uint16_t lowHalf(uint32_t word) { return static_cast<uint16_t>(word); }
inline uint16_t highHalf(uint32_t word) {
  return static_cast<uint16_t>(word >> 16);
}

} // namespace ptxsim::corpus

#endif // PTXSIM_CORPUS_TEST_FORMATS_H
