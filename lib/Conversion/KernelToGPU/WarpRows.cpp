//===- WarpRows.cpp - warps over rows of 256 values -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block with one exponent has 256 values, and so has a row of a reduction's
// granule (docs/Reductions.md). One warp does one of them: its threads keep the
// values, or the lanes, in registers, and exchange them without shared memory
// and without waiting for other warps.
//
// A thread has two vectors of four adjacent values, 128 apart, or eight single
// values, 32 apart, where memory is not aligned or a row is not full.
//
//===----------------------------------------------------------------------===//

#include "SimtKernel.h"

#include "optimc-c/Gpu.h"
#include "optimc/Conversion/ReductionOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cstddef>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static constexpr int64_t rowSize = BlockMaxOp::size, granule = 4096;

//===----------------------------------------------------------------------===//
// Lanes
//===----------------------------------------------------------------------===//

/// Lanes by reduction, then by number in the thread.
SmallVector<Value> SimtKernel::makeLanes(unsigned count, bool vector) {
  SmallVector<Value> lanes;
  Type type = widen(builder.getF32Type(), vector);
  for (const PartialReduction &partial : phase.reductions) {
    Value neutral =
        emitNeutral(builder, loc, getReduce(partial).getKind(), type);
    lanes.append(count, neutral);
  }
  return lanes;
}

void SimtKernel::accumulate(MutableArrayRef<Elements> list, unsigned count,
                            MutableArrayRef<Value> lanes) {
  for (auto [r, partial] : llvm::enumerate(phase.reductions)) {
    Value yielded = body->getTerminator()->getOperand(partial.result);
    Reduction kind = getReduce(partial).getKind();
    for (auto [i, elements] : llvm::enumerate(list)) {
      Value &lane = lanes[r * count + i % count];
      Value x = use(yielded, elements);
      Value next = emitTakeIn(builder, loc, kind, lane, x);
      if (elements.exists)
        next =
            arith::SelectOp::create(builder, loc, elements.exists, next, lane);
      lane = next;
    }
  }
}

/// The lanes of the warp, widened and halved; right in its first thread.
Value SimtKernel::halve(Reduction kind, ArrayRef<Value> lanes) {
  Type f64 = builder.getF64Type();
  SmallVector<Value> wide;
  auto fold = [&](size_t half) {
    for (size_t i = 0; i != half; ++i)
      wide[i] = emitCombine(builder, loc, kind, wide[i], wide[i + half]);
    wide.resize(half);
  };
  auto foldThreads = [&] {
    for (int64_t distance = warpSize / 2; distance != 0; distance /= 2)
      for (Value &value : wide) {
        Value other = shuffleDown(value, distance);
        value = emitCombine(builder, loc, kind, value, other);
      }
  };
  bool vector = isa<VectorType>(lanes.front().getType());
  for (Value lane : lanes) {
    SmallVector<Value> parts = {lane};
    if (vector)
      parts = unpack(lane);
    for (Value part : parts) {
      Value value = arith::ExtFOp::create(builder, loc, f64, part);
      wide.push_back(value);
    }
  }
  if (!vector) {
    // Lane t + 32 j is number j of thread t.
    for (size_t half = wide.size() / 2; half != 0; half /= 2)
      fold(half);
    foldThreads();
    return wide.front();
  }
  // Lane 4 t + j is number j of thread t, lane 128 + 4 t + j number 4 + j.
  fold(width);
  foldThreads();
  for (size_t half = width / 2; half != 0; half /= 2)
    fold(half);
  return wide.front();
}

void SimtKernel::storePartials(ArrayRef<Value> results, Value index) {
  auto branch = scf::IfOp::create(builder, loc, isFirstLane(),
                                  /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  for (auto [partial, result] : llvm::zip(phase.reductions, results)) {
    Value base = getPartials(partial);
    Value place = elementAddress(base, index, builder.getF64Type());
    LLVM::StoreOp::create(builder, loc, result, place);
  }
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// Rows of which every value exists: `atOnce` of them, and again `distance`
/// values further on.
SimtKernel::Place SimtKernel::buildWholeRows(const Place &from, Value end,
                                             int64_t atOnce, int64_t distance,
                                             SmallVectorImpl<Value> &lanes) {
  constexpr unsigned vectors = 2;
  Stride half = makeStride(rowSize / vectors);
  Value limit = end;
  if (atOnce > 1)
    limit = subtract(end, constant32(rowSize * (atOnce - 1)));
  Value step = constant32(distance);
  SmallVector<Value> carried = flatten(from);
  size_t numPlace = carried.size();
  carried.append(lanes.begin(), lanes.end());
  auto loop =
      scf::ForOp::create(builder, loc, from.offset, limit, step, carried);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    ValueRange values = loop.getRegionIterArgs();
    Place place = unflatten(values.take_front(numPlace));
    SmallVector<Value> own(values.drop_front(numPlace));
    Value row = place.index;
    SmallVector<Elements, 0> list;
    for (int64_t i = 0; i != vectors * atOnce; ++i) {
      list.push_back(load(place, /*vector=*/true));
      place = advance(place, half);
    }
    finishRow(list, row, vectors, own);
    if (distance != rowSize * atOnce)
      place = advance(place, makeStride(distance - rowSize * atOnce));
    SmallVector<Value> next = flatten(place);
    next.append(own.begin(), own.end());
    scf::YieldOp::create(builder, loc, next);
  }
  ValueRange results = loop.getResults();
  lanes.assign(results.begin() + numPlace, results.end());
  return unflatten(results.take_front(numPlace));
}

/// Rows of which some values may be missing, `distance` values apart; all
/// threads of the warp go through all of them.
void SimtKernel::buildPartRows(Value start, Value end, int64_t distance,
                               SmallVectorImpl<Value> &lanes) {
  constexpr unsigned count = rowSize / warpSize;
  Stride stride = makeStride(warpSize);
  Place from = placeAt(add(start, lane));
  SmallVector<Value> carried = flatten(from);
  size_t numPlace = carried.size();
  carried.append(lanes.begin(), lanes.end());
  Value step = constant32(distance);
  auto loop = scf::ForOp::create(builder, loc, start, end, step, carried);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    ValueRange values = loop.getRegionIterArgs();
    Place place = unflatten(values.take_front(numPlace));
    SmallVector<Value> own(values.drop_front(numPlace));
    SmallVector<Elements, 0> list;
    for (unsigned i = 0; i != count; ++i) {
      Value exists = isBelow(place.index, end);
      list.push_back(loadIf(exists, place));
      place = advance(place, stride);
    }
    finishRow(list, loop.getInductionVar(), count, own);
    if (distance != rowSize)
      place = advance(place, makeStride(distance - rowSize));
    SmallVector<Value> next = flatten(place);
    next.append(own.begin(), own.end());
    scf::YieldOp::create(builder, loc, next);
  }
  ValueRange results = loop.getResults();
  lanes.assign(results.begin() + numPlace, results.end());
}

/// After the loads of one or more rows; `count` elements each.
void SimtKernel::finishRow(MutableArrayRef<Elements> list, Value row,
                           unsigned count, MutableArrayRef<Value> lanes) {
  loadExponents(row, list);
  compute(list);
  accumulate(list, count, lanes);
  for (Elements &elements : list)
    store(elements);
  storeExponents(row, list.front());
}

//===----------------------------------------------------------------------===//
// Units
//===----------------------------------------------------------------------===//

/// Values [start, end) of the item, one granule or one block.
void SimtKernel::buildUnit(Value start, Value end, Value partial) {
  Value size = subtract(end, start), zero = constant32(0);
  auto isMultiple = [&](Value value, int64_t divisor) -> Value {
    Value mask = constant32(divisor - 1);
    Value low = arith::AndIOp::create(builder, loc, value, mask);
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, low,
                                 zero);
  };
  Value isFull = isMultiple(size, rowSize), isPlaced = isMultiple(start, width);
  Value whole = arith::AndIOp::create(builder, loc, isFull, isPlaced);
  whole = arith::AndIOp::create(builder, loc, whole, vectorised);
  SmallVector<Type> types(phase.reductions.size(), builder.getF64Type());
  auto branch = scf::IfOp::create(builder, loc, types, whole,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  auto yieldHalved = [&](ArrayRef<Value> lanes) {
    SmallVector<Value> results;
    for (auto [r, each] : llvm::enumerate(phase.reductions)) {
      size_t count = lanes.size() / phase.reductions.size();
      Value result =
          halve(getReduce(each).getKind(), lanes.slice(r * count, count));
      results.push_back(result);
    }
    scf::YieldOp::create(builder, loc, results);
  };
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    Value offset = multiply(lane, constant32(width));
    Place place = placeAt(add(start, offset));
    SmallVector<Value> lanes = makeLanes(2, /*vector=*/true);
    if (unusual) {
      isUsual = true;
      Value usualEnd = getUsualLimit(start, end);
      place = buildWholeRows(place, usualEnd, unroll, rowSize * unroll, lanes);
      isUsual = false;
    } else if (unroll > 1) {
      place = buildWholeRows(place, end, unroll, rowSize * unroll, lanes);
    }
    buildWholeRows(place, end, 1, rowSize, lanes);
    yieldHalved(lanes);
    builder.setInsertionPointToStart(branch.elseBlock());
    lanes = makeLanes(rowSize / warpSize, /*vector=*/false);
    buildPartRows(start, end, rowSize, lanes);
    yieldHalved(lanes);
  }
  storePartials(SmallVector<Value>(branch.getResults()), partial);
}

/// Warps take turns; a unit is a granule of a row or block of the tensor, or of
/// the whole tensor.
void SimtKernel::buildWarpUnits() {
  Value all = widenIndex(count), one = constant(1);
  Value length, parts, firstPart, total;
  constexpr int64_t size = granule;
  if (reducesTo(Rate::Row) || reducesTo(Rate::Block)) {
    length = reducesTo(Rate::Row) ? cols : block;
    parts = divideUp(length, granule);
    firstPart = multiply(divide(first, length), parts);
    Value rounded = subtract(add(all, length), one);
    total = multiply(divide(rounded, length), parts);
  } else {
    firstPart = divide(first, constant(size));
    total = divideUp(all, size);
  }
  Value warp = widenIndex(getWarp());
  Value step = constant(numThreads / warpSize);
  auto loop = scf::ForOp::create(builder, loc, warp, total, step);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value unit = loop.getInductionVar(), sizeValue = constant(size);
  Value start, limit = all;
  if (length) {
    Value line = divide(unit, parts);
    Value part = subtract(unit, multiply(line, parts));
    Value begin = multiply(line, length);
    start = add(begin, multiply(part, sizeValue));
    limit = least(all, add(begin, length));
  } else {
    start = multiply(unit, sizeValue);
  }
  Value end = least(limit, add(start, sizeValue));
  // The last block may have fewer parts.
  auto branch = scf::IfOp::create(builder, loc, isBelow(start, end),
                                  /*withElseRegion=*/false);
  builder.setInsertionPointToStart(branch.thenBlock());
  Type i32 = builder.getI32Type();
  Value start32 = arith::TruncIOp::create(builder, loc, i32, start);
  Value end32 = arith::TruncIOp::create(builder, loc, i32, end);
  buildUnit(start32, end32, add(firstPart, unit));
}
