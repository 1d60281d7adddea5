//===- ScalarFunctions.cpp - host values as functions -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/ScalarFunctions.h"

#include "optimc-c/Program.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include <cstddef>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

namespace {
class ScalarFunctionBuilder {
public:
  ScalarFunctionBuilder(const ProgramLayout &layout, const EntryLayout &entry,
                        ScalarFunctionKey key, OpBuilder &builder)
      : layout(layout), entry(entry), key(key), rate(key.rate),
        builder(builder), loc(entry.block->getTerminator()->getLoc()) {}

  bool isNeeded() const;
  void emit(ScalarArgs where);
  LLVM::LLVMFuncOp build();

private:
  /// Whether this function writes `value` into the frames.
  bool isOurs(Value value) const {
    return !value.getDefiningOp<ReduceOp>() &&
           getScalarFunctionKey(value) == key;
  }
  Value read(Value value);
  Value readSource(Value value);
  void inlineHost(HostOp host);
  void writeFrames();
  void writePredicates();
  void writeStates();
  bool writesState(Value target, Value value) const;
  bool writesClock() const;

  Value frame(size_t offset);
  Value address(Value base, Type type, unsigned index);
  Value load(Value base, Type type, unsigned index);
  void store(Value value, Value base, unsigned index);
  Value constant(double value);
  Value asNumber(Value value);

  const ProgramLayout &layout;
  const EntryLayout &entry;
  ScalarFunctionKey key;
  Rate rate;
  OpBuilder &builder;
  Location loc;
  ScalarArgs args;
  IRMapping known;

  Type getPointer() const {
    return LLVM::LLVMPointerType::get(builder.getContext(), args.addressSpace);
  }
};
} // namespace

bool ScalarFunctionBuilder::isNeeded() const {
  auto ours = [&](const auto &slot) { return isOurs(slot.first); };
  if (rate == Rate::Group && writesClock())
    return true;
  if (llvm::any_of(entry.values, ours) || llvm::any_of(entry.scalars, ours) ||
      llvm::any_of(entry.predicates, [&](Value p) { return isOurs(p); }))
    return true;
  CommitOp commit = entry.commit;
  return llvm::any_of(
      llvm::zip(commit.getTargets(), commit.getValues()), [&](auto pair) {
        return writesState(std::get<0>(pair), std::get<1>(pair));
      });
}

bool ScalarFunctionBuilder::writesState(Value target, Value value) const {
  const ScalarStateLayout *state = layout.getState(target);
  return state && state->rate == rate &&
         getScalarFunctionKey(lookThroughBroadcasts(value)).stage == key.stage;
}

/// The step counts, unless `commit` says otherwise; entries do not.
bool ScalarFunctionBuilder::writesClock() const {
  CommitOp commit = entry.commit;
  if (!entry.isStep() || rate != Rate::Group)
    return false;
  if (!commit.getClock())
    return key.stage == 0;
  return getScalarFunctionKey(lookThroughBroadcasts(commit.getClock())).stage ==
         key.stage;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// One of the pointers of optimc_scalar_args.
Value ScalarFunctionBuilder::frame(size_t offset) {
  Value slot = address(args.address, builder.getI8Type(), offset);
  return LLVM::LoadOp::create(builder, loc, getPointer(), slot);
}

Value ScalarFunctionBuilder::address(Value base, Type type, unsigned index) {
  LLVM::GEPArg position = static_cast<int32_t>(index);
  return LLVM::GEPOp::create(builder, loc, getPointer(), type, base,
                             ArrayRef<LLVM::GEPArg>(position));
}

Value ScalarFunctionBuilder::load(Value base, Type type, unsigned index) {
  Value place = address(base, type, index);
  return LLVM::LoadOp::create(builder, loc, type, place);
}

void ScalarFunctionBuilder::store(Value value, Value base, unsigned index) {
  Value place = address(base, value.getType(), index);
  LLVM::StoreOp::create(builder, loc, value, place);
}

Value ScalarFunctionBuilder::constant(double value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getF64FloatAttr(value));
}

/// A truth value is 1 or 0 in a frame.
Value ScalarFunctionBuilder::asNumber(Value value) {
  if (!value.getType().isInteger(1))
    return value;
  Value one = constant(1), zero = constant(0);
  return arith::SelectOp::create(builder, loc, value, one, zero);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Value ScalarFunctionBuilder::read(Value value) {
  value = lookThroughBroadcasts(value);
  if (Value there = known.lookupOrNull(value))
    return there;
  Value loaded = readSource(value);
  known.map(value, loaded);
  return loaded;
}

Value ScalarFunctionBuilder::readSource(Value value) {
  Type f64 = builder.getF64Type();
  if (auto number = value.getDefiningOp<ConstantOp>())
    return constant(number.getValue().getValue());
  if (auto truth = value.getDefiningOp<TruthOp>())
    return arith::ConstantOp::create(builder, loc,
                                     builder.getBoolAttr(truth.getValue()));
  if (std::optional<unsigned> hyper = layout.getHyper(value);
      hyper && rate >= Rate::Group)
    return load(frame(offsetof(optimc_scalar_args, hyper)), f64, *hyper);
  if (std::optional<unsigned> input = layout.getInput(value))
    return load(frame(offsetof(optimc_scalar_args, values)), f64, *input);
  if (auto test = value.getDefiningOp<RankOp>()) {
    Type i64 = builder.getI64Type();
    Value place = address(args.address, builder.getI8Type(), args.rankOffset);
    Value rank = LLVM::LoadOp::create(builder, loc, i64, place);
    Value wanted = arith::ConstantOp::create(
        builder, loc, builder.getI64IntegerAttr(test.getMinRank()));
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge, rank,
                                 wanted);
  }
  if (isDirectlyReadable(layout, value, key)) {
    Value states = frame(offsetof(optimc_scalar_args, state));
    if (const ScalarStateLayout *state = layout.getState(value))
      return load(states, f64, state->index);
    // `t`: the number of this step; entries do not count.
    Value taken = load(states, f64, 0);
    if (!entry.isStep())
      return taken;
    Value one = constant(1);
    return arith::AddFOp::create(builder, loc, taken, one);
  }
  Value number = load(frame(offsetof(optimc_scalar_args, values)), f64,
                      entry.values.lookup(value));
  if (!cast<RatedType>(value.getType()).isPredicate())
    return number;
  Value zero = constant(0);
  return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNE, number,
                               zero);
}

void ScalarFunctionBuilder::inlineHost(HostOp host) {
  Block &body = host.getBody().front();
  IRMapping mapping;
  for (auto [operand, argument] :
       llvm::zip(host.getInputs(), body.getArguments())) {
    Value value = read(operand);
    mapping.map(argument, value);
  }
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping);
  for (auto [result, yielded] :
       llvm::zip(host.getResults(), body.getTerminator()->getOperands()))
    known.map(result, mapping.lookup(yielded));
}

void ScalarFunctionBuilder::writeFrames() {
  Value values, scalars;
  for (auto [value, slot] : entry.values) {
    if (!isOurs(value))
      continue;
    Value number = asNumber(read(value));
    if (!values)
      values = frame(offsetof(optimc_scalar_args, values));
    store(number, values, slot);
  }
  for (auto [value, slot] : entry.scalars) {
    if (!isOurs(value))
      continue;
    Value number = asNumber(read(value));
    if (!scalars)
      scalars = frame(offsetof(optimc_scalar_args, scalars));
    // The one rounding of a scalar that meets elements.
    Value rounded =
        arith::TruncFOp::create(builder, loc, builder.getF32Type(), number);
    store(rounded, scalars, slot);
  }
}

void ScalarFunctionBuilder::writePredicates() {
  uint64_t ours = 0;
  Value bits;
  Type i64 = builder.getI64Type();
  auto word = [&](uint64_t value) -> Value {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI64IntegerAttr(int64_t(value)));
  };
  for (auto [i, predicate] : llvm::enumerate(entry.predicates)) {
    Value source = lookThroughBroadcasts(predicate);
    if (!isOurs(source))
      continue;
    ours |= uint64_t(1) << i;
    Value set = word(uint64_t(1) << i), clear = word(0);
    Value truth = read(source);
    Value bit = arith::SelectOp::create(builder, loc, truth, set, clear);
    if (bits)
      bits = arith::OrIOp::create(builder, loc, bits, bit);
    else
      bits = bit;
  }
  if (!bits)
    return;
  Value place = frame(offsetof(optimc_scalar_args, predicates));
  Value old = load(place, i64, 0);
  Value others = word(~ours);
  Value kept = arith::AndIOp::create(builder, loc, old, others);
  Value all = arith::OrIOp::create(builder, loc, kept, bits);
  store(all, place, 0);
}

void ScalarFunctionBuilder::writeStates() {
  Value next;
  auto write = [&](Value number, unsigned index) {
    if (!next)
      next = frame(offsetof(optimc_scalar_args, next_state));
    store(number, next, index);
  };
  CommitOp commit = entry.commit;
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues())) {
    if (writesState(target, value))
      write(read(value), layout.getState(target)->index);
  }
  if (!writesClock())
    return;
  if (commit.getClock()) {
    write(read(commit.getClock()), 0);
    return;
  }
  Value states = frame(offsetof(optimc_scalar_args, state));
  Value taken = load(states, builder.getF64Type(), 0);
  Value one = constant(1);
  Value count = arith::AddFOp::create(builder, loc, taken, one);
  write(count, 0);
}

void ScalarFunctionBuilder::emit(ScalarArgs where) {
  args = where;
  for (HostOp host : entry.hosts)
    if (std::max(host.getRate(), Rate::Model) == rate &&
        unsigned(host.getStage()) == key.stage)
      inlineHost(host);
  writeFrames();
  writePredicates();
  writeStates();
}

LLVM::LLVMFuncOp ScalarFunctionBuilder::build() {
  MLIRContext *context = builder.getContext();
  OptimizerOp optimizer = layout.op;
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(context), {LLVM::LLVMPointerType::get(context)});
  std::string name =
      (optimizer.getSymName() + "." + optimizer.getEntryName(entry.index) +
       "." + stringifyRate(rate))
          .str();
  if (key.stage)
    name += "." + std::to_string(key.stage);
  auto function = LLVM::LLVMFuncOp::create(builder, loc, name, type,
                                           LLVM::Linkage::Internal);
  function.setDsoLocal(true);
  OpBuilder::InsertionGuard guard(builder);
  Block *block = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  emit({function.getArgument(0), 0, offsetof(optimc_scalar_args, rank)});
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  return function;
}

SmallVector<ScalarFunctionKey>
optimc::getScalarFunctionKeys(const ProgramLayout &layout,
                              const EntryLayout &entry) {
  unsigned numStages = 1;
  for (HostOp host : entry.hosts)
    numStages = std::max(numStages, unsigned(host.getStage()) + 1);
  OpBuilder builder(entry.block->getParentOp()->getContext());
  SmallVector<ScalarFunctionKey> keys;
  for (unsigned stage = 0; stage != numStages; ++stage)
    for (Rate rate : {Rate::Model, Rate::Group, Rate::Tensor})
      if (ScalarFunctionBuilder(layout, entry, {rate, stage}, builder)
              .isNeeded())
        keys.push_back({rate, stage});
  return keys;
}

void optimc::emitScalarFunction(const ProgramLayout &layout,
                                const EntryLayout &entry, ScalarFunctionKey key,
                                ScalarArgs args, OpBuilder &builder) {
  ScalarFunctionBuilder(layout, entry, key, builder).emit(args);
}

SmallVector<ScalarFunction>
optimc::buildScalarFunctions(const ProgramLayout &layout,
                             const EntryLayout &entry, OpBuilder &builder) {
  SmallVector<ScalarFunction> functions;
  for (ScalarFunctionKey key : getScalarFunctionKeys(layout, entry)) {
    ScalarFunctionBuilder function(layout, entry, key, builder);
    functions.push_back({key, function.build()});
  }
  return functions;
}
