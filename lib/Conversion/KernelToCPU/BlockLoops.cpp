//===- BlockLoops.cpp - loops over blocks with one exponent -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two loops per block: the early part of BlockPlan.cpp, and the late one once
// the maximum is known. Between whole blocks the late loop of one is the early
// loop of the next, so that divisions go on while a maximum is being found.
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static constexpr int64_t blockSize = BlockMaxOp::size;

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

void KernelBuilder::allocateBuffers() {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  constexpr unsigned cacheLine = 64;
  for (Value value : spilled) {
    Value size = constant(2 * blockSize);
    Value buffer = LLVM::AllocaOp::create(builder, loc, pointer,
                                          value.getType(), size, cacheLine);
    buffers.push_back(buffer);
  }
}

/// Where element 0 would be of what is kept of the block at `begin`: two blocks
/// take turns.
SmallVector<Value> KernelBuilder::placeBuffers(Value begin) {
  Value mask = constant(blockSize);
  Value half = arith::AndIOp::create(builder, loc, begin, mask);
  Value distance = subtract(half, begin);
  SmallVector<Value> places;
  for (auto [value, buffer] : llvm::zip(spilled, buffers))
    places.push_back(elementAddress(buffer, distance, value.getType()));
  return places;
}

//===----------------------------------------------------------------------===//
// Once per block
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

/// NaNs are rare: where a maximum tells of one, they are replaced in the
/// buffer, and the late part need not look for them.
void KernelBuilder::quietNaNs(ValueRange largest, Value begin, Value end,
                              ValueRange places) {
  if (quieted.empty())
    return;
  constexpr int64_t infinity = 0x7F800000;
  Value limit = constant(infinity, 32), any;
  for (Value magnitude : largest) {
    Value isNaN = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ugt,
                                        magnitude, limit);
    any = any ? Value(arith::OrIOp::create(builder, loc, any, isNaN)) : isNaN;
  }
  auto branch = scf::IfOp::create(builder, loc, any, /*hasElse=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  Value one = constant(1);
  auto loop = scf::ForOp::create(builder, loc, begin, end, one);
  builder.setInsertionPointToStart(loop.getBody());
  Type f32 = builder.getF32Type();
  Value quiet = arith::ConstantOp::create(
      builder, loc,
      builder.getFloatAttr(
          f32, llvm::APFloat::getQNaN(llvm::APFloat::IEEEsingle())));
  for (auto [value, place] : llvm::zip(spilled, places)) {
    if (value.getType() != f32)
      continue;
    Value address = elementAddress(place, loop.getInductionVar(), f32);
    Value number = LLVM::LoadOp::create(builder, loc, f32, address);
    Value isNaN = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNO,
                                        number, number);
    Value kept = arith::SelectOp::create(builder, loc, isNaN, quiet, number);
    LLVM::StoreOp::create(builder, loc, kept, address);
  }
}

//===----------------------------------------------------------------------===//
// Per element
//===----------------------------------------------------------------------===//

/// Returns the largest magnitudes so far.
SmallVector<Value> KernelBuilder::emitEarly(Value index, bool vector,
                                            ValueRange places,
                                            ValueRange known) {
  IRMapping varying;
  loadStreams(index, vector, varying, earlyReads, /*isFirst=*/true);
  for (Operation &op : body->without_terminator())
    if (early.contains(&op))
      cloneOp(op, vector, varying);
  for (auto [value, place] : llvm::zip(spilled, places)) {
    Value clone = getClone(value, vector, varying);
    Value address = elementAddress(place, index, value.getType());
    LLVM::StoreOp::create(builder, loc, clone, address,
                          value.getType().getIntOrFloatBitWidth() / 8);
  }
  SmallVector<Value> largest;
  for (auto [top, smaller] : llvm::zip(blockMaxima, known)) {
    Value magnitude = getClone(top.getOperand(), vector, varying);
    Value larger = arith::MaxUIOp::create(builder, loc, smaller, magnitude);
    largest.push_back(larger);
  }
  return largest;
}

void KernelBuilder::emitLate(Value index, bool vector, ValueRange places) {
  IRMapping varying;
  loadStreams(index, vector, varying, lateReads, /*isFirst=*/false);
  for (auto [value, place] : llvm::zip(spilled, places)) {
    Value address = elementAddress(place, index, value.getType());
    Value kept = LLVM::LoadOp::create(
        builder, loc, widen(value.getType(), vector), address,
        value.getType().getIntOrFloatBitWidth() / 8);
    varying.map(value, kept);
  }
  for (Operation &op : body->without_terminator())
    if (repeated.contains(&op) || isLate(op))
      cloneOp(op, vector, varying);
  for (const ElementWrite &write : phase.writes)
    storeStream(write, index, vector, varying);
  accumulate(index, vector, varying);
}

SmallVector<Value> KernelBuilder::buildBlockLoop(
    Value from, Value to, bool vector, ValueRange known,
    function_ref<SmallVector<Value>(Value index, ValueRange known)> emit) {
  Value stride = constant(vector ? width : 1);
  auto loop = scf::ForOp::create(builder, loc, from, to, stride, known);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  if (vector)
    vectorLoop = loop;
  SmallVector<Value> next =
      emit(loop.getInductionVar(), loop.getRegionIterArgs());
  // Without values a loop has its terminator already.
  if (!known.empty())
    scf::YieldOp::create(builder, loc, next);
  return SmallVector<Value>(loop.getResults());
}

SmallVector<Value> KernelBuilder::buildEarlyLoop(Value from, Value to,
                                                 bool vector, ValueRange places,
                                                 ValueRange known) {
  return buildBlockLoop(from, to, vector, known,
                        [&](Value index, ValueRange largest) {
                          return emitEarly(index, vector, places, largest);
                        });
}

void KernelBuilder::buildLateLoop(Value from, Value to, bool vector,
                                  ValueRange places) {
  buildBlockLoop(from, to, vector, {}, [&](Value index, ValueRange) {
    emitLate(index, vector, places);
    return SmallVector<Value>();
  });
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

SmallVector<Value> KernelBuilder::getNoMaxima() {
  auto type = cast<VectorType>(widen(builder.getI32Type(), true));
  Value zeros =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  return SmallVector<Value>(blockMaxima.size(), zeros);
}

SmallVector<Value> KernelBuilder::joinLanes(ValueRange lanes) {
  SmallVector<Value> largest;
  for (Value lane : lanes) {
    Value top = vector::ReductionOp::create(builder, loc,
                                            vector::CombiningKind::MAXUI, lane);
    largest.push_back(top);
  }
  return largest;
}

/// A block of any length.
void KernelBuilder::buildBlock(Value begin, Value end) {
  Value size = constant(blockSize), mask = constant(-width);
  Value block = divide(begin, size);
  Value count = subtract(end, begin);
  Value rounded = arith::AndIOp::create(builder, loc, count, mask);
  Value whole = add(begin, rounded);
  loadExponents(block);
  expandSlices(begin, end);
  SmallVector<Value> places = placeBuffers(begin);
  if (!blockMaxima.empty()) {
    SmallVector<Value> lanes =
        buildEarlyLoop(begin, whole, /*vector=*/true, places, getNoMaxima());
    SmallVector<Value> largest =
        buildEarlyLoop(whole, end, /*vector=*/false, places, joinLanes(lanes));
    computeBetween(largest, block);
    quietNaNs(largest, begin, end, places);
  }
  buildLateLoop(begin, whole, /*vector=*/true, places);
  buildLateLoop(whole, end, /*vector=*/false, places);
}

/// The early part of a whole block; with `before`, the scalars of the block
/// before it, that one's late part goes with it. Returns the scalars of this
/// block.
SmallVector<Value>
KernelBuilder::buildWholeBlock(Value begin, ArrayRef<Value> carried,
                               std::optional<ValueRange> before) {
  Value size = constant(blockSize);
  IRMapping scalarsBefore;
  SmallVector<Value> placesBefore;
  if (before) {
    for (auto [value, scalar] : llvm::zip(carried, *before))
      scalars.map(value, scalar);
    scalarsBefore = scalars;
    placesBefore = placeBuffers(subtract(begin, size));
  }
  Value block = divide(begin, size);
  Value end = add(begin, size);
  loadExponents(block);
  SmallVector<Value> places = placeBuffers(begin);
  SmallVector<Value> lanes = buildBlockLoop(
      begin, end, /*vector=*/true, getNoMaxima(),
      [&](Value index, ValueRange known) {
        if (before) {
          std::swap(scalars, scalarsBefore);
          emitLate(subtract(index, size), /*vector=*/true, placesBefore);
          std::swap(scalars, scalarsBefore);
        }
        return emitEarly(index, /*vector=*/true, places, known);
      });
  SmallVector<Value> largest = joinLanes(lanes);
  computeBetween(largest, block);
  quietNaNs(largest, begin, end, places);
  return llvm::map_to_vector(
      carried, [&](Value value) { return scalars.lookup(value); });
}

/// One or more whole blocks.
void KernelBuilder::buildWholeBlocks(Value count) {
  SmallVector<Value> carried = findCarried();
  Value zero = constant(0), size = constant(blockSize);
  SmallVector<Value> first = buildWholeBlock(zero, carried, std::nullopt);
  auto loop = scf::ForOp::create(builder, loc, size, count, size, first);
  IRMapping outside = broadcasts;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> next = buildWholeBlock(loop.getInductionVar(), carried,
                                              loop.getRegionIterArgs());
    if (!next.empty())
      scf::YieldOp::create(builder, loc, next);
  }
  broadcasts = outside;
  for (auto [value, scalar] : llvm::zip(carried, loop.getResults()))
    scalars.map(value, scalar);
  Value begin = subtract(count, size);
  SmallVector<Value> places = placeBuffers(begin);
  buildLateLoop(begin, count, /*vector=*/true, places);
}

void KernelBuilder::buildBlocks(Value count) {
  Value zero = constant(0), size = constant(blockSize);
  OpBuilder::InsertionGuard guard(builder);
  // A segment has one block at most; slices are expanded for one at a time.
  if (blockMaxima.empty() || isSegmented() || usesSlices()) {
    auto loop = scf::ForOp::create(builder, loc, zero, count, size);
    builder.setInsertionPointToStart(loop.getBody());
    Value begin = loop.getInductionVar();
    Value end = least(add(begin, size), count);
    buildBlock(begin, end);
    return;
  }
  Value mask = constant(-blockSize);
  Value whole = arith::AndIOp::create(builder, loc, count, mask);
  Value hasWhole = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::sgt, whole, zero);
  Value hasRest = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                        whole, count);
  auto ifWhole = scf::IfOp::create(builder, loc, hasWhole, /*hasElse=*/false);
  auto ifRest = scf::IfOp::create(builder, loc, hasRest, /*hasElse=*/false);
  builder.setInsertionPointToStart(ifWhole.thenBlock());
  buildWholeBlocks(whole);
  broadcasts.clear();
  builder.setInsertionPointToStart(ifRest.thenBlock());
  reloadScalars();
  buildBlock(whole, count);
}
