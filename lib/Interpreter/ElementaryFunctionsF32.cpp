//===- ElementaryFunctionsF32.cpp - float32 reference -----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/ElementaryFunctions.md in plain C++, float32. Section numbers refer to
// it. Special cases return early here; the emitted IR selects at the end.
//
//===----------------------------------------------------------------------===//

#include "optimc/Interpreter/ElementaryFunctions.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float quietNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float roundingMagic = 0x1.8p23f;
constexpr uint32_t signMask = 0x80000000u;

uint32_t toBits(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

float fromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

float magnitude(float x) { return fromBits(toBits(x) & ~signMask); }
bool isNegative(float x) { return (toBits(x) & signMask) != 0; }
float withSign(float x, bool negative) {
  return negative ? fromBits(toBits(x) ^ signMask) : x;
}

/// An unevaluated sum; |lo| is small against |hi|.
struct Pair {
  float hi, lo;
};

// Section 2.1.
Pair fastTwoSum(float a, float b) {
  float s = a + b;
  return {s, b - (s - a)};
}

Pair twoProd(float a, float b) {
  float p = a * b;
  return {p, std::fma(a, b, -p)};
}

/// Horner's rule, the coefficient of degree 0 first.
template <size_t N>
float polynomial(const float (&c)[N], float x) {
  float p = c[N - 1];
  for (size_t i = N - 1; i-- > 0;)
    p = std::fma(p, x, c[i]);
  return p;
}

// Section 2.2.
struct Integer {
  float asFloat;
  int32_t value;
};

Integer fromShifted(float shifted) {
  return {shifted - roundingMagic,
          static_cast<int32_t>(toBits(shifted) - toBits(roundingMagic))};
}

float powerOfTwo(int32_t k) {
  return fromBits((static_cast<uint32_t>(k) + 127u) << 23);
}

float scale(float x, int32_t k) {
  int32_t half = k >> 1;
  return (x * powerOfTwo(half)) * powerOfTwo(k - half);
}

// Section 3.1: exp(u.hi + u.lo).
Pair expCore(Pair u) {
  static const float c[] = {0x1.555554p-3f, 0x1.5554e6p-5f, 0x1.111338p-7f,
                            0x1.6d4fb4p-10f, 0x1.9dd38ap-13f};
  float p = polynomial(c, u.hi);
  Pair half = twoProd(0.5f * u.hi, u.hi);
  float cube = (u.hi * u.hi) * u.hi;
  float tail = std::fma(cube, p, std::fma(u.lo, u.hi, u.lo)) + half.lo;
  Pair one = fastTwoSum(1.0f, u.hi);
  return {one.hi, half.hi + (one.lo + tail)};
}

// Section 3.2: x = k ln2 + u.
Pair reduceExp(float x, Integer &k) {
  k = fromShifted(std::fma(x, 0x1.715476p0f, roundingMagic));
  float r = std::fma(-k.asFloat, 0x1.62e4p-1f, x);
  float b = k.asFloat * 0x1.7f7d1cp-20f;
  float hi = r - b;
  return {hi, (r - hi) - b};
}

// Section 4.1: x = 2^k m for positive finite x, m in [sqrt(1/2), sqrt(2)).
float splitExponent(float x, int32_t &k) {
  constexpr uint32_t rootHalf = 0x3f3504f3u;
  int32_t bias = 0;
  if (x < 0x1p-126f) {
    x *= 0x1p24f;
    bias = 24;
  }
  uint32_t t = toBits(x) - rootHalf;
  k = (static_cast<int32_t>(t) >> 23) - bias;
  return fromBits((t & 0x7fffffu) + rootHalf);
}

// Section 5.2: log2 of 2^k m.
Pair log2Core(int32_t k, float m) {
  static const float c[] = {0x1.2776c4p-1f, 0x1.a61912p-2f, 0x1.47be38p-2f,
                            0x1.1f9ca6p-2f};
  float f = m - 1.0f;
  Pair g = fastTwoSum(1.0f, m);
  float reciprocal = 1.0f / g.hi;
  Pair s;
  s.hi = f * reciprocal;
  s.lo = std::fma(-s.hi, g.lo, std::fma(-s.hi, g.hi, f)) * reciprocal;
  Pair z = twoProd(s.hi, s.hi);
  z.lo = std::fma(s.hi + s.hi, s.lo, z.lo);
  Pair q = fastTwoSum(0x1.ec709ep-1f, z.hi * polynomial(c, z.hi));
  q.lo += -0x1.e2fe02p-28f;
  Pair w = twoProd(z.hi, q.hi);
  w.lo = std::fma(z.hi, q.lo, std::fma(z.lo, q.hi, w.lo));
  Pair v = fastTwoSum(0x1.715476p1f, w.hi);
  v.lo += 0x1.4ae0cp-25f + w.lo;
  Pair l = twoProd(s.hi, v.hi);
  l.lo = std::fma(s.hi, v.lo, std::fma(s.lo, v.hi, l.lo));
  Pair sum = fastTwoSum(static_cast<float>(k), l.hi);
  return fastTwoSum(sum.hi, sum.lo + l.lo);
}

// Section 5.3: 2^(p.hi + p.lo).
float exp2Scaled(Pair p) {
  if (p.hi > 129.0f)
    p = {129.0f, 0.0f};
  if (p.hi < -151.0f)
    p = {-151.0f, 0.0f};
  Integer k = fromShifted(p.hi + roundingMagic);
  Pair f = fastTwoSum(p.hi - k.asFloat, p.lo);
  Pair u = twoProd(f.hi, 0x1.62e43p-1f);
  u.lo = std::fma(f.hi, -0x1.05c61p-29f, std::fma(f.lo, 0x1.62e43p-1f, u.lo));
  Pair e = expCore(u);
  return scale(e.hi + e.lo, k.value);
}

bool isInteger(float y) {
  float a = magnitude(y);
  return a >= 0x1p23f || (a + 0x1p23f) - 0x1p23f == a;
}

bool isOddInteger(float y) {
  float a = magnitude(y);
  if (!isInteger(y) || a >= 0x1p24f)
    return false;
  return (toBits(a < 0x1p23f ? a + 0x1p23f : a) & 1u) != 0;
}

// Section 7: |x| = n pi/2 + r, n mod 4.
struct Reduced {
  uint32_t n;
  bool negative;
  Pair r;
};

Reduced reduceAngle(float a) {
  if (a <= 0x1.92p-1f)
    return {0, false, {a, 0.0f}};
  static const uint32_t twoOverPi[8] = {0,           0xa2f9836eu, 0x4e441529u,
                                        0xfc2757d1u, 0xf534ddc0u, 0xdb629599u,
                                        0x3c439041u, 0xfe5163abu};
  uint32_t start = (toBits(a) >> 23) - 120u;
  uint32_t word = start / 32u, shift = start % 32u;
  uint32_t window[3];
  for (uint32_t i = 0; i != 3; ++i) {
    uint64_t two = (static_cast<uint64_t>(twoOverPi[word + i]) << 32) |
                   twoOverPi[word + i + 1];
    window[i] = static_cast<uint32_t>((two << shift) >> 32);
  }
  uint64_t m = (toBits(a) & 0x7fffffu) | 0x800000u;
  uint64_t product =
      ((m * window[0]) << 32) + m * window[1] + ((m * window[2]) >> 32);
  uint64_t n = (product + (uint64_t(1) << 61)) >> 62;
  uint64_t fraction = product - (n << 62);
  bool negative = (fraction >> 63) != 0;
  if (negative)
    fraction = 0 - fraction;
  float h1 = static_cast<float>(static_cast<int32_t>(fraction >> 38));
  float h2 =
      static_cast<float>(static_cast<int32_t>((fraction >> 14) & 0xffffffu));
  float h3 = static_cast<float>(static_cast<int32_t>(fraction & 0x3fffu));
  Pair t = fastTwoSum(h1 * 0x1p-24f, h2 * 0x1p-48f);
  t.lo += h3 * 0x1p-62f;
  Pair r = twoProd(t.hi, 0x1.921fb6p0f);
  r.lo = std::fma(t.hi, -0x1.777a5cp-25f, std::fma(t.lo, 0x1.921fb6p0f, r.lo));
  return {static_cast<uint32_t>(n), negative, r};
}

// Section 6.
float sinCore(Pair r) {
  static const float c[] = {0x1.11110ep-7f, -0x1.a01292p-13f, 0x1.6d6e9ep-19f};
  Pair z = twoProd(r.hi, r.hi);
  Pair p = fastTwoSum(-0x1.555556p-3f, z.hi * polynomial(c, z.hi));
  p.lo += 0x1.555556p-28f;
  Pair t = twoProd(z.hi, p.hi);
  t.lo = std::fma(z.hi, p.lo, std::fma(z.lo, p.hi, t.lo));
  Pair v = twoProd(r.hi, t.hi);
  float low = std::fma(r.hi, t.lo, v.lo);
  float shift = std::fma(z.hi * -0.5f, r.lo, r.lo);
  Pair sum = fastTwoSum(r.hi, v.hi);
  return sum.hi + (sum.lo + (low + shift));
}

float cosCore(Pair r) {
  static const float c[] = {0x1.555556p-5f, -0x1.6c16b8p-10f, 0x1.a0112p-16f,
                            -0x1.242ad8p-22f};
  float z = r.hi * r.hi;
  Pair h = twoProd(0.5f * r.hi, r.hi);
  float w = 1.0f - h.hi;
  float lost = ((1.0f - w) - h.hi) - h.lo;
  float tail = std::fma(z * z, polynomial(c, z), -(r.hi * r.lo));
  return w + (tail + lost);
}

} // namespace

float optimc::interp::expF32(float x) {
  if (x < -104.0f)
    x = -104.0f;
  if (x > 89.0f)
    x = 89.0f;
  Integer k;
  Pair u = reduceExp(x, k);
  Pair e = expCore(u);
  return scale(e.hi + e.lo, k.value);
}

float optimc::interp::logF32(float x) {
  static const float c[] = {0x1.555554p-1f, 0x1.999a7ap-2f, 0x1.2438cp-2f,
                            0x1.e2f9fep-3f};
  if (x == 0.0f)
    return -infinity;
  if (!(x > 0.0f))
    return quietNaN;
  if (x == infinity)
    return infinity;
  int32_t exponent;
  float f = splitExponent(x, exponent) - 1.0f;
  float k = static_cast<float>(exponent);
  float s = f / (2.0f + f);
  float z = s * s;
  Pair h = twoProd(0.5f * f, f);
  float tail = s * std::fma(z, polynomial(c, z), h.hi);
  Pair sum = fastTwoSum(k * 0x1.62e4p-1f, f);
  Pair top = fastTwoSum(sum.hi, -h.hi);
  float rest = std::fma(k, 0x1.7f7d1cp-20f, tail - h.lo);
  return top.hi + ((sum.lo + top.lo) + rest);
}

float optimc::interp::powF32(float x, float y) {
  if (y == 0.0f || x == 1.0f)
    return 1.0f;
  if (x != x || y != y)
    return quietNaN;
  float a = magnitude(x);
  if (x < 0.0f && a != infinity && !isInteger(y))
    return quietNaN;
  bool odd = isOddInteger(y);
  float result;
  if (a == 0.0f || a == infinity) {
    result = (a == 0.0f) == (y < 0.0f) ? infinity : 0.0f;
  } else {
    int32_t k;
    float m = splitExponent(a, k);
    Pair l = log2Core(k, m);
    if (y > 0x1p33f)
      y = 0x1p33f;
    if (y < -0x1p33f)
      y = -0x1p33f;
    Pair p = twoProd(y, l.hi);
    p.lo = std::fma(y, l.lo, p.lo);
    result = exp2Scaled(p);
  }
  return withSign(result, isNegative(x) && odd);
}

float optimc::interp::tanhF32(float x) {
  static const float c[] = {-0x1.555556p-2f, 0x1.1110dap-3f, -0x1.b9fee8p-5f,
                            0x1.630aaap-6f, -0x1.ecee26p-8f};
  float a = magnitude(x);
  float result;
  if (a < 0.375f) {
    float z = a * a;
    result = std::fma(a * z, polynomial(c, z), a);
  } else {
    if (a > 10.0f)
      a = 10.0f;
    Integer k;
    Pair u = reduceExp(a + a, k);
    Pair e = expCore(u);
    e = fastTwoSum(e.hi, e.lo);
    float factor = powerOfTwo(k.value);
    Pair d = fastTwoSum(e.hi * factor, 1.0f);
    d.lo += e.lo * factor;
    float t = 2.0f / d.hi;
    float residual = std::fma(-t, d.lo, std::fma(-t, d.hi, 2.0f));
    Pair one = fastTwoSum(1.0f, -t);
    result = one.hi + (one.lo - (residual * t) * 0.5f);
  }
  return withSign(result, isNegative(x));
}

float optimc::interp::sinF32(float x) {
  float a = magnitude(x);
  if (!(a < infinity))
    return quietNaN;
  Reduced d = reduceAngle(a);
  bool odd = (d.n & 1u) != 0;
  bool negative = isNegative(x) != ((d.n & 2u) != 0);
  return odd ? withSign(cosCore(d.r), negative)
             : withSign(sinCore(d.r), negative != d.negative);
}

float optimc::interp::cosF32(float x) {
  float a = magnitude(x);
  if (!(a < infinity))
    return quietNaN;
  Reduced d = reduceAngle(a);
  bool odd = (d.n & 1u) != 0;
  bool negative = ((d.n + 1u) & 2u) != 0;
  return odd ? withSign(sinCore(d.r), negative != d.negative)
             : withSign(cosCore(d.r), negative);
}
