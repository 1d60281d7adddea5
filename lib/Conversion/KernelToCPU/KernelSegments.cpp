//===- KernelSegments.cpp - runs cut at rows, blocks and lanes -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "optimc-c/Program.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cstddef>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

bool KernelBuilder::isSegmented() const {
  return !phase.reductions.empty() || (usesSlices() && !takesWholeBlocks());
}

//===----------------------------------------------------------------------===//
// Segments
//===----------------------------------------------------------------------===//

/// Where `start` is: in which row and block, and how far in.
void KernelBuilder::findPosition(Value start) {
  if (usesRate(Rate::Row) || usesRate(Rate::Col) || reducesTo(Rate::Row) ||
      reducesTo(Rate::Col)) {
    row = divide(start, cols);
    rowStart = multiply(row, cols);
  }
  if (usesRate(Rate::Block) || reducesTo(Rate::Block)) {
    blockIndex = divide(start, block);
    blockStart = multiply(blockIndex, block);
  }
}

/// `limit`, or the end of the row or block found by `findPosition`.
Value KernelBuilder::cutAtSlices(Value limit) {
  if (row)
    limit = least(limit, add(rowStart, cols));
  if (blockIndex)
    limit = least(limit, add(blockStart, block));
  return limit;
}

/// The first place at or after which something changes.
Value KernelBuilder::getSegmentEnd(Value start) {
  Value next = end;
  // The lanes of a reduction wrap around after 256 of its values; a block with
  // one exponent has as many.
  static_assert(ReductionLanes::numLanes == BlockMaxOp::size);
  auto cutAtLanes = [&](Value origin) {
    Value position = origin ? subtract(start, origin) : start;
    Value lane = lowBits(position, ReductionLanes::numLanes);
    Value numLanes = constant(ReductionLanes::numLanes);
    Value left = subtract(numLanes, lane);
    next = least(next, add(start, left));
  };
  next = cutAtSlices(next);
  if (usesBlockScales() && !takesWholeBlocks())
    cutAtLanes(Value());
  for (const PartialReduction &partial : phase.reductions) {
    ReduceOp reduce = entry.reductions[partial.reduction].op;
    if (reduce.getRate() == Rate::Row)
      cutAtLanes(rowStart);
    else if (reduce.getRate() == Rate::Block)
      cutAtLanes(blockStart);
    else if (reduce.getRate() != Rate::Col)
      cutAtLanes(Value());
  }
  return next;
}

/// The value of slice stream `i` at `start`, found by `findPosition`.
Value KernelBuilder::getSlicePlace(unsigned i, Value start) {
  Rate rate = layout.streams[i].rate;
  Value index = rate == Rate::Row ? row : blockIndex;
  if (rate == Rate::Col) {
    Value batch = divide(row, rows);
    Value inRow = subtract(start, rowStart);
    index = add(multiply(batch, cols), inRow);
  }
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value base = loadField(pointer, table, i * sizeof(void *));
  return elementAddress(base, index, builder.getF32Type());
}

/// Bases of what the loops read and write, and the values of the slices that
/// the whole segment has in common.
void KernelBuilder::placeStreams(Value start) {
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i) {
    bases[i] = Value();
    if (!isUsed(i) || isExpanded(i))
      continue;
    if (layout.streams[i].rate == phase.domain) {
      placeStream(i, start);
      continue;
    }
    Value place = getSlicePlace(i, start);
    if (isContiguous(i)) {
      bases[i] = place;
      continue;
    }
    Value value =
        LLVM::LoadOp::create(builder, loc, builder.getF32Type(), place);
    for (auto [k, stream] : llvm::enumerate(phase.streams))
      if (stream == i)
        scalars.map(body->getArgument(k), value);
  }
}

/// Prepares the lanes for the values of a segment.
void KernelBuilder::beginReduction(unsigned number, Value start) {
  ReductionLanes &own = lanes[number];
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  if (own.getRate() == Rate::Col) {
    Value batch = divide(row, rows);
    Value first = multiply(batch, rows);
    Value inBatch = subtract(row, first);
    Value panelRows = constant(ReductionLanes::panelRows);
    Value panel = divide(inBatch, panelRows);
    Value panels = divideUp(rows, ReductionLanes::panelRows);
    Value line = add(multiply(batch, panels), panel);
    Value inRow = subtract(start, rowStart);
    Value index = add(multiply(line, cols), inRow);
    Value base = loadField(pointer, partials,
                           phase.reductions[number].reduction * sizeof(void *));
    own.place = elementAddress(base, index, builder.getF32Type());
    own.fresh = isZero(lowBits(inBatch, ReductionLanes::panelRows));
    return;
  }
  Value position = getReductionPosition(own.getRate(), start);
  Value begins = isZero(lowBits(position, ReductionLanes::blockSize));
  auto branch = scf::IfOp::create(builder, loc, begins, /*hasElse=*/false);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    own.clear(builder, loc);
  }
  Value lane = lowBits(position, ReductionLanes::numLanes);
  own.place = elementAddress(own.getBuffer(), lane, builder.getF32Type());
}

/// The number of a value among those that are reduced together.
Value KernelBuilder::getReductionPosition(Rate to, Value start) {
  if (to == Rate::Row)
    return subtract(start, rowStart);
  return to == Rate::Block ? subtract(start, blockStart) : start;
}

/// Stores the result of a block of 4096 where one ends.
void KernelBuilder::endReduction(unsigned number, Value start, Value next) {
  ReductionLanes &own = lanes[number];
  if (own.getRate() == Rate::Col)
    return;
  Value limit = end, first;
  if (own.getRate() == Rate::Row) {
    Value rowBlocks = divideUp(cols, ReductionLanes::blockSize);
    limit = add(rowStart, cols);
    first = multiply(row, rowBlocks);
  } else if (own.getRate() == Rate::Block) {
    Value parts = divideUp(block, ReductionLanes::blockSize);
    limit = least(end, add(blockStart, block));
    first = multiply(blockIndex, parts);
  }
  Value after = getReductionPosition(own.getRate(), next);
  Value isFull = isZero(lowBits(after, ReductionLanes::blockSize));
  Value isLast = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                       next, limit);
  Value ends = arith::OrIOp::create(builder, loc, isFull, isLast);
  auto branch = scf::IfOp::create(builder, loc, ends, /*hasElse=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  Value result = own.halve(builder, loc);
  Value position = getReductionPosition(own.getRate(), start);
  Value blockSize = constant(ReductionLanes::blockSize);
  Value index = divide(position, blockSize);
  if (first)
    index = add(first, index);
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value base = loadField(pointer, partials,
                         phase.reductions[number].reduction * sizeof(void *));
  Value place = LLVM::GEPOp::create(builder, loc, pointer, builder.getF64Type(),
                                    base, ValueRange(index));
  LLVM::StoreOp::create(builder, loc, result, place);
}

void KernelBuilder::buildSegment(Value start, Value next) {
  origin = start;
  placeStreams(start);
  for (unsigned i = 0, e = lanes.size(); i != e; ++i)
    beginReduction(i, start);
  compute(Level::Segment);
  Value length = subtract(next, start);
  buildLoops(length);
  for (unsigned i = 0, e = lanes.size(); i != e; ++i)
    endReduction(i, start, next);
}

void KernelBuilder::buildSegments(Value first, Value count) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Type i64 = builder.getI64Type(), i32 = builder.getI32Type();
  partials = loadField(pointer, run, offsetof(optimc_run, partials));
  end = add(first, count);
  Value runIndex = firstIndex;
  auto loop = scf::WhileOp::create(builder, loc, TypeRange(i64), first);
  OpBuilder::InsertionGuard guard(builder);
  Block *before = builder.createBlock(&loop.getBefore(), {}, {i64}, {loc});
  Value position = before->getArgument(0);
  Value goesOn = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                       position, end);
  scf::ConditionOp::create(builder, loc, goesOn, position);
  Block *after = builder.createBlock(&loop.getAfter(), {}, {i64}, {loc});
  Value start = after->getArgument(0);
  if (!takesWholeBlocks())
    findPosition(start);
  Value next = getSegmentEnd(start);
  if (runIndex) {
    Value passed = subtract(start, first);
    Value low = arith::TruncIOp::create(builder, loc, i32, passed);
    firstIndex = add(runIndex, low);
  }
  buildSegment(start, next);
  scf::YieldOp::create(builder, loc, next);
}
