//===- ReductionLanes.cpp - partial sums in the exact order -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ReductionLanes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static constexpr int64_t width = 16; ///< lanes per vector

Value ReductionLanes::neutral(OpBuilder &builder, Location loc,
                              Type type) const {
  constexpr double inf = std::numeric_limits<double>::infinity();
  double value = kind == Reduction::Max   ? -inf
                 : kind == Reduction::Min ? inf
                                          : 0;
  TypedAttr attr = builder.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, attr);
  return arith::ConstantOp::create(builder, loc, attr);
}

Value ReductionLanes::takeIn(OpBuilder &builder, Location loc, Value lane,
                             Value x) const {
  switch (kind) {
  case Reduction::Sum:
  case Reduction::Mean:
    return arith::AddFOp::create(builder, loc, lane, x);
  case Reduction::SumSq:
  case Reduction::MeanSq:
    return math::FmaOp::create(builder, loc, x, x, lane);
  case Reduction::Max:
    return arith::MaximumFOp::create(builder, loc, lane, x);
  case Reduction::Min:
    return arith::MinimumFOp::create(builder, loc, lane, x);
  case Reduction::MaxAbs: {
    Value magnitude = math::AbsFOp::create(builder, loc, x);
    return arith::MaximumFOp::create(builder, loc, lane, magnitude);
  }
  }
  llvm_unreachable("unknown reduction");
}

Value ReductionLanes::combine(OpBuilder &builder, Location loc, Value a,
                              Value b) const {
  switch (kind) {
  case Reduction::Max:
  case Reduction::MaxAbs:
    return arith::MaximumFOp::create(builder, loc, a, b);
  case Reduction::Min:
    return arith::MinimumFOp::create(builder, loc, a, b);
  default:
    return arith::AddFOp::create(builder, loc, a, b);
  }
}

static Value getPlace(OpBuilder &builder, Location loc, Value base,
                      int64_t lane) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  LLVM::GEPArg index = static_cast<int32_t>(lane);
  return LLVM::GEPOp::create(builder, loc, pointer, builder.getF32Type(), base,
                             ArrayRef<LLVM::GEPArg>(index));
}

void ReductionLanes::clear(OpBuilder &builder, Location loc) const {
  auto type = VectorType::get({width}, builder.getF32Type());
  Value value = neutral(builder, loc, type);
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
    Value start = neutral(builder, loc, x.getType());
    lane = arith::SelectOp::create(builder, loc, fresh, start, lane);
  }
  Value next = takeIn(builder, loc, lane, x);
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
      tree[i] = combine(builder, loc, tree[i], tree[i + half]);
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
    value = combine(builder, loc, a, b);
  }
  return vector::ExtractOp::create(builder, loc, value, ArrayRef<int64_t>{0});
}
