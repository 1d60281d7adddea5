//===- Rounding.cpp - exact conversion between number formats ---*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Rounding.h"
#include "FloatBits.h"
#include <algorithm>

using namespace ptxsim;

unsigned FloatFormat::exponentBits() const {
  unsigned bits = 1;
  while ((1 << bits) - 1 < maxExponent)
    ++bits;
  return hasInfinity ? bits + 1 : 4;
}

const FloatFormat &ptxsim::floatFormat(Type type) {
  static const FloatFormat f16{11, 15, true, 0, 0x7fff};
  static const FloatFormat bf16{8, 127, true, 0, 0x7fff};
  static const FloatFormat tf32{11, 127, true, 13, 0x3ffff};
  static const FloatFormat f32{24, 127, true, 0, 0x7fffffff};
  static const FloatFormat f64{53, 1023, true, 0, 0x7ff8000000000000};
  static const FloatFormat e4m3{4, 8, false, 0, 0x7f};
  static const FloatFormat e5m2{3, 15, true, 0, 0x7f};
  switch (type) {
  case Type::F16:
  case Type::F16x2:
    return f16;
  case Type::BF16:
  case Type::BF16x2:
    return bf16;
  case Type::TF32:
    return tf32;
  case Type::F64:
    return f64;
  case Type::E4M3x2:
    return e4m3;
  case Type::E5M2x2:
    return e5m2;
  default:
    return f32;
  }
}

ExactNumber ptxsim::decodeFloat(uint64_t bits, const FloatFormat &format) {
  bits >>= format.shift;
  ExactNumber number;
  number.sign = bits & format.signBit();
  uint64_t magnitude = bits & (format.signBit() - 1);
  if (magnitude >= format.overflow()) {
    number.kind = format.hasInfinity && magnitude == format.overflow()
                      ? ExactNumber::Kind::Infinite
                      : ExactNumber::Kind::NaN;
    return number;
  }
  unsigned fractionBits = format.precision - 1;
  uint64_t fraction = magnitude & ((uint64_t(1) << fractionBits) - 1);
  int field = static_cast<int>(magnitude >> fractionBits);
  number.significand =
      field ? fraction | uint64_t(1) << fractionBits : fraction;
  number.exponent = format.minExponent() - static_cast<int>(fractionBits) +
                    (field ? field - 1 : 0);
  return number;
}

/// significand / 2^shift, rounded to an integer.
static uint64_t roundedShift(const ExactNumber &number, int shift,
                             Round round) {
  uint64_t kept, lost, half;
  bool rest = number.sticky;
  if (shift > 64) {
    kept = 0;
    lost = half = 0;
    rest |= number.significand != 0;
  } else if (shift == 64) {
    kept = 0;
    half = number.significand >> 63;
    lost = number.significand << 1;
    rest |= lost != 0;
  } else {
    kept = number.significand >> shift;
    half = number.significand >> (shift - 1) & 1;
    rest |= (number.significand & ((uint64_t(1) << (shift - 1)) - 1)) != 0;
  }
  bool inexact = half || rest, up = false;
  switch (round) {
  case Round::None:
  case Round::RN:
  case Round::RNI:
    up = half && (rest || (kept & 1));
    break;
  case Round::RNA:
    up = half;
    break;
  case Round::RZ:
  case Round::RZI:
    break;
  case Round::RM:
  case Round::RMI:
    up = inexact && number.sign;
    break;
  case Round::RP:
  case Round::RPI:
    up = inexact && !number.sign;
    break;
  }
  return kept + up;
}

uint64_t ptxsim::encodeFloat(const ExactNumber &number,
                             const FloatFormat &format, Round round,
                             bool finite) {
  uint64_t sign = number.sign ? format.signBit() : 0;
  uint64_t overflow = format.overflow();
  if (number.kind == ExactNumber::Kind::NaN)
    return format.nan << format.shift;
  uint64_t magnitude;
  bool isOver = number.kind == ExactNumber::Kind::Infinite;
  if (isOver) {
    magnitude = finite ? overflow - 1 : overflow;
  } else if (number.significand == 0) {
    magnitude = 0;
  } else {
    int top = 63 - __builtin_clzll(number.significand);
    int fractionBits = static_cast<int>(format.precision) - 1;
    int lowest = format.minExponent() - fractionBits;
    int quantum = std::max(number.exponent + top - fractionBits, lowest);
    int shift = quantum - number.exponent;
    uint64_t kept = shift > 0 ? roundedShift(number, shift, round)
                              : number.significand << -shift;
    // The hidden bit, if any, carries into the exponent field.
    magnitude = (uint64_t(quantum - lowest) << fractionBits) + kept;
    if (quantum - lowest > 4096 || magnitude >= overflow) {
      bool toInfinity = round == Round::RM   ? number.sign
                        : round == Round::RP ? !number.sign
                                             : round != Round::RZ;
      magnitude = toInfinity && !finite ? overflow : overflow - 1;
    }
  }
  return (sign | magnitude) << format.shift;
}

ExactNumber ptxsim::fromInteger(uint64_t bits, bool isSigned) {
  ExactNumber number;
  number.sign = isSigned && bits >> 63;
  number.significand = number.sign ? -bits : bits;
  return number;
}

ExactNumber ptxsim::roundToIntegral(const ExactNumber &number, Round round) {
  if (number.kind != ExactNumber::Kind::Finite || number.exponent >= 0)
    return number;
  ExactNumber result = number;
  result.significand = roundedShift(number, -number.exponent, round);
  result.exponent = 0;
  result.sticky = false;
  return result;
}

uint64_t ptxsim::clampToInteger(const ExactNumber &number, Type type,
                                bool wide) {
  unsigned bits = 8 * typeBytes(type);
  uint64_t highest = uint64_t(1) << (bits - 1);
  if (number.kind == ExactNumber::Kind::NaN)
    return wide ? highest : 0;
  uint64_t most = isSigned(type) ? highest - 1 : highest | (highest - 1);
  uint64_t least = isSigned(type) ? highest : 0; // its magnitude
  bool big = number.kind == ExactNumber::Kind::Infinite;
  uint64_t magnitude = 0;
  if (!big && number.significand) {
    int top = 63 - __builtin_clzll(number.significand);
    big = top + number.exponent > 63;
    if (!big)
      magnitude = number.significand << number.exponent;
  }
  if (number.sign)
    return -(big || magnitude > least ? least : magnitude);
  return big || magnitude > most ? most : magnitude;
}

double ptxsim::addToOdd(double a, double b) {
  double sum = a + b;
  if (!std::isfinite(sum))
    return sum;
  // Knuth's two-sum: `error` is exact.
  double bPart = sum - a;
  double error = (a - (sum - bPart)) + (b - bPart);
  uint64_t bits = bitsOf(sum);
  if (error == 0 || (bits & 1))
    return sum;
  return doubleOf((error > 0) == (sum > 0) ? bits + 1 : bits - 1);
}
