//===- Rates.cpp - rates, joins and inference -------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Dialect/Optim/IR/Optim.h"

using namespace mlir;
using namespace optimc::optim;

Rate optimc::optim::getRate(Type type) {
  return cast<RatedType>(type).getRate();
}

Rate optimc::optim::getRate(Value value) { return getRate(value.getType()); }

Rate optimc::optim::join(Rate a, Rate b) {
  if (a == b)
    return a;
  if (a == Rate::Any || b == Rate::Any)
    return Rate::Any;
  if (a <= Rate::Tensor || b <= Rate::Tensor)
    return std::max(a, b);
  return Rate::Element;
}

Rate optimc::optim::joinRates(ValueRange values) {
  Rate rate = Rate::Const;
  for (Value value : values)
    rate = join(rate, getRate(value));
  return rate;
}

bool optimc::optim::isAtMost(Rate coarse, Rate fine) {
  return coarse == Rate::Any || join(coarse, fine) == fine;
}

StringRef optimc::optim::describeRate(Rate rate) {
  switch (rate) {
  case Rate::Const:
    return "constant";
  case Rate::Model:
    return "per model";
  case Rate::Group:
    return "per group";
  case Rate::Tensor:
    return "per tensor";
  case Rate::Row:
    return "per row";
  case Rate::Col:
    return "per column";
  case Rate::Block:
    return "per block";
  case Rate::Element:
    return "per element";
  case Rate::Any:
    return "of any rate";
  }
  llvm_unreachable("unknown rate");
}

Type support::joinNumbers(MLIRContext *context, ValueRange operands) {
  return RatedType::getNumber(context, joinRates(operands));
}

Type support::joinPredicates(MLIRContext *context, ValueRange operands) {
  return RatedType::getPredicate(context, joinRates(operands));
}

// rate_c1
bool support::compatibleRates(TypeRange inferred, TypeRange declared) {
  if (inferred.size() != declared.size())
    return false;
  for (auto [from, to] : llvm::zip(inferred, declared)) {
    auto a = dyn_cast<RatedType>(from), b = dyn_cast<RatedType>(to);
    if (!a || !b || a.getPredicate() != b.getPredicate() ||
        !isAtMost(a.getRate(), b.getRate()))
      return false;
  }
  return true;
}

OpFoldResult support::mixed(Value value, Attribute literal) {
  if (value)
    return value;
  return literal ? OpFoldResult(literal) : OpFoldResult();
}

SmallVector<OpFoldResult> support::mixed(ValueRange values,
                                         ArrayAttr literals) {
  SmallVector<OpFoldResult> results;
  auto next = values.begin();
  for (Attribute literal : literals) {
    if (isa<NumberAttr>(literal))
      results.push_back(literal);
    else if (next != values.end())
      results.push_back(Value(*next++));
  }
  return results;
}

//===----------------------------------------------------------------------===//
// Inference where it is not the plain join
//===----------------------------------------------------------------------===//

// The generated declarations have these parameters.
#define INFER(OP)                                                              \
  LogicalResult OP::inferReturnTypes(                                          \
      MLIRContext *context, std::optional<Location> loc, ValueRange operands,  \
      DictionaryAttr attributes, OpaqueProperties properties,                  \
      RegionRange regions, SmallVectorImpl<Type> &types)

INFER(StepOp) {
  types.push_back(RatedType::getNumber(context, Rate::Group));
  return success();
}

INFER(RandomOp) {
  types.push_back(RatedType::getNumber(context, Rate::Element));
  return success();
}

INFER(RankOp) {
  types.push_back(RatedType::getPredicate(context, Rate::Tensor));
  return success();
}

// These read the clock.
INFER(DelayOp) {
  types.push_back(
      RatedType::getNumber(context, join(joinRates(operands), Rate::Group)));
  return success();
}

INFER(DebiasOp) {
  types.push_back(
      RatedType::getNumber(context, join(joinRates(operands), Rate::Group)));
  return success();
}

INFER(ScheduleOp) {
  types.push_back(
      RatedType::getNumber(context, join(joinRates(operands), Rate::Group)));
  return success();
}

INFER(PeriodOp) {
  Rate rate = join(joinRates(operands), Rate::Group);
  types.append({RatedType::getNumber(context, rate),
                RatedType::getNumber(context, rate),
                RatedType::getPredicate(context, rate)});
  return success();
}

INFER(EveryOp) {
  types.push_back(
      RatedType::getPredicate(context, join(joinRates(operands), Rate::Group)));
  return success();
}
#undef INFER

#define COMPATIBLE(OP)                                                         \
  bool OP::isCompatibleReturnTypes(TypeRange inferred, TypeRange declared) {   \
    return support::compatibleRates(inferred, declared);                       \
  }
COMPATIBLE(DelayOp)
COMPATIBLE(DebiasOp)
COMPATIBLE(ScheduleOp)
COMPATIBLE(PeriodOp)
COMPATIBLE(EveryOp)
#undef COMPATIBLE
