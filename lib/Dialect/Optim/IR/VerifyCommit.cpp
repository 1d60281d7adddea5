//===- VerifyCommit.cpp - constraints on commits ----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

/// The names of what may be committed, for suggestions.
static std::string listTargets(OptimizerOp optimizer) {
  std::string text = "%" + optimizer.getParamName().str();
  for (auto state : optimizer.getStates().getAsRange<StateAttr>())
    text += ", %" + state.getArgName().getValue().str();
  return text;
}

static LogicalResult verifyTarget(CommitOp op, OptimizerOp optimizer,
                                  Value target) {
  auto argument = dyn_cast<BlockArgument>(target);
  if (!argument || argument.getOwner() != op->getBlock()) // commit_c3
    return errorAt(getOperandLoc(op, target))
           << "'commit' gives new values to the parameter and the states, but "
           << quote(target) << " is computed; this optimizer has "
           << listTargets(optimizer);
  unsigned i = argument.getArgNumber();
  if (i == 0 ||
      (i >= optimizer.getFirstState() && i < optimizer.getFirstInput()))
    return success();
  StringRef kind = optimizer.getArgumentKind(i); // commit_c2
  return errorAt(getOperandLoc(op, target))
         << "'commit' gives new values to the parameter and the states, but "
         << quote(target) << " is " << (kind == "input" ? "an " : "a ") << kind
         << "; this optimizer has " << listTargets(optimizer);
}

static LogicalResult verifyValue(CommitOp op, OptimizerOp optimizer,
                                 Value target, Value value) {
  Rate rate = getRate(target);
  if (isAtMost(getRate(value), rate)) // commit_c5
    return success();
  InFlightDiagnostic error = errorAt(getOperandLoc(op, value));
  error << quote(target) << " is " << describeRate(rate)
        << ", but its new value " << quote(value) << " is "
        << describeRate(getRate(value));
  noteCause(error, value, rate);
  noteHelp(error, "a mean of it: reduce mean " + quote(value) + " to " +
                      stringifyRate(rate));
  return error;
}

static LogicalResult verifyOutputs(CommitOp op) {
  if (op.getOutputs().size() != op.getOutputNames().size()) // commit_c1
    return errorAt(op.getLoc())
           << "'commit' names " << op.getOutputNames().size()
           << " outputs, but has " << op.getOutputs().size();
  llvm::StringSet<> seen;
  for (auto [name, value] : llvm::zip(op.getOutputNames(), op.getOutputs())) {
    StringRef text = cast<StringAttr>(name).getValue();
    if (!isIdentifier(text)) // commit_c9
      return errorAt(getOperandLoc(op, value))
             << "output '" << text
             << "' is not a name; use a letter or '_', then letters, digits "
                "and '_'";
    if (!seen.insert(text).second) // commit_c10
      return errorAt(getOperandLoc(op, value))
             << "output '" << text << "' is given twice";
    Value output = value;
    auto help = [&] {
      return "a mean of it: reduce mean " + quote(output) + " to tensor";
    };
    if (failed(verifyScalar(op, value,
                            ("output '" + text + "'").str(), // commit_c11
                            help)))
      return failure();
  }
  return success();
}

/// A gate decides for everything that is committed with it.
static LogicalResult verifyGate(CommitOp op) {
  Value gate = op.getGate();
  if (!gate)
    return success();
  // The clock is per group, and it stays where the gate is closed.
  Rate limit = Rate::Group;
  Value coarsest;
  for (Value target : op.getTargets())
    if (!isAtMost(limit, getRate(target))) {
      limit = getRate(target);
      coarsest = target;
    }
  if (isAtMost(getRate(gate), limit)) // commit_c6 commit_c7
    return success();
  InFlightDiagnostic error = errorAt(getOperandLoc(op, gate));
  if (coarsest)
    error << "the gate decides about " << quote(coarsest) << ", which is "
          << describeRate(limit) << ", but " << quote(gate) << " is "
          << describeRate(getRate(gate));
  else
    error << "the gate of a 'commit' must be per group or coarser, but "
          << quote(gate) << " is " << describeRate(getRate(gate));
  noteCause(error, gate, limit);
  noteHelp(error, "a choice per value: select " + quote(gate) + ", %new, %old");
  return error;
}

static LogicalResult verifyClock(CommitOp op, Region &body) {
  Value clock = op.getClock();
  if (!clock)
    return success();
  if (body.getRegionNumber() != 0) // entry_c4
    return errorAt(getOperandLoc(op, clock))
           << "an entry does not advance the clock; 't' is committed by the "
              "step only";
  if (isAtMost(getRate(clock), Rate::Group)) // commit_c8
    return success();
  InFlightDiagnostic error = errorAt(getOperandLoc(op, clock))
                             << "the clock 't' is per group, but its new value "
                             << quote(clock) << " is "
                             << describeRate(getRate(clock));
  noteCause(error, clock, Rate::Group);
  return error;
}

LogicalResult CommitOp::verify() {
  auto optimizer = dyn_cast_if_present<OptimizerOp>((*this)->getParentOp());
  if (!optimizer) // commit_c12
    return errorAt(getLoc())
           << "'commit' ends the body of an optimizer or of an entry";
  if (getTargets().size() != getValues().size()) // commit_c1
    return errorAt(getLoc())
           << "'commit' gives " << getValues().size() << " values to "
           << getTargets().size() << " targets";
  llvm::DenseSet<Value> seen;
  for (auto [target, value] : llvm::zip(getTargets(), getValues())) {
    if (failed(verifyTarget(*this, optimizer, target)))
      return failure();
    if (!seen.insert(target).second) // commit_c4
      return errorAt(getOperandLoc(*this, target, 1))
             << quote(target) << " is committed twice";
    if (failed(verifyValue(*this, optimizer, target, value)))
      return failure();
  }
  return failure(failed(verifyOutputs(*this)) || failed(verifyGate(*this)) ||
                 failed(verifyClock(*this, *(*this)->getParentRegion())));
}
