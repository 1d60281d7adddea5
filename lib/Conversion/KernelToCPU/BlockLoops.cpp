//===- BlockLoops.cpp - loops over blocks with one exponent -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The codes of a block wait for its largest magnitude. So there are two loops
// per block: the first computes, stores what needs no maximum and keeps the
// rest in a buffer of one block, which stays in the first-level cache; the
// second encodes. Values that are cheap to compute again, integer operations
// on what is kept, are not kept themselves.
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

//===----------------------------------------------------------------------===//
// What belongs to which loop
//===----------------------------------------------------------------------===//

bool KernelBuilder::readsBlocks() const {
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i)
    if ((reads >> i & 1) && getFormat(i).isBlockScaled())
      return true;
  return false;
}

/// A value of the first loop that the second one needs.
void KernelBuilder::spill(Value value) {
  if (isUniform(value) || perBlock.contains(value) || between.contains(value) ||
      late.contains(value))
    return;
  Operation *op = value.getDefiningOp();
  if (!op) {
    if (value != getIndexArgument())
      spilled.insert(value);
    return;
  }
  if (isa<FloatType>(value.getType())) {
    spilled.insert(value);
    return;
  }
  if (repeated.insert(op))
    for (Value operand : op->getOperands())
      spill(operand);
}

void KernelBuilder::planBlocks() {
  if (!body)
    return;
  for (unsigned i = 0, e = kernel.getStreams().size(); i != e; ++i)
    if (kernel.getStreamFormat(i).isBlockScaled())
      perBlock.insert(body->getArgument(kernel.getAuxArgument(i)));
  SmallVector<Operation *> lateOps;
  for (Operation &op : body->without_terminator()) {
    if (op.getNumResults() == 0 || isUniform(op.getResult(0)))
      continue;
    Value result = op.getResult(0);
    if (auto top = dyn_cast<BlockMaxOp>(op)) {
      blockMaxima.push_back(top);
      between.insert(result);
      continue;
    }
    bool isScalar = true, waits = false;
    for (Value operand : op.getOperands()) {
      isScalar &= isUniform(operand) || perBlock.contains(operand) ||
                  between.contains(operand);
      waits |= between.contains(operand) || late.contains(operand);
    }
    if (isScalar) {
      (waits ? between : perBlock).insert(result);
    } else if (waits) {
      late.insert(result);
      lateOps.push_back(&op);
    }
  }
  for (Operation *op : lateOps)
    llvm::for_each(op->getOperands(), [&](Value operand) { spill(operand); });
}

void KernelBuilder::allocateBuffers() {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  constexpr unsigned cacheLine = 64;
  for (Value value : spilled) {
    Value size = constant(BlockMaxOp::size);
    Value buffer = LLVM::AllocaOp::create(builder, loc, pointer,
                                          value.getType(), size, cacheLine);
    buffers.push_back(buffer);
  }
}

//===----------------------------------------------------------------------===//
// One block
//===----------------------------------------------------------------------===//

void KernelBuilder::loadExponents(Value block) {
  for (auto [i, stream] : llvm::enumerate(phase.streams)) {
    if (!getFormat(stream).isBlockScaled() || !(reads >> stream & 1))
      continue;
    Type half = builder.getI16Type();
    Value address = elementAddress(auxBases[stream], block, half);
    Value exponent = LLVM::LoadOp::create(builder, loc, half, address);
    scalars.map(body->getArgument(kernel.getAuxArgument(i)), exponent);
  }
  for (Operation &op : body->without_terminator())
    if (op.getNumResults() != 0 && perBlock.contains(op.getResult(0)))
      builder.clone(op, scalars);
}

/// Returns the largest magnitudes so far.
SmallVector<Value> KernelBuilder::buildFirstLoop(Value from, Value to,
                                                 bool vector,
                                                 ValueRange largest) {
  Value stride = constant(vector ? width : 1);
  auto loop = scf::ForOp::create(builder, loc, from, to, stride, largest);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  if (vector)
    vectorLoop = loop;
  Value index = loop.getInductionVar();
  IRMapping varying;
  loadStreams(index, vector, varying);
  for (Operation &op : body->without_terminator()) {
    if (op.getNumResults() == 0 || isa<BlockMaxOp>(op))
      continue;
    Value result = op.getResult(0);
    if (!isUniform(result) && !perBlock.contains(result) &&
        !between.contains(result) && !late.contains(result))
      cloneOp(op, vector, varying);
  }
  for (const ElementWrite &write : phase.writes)
    if (!getFormat(write.stream).isBlockScaled())
      storeStream(write, index, vector, varying);
  accumulate(index, vector, varying);
  Value offset = arith::SubIOp::create(builder, loc, index, blockBegin);
  for (auto [value, buffer] : llvm::zip(spilled, buffers)) {
    Value clone = getClone(value, vector, varying);
    Value address = elementAddress(buffer, offset, value.getType());
    LLVM::StoreOp::create(builder, loc, clone, address,
                          value.getType().getIntOrFloatBitWidth() / 8);
  }
  SmallVector<Value> next;
  for (auto [top, known] : llvm::zip(blockMaxima, loop.getRegionIterArgs())) {
    Value magnitude = getClone(top.getOperand(), vector, varying);
    Value larger = arith::MaxUIOp::create(builder, loc, known, magnitude);
    next.push_back(larger);
  }
  // Without values a loop has its terminator already.
  if (!next.empty())
    scf::YieldOp::create(builder, loc, next);
  return SmallVector<Value>(loop.getResults());
}

/// What follows from the maxima: once per block, with the new exponents.
void KernelBuilder::computeBetween(ValueRange largest, Value block) {
  for (auto [top, value] : llvm::zip(blockMaxima, largest))
    scalars.map(top.getResult(), value);
  for (Operation &op : body->without_terminator())
    if (op.getNumResults() != 0 && between.contains(op.getResult(0)) &&
        !isa<BlockMaxOp>(op))
      builder.clone(op, scalars);
  for (const ElementWrite &write : phase.writes) {
    if (!getFormat(write.stream).isBlockScaled())
      continue;
    Value exponent = scalars.lookup(getYieldedAux(write));
    Value address =
        elementAddress(auxBases[write.stream], block, builder.getI16Type());
    LLVM::StoreOp::create(builder, loc, exponent, address);
  }
}

void KernelBuilder::buildSecondLoop(Value from, Value to, bool vector) {
  Value stride = constant(vector ? width : 1);
  auto loop = scf::ForOp::create(builder, loc, from, to, stride);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  if (vector)
    vectorLoop = loop;
  Value index = loop.getInductionVar();
  IRMapping varying;
  Value offset = arith::SubIOp::create(builder, loc, index, blockBegin);
  for (auto [value, buffer] : llvm::zip(spilled, buffers)) {
    Value address = elementAddress(buffer, offset, value.getType());
    Value kept = LLVM::LoadOp::create(
        builder, loc, widen(value.getType(), vector), address,
        value.getType().getIntOrFloatBitWidth() / 8);
    varying.map(value, kept);
  }
  if (getIndexArgument()) {
    Value number =
        arith::TruncIOp::create(builder, loc, builder.getI32Type(), index);
    Value global = elementIndex(number, vector);
    varying.map(getIndexArgument(), global);
  }
  for (Operation &op : body->without_terminator())
    if (repeated.contains(&op) ||
        (op.getNumResults() != 0 && late.contains(op.getResult(0))))
      cloneOp(op, vector, varying);
  for (const ElementWrite &write : phase.writes)
    if (getFormat(write.stream).isBlockScaled())
      storeStream(write, index, vector, varying);
}

void KernelBuilder::buildBlock(Value begin, Value end) {
  blockBegin = begin;
  Value size = constant(BlockMaxOp::size), mask = constant(-width);
  Value block = arith::DivUIOp::create(builder, loc, begin, size);
  Value count = arith::SubIOp::create(builder, loc, end, begin);
  Value rounded = arith::AndIOp::create(builder, loc, count, mask);
  Value whole = arith::AddIOp::create(builder, loc, begin, rounded);
  loadExponents(block);

  auto wide = cast<VectorType>(widen(builder.getI32Type(), true));
  Value zeros =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(wide));
  SmallVector<Value> lanes =
      buildFirstLoop(begin, whole, /*vector=*/true,
                     SmallVector<Value>(blockMaxima.size(), zeros));
  SmallVector<Value> largest;
  for (Value lane : lanes) {
    Value top = vector::ReductionOp::create(builder, loc,
                                            vector::CombiningKind::MAXUI, lane);
    largest.push_back(top);
  }
  largest = buildFirstLoop(whole, end, /*vector=*/false, largest);
  if (blockMaxima.empty())
    return;
  computeBetween(largest, block);
  buildSecondLoop(begin, whole, /*vector=*/true);
  buildSecondLoop(whole, end, /*vector=*/false);
}

void KernelBuilder::buildBlocks(Value count) {
  Value zero = constant(0), size = constant(BlockMaxOp::size);
  auto loop = scf::ForOp::create(builder, loc, zero, count, size);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value begin = loop.getInductionVar();
  Value full = arith::AddIOp::create(builder, loc, begin, size);
  Value end = arith::MinSIOp::create(builder, loc, full, count);
  buildBlock(begin, end);
}
