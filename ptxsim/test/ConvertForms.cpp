//===- ConvertForms.cpp - every form of cvt
//---------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forms.h"
#include <algorithm>
#include <cmath>

using namespace ptxsim::test;

namespace {
/// A binary floating-point format, by the numbers that define it.
struct Format {
  int fraction, minExponent; // of the smallest normal number
  double largest;
  bool hasInfinity;
  uint64_t nan;
  int shift = 0; // of the bits in the register

  uint64_t infinity() const {
    return uint64_t(std::ilogb(largest) + 1 - minExponent + 1) << fraction;
  }
};
const Format &formatOf(const std::string &type) {
  static const std::map<std::string, Format> table = {
      {"f16", {10, -14, 65504, true, 0x7fff}},
      {"bf16", {7, -126, 0x1.fep127, true, 0x7fff}},
      {"tf32", {10, -126, 0x1.ffcp127, true, 0x7fffffff >> 13, 13}},
      {"f32", {23, -126, 0x1.fffffep127, true, 0x7fffffff}},
      {"f64", {52, -1022, 0x1.fffffffffffffp1023, true, 0x7ff8000000000000}},
      {"e4m3", {3, -6, 448, false, 0x7f}},
      {"e5m2", {2, -14, 57344, true, 0x7f}}};
  return table.at(type);
}

/// To an integer value; "rna" is ties away from zero.
long double roundIntegral(long double x, const std::string &mode) {
  if (!std::isfinite(x))
    return x;
  long double below = std::floor(x), rest = x - below;
  bool up = false;
  if (mode == "rp")
    up = rest > 0;
  else if (mode == "rz")
    up = x < 0 && rest > 0;
  else if (mode == "rna")
    up = rest > 0.5L || (rest == 0.5L && x > 0);
  else if (mode != "rm")
    up = rest > 0.5L || (rest == 0.5L && std::fmod(below, 2) != 0);
  return std::copysign(below + up, x);
}

uint64_t encode(long double x, const Format &f, unsigned bits,
                const std::string &mode, bool satfinite) {
  if (std::isnan(x))
    return f.nan << f.shift;
  uint64_t sign = std::signbit(x) ? uint64_t(1) << (bits - 1) : 0;
  long double magnitude = std::fabs(x);
  if (std::isinf(x))
    return sign | (satfinite ? encode(f.largest, f, bits, "rz", false)
                             : f.infinity() << f.shift);
  int exponent = magnitude == 0
                     ? f.minExponent
                     : std::max(std::ilogb(magnitude), f.minExponent);
  long double unit = std::ldexp(1.0L, exponent - f.fraction);
  long double rounded =
      std::fabs(roundIntegral(x / unit, mode)) * unit; // all exact
  if (rounded > f.largest) {
    bool toInfinity = mode == "rn" || mode == "rna" ||
                      (mode == "rp" && !sign) || (mode == "rm" && sign);
    if (toInfinity && !satfinite)
      return sign | f.infinity() << f.shift;
    rounded = f.largest;
  }
  exponent = rounded == 0 ? f.minExponent
                          : std::max(std::ilogb(rounded), f.minExponent);
  uint64_t significand = uint64_t(std::ldexp(rounded, f.fraction - exponent));
  // The hidden bit of a normal number makes its exponent field one larger.
  uint64_t field = uint64_t(exponent - f.minExponent) << f.fraction;
  return sign | (field + significand) << f.shift;
}

long double decodeEight(uint64_t bits, const std::string &type) {
  const Format &f = formatOf(type);
  uint64_t magnitude = bits & 127,
           fraction = magnitude & ((1 << f.fraction) - 1);
  int exponent = int(magnitude >> f.fraction);
  bool special = type == "e4m3" ? magnitude == 127 : exponent == 31;
  long double x =
      special ? (type == "e5m2" && fraction == 0 ? INFINITY : NAN)
      : exponent
          ? std::ldexp((long double)((1 << f.fraction) + fraction),
                       exponent - 1 + f.minExponent - f.fraction)
          : std::ldexp((long double)fraction, f.minExponent - f.fraction);
  return bits & 128 ? -x : x;
}

/// PTX ISA, cvt: out of range gives the nearest value; NaN gives 0, or the top
/// bit where f64 or a 64-bit integer takes part.
uint64_t toInteger(long double x, const std::string &to,
                   const std::string &from) {
  unsigned bits = 8 * bytesOf(to);
  if (std::isnan(x))
    return from == "f64" || bits == 64 ? uint64_t(1) << (bits - 1) : 0;
  bool isSigned = isSignedType(to);
  long double least = isSigned ? -std::ldexp(1.0L, int(bits) - 1) : 0,
              most = std::ldexp(1.0L, int(bits) - isSigned) - 1;
  x = std::clamp(x, least, most);
  return isSigned ? uint64_t(int64_t(x)) : uint64_t(x);
}

struct Conversion {
  std::string to, from, round;
  bool integral, ftz, sat, relu, satfinite;

  Conversion(Variant &v, std::string toType, std::string fromType)
      : to(std::move(toType)), from(std::move(fromType)) {
    round =
        v.oneOf({"rn", "rz", "rm", "rp", "rna", "rni", "rzi", "rmi", "rpi"});
    integral = round.size() == 3 && round != "rna";
    if (integral)
      round.pop_back();
    ftz = v.has("ftz"), sat = v.has("sat");
    relu = v.has("relu"), satfinite = v.has("satfinite");
  }

  uint64_t operator()(uint64_t bits) const {
    if (from == "e4m3" || from == "e5m2")
      return finish(decodeEight(bits, from));
    if (!isFloatType(to) && !isFloatType(from)) {
      if (sat) // by comparing, in a type that holds both
        return toInteger(valueOf(from, bits), to, from);
      return uint64_t(isSignedType(from) ? int64_t(valueOf(from, bits))
                                         : bits & mask(from));
    }
    long double x = valueOf(from, bits);
    if (ftz && from == "f32" && std::fabs(x) < 0x1p-126L)
      x = std::copysign(0.0L, x);
    if (integral)
      x = roundIntegral(x, round);
    return isFloatType(to) ? finish(x) : toInteger(x, to, from);
  }

private:
  static uint64_t mask(const std::string &type) {
    return ~uint64_t(0) >> (64 - 8 * bytesOf(type));
  }
  uint64_t finish(long double x) const {
    if (sat)
      x = x > 1 ? 1 : x > 0 ? x : 0; // NaN becomes 0, too
    if (relu && !std::isnan(x) && std::signbit(x))
      x = 0;
    unsigned bits = to[0] == 'e' ? 8 : 8 * bytesOf(to);
    uint64_t result = encode(x, formatOf(to), bits, round, satfinite);
    if (ftz && to == "f32" && (result & 0x7f800000) == 0)
      result &= 0x80000000;
    return result;
  }
};

bool accepts(const Variant &v, const Case &c) {
  Operands operands;
  for (unsigned i = 0; i < 3; ++i)
    operands.bytes[i] = std::max(2u, bytesOf(c.sources[i]));
  return isAccepted(v, operationModule({c.operation}, operands));
}

uint64_t extended(uint64_t bits, const std::string &type) {
  unsigned shift = 64 - 8 * bytesOf(type);
  return isSignedType(type) ? uint64_t(int64_t(bits << shift) >> shift)
                            : bits << shift >> shift;
}

Made cvt(Variant &v, std::vector<Case> &cases) {
  std::string to = v.type(0), from = v.type(1);
  Case c = makeCase(v);
  if (!accepts(v, c))
    return Made::Rejected;
  if (bytesOf(from) > 2 && v.modifiers.size() > 3)
    c.count = 1 << 18;
  bool packedFrom = isPackedType(from);
  Conversion one(v, elementType(to), elementType(from));
  if (!isPackedType(to)) {
    setReference(c, resultOf(to == "tf32" ? "f32" : to),
                 [=](uint64_t a, uint64_t, uint64_t) {
                   // An 8-bit result is extended to its register.
                   return bytesOf(to) == 1 ? extended(one(a), to) : one(a);
                 });
    cases.push_back(c);
    // In registers of 64 bits: sources are cut, integers extended.
    bool wideSource = !isFloatType(from), wideTarget = !isFloatType(to);
    if (wideSource)
      c.sources[0] = "b64";
    if (wideTarget) {
      c.operation.resultBytes = 8;
      c.operation.compare = Result::Bits;
      c.operation.expected = [=](uint64_t a, uint64_t, uint64_t) {
        return extended(one(a), to);
      };
    }
    c.count = 1 << 14;
    if (wideSource || wideTarget)
      cases.push_back(c);
    return Made::Yes;
  }
  unsigned shift = 4 * bytesOf(to);
  setReference(c, resultOf(to), [=](uint64_t a, uint64_t b, uint64_t) {
    if (!packedFrom) // the first operand is the upper half
      return one(a) << shift | one(b);
    unsigned part = 4 * bytesOf(from);
    uint64_t low = (uint64_t(1) << part) - 1;
    return one(a >> part) << shift | one(a & low);
  });
  cases.push_back(c);
  return Made::Yes;
}
} // namespace

const std::map<std::string, std::vector<Maker>> ptxsim::test::convertMakers = {
    {"cvt", {cvt}},
};
