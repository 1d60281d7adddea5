//===- Warps.cpp - what the threads of a warp tell each other -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SimtKernel.h"

#include "optimc-c/Gpu.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cstddef>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static constexpr int64_t wholeWarp = -1;

Value SimtKernel::isFirstLane() {
  Value zero = constant32(0);
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, lane,
                               zero);
}

/// The warp of the thread, in its block.
Value SimtKernel::getWarp() {
  Value shift = constant32(llvm::Log2_64(warpSize));
  return arith::ShRUIOp::create(builder, loc, thread, shift);
}

SmallVector<Value> SimtKernel::unpack(Value vector) {
  SmallVector<Value> parts;
  for (int64_t i = 0; i != width; ++i) {
    Value part =
        vector::ExtractOp::create(builder, loc, vector, ArrayRef<int64_t>{i});
    parts.push_back(part);
  }
  return parts;
}

/// The float64 of the thread that is `distance` further on.
Value SimtKernel::shuffleDown(Value value, int64_t distance) {
  Type i32 = builder.getI32Type(), i64 = builder.getI64Type();
  Value bits = arith::BitcastOp::create(builder, loc, i64, value);
  Value half = constant(32), mask = constant32(wholeWarp);
  Value offset = constant32(distance), clamp = constant32(warpSize - 1);
  auto move = [&](Value part) -> Value {
    Value narrow = arith::TruncIOp::create(builder, loc, i32, part);
    Value moved = NVVM::ShflOp::create(builder, loc, i32, mask, narrow, offset,
                                       clamp, NVVM::ShflKind::down, UnitAttr());
    return widenIndex(moved);
  };
  Value low = move(bits);
  Value high = move(arith::ShRUIOp::create(builder, loc, bits, half));
  Value shifted = arith::ShLIOp::create(builder, loc, high, half);
  Value joined = arith::OrIOp::create(builder, loc, shifted, low);
  return arith::BitcastOp::create(builder, loc, builder.getF64Type(), joined);
}

/// Where the partial results of a reduction are.
Value SimtKernel::getPartials(const PartialReduction &partial) {
  Value table =
      loadField(getPointer(), tensor, offsetof(optimc_gpu_tensor, partials));
  return loadField(getPointer(), table, partial.reduction * sizeof(uint64_t));
}

//===----------------------------------------------------------------------===//
// Blocks with one exponent
//===----------------------------------------------------------------------===//

/// Exponents and maxima are the same for all elements of a warp that takes
/// whole blocks, and what follows from them is computed once per thread; else
/// exponents are the same for adjacent elements, like values of a slice.
void SimtKernel::shareExponents() {
  if (!body || !usesBlockScales())
    return;
  for (unsigned i = 0, e = kernel.getStreams().size(); i != e; ++i)
    if (kernel.getStreamFormat(i).isBlockScaled())
      levels[body->getArgument(kernel.getAuxArgument(i))] = Level::Segment;
  for (Operation &op : body->without_terminator()) {
    Level level = isa<BlockMaxOp>(op) ? Level::Segment : Level::Run;
    if (!isa<BlockMaxOp>(op))
      for (Value operand : op.getOperands())
        level = std::max(level, getLevel(operand));
    for (Value result : op.getResults())
      levels[result] = level;
  }
}

/// The largest of the warp's values; what does not exist counts as 0.
Value SimtKernel::getLargest(BlockMaxOp op, MutableArrayRef<Elements> list) {
  Value largest, zero = constant32(0);
  for (Elements &elements : list) {
    Value own = use(op.getOperand(), elements);
    if (elements.exists)
      own = arith::SelectOp::create(builder, loc, elements.exists, own, zero);
    SmallVector<Value> parts = {own};
    if (elements.vector)
      parts = unpack(own);
    for (Value part : parts)
      largest = largest
                    ? Value(arith::MaxUIOp::create(builder, loc, largest, part))
                    : part;
  }
  Value mask = constant32(wholeWarp);
  return NVVM::ReduxOp::create(builder, loc, builder.getI32Type(), largest,
                               NVVM::ReduxKind::UMAX, mask);
}

Value SimtKernel::getExponentAddress(unsigned stream, Value row) {
  Value shift = constant32(llvm::Log2_64(BlockMaxOp::size));
  Value number = arith::ShRUIOp::create(builder, loc, row, shift);
  return elementAddress(auxBases[stream], number, builder.getI16Type());
}

/// The same where warps do not take whole blocks; of any element.
Value SimtKernel::getOwnExponentAddress(unsigned stream, const Place &place) {
  Type i32 = builder.getI32Type();
  Value passed = lowBits(first, BlockMaxOp::size);
  Value narrow = arith::TruncIOp::create(builder, loc, i32, passed);
  return getExponentAddress(stream, add(narrow, place.index));
}

/// Of the block in which the item's value number `row` is.
void SimtKernel::loadExponents(Value row, MutableArrayRef<Elements> list) {
  if (!body || !takesWholeBlocks())
    return;
  for (auto [i, stream] : llvm::enumerate(phase.streams)) {
    if (!getFormat(stream).isBlockScaled() || !(reads >> stream & 1))
      continue;
    Value address = getExponentAddress(stream, row);
    Value exponent =
        LLVM::LoadOp::create(builder, loc, builder.getI16Type(), address);
    for (Elements &elements : list)
      elements.segment.map(body->getArgument(kernel.getAuxArgument(i)),
                           exponent);
  }
}

/// By one thread, when all have read the old ones.
void SimtKernel::storeExponents(Value row, Elements &elements) {
  SmallVector<std::pair<unsigned, Value>> exponents;
  for (const ElementWrite &write : phase.writes) {
    if (!getFormat(write.stream).isBlockScaled())
      continue;
    Value yielded = getYieldedAux(write);
    Value own = elements.segment.lookupOrNull(yielded);
    exponents.push_back({write.stream, own ? own : scalars.lookup(yielded)});
  }
  if (exponents.empty())
    return;
  Value mask = constant32(wholeWarp);
  NVVM::SyncWarpOp::create(builder, loc, mask);
  auto branch = scf::IfOp::create(builder, loc, isFirstLane(),
                                  /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  for (auto [stream, exponent] : exponents) {
    Value address = getExponentAddress(stream, row);
    LLVM::StoreOp::create(builder, loc, exponent, address);
  }
}

/// Warps take turns at rows that nobody adds up: blocks with one exponent.
void SimtKernel::buildWarpRows() {
  constexpr int64_t rowSize = BlockMaxOp::size,
                    distance = rowSize * (numThreads / warpSize);
  SmallVector<Value> noLanes;
  Value zero = constant32(0);
  Value rounded =
      arith::AndIOp::create(builder, loc, count, constant32(-rowSize));
  Value whole =
      arith::SelectOp::create(builder, loc, vectorised, rounded, zero);
  Value start = multiply(getWarp(), constant32(rowSize));
  Place place = placeAt(add(start, multiply(lane, constant32(width))));
  if (unusual) {
    isUsual = true;
    Value usualEnd = getUsualLimit(zero, whole);
    place = buildWholeRows(place, usualEnd, 1, distance, noLanes);
    isUsual = false;
  }
  buildWholeRows(place, whole, 1, distance, noLanes);
  buildPartRows(add(whole, start), count, distance, noLanes);
}
