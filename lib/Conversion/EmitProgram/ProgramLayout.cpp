//===- ProgramLayout.cpp - streams, slots and variants -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EntryReader.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

Value optimc::lookThroughBroadcasts(Value value) {
  while (auto broadcast = value.getDefiningOp<BroadcastOp>())
    value = broadcast.getOperand();
  return value;
}

ScalarFunctionKey optimc::getScalarFunctionKey(Value value) {
  if (auto host = value.getDefiningOp<HostOp>())
    return {std::max(host.getRate(), Rate::Model), unsigned(host.getStage())};
  return {std::max(getRate(value), Rate::Model), 0};
}

bool optimc::isDirectlyReadable(const ProgramLayout &layout, Value value,
                                ScalarFunctionKey reader) {
  Operation *op = value.getDefiningOp();
  if (isa_and_present<ConstantOp, TruthOp>(op) || layout.getInput(value))
    return true;
  if (isa_and_present<ReduceOp>(op))
    return false;
  if (layout.getHyper(value))
    return reader.rate >= Rate::Group;
  ScalarFunctionKey key = getScalarFunctionKey(value);
  return isa_and_present<HostOp>(op) ? key == reader : key.rate == reader.rate;
}

bool optimc::hasPlainStep(OptimizerOp op) {
  for (unsigned i = op.getFirstState(), e = op.getNumArguments(); i != e; ++i)
    if (Rate rate = op.getArgumentType(i).getRate();
        isKernelRate(rate) && rate != Rate::Element)
      return false;
  for (auto state : op.getStates().getAsRange<StateAttr>())
    if (state.getSlots() != 1)
      return false;
  return !op.getStep()
              .walk([](Operation *inner) {
                return isa<ReduceOp, RankOp, CaseOp, DelayOp>(inner)
                           ? WalkResult::interrupt()
                           : WalkResult::advance();
              })
              .wasInterrupted();
}

std::optional<unsigned> ProgramLayout::getStream(Value value) const {
  auto argument = dyn_cast<BlockArgument>(value);
  if (argument && isa<OptimizerOp>(argument.getOwner()->getParentOp()))
    for (auto [i, stream] : llvm::enumerate(streams))
      if (stream.argument == std::optional(argument.getArgNumber()))
        return i;
  return std::nullopt;
}

const ScalarStateLayout *ProgramLayout::getState(Value value) const {
  auto argument = dyn_cast<BlockArgument>(value);
  if (argument && isa<OptimizerOp>(argument.getOwner()->getParentOp()))
    for (const ScalarStateLayout &state : states)
      if (state.argument == argument.getArgNumber())
        return &state;
  return nullptr;
}

std::optional<unsigned> ProgramLayout::getHyper(Value value) const {
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || !isa<OptimizerOp>(argument.getOwner()->getParentOp()))
    return std::nullopt;
  unsigned number = argument.getArgNumber();
  auto optimizer = cast<OptimizerOp>(argument.getOwner()->getParentOp());
  if (number < optimizer.getFirstHyper() || number >= optimizer.getFirstState())
    return std::nullopt;
  return number - optimizer.getFirstHyper();
}

std::optional<unsigned> ProgramLayout::getInput(Value value) const {
  auto argument = dyn_cast<BlockArgument>(value);
  if (argument && isa<OptimizerOp>(argument.getOwner()->getParentOp()))
    for (auto [i, input] : llvm::enumerate(inputs))
      if (input == argument.getArgNumber())
        return i;
  return std::nullopt;
}

unsigned ProgramLayout::getNumStates(Rate rate) const {
  return llvm::count_if(states,
                        [&](const auto &state) { return state.rate == rate; }) +
         (rate == Rate::Group);
}

static LogicalResult readSignature(ProgramLayout &layout) {
  OptimizerOp op = layout.op;
  layout.streams = {{"param", 0, Rate::Element}, {"grad", 1, Rate::Element}};
  llvm::SmallVector<unsigned> counts(unsigned(Rate::Tensor) + 1, 0);
  counts[unsigned(Rate::Group)] = 1; // "step"
  for (unsigned i = 0, e = op.getStates().size(); i != e; ++i) {
    StateAttr state = op.getState(i);
    unsigned argument = op.getFirstState() + i;
    Rate rate = state.getRate();
    if (isScalarRate(rate) && state.getSlots() != 1)
      return op.emitOpError("state '")
             << state.getName().getValue() << "' is a ring of "
             << state.getSlots()
             << " scalars; run optim-expand-scalar-rings first";
    if (isKernelRate(rate))
      layout.streams.push_back({state.getName().str(), argument, rate});
    else
      layout.states.push_back({argument, rate, counts[unsigned(rate)]++});
  }
  for (unsigned i = 0, e = op.getInputs().size(); i != e; ++i) {
    InputAttr input = op.getInput(i);
    unsigned argument = op.getFirstInput() + i;
    Rate rate = input.getRate();
    if (isKernelRate(rate))
      layout.streams.push_back({input.getName().str(), argument, rate});
    else
      layout.inputs.push_back(argument);
  }
  return success();
}

FailureOr<ProgramLayout> ProgramLayout::get(OptimizerOp op) {
  ProgramLayout layout;
  layout.op = op;
  if (failed(readSignature(layout)))
    return failure();
  for (auto [i, region] : llvm::enumerate(op.getBodies())) {
    layout.entries.emplace_back();
    EntryLayout &entry = layout.entries.back();
    entry.index = i;
    entry.block = &region.front();
    if (failed(readEntry(layout, entry)))
      return failure();
  }
  if (layout.streams.size() > 64)
    return op.emitOpError("has ")
           << layout.streams.size()
           << " values in memory, temporary ones included; a program has at "
              "most 64";
  return layout;
}
