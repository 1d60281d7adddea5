//===- Rounding.h - exact conversion between number formats -----*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_ROUNDING_H
#define PTXSIM_LIB_ROUNDING_H

#include "Program.h"

namespace ptxsim {

/// A binary floating-point format.
struct FloatFormat {
  unsigned precision; // bits of the significand, with the hidden one
  int maxExponent;    // of the largest finite number, 1.x * 2^maxExponent
  bool hasInfinity;
  unsigned shift; // unused low bits of the register
  uint64_t nan;   // canonical, unshifted

  int minExponent() const { return hasInfinity ? 1 - maxExponent : -6; }
  unsigned exponentBits() const;
  uint64_t signBit() const {
    return uint64_t(1) << (exponentBits() + precision - 1);
  }
  /// The first magnitude that is not finite.
  uint64_t overflow() const {
    return hasInfinity
               ? ((uint64_t(1) << exponentBits()) - 1) << (precision - 1)
               : nan;
  }
};

/// The format of a floating-point type; for packed ones, of an element.
const FloatFormat &floatFormat(Type type);

/// A number as sign, significand * 2^exponent, or something special.
struct ExactNumber {
  enum class Kind : uint8_t { Finite, Infinite, NaN };
  Kind kind = Kind::Finite;
  bool sign = false;
  /// Bits were lost below the significand (which then has more than enough).
  bool sticky = false;
  uint64_t significand = 0;
  int exponent = 0;

  bool isZero() const { return kind == Kind::Finite && significand == 0; }
};

ExactNumber decodeFloat(uint64_t bits, const FloatFormat &format);
/// `finite`: overflow gives the largest finite number (.satfinite).
uint64_t encodeFloat(const ExactNumber &number, const FloatFormat &format,
                     Round round, bool finite = false);

ExactNumber fromInteger(uint64_t bits, bool isSigned);
/// To an integral value: RN, RZ, RM, RP or their ...I forms.
ExactNumber roundToIntegral(const ExactNumber &number, Round round);
/// Of an integral value: clamped to the integer type. A NaN gives 0 or, for
/// `wide` conversions, the highest bit, as PTX says.
uint64_t clampToInteger(const ExactNumber &number, Type type, bool wide);

/// a + b, rounded to odd: rounding the result again to at most 51 bits gives
/// what rounding the exact sum gives.
double addToOdd(double a, double b);

} // namespace ptxsim

#endif // PTXSIM_LIB_ROUNDING_H
