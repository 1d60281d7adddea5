//===- EntryReader.cpp - the layout of one body -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EntryReader.h"

#include "optimc/Analysis/Stages.h"
#include "optimc/Analysis/StreamUse.h"

#include <map>
#include <set>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

namespace {
/// Numbers temporary streams: the k-th of a rate is the same in all entries and
/// variants.
class Temporaries {
public:
  explicit Temporaries(ProgramLayout &layout) : layout(layout) {}
  unsigned take(Rate rate);
  /// Goes back to the count at a mark: what came after it is free again.
  std::map<Rate, unsigned> mark() const { return used; }
  void reset(std::map<Rate, unsigned> to) { used = std::move(to); }

private:
  ProgramLayout &layout;
  std::map<Rate, unsigned> used;
};

class EntryReader {
public:
  EntryReader(ProgramLayout &layout, EntryLayout &entry)
      : layout(layout), entry(entry), temporaries(layout) {}
  LogicalResult read();

private:
  LogicalResult readOps();
  LogicalResult readVariant(VariantLayout &variant, unsigned leaf);
  LogicalResult addKernels(Block &block, VariantLayout &variant);
  LogicalResult readStreams(VariantLayout &variant);
  void readWrites(VariantLayout &variant);
  void readReductions(VariantLayout &variant);
  void readPlans();
  void addSlots();
  /// What stands for `value` in a leaf: through `variants` and broadcasts.
  Value resolve(Value value) const { return resolveInVariant(value, leaf); }
  /// The scalar function `reader` uses `value`.
  void useAt(Value value, ScalarFunctionKey reader);
  void addValue(Value value);
  void addScalar(Value value);

  ProgramLayout &layout;
  EntryLayout &entry;
  Temporaries temporaries;
  SmallVector<VariantsOp> variants;
  bool hasKernel = false;
  unsigned leaf = 0; ///< the region of `variants` that is being read
};
} // namespace

unsigned Temporaries::take(Rate rate) {
  unsigned number = used[rate]++;
  for (auto [i, stream] : llvm::enumerate(layout.streams))
    if (!stream.argument && stream.rate == rate && number-- == 0)
      return i;
  std::string name = (stringifyRate(rate) + "." + Twine(used[rate] - 1)).str();
  layout.streams.push_back({name, std::nullopt, rate});
  return layout.streams.size() - 1;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

LogicalResult EntryReader::readOps() {
  for (Operation &op : entry.block->without_terminator()) {
    if (auto host = dyn_cast<HostOp>(op)) {
      if (!isScalarRate(host.getRate()))
        return host.emitOpError("has a rate that is not a scalar one");
      entry.hosts.push_back(host);
    } else if (auto found = dyn_cast<VariantsOp>(op)) {
      if (!variants.empty() &&
          (found.getMasks() != variants.front().getMasks() ||
           found.getValues() != variants.front().getValues() ||
           found.getPredicates() != variants.front().getPredicates()))
        return found.emitOpError("has other conditions than the variants "
                                 "before it");
      variants.push_back(found);
    } else if (auto reduce = dyn_cast<ReduceOp>(op)) {
      if (reduce.getRate() < Rate::Model)
        return reduce.emitOpError("reduces to a rate without instances");
      if (isKernelRate(reduce.getRate()) &&
          reduce.getRate() == getRate(reduce.getOperand()))
        return reduce.emitOpError("reduces a value to its own rate, which is "
                                  "not compiled yet; 'optimc run "
                                  "--engine=interpreter' executes it");
      entry.reductions.push_back({reduce, 0});
    } else if (isa<KernelOp>(op)) {
      hasKernel = true;
    } else if (!isa<ConstantOp, TruthOp, StepOp, RankOp, BroadcastOp>(op)) {
      return op.emitOpError("is still in the body; run optim-split-host and "
                            "optim-make-kernels first");
    }
  }
  if (!variants.empty() && hasKernel)
    return variants.front().emitOpError("stands beside a kernel");
  if (entry.reductions.size() > 64) {
    OptimizerOp op = layout.op;
    return op.emitOpError("has ") << entry.reductions.size()
                                  << " reductions; a program has at most 64";
  }
  return success();
}

LogicalResult EntryReader::addKernels(Block &block, VariantLayout &variant) {
  for (Operation &op : block.without_terminator()) {
    if (auto kernel = dyn_cast<KernelOp>(op)) {
      PhaseLayout &phase = variant.phases.emplace_back();
      phase.stage = kernel.getPhase();
      phase.kernel = kernel;
      if (kernel->getNumResults())
        phase.domain = getRate(kernel.getResult(0));
      for (Value result : kernel.getResults())
        if (getRate(result) != phase.domain)
          return kernel.emitOpError("makes values of different rates");
    } else if (&block != entry.block &&
               !isa<ConstantOp, TruthOp, BroadcastOp>(op)) {
      return op.emitOpError("is still in a variant; run optim-make-kernels "
                            "first");
    }
  }
  return success();
}

LogicalResult EntryReader::readVariant(VariantLayout &variant,
                                       unsigned number) {
  leaf = number;
  if (variants.empty()) {
    if (failed(addKernels(*entry.block, variant)))
      return failure();
  } else {
    for (VariantsOp phase : variants)
      if (failed(addKernels(phase.getBodies()[leaf].front(), variant)))
        return failure();
  }
  llvm::stable_sort(variant.phases,
                    [](auto &a, auto &b) { return a.stage < b.stage; });
  readWrites(variant);
  if (failed(readStreams(variant)))
    return failure();
  readReductions(variant);
  llvm::erase_if(variant.phases, [](const PhaseLayout &phase) {
    return phase.writes.empty() && phase.reductions.empty();
  });
  return success();
}

//===----------------------------------------------------------------------===//
// Streams
//===----------------------------------------------------------------------===//

/// What `commit` stores.
void EntryReader::readWrites(VariantLayout &variant) {
  for (auto [target, value] :
       llvm::zip(entry.commit.getTargets(), entry.commit.getValues())) {
    std::optional<unsigned> stream = layout.getStream(target);
    if (!stream)
      continue;
    Value source = resolve(value);
    // A stream that keeps its value is not stored.
    if (layout.getStream(source) == stream)
      continue;
    PhaseLayout *phase = nullptr;
    for (PhaseLayout &each : variant.phases)
      if (source.getDefiningOp() == each.kernel.getOperation())
        phase = &each;
    if (!phase) {
      // A scalar, or another stream as it was: in the last pass of its rate.
      for (PhaseLayout &each : variant.phases)
        if (each.domain == getRate(target))
          phase = &each;
      if (!phase) {
        phase = &variant.phases.emplace_back();
        phase->domain = getRate(target);
        if (variant.phases.size() > 1)
          phase->stage = variant.phases[variant.phases.size() - 2].stage;
      }
    }
    phase->writes.push_back({*stream, source});
  }
}

/// Where kernels find what they read. What a kernel makes for others, and does
/// not store to a state, goes to a temporary stream.
LogicalResult EntryReader::readStreams(VariantLayout &variant) {
  DenseMap<Value, unsigned> made;
  for (PhaseLayout &phase : variant.phases)
    for (const ElementWrite &write : phase.writes)
      made.try_emplace(write.source, write.stream);
  for (unsigned i = 0; i != variant.phases.size(); ++i) {
    KernelOp kernel = variant.phases[i].kernel;
    if (!kernel)
      continue;
    for (Value operand : kernel.getStreams()) {
      Value source = resolve(operand);
      std::optional<unsigned> stream = layout.getStream(source);
      if (auto slice = entry.slices.find(source); slice != entry.slices.end()) {
        stream = slice->second;
      } else if (!stream && source.getDefiningOp<KernelOp>()) {
        auto known = made.find(source);
        if (known != made.end()) {
          stream = known->second;
        } else if (getRate(source) != Rate::Element) {
          stream = temporaries.take(getRate(source));
          made[source] = *stream;
          for (PhaseLayout &phase : variant.phases)
            if (phase.kernel == source.getDefiningOp())
              phase.writes.push_back({*stream, source});
        }
      }
      if (!stream)
        return kernel.emitOpError("reads a value that is not in memory");
      variant.phases[i].streams.push_back(*stream);
    }
  }
  return success();
}

void EntryReader::readReductions(VariantLayout &variant) {
  for (auto [number, reduction] : llvm::enumerate(entry.reductions)) {
    ReduceOp reduce = reduction.op;
    auto source = dyn_cast<OpResult>(resolve(reduce.getOperand()));
    if (!source || !isKernelRate(getRate(source)))
      continue;
    for (PhaseLayout &phase : variant.phases)
      if (phase.kernel && phase.kernel == source.getOwner())
        phase.reductions.push_back(
            {unsigned(number), source.getResultNumber()});
  }
}

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

/// The rank that a predicate asks for, if that is all that it is.
static RankOp getRankTest(Value value) {
  while (true) {
    if (auto rank = value.getDefiningOp<RankOp>())
      return rank;
    if (auto broadcast = value.getDefiningOp<BroadcastOp>()) {
      value = broadcast.getOperand();
      continue;
    }
    auto host = value.getDefiningOp<HostOp>();
    if (!host)
      return {};
    auto argument = dyn_cast<BlockArgument>(
        host.getBody().front().getTerminator()->getOperand(
            cast<OpResult>(value).getResultNumber()));
    if (!argument)
      return {};
    value = host->getOperand(argument.getArgNumber());
  }
}

/// One plan for each class that the predicates tell apart.
void EntryReader::readPlans() {
  std::set<unsigned> ranks{0};
  for (Value predicate : entry.predicates)
    if (RankOp test = getRankTest(predicate))
      ranks.insert(std::min<uint64_t>(test.getMinRank(), UINT32_MAX));
  for (auto rank = ranks.begin(); rank != ranks.end(); ++rank) {
    auto next = std::next(rank);
    PlanLayout &plan = entry.plans.emplace_back();
    plan.minRank = *rank;
    plan.maxRank = next == ranks.end() ? UINT32_MAX : *next - 1;
    int64_t mask = 0, value = 0;
    for (auto [k, predicate] : llvm::enumerate(entry.predicates))
      if (RankOp test = getRankTest(predicate)) {
        mask |= int64_t(1) << k;
        if (plan.minRank >= test.getMinRank())
          value |= int64_t(1) << k;
      }
    for (auto [i, variant] : llvm::enumerate(entry.variants))
      if (((variant.value ^ value) & variant.mask & mask) == 0)
        plan.variants.push_back(i);
  }
}

//===----------------------------------------------------------------------===//
// Slots
//===----------------------------------------------------------------------===//

void EntryReader::addValue(Value value) {
  if (layout.getInput(value) || entry.values.count(value))
    return;
  entry.values[value] = entry.numValues++;
}

void EntryReader::addScalar(Value value) {
  entry.scalars.insert({value, entry.scalars.size()});
}

void EntryReader::useAt(Value value, ScalarFunctionKey reader) {
  value = lookThroughBroadcasts(value);
  if (!isDirectlyReadable(layout, value, reader))
    addValue(value);
}

void EntryReader::addSlots() {
  for (HostOp host : entry.hosts)
    for (Value operand : host.getInputs())
      useAt(operand,
            {std::max(host.getRate(), Rate::Model), unsigned(host.getStage())});
  CommitOp commit = entry.commit;
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues()))
    if (const ScalarStateLayout *state = layout.getState(target)) {
      Value source = lookThroughBroadcasts(value);
      useAt(source, {state->rate, getScalarFunctionKey(source).stage});
    }
  if (commit.getClock()) {
    Value source = lookThroughBroadcasts(commit.getClock());
    useAt(source, {Rate::Group, getScalarFunctionKey(source).stage});
  }
  for (Value output : commit.getOutputs())
    addValue(lookThroughBroadcasts(output));
  for (ReductionLayout &reduction : entry.reductions) {
    ReduceOp reduce = reduction.op;
    if (isScalarRate(getRate(reduce.getOperand())))
      addValue(lookThroughBroadcasts(reduce.getOperand()));
    if (isScalarRate(reduce.getRate()))
      addValue(reduce.getResult());
  }
  for (VariantLayout &variant : entry.variants)
    for (PhaseLayout &phase : variant.phases) {
      if (phase.kernel)
        for (Value scalar : phase.kernel.getScalars())
          addScalar(lookThroughBroadcasts(scalar));
      for (const ElementWrite &write : phase.writes)
        if (isScalarRate(getRate(write.source)) &&
            !write.source.getDefiningOp<ConstantOp>())
          addScalar(write.source);
    }
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
  if (failed(readOps()))
    return failure();
  StageAnalysis stages(*entry.block->getParent());
  for (ReductionLayout &reduction : entry.reductions) {
    reduction.stage = stages.getStage(reduction.op.getResult());
    if (isKernelRate(reduction.op.getRate()))
      entry.slices[reduction.op.getResult()] =
          temporaries.take(reduction.op.getRate());
  }
  // Leaves do not run together: they share their temporary streams.
  auto free = temporaries.mark();
  unsigned count = 1;
  if (!variants.empty()) {
    llvm::append_range(entry.predicates, variants.front().getPredicates());
    count = variants.front().getBodies().size();
  }
  for (unsigned i = 0; i != count; ++i) {
    VariantLayout variant = {0, 0, {}};
    if (!variants.empty()) {
      variant.mask = variants.front().getMasks()[i];
      variant.value = variants.front().getValues()[i];
    }
    temporaries.reset(free);
    if (failed(readVariant(variant, i)))
      return failure();
    entry.variants.push_back(std::move(variant));
  }
  readPlans();
  addSlots();
  return success();
}

LogicalResult optimc::readEntry(ProgramLayout &layout, EntryLayout &entry) {
  return EntryReader(layout, entry).read();
}
