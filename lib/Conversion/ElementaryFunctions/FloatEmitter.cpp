//===- FloatEmitter.cpp - ops of one floating-point shape -------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/TypeUtilities.h"

#include <cassert>

using namespace mlir;
using namespace optimc::elementary;

FloatEmitter::FloatEmitter(OpBuilder &builder, Location loc, Type type)
    : builder(builder), loc(loc), type(type) {
  Type element = getElementTypeOrSelf(type);
  assert((element.isF32() || element.isF64()) &&
         "elementary functions exist for f32 and f64");
  wide = element.isF64();
  width = wide ? 64 : 32;
}

Type FloatEmitter::withElement(Type element) const {
  if (auto shaped = dyn_cast<ShapedType>(type))
    return shaped.clone(element);
  return element;
}

unsigned FloatEmitter::widthOf(Value i) const {
  return getElementTypeOrSelf(i.getType()).getIntOrFloatBitWidth();
}

static Value constantOf(OpBuilder &builder, Location loc, Type type,
                        TypedAttr element) {
  TypedAttr value = element;
  if (auto shaped = dyn_cast<ShapedType>(type))
    value = DenseElementsAttr::get(shaped, Attribute(element));
  auto op = arith::ConstantOp::create(builder, loc, value);
  return op.getResult();
}

Value FloatEmitter::constant(double value) {
  Type element = getElementTypeOrSelf(type);
  return constantOf(builder, loc, type, FloatAttr::get(element, value));
}

Value FloatEmitter::integer(uint64_t bits, unsigned toWidth) {
  Type element = builder.getIntegerType(toWidth);
  TypedAttr attribute = IntegerAttr::get(element, APInt(toWidth, bits));
  return constantOf(builder, loc, withElement(element), attribute);
}

//===----------------------------------------------------------------------===//
// One op each.
//===----------------------------------------------------------------------===//

namespace {
template <typename OpTy, typename... Args>
Value create(OpBuilder &builder, Location loc, Args &&...args) {
  auto op = OpTy::create(builder, loc, std::forward<Args>(args)...);
  return op.getResult();
}
} // namespace

Value FloatEmitter::add(Value a, Value b) {
  return create<arith::AddFOp>(builder, loc, a, b);
}
Value FloatEmitter::sub(Value a, Value b) {
  return create<arith::SubFOp>(builder, loc, a, b);
}
Value FloatEmitter::mul(Value a, Value b) {
  return create<arith::MulFOp>(builder, loc, a, b);
}
Value FloatEmitter::div(Value a, Value b) {
  return create<arith::DivFOp>(builder, loc, a, b);
}
Value FloatEmitter::neg(Value a) {
  return create<arith::NegFOp>(builder, loc, a);
}

Value FloatEmitter::mulAdd(Value a, Value b, Value c) {
  if (wide)
    return add(mul(a, b), c);
  return create<math::FmaOp>(builder, loc, a, b, c);
}

Value FloatEmitter::compare(CmpFPredicate predicate, Value a, Value b) {
  return create<arith::CmpFOp>(builder, loc, predicate, a, b);
}
Value FloatEmitter::compare(CmpFPredicate predicate, Value a, double b) {
  return compare(predicate, a, constant(b));
}
Value FloatEmitter::select(Value condition, Value a, Value b) {
  return create<arith::SelectOp>(builder, loc, condition, a, b);
}

Value FloatEmitter::clamp(Value value, double low, double high) {
  Value lowest = constant(low);
  Value below = compare(CmpFPredicate::OLT, value, lowest);
  value = select(below, lowest, value);
  Value highest = constant(high);
  Value above = compare(CmpFPredicate::OGT, value, highest);
  return select(above, highest, value);
}

Value FloatEmitter::addI(Value a, Value b) {
  return create<arith::AddIOp>(builder, loc, a, b);
}
Value FloatEmitter::subI(Value a, Value b) {
  return create<arith::SubIOp>(builder, loc, a, b);
}
Value FloatEmitter::mulI(Value a, Value b) {
  return create<arith::MulIOp>(builder, loc, a, b);
}
Value FloatEmitter::andI(Value a, Value b) {
  return create<arith::AndIOp>(builder, loc, a, b);
}
Value FloatEmitter::orI(Value a, Value b) {
  return create<arith::OrIOp>(builder, loc, a, b);
}
Value FloatEmitter::xorI(Value a, Value b) {
  return create<arith::XOrIOp>(builder, loc, a, b);
}
Value FloatEmitter::shl(Value a, Value amount) {
  return create<arith::ShLIOp>(builder, loc, a, amount);
}
Value FloatEmitter::shrU(Value a, Value amount) {
  return create<arith::ShRUIOp>(builder, loc, a, amount);
}
Value FloatEmitter::shl(Value a, unsigned amount) {
  return shl(a, integer(amount, widthOf(a)));
}
Value FloatEmitter::shrU(Value a, unsigned amount) {
  return shrU(a, integer(amount, widthOf(a)));
}
Value FloatEmitter::shrS(Value a, unsigned amount) {
  Value by = integer(amount, widthOf(a));
  return create<arith::ShRSIOp>(builder, loc, a, by);
}
Value FloatEmitter::compareI(CmpIPredicate predicate, Value a, Value b) {
  return create<arith::CmpIOp>(builder, loc, predicate, a, b);
}
Value FloatEmitter::extend(Value a, unsigned toWidth) {
  Type to = withElement(builder.getIntegerType(toWidth));
  return create<arith::ExtUIOp>(builder, loc, to, a);
}
Value FloatEmitter::truncate(Value a, unsigned toWidth) {
  Type to = withElement(builder.getIntegerType(toWidth));
  return create<arith::TruncIOp>(builder, loc, to, a);
}

Value FloatEmitter::bits(Value x) {
  Type to = withElement(builder.getIntegerType(width));
  return create<arith::BitcastOp>(builder, loc, to, x);
}
Value FloatEmitter::fromBits(Value i) {
  return create<arith::BitcastOp>(builder, loc, type, i);
}
Value FloatEmitter::toFloat(Value i) {
  return create<arith::SIToFPOp>(builder, loc, type, i);
}

Value FloatEmitter::magnitude(Value x) {
  Value i = bits(x);
  Value mask = integer((uint64_t(1) << (width - 1)) - 1);
  return fromBits(andI(i, mask));
}

Value FloatEmitter::flipSign(Value x, Value sign) {
  Value only = andI(sign, signBit());
  return fromBits(xorI(bits(x), only));
}

//===----------------------------------------------------------------------===//
// Section 2: error-free transformations and integers.
//===----------------------------------------------------------------------===//

Pair FloatEmitter::fastTwoSum(Value a, Value b) {
  Value sum = add(a, b);
  Value used = sub(sum, a);
  return {sum, sub(b, used)};
}

Pair FloatEmitter::split(Value a) {
  Value shifted = mul(constant(0x1.0000002p27), a);
  Value high = sub(shifted, sub(shifted, a));
  return {high, sub(a, high)};
}

Pair FloatEmitter::twoProd(Value a, Value b) {
  Value product = mul(a, b);
  if (!wide)
    return {product, mulAdd(a, b, neg(product))};
  Pair x = split(a);
  Pair y = split(b);
  Value error = sub(mul(x.hi, y.hi), product);
  error = add(error, mul(x.hi, y.lo));
  error = add(error, mul(x.lo, y.hi));
  error = add(error, mul(x.lo, y.lo));
  return {product, error};
}

Value FloatEmitter::polynomial(Coefficients c, Value x) {
  ArrayRef<double> terms = wide ? c.wide : c.single;
  Value p = constant(terms.back());
  for (double term : llvm::reverse(terms.drop_back()))
    p = mulAdd(p, x, constant(term));
  return p;
}

Rounded FloatEmitter::fromShifted(Value shifted) {
  Value magic = roundingMagic();
  Value asFloat = sub(shifted, magic);
  uint64_t magicBits = wide ? 0x4338000000000000u : 0x4b400000u;
  Value asInteger = bits(shifted);
  asInteger = subI(asInteger, integer(magicBits));
  return {asFloat, asInteger};
}

Value FloatEmitter::powerOfTwo(Value k) {
  Value biased = addI(k, integer(wide ? 1023 : 127));
  return fromBits(shl(biased, mantissaBits()));
}

Value FloatEmitter::scale(Value x, Value k) {
  Value half = shrS(k, 1);
  Value rest = subI(k, half);
  x = mul(x, powerOfTwo(half));
  return mul(x, powerOfTwo(rest));
}

//===----------------------------------------------------------------------===//
// Sections 3 and 4.1: the exponential's core; splitting the exponent off.
//===----------------------------------------------------------------------===//

static const double expSingle[] = {0x1.555554p-3, 0x1.5554e6p-5, 0x1.111338p-7,
                                   0x1.6d4fb4p-10, 0x1.9dd38ap-13};
static const double expWide[] = {0x1.555555555555bp-3,  0x1.555555555552fp-5,
                                 0x1.111111110eeeap-7,  0x1.6c16c16c2768dp-10,
                                 0x1.a01a01b2c25b9p-13, 0x1.a01a0150ffaf4p-16,
                                 0x1.71ddf186c9e8fp-19, 0x1.27e58ecbeaf6p-22,
                                 0x1.af6a0652d0d4fp-26, 0x1.1e6638728b6e4p-29};

Pair FloatEmitter::expCore(Pair u) {
  Value p = polynomial({expSingle, expWide}, u.hi);
  Pair half = twoProd(mul(constant(0.5), u.hi), u.hi);
  Value cube = mul(mul(u.hi, u.hi), u.hi);
  Value low = mulAdd(u.lo, u.hi, u.lo);
  Value tail = add(mulAdd(cube, p, low), half.lo);
  Pair one = fastTwoSum(constant(1.0), u.hi);
  return {one.hi, add(half.hi, add(one.lo, tail))};
}

Pair FloatEmitter::reduceExp(Value x, Rounded &k) {
  Value log2e = constant(0x1.715476p0, 0x1.71547652b82fep0);
  k = fromShifted(mulAdd(x, log2e, roundingMagic()));
  Value ln2High = constant(0x1.62e4p-1, 0x1.62e42fefa38p-1);
  Value r = mulAdd(neg(k.asFloat), ln2High, x);
  Value ln2Low = constant(0x1.7f7d1cp-20, 0x1.ef35793c7673p-45);
  Value b = mul(k.asFloat, ln2Low);
  Value hi = sub(r, b);
  return {hi, sub(sub(r, hi), b)};
}

Value FloatEmitter::splitExponent(Value x, uint64_t lowBits, Value &k) {
  unsigned extra = wide ? 54 : 24;
  Value small = compare(CmpFPredicate::OLT, x, wide ? 0x1p-1022 : 0x1p-126);
  Value scaled = mul(x, constant(wide ? 0x1p54 : 0x1p24));
  Value normal = select(small, scaled, x);
  Value none = integer(0);
  Value bias = select(small, integer(extra), none);
  Value low = integer(lowBits);
  Value t = subI(bits(normal), low);
  k = subI(shrS(t, mantissaBits()), bias);
  Value mask = integer((uint64_t(1) << mantissaBits()) - 1);
  return fromBits(addI(andI(t, mask), low));
}
