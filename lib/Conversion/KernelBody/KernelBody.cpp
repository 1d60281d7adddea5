//===- KernelBody.cpp - the body of a kernel in loops -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/KernelBody.h"

#include "optimc/Conversion/RandomHash.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

Value optimc::matchNaNSelect(Value value) {
  auto select = value.getDefiningOp<arith::SelectOp>();
  if (!select)
    return Value();
  auto test = select.getCondition().getDefiningOp<arith::CmpFOp>();
  bool isTest = test && test.getPredicate() == arith::CmpFPredicate::UNO &&
                test.getLhs() == test.getRhs();
  return isTest ? test.getLhs() : Value();
}

KernelBody::KernelBody(const ProgramLayout &layout, const EntryLayout &entry,
                       const PhaseLayout &phase, int64_t width,
                       OpBuilder &builder)
    : layout(layout), entry(entry), phase(phase), kernel(phase.kernel),
      builder(builder), loc(builder.getUnknownLoc()), width(width) {
  CommitOp commit = entry.commit;
  loc = kernel ? kernel.getLoc() : commit.getLoc();
  if (kernel)
    body = &kernel.getBody().front();
  findStreams();
}

//===----------------------------------------------------------------------===//
// What the body needs
//===----------------------------------------------------------------------===//

void KernelBody::findStreams() {
  for (const ElementWrite &write : phase.writes) {
    writes |= uint64_t(1) << write.stream;
    if (std::optional<unsigned> source = layout.getStream(write.source))
      reads |= uint64_t(1) << *source;
  }
  for (auto [i, stream] : llvm::enumerate(phase.streams))
    if (!body->getArgument(i).use_empty())
      reads |= uint64_t(1) << stream;
}

StorageAttr KernelBody::getFormat(unsigned stream) const {
  OptimizerOp optimizer = layout.op;
  if (std::optional<unsigned> argument = layout.streams[stream].argument)
    return optimizer.getStorage(*argument);
  return StorageAttr::get(builder.getContext(), builder.getStringAttr(""),
                          StorageFormat::F32, /*isUnsigned=*/false,
                          /*draw=*/-1);
}

Type KernelBody::getMemoryType(unsigned stream) const {
  StorageAttr storage = getFormat(stream);
  if (storage.getFormat() == StorageFormat::F32)
    return builder.getF32Type();
  return builder.getIntegerType(storage.getBits());
}

bool KernelBody::isContiguous(unsigned i) const {
  Rate rate = layout.streams[i].rate;
  return rate == phase.domain || rate == Rate::Col;
}

bool KernelBody::usesRate(Rate rate) const {
  if (phase.domain != Rate::Element)
    return false;
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i)
    if ((reads >> i & 1) && layout.streams[i].rate == rate)
      return true;
  return false;
}

bool KernelBody::usesSlices() const {
  return usesRate(Rate::Row) || usesRate(Rate::Col) || usesRate(Rate::Block);
}

bool KernelBody::usesBlockScales() const {
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i)
    if (isUsed(i) && getFormat(i).isBlockScaled())
      return true;
  return false;
}

bool KernelBody::takesWholeBlocks() const {
  return usesBlockScales() && !reducesTo(Rate::Row) && !reducesTo(Rate::Col) &&
         !reducesTo(Rate::Block);
}

bool KernelBody::reducesTo(Rate rate) const {
  return llvm::any_of(phase.reductions, [&](const PartialReduction &partial) {
    ReduceOp reduce = entry.reductions[partial.reduction].op;
    return reduce.getRate() == rate;
  });
}

LogicalResult KernelBody::checkFormats(StringRef pass) {
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i)
    if (((reads | writes) >> i & 1) &&
        getFormat(i).getFormat() != StorageFormat::F32 &&
        !(kernel && kernel.isStored()))
      return emitError(loc) << "'" << layout.streams[i].name
                            << "' is stored as " << getFormat(i).getText()
                            << "; run optim-expand-storage before " << pass;
  return success();
}

LogicalResult KernelBody::analyze(StringRef pass) {
  if (failed(checkFormats(pass)))
    return failure();
  if (!body)
    return success();
  unsigned numStreams = phase.streams.size();
  unsigned index = numStreams + kernel.getScalars().size();
  unsigned firstAux = kernel.getAuxArgument(0);
  for (BlockArgument argument : body->getArguments()) {
    unsigned number = argument.getArgNumber();
    Level level = Level::Run;
    if (number < numStreams)
      level = isContiguous(phase.streams[number]) || takesWholeBlocks()
                  ? Level::Element
                  : Level::Segment;
    else if (number >= firstAux ||
             (number == index && !kernel.getRandomIds().empty()))
      level = Level::Element;
    levels[argument] = level;
  }
  for (Operation &op : body->without_terminator()) {
    bool isConstant = op.hasTrait<OpTrait::ConstantLike>();
    if (!isConstant &&
        (!OpTrait::hasElementwiseMappableTraits(&op) ||
         op.getNumRegions() != 0) &&
        !isa<BlockMaxOp>(op))
      return op.emitOpError("is not elementwise; run optim-to-arith before ")
             << pass;
    // A maximum is known after the first loop only, whatever its operand.
    Level level = isa<BlockMaxOp>(op) ? Level::Element : Level::Run;
    for (Value operand : op.getOperands())
      level = std::max(level, getLevel(operand));
    for (Value result : op.getResults())
      levels[result] = level;
  }
  return checkBlocks();
}

/// Partial results of rows and blocks of the caller's length cut the tensor
/// where they end: no block with one exponent is whole there. What is not
/// lossless is stored in the last phase, which has no such results.
LogicalResult KernelBody::checkBlocks() {
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i)
    if ((writes >> i & 1) && getFormat(i).isBlockScaled() &&
        !takesWholeBlocks())
      return emitError(loc)
             << "'" << layout.streams[i].name << "' is stored as "
             << getFormat(i).getText()
             << ", in blocks of 256, by a kernel that reduces to rows, columns "
                "or blocks, which cut them; run optim-set-storage before "
                "optim-make-kernels, which then stores it in a later kernel";
  return success();
}

Value KernelBody::getYielded(const ElementWrite &write) {
  auto result = dyn_cast<OpResult>(write.source);
  if (result && result.getOwner() == kernel)
    return body->getTerminator()->getOperand(result.getResultNumber());
  return write.source;
}

Value KernelBody::getYieldedAux(const ElementWrite &write) {
  if (!getFormat(write.stream).hasAux())
    return {};
  unsigned number = cast<OpResult>(write.source).getResultNumber();
  return body->getTerminator()->getOperand(kernel.getAuxYield(number));
}

//===----------------------------------------------------------------------===//
// Index arithmetic
//===----------------------------------------------------------------------===//

Value KernelBody::add(Value a, Value b) {
  return arith::AddIOp::create(builder, loc, a, b);
}

Value KernelBody::subtract(Value a, Value b) {
  return arith::SubIOp::create(builder, loc, a, b);
}

Value KernelBody::multiply(Value a, Value b) {
  return arith::MulIOp::create(builder, loc, a, b);
}

Value KernelBody::divide(Value a, Value b) {
  return arith::DivUIOp::create(builder, loc, a, b);
}

Value KernelBody::least(Value a, Value b) {
  return arith::MinSIOp::create(builder, loc, a, b);
}

/// a mod 2^bits.
Value KernelBody::lowBits(Value a, int64_t modulus) {
  Value mask = constant(modulus - 1);
  return arith::AndIOp::create(builder, loc, a, mask);
}

Value KernelBody::divideUp(Value a, int64_t by) {
  Value round = constant(by - 1), divisor = constant(by);
  Value rounded = add(a, round);
  return divide(rounded, divisor);
}

Value KernelBody::isZero(Value a) {
  Value zero = constant(0);
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, a, zero);
}

Value KernelBody::constant(int64_t value, unsigned bits) {
  return arith::ConstantOp::create(
      builder, loc,
      builder.getIntegerAttr(builder.getIntegerType(bits), value));
}

//===----------------------------------------------------------------------===//
// Once per run
//===----------------------------------------------------------------------===//

void KernelBody::mapKeys(Value globalFirst, Value key) {
  if (!body || kernel.getRandomIds().empty())
    return;
  firstIndex =
      arith::TruncIOp::create(builder, loc, builder.getI32Type(), globalFirst);
  Value half = constant(32);
  Value high = arith::ShRUIOp::create(builder, loc, globalFirst, half);
  unsigned argument = getIndexArgument().getArgNumber() + 1;
  for (int32_t id : kernel.getRandomIds()) {
    RandomKeys keys = emitRandomKeys(builder, loc, key, id, high);
    scalars.map(body->getArgument(argument++), keys.k0);
    scalars.map(body->getArgument(argument++), keys.k1);
  }
}

void KernelBody::mapScalars(function_ref<Value(unsigned slot)> load) {
  auto getSlot = [&](Value scalar) {
    return entry.scalars.lookup(lookThroughBroadcasts(scalar));
  };
  if (body) {
    unsigned first = kernel.getStreams().size();
    for (auto [i, operand] : llvm::enumerate(kernel.getScalars())) {
      BlockArgument argument = body->getArgument(first + i);
      if (argument.use_empty())
        continue;
      Value scalar = load(getSlot(operand));
      if (argument.getType().isInteger(1)) {
        Value zero =
            arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0));
        scalar = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNE,
                                       scalar, zero);
      }
      scalars.map(argument, scalar);
    }
  }
  for (const ElementWrite &write : phase.writes) {
    if (scalars.contains(write.source))
      continue;
    if (auto constant = write.source.getDefiningOp<ConstantOp>()) {
      // One rounding, where the scalar meets an element.
      auto attr = builder.getF32FloatAttr(
          static_cast<float>(constant.getValue().getValue()));
      Value number = arith::ConstantOp::create(builder, loc, attr);
      scalars.map(write.source, number);
    } else if (entry.scalars.contains(write.source)) {
      Value scalar = load(getSlot(write.source));
      scalars.map(write.source, scalar);
    }
  }
}

/// Whatever does not depend on the element is computed once per run or segment.
void KernelBody::compute(Level level) {
  if (!body)
    return;
  for (Operation &op : body->without_terminator())
    if (op.getNumResults() != 0 && getLevel(op.getResult(0)) == level)
      builder.clone(op, scalars);
}

Value KernelBody::anyCondition(function_ref<bool(Operation &)> counts) {
  if (!body)
    return Value();
  llvm::SetVector<Value> conditions;
  for (Operation &op : body->without_terminator())
    if (counts(op))
      conditions.insert(
          scalars.lookupOrDefault(cast<arith::SelectOp>(op).getCondition()));
  Value any;
  for (Value condition : conditions)
    any = any ? Value(arith::OrIOp::create(builder, loc, any, condition))
              : condition;
  return any;
}

//===----------------------------------------------------------------------===//
// Per element
//===----------------------------------------------------------------------===//

Type KernelBody::widen(Type type, bool vector) const {
  return vector ? Type(VectorType::get({width}, type)) : type;
}

BlockArgument KernelBody::getIndexArgument() const {
  KernelOp op = kernel;
  if (!body || op.getRandomIds().empty())
    return {};
  return body->getArgument(op.getStreams().size() + op.getScalars().size());
}

Value KernelBody::elementIndex(Value number, bool vector) {
  Value first = arith::AddIOp::create(builder, loc, firstIndex, number);
  return vector ? spreadLanes({first, 1}) : first;
}

Value KernelBody::spreadLanes(Progression progression) {
  auto type = cast<VectorType>(widen(builder.getI32Type(), true));
  SmallVector<int32_t> lanes(width);
  for (auto [i, lane] : llvm::enumerate(lanes))
    lane = static_cast<int32_t>(i * progression.step);
  Value steps = arith::ConstantOp::create(
      builder, loc, DenseIntElementsAttr::get(type, lanes));
  Value base =
      vector::BroadcastOp::create(builder, loc, type, progression.base);
  Value vector = arith::AddIOp::create(builder, loc, base, steps);
  progressions[vector] = progression;
  return vector;
}

/// Multiples of an element's index, and sums with scalars, are computed once
/// per vector: vector multiplication of integers is slow. Null for other ops.
Value KernelBody::cloneProgression(Operation &op, IRMapping &varying) {
  bool isSum = isa<arith::AddIOp>(op);
  if (!isSum && !isa<arith::MulIOp>(op))
    return Value();
  auto known = progressions.find(varying.lookupOrNull(op.getOperand(0)));
  Value other = op.getOperand(1);
  APInt factor;
  if (known == progressions.end() || !isUniform(other) ||
      (!isSum && !matchPattern(other, m_ConstantInt(&factor))))
    return Value();
  Progression next = known->second;
  Value scalar = scalars.lookupOrDefault(other);
  next.base = isSum ? add(next.base, scalar) : multiply(next.base, scalar);
  if (!isSum)
    next.step *= static_cast<uint32_t>(factor.getZExtValue());
  return spreadLanes(next);
}

Value KernelBody::getClone(Value value, bool vector, IRMapping &varying) {
  if (Value computed = varying.lookupOrNull(value))
    return computed;
  Value scalar = scalars.lookupOrDefault(value);
  return vector ? broadcast(scalar) : scalar;
}

void KernelBody::cloneOp(Operation &op, bool vector, IRMapping &varying) {
  if (Value result = vector ? cloneProgression(op, varying) : Value()) {
    varying.map(op.getResult(0), result);
    return;
  }
  OperationState state(op.getLoc(), op.getName());
  for (Value operand : op.getOperands())
    state.operands.push_back(getClone(operand, vector, varying));
  for (Type result : op.getResultTypes())
    state.types.push_back(widen(result, vector));
  state.attributes = op.getDiscardableAttrDictionary();
  state.propertiesAttr = op.getPropertiesAsAttribute();
  Operation *clone = builder.create(state);
  varying.map(op.getResults(), clone->getResults());
}
