//===- SinCos.cpp - sin and cos as IR ---------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/ElementaryFunctions.md, sections 6 and 7: the argument is reduced
// modulo pi/2 in integers (Payne and Hanek), exactly enough for every finite
// value; two polynomials finish.
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/ElementaryFunctions.h"

#include "FloatEmitter.h"

#include "llvm/ADT/SmallVector.h"

#include <limits>

using namespace mlir;
using namespace optimc::elementary;

namespace {
/// |x| = n pi/2 + r, n modulo 4. Signs are integers with only the sign bit
/// meaningful; `n` is an i64.
struct Angle {
  Value n;
  Value sign;
  Pair r;
};

/// An integer modulo 2^128.
struct Wide {
  Value high, low;
};
} // namespace

/// The leading bits of 2/pi after one word of zeros, in 64-bit words.
static const uint64_t twoOverPi[] = {0,
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

/// Three words of 2/pi from bit `start` of the table on.
static SmallVector<Value> selectWindow(FloatEmitter &e, Value start) {
  unsigned width = e.isWide() ? 64 : 32;
  unsigned wordBits = e.isWide() ? 6 : 5;
  SmallVector<Value> words;
  if (e.isWide()) {
    for (uint64_t word : twoOverPi)
      words.push_back(e.integer(word));
  } else {
    words.push_back(e.integer(0));
    for (unsigned i = 0; i != 7; ++i) {
      uint64_t word = twoOverPi[1 + i / 2];
      words.push_back(e.integer(i % 2 ? word & 0xffffffffu : word >> 32));
    }
  }

  // A barrel shifter over whole words, the largest step first; at the end
  // four words are left.
  Value index = e.shrU(start, wordBits);
  Value zero = e.integer(0);
  for (unsigned step = e.isWide() ? 16 : 4; step != 0; step /= 2) {
    Value bit = e.andI(index, e.integer(step));
    Value taken = e.compareI(CmpIPredicate::ne, bit, zero);
    SmallVector<Value> next;
    for (unsigned i = 0; i != 3 + step && i != words.size(); ++i) {
      Value shifted = i + step < words.size() ? words[i + step] : zero;
      next.push_back(e.select(taken, shifted, words[i]));
    }
    words = std::move(next);
  }

  // Then by bits. Two right shifts: a shift by the whole width is undefined.
  Value left = e.andI(start, e.integer(width - 1));
  Value right = e.subI(e.integer(width - 1), left);
  SmallVector<Value> window;
  for (unsigned i = 0; i != 3; ++i) {
    Value high = e.shl(words[i], left);
    Value low = e.shrU(e.shrU(words[i + 1], 1), right);
    window.push_back(e.orI(high, low));
  }
  return window;
}

/// The high half of the product of two 64-bit integers.
static Value mulHigh(FloatEmitter &e, Value a, Value b) {
  Value mask = e.integer(0xffffffffu, 64);
  Value a0 = e.andI(a, mask), a1 = e.shrU(a, 32);
  Value b0 = e.andI(b, mask), b1 = e.shrU(b, 32);
  Value carry = e.shrU(e.mulI(a0, b0), 32);
  Value middle = e.addI(e.mulI(a1, b0), carry);
  Value other = e.mulI(a0, b1);
  other = e.addI(other, e.andI(middle, mask));
  Value high = e.mulI(a1, b1);
  high = e.addI(high, e.shrU(middle, 32));
  return e.addI(high, e.shrU(other, 32));
}

/// n and the fraction of `product`, two integer bits above 62 (or, with
/// `low`, 126) fraction bits, rounded to nearest: n, then a sign, then the
/// magnitude of the rest.
static Value splitQuadrant(FloatEmitter &e, Wide &product, Value &sign) {
  Value half = e.integer(uint64_t(1) << 61, 64);
  Value n = e.shrU(e.addI(product.high, half), 62);
  Value high = e.subI(product.high, e.shl(n, 62));
  Value zero = e.integer(0, 64);
  Value negative = e.compareI(CmpIPredicate::slt, high, zero);
  sign = high;
  if (!product.low) {
    product.high = e.select(negative, e.subI(zero, high), high);
    return n;
  }
  Value lowIsZero = e.compareI(CmpIPredicate::eq, product.low, zero);
  Value carry = e.extend(lowIsZero, 64);
  Value inverted = e.xorI(high, e.integer(~uint64_t(0), 64));
  product.high = e.select(negative, e.addI(inverted, carry), high);
  Value minusLow = e.subI(zero, product.low);
  product.low = e.select(negative, minusLow, product.low);
  return n;
}

static Value scaled(FloatEmitter &e, Value i, double factor) {
  Value value = e.toFloat(i);
  return e.mul(value, e.constant(factor));
}

/// The fraction of a quadrant, as a pair.
static Pair reduceSingle(FloatEmitter &e, Value i, ArrayRef<Value> window,
                         Value &n, Value &sign) {
  Value leading = e.integer(0x800000u);
  Value m = e.orI(e.andI(i, e.integer(0x7fffffu)), leading);
  Value wideM = e.extend(m, 64);
  Value top = e.shl(e.extend(e.mulI(m, window[0]), 64), 32);
  Value middle = e.mulI(wideM, e.extend(window[1], 64));
  Value bottom = e.shrU(e.mulI(wideM, e.extend(window[2], 64)), 32);
  Wide product{e.addI(e.addI(top, middle), bottom), Value()};
  Value wideSign;
  n = splitQuadrant(e, product, wideSign);
  sign = e.truncate(e.shrU(wideSign, 32), 32);

  Value h1 = e.truncate(e.shrU(product.high, 38), 32);
  Value h2 = e.truncate(e.shrU(product.high, 14), 32);
  h2 = e.andI(h2, e.integer(0xffffffu));
  Value h3 = e.truncate(product.high, 32);
  h3 = e.andI(h3, e.integer(0x3fffu));
  Value t1 = scaled(e, h1, 0x1p-24);
  Value t2 = scaled(e, h2, 0x1p-48);
  Pair t = e.fastTwoSum(t1, t2);
  t.lo = e.add(t.lo, scaled(e, h3, 0x1p-62));
  return t;
}

static Pair reduceWide(FloatEmitter &e, Value i, ArrayRef<Value> window,
                       Value &n, Value &sign) {
  uint64_t mantissa = (uint64_t(1) << 52) - 1;
  Value leading = e.integer(mantissa + 1);
  Value m = e.orI(e.andI(i, e.integer(mantissa)), leading);
  Value middle = e.mulI(m, window[1]);
  Value low = e.addI(middle, mulHigh(e, m, window[2]));
  Value overflow = e.compareI(CmpIPredicate::ult, low, middle);
  Value high = e.mulI(m, window[0]);
  high = e.addI(high, mulHigh(e, m, window[1]));
  high = e.addI(high, e.extend(overflow, 64));
  Wide product{high, low};
  n = splitQuadrant(e, product, sign);

  Value h1 = e.shrU(product.high, 11);
  Value h2 = e.shl(e.andI(product.high, e.integer(0x7ffu)), 42);
  h2 = e.orI(h2, e.shrU(product.low, 22));
  Value h3 = e.andI(product.low, e.integer(0x3fffffu));
  Value t1 = scaled(e, h1, 0x1p-51);
  Value t2 = scaled(e, h2, 0x1p-104);
  Pair t = e.fastTwoSum(t1, t2);
  t.lo = e.add(t.lo, scaled(e, h3, 0x1p-126));
  return t;
}

static Angle reduceAngle(FloatEmitter &e, Value a) {
  // Bit `start` of the table has weight 4 in |x| 2/pi. Below the range where
  // the reduction is used it is clamped, so that the shifts stay defined.
  Value i = e.bits(a);
  Value exponent = e.shrU(i, e.mantissaBits());
  Value offset = e.integer(e.isWide() ? 1013 : 120);
  Value reached = e.compareI(CmpIPredicate::ugt, exponent, offset);
  Value start = e.subI(e.select(reached, exponent, offset), offset);
  SmallVector<Value> window = selectWindow(e, start);

  Value n, sign;
  Pair t = e.isWide() ? reduceWide(e, i, window, n, sign)
                      : reduceSingle(e, i, window, n, sign);
  Value halfPi = e.constant(0x1.921fb6p0, 0x1.921fb54442d18p0);
  Pair r = e.twoProd(t.hi, halfPi);
  Value halfPiLow = e.constant(-0x1.777a5cp-25, 0x1.1a62633145c07p-54);
  r.lo = e.mulAdd(t.hi, halfPiLow, e.mulAdd(t.lo, halfPi, r.lo));

  Value small = e.compare(CmpFPredicate::OLE, a, 0x1.92p-1);
  r.hi = e.select(small, a, r.hi);
  r.lo = e.select(small, e.constant(0.0), r.lo);
  n = e.select(small, e.integer(0, 64), n);
  sign = e.select(small, e.integer(0), sign);
  return {n, sign, r};
}

static const double sinSingle[] = {0x1.11110ep-7, -0x1.a01292p-13,
                                   0x1.6d6e9ep-19};
static const double sinWide[] = {0x1.111111111110fp-7,  -0x1.a01a01a019395p-13,
                                 0x1.71de3a53d1d03p-19, -0x1.ae645344fe262p-26,
                                 0x1.6120f4836c346p-33, -0x1.aad10faeec67p-41};
static const double cosSingle[] = {0x1.555556p-5, -0x1.6c16b8p-10,
                                   0x1.a0112p-16, -0x1.242ad8p-22};
static const double cosWide[] = {0x1.555555555554cp-5,  -0x1.6c16c16c15181p-10,
                                 0x1.a01a019cb2186p-16, -0x1.27e4f80a34ad5p-22,
                                 0x1.1ee9ec1907cf2p-29, -0x1.8faeb606d7df1p-37};

static Value sinCore(FloatEmitter &e, Pair r) {
  Pair z = e.twoProd(r.hi, r.hi);
  Value series = e.mul(z.hi, e.polynomial({sinSingle, sinWide}, z.hi));
  Value lead = e.constant(-0x1.555556p-3, -0x1.5555555555555p-3);
  Pair p = e.fastTwoSum(lead, series);
  p.lo = e.add(p.lo, e.constant(0x1.555556p-28, -0x1.5555555555555p-57));
  Pair t = e.twoProd(z.hi, p.hi);
  t.lo = e.mulAdd(z.hi, p.lo, e.mulAdd(z.lo, p.hi, t.lo));
  Pair v = e.twoProd(r.hi, t.hi);
  Value low = e.mulAdd(r.hi, t.lo, v.lo);
  Value shift = e.mulAdd(e.mul(z.hi, e.constant(-0.5)), r.lo, r.lo);
  Pair sum = e.fastTwoSum(r.hi, v.hi);
  return e.add(sum.hi, e.add(sum.lo, e.add(low, shift)));
}

static Value cosCore(FloatEmitter &e, Pair r) {
  Value z = e.mul(r.hi, r.hi);
  Value p = e.polynomial({cosSingle, cosWide}, z);
  Value one = e.constant(1.0);
  Pair h = e.twoProd(e.mul(e.constant(0.5), r.hi), r.hi);
  Value w = e.sub(one, h.hi);
  Value lost = e.sub(e.sub(e.sub(one, w), h.hi), h.lo);
  Value minusLow = e.neg(e.mul(r.hi, r.lo));
  Value tail = e.mulAdd(e.mul(z, z), p, minusLow);
  return e.add(w, e.add(tail, lost));
}

/// sin(x) with `phase` 0, cos(x) with `phase` 1: one quadrant further.
static Value emitCircular(OpBuilder &builder, Location loc, Value x,
                          unsigned phase) {
  FloatEmitter e(builder, loc, x.getType());
  unsigned width = e.isWide() ? 64 : 32;
  Value a = e.magnitude(x);
  Angle angle = reduceAngle(e, a);
  Value sine = sinCore(e, angle.r);
  Value cosine = cosCore(e, angle.r);

  Value n = e.isWide() ? angle.n : e.truncate(angle.n, 32);
  n = e.addI(n, e.integer(phase));
  Value zero = e.integer(0);
  Value parity = e.andI(n, e.integer(1));
  Value useCosine = e.compareI(CmpIPredicate::ne, parity, zero);
  Value result = e.select(useCosine, cosine, sine);

  // The sign: of the half turn, of r where r's sine is taken, and of x where
  // the function is odd.
  Value sign = e.shl(n, width - 2);
  sign = e.xorI(sign, e.select(useCosine, zero, angle.sign));
  if (phase == 0)
    sign = e.xorI(sign, e.bits(x));
  result = e.flipSign(result, sign);

  Value top = e.constant(std::numeric_limits<double>::infinity());
  Value finite = e.compare(CmpFPredicate::OLT, a, top);
  Value none = e.constant(std::numeric_limits<double>::quiet_NaN());
  return e.select(finite, result, none);
}

Value optimc::emitSin(OpBuilder &builder, Location loc, Value x) {
  return emitCircular(builder, loc, x, 0);
}

Value optimc::emitCos(OpBuilder &builder, Location loc, Value x) {
  return emitCircular(builder, loc, x, 1);
}
