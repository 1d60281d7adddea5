//===- KernelOutliner.cpp - the kernels of one phase -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelOutliner.h"
#include "mlir/IR/IRMapping.h"
#include "optimc/Analysis/StreamUse.h"
#include "optimc/Analysis/ValueNames.h"
#include "llvm/ADT/SetVector.h"
#include <set>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && op->hasTrait<OpTrait::ConstantLike>();
}

static bool isSliceRate(Rate rate) {
  return isKernelRate(rate) && rate != Rate::Element;
}

/// What kernels read from memory: arguments, slices that a reduction made, and
/// what other kernels have stored.
static bool isInMemory(Value value) {
  return isStream(value) ||
         isa_and_present<ReduceOp, KernelOp, VariantsOp>(value.getDefiningOp());
}

namespace {
/// A value to be made by a kernel, at the rate of `type`.
struct Output {
  Value value;
  Type type;
};

/// Outlines one kernel over the values of one rate.
class RateOutliner {
public:
  RateOutliner(Block &block, Operation *position, ArrayRef<Output> outputs,
               const DenseMap<Value, Value> &made)
      : block(block), position(position), outputs(outputs), made(made) {}
  KernelOp run(unsigned stage);

private:
  void collect();
  Value materialize(OpBuilder &builder, IRMapping &mapping, Value value,
                    Type type);

  Block &block;
  Operation *position;
  ArrayRef<Output> outputs;
  const DenseMap<Value, Value> &made; ///< by kernels that have run
  DenseSet<Operation *> ops;
  llvm::SetVector<Value> streams; ///< before they are looked up in `made`
  llvm::SetVector<Value> scalars;
  std::set<int32_t> randomIds;
};

/// The kernels of one phase.
class PhaseOutliner {
public:
  PhaseOutliner(Block &block, Operation *position, MutableArrayRef<Sink> sinks,
                const DenseMap<Value, Value> &stored, unsigned stage)
      : block(block), position(position), sinks(sinks), stage(stage),
        made(stored) {}
  SmallVector<KernelOp> run();

private:
  void collectSlices();
  void outlineSlices(Rate rate);
  void outlineElements();
  void copySlices(Rate rate);
  KernelOp outline(ArrayRef<Output> outputs);

  Block &block;
  Operation *position;
  MutableArrayRef<Sink> sinks;
  unsigned stage;
  llvm::SetVector<Value> crossing; ///< slices that element ops read
  DenseSet<Value> read;            ///< streams that element kernels read
  DenseMap<Value, Value> made;     ///< by kernels of this phase and earlier
  SmallVector<KernelOp> kernels;
};
} // namespace

//===----------------------------------------------------------------------===//
// One kernel
//===----------------------------------------------------------------------===//

/// Finds what the outputs need. Scalars are numbered in the order of the ops
/// that use them.
void RateOutliner::collect() {
  SmallVector<Value> worklist, read;
  auto visit = [&](Value value) {
    if (made.contains(value) || isInMemory(value)) {
      if (isKernelRate(getRate(value)))
        read.push_back(value);
    } else if (isKernelRate(getRate(value)) && !isConstant(value)) {
      worklist.push_back(value);
    }
  };
  for (const Output &output : outputs)
    visit(output.value);
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (ops.insert(op).second)
      llvm::for_each(op->getOperands(), visit);
  }
  // Arguments in the order of the signature, then the rest.
  auto getKey = [](Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument ? argument.getArgNumber() : ~0u;
  };
  llvm::stable_sort(read,
                    [&](Value a, Value b) { return getKey(a) < getKey(b); });
  streams.insert(read.begin(), read.end());
  auto addScalar = [&](Value value) {
    if (isScalarRate(getRate(value)) && !isConstant(value))
      scalars.insert(value);
  };
  for (Operation &op : block) {
    if (!ops.contains(&op))
      continue;
    llvm::for_each(op.getOperands(), addScalar);
    if (auto random = dyn_cast<RandomOp>(op))
      randomIds.insert(random.getId());
  }
  for (const Output &output : outputs)
    addScalar(output.value);
}

/// The copy of a value inside the kernel, at the rate of `type`.
Value RateOutliner::materialize(OpBuilder &builder, IRMapping &mapping,
                                Value value, Type type) {
  if (isConstant(value) && !mapping.contains(value))
    builder.clone(*value.getDefiningOp(), mapping);
  Value copy = mapping.lookup(value);
  if (copy.getType() == type)
    return copy;
  auto broadcast =
      BroadcastOp::create(builder, value.getLoc(), copy, getRate(type));
  return broadcast;
}

KernelOp RateOutliner::run(unsigned stage) {
  collect();
  Location loc = block.getTerminator()->getLoc();
  OpBuilder builder(position);
  SmallVector<Value> results, operands;
  SmallVector<Type> types;
  for (const Output &output : outputs) {
    results.push_back(output.value);
    types.push_back(output.type);
  }
  for (Value stream : streams) {
    Value result = made.lookup(stream);
    operands.push_back(result ? result : stream);
  }
  Location named = nameLocation(loc, getValueNames(results));
  auto kernel = KernelOp::create(
      builder, named, types, int32_t(stage), operands, scalars.getArrayRef(),
      SmallVector<int32_t>(randomIds.begin(), randomIds.end()));

  SmallVector<Type> argumentTypes;
  SmallVector<Location> argumentLocs;
  IRMapping mapping;
  for (Value operand : kernel.getOperands()) {
    argumentTypes.push_back(operand.getType());
    argumentLocs.push_back(nameLocation(loc, {getValueName(operand)}));
  }
  Block *body =
      builder.createBlock(&kernel.getBody(), {}, argumentTypes, argumentLocs);
  for (auto [i, stream] : llvm::enumerate(streams))
    mapping.map(stream, body->getArgument(i));
  for (auto [i, scalar] : llvm::enumerate(scalars))
    mapping.map(scalar, body->getArgument(streams.size() + i));
  for (Operation &op : block) {
    if (!ops.contains(&op))
      continue;
    for (Value operand : op.getOperands())
      materialize(builder, mapping, operand, operand.getType());
    builder.clone(op, mapping);
  }
  SmallVector<Value> yielded;
  for (const Output &output : outputs) {
    Value copy = materialize(builder, mapping, output.value, output.type);
    yielded.push_back(copy);
  }
  YieldOp::create(builder, loc, yielded);
  return kernel;
}

//===----------------------------------------------------------------------===//
// All kernels of a phase
//===----------------------------------------------------------------------===//

/// Finds the slices that element ops read. A predicate per slice is not stored:
/// the element kernel computes it again.
void PhaseOutliner::collectSlices() {
  SmallVector<Value> worklist;
  DenseSet<Value> seen;
  auto visit = [&](Value value) {
    if (!isKernelRate(getRate(value)) || isConstant(value) ||
        made.contains(value))
      return;
    if (isInMemory(value))
      read.insert(value);
    else if (isSliceRate(getRate(value)) &&
             !cast<RatedType>(value.getType()).isPredicate())
      crossing.insert(value);
    else if (seen.insert(value).second)
      worklist.push_back(value);
  };
  for (const Sink &sink : sinks)
    if (getRate(sink.type) == Rate::Element)
      visit(sink.operand->get());
  while (!worklist.empty())
    llvm::for_each(worklist.pop_back_val().getDefiningOp()->getOperands(),
                   visit);
}

KernelOp PhaseOutliner::outline(ArrayRef<Output> outputs) {
  KernelOp kernel = RateOutliner(block, position, outputs, made).run(stage);
  kernels.push_back(kernel);
  return kernel;
}

/// One kernel for what is needed per row (column, block): by element kernels,
/// reductions and stores.
void PhaseOutliner::outlineSlices(Rate rate) {
  SmallVector<Output> outputs;
  DenseMap<std::pair<Value, Type>, unsigned> numbers;
  auto add = [&](Value value, Type type) {
    auto [position, isNew] = numbers.try_emplace({value, type}, outputs.size());
    if (isNew)
      outputs.push_back({value, type});
    return position->second;
  };
  SmallVector<std::pair<Sink *, unsigned>> produced;
  for (Value value : crossing)
    if (getRate(value) == rate)
      add(value, value.getType());
  for (Sink &sink : sinks)
    if (getRate(sink.type) == rate)
      produced.push_back({&sink, add(sink.operand->get(), sink.type)});
  if (outputs.empty())
    return;
  KernelOp kernel = outline(outputs);
  for (Value value : crossing)
    if (getRate(value) == rate)
      made[value] = kernel.getResult(numbers.lookup({value, value.getType()}));
  for (auto [sink, number] : produced)
    sink->operand->set(kernel.getResult(number));
}

/// Element kernels, one per class of cuts; stores come with the last.
void PhaseOutliner::outlineElements() {
  SmallVector<Cut> classes;
  for (Cut cut : {Cut::Lines, Cut::Blocks, Cut::Granules})
    if (llvm::any_of(sinks, [&](const Sink &sink) {
          return getRate(sink.type) == Rate::Element && sink.cut == cut;
        }))
      classes.push_back(cut);
  if (classes.empty())
    classes.push_back(Cut::Anywhere);
  for (Cut cut : classes) {
    SmallVector<Output> outputs;
    SmallVector<std::pair<Sink *, unsigned>> produced;
    DenseMap<std::pair<Value, Type>, unsigned> numbers;
    for (Sink &sink : sinks) {
      bool isStore = sink.cut == Cut::Anywhere;
      if (getRate(sink.type) != Rate::Element ||
          !(isStore ? cut == classes.back() : sink.cut == cut))
        continue;
      // What is stored may be rounded to its format: a result of its own.
      unsigned number = outputs.size();
      if (!isStore)
        number = numbers.try_emplace({sink.operand->get(), sink.type}, number)
                     .first->second;
      if (number == outputs.size())
        outputs.push_back({sink.operand->get(), sink.type});
      produced.push_back({&sink, number});
    }
    if (outputs.empty())
      continue;
    KernelOp kernel = outline(outputs);
    // Kernels of the same body that cut tensors differently are not the same.
    if (classes.size() > 1)
      kernel->setAttr(KernelOp::cutAttrName,
                      StringAttr::get(kernel.getContext(), stringifyCut(cut)));
    for (auto [sink, number] : produced)
      sink->operand->set(kernel.getResult(number));
  }
}

/// A new slice whose old value element kernels have yet to read is copied to
/// its place after them.
void PhaseOutliner::copySlices(Rate rate) {
  SmallVector<Output> outputs;
  SmallVector<Sink *> copied;
  for (Sink &sink : sinks)
    if (sink.target && getRate(sink.type) == rate &&
        read.contains(sink.target)) {
      outputs.push_back({sink.operand->get(), sink.type});
      copied.push_back(&sink);
    }
  if (outputs.empty())
    return;
  KernelOp kernel = outline(outputs);
  for (auto [sink, result] : llvm::zip(copied, kernel.getResults()))
    sink->operand->set(result);
}

SmallVector<KernelOp> PhaseOutliner::run() {
  for (Sink &sink : sinks)
    sink.original = sink.operand->get();
  collectSlices();
  for (Rate rate : {Rate::Row, Rate::Col, Rate::Block})
    outlineSlices(rate);
  outlineElements();
  for (Rate rate : {Rate::Row, Rate::Col, Rate::Block})
    copySlices(rate);
  return kernels;
}

SmallVector<KernelOp>
optim::outlineKernels(Block &block, Operation *position,
                      MutableArrayRef<Sink> sinks,
                      const DenseMap<Value, Value> &stored, unsigned stage) {
  return PhaseOutliner(block, position, sinks, stored, stage).run();
}
