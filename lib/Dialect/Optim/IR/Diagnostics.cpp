//===- Diagnostics.cpp - what verifiers say ---------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

std::string support::quote(Value value) { return "%" + getValueName(value); }

void support::noteHelp(InFlightDiagnostic &diagnostic, const Twine &text) {
  diagnostic.attachNote() << "help: " << text.str();
}

static bool isFiner(Value value, Rate limit) {
  auto rated = dyn_cast<RatedType>(value.getType());
  return rated && !isAtMost(rated.getRate(), limit);
}

void support::noteCause(InFlightDiagnostic &diagnostic, Value value,
                        Rate limit) {
  // The sources of the fine rate, nearest first: arguments, and ops without
  // finer operands (`random`, `reduce`). A gradient explains most.
  struct Use {
    Operation *user;
    Value value;
  };
  SmallVector<Use> queue{{nullptr, value}};
  llvm::SmallPtrSet<Value, 16> seen{value};
  std::optional<Use> cause;
  for (size_t next = 0; next < queue.size(); ++next) {
    Use use = queue[next];
    bool isSource = true;
    if (Operation *op = use.value.getDefiningOp())
      for (Value operand : op->getOperands())
        if (isFiner(operand, limit)) {
          isSource = false;
          if (seen.insert(operand).second)
            queue.push_back({op, operand});
        }
    if (!isSource)
      continue;
    auto argument = dyn_cast<BlockArgument>(use.value);
    bool isGradient =
        argument && argument.getArgNumber() == 1 &&
        isa_and_present<OptimizerOp>(argument.getOwner()->getParentOp());
    if (!cause || isGradient)
      cause = use;
    if (isGradient)
      break;
  }
  if (cause && cause->user)
    diagnostic.attachNote(getOperandLoc(cause->user, cause->value))
        << "because of " << quote(cause->value);
}

LogicalResult support::verifyScalar(Operation *op, Value value, StringRef what,
                                    function_ref<std::string()> help) {
  if (!value || !isFiner(value, Rate::Tensor))
    return success();
  // Scalar arguments come last.
  unsigned uses = llvm::count(op->getOperands(), value);
  InFlightDiagnostic error = emitError(getOperandLoc(op, value, uses - 1))
                             << what << " must be a scalar, but "
                             << quote(value) << " is "
                             << describeRate(getRate(value));
  noteCause(error, value, Rate::Tensor);
  if (help)
    noteHelp(error, help());
  return error;
}

LogicalResult support::verifyOneOf(Operation *op, Value value,
                                   Attribute literal, StringRef what) {
  if (bool(value) != bool(literal))
    return success();
  return emitError(op->getLoc())
         << what << " must be a value or a number, but has "
         << (value ? "both" : "neither");
}

LogicalResult support::verifyLiteral(Operation *op, NumberAttr literal,
                                     StringRef what,
                                     function_ref<bool(double)> allowed,
                                     StringRef range, unsigned n) {
  if (!literal || allowed(literal.getValue()))
    return success();
  return emitError(getTokenLoc(op, literal.getSpelling(), n))
         << what << " must be " << range << ", but is "
         << literal.getSpelling();
}

LogicalResult support::verifyMixedList(Operation *op, ValueRange values,
                                       ArrayAttr literals, StringRef what) {
  size_t units = 0;
  for (Attribute literal : literals) {
    units += isa<UnitAttr>(literal);
    if (!isa<UnitAttr, NumberAttr>(literal))
      return emitError(op->getLoc())
             << what << " are numbers, or unit for a value, but one is "
             << literal;
  }
  if (units == values.size())
    return success();
  return emitError(op->getLoc())
         << what << " have " << units << " places for values, but "
         << values.size() << " values are given";
}

bool support::isIdentifier(StringRef name) {
  return !name.empty() && name.size() <= 128 &&
         (llvm::isAlpha(name.front()) || name.front() == '_') &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

bool support::isReservedName(StringRef name) {
  return name == "step" || name == "param" || name == "grad";
}
