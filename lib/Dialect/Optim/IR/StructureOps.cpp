//===- StructureOps.cpp - commits, templates and cases ----------*- C++ -*-===//
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
// commit and yield
//===----------------------------------------------------------------------===//

void CommitOp::build(OpBuilder &builder, OperationState &state,
                     ValueRange targets, ValueRange values) {
  build(builder, state, targets, values, /*outputs=*/ValueRange(),
        /*clock=*/Value(), /*gate=*/Value(), builder.getStrArrayAttr({}));
}

ParseResult CommitOp::parse(OpAsmParser &parser, OperationState &state) {
  SmallVector<Value> targets, values, outputs, clock, gate;
  SmallVector<Attribute> outputNames;
  auto resolve = [&](OpAsmParser::UnresolvedOperand &operand,
                     SmallVectorImpl<Value> &list) -> ParseResult {
    if (resolveRated(parser, operand, list))
      return failure();
    Type type = list.back().getType();
    return &list == &gate ? checkTruth(parser, operand, type)
                          : checkNumber(parser, operand, type);
  };
  auto parseValue = [&](SmallVectorImpl<Value> &list) -> ParseResult {
    OpAsmParser::UnresolvedOperand operand;
    return failure(parser.parseOperand(operand) || resolve(operand, list));
  };
  // `%state = %value`, `t = %value` or `"output" = %value`.
  auto parseOptionalOne = [&]() -> OptionalParseResult {
    SMLoc loc = parser.getCurrentLocation();
    std::string output;
    if (succeeded(parser.parseOptionalString(&output))) {
      outputNames.push_back(parser.getBuilder().getStringAttr(output));
      return failure(parser.parseEqual() || parseValue(outputs));
    }
    if (succeeded(parser.parseOptionalKeyword("t"))) {
      if (!clock.empty()) // commit_c4
        return errorAt(parser, loc) << "'t' is committed twice";
      return failure(parser.parseEqual() || parseValue(clock));
    }
    OpAsmParser::UnresolvedOperand target;
    OptionalParseResult parsed = parser.parseOptionalOperand(target);
    if (!parsed.has_value())
      return std::nullopt;
    return failure(failed(*parsed) || resolve(target, targets) ||
                   parser.parseEqual() || parseValue(values));
  };
  // A lowered entry may have nothing left to commit.
  OptionalParseResult first = parseOptionalOne();
  if (first.has_value() && failed(*first))
    return failure();
  while (first.has_value() && succeeded(parser.parseOptionalComma())) {
    SMLoc loc = parser.getCurrentLocation();
    OptionalParseResult next = parseOptionalOne();
    if (!next.has_value())
      return parser.emitError(loc)
             << "expected a state, 't' or the name of an output";
    if (failed(*next))
      return failure();
  }
  if (succeeded(parser.parseOptionalKeyword("when")) && parseValue(gate))
    return failure();
  Properties &properties = state.getOrAddProperties<Properties>();
  int32_t sizes[] = {int32_t(targets.size()), int32_t(values.size()),
                     int32_t(outputs.size()), int32_t(clock.size()),
                     int32_t(gate.size())};
  llvm::copy(sizes, properties.operandSegmentSizes.begin());
  properties.outputNames = parser.getBuilder().getArrayAttr(outputNames);
  for (auto *list : {&targets, &values, &outputs, &clock, &gate})
    state.addOperands(*list);
  return parser.parseOptionalAttrDict(state.attributes);
}

void CommitOp::print(OpAsmPrinter &printer) {
  const char *separator = " ";
  auto next = [&] {
    printer << separator;
    separator = ", ";
  };
  for (auto [target, value] : llvm::zip(getTargets(), getValues())) {
    next();
    printer << target << " = " << value;
  }
  if (getClock()) {
    next();
    printer << "t = " << getClock();
  }
  for (auto [name, value] : llvm::zip(getOutputNames(), getOutputs())) {
    next();
    printer << name << " = " << value;
  }
  if (getGate())
    printer << " when " << getGate();
  printer.printOptionalAttrDict((*this)->getAttrs(),
                                {"outputNames", "operandSegmentSizes"});
}

ParseResult YieldOp::parse(OpAsmParser &parser, OperationState &state) {
  // Values of optim types have no written type; lowered ones come from the
  // same block and resolve alike.
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SmallVector<Type> types;
  if (parser.parseOperandList(operands))
    return failure();
  if (succeeded(parser.parseOptionalColon())) {
    if (parser.parseTypeList(types) ||
        parser.resolveOperands(operands, types, parser.getCurrentLocation(),
                               state.operands))
      return failure();
  } else if (resolveAllRated(parser, operands, state.operands)) {
    return failure();
  }
  return parser.parseOptionalAttrDict(state.attributes);
}

void YieldOp::print(OpAsmPrinter &printer) {
  if (getNumOperands())
    printer << ' ' << getOperands();
  if (llvm::any_of(getOperandTypes(),
                   [](Type type) { return !isa<RatedType>(type); }))
    printer << " : " << getOperandTypes();
  printer.printOptionalAttrDict((*this)->getAttrs());
}

//===----------------------------------------------------------------------===//
// Templates
//===----------------------------------------------------------------------===//

StringRef FuncOp::getDefaultDialect() { return "optim"; }

void FuncOp::getAsmBlockArgumentNames(Region &region,
                                      OpAsmSetValueNameFn setName) {
  for (auto [argument, name] : llvm::zip(region.getArguments(), getArgNames()))
    setName(argument, cast<StringAttr>(name).getValue());
}

ParseResult FuncOp::parse(OpAsmParser &parser, OperationState &state) {
  NameScope scope;
  Properties &properties = state.getOrAddProperties<Properties>();
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<Attribute> names;
  StringAttr name;
  auto parseOne = [&]() -> ParseResult {
    OpAsmParser::Argument argument;
    if (parser.parseArgument(argument))
      return failure();
    argument.type = RatedType::getNumber(parser.getContext(), Rate::Any);
    StringRef text = argument.ssaName.name.drop_front();
    scope.add(text);
    names.push_back(parser.getBuilder().getStringAttr(text));
    arguments.push_back(argument);
    return success();
  };
  Region &body = *state.addRegion();
  NestingGuard nesting;
  if (nesting.check(parser) || parser.parseSymbolName(name) ||
      parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, parseOne) ||
      parser.parseRegion(body, arguments))
    return failure();
  scope.apply(body);
  properties.sym_name = name;
  properties.argNames = parser.getBuilder().getArrayAttr(names);
  return success();
}

void FuncOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << '(' << getBody().getArguments() << ") ";
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

ParseResult CallOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  FlatSymbolRefAttr callee;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseAttribute(callee))
    return failure();
  if (NameScope *scope = NameScope::current())
    scope->recordToken(parser, "@" + callee.getValue(), loc);
  if (parser.parseOperandList(operands, OpAsmParser::Delimiter::Paren) ||
      resolveAllRated(parser, operands, state.operands) ||
      parser.parseOptionalAttrDict(state.attributes))
    return failure();
  state.getOrAddProperties<Properties>().callee = callee;
  // Rates are known when the template is inlined.
  Type any = RatedType::getNumber(parser.getContext(), Rate::Any);
  state.types.append(parser.getNumResults(), any);
  return success();
}

void CallOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getCalleeAttr() << '(' << getInputs() << ')';
  printer.printOptionalAttrDict((*this)->getAttrs(), {"callee"});
}

//===----------------------------------------------------------------------===//
// case
//===----------------------------------------------------------------------===//

ParseResult CaseOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  SMLoc loc = parser.getCurrentLocation();
  int64_t rank = 0;
  Region &thenRegion = *state.addRegion(), &elseRegion = *state.addRegion();
  NestingGuard nesting;
  if (nesting.check(parser))
    return failure();
  if (parser.parseKeyword("rank") || parser.parseGreater() ||
      parser.parseEqual())
    return failure();
  SMLoc rankLoc = parser.getCurrentLocation();
  if (parser.parseInteger(rank))
    return failure();
  if (rank < 1) // case_c1
    return errorAt(parser, rankLoc)
           << "'case' asks for a rank of 1 or more, but the rank is " << rank;
  if (parser.parseRegion(thenRegion) || parser.parseKeyword("else") ||
      parser.parseRegion(elseRegion) ||
      parser.parseOptionalAttrDict(state.attributes))
    return failure();
  state.getOrAddProperties<Properties>().minRank =
      parser.getBuilder().getI64IntegerAttr(rank);
  // Each result has the join of the two rates that are yielded for it.
  for (Region *region : {&thenRegion, &elseRegion})
    if (!region->empty() && !region->hasOneBlock())
      return errorAt(parser, loc) << "a class of 'case' is one block";
  ensureTerminator(thenRegion, parser.getBuilder(), state.location);
  ensureTerminator(elseRegion, parser.getBuilder(), state.location);
  for (Region *region : {&thenRegion, &elseRegion})
    if (!isa<YieldOp>(region->front().back())) // case_c2
      return errorAt(parser, loc) << "both classes of 'case' end in 'yield'";
  auto yields = [](Region &region) {
    return region.front().getTerminator()->getOperands();
  };
  auto first = yields(thenRegion), second = yields(elseRegion);
  if (first.size() != second.size()) // case_c3
    return errorAt(parser, loc)
           << "both classes of 'case' yield the same number of values, but "
              "'rank >= "
           << rank << "' yields " << first.size() << " and 'else' "
           << second.size();
  for (auto [a, b] : llvm::zip(first, second)) {
    if (!isa<RatedType>(a.getType()) || !isa<RatedType>(b.getType()))
      return errorAt(parser, loc) << "'case' yields numbers";
    // The class is the tensor's.
    Rate rate = join(Rate::Tensor, join(getRate(a), getRate(b)));
    state.addTypes(RatedType::getNumber(parser.getContext(), rate));
  }
  return success();
}

void CaseOp::print(OpAsmPrinter &printer) {
  printer << " rank >= " << getMinRank() << ' ';
  printer.printRegion(getThenRegion());
  printer << " else ";
  printer.printRegion(getElseRegion());
  printer.printOptionalAttrDict((*this)->getAttrs(), {"minRank"});
}
