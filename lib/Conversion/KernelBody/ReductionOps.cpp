//===- ReductionOps.cpp - the arithmetic of reductions -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/ReductionOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <limits>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

Value optimc::emitNeutral(OpBuilder &builder, Location loc, Reduction kind,
                          Type type) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  double value = kind == Reduction::Max   ? -inf
                 : kind == Reduction::Min ? inf
                                          : 0;
  TypedAttr attr = builder.getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, attr);
  return arith::ConstantOp::create(builder, loc, attr);
}

Value optimc::emitTakeIn(OpBuilder &builder, Location loc, Reduction kind,
                         Value lane, Value x) {
  switch (kind) {
  case Reduction::SumSq:
  case Reduction::MeanSq:
    return math::FmaOp::create(builder, loc, x, x, lane);
  case Reduction::MaxAbs:
    x = math::AbsFOp::create(builder, loc, x);
    break;
  default:
    break;
  }
  return emitCombine(builder, loc, kind, lane, x);
}

Value optimc::emitCombine(OpBuilder &builder, Location loc, Reduction kind,
                          Value a, Value b) {
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
