//===- ExpLogTanh.cpp - exp, log and tanh as IR -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/ElementaryFunctions.md, sections 3 and 4. Special cases are selected
// at the end; until then NaN and infinities flow through ordinary arithmetic.
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/ElementaryFunctions.h"

#include "FloatEmitter.h"

#include <limits>

using namespace mlir;
using namespace optimc::elementary;

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double quietNaN = std::numeric_limits<double>::quiet_NaN();

Value optimc::emitExp(OpBuilder &builder, Location loc, Value x) {
  FloatEmitter e(builder, loc, x.getType());
  double low = e.isWide() ? -746.0 : -104.0;
  double high = e.isWide() ? 710.0 : 89.0;
  Rounded k;
  Pair u = e.reduceExp(e.clamp(x, low, high), k);
  Pair sum = e.expCore(u);
  return e.scale(e.add(sum.hi, sum.lo), k.asInteger);
}

static const double logSingle[] = {0x1.555554p-1, 0x1.999a7ap-2, 0x1.2438cp-2,
                                   0x1.e2f9fep-3};
static const double logWide[] = {0x1.5555555555593p-1, 0x1.999999997fc79p-2,
                                 0x1.2492494204368p-2, 0x1.c71c51f8c37fap-3,
                                 0x1.7466428759e3p-3,  0x1.39a157fc83de6p-3,
                                 0x1.2f09799ee5e11p-3};

Value optimc::emitLog(OpBuilder &builder, Location loc, Value x) {
  FloatEmitter e(builder, loc, x.getType());
  Value exponent;
  Value m = e.splitExponent(x, e.isWide() ? 0x3fe6a09e667f3bcdu : 0x3f3504f3u,
                            exponent);
  Value f = e.sub(m, e.constant(1.0));
  Value k = e.toFloat(exponent);

  Value s = e.div(f, e.add(e.constant(2.0), f));
  Value z = e.mul(s, s);
  Pair h = e.twoProd(e.mul(e.constant(0.5), f), f);
  Value series = e.polynomial({logSingle, logWide}, z);
  Value tail = e.mul(s, e.mulAdd(z, series, h.hi));

  Value ln2High = e.constant(0x1.62e4p-1, 0x1.62e42fefa38p-1);
  Pair sum = e.fastTwoSum(e.mul(k, ln2High), f);
  Pair top = e.fastTwoSum(sum.hi, e.neg(h.hi));
  Value ln2Low = e.constant(0x1.7f7d1cp-20, 0x1.ef35793c7673p-45);
  Value rest = e.mulAdd(k, ln2Low, e.sub(tail, h.lo));
  Value lost = e.add(sum.lo, top.lo);
  Value result = e.add(top.hi, e.add(lost, rest));

  Value top1 = e.constant(infinity);
  Value isTop = e.compare(CmpFPredicate::OEQ, x, top1);
  result = e.select(isTop, top1, result);
  Value isZero = e.compare(CmpFPredicate::OEQ, x, 0.0);
  Value bottom = e.constant(-infinity);
  Value special = e.select(isZero, bottom, e.constant(quietNaN));
  Value positive = e.compare(CmpFPredicate::OGT, x, 0.0);
  return e.select(positive, result, special);
}

static const double tanhSingle[] = {-0x1.555556p-2, 0x1.1110dap-3,
                                    -0x1.b9fee8p-5, 0x1.630aaap-6,
                                    -0x1.ecee26p-8};
static const double tanhWide[] = {
    -0x1.555555555554ep-2,  0x1.11111111100fcp-3,  -0x1.ba1ba1b88e3fcp-5,
    0x1.664f47ec2a531p-6,   -0x1.226e15088c271p-7, 0x1.d6cb67ac0c0e1p-9,
    -0x1.7cf5f71405994p-10, 0x1.2cd6284ff7355p-11, -0x1.7c2dccded8ff2p-13};

Value optimc::emitTanh(OpBuilder &builder, Location loc, Value x) {
  FloatEmitter e(builder, loc, x.getType());
  Value a = e.magnitude(x);

  Value z = e.mul(a, a);
  Value series = e.polynomial({tanhSingle, tanhWide}, z);
  Value near = e.mulAdd(e.mul(a, z), series, a);

  // 1 - 2 / (exp(2a) + 1), the division with a remainder.
  Value limited = e.clamp(a, 0.0, e.isWide() ? 20.0 : 10.0);
  Rounded k;
  Pair u = e.reduceExp(e.add(limited, limited), k);
  Pair core = e.expCore(u);
  core = e.fastTwoSum(core.hi, core.lo);
  Value factor = e.powerOfTwo(k.asInteger);
  Value one = e.constant(1.0);
  Pair d = e.fastTwoSum(e.mul(core.hi, factor), one);
  d.lo = e.add(d.lo, e.mul(core.lo, factor));
  Value two = e.constant(2.0);
  Value t = e.div(two, d.hi);
  Value remainder;
  if (e.isWide()) {
    Pair back = e.twoProd(t, d.hi);
    Value rest = e.sub(e.sub(two, back.hi), back.lo);
    remainder = e.sub(rest, e.mul(t, d.lo));
  } else {
    Value minusT = e.neg(t);
    Value rest = e.mulAdd(minusT, d.hi, two);
    remainder = e.mulAdd(minusT, d.lo, rest);
  }
  Pair top = e.fastTwoSum(one, e.neg(t));
  Value correction = e.mul(remainder, t);
  correction = e.mul(correction, e.constant(0.5));
  Value far = e.add(top.hi, e.sub(top.lo, correction));

  Value isNear = e.compare(CmpFPredicate::OLT, a, 0.375);
  Value result = e.select(isNear, near, far);
  return e.flipSign(result, e.bits(x));
}
