//===- HalfForms.cpp - every form of f16 and bf16 arithmetic
//---------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forms.h"
#include <cmath>

using namespace ptxsim::test;

namespace {
/// Values of a format by its definition, and the nearest one to a number.
struct Format {
  double values[65536];
  uint16_t infinity;

  explicit Format(bool isBrain) : infinity(isBrain ? 0x7f80 : 0x7c00) {
    for (unsigned bits = 0; bits < 65536; ++bits)
      values[bits] =
          isBrain ? brainValue(uint16_t(bits)) : halfValue(uint16_t(bits));
  }

  uint16_t round(long double x) const {
    return nearest16(x, infinity, [&](uint16_t bits) { return values[bits]; });
  }
  bool isNan(uint64_t x) const { return (x & 0x7fff) > infinity; }
  uint64_t flush(uint64_t x) const {
    return x & infinity ? x & 0xffff : x & 0x8000;
  }
};
const Format &formatOf(const std::string &type) {
  static const Format half(false), brain(true);
  return elementType(type) == "bf16" ? brain : half;
}
bool isHalfVariant(Variant &v) {
  std::string type = elementType(v.type());
  return (type == "f16" || type == "bf16") && !v.has("approx");
}

/// x + y where the exponents may be too far apart for 64 bits: then the
/// smaller one only breaks ties, for which its sign is enough.
long double exactSum(long double x, long double y) {
  if (std::fabs(x) < std::fabs(y))
    std::swap(x, y);
  if (std::isfinite(x) && x != 0 && y != 0 &&
      std::fabs(y) < std::fabs(x) * 0x1p-40L)
    y = std::copysign(std::fabs(x) * 0x1p-40L, y);
  return x + y;
}

Made with(Variant &v, std::vector<Case> &cases, const Reference &one) {
  std::string type = v.type();
  Case c = makeCase(v);
  setReference(c, resultOf(type), isPackedType(type) ? perHalf(one) : one);
  cases.push_back(c);
  return Made::Yes;
}

template <typename F>
Made arithmetic(Variant &v, std::vector<Case> &cases, F exact) {
  if (!isHalfVariant(v))
    return Made::Unknown;
  const Format &format = formatOf(v.type());
  v.has("rn");
  bool ftz = v.has("ftz"), sat = v.has("sat"), relu = v.has("relu");
  return with(v, cases,
              [=, &format](uint64_t a, uint64_t b, uint64_t c) -> uint64_t {
                if (ftz)
                  a = format.flush(a), b = format.flush(b), c = format.flush(c);
                long double x = exact((long double)format.values[a & 0xffff],
                                      (long double)format.values[b & 0xffff],
                                      (long double)format.values[c & 0xffff]);
                if (sat)
                  x = x > 1 ? 1 : x > 0 ? x : 0;
                if (relu && std::signbit(x) && !std::isnan(x))
                  x = 0;
                uint64_t result = format.round(x);
                return ftz ? format.flush(result) : result;
              });
}
Made add(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases, [](long double a, long double b, long double) {
    return exactSum(a, b);
  });
}
Made sub(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases, [](long double a, long double b, long double) {
    return exactSum(a, -b);
  });
}
Made mul(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases, [](long double a, long double b, long double) {
    return a * b;
  });
}
Made fma(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases, [](long double a, long double b, long double c) {
    return exactSum(a * b, c);
  });
}

template <bool IsMax>
Made minMax(Variant &v, std::vector<Case> &cases) {
  if (!isHalfVariant(v))
    return Made::Unknown;
  const Format &format = formatOf(v.type());
  bool ftz = v.has("ftz"), nan = v.has("NaN"), xorSign = v.has("xorsign");
  v.has("abs");
  return with(
      v, cases, [=, &format](uint64_t a, uint64_t b, uint64_t) -> uint64_t {
        if (ftz)
          a = format.flush(a), b = format.flush(b);
        uint64_t sign = xorSign ? (a ^ b) & 0x8000 : 0;
        if (xorSign)
          a &= 0x7fff, b &= 0x7fff;
        if (format.isNan(a) || format.isNan(b)) {
          bool both = format.isNan(a) && format.isNan(b);
          return nan || both ? 0x7fff : (format.isNan(a) ? b : a) | sign;
        }
        double x = format.values[a], y = format.values[b];
        if (x == y) // -0 counts as less than +0
          return ((a & 0x8000) != 0) != IsMax ? a | sign : b | sign;
        return ((x < y) != IsMax ? a : b) | sign;
      });
}

Made neg(Variant &v, std::vector<Case> &cases) {
  if (!isHalfVariant(v))
    return Made::Unknown;
  const Format &format = formatOf(v.type());
  bool ftz = v.has("ftz");
  return with(v, cases, [=, &format](uint64_t a, uint64_t, uint64_t) {
    return (ftz ? format.flush(a) : a) ^ 0x8000;
  });
}
Made abs(Variant &v, std::vector<Case> &cases) {
  if (!isHalfVariant(v))
    return Made::Unknown;
  const Format &format = formatOf(v.type());
  bool ftz = v.has("ftz");
  return with(v, cases, [=, &format](uint64_t a, uint64_t, uint64_t) {
    return (ftz ? format.flush(a) : a) & 0x7fff;
  });
}
} // namespace

const std::map<std::string, std::vector<Maker>> ptxsim::test::halfMakers = {
    {"add", {add}}, {"sub", {sub}},           {"mul", {mul}},
    {"fma", {fma}}, {"min", {minMax<false>}}, {"max", {minMax<true>}},
    {"neg", {neg}}, {"abs", {abs}},
};
