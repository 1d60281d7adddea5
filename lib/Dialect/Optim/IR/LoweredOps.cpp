//===- LoweredOps.cpp - assembly of host, variants and kernel ---*- C++ -*-===//
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

static ParseResult parseOperands(OpAsmParser &parser,
                                 SmallVectorImpl<Value> &values) {
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  return failure(
      parser.parseOperandList(operands, OpAsmParser::Delimiter::Paren) ||
      resolveAllRated(parser, operands, values));
}

/// `: type, ...`, or nothing where there are no results.
static ParseResult parseResultTypes(OpAsmParser &parser,
                                    OperationState &state) {
  if (failed(parser.parseOptionalColon()))
    return success();
  return parser.parseTypeList(state.types);
}

static void printResultTypes(OpAsmPrinter &printer, TypeRange types) {
  if (!types.empty())
    printer << " : " << types;
}

/// A region with explicit arguments: `{ ^bb0(%x: f64): ... }`.
static void printBody(OpAsmPrinter &printer, Region &region) {
  printer << ' ';
  printer.printRegion(region, /*printEntryBlockArgs=*/true,
                      /*printBlockTerminators=*/true);
}

//===----------------------------------------------------------------------===//
// host
//===----------------------------------------------------------------------===//

ParseResult HostOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  NestingGuard nesting;
  if (nesting.check(parser))
    return failure();
  SMLoc loc = parser.getCurrentLocation();
  StringRef word;
  int32_t stage;
  if (parser.parseKeyword(&word) || parser.parseInteger(stage) ||
      parseOperands(parser, state.operands) ||
      parser.parseRegion(*state.addRegion()) ||
      parseResultTypes(parser, state) ||
      parser.parseOptionalAttrDict(state.attributes))
    return failure();
  std::optional<Rate> rate = symbolizeRate(word);
  if (!rate)
    return errorAt(parser, loc) << "'" << word << "' is not a rate";
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.rate = RateAttr::get(parser.getContext(), *rate);
  properties.stage = parser.getBuilder().getI32IntegerAttr(stage);
  return success();
}

void HostOp::print(OpAsmPrinter &printer) {
  printer << ' ' << stringifyRate(getRate()) << ' ' << getStage() << " ("
          << getInputs() << ')';
  printBody(printer, getBody());
  printResultTypes(printer, getResultTypes());
  printer.printOptionalAttrDict((*this)->getAttrs(), {"rate", "stage"});
}

//===----------------------------------------------------------------------===//
// variants
//===----------------------------------------------------------------------===//

ParseResult VariantsOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  NestingGuard nesting;
  if (nesting.check(parser))
    return failure();
  SmallVector<int64_t> masks, values;
  if (parseOperands(parser, state.operands))
    return failure();
  do {
    if (parser.parseRegion(*state.addRegion()) || parser.parseKeyword("case") ||
        parser.parseInteger(masks.emplace_back()) || parser.parseEqual() ||
        parser.parseEqual() || parser.parseInteger(values.emplace_back()))
      return failure();
  } while (succeeded(parser.parseOptionalKeyword("else")));
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.masks = parser.getBuilder().getDenseI64ArrayAttr(masks);
  properties.values = parser.getBuilder().getDenseI64ArrayAttr(values);
  return failure(parseResultTypes(parser, state) ||
                 parser.parseOptionalAttrDict(state.attributes));
}

void VariantsOp::print(OpAsmPrinter &printer) {
  printer << " (" << getPredicates() << ')';
  for (auto [i, region] : llvm::enumerate(getBodies())) {
    if (i)
      printer << " else";
    printBody(printer, region);
    printer << " case " << getMasks()[i] << " == " << getValues()[i];
  }
  printResultTypes(printer, getResultTypes());
  printer.printOptionalAttrDict((*this)->getAttrs(), {"masks", "values"});
}

//===----------------------------------------------------------------------===//
// kernel
//===----------------------------------------------------------------------===//

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  NestingGuard nesting;
  if (nesting.check(parser))
    return failure();
  int32_t phase;
  SmallVector<Value> streams, scalars;
  SmallVector<int32_t> ids;
  if (parser.parseInteger(phase) || parser.parseKeyword("streams") ||
      parseOperands(parser, streams) || parser.parseKeyword("scalars") ||
      parseOperands(parser, scalars))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("random")) &&
      parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&] {
        return parser.parseInteger(ids.emplace_back());
      }))
    return failure();
  if (parser.parseRegion(*state.addRegion()) ||
      parseResultTypes(parser, state) ||
      parser.parseOptionalAttrDict(state.attributes))
    return failure();
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.phase = parser.getBuilder().getI32IntegerAttr(phase);
  properties.randomIds = parser.getBuilder().getDenseI32ArrayAttr(ids);
  properties.operandSegmentSizes = {int32_t(streams.size()),
                                    int32_t(scalars.size())};
  state.addOperands(streams);
  state.addOperands(scalars);
  return success();
}

void KernelOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getPhase() << " streams(" << getStreams() << ") scalars("
          << getScalars() << ')';
  if (!getRandomIds().empty()) {
    printer << " random(";
    llvm::interleaveComma(getRandomIds(), printer);
    printer << ')';
  }
  printBody(printer, getBody());
  printResultTypes(printer, getResultTypes());
  printer.printOptionalAttrDict((*this)->getAttrs(),
                                {"phase", "randomIds", "operandSegmentSizes"});
}
