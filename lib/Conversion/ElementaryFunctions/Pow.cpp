//===- Pow.cpp - pow as IR --------------------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/ElementaryFunctions.md, section 5: 2^(y log2|x|) with the logarithm and
// the product as unevaluated pairs; C's Annex F for the special cases.
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/ElementaryFunctions.h"

#include "FloatEmitter.h"

#include <limits>

using namespace mlir;
using namespace optimc::elementary;

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double quietNaN = std::numeric_limits<double>::quiet_NaN();

static const double powSingle[] = {0x1.2776c4p-1, 0x1.a61912p-2, 0x1.47be38p-2,
                                   0x1.1f9ca6p-2};
static const double powWide[] = {0x1.2776c50ef9bffp-1, 0x1.a61762a7adcaep-2,
                                 0x1.484b13d817f65p-2, 0x1.0c9a84288dbeep-2,
                                 0x1.c68ff820421bep-3, 0x1.89b22f0c39169p-3,
                                 0x1.699e71012f029p-3};

/// s = f / g, where g = g.hi + g.lo.
static Pair quotient(FloatEmitter &e, Value f, Pair g) {
  Value reciprocal = e.div(e.constant(1.0), g.hi);
  Value s = e.mul(f, reciprocal);
  Value rest;
  if (e.isWide()) {
    Pair back = e.twoProd(s, g.hi);
    rest = e.sub(e.sub(f, back.hi), back.lo);
    rest = e.sub(rest, e.mul(s, g.lo));
  } else {
    Value minusS = e.neg(s);
    rest = e.mulAdd(minusS, g.hi, f);
    rest = e.mulAdd(minusS, g.lo, rest);
  }
  return {s, e.mul(rest, reciprocal)};
}

/// log2(x) for positive finite x.
static Pair emitLog2(FloatEmitter &e, Value x) {
  Value exponent;
  Value m = e.splitExponent(x, e.isWide() ? 0x3febb67ae8584caau : 0x3f3504f3u,
                            exponent);
  Value whole = e.toFloat(exponent);

  Value base = e.constant(1.0);
  Value baseLow;
  if (e.isWide()) {
    Value upper = e.compare(CmpFPredicate::OGE, m, 0x1.3988e1409212ep0);
    Value zero = e.constant(0.0);
    base = e.select(upper, e.constant(1.5), base);
    whole = e.add(whole, e.select(upper, e.constant(0x1.2b803473f8p-1), zero));
    baseLow = e.select(upper, e.constant(-0x1.4bc302ffa76fbp-43), zero);
  }

  Value f = e.sub(m, base);
  Pair g = e.fastTwoSum(base, m);
  Pair s = quotient(e, f, g);
  Pair z = e.twoProd(s.hi, s.hi);
  z.lo = e.mulAdd(e.add(s.hi, s.hi), s.lo, z.lo);

  Value series = e.mul(z.hi, e.polynomial({powSingle, powWide}, z.hi));
  Pair q =
      e.fastTwoSum(e.constant(0x1.ec709ep-1, 0x1.ec709dc3a03fdp-1), series);
  q.lo = e.add(q.lo, e.constant(-0x1.e2fe02p-28, 0x1.d27f05548af0cp-55));
  Pair w = e.twoProd(z.hi, q.hi);
  w.lo = e.mulAdd(z.hi, q.lo, e.mulAdd(z.lo, q.hi, w.lo));
  Pair v = e.fastTwoSum(e.constant(0x1.715476p1, 0x1.71547652b82fep1), w.hi);
  Value leadLow = e.constant(0x1.4ae0cp-25, 0x1.777d0ffda0d24p-55);
  v.lo = e.add(v.lo, e.add(leadLow, w.lo));
  Pair l = e.twoProd(s.hi, v.hi);
  l.lo = e.mulAdd(s.hi, v.lo, e.mulAdd(s.lo, v.hi, l.lo));

  Pair sum = e.fastTwoSum(whole, l.hi);
  if (e.isWide())
    l.lo = e.add(l.lo, baseLow);
  return e.fastTwoSum(sum.hi, e.add(sum.lo, l.lo));
}

/// 2^(p.hi + p.lo); beyond the type's range, infinity or zero.
static Value emitExp2(FloatEmitter &e, Pair p) {
  double high = e.isWide() ? 1025.0 : 129.0;
  double low = e.isWide() ? -1077.0 : -151.0;
  Value limited = e.clamp(p.hi, low, high);
  Value inside = e.compare(CmpFPredicate::OEQ, limited, p.hi);
  p.lo = e.select(inside, p.lo, e.constant(0.0));

  Rounded k = e.fromShifted(e.add(limited, e.roundingMagic()));
  Pair f = e.fastTwoSum(e.sub(limited, k.asFloat), p.lo);
  Value ln2 = e.constant(0x1.62e43p-1, 0x1.62e42fefa39efp-1);
  Pair u = e.twoProd(f.hi, ln2);
  Value ln2Low = e.constant(-0x1.05c61p-29, 0x1.abc9e3b39803fp-56);
  u.lo = e.mulAdd(f.hi, ln2Low, e.mulAdd(f.lo, ln2, u.lo));
  Pair core = e.expCore(u);
  return e.scale(e.add(core.hi, core.lo), k.asInteger);
}

namespace {
/// What kind of number y is: i1 values.
struct Parity {
  Value isInteger, isOdd;
};
} // namespace

static Parity classify(FloatEmitter &e, Value y) {
  Value a = e.magnitude(y);
  // At `unit` and above every value is an integer, and the spacing is 1.
  Value unit = e.constant(0x1p23, 0x1p52);
  Value shifted = e.add(a, unit);
  Value rounded = e.sub(shifted, unit);
  Value exact = e.compare(CmpFPredicate::OEQ, rounded, a);
  Value large = e.compare(CmpFPredicate::OGE, a, unit);
  Value isInteger = e.orI(large, exact);

  Value counted = e.select(large, a, shifted);
  Value lowest = e.andI(e.bits(counted), e.integer(1));
  Value isOdd = e.compareI(CmpIPredicate::ne, lowest, e.integer(0));
  isOdd = e.andI(isOdd, isInteger);
  Value limit = e.constant(0x1p24, 0x1p53);
  Value countable = e.compare(CmpFPredicate::OLT, a, limit);
  return {isInteger, e.andI(isOdd, countable)};
}

Value optimc::emitPow(OpBuilder &builder, Location loc, Value x, Value y) {
  FloatEmitter e(builder, loc, x.getType());
  Value a = e.magnitude(x);
  Pair l = emitLog2(e, a);
  double limit = e.isWide() ? 0x1p65 : 0x1p33;
  Value limited = e.clamp(y, -limit, limit);
  Pair p = e.twoProd(limited, l.hi);
  p.lo = e.mulAdd(limited, l.lo, p.lo);
  Value result = emitExp2(e, p);

  // |x| is zero or infinite.
  Value zero = e.constant(0.0);
  Value top = e.constant(infinity);
  Value yNegative = e.compare(CmpFPredicate::OLT, y, zero);
  Value isZero = e.compare(CmpFPredicate::OEQ, a, zero);
  Value ofZero = e.select(yNegative, top, zero);
  result = e.select(isZero, ofZero, result);
  Value isTop = e.compare(CmpFPredicate::OEQ, a, top);
  Value ofTop = e.select(yNegative, zero, top);
  result = e.select(isTop, ofTop, result);

  // Negative x.
  Parity parity = classify(e, y);
  Value noSign = e.integer(0);
  Value sign = e.select(parity.isOdd, e.bits(x), noSign);
  result = e.flipSign(result, sign);
  Value bottom = e.constant(-infinity);
  Value negative = e.compare(CmpFPredicate::OLT, x, zero);
  Value finite = e.compare(CmpFPredicate::OGT, x, bottom);
  Value fraction = e.compareI(CmpIPredicate::eq, parity.isInteger,
                              e.integer(0, /*toWidth=*/1));
  Value invalid = e.andI(e.andI(negative, finite), fraction);
  Value unordered = e.compare(CmpFPredicate::UNO, x, y);
  invalid = e.orI(invalid, unordered);
  result = e.select(invalid, e.constant(quietNaN), result);

  Value one = e.constant(1.0);
  Value xIsOne = e.compare(CmpFPredicate::OEQ, x, one);
  Value yIsZero = e.compare(CmpFPredicate::OEQ, y, zero);
  return e.select(e.orI(xIsOne, yIsZero), one, result);
}
