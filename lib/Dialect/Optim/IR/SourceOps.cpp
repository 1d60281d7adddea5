//===- SourceOps.cpp - assembly of sources and rates ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parsing.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

static ParseResult parseRateWord(OpAsmParser &parser, Rate &rate) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef word;
  if (parser.parseKeyword(&word))
    return failure();
  std::optional<Rate> parsed = symbolizeRate(word);
  if (!parsed || *parsed == Rate::Any)
    return errorAt(parser, loc) << "'" << word << "' is not a rate";
  rate = *parsed;
  return success();
}

/// `: rate`, where a constant is finer than `const`.
static ParseResult parseConstantRate(OpAsmParser &parser, Rate &rate) {
  rate = Rate::Const;
  if (failed(parser.parseOptionalColon()))
    return success();
  return parseRateWord(parser, rate);
}

static void printConstantRate(OpAsmPrinter &printer, Rate rate) {
  if (rate != Rate::Const)
    printer << " : " << stringifyRate(rate);
}

void ConstantOp::build(OpBuilder &builder, OperationState &state, double value,
                       Rate rate) {
  build(builder, state, RatedType::getNumber(builder.getContext(), rate),
        NumberAttr::get(builder.getContext(), value));
}

ParseResult ConstantOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  NumberAttr number;
  Rate rate;
  if (parseNumber(parser, number) || parseConstantRate(parser, rate) ||
      parser.parseOptionalAttrDict(state.attributes))
    return failure();
  state.getOrAddProperties<Properties>().value = number;
  state.addTypes(RatedType::getNumber(parser.getContext(), rate));
  return success();
}

void ConstantOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getValueAttr().getSpelling();
  printConstantRate(printer, getRate(getResult()));
  printer.printOptionalAttrDict((*this)->getAttrs(), {"value"});
}

void TruthOp::build(OpBuilder &builder, OperationState &state, bool value,
                    Rate rate) {
  build(builder, state, RatedType::getPredicate(builder.getContext(), rate),
        builder.getBoolAttr(value));
}

ParseResult TruthOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  bool value = succeeded(parser.parseOptionalKeyword("true"));
  Rate rate;
  if ((!value && parser.parseKeyword("false")) ||
      parseConstantRate(parser, rate))
    return failure();
  state.getOrAddProperties<Properties>().value =
      parser.getBuilder().getBoolAttr(value);
  state.addTypes(RatedType::getPredicate(parser.getContext(), rate));
  return parser.parseOptionalAttrDict(state.attributes);
}

void TruthOp::print(OpAsmPrinter &printer) {
  printer << (getValue() ? " true" : " false");
  printConstantRate(printer, getRate(getResult()));
  printer.printOptionalAttrDict((*this)->getAttrs(), {"value"});
}

ParseResult StepOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  state.addTypes(RatedType::getNumber(parser.getContext(), Rate::Group));
  return parser.parseOptionalAttrDict(state.attributes);
}

void StepOp::print(OpAsmPrinter &printer) {
  printer.printOptionalAttrDict((*this)->getAttrs());
}

ParseResult RandomOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  int32_t id = 0;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseInteger(id))
    return failure();
  if (id < 0) // random_c1
    return errorAt(parser, loc)
           << "the id of 'random' is not negative, but is " << id;
  if (parser.parseOptionalAttrDict(state.attributes))
    return failure();
  state.getOrAddProperties<Properties>().id =
      parser.getBuilder().getI32IntegerAttr(id);
  state.addTypes(RatedType::getNumber(parser.getContext(), Rate::Element));
  return success();
}

void RandomOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getId();
  printer.printOptionalAttrDict((*this)->getAttrs(), {"id"});
}

//===----------------------------------------------------------------------===//
// Rates
//===----------------------------------------------------------------------===//

void BroadcastOp::build(OpBuilder &builder, OperationState &state,
                        Value operand, Rate rate) {
  auto type = cast<RatedType>(operand.getType());
  build(builder, state,
        RatedType::get(builder.getContext(), rate, type.getPredicate()),
        operand, RateAttr::get(builder.getContext(), rate));
}

ParseResult BroadcastOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  OpAsmParser::UnresolvedOperand operand;
  Rate rate;
  if (parser.parseOperand(operand) ||
      resolveRated(parser, operand, state.operands) ||
      parser.parseKeyword("to") || parseRateWord(parser, rate))
    return failure();
  state.getOrAddProperties<Properties>().rate =
      RateAttr::get(parser.getContext(), rate);
  state.addTypes(RatedType::get(
      parser.getContext(), rate,
      cast<RatedType>(state.operands[0].getType()).getPredicate()));
  return parser.parseOptionalAttrDict(state.attributes);
}

void BroadcastOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getOperand() << " to " << stringifyRate(getRate());
  printer.printOptionalAttrDict((*this)->getAttrs(), {"rate"});
}

ParseResult ReduceOp::parse(OpAsmParser &parser, OperationState &state) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef word;
  OpAsmParser::UnresolvedOperand operand;
  Rate rate;
  recordNames(parser);
  if (parser.parseKeyword(&word))
    return failure();
  std::optional<Reduction> kind = symbolizeReduction(word);
  if (!kind) // reduce_c1
    return errorAt(parser, loc)
           << "unknown reduction '" << word
           << "'; known: sum, mean, sum_sq, mean_sq, max, min, max_abs";
  if (parser.parseOperand(operand) ||
      resolveRated(parser, operand, state.operands) ||
      checkNumber(parser, operand, state.operands.back().getType()) ||
      parser.parseKeyword("to") || parseRateWord(parser, rate))
    return failure();
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.kind = ReductionAttr::get(parser.getContext(), *kind);
  properties.rate = RateAttr::get(parser.getContext(), rate);
  state.addTypes(RatedType::getNumber(parser.getContext(), rate));
  return parser.parseOptionalAttrDict(state.attributes);
}

void ReduceOp::print(OpAsmPrinter &printer) {
  printer << ' ' << stringifyReduction(getKind()) << ' ' << getOperand()
          << " to " << stringifyRate(getRate());
  printer.printOptionalAttrDict((*this)->getAttrs(), {"kind", "rate"});
}
