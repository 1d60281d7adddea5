//===- ConstantFolds.cpp - arithmetic of constants --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Folds.h"
#include "llvm/ADT/TypeSwitch.h"

using llvm::APFloat;

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

static constexpr auto nearest = APFloat::rmNearestTiesToEven;

static const llvm::fltSemantics &getSemantics(Rate rate) {
  return isScalarRate(rate) ? APFloat::IEEEdouble() : APFloat::IEEEsingle();
}

std::optional<APFloat> support::getConstant(Attribute attribute, Rate rate) {
  auto number = dyn_cast_if_present<NumberAttr>(attribute);
  if (!number)
    return std::nullopt;
  APFloat exact(number.getValue()), value = exact;
  bool isInexact;
  value.convert(rate == Rate::Any ? APFloat::IEEEsingle() : getSemantics(rate),
                nearest, &isInexact);
  if (rate != Rate::Any)
    return value;
  if (isInexact)
    return std::nullopt;
  return exact;
}

bool support::isConstant(Attribute attribute, Rate rate, double value) {
  std::optional<APFloat> constant = getConstant(attribute, rate);
  if (!constant)
    return false;
  APFloat wanted(value);
  bool isInexact;
  wanted.convert(constant->getSemantics(), nearest, &isInexact);
  return constant->bitwiseIsEqual(wanted);
}

static APFloat one(const APFloat &like) {
  return APFloat::getOne(like.getSemantics());
}

static APFloat add(APFloat a, const APFloat &b) {
  a.add(b, nearest);
  return a;
}

static APFloat subtract(APFloat a, const APFloat &b) {
  a.subtract(b, nearest);
  return a;
}

static APFloat multiply(APFloat a, const APFloat &b) {
  a.multiply(b, nearest);
  return a;
}

static APFloat divide(APFloat a, const APFloat &b) {
  a.divide(b, nearest);
  return a;
}

/// One rounding in float32, two in float64.
static APFloat fma(APFloat a, const APFloat &b, const APFloat &c) {
  if (&a.getSemantics() == &APFloat::IEEEdouble())
    return add(multiply(a, b), c);
  a.fusedMultiplyAdd(b, c, nearest);
  return a;
}

static APFloat roundToInteger(APFloat a, APFloat::roundingMode mode) {
  a.roundToIntegral(mode);
  return a;
}

/// -1 or 1; x itself if x is 0 or NaN.
static APFloat sign(const APFloat &x) {
  if (x.isZero() || x.isNaN())
    return x;
  return APFloat::copySign(one(x), x);
}

static bool compare(Compare kind, const APFloat &a, const APFloat &b) {
  APFloat::cmpResult result = a.compare(b);
  switch (kind) {
  case Compare::EQ:
    return result == APFloat::cmpEqual;
  case Compare::NE:
    return result != APFloat::cmpEqual;
  case Compare::LT:
    return result == APFloat::cmpLessThan;
  case Compare::LE:
    return result == APFloat::cmpLessThan || result == APFloat::cmpEqual;
  case Compare::GT:
    return result == APFloat::cmpGreaterThan;
  case Compare::GE:
    return result == APFloat::cmpGreaterThan || result == APFloat::cmpEqual;
  }
  llvm_unreachable("unknown comparison");
}

static std::optional<APFloat> evaluateNumber(Operation *op,
                                             ArrayRef<APFloat> x) {
  using Result = std::optional<APFloat>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](AddOp) { return add(x[0], x[1]); })
      .Case([&](SubOp) { return subtract(x[0], x[1]); })
      .Case([&](MulOp) { return multiply(x[0], x[1]); })
      .Case([&](DivOp) { return divide(x[0], x[1]); })
      .Case([&](FmaOp) { return fma(x[0], x[1], x[2]); })
      .Case([&](MinOp) { return llvm::minimum(x[0], x[1]); })
      .Case([&](MaxOp) { return llvm::maximum(x[0], x[1]); })
      .Case([&](ModOp) {
        APFloat quotient =
            roundToInteger(divide(x[0], x[1]), APFloat::rmTowardNegative);
        return subtract(x[0], multiply(x[1], quotient));
      })
      .Case([&](ClampOp) {
        return llvm::minimum(llvm::maximum(x[0], x[1]), x[2]);
      })
      .Case([&](NegOp) { return neg(x[0]); })
      .Case([&](AbsOp) { return abs(x[0]); })
      .Case([&](RecipOp) { return divide(one(x[0]), x[0]); })
      .Case([&](SquareOp) { return multiply(x[0], x[0]); })
      .Case([&](SignOp) { return sign(x[0]); })
      .Case([&](FloorOp) {
        return roundToInteger(x[0], APFloat::rmTowardNegative);
      })
      .Case([&](CeilOp) {
        return roundToInteger(x[0], APFloat::rmTowardPositive);
      })
      .Default([](Operation *) { return Result(); });
}

Attribute support::evaluate(Operation *op, ArrayRef<Attribute> operands) {
  Rate rate = getRate(op->getResult(0));
  // A template does not know its precision yet.
  if (rate == Rate::Any)
    return {};
  SmallVector<APFloat> values;
  for (Attribute operand : operands) {
    std::optional<APFloat> value = getConstant(operand, rate);
    if (!value)
      return {};
    values.push_back(*value);
  }
  if (auto cmp = dyn_cast<CmpOp>(op))
    return BoolAttr::get(op->getContext(),
                         compare(cmp.getKind(), values[0], values[1]));
  std::optional<APFloat> result = evaluateNumber(op, values);
  if (!result)
    return {};
  bool isInexact;
  result->convert(APFloat::IEEEdouble(), nearest, &isInexact);
  return NumberAttr::get(op->getContext(), result->convertToDouble());
}
