//===- Extrema.cpp - minimum and maximum on GPUs -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Extrema.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

static void orderZerosOf(Operation *op, bool isMaximum) {
  OpBuilder builder(op);
  builder.setInsertionPointAfter(op);
  Location loc = op->getLoc();
  Value a = op->getOperand(0), b = op->getOperand(1), result = op->getResult(0);
  Type type = result.getType(), bits = builder.getI32Type();
  if (auto vector = dyn_cast<VectorType>(type))
    bits = vector.clone(bits);
  Value left = arith::BitcastOp::create(builder, loc, bits, a);
  Value right = arith::BitcastOp::create(builder, loc, bits, b);
  Value joined;
  if (isMaximum)
    joined = arith::AndIOp::create(builder, loc, left, right);
  else
    joined = arith::OrIOp::create(builder, loc, left, right);
  Value equal = arith::BitcastOp::create(builder, loc, type, joined);
  Value isEqual =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ, a, b);
  auto ordered = arith::SelectOp::create(builder, loc, isEqual, equal, result);
  result.replaceAllUsesExcept(ordered, ordered);
}

void optimc::orderZeros(Operation *root) {
  SmallVector<Operation *> extrema;
  root->walk([&](Operation *op) {
    if (isa<arith::MaximumFOp, arith::MinimumFOp>(op) &&
        getElementTypeOrSelf(op->getResult(0)).isF32())
      extrema.push_back(op);
  });
  for (Operation *op : extrema)
    orderZerosOf(op, isa<arith::MaximumFOp>(op));
}
