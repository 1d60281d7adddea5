//===- Parsing.cpp - pieces of the assembly ---------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parsing.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

ParseResult support::resolveRated(OpAsmParser &parser,
                                  OpAsmParser::UnresolvedOperand &operand,
                                  SmallVectorImpl<Value> &values) {
  // The text has no types, and the parser hides its symbol table: ask for a
  // type that no value has, and read the real one from the complaint.
  MLIRContext *context = parser.getContext();
  Type actual;
  {
    ScopedDiagnosticHandler listen(context, [&](Diagnostic &diagnostic) {
      for (DiagnosticArgument &argument : diagnostic.getArguments())
        if (argument.getKind() ==
            DiagnosticArgument::DiagnosticArgumentKind::Type)
          if (auto rated = dyn_cast<RatedType>(argument.getAsType()))
            actual = rated;
      return success();
    });
    SmallVector<Value> scratch;
    (void)parser.resolveOperand(operand, NoneType::get(context), scratch);
  }
  NameScope *scope = NameScope::current();
  if (actual) {
    if (scope)
      scope->recordOperand(parser, operand);
    return parser.resolveOperand(operand, actual, values);
  }
  // name_c1
  StringRef name = operand.name.drop_front();
  StringRef near = scope ? scope->nearest(name) : StringRef();
  InFlightDiagnostic error = errorAt(parser, operand.location)
                             << "unknown value '%" << name << "'";
  if (!near.empty())
    error << "; did you mean '%" << near << "'?";
  return failure();
}

ParseResult support::checkNumber(OpAsmParser &parser,
                                 const OpAsmParser::UnresolvedOperand &operand,
                                 Type type) {
  auto rated = dyn_cast<RatedType>(type);
  if (!rated || rated.isNumber())
    return success();
  return errorAt(parser, operand.location) // type_c1
         << "expected a number, but " << operand.name
         << " is a truth value; choose a number with 'select'";
}

ParseResult support::checkTruth(OpAsmParser &parser,
                                const OpAsmParser::UnresolvedOperand &operand,
                                Type type) {
  auto rated = dyn_cast<RatedType>(type);
  if (!rated || rated.isPredicate())
    return success();
  return errorAt(parser, operand.location) // type_c2
         << "expected a truth value, but " << operand.name
         << " is a number; compare it with 'cmp'";
}

ParseResult
support::resolveAllRated(OpAsmParser &parser,
                         ArrayRef<OpAsmParser::UnresolvedOperand> operands,
                         SmallVectorImpl<Value> &values) {
  for (OpAsmParser::UnresolvedOperand operand : operands)
    if (resolveRated(parser, operand, values))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

OptionalParseResult support::parseOptionalNumber(OpAsmParser &parser,
                                                 NumberAttr &number) {
  SMLoc loc = parser.getCurrentLocation();
  bool negative = succeeded(parser.parseOptionalMinus());
  auto finish = [&](StringRef digits) {
    std::string spelling = ((negative ? "-" : "") + digits).str();
    if (NameScope *scope = NameScope::current())
      scope->recordToken(parser, spelling, loc);
    number = NumberAttr::getChecked([&] { return errorAt(parser, loc); },
                                    parser.getContext(), StringRef(spelling));
    return ParseResult(success(bool(number)));
  };
  // `nan` is what folds may leave; verifiers reject it as an argument.
  for (StringRef word : {"inf", "nan"})
    if (succeeded(parser.parseOptionalKeyword(word)))
      return finish(word);

  // The lexer splits `1e-3` into an integer, a word, a minus and an integer:
  // read the spelling from the text, then skip its tokens.
  const char *begin = parser.getCurrentLocation().getPointer(), *end = begin;
  auto skipDigits = [&] {
    while (llvm::isDigit(*end))
      ++end;
  };
  if (!llvm::isDigit(*begin)) {
    if (negative)
      return ParseResult(parser.emitError(loc)
                         << "expected a number after '-'");
    return std::nullopt;
  }
  skipDigits();
  if (*end == '.') {
    ++end;
    skipDigits();
  }
  if (*end == 'e' || *end == 'E') {
    const char *mark = end++;
    if (*end == '+' || *end == '-')
      ++end;
    if (!llvm::isDigit(*end))
      end = mark;
    skipDigits();
  }
  if (llvm::isAlpha(*end) || *end == '_') {
    StringRef bad(begin, end - begin + 1);
    return ParseResult(errorAt(parser, loc) // number_c1
                       << "malformed number starting '" << bad
                       << "'; write 8, 0.9, 1e-3 or inf");
  }
  // Checked before its tokens are read: MLIR reads long integers slowly.
  if (failed(finish(StringRef(begin, end - begin))))
    return ParseResult(failure());
  auto at = [&] { return parser.getCurrentLocation().getPointer(); };
  while (at() < end) {
    APInt integer;
    double real;
    StringRef word;
    OptionalParseResult digits = parser.parseOptionalInteger(integer);
    if (digits.has_value()) {
      if (failed(*digits))
        return ParseResult(failure());
    } else if (failed(parser.parseOptionalKeyword(&word)) &&
               failed(parser.parseOptionalMinus()) &&
               failed(parser.parseOptionalPlus()) && parser.parseFloat(real)) {
      return ParseResult(failure());
    }
  }
  return ParseResult(success());
}

ParseResult support::parseNumber(OpAsmParser &parser, NumberAttr &number) {
  SMLoc loc = parser.getCurrentLocation();
  OptionalParseResult result = parseOptionalNumber(parser, number);
  if (!result.has_value())
    return parser.emitError(loc) << "expected a number such as 8, 1e-3 or inf";
  return *result;
}

ParseResult support::parseMixed(OpAsmParser &parser,
                                SmallVectorImpl<Value> &operands,
                                SmallVectorImpl<Attribute> &literals) {
  OpAsmParser::UnresolvedOperand operand;
  OptionalParseResult value = parser.parseOptionalOperand(operand);
  if (value.has_value()) {
    literals.push_back(parser.getBuilder().getUnitAttr());
    return failure(
        failed(*value) || failed(resolveRated(parser, operand, operands)) ||
        failed(checkNumber(parser, operand, operands.back().getType())));
  }
  NumberAttr number;
  SMLoc loc = parser.getCurrentLocation();
  OptionalParseResult literal = parseOptionalNumber(parser, number);
  if (!literal.has_value())
    return parser.emitError(loc)
           << "expected a value such as %beta1, or a number";
  literals.push_back(number);
  return *literal;
}

void support::printMixed(OpAsmPrinter &printer, OpFoldResult value) {
  if (auto number = dyn_cast_if_present<Attribute>(value))
    printer << cast<NumberAttr>(number).getSpelling();
  else if (value)
    printer << cast<Value>(value);
}

//===----------------------------------------------------------------------===//
// Directives
//===----------------------------------------------------------------------===//

ParseResult support::parseRated(OpAsmParser &parser,
                                OpAsmParser::UnresolvedOperand &operand,
                                Type &type) {
  recordNames(parser);
  SmallVector<Value> values;
  if (parser.parseOperand(operand) || resolveRated(parser, operand, values))
    return failure();
  type = values.front().getType();
  return checkNumber(parser, operand, type);
}

void support::printRated(OpAsmPrinter &printer, Operation *, Value value,
                         Type) {
  printer << value;
}

ParseResult support::parseTruth(OpAsmParser &parser,
                                OpAsmParser::UnresolvedOperand &operand,
                                Type &type) {
  recordNames(parser);
  SmallVector<Value> values;
  if (parser.parseOperand(operand) || resolveRated(parser, operand, values))
    return failure();
  type = values.front().getType();
  return checkTruth(parser, operand, type);
}

void support::printTruth(OpAsmPrinter &printer, Operation *, Value value,
                         Type) {
  printer << value;
}

ParseResult
support::parseScalar(OpAsmParser &parser,
                     std::optional<OpAsmParser::UnresolvedOperand> &operand,
                     Type &type, NumberAttr &literal) {
  recordNames(parser);
  OpAsmParser::UnresolvedOperand parsed;
  OptionalParseResult value = parser.parseOptionalOperand(parsed);
  if (!value.has_value()) {
    SMLoc loc = parser.getCurrentLocation();
    OptionalParseResult number = parseOptionalNumber(parser, literal);
    if (!number.has_value())
      return parser.emitError(loc)
             << "expected a value such as %beta1, or a number";
    return *number;
  }
  SmallVector<Value> values;
  if (failed(*value) || resolveRated(parser, parsed, values))
    return failure();
  operand = parsed;
  type = values.front().getType();
  return checkNumber(parser, parsed, type);
}

void support::printScalar(OpAsmPrinter &printer, Operation *, Value value, Type,
                          NumberAttr literal) {
  printMixed(printer, mixed(value, literal));
}

ParseResult support::parseDecayAndCount(
    OpAsmParser &parser, std::optional<OpAsmParser::UnresolvedOperand> &decay,
    Type &decayType, NumberAttr &decayLiteral,
    std::optional<OpAsmParser::UnresolvedOperand> &count, Type &countType,
    NumberAttr &countLiteral) {
  if (parseScalar(parser, decay, decayType, decayLiteral))
    return failure();
  if (failed(parser.parseOptionalKeyword("count")))
    return success();
  return parseScalar(parser, count, countType, countLiteral);
}

void support::printDecayAndCount(OpAsmPrinter &printer, Operation *,
                                 Value decay, Type, NumberAttr decayLiteral,
                                 Value count, Type, NumberAttr countLiteral) {
  printMixed(printer, mixed(decay, decayLiteral));
  if (!count && !countLiteral)
    return;
  printer << " count ";
  printMixed(printer, mixed(count, countLiteral));
}

ParseResult support::parseCompareKind(OpAsmParser &parser, CompareAttr &kind) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef word;
  if (parser.parseKeyword(&word))
    return failure();
  std::optional<Compare> parsed = symbolizeCompare(word);
  if (!parsed) // cmp_c1
    return errorAt(parser, loc) << "unknown comparison '" << word
                                << "'; known: eq, ne, lt, le, gt, ge";
  kind = CompareAttr::get(parser.getContext(), *parsed);
  return success();
}

void support::printCompareKind(OpAsmPrinter &printer, Operation *,
                               CompareAttr kind) {
  printer << stringifyCompare(kind.getValue());
}

ParseResult support::parseWindow(OpAsmParser &parser, IntegerAttr &window) {
  int64_t value;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseInteger(value))
    return failure();
  if (value < 1) // delay_c1
    return errorAt(parser, loc)
           << "'delay' is by 1 to 65536 steps, but by " << value;
  window = parser.getBuilder().getI64IntegerAttr(value);
  return success();
}

void support::printWindow(OpAsmPrinter &printer, Operation *,
                          IntegerAttr window) {
  printer << window.getInt();
}
