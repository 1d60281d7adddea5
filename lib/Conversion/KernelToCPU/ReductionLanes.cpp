//===- ReductionLanes.cpp - partial sums in the exact order -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReductionLanes.h"

#include "optimc/Conversion/ReductionOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static constexpr int64_t width = 16; ///< lanes per vector

static Value getPlace(OpBuilder &builder, Location loc, Value base,
                      int64_t lane) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  LLVM::GEPArg index = static_cast<int32_t>(lane);
  return LLVM::GEPOp::create(builder, loc, pointer, builder.getF32Type(), base,
                             ArrayRef<LLVM::GEPArg>(index));
}

void ReductionLanes::clear(OpBuilder &builder, Location loc) const {
  auto type = VectorType::get({width}, builder.getF32Type());
  Value value = emitNeutral(builder, loc, kind, type);
  for (int64_t lane = 0; lane != numLanes; lane += width) {
    Value place = getPlace(builder, loc, buffer, lane);
    LLVM::StoreOp::create(builder, loc, value, place, /*alignment=*/64);
  }
}

void ReductionLanes::accumulate(OpBuilder &builder, Location loc, Value x,
                                Value place, Value fresh) const {
  constexpr unsigned alignment = alignof(float);
  Value lane =
      LLVM::LoadOp::create(builder, loc, x.getType(), place, alignment);
  if (fresh) {
    Value start = emitNeutral(builder, loc, kind, x.getType());
    lane = arith::SelectOp::create(builder, loc, fresh, start, lane);
  }
  Value next = emitTakeIn(builder, loc, kind, lane, x);
  LLVM::StoreOp::create(builder, loc, next, place, alignment);
}

Value ReductionLanes::halve(OpBuilder &builder, Location loc) const {
  auto single = VectorType::get({width}, builder.getF32Type());
  auto twice = VectorType::get({width}, builder.getF64Type());
  SmallVector<Value> tree;
  for (int64_t lane = 0; lane != numLanes; lane += width) {
    Value place = getPlace(builder, loc, buffer, lane);
    Value value = LLVM::LoadOp::create(builder, loc, single, place, 64);
    Value wide = arith::ExtFOp::create(builder, loc, twice, value);
    tree.push_back(wide);
  }
  // Lane l meets lane l + w: first whole vectors, then halves of one.
  while (tree.size() > 1) {
    size_t half = tree.size() / 2;
    for (size_t i = 0; i != half; ++i)
      tree[i] = emitCombine(builder, loc, kind, tree[i], tree[i + half]);
    tree.resize(half);
  }
  Value value = tree.front();
  for (int64_t size = width / 2; size != 0; size /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t i = 0; i != size; ++i) {
      low.push_back(i);
      high.push_back(i + size);
    }
    Value a = vector::ShuffleOp::create(builder, loc, value, value, low);
    Value b = vector::ShuffleOp::create(builder, loc, value, value, high);
    value = emitCombine(builder, loc, kind, a, b);
  }
  return vector::ExtractOp::create(builder, loc, value, ArrayRef<int64_t>{0});
}
