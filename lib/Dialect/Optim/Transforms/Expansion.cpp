//===- Expansion.cpp - building what replaces an op -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "optimc/Dialect/Optim/IR/Names.h"

using namespace mlir;
using namespace optimc::optim;

std::string optimc::optim::getWrittenName(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto optimizer = dyn_cast<OptimizerOp>(argument.getOwner()->getParentOp());
    return optimizer ? optimizer.getArgumentName(argument.getArgNumber()).str()
                     : std::string();
  }
  auto result = cast<OpResult>(value);
  SmallVector<StringRef> names;
  getKeptNames(value.getLoc()).split(names, ',');
  if (names.size() != result.getOwner()->getNumResults())
    return {};
  return names[result.getResultNumber()].str();
}

Location optimc::optim::rename(Location loc, const Twine &name) {
  while (auto named = dyn_cast<NameLoc>(loc))
    loc = named.getChildLoc();
  return NameLoc::get(StringAttr::get(loc.getContext(), name), loc);
}

std::optional<double> optimc::optim::getConstantValue(OpFoldResult value) {
  if (!value)
    return std::nullopt;
  if (auto literal = dyn_cast<Attribute>(value))
    return cast<NumberAttr>(literal).getValue();
  if (auto constant = cast<Value>(value).getDefiningOp<ConstantOp>())
    return constant.getValueAttr().getValue();
  return std::nullopt;
}

double optimc::optim::roundTo(Rate rate, double value) {
  return isKernelRate(rate) ? static_cast<float>(value) : value;
}

Expansion::Expansion(Operation *op, std::string base)
    : op(op), builder(op), base(std::move(base)) {
  if (this->base.empty())
    this->base = getWrittenName(op->getResult(0));
}

Location Expansion::getLoc(const Twine &suffix) {
  // What the user did not name stays a number.
  if (base.empty())
    return op->getLoc();
  return rename(op->getLoc(), base + "_" + suffix);
}

Value Expansion::round(const Twine &name, Value value, Rate rate) {
  if (isScalarRate(rate) || isKernelRate(getRate(value)))
    return value;
  return create<BroadcastOp>(name + "_f32", value, rate);
}

Value Expansion::get(OpFoldResult value) {
  auto literal = dyn_cast_if_present<Attribute>(value);
  if (!literal)
    return cast<Value>(value);
  auto number = cast<NumberAttr>(literal);
  auto type = RatedType::getNumber(builder.getContext(), Rate::Const);
  Location loc = rename(op->getLoc(), "c" + number.getSpelling());
  auto constant = ConstantOp::create(builder, loc, type, number);
  return constant;
}

Value Expansion::getConstant(double value) {
  return get(OpFoldResult(NumberAttr::get(builder.getContext(), value)));
}

Value Expansion::getStep() {
  auto step = StepOp::create(builder, rename(op->getLoc(), "t"));
  return step;
}

void Expansion::replace(OpResult result, Value value) {
  std::string name = getWrittenName(result);
  Location loc = name.empty() ? op->getLoc() : rename(op->getLoc(), name);
  Operation *definition = value.getDefiningOp();
  if (definition && owned.erase(definition)) {
    definition->setLoc(loc);
    value.setType(result.getType());
  } else if (value.getType() != result.getType()) {
    auto type = cast<RatedType>(result.getType());
    auto broadcast = BroadcastOp::create(builder, loc, value, type.getRate());
    value = broadcast;
  }
  result.replaceAllUsesWith(value);
}
