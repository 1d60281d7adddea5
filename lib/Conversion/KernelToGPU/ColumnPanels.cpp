//===- ColumnPanels.cpp - blocks over panels of 64 rows -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is reduced to columns: each thread goes down a column of a panel, its
// lane in a register. Where rows are reduced, too, a block goes through a panel
// row by row, its threads being the 256 lanes of the row; then the lanes of the
// columns stay with the partial results in memory, each with the one thread
// that uses it, and those of a row meet in shared memory.
//
//===----------------------------------------------------------------------===//

#include "SimtKernel.h"

#include "optimc/Conversion/ReductionOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static constexpr int64_t panelRows = 64, granule = 4096;
static constexpr unsigned sharedSpace = 3;

/// The item's element in a row and column of the tensor.
SimtKernel::Place SimtKernel::placeIn(Value row, Value column) {
  Value number = add(multiply(row, cols), column);
  Place place;
  place.index = arith::TruncIOp::create(builder, loc, builder.getI32Type(),
                                        subtract(number, first));
  place.offset = place.index;
  if (usesRows()) {
    place.row = row;
    place.inRow = column;
  }
  if (usesBlocks()) {
    place.block = divide(number, block);
    place.inBlock = subtract(number, multiply(place.block, block));
  }
  return place;
}

/// A loop from `from` to `to`; `emit` gets the index and what is carried along,
/// and changes the latter.
void SimtKernel::buildCarryingLoop(
    Value from, Value to, int64_t step, SmallVectorImpl<Value> &carried,
    function_ref<void(Value index, SmallVectorImpl<Value> &carried)> emit) {
  auto loop =
      scf::ForOp::create(builder, loc, from, to, constant(step), carried);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> inner(loop.getRegionIterArgs());
  emit(loop.getInductionVar(), inner);
  // Without values a loop has its terminator already.
  if (!inner.empty())
    scf::YieldOp::create(builder, loc, inner);
  carried.assign(loop.result_begin(), loop.result_end());
}

//===----------------------------------------------------------------------===//
// Columns alone
//===----------------------------------------------------------------------===//

/// Rows [begin, end) of one panel.
void SimtKernel::buildColumns(Value begin, Value end, Value partial) {
  SmallVector<Value> none;
  buildCarryingLoop(
      widenIndex(thread), cols, numThreads, none,
      [&](Value column, SmallVectorImpl<Value> &) {
        SmallVector<Value> lanes = makeLanes(1, /*vector=*/false);
        auto emitRows = [&](Value from, Value to, int64_t atOnce) {
          buildCarryingLoop(from, to, atOnce, lanes,
                            [&](Value row, SmallVectorImpl<Value> &own) {
                              SmallVector<Elements, 0> list;
                              for (int64_t i = 0; i != atOnce; ++i) {
                                Value next = add(row, constant(i));
                                list.push_back(load(placeIn(next, column),
                                                    /*vector=*/false));
                              }
                              compute(list);
                              accumulate(list, 1, own);
                              for (Elements &elements : list)
                                store(elements);
                            });
        };
        Value whole = subtract(end, begin);
        Value left =
            arith::RemUIOp::create(builder, loc, whole, constant(unroll));
        Value middle = subtract(end, left);
        emitRows(begin, middle, unroll);
        if (unroll > 1)
          emitRows(middle, end, 1);
        Value index = add(partial, column);
        for (auto [each, lane] : llvm::zip(phase.reductions, lanes)) {
          Value place =
              elementAddress(getPartials(each), index, builder.getF32Type());
          LLVM::StoreOp::create(builder, loc, lane, place);
        }
      });
}

//===----------------------------------------------------------------------===//
// Columns and rows
//===----------------------------------------------------------------------===//

/// The 256 lanes of a block of threads, widened and halved; right in thread 0.
/// All threads come here.
Value SimtKernel::halveBlock(Reduction kind, Value lane) {
  Type f64 = builder.getF64Type();
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext(), sharedSpace);
  Value base = LLVM::AddressOfOp::create(builder, loc, pointer, sharedName);
  auto at = [&](Value index) -> Value {
    return LLVM::GEPOp::create(builder, loc, pointer, f64, base,
                               ValueRange(index));
  };
  Value value = arith::ExtFOp::create(builder, loc, f64, lane);
  Value own = at(thread), last = constant32(numThreads - 1);
  for (int64_t distance = numThreads / 2; distance >= warpSize; distance /= 2) {
    LLVM::StoreOp::create(builder, loc, value, own);
    NVVM::BarrierOp::create(builder, loc);
    // Beyond the half it is of no use, and of no harm.
    Value further = add(thread, constant32(distance));
    Value wrapped = arith::AndIOp::create(builder, loc, further, last);
    Value other = LLVM::LoadOp::create(builder, loc, f64, at(wrapped));
    value = emitCombine(builder, loc, kind, value, other);
    NVVM::BarrierOp::create(builder, loc);
  }
  for (int64_t distance = warpSize / 2; distance != 0; distance /= 2) {
    Value other = shuffleDown(value, distance);
    value = emitCombine(builder, loc, kind, value, other);
  }
  return value;
}

/// One granule of one row; lanes of columns begin where `isFresh`.
void SimtKernel::buildRowGranule(Value row, Value from, Value to, Value isFresh,
                                 Value partial) {
  auto isColumn = [&](const PartialReduction &each) {
    return getReduce(each).getRate() == Rate::Col;
  };
  SmallVector<Value> neutral = makeLanes(1, /*vector=*/false), rowLanes;
  for (auto [each, lane] : llvm::zip(phase.reductions, neutral))
    if (!isColumn(each))
      rowLanes.push_back(lane);
  Type f32 = builder.getF32Type();
  Value start = add(from, widenIndex(thread));
  buildCarryingLoop(
      start, to, numThreads, rowLanes,
      [&](Value column, SmallVectorImpl<Value> &own) {
        SmallVector<Elements, 0> list;
        list.push_back(load(placeIn(row, column), /*vector=*/false));
        SmallVector<Value> lanes, places;
        size_t next = 0;
        for (auto [each, fresh] : llvm::zip(phase.reductions, neutral)) {
          if (!isColumn(each)) {
            lanes.push_back(own[next++]);
            places.push_back(Value());
            continue;
          }
          Value index = add(partial, column);
          Value place = elementAddress(getPartials(each), index, f32);
          Value old = LLVM::LoadOp::create(builder, loc, f32, place);
          Value lane =
              arith::SelectOp::create(builder, loc, isFresh, fresh, old);
          lanes.push_back(lane);
          places.push_back(place);
        }
        compute(list);
        accumulate(list, 1, lanes);
        store(list.front());
        own.clear();
        for (auto [place, lane] : llvm::zip(places, lanes)) {
          if (place)
            LLVM::StoreOp::create(builder, loc, lane, place);
          else
            own.push_back(lane);
        }
      });
  Value parts = divideUp(cols, granule);
  Value part = divide(from, constant(granule));
  Value index = add(multiply(row, parts), part);
  Value zero = constant32(0);
  Value isFirst = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                        thread, zero);
  size_t next = 0;
  for (const PartialReduction &each : phase.reductions) {
    if (isColumn(each))
      continue;
    Value result = halveBlock(getReduce(each).getKind(), rowLanes[next++]);
    auto branch = scf::IfOp::create(builder, loc, isFirst,
                                    /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(branch.thenBlock());
    Value place =
        elementAddress(getPartials(each), index, builder.getF64Type());
    LLVM::StoreOp::create(builder, loc, result, place);
  }
}

void SimtKernel::buildColumnsAndRows(Value begin, Value end, Value partial) {
  SmallVector<Value> none;
  Value zero = constant(0);
  auto overColumns = [&](Value from, SmallVectorImpl<Value> &) {
    Value to = least(add(from, constant(granule)), cols);
    auto overRows = [&](Value row, SmallVectorImpl<Value> &) {
      Value isFresh = isZero(subtract(row, begin));
      buildRowGranule(row, from, to, isFresh, partial);
    };
    SmallVector<Value> nothing;
    buildCarryingLoop(begin, end, 1, nothing, overRows);
  };
  buildCarryingLoop(zero, cols, granule, none, overColumns);
}

//===----------------------------------------------------------------------===//
// Panels
//===----------------------------------------------------------------------===//

/// The item's rows, panel by panel; panels start anew in each batch.
void SimtKernel::buildColumnPanels() {
  Type i64 = builder.getI64Type();
  Value firstRow = divide(first, cols);
  Value lastRow = add(firstRow, divide(widenIndex(count), cols));
  auto loop = scf::WhileOp::create(builder, loc, TypeRange(i64), firstRow);
  OpBuilder::InsertionGuard guard(builder);
  Block *before = builder.createBlock(&loop.getBefore(), {}, {i64}, {loc});
  Value goesOn = isBelow(before->getArgument(0), lastRow);
  scf::ConditionOp::create(builder, loc, goesOn, before->getArguments());
  Block *after = builder.createBlock(&loop.getAfter(), {}, {i64}, {loc});
  Value row = after->getArgument(0);
  Value batch = divide(row, rows);
  Value batchStart = multiply(batch, rows);
  Value panel = divide(subtract(row, batchStart), constant(panelRows));
  Value below = multiply(add(panel, constant(1)), constant(panelRows));
  Value end = least(add(batchStart, least(below, rows)), lastRow);
  Value panels = divideUp(rows, panelRows);
  Value line = add(multiply(batch, panels), panel);
  Value partial = multiply(line, cols);
  if (reducesTo(Rate::Row))
    buildColumnsAndRows(row, end, partial);
  else
    buildColumns(row, end, partial);
  scf::YieldOp::create(builder, loc, end);
}

/// What a block of threads exchanges; before the kernel.
void SimtKernel::createShared(StringRef kernelName) {
  if (!reducesTo(Rate::Col) || !reducesTo(Rate::Row))
    return;
  sharedName = (kernelName + "_shared").str();
  Type type = LLVM::LLVMArrayType::get(builder.getF64Type(), numThreads);
  LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/false,
                         LLVM::Linkage::Internal, sharedName, Attribute(),
                         /*alignment=*/sizeof(double), sharedSpace);
}
