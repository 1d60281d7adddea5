//===- OptimizerOp.cpp - the signature of an optimizer ----------*- C++ -*-===//
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

StringRef OptimizerOp::getDefaultDialect() { return "optim"; }

void OptimizerOp::getAsmBlockArgumentNames(Region &region,
                                           OpAsmSetValueNameFn setName) {
  for (BlockArgument argument : region.getArguments())
    if (argument.getArgNumber() < getNumArguments())
      setName(argument, getArgumentName(argument.getArgNumber()));
}

StringRef OptimizerOp::getEntryName(unsigned body) {
  return body == 0 ? "step"
                   : cast<StringAttr>(getEntries()[body - 1]).getValue();
}

StringRef OptimizerOp::getArgumentName(unsigned i) {
  if (i < 2)
    return i == 0 ? getParamName() : getGradName();
  if (i < getFirstState())
    return getHyper(i - getFirstHyper()).getName().getValue();
  if (i < getFirstInput())
    return getState(i - getFirstState()).getArgName().getValue();
  return getInput(i - getFirstInput()).getArgName().getValue();
}

RatedType OptimizerOp::getArgumentType(unsigned i) {
  Rate rate = Rate::Element;
  if (i >= getFirstInput())
    rate = getInput(i - getFirstInput()).getRate();
  else if (i >= getFirstState())
    rate = getState(i - getFirstState()).getRate();
  else if (i >= getFirstHyper())
    rate = Rate::Group;
  return RatedType::getNumber(getContext(), rate);
}

StringRef OptimizerOp::getArgumentKind(unsigned i) {
  if (i < 2)
    return i == 0 ? "parameter" : "gradient";
  if (i < getFirstState())
    return "hyperparameter";
  return i < getFirstInput() ? "state" : "input";
}

//===----------------------------------------------------------------------===//
// Parser
//===----------------------------------------------------------------------===//

namespace {
/// Collects the signature while it is read.
class SignatureParser {
public:
  SignatureParser(OpAsmParser &parser) : parser(parser) {}

  ParseResult parseSignature();

  StringAttr paramName, gradName;
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<Attribute> hypers, states, inputs;

private:
  ParseResult parseArgument(Rate rate, StringAttr &name);
  ParseResult parseHyper();
  ParseResult parseRange(NumberAttr &low, NumberAttr &high, bool &lowOpen,
                         bool &highOpen);
  ParseResult parseState();
  ParseResult reportUnknownHyper(SMLoc loc, StringRef name);
  ParseResult parseInput();
  ParseResult parseExternalName(StringAttr argName, StringAttr &name);
  ParseResult parseRate(Rate &rate);
  ParseResult parseList(StringRef keyword,
                        function_ref<ParseResult()> parseOne) {
    if (failed(parser.parseOptionalKeyword(keyword)))
      return success();
    return parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren,
                                          parseOne);
  }

  OpAsmParser &parser;
};
} // namespace

ParseResult SignatureParser::parseArgument(Rate rate, StringAttr &name) {
  OpAsmParser::Argument argument;
  if (parser.parseArgument(argument))
    return failure();
  StringRef text = argument.ssaName.name.drop_front();
  name = parser.getBuilder().getStringAttr(text);
  for (auto &other : arguments)
    if (other.ssaName.name == argument.ssaName.name) // optimizer_c7
      return errorAt(parser, argument.ssaName.location)
             << "'%" << text << "' is already in the signature";
  argument.type = RatedType::getNumber(parser.getContext(), rate);
  arguments.push_back(argument);
  if (NameScope *scope = NameScope::current())
    scope->add(text);
  return success();
}

ParseResult SignatureParser::parseRange(NumberAttr &low, NumberAttr &high,
                                        bool &lowOpen, bool &highOpen) {
  if (failed(parser.parseOptionalLSquare())) {
    lowOpen = true;
    if (parser.parseLParen())
      return failure();
  }
  if (parseNumber(parser, low) || parser.parseComma() ||
      parseNumber(parser, high))
    return failure();
  highOpen = succeeded(parser.parseOptionalRParen());
  return failure(!highOpen && failed(parser.parseRSquare()));
}

ParseResult SignatureParser::parseHyper() {
  StringAttr name;
  NumberAttr initial, low, high;
  bool lowOpen = false, highOpen = false;
  if (parseArgument(Rate::Group, name) || parser.parseEqual() ||
      parseNumber(parser, initial))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("in")) &&
      parseRange(low, high, lowOpen, highOpen))
    return failure();
  bool integer = succeeded(parser.parseOptionalKeyword("integer"));
  bool isStatic = succeeded(parser.parseOptionalKeyword("static"));
  bool frozen = succeeded(parser.parseOptionalKeyword("frozen"));
  hypers.push_back(HyperAttr::get(parser.getContext(), name, initial, low, high,
                                  lowOpen, highOpen, integer, isStatic,
                                  frozen));
  return success();
}

ParseResult SignatureParser::parseExternalName(StringAttr argName,
                                               StringAttr &name) {
  std::string text;
  name = argName;
  if (succeeded(parser.parseOptionalString(&text)))
    name = parser.getBuilder().getStringAttr(text);
  return success();
}

ParseResult SignatureParser::parseRate(Rate &rate) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef word;
  if (parser.parseKeyword(&word))
    return failure();
  std::optional<Rate> parsed = symbolizeRate(word);
  if (!parsed || *parsed == Rate::Const || *parsed == Rate::Any) // state_c4
    return errorAt(parser, loc)
           << "'" << word
           << "' is not a rate; use model, group, tensor, row, col, block or "
              "element";
  rate = *parsed;
  return success();
}

/// state_c8
ParseResult SignatureParser::reportUnknownHyper(SMLoc loc, StringRef name) {
  SmallVector<StringRef> names;
  for (Attribute hyper : hypers)
    names.push_back(cast<HyperAttr>(hyper).getName().getValue());
  InFlightDiagnostic error = errorAt(parser, loc)
                             << "unknown hyperparameter '%" << name << "'";
  if (StringRef near = nearestWord(name, names); !near.empty())
    error << "; did you mean '%" << near << "'?";
  else
    error << "; a state starts as a number, 'param' or a hyperparameter";
  return failure();
}

ParseResult SignatureParser::parseState() {
  StringAttr argName, name, hyper;
  Rate rate = Rate::Element;
  Init init = Init::Value;
  NumberAttr value;
  if (parseArgument(rate, argName) || parseExternalName(argName, name))
    return failure();
  if (succeeded(parser.parseOptionalColon()) && parseRate(rate))
    return failure();
  arguments.back().type = RatedType::getNumber(parser.getContext(), rate);
  if (succeeded(parser.parseOptionalEqual())) {
    OpAsmParser::UnresolvedOperand operand;
    OptionalParseResult reference = parser.parseOptionalOperand(operand);
    if (reference.has_value()) {
      if (failed(*reference))
        return failure();
      init = Init::Hyper;
      hyper = parser.getBuilder().getStringAttr(operand.name.drop_front());
      if (llvm::none_of(hypers, [&](Attribute other) {
            return cast<HyperAttr>(other).getName() == hyper;
          }))
        return reportUnknownHyper(operand.location, hyper.getValue());
    } else if (succeeded(parser.parseOptionalKeyword("param"))) {
      init = Init::Param;
    } else if (parseNumber(parser, value)) {
      return failure();
    }
  }
  int64_t slots = 1;
  if (succeeded(parser.parseOptionalKeyword("slots")) &&
      parser.parseInteger(slots))
    return failure();
  bool observable = succeeded(parser.parseOptionalKeyword("observable"));
  states.push_back(StateAttr::get(parser.getContext(), argName, name, rate,
                                  init, value, hyper, observable, slots));
  return success();
}

ParseResult SignatureParser::parseInput() {
  StringAttr argName, name;
  Rate rate = Rate::Element;
  NumberAttr initial;
  if (parseArgument(rate, argName) || parseExternalName(argName, name) ||
      parser.parseColon() || parseRate(rate))
    return failure();
  arguments.back().type = RatedType::getNumber(parser.getContext(), rate);
  if (succeeded(parser.parseOptionalEqual()) && parseNumber(parser, initial))
    return failure();
  inputs.push_back(
      InputAttr::get(parser.getContext(), argName, name, rate, initial));
  return success();
}

ParseResult SignatureParser::parseSignature() {
  return failure(
      parser.parseLParen() || parseArgument(Rate::Element, paramName) ||
      parser.parseComma() || parseArgument(Rate::Element, gradName) ||
      parser.parseRParen() ||
      parseList("hyper", [&] { return parseHyper(); }) ||
      parseList("state", [&] { return parseState(); }) ||
      parseList("input", [&] { return parseInput(); }));
}

ParseResult OptimizerOp::parse(OpAsmParser &parser, OperationState &state) {
  NameScope scope;
  SignatureParser signature(parser);
  Properties &properties = state.getOrAddProperties<Properties>();
  StringAttr name;
  NestingGuard nesting;
  if (nesting.check(parser) || parser.parseSymbolName(name) ||
      signature.parseSignature() || parseStorageClause(parser, state) ||
      parser.parseOptionalAttrDictWithKeyword(state.attributes))
    return failure();
  auto parseBody = [&]() -> ParseResult {
    NameScope inner;
    for (auto &argument : signature.arguments)
      inner.add(argument.ssaName.name.drop_front());
    Region &region = *state.addRegion();
    if (parser.parseRegion(region, signature.arguments))
      return failure();
    inner.apply(region);
    return success();
  };
  if (parseBody())
    return failure();
  SmallVector<Attribute> entries;
  while (succeeded(parser.parseOptionalKeyword("entry"))) {
    std::string entry;
    if (parser.parseString(&entry) || parseBody())
      return failure();
    entries.push_back(parser.getBuilder().getStringAttr(entry));
  }
  Builder &builder = parser.getBuilder();
  properties.sym_name = name;
  properties.paramName = signature.paramName;
  properties.gradName = signature.gradName;
  properties.hypers = builder.getArrayAttr(signature.hypers);
  properties.states = builder.getArrayAttr(signature.states);
  properties.inputs = builder.getArrayAttr(signature.inputs);
  properties.entries = builder.getArrayAttr(entries);
  return success();
}

//===----------------------------------------------------------------------===//
// Printer
//===----------------------------------------------------------------------===//

static std::string describeHyper(HyperAttr hyper) {
  std::string text = " = " + hyper.getInitial().getSpelling().str();
  if (hyper.getLow() || hyper.getHigh())
    text += " in " + hyper.getRangeText();
  text += hyper.getInteger() ? " integer" : "";
  text += hyper.getIsStatic() ? " static" : "";
  text += hyper.getFrozen() ? " frozen" : "";
  return text;
}

/// The name for checkpoints, where it is not that of the argument.
static std::string describeStream(StringAttr argName, StringAttr name) {
  if (name == argName)
    return "";
  std::string text = " \"";
  llvm::raw_string_ostream os(text);
  llvm::printEscapedString(name.getValue(), os);
  return text + '"';
}

static std::string describeState(StateAttr state) {
  std::string text = describeStream(state.getArgName(), state.getName());
  if (state.getRate() != Rate::Element)
    text += " : " + stringifyRate(state.getRate()).str();
  if (state.getInit() == Init::Param)
    text += " = param";
  else if (state.getInit() == Init::Hyper)
    text += " = %" + state.getHyper().getValue().str();
  else if (state.getValue())
    text += " = " + state.getValue().getSpelling().str();
  if (state.getSlots() != 1)
    text += " slots " + std::to_string(state.getSlots());
  return text + (state.getObservable() ? " observable" : "");
}

static std::string describeInput(InputAttr input) {
  std::string text = describeStream(input.getArgName(), input.getName()) +
                     " : " + stringifyRate(input.getRate()).str();
  if (input.getInitial())
    text += " = " + input.getInitial().getSpelling().str();
  return text;
}

void OptimizerOp::print(OpAsmPrinter &printer) {
  auto arguments = getStep().getArguments();
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << '(' << arguments[0] << ", " << arguments[1] << ')';
  // Signatures are long: a clause starts a line, and lines end before column
  // 100 at the indentation of a file.
  auto printClause = [&](StringRef keyword, unsigned first, unsigned count,
                         function_ref<std::string(unsigned)> describe) {
    if (!count)
      return;
    constexpr size_t indentation = 6, width = 100;
    printer.increaseIndent();
    printer.increaseIndent();
    printer.printNewline();
    printer << keyword << '(';
    size_t column = indentation + keyword.size() + 1;
    for (unsigned i = 0; i != count; ++i) {
      std::string rest = describe(i);
      size_t size = 1 + getArgumentName(first + i).size() + rest.size();
      if (i && column + 2 + size + 1 > width) {
        printer << ',';
        printer.printNewline();
        printer << std::string(keyword.size() + 1, ' ');
        column = indentation + keyword.size() + 1;
      } else if (i) {
        printer << ", ";
        column += 2;
      }
      printer << arguments[first + i] << rest;
      column += size;
    }
    printer << ')';
    printer.decreaseIndent();
    printer.decreaseIndent();
  };
  printClause("hyper", getFirstHyper(), getHypers().size(),
              [&](unsigned i) { return describeHyper(getHyper(i)); });
  printClause("state", getFirstState(), getStates().size(),
              [&](unsigned i) { return describeState(getState(i)); });
  printClause("input", getFirstInput(), getInputs().size(),
              [&](unsigned i) { return describeInput(getInput(i)); });
  printStorageClause(printer, *this);
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {"sym_name", "paramName", "gradName", "hypers",
                            "states", "inputs", "entries", storageAttrName});
  for (auto [i, region] : llvm::enumerate(getBodies())) {
    if (i)
      printer << " entry \"" << getEntryName(i) << '"';
    printer << ' ';
    printer.printRegion(region, /*printEntryBlockArgs=*/false);
  }
}
