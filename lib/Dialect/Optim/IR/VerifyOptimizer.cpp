//===- VerifyOptimizer.cpp - constraints on optimizers ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "llvm/ADT/StringSet.h"
#include <cmath>

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

static constexpr StringLiteral identifierHelp =
    "use a letter or '_', then letters, digits and '_'";

namespace {
/// Checks a signature. Errors are at the arguments, whose locations are those
/// of the text.
class SignatureVerifier {
public:
  SignatureVerifier(OptimizerOp op) : op(op) {}

  LogicalResult verifyRegions();
  LogicalResult verifyEntries();
  LogicalResult verifyNames();
  LogicalResult verifyHyper(unsigned i);
  LogicalResult verifyState(unsigned i);
  LogicalResult verifyInput(unsigned i);

private:
  InFlightDiagnostic error(unsigned argument) {
    return errorAt(op.getStep().getArgument(argument).getLoc());
  }

  OptimizerOp op;
};
} // namespace

LogicalResult SignatureVerifier::verifyRegions() {
  Location loc = op.getLoc();
  if (op.getBodies().size() != op.getEntries().size() + 1) // optimizer_c1
    return errorAt(loc) << "an optimizer has a body and one region for each "
                           "entry, but "
                        << op.getBodies().size() << " regions and "
                        << op.getEntries().size() << " entries are given";
  for (auto [i, region] : llvm::enumerate(op.getBodies())) {
    unsigned count = region.empty() ? 0 : region.getNumArguments();
    if (count != op.getNumArguments()) // optimizer_c2
      return errorAt(loc) << "body '" << op.getEntryName(i) << "' has " << count
                          << " arguments for a signature of "
                          << op.getNumArguments();
    for (BlockArgument argument : region.getArguments()) {
      RatedType wanted = op.getArgumentType(argument.getArgNumber());
      if (argument.getType() != wanted) // optimizer_c2
        return errorAt(argument.getLoc())
               << quote(argument) << " is " << wanted
               << " in the signature, but " << argument.getType()
               << " in body '" << op.getEntryName(i) << "'";
    }
    Block &block = region.front();
    if (block.empty() || !isa<CommitOp>(block.back())) // optimizer_c3
      return errorAt(block.empty() ? loc : block.back().getLoc())
             << "the body of an optimizer ends in 'commit', but '"
             << op.getEntryName(i) << "' "
             << (block.empty() ? StringRef("is empty") : StringRef("does not"));
  }
  return success();
}

LogicalResult SignatureVerifier::verifyEntries() {
  llvm::StringSet<> seen;
  for (Attribute entry : op.getEntries()) {
    StringRef name = cast<StringAttr>(entry).getValue();
    if (!isIdentifier(name)) // entry_c1
      return errorAt(op.getLoc())
             << "entry '" << name << "' is not a name; " << identifierHelp;
    if (isReservedName(name)) // entry_c2
      return errorAt(op.getLoc())
             << "entry '" << name
             << "' has a reserved name; step, param and grad are taken";
    if (!seen.insert(name).second) // entry_c3
      return errorAt(op.getLoc()) << "entry '" << name << "' is declared twice";
  }
  return success();
}

LogicalResult SignatureVerifier::verifyNames() {
  if (!isIdentifier(op.getSymName())) // optimizer_c5
    return errorAt(op.getLoc()) << "optimizer '" << op.getSymName()
                                << "' is not a name; " << identifierHelp;
  llvm::StringSet<> seen;
  for (unsigned i = 0, e = op.getNumArguments(); i != e; ++i) {
    StringRef name = op.getArgumentName(i);
    if (!isIdentifier(name)) // optimizer_c6
      return error(i) << op.getArgumentKind(i) << " '%" << name
                      << "' is not a name; " << identifierHelp;
    if (!seen.insert(name).second) // optimizer_c7
      return error(i) << "'%" << name << "' is already in the signature";
  }
  // States and inputs are streams of one program: their names share a space.
  llvm::StringSet<> streams;
  for (unsigned i = op.getFirstState(), e = op.getNumArguments(); i != e; ++i) {
    StringRef name =
        (i < op.getFirstInput() ? op.getState(i - op.getFirstState()).getName()
                                : op.getInput(i - op.getFirstInput()).getName())
            .getValue();
    StringRef kind = op.getArgumentKind(i);
    if (!isIdentifier(name)) // state_c1 input_c1
      return error(i) << kind << " name '" << name << "' is not a name; "
                      << identifierHelp;
    if (isReservedName(name)) // state_c2 input_c2
      return error(i) << kind << " '" << name
                      << "' has a reserved name; step, param and grad are "
                         "taken";
    if (!streams.insert(name).second) // state_c3 input_c3
      return error(i) << kind << " '" << name
                      << "' is already the name of another state or input";
  }
  return success();
}

LogicalResult SignatureVerifier::verifyHyper(unsigned i) {
  HyperAttr hyper = op.getHyper(i);
  StringRef name = hyper.getName().getValue();
  unsigned argument = op.getFirstHyper() + i;
  double low = hyper.getLowValue(), high = hyper.getHighValue();
  bool isEmpty = !(low <= high) ||
                 (low == high && (hyper.getLowOpen() || hyper.getHighOpen()));
  if (!isEmpty && hyper.getInteger()) {
    double first = std::ceil(low);
    if (hyper.getLowOpen() && first == low)
      first += 1;
    isEmpty = first > high || (hyper.getHighOpen() && first == high);
  }
  if (isEmpty) // hyper_c1
    return error(argument) << "range " << hyper.getRangeText() << " of '"
                           << name << "' contains no "
                           << (hyper.getInteger() ? "whole " : "") << "number";
  double initial = hyper.getInitial().getValue();
  if (hyper.getInteger() && std::isfinite(initial) &&
      initial != std::floor(initial)) // hyper_c3
    return error(argument) << "'" << name
                           << "' is a whole number, but its default is "
                           << hyper.getInitial().getSpelling();
  if (!hyper.allows(initial)) // hyper_c2
    return error(argument) << "default " << hyper.getInitial().getSpelling()
                           << " of '" << name << "' is not "
                           << (hyper.getLow() || hyper.getHigh()
                                   ? "in " + hyper.getRangeText()
                                   : std::string("a finite number"));
  return success();
}

LogicalResult SignatureVerifier::verifyState(unsigned i) {
  StateAttr state = op.getState(i);
  unsigned argument = op.getFirstState() + i;
  StringRef name = state.getArgName().getValue();
  Rate rate = state.getRate();
  if (rate == Rate::Const || rate == Rate::Any) // state_c4
    return error(argument) << "state '%" << name << "' cannot be "
                           << describeRate(rate)
                           << "; use model, group, tensor, row, col, block or "
                              "element";
  if ((state.getInit() == Init::Hyper) != bool(state.getHyper()) ||
      (state.getValue() && state.getInit() != Init::Value)) // state_c5
    return error(argument) << "state '%" << name
                           << "' starts as a number, 'param' or a "
                              "hyperparameter, as one of them only";
  if (state.getValue() && std::isnan(state.getValue().getValue())) // state_c6
    return error(argument) << "state '%" << name << "' cannot start as NaN";
  if (state.getInit() == Init::Param && rate != Rate::Element) // state_c7
    return error(argument) << "state '%" << name
                           << "' starts as a copy of the parameter, so it is "
                              "per element, not "
                           << describeRate(rate);
  constexpr int64_t maxSlots = 65536;
  if (state.getSlots() < 1 || state.getSlots() > maxSlots) // state_c10
    return error(argument) << "state '%" << name << "' has " << state.getSlots()
                           << " slots; 1 to " << maxSlots << " are allowed";
  if (state.getSlots() != 1 &&
      (rate == Rate::Model || state.getInit() == Init::Param)) // state_c11
    return error(argument)
           << "state '%" << name
           << "' is a ring addressed by the clock: it has a rate from group on "
              "and does not start as the parameter";
  if (state.getInit() != Init::Hyper)
    return success();
  SmallVector<StringRef> names;
  for (auto hyper : op.getHypers().getAsRange<HyperAttr>())
    names.push_back(hyper.getName().getValue());
  StringRef hyper = state.getHyper().getValue();
  if (!llvm::is_contained(names, hyper)) { // state_c8
    InFlightDiagnostic unknown = error(argument);
    unknown << "state '%" << name << "' starts as '%" << hyper
            << "', which is not a hyperparameter";
    if (StringRef near = nearestWord(hyper, names); !near.empty())
      unknown << "; did you mean '%" << near << "'?";
    return unknown;
  }
  if (rate == Rate::Model) // state_c9
    return error(argument) << "state '%" << name
                           << "' is per model and cannot start as '%" << hyper
                           << "', which each group sets";
  return success();
}

LogicalResult SignatureVerifier::verifyInput(unsigned i) {
  InputAttr input = op.getInput(i);
  unsigned argument = op.getFirstInput() + i;
  StringRef name = input.getArgName().getValue();
  Rate rate = input.getRate();
  if (rate == Rate::Const || rate == Rate::Any) // input_c4
    return error(argument) << "input '%" << name << "' cannot be "
                           << describeRate(rate)
                           << "; use model, group, tensor, row, col, block or "
                              "element";
  if (input.getInitial() &&
      std::isnan(input.getInitial().getValue())) // input_c5
    return error(argument) << "input '%" << name << "' cannot default to NaN";
  return success();
}

LogicalResult OptimizerOp::verify() {
  SignatureVerifier signature(*this);
  if (failed(signature.verifyRegions()) || failed(signature.verifyEntries()) ||
      failed(signature.verifyNames()))
    return failure();
  for (unsigned i = 0, e = getHypers().size(); i != e; ++i)
    if (failed(signature.verifyHyper(i)))
      return failure();
  for (unsigned i = 0, e = getStates().size(); i != e; ++i)
    if (failed(signature.verifyState(i)))
      return failure();
  for (unsigned i = 0, e = getInputs().size(); i != e; ++i)
    if (failed(signature.verifyInput(i)))
      return failure();
  return verifyStorage(*this);
}

LogicalResult OptimizerOp::verifyRegions() {
  // Lowered bodies are `arith` and `math`.
  WalkResult foreign = (*this)->walk<WalkOrder::PreOrder>([](Operation *op) {
    if (isa_and_present<OptimDialect>(op->getDialect()))
      return isa<HostOp, KernelOp>(op) ? WalkResult::skip()
                                       : WalkResult::advance();
    errorAt(op->getLoc()) << "'" << op->getName() // optimizer_c4
                          << "' is not an op of the optim dialect";
    return WalkResult::interrupt();
  });
  if (foreign.wasInterrupted())
    return failure();
  // A delay is a state of its own.
  constexpr unsigned maxStreams = 64;
  unsigned numStreams = 2; // the parameter and the gradient
  for (unsigned i = getFirstState(), e = getNumArguments(); i != e; ++i)
    numStreams += isKernelRate(getArgumentType(i).getRate());
  llvm::StringSet<> streams;
  for (auto state : getStates().getAsRange<StateAttr>())
    streams.insert(state.getName().getValue());
  for (auto input : getInputs().getAsRange<InputAttr>())
    streams.insert(input.getName().getValue());
  WalkResult result = getStep().walk([&](DelayOp delay) {
    numStreams += !isScalarRate(getRate(delay.getX()));
    if (streams.insert(delay.getState()).second)
      return WalkResult::advance();
    errorAt(delay.getLoc()) // delay_c5
        << "'delay' state '" << delay.getState()
        << "' is already the name of another state or input";
    return WalkResult::interrupt();
  });
  if (result.wasInterrupted())
    return failure();
  if (numStreams > maxStreams) // optimizer_c8
    return errorAt(getLoc())
           << "parameter, gradient, states, inputs and delays are "
           << numStreams << " streams; at most " << maxStreams
           << " are allowed";
  return success();
}
