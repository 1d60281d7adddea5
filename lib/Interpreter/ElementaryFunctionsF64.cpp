//===- ElementaryFunctionsF64.cpp - float64 reference -----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/ElementaryFunctions.md in plain C++, float64: no fused multiply-add
// anywhere. Section numbers refer to it. Special cases return early here; the
// emitted IR selects at the end.
//
//===----------------------------------------------------------------------===//

#include "optimc/Interpreter/ElementaryFunctions.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double quietNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double roundingMagic = 0x1.8p52;
constexpr uint64_t signMask = uint64_t(1) << 63;
constexpr uint64_t mantissaMask = (uint64_t(1) << 52) - 1;

uint64_t toBits(double x) {
  uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

double fromBits(uint64_t bits) {
  double x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

double magnitude(double x) { return fromBits(toBits(x) & ~signMask); }
bool isNegative(double x) { return (toBits(x) & signMask) != 0; }
double withSign(double x, bool negative) {
  return negative ? fromBits(toBits(x) ^ signMask) : x;
}

/// An unevaluated sum; |lo| is small against |hi|.
struct Pair {
  double hi, lo;
};

// Section 2.1.
Pair fastTwoSum(double a, double b) {
  double s = a + b;
  return {s, b - (s - a)};
}

/// Veltkamp's splitting: 26 bits each.
Pair split(double a) {
  double t = 0x1.0000002p27 * a;
  double hi = t - (t - a);
  return {hi, a - hi};
}

/// Dekker's product.
Pair twoProd(double a, double b) {
  double p = a * b;
  Pair x = split(a), y = split(b);
  double e = x.hi * y.hi - p;
  e = e + x.hi * y.lo;
  e = e + x.lo * y.hi;
  e = e + x.lo * y.lo;
  return {p, e};
}

double mulAdd(double a, double b, double c) { return a * b + c; }

/// Horner's rule, the coefficient of degree 0 first.
template <size_t N>
double polynomial(const double (&c)[N], double x) {
  double p = c[N - 1];
  for (size_t i = N - 1; i-- > 0;)
    p = mulAdd(p, x, c[i]);
  return p;
}

// Section 2.2.
struct Integer {
  double asDouble;
  int64_t value;
};

Integer fromShifted(double shifted) {
  return {shifted - roundingMagic,
          static_cast<int64_t>(toBits(shifted) - toBits(roundingMagic))};
}

double powerOfTwo(int64_t k) {
  return fromBits((static_cast<uint64_t>(k) + 1023u) << 52);
}

double scale(double x, int64_t k) {
  int64_t half = k >> 1;
  return (x * powerOfTwo(half)) * powerOfTwo(k - half);
}

// Section 3.1: exp(u.hi + u.lo).
Pair expCore(Pair u) {
  static const double c[] = {0x1.555555555555bp-3,  0x1.555555555552fp-5,
                             0x1.111111110eeeap-7,  0x1.6c16c16c2768dp-10,
                             0x1.a01a01b2c25b9p-13, 0x1.a01a0150ffaf4p-16,
                             0x1.71ddf186c9e8fp-19, 0x1.27e58ecbeaf6p-22,
                             0x1.af6a0652d0d4fp-26, 0x1.1e6638728b6e4p-29};
  double p = polynomial(c, u.hi);
  Pair half = twoProd(0.5 * u.hi, u.hi);
  double cube = (u.hi * u.hi) * u.hi;
  double tail = mulAdd(cube, p, mulAdd(u.lo, u.hi, u.lo)) + half.lo;
  Pair one = fastTwoSum(1.0, u.hi);
  return {one.hi, half.hi + (one.lo + tail)};
}

// Section 3.2: x = k ln2 + u.
Pair reduceExp(double x, Integer &k) {
  k = fromShifted(mulAdd(x, 0x1.71547652b82fep0, roundingMagic));
  double r = mulAdd(-k.asDouble, 0x1.62e42fefa38p-1, x);
  double b = k.asDouble * 0x1.ef35793c7673p-45;
  double hi = r - b;
  return {hi, (r - hi) - b};
}

// Section 4.1: x = 2^k m for positive finite x, m in [low, 2 low).
double splitExponent(double x, double low, int64_t &k) {
  int64_t bias = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    bias = 54;
  }
  uint64_t t = toBits(x) - toBits(low);
  k = (static_cast<int64_t>(t) >> 52) - bias;
  return fromBits((t & mantissaMask) + toBits(low));
}

// Section 5.2: log2 of 2^k m.
Pair log2Core(int64_t k, double m) {
  static const double c[] = {0x1.2776c50ef9bffp-1, 0x1.a61762a7adcaep-2,
                             0x1.484b13d817f65p-2, 0x1.0c9a84288dbeep-2,
                             0x1.c68ff820421bep-3, 0x1.89b22f0c39169p-3,
                             0x1.699e71012f029p-3};
  bool upper = m >= 0x1.3988e1409212ep0;
  double base = upper ? 1.5 : 1.0;
  double f = m - base;
  Pair g = fastTwoSum(base, m);
  double reciprocal = 1.0 / g.hi;
  Pair s;
  s.hi = f * reciprocal;
  Pair back = twoProd(s.hi, g.hi);
  s.lo = (((f - back.hi) - back.lo) - s.hi * g.lo) * reciprocal;
  Pair z = twoProd(s.hi, s.hi);
  z.lo = mulAdd(s.hi + s.hi, s.lo, z.lo);
  Pair q = fastTwoSum(0x1.ec709dc3a03fdp-1, z.hi * polynomial(c, z.hi));
  q.lo += 0x1.d27f05548af0cp-55;
  Pair w = twoProd(z.hi, q.hi);
  w.lo = mulAdd(z.hi, q.lo, mulAdd(z.lo, q.hi, w.lo));
  Pair v = fastTwoSum(0x1.71547652b82fep1, w.hi);
  v.lo += 0x1.777d0ffda0d24p-55 + w.lo;
  Pair l = twoProd(s.hi, v.hi);
  l.lo = mulAdd(s.hi, v.lo, mulAdd(s.lo, v.hi, l.lo));
  double whole = static_cast<double>(k) + (upper ? 0x1.2b803473f8p-1 : 0.0);
  Pair sum = fastTwoSum(whole, l.hi);
  l.lo += upper ? -0x1.4bc302ffa76fbp-43 : 0.0;
  return fastTwoSum(sum.hi, sum.lo + l.lo);
}

// Section 5.3: 2^(p.hi + p.lo).
double exp2Scaled(Pair p) {
  if (p.hi > 1025.0)
    p = {1025.0, 0.0};
  if (p.hi < -1077.0)
    p = {-1077.0, 0.0};
  Integer k = fromShifted(p.hi + roundingMagic);
  Pair f = fastTwoSum(p.hi - k.asDouble, p.lo);
  Pair u = twoProd(f.hi, 0x1.62e42fefa39efp-1);
  u.lo = mulAdd(f.hi, 0x1.abc9e3b39803fp-56,
                mulAdd(f.lo, 0x1.62e42fefa39efp-1, u.lo));
  Pair e = expCore(u);
  return scale(e.hi + e.lo, k.value);
}

bool isInteger(double y) {
  double a = magnitude(y);
  return a >= 0x1p52 || (a + 0x1p52) - 0x1p52 == a;
}

bool isOddInteger(double y) {
  double a = magnitude(y);
  if (!isInteger(y) || a >= 0x1p53)
    return false;
  return (toBits(a < 0x1p52 ? a + 0x1p52 : a) & 1u) != 0;
}

struct Wide {
  uint64_t high, low;
};

Wide multiply(uint64_t a, uint64_t b) {
  uint64_t a0 = a & 0xffffffffu, a1 = a >> 32;
  uint64_t b0 = b & 0xffffffffu, b1 = b >> 32;
  uint64_t middle = a1 * b0 + ((a0 * b0) >> 32);
  uint64_t other = a0 * b1 + (middle & 0xffffffffu);
  return {a1 * b1 + (middle >> 32) + (other >> 32), a * b};
}

// Section 7: |x| = n pi/2 + r, n mod 4.
struct Reduced {
  uint64_t n;
  bool negative;
  Pair r;
};

Reduced reduceAngle(double a) {
  if (a <= 0x1.92p-1)
    return {0, false, {a, 0.0}};
  static const uint64_t twoOverPi[20] = {0,
                                         0xa2f9836e4e441529u,
                                         0xfc2757d1f534ddc0u,
                                         0xdb6295993c439041u,
                                         0xfe5163abdebbc561u,
                                         0xb7246e3a424dd2e0u,
                                         0x06492eea09d1921cu,
                                         0xfe1deb1cb129a73eu,
                                         0xe88235f52ebb4484u,
                                         0xe99c7026b45f7e41u,
                                         0x3991d639835339f4u,
                                         0x9c845f8bbdf9283bu,
                                         0x1ff897ffde05980fu,
                                         0xef2f118b5a0a6d1fu,
                                         0x6d367ecf27cb09b7u,
                                         0x4f463f669e5fea2du,
                                         0x7527bac7ebe5f17bu,
                                         0x3d0739f78a5292eau,
                                         0x6bfb5fb11f8d5d08u,
                                         0x56033046fc7b6babu};
  uint64_t start = (toBits(a) >> 52) - 1013u;
  uint64_t word = start / 64u, shift = start % 64u;
  uint64_t window[3];
  for (uint64_t i = 0; i != 3; ++i) {
    window[i] = twoOverPi[word + i] << shift;
    if (shift != 0)
      window[i] |= twoOverPi[word + i + 1] >> (64u - shift);
  }
  uint64_t m = (toBits(a) & mantissaMask) | (mantissaMask + 1);
  Wide middle = multiply(m, window[1]);
  uint64_t low = middle.low + multiply(m, window[2]).high;
  uint64_t high = m * window[0] + middle.high + (low < middle.low ? 1u : 0u);
  uint64_t n = (high + (uint64_t(1) << 61)) >> 62;
  high -= n << 62;
  bool negative = (high >> 63) != 0;
  if (negative) {
    high = ~high + (low == 0 ? 1u : 0u);
    low = 0 - low;
  }
  double h1 = static_cast<double>(static_cast<int64_t>(high >> 11));
  double h2 = static_cast<double>(
      static_cast<int64_t>(((high & 0x7ffu) << 42) | (low >> 22)));
  double h3 = static_cast<double>(static_cast<int64_t>(low & 0x3fffffu));
  Pair t = fastTwoSum(h1 * 0x1p-51, h2 * 0x1p-104);
  t.lo += h3 * 0x1p-126;
  Pair r = twoProd(t.hi, 0x1.921fb54442d18p0);
  r.lo = mulAdd(t.hi, 0x1.1a62633145c07p-54,
                mulAdd(t.lo, 0x1.921fb54442d18p0, r.lo));
  return {n, negative, r};
}

// Section 6.
double sinCore(Pair r) {
  static const double c[] = {0x1.111111111110fp-7,  -0x1.a01a01a019395p-13,
                             0x1.71de3a53d1d03p-19, -0x1.ae645344fe262p-26,
                             0x1.6120f4836c346p-33, -0x1.aad10faeec67p-41};
  Pair z = twoProd(r.hi, r.hi);
  Pair p = fastTwoSum(-0x1.5555555555555p-3, z.hi * polynomial(c, z.hi));
  p.lo += -0x1.5555555555555p-57;
  Pair t = twoProd(z.hi, p.hi);
  t.lo = mulAdd(z.hi, p.lo, mulAdd(z.lo, p.hi, t.lo));
  Pair v = twoProd(r.hi, t.hi);
  double low = mulAdd(r.hi, t.lo, v.lo);
  double shift = mulAdd(z.hi * -0.5, r.lo, r.lo);
  Pair sum = fastTwoSum(r.hi, v.hi);
  return sum.hi + (sum.lo + (low + shift));
}

double cosCore(Pair r) {
  static const double c[] = {0x1.555555555554cp-5,  -0x1.6c16c16c15181p-10,
                             0x1.a01a019cb2186p-16, -0x1.27e4f80a34ad5p-22,
                             0x1.1ee9ec1907cf2p-29, -0x1.8faeb606d7df1p-37};
  double z = r.hi * r.hi;
  Pair h = twoProd(0.5 * r.hi, r.hi);
  double w = 1.0 - h.hi;
  double lost = ((1.0 - w) - h.hi) - h.lo;
  double tail = mulAdd(z * z, polynomial(c, z), -(r.hi * r.lo));
  return w + (tail + lost);
}

} // namespace

double optimc::interp::expF64(double x) {
  if (x < -746.0)
    x = -746.0;
  if (x > 710.0)
    x = 710.0;
  Integer k;
  Pair u = reduceExp(x, k);
  Pair e = expCore(u);
  return scale(e.hi + e.lo, k.value);
}

double optimc::interp::logF64(double x) {
  static const double c[] = {0x1.5555555555593p-1, 0x1.999999997fc79p-2,
                             0x1.2492494204368p-2, 0x1.c71c51f8c37fap-3,
                             0x1.7466428759e3p-3,  0x1.39a157fc83de6p-3,
                             0x1.2f09799ee5e11p-3};
  if (x == 0.0)
    return -infinity;
  if (!(x > 0.0))
    return quietNaN;
  if (x == infinity)
    return infinity;
  int64_t exponent;
  double f = splitExponent(x, 0x1.6a09e667f3bcdp-1, exponent) - 1.0;
  double k = static_cast<double>(exponent);
  double s = f / (2.0 + f);
  double z = s * s;
  Pair h = twoProd(0.5 * f, f);
  double tail = s * mulAdd(z, polynomial(c, z), h.hi);
  Pair sum = fastTwoSum(k * 0x1.62e42fefa38p-1, f);
  Pair top = fastTwoSum(sum.hi, -h.hi);
  double rest = mulAdd(k, 0x1.ef35793c7673p-45, tail - h.lo);
  return top.hi + ((sum.lo + top.lo) + rest);
}

double optimc::interp::powF64(double x, double y) {
  if (y == 0.0 || x == 1.0)
    return 1.0;
  if (x != x || y != y)
    return quietNaN;
  double a = magnitude(x);
  if (x < 0.0 && a != infinity && !isInteger(y))
    return quietNaN;
  bool odd = isOddInteger(y);
  double result;
  if (a == 0.0 || a == infinity) {
    result = (a == 0.0) == (y < 0.0) ? infinity : 0.0;
  } else {
    int64_t k;
    double m = splitExponent(a, 0x1.bb67ae8584caap-1, k);
    Pair l = log2Core(k, m);
    if (y > 0x1p65)
      y = 0x1p65;
    if (y < -0x1p65)
      y = -0x1p65;
    Pair p = twoProd(y, l.hi);
    p.lo = mulAdd(y, l.lo, p.lo);
    result = exp2Scaled(p);
  }
  return withSign(result, isNegative(x) && odd);
}

double optimc::interp::tanhF64(double x) {
  static const double c[] = {
      -0x1.555555555554ep-2,  0x1.11111111100fcp-3,  -0x1.ba1ba1b88e3fcp-5,
      0x1.664f47ec2a531p-6,   -0x1.226e15088c271p-7, 0x1.d6cb67ac0c0e1p-9,
      -0x1.7cf5f71405994p-10, 0x1.2cd6284ff7355p-11, -0x1.7c2dccded8ff2p-13};
  double a = magnitude(x);
  double result;
  if (a < 0.375) {
    double z = a * a;
    result = mulAdd(a * z, polynomial(c, z), a);
  } else {
    if (a > 20.0)
      a = 20.0;
    Integer k;
    Pair u = reduceExp(a + a, k);
    Pair e = expCore(u);
    e = fastTwoSum(e.hi, e.lo);
    double factor = powerOfTwo(k.value);
    Pair d = fastTwoSum(e.hi * factor, 1.0);
    d.lo += e.lo * factor;
    double t = 2.0 / d.hi;
    Pair back = twoProd(t, d.hi);
    double residual = ((2.0 - back.hi) - back.lo) - t * d.lo;
    Pair one = fastTwoSum(1.0, -t);
    result = one.hi + (one.lo - (residual * t) * 0.5);
  }
  return withSign(result, isNegative(x));
}

double optimc::interp::sinF64(double x) {
  double a = magnitude(x);
  if (!(a < infinity))
    return quietNaN;
  Reduced d = reduceAngle(a);
  bool odd = (d.n & 1u) != 0;
  bool negative = isNegative(x) != ((d.n & 2u) != 0);
  return odd ? withSign(cosCore(d.r), negative)
             : withSign(sinCore(d.r), negative != d.negative);
}

double optimc::interp::cosF64(double x) {
  double a = magnitude(x);
  if (!(a < infinity))
    return quietNaN;
  Reduced d = reduceAngle(a);
  bool odd = (d.n & 1u) != 0;
  bool negative = ((d.n + 1u) & 2u) != 0;
  return odd ? withSign(sinCore(d.r), negative != d.negative)
             : withSign(cosCore(d.r), negative);
}
