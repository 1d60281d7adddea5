//===- Names.cpp - what the user called a value -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Dialect/Optim/IR/Names.h"
#include "Parsing.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

/// Marks the fused location of an op and the tokens of its text.
static constexpr StringLiteral tokensMarker = "optim.tokens";

static bool isTokens(FusedLoc fused) {
  auto marker = dyn_cast_if_present<StringAttr>(fused.getMetadata());
  return marker && marker.getValue() == tokensMarker;
}

//===----------------------------------------------------------------------===//
// Recording
//===----------------------------------------------------------------------===//

// A parse runs on one thread from its optimizer's first word to its last.
static thread_local NameScope *innermost = nullptr;

NameScope::NameScope() : outer(innermost) { innermost = this; }
NameScope::~NameScope() { innermost = outer; }
NameScope *NameScope::current() { return innermost; }

static thread_local unsigned nesting = 0;

NestingGuard::NestingGuard() { ++nesting; }
NestingGuard::~NestingGuard() { --nesting; }
ParseResult NestingGuard::check(OpAsmParser &parser) const {
  if (nesting <= limit)
    return success();
  return errorAt(parser, parser.getNameLoc()) // case_c6
         << "bodies are nested more than " << limit << " deep";
}

void NameScope::recordResults(OpAsmParser &parser) {
  std::string joined;
  for (size_t i = 0, e = parser.getNumResults(); i != e; ++i) {
    StringRef name = parser.getResultName(i).first;
    joined += i ? "," : "";
    // Numbers are MLIR's own names.
    if (!name.empty() && !llvm::isDigit(name.front())) {
      joined += name;
      names.insert(name);
    }
  }
  if (joined.find_first_not_of(',') != std::string::npos)
    results.try_emplace(parser.getEncodedSourceLoc(parser.getNameLoc()),
                        joined);
}

void NameScope::recordToken(OpAsmParser &parser, const Twine &text, SMLoc loc) {
  Location key = parser.getEncodedSourceLoc(parser.getNameLoc());
  auto name = StringAttr::get(parser.getContext(), text);
  tokens[key].push_back(NameLoc::get(name, parser.getEncodedSourceLoc(loc)));
}

void NameScope::recordOperand(OpAsmParser &parser,
                              const OpAsmParser::UnresolvedOperand &operand) {
  std::string text = operand.name.str();
  if (operand.number)
    text += "#" + std::to_string(operand.number);
  recordToken(parser, text, operand.location);
}

void NameScope::apply(Region &region) {
  region.walk([&](Operation *op) {
    MLIRContext *context = op->getContext();
    Location key = op->getLoc();
    if (auto it = tokens.find(key); it != tokens.end()) {
      SmallVector<Location> parts{key};
      llvm::append_range(parts, it->second);
      op->setLoc(FusedLoc::get(parts, StringAttr::get(context, tokensMarker),
                               context));
    }
    if (auto it = results.find(key); it != results.end())
      op->setLoc(
          NameLoc::get(StringAttr::get(context, it->second), op->getLoc()));
  });
}

StringRef support::nearestWord(StringRef word, ArrayRef<StringRef> candidates) {
  StringRef best;
  // One letter is near everything.
  unsigned bestDistance =
      word.size() < 2 ? 1 : std::max<unsigned>(1, word.size() / 3) + 1;
  for (StringRef candidate : candidates) {
    unsigned distance = word.edit_distance(candidate, true, bestDistance);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

StringRef NameScope::nearest(StringRef name) const {
  SmallVector<StringRef> all(names.keys());
  llvm::sort(all); // a map's order is not a message's
  return nearestWord(name, all);
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

StringRef optimc::optim::getKeptNames(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName().getValue();
  if (auto call = dyn_cast<CallSiteLoc>(loc))
    return getKeptNames(call.getCallee());
  auto fused = dyn_cast<FusedLoc>(loc);
  if (!fused || isTokens(fused))
    return {};
  for (Location part : fused.getLocations())
    if (StringRef name = getKeptNames(part); !name.empty())
      return name;
  return {};
}

/// The name that the signature or the location gives, or empty.
static StringRef findName(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    unsigned i = argument.getArgNumber();
    Operation *parent = argument.getOwner()->getParentOp();
    if (auto optimizer = dyn_cast_if_present<OptimizerOp>(parent))
      return i < optimizer.getNumArguments() ? optimizer.getArgumentName(i)
                                             : StringRef();
    if (auto func = dyn_cast_if_present<FuncOp>(parent))
      return i < func.getArgNames().size()
                 ? cast<StringAttr>(func.getArgNames()[i]).getValue()
                 : StringRef();
    return getKeptNames(argument.getLoc());
  }
  auto result = cast<OpResult>(value);
  SmallVector<StringRef> parts;
  getKeptNames(value.getLoc()).split(parts, ',');
  if (parts.size() != result.getOwner()->getNumResults())
    return {};
  return parts[result.getResultNumber()];
}

std::string optimc::optim::getValueName(Value value) {
  if (StringRef name = findName(value); !name.empty())
    return name.str();
  // Verifiers ask: the printer must not verify.
  OpPrintingFlags flags = OpPrintingFlags().useLocalScope().assumeVerified();
  std::string text;
  llvm::raw_string_ostream os(text);
  value.printAsOperand(os, flags);
  return StringRef(text).ltrim('%').str();
}

Location optimc::optim::getTokenLoc(Operation *op, StringRef token,
                                    unsigned n) {
  Location loc = op->getLoc();
  if (auto named = dyn_cast<NameLoc>(loc))
    loc = named.getChildLoc();
  auto fused = dyn_cast<FusedLoc>(loc);
  if (!fused || !isTokens(fused))
    return op->getLoc();
  Location found = op->getLoc();
  for (Location part : fused.getLocations().drop_front())
    if (auto named = dyn_cast<NameLoc>(part);
        named && named.getName() == token) {
      found = named.getChildLoc();
      if (n-- == 0)
        break;
    }
  return found;
}

Location optimc::optim::getOperandLoc(Operation *op, Value value, unsigned n) {
  return getTokenLoc(op, "%" + getValueName(value), n);
}

void support::nameResults(Operation *op, OpAsmSetValueNameFn setName) {
  StringRef names = getKeptNames(op->getLoc());
  SmallVector<StringRef> parts;
  names.split(parts, ',');
  if (names.empty() || parts.size() != op->getNumResults())
    return;
  for (auto [result, name] : llvm::zip(op->getResults(), parts))
    if (!name.empty())
      setName(result, name);
}

void support::nameArguments(Region &region, OpAsmSetValueNameFn setName) {
  for (BlockArgument argument : region.getArguments())
    if (StringRef name = getKeptNames(argument.getLoc());
        !name.empty() && !name.contains(','))
      setName(argument, name);
}
