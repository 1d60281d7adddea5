//===- ExpandedSlices.cpp - values per row, written per element -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The codes of a block with one exponent wait for its largest magnitude, so its
// 256 elements are computed together, in as many rows as they may lie. Before
// that, what they read per row, column or block is written to a buffer in the
// first-level cache, one value per element.
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

bool KernelBuilder::isExpanded(unsigned stream) const {
  return layout.streams[stream].rate != phase.domain && takesWholeBlocks();
}

void KernelBuilder::allocateSlices() {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i) {
    if (!(reads >> i & 1) || !isExpanded(i))
      continue;
    // The last vector of a row may reach beyond the block.
    Value size = constant(BlockMaxOp::size + width);
    Value buffer = LLVM::AllocaOp::create(
        builder, loc, pointer, builder.getF32Type(), size, cacheLine);
    expanded.push_back({i, buffer});
  }
}

/// The values that elements [begin, end) of one block read.
void KernelBuilder::expandSlices(Value begin, Value end) {
  if (expanded.empty())
    return;
  Value distance = subtract(constant(0), begin);
  for (auto [stream, buffer] : expanded)
    bases[stream] = elementAddress(buffer, distance, builder.getF32Type());
  Type i64 = builder.getI64Type();
  Value first = add(origin, begin), limit = add(origin, end);
  auto loop = scf::WhileOp::create(builder, loc, TypeRange(i64), first);
  OpBuilder::InsertionGuard guard(builder);
  Block *before = builder.createBlock(&loop.getBefore(), {}, {i64}, {loc});
  Value position = before->getArgument(0);
  Value goesOn = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt,
                                       position, limit);
  scf::ConditionOp::create(builder, loc, goesOn, position);
  Block *after = builder.createBlock(&loop.getAfter(), {}, {i64}, {loc});
  Value start = after->getArgument(0);
  findPosition(start);
  Value next = cutAtSlices(limit);
  expandSegment(start, next, first);
  scf::YieldOp::create(builder, loc, next);
  row = rowStart = blockIndex = blockStart = Value();
}

/// Elements [start, next) lie in one row and one block; `first` is the first of
/// the buffer.
void KernelBuilder::expandSegment(Value start, Value next, Value first) {
  Type f32 = builder.getF32Type();
  Value count = subtract(next, start), done = subtract(start, first);
  for (auto [stream, buffer] : expanded) {
    Value from = getSlicePlace(stream, start);
    Value to = elementAddress(buffer, done, f32);
    if (isContiguous(stream))
      copySlice(from, to, count);
    else
      fillSlice(LLVM::LoadOp::create(builder, loc, f32, from), to, count);
  }
}

/// Vectors, then single values: the row of columns may end with the memory.
void KernelBuilder::copySlice(Value from, Value to, Value count) {
  Type f32 = builder.getF32Type();
  Value zero = constant(0), mask = constant(-width);
  Value whole = arith::AndIOp::create(builder, loc, count, mask);
  auto copy = [&](Value begin, Value end, bool vector) {
    Value step = constant(vector ? width : 1);
    auto loop = scf::ForOp::create(builder, loc, begin, end, step);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value index = loop.getInductionVar();
    Value source = elementAddress(from, index, f32);
    Value target = elementAddress(to, index, f32);
    Value values = LLVM::LoadOp::create(builder, loc, widen(f32, vector),
                                        source, alignof(float));
    LLVM::StoreOp::create(builder, loc, values, target, alignof(float));
  };
  copy(zero, whole, /*vector=*/true);
  copy(whole, count, /*vector=*/false);
}

/// Whole vectors: what is written too far is written again, or not read.
void KernelBuilder::fillSlice(Value value, Value to, Value count) {
  Type f32 = builder.getF32Type();
  Value zero = constant(0), step = constant(width);
  auto type = cast<VectorType>(widen(f32, /*vector=*/true));
  Value values = vector::BroadcastOp::create(builder, loc, type, value);
  auto loop = scf::ForOp::create(builder, loc, zero, count, step);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value target = elementAddress(to, loop.getInductionVar(), f32);
  LLVM::StoreOp::create(builder, loc, values, target, alignof(float));
}
