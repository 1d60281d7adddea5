//===- MixtureOps.cpp - assembly of mix and schedule ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parsing.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

//===----------------------------------------------------------------------===//
// mix c * %x + c * %x ...
//===----------------------------------------------------------------------===//

ParseResult MixOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  SmallVector<Value> values, coefficients;
  SmallVector<Attribute> literals;
  do {
    OpAsmParser::UnresolvedOperand operand;
    if (parseMixed(parser, coefficients, literals) || parser.parseStar() ||
        parser.parseOperand(operand) || resolveRated(parser, operand, values) ||
        checkNumber(parser, operand, values.back().getType()))
      return failure();
  } while (succeeded(parser.parseOptionalPlus()));
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.operandSegmentSizes = {int32_t(values.size()),
                                    int32_t(coefficients.size())};
  properties.coefficientLiterals = parser.getBuilder().getArrayAttr(literals);
  state.addOperands(values);
  state.addOperands(coefficients);
  state.addTypes(joinNumbers(parser.getContext(), state.operands));
  return parser.parseOptionalAttrDict(state.attributes);
}

void MixOp::print(OpAsmPrinter &printer) {
  const char *separator = " ";
  for (auto [coefficient, value] :
       llvm::zip(getMixedCoefficients(), getValues())) {
    printer << separator;
    printMixed(printer, coefficient);
    printer << " * " << value;
    separator = " + ";
  }
  printer.printOptionalAttrDict((*this)->getAttrs(),
                                {"coefficientLiterals", "operandSegmentSizes"});
}

//===----------------------------------------------------------------------===//
// schedule
//===----------------------------------------------------------------------===//

/// The words between the arguments of each kind, first what precedes the first
/// argument. Piecewise kinds are lists and have no fixed form.
static ArrayRef<StringRef> getScheduleWords(ScheduleKind kind) {
  static constexpr StringRef constant[] = {""}, ramp[] = {"", "->", "over"},
                             polynomial[] = {"", "->", "over", "power"},
                             invSqrt[] = {"", "over"},
                             step[] = {"", "factor", "every"},
                             wsd[] = {"", "->", "->", "over", ",", ","},
                             oneCycle[] = {"", "->", "->", "over", ","};
  switch (kind) {
  case ScheduleKind::Constant:
    return constant;
  case ScheduleKind::Linear:
  case ScheduleKind::HalfLife:
  case ScheduleKind::Cosine:
  case ScheduleKind::Exponential:
    return ramp;
  case ScheduleKind::Polynomial:
    return polynomial;
  case ScheduleKind::InvSqrt:
    return invSqrt;
  case ScheduleKind::Step:
    return step;
  case ScheduleKind::WSD:
    return wsd;
  case ScheduleKind::OneCycle:
    return oneCycle;
  case ScheduleKind::Piecewise:
  case ScheduleKind::Join:
    return {};
  }
  llvm_unreachable("unknown schedule");
}

static ParseResult parseWord(OpAsmParser &parser, StringRef word) {
  if (word.empty())
    return success();
  if (word == "->")
    return parser.parseArrow();
  return word == "," ? parser.parseComma() : parser.parseKeyword(word);
}

ParseResult ScheduleOp::parse(OpAsmParser &parser, OperationState &state) {
  recordNames(parser);
  SMLoc loc = parser.getCurrentLocation();
  StringRef name;
  if (parser.parseKeyword(&name))
    return failure();
  std::optional<ScheduleKind> kind = symbolizeScheduleKind(name);
  if (!kind) { // schedule_c1
    SmallVector<StringRef> kinds;
    for (uint32_t i = 0;
         std::optional<ScheduleKind> each = symbolizeScheduleKind(i); ++i)
      kinds.push_back(stringifyScheduleKind(*each));
    InFlightDiagnostic error = errorAt(parser, loc)
                               << "unknown schedule '" << name << "'";
    StringRef near = nearestWord(name, kinds);
    if (!near.empty())
      error << "; did you mean '" << near << "'?";
    else
      error << "; known: " << llvm::join(kinds, ", ");
    return failure();
  }

  SmallVector<Value> args;
  SmallVector<Attribute> literals;
  int32_t nPoints = 0;
  auto parseOne = [&] { return parseMixed(parser, args, literals); };
  if (*kind == ScheduleKind::Piecewise || *kind == ScheduleKind::Join) {
    if (parser.parseCommaSeparatedList(parseOne))
      return failure();
    nPoints = literals.size();
    if (parser.parseKeyword("at") || parser.parseCommaSeparatedList(parseOne))
      return failure();
  }
  for (StringRef word : getScheduleWords(*kind))
    if (parseWord(parser, word) || parseOne())
      return failure();
  Properties &properties = state.getOrAddProperties<Properties>();
  if (succeeded(parser.parseOptionalKeyword("after"))) {
    properties.hasAfter = parser.getBuilder().getUnitAttr();
    if (parseOne())
      return failure();
  }
  properties.kind = ScheduleKindAttr::get(parser.getContext(), *kind);
  properties.literals = parser.getBuilder().getArrayAttr(literals);
  properties.nPoints = parser.getBuilder().getI32IntegerAttr(nPoints);
  state.addOperands(args);
  state.addTypes(RatedType::getNumber(parser.getContext(),
                                      join(joinRates(args), Rate::Group)));
  return parser.parseOptionalAttrDict(state.attributes);
}

void ScheduleOp::print(OpAsmPrinter &printer) {
  SmallVector<OpFoldResult> args = getMixedArgs();
  printer << ' ' << stringifyScheduleKind(getKind());
  size_t last = args.size() - getHasAfter();
  if (unsigned points = getNPoints()) {
    for (size_t i = 0; i < last; ++i) {
      printer << (i == 0 ? " " : i == points ? " at " : ", ");
      printMixed(printer, args[i]);
    }
  }
  for (auto [word, arg] : llvm::zip(getScheduleWords(getKind()), args)) {
    if (word != ",")
      printer << ' ';
    printer << word << (word.empty() ? "" : " ");
    printMixed(printer, arg);
  }
  if (getHasAfter()) {
    printer << " after ";
    printMixed(printer, args.back());
  }
  printer.printOptionalAttrDict((*this)->getAttrs(),
                                {"kind", "literals", "nPoints", "hasAfter"});
}
