//===- ProgramLayout.cpp - streams, slots and variants -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/ProgramLayout.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

Value optimc::lookThroughBroadcasts(Value value) {
  while (auto broadcast = value.getDefiningOp<BroadcastOp>())
    value = broadcast.getOperand();
  return value;
}

Rate optimc::getScalarFunctionRate(Value value) {
  Rate rate = getRate(value);
  if (auto host = value.getDefiningOp<HostOp>())
    rate = host.getRate();
  return std::max(rate, Rate::Model);
}

bool optimc::isDirectlyReadable(const ProgramLayout &layout, Value value,
                                Rate rate) {
  if (isa_and_nonnull<ConstantOp, TruthOp>(value.getDefiningOp()) ||
      layout.getInput(value))
    return true;
  if (layout.getHyper(value))
    return rate >= Rate::Group;
  return getScalarFunctionRate(value) == rate;
}

std::optional<unsigned> ProgramLayout::getStream(Value value) const {
  auto argument = dyn_cast<BlockArgument>(value);
  if (argument && isa<OptimizerOp>(argument.getOwner()->getParentOp()))
    for (auto [i, stream] : llvm::enumerate(streams))
      if (stream.argument == argument.getArgNumber())
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

namespace {
/// Reads one body.
class EntryReader {
public:
  EntryReader(const ProgramLayout &layout, EntryLayout &entry)
      : layout(layout), entry(entry) {}
  LogicalResult read();

private:
  LogicalResult readOps();
  LogicalResult readVariants();
  LogicalResult readWrites(VariantLayout &variant, Region *region);
  void addSlots();
  /// The function of rate `rate` uses `value`.
  void useAt(Value value, Rate rate);
  void addValue(Value value);
  void addScalar(Value value);

  const ProgramLayout &layout;
  EntryLayout &entry;
  VariantsOp variants;
  KernelOp kernel;
};
} // namespace

static LogicalResult refuse(Operation *op, const Twine &what) {
  return op->emitOpError()
         << what
         << " is not compiled yet by the CPU back end; `optimc run "
            "--engine=interpreter` executes it";
}

LogicalResult EntryReader::read() {
  entry.numValues = layout.inputs.size();
  entry.commit = dyn_cast<CommitOp>(entry.block->getTerminator());
  OptimizerOp op = layout.op;
  if (!entry.commit)
    return op.emitOpError("body without 'commit'");
  if (entry.commit.getGate())
    return entry.commit.emitOpError(
        "has a gate; run optim-expand-gates before the program is laid out");
  if (failed(readOps()) || failed(readVariants()))
    return failure();
  addSlots();
  return success();
}

LogicalResult EntryReader::readOps() {
  for (Operation &op : entry.block->without_terminator()) {
    if (auto host = dyn_cast<HostOp>(op)) {
      if (host.getStage() != 0)
        return refuse(host, "a scalar function after a reduction");
      if (!isScalarRate(host.getRate()))
        return host.emitOpError("has a rate that is not a scalar one");
      entry.hosts.push_back(host);
    } else if (auto found = dyn_cast<KernelOp>(op)) {
      if (kernel)
        return refuse(found, "a second pass over the elements");
      kernel = found;
    } else if (auto found = dyn_cast<VariantsOp>(op)) {
      if (variants)
        return refuse(found, "a second set of variants");
      variants = found;
    } else if (isa<ReduceOp, DelayOp, CaseOp>(op)) {
      return refuse(&op, "'" + op.getName().stripDialect() + "'");
    } else if (!isa<ConstantOp, TruthOp, StepOp, BroadcastOp>(op)) {
      return op.emitOpError("is still in the body; run optim-split-host and "
                            "optim-make-kernels first");
    }
  }
  if (variants && kernel)
    return refuse(kernel, "a kernel beside variants");
  return success();
}

LogicalResult EntryReader::readVariants() {
  if (!variants) {
    VariantLayout only = {0, 0, kernel, {}};
    if (failed(readWrites(only, nullptr)))
      return failure();
    entry.variants.push_back(std::move(only));
    return success();
  }
  llvm::append_range(entry.predicates, variants.getPredicates());
  for (auto [i, region] : llvm::enumerate(variants.getBodies())) {
    VariantLayout variant = {
        variants.getMasks()[i], variants.getValues()[i], {}, {}};
    for (Operation &op : region.front().without_terminator()) {
      auto found = dyn_cast<KernelOp>(op);
      if (found && !variant.kernel)
        variant.kernel = found;
      else if (found)
        return refuse(found, "a second pass over the elements");
      else if (!isa<ConstantOp, TruthOp, BroadcastOp>(op))
        return op.emitOpError("is still in a variant; run optim-make-kernels "
                              "first");
    }
    if (failed(readWrites(variant, &region)))
      return failure();
    entry.variants.push_back(std::move(variant));
  }
  return success();
}

LogicalResult EntryReader::readWrites(VariantLayout &variant, Region *region) {
  if (variant.kernel)
    for (Value stream : variant.kernel.getStreams())
      if (!layout.getStream(lookThroughBroadcasts(stream)))
        return refuse(variant.kernel, "a stream that is not an argument");
  for (auto [target, value] :
       llvm::zip(entry.commit.getTargets(), entry.commit.getValues())) {
    std::optional<unsigned> stream = layout.getStream(target);
    if (!stream)
      continue;
    Value source = lookThroughBroadcasts(value);
    if (region && variants && source.getDefiningOp() == variants) {
      unsigned number = cast<OpResult>(source).getResultNumber();
      source = lookThroughBroadcasts(
          region->front().getTerminator()->getOperand(number));
    }
    // A stream that keeps its value is not stored.
    if (layout.getStream(source) == stream)
      continue;
    auto result = dyn_cast<OpResult>(source);
    bool isScalar =
        isScalarRate(getRate(source)) || source.getDefiningOp<ConstantOp>();
    if (!isScalar && !layout.getStream(source) &&
        !(result && result.getOwner() == variant.kernel))
      return entry.commit.emitOpError("value for '")
             << layout.streams[*stream].name
             << "' is not computed by the variant's kernel";
    variant.writes.push_back({*stream, source});
  }
  return success();
}

void EntryReader::addValue(Value value) {
  if (layout.getInput(value) || entry.values.count(value))
    return;
  entry.values[value] = entry.numValues++;
}

void EntryReader::addScalar(Value value) {
  entry.scalars.insert({value, entry.scalars.size()});
}

void EntryReader::useAt(Value value, Rate rate) {
  value = lookThroughBroadcasts(value);
  if (!isDirectlyReadable(layout, value, rate))
    addValue(value);
}

void EntryReader::addSlots() {
  for (HostOp host : entry.hosts)
    for (Value operand : host.getInputs())
      useAt(operand, std::max(host.getRate(), Rate::Model));
  CommitOp commit = entry.commit;
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues()))
    if (const ScalarStateLayout *state = layout.getState(target))
      useAt(value, state->rate);
  if (commit.getClock())
    useAt(commit.getClock(), Rate::Group);
  for (Value output : commit.getOutputs())
    addValue(lookThroughBroadcasts(output));
  for (VariantLayout &variant : entry.variants) {
    if (variant.kernel)
      for (Value scalar : variant.kernel.getScalars())
        addScalar(lookThroughBroadcasts(scalar));
    for (const ElementWrite &write : variant.writes)
      if (isScalarRate(getRate(write.source)) &&
          !write.source.getDefiningOp<ConstantOp>())
        addScalar(write.source);
  }
}

static LogicalResult readSignature(ProgramLayout &layout) {
  OptimizerOp op = layout.op;
  layout.streams = {{"param", 0}, {"grad", 1}};
  llvm::SmallVector<unsigned> counts(unsigned(Rate::Tensor) + 1, 0);
  counts[unsigned(Rate::Group)] = 1; // "step"
  auto checkRate = [&](Rate rate, const Twine &what) -> LogicalResult {
    if (isScalarRate(rate) || rate == Rate::Element)
      return success();
    return refuse(op, what + " of rate '" + stringifyRate(rate) + "'");
  };
  for (unsigned i = 0, e = op.getStates().size(); i != e; ++i) {
    StateAttr state = op.getState(i);
    unsigned argument = op.getFirstState() + i;
    Rate rate = state.getRate();
    if (failed(checkRate(rate, "state '" + state.getName().getValue() + "'")))
      return failure();
    if (rate == Rate::Element)
      layout.streams.push_back({state.getName().str(), argument});
    else
      layout.states.push_back({argument, rate, counts[unsigned(rate)]++});
  }
  for (unsigned i = 0, e = op.getInputs().size(); i != e; ++i) {
    InputAttr input = op.getInput(i);
    unsigned argument = op.getFirstInput() + i;
    Rate rate = input.getRate();
    if (failed(checkRate(rate, "input '" + input.getName().getValue() + "'")))
      return failure();
    if (rate == Rate::Element)
      layout.streams.push_back({input.getName().str(), argument});
    else
      layout.inputs.push_back(argument);
  }
  if (layout.streams.size() > 64)
    return op.emitOpError("has ") << layout.streams.size()
                                  << " element values in memory; a program has "
                                     "at most 64";
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
    EntryReader reader(layout, entry);
    if (failed(reader.read()))
      return failure();
  }
  return layout;
}
