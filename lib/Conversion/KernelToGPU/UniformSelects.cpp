//===- UniformSelects.cpp - scalars that change the formula -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An average takes its new value as it is if the weight is 1, and a mixture
// leaves out what has the weight 0 (docs/Numerics.md). For elements these are
// selects on a scalar, which is hardly ever that number: loops that take it for
// granted come first, and run where it is true of all scalars of the item.
//
//===----------------------------------------------------------------------===//

#include "SimtKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace optimc;

/// Whether `op` chooses for each element by a scalar's being equal to a
/// constant.
bool SimtKernel::isUniformSelect(Operation &op) const {
  auto select = dyn_cast<arith::SelectOp>(op);
  if (!select || getLevel(select.getResult()) != Level::Element ||
      getLevel(select.getCondition()) != Level::Run)
    return false;
  auto test = select.getCondition().getDefiningOp<arith::CmpFOp>();
  return test && test.getPredicate() == arith::CmpFPredicate::OEQ &&
         (matchPattern(test.getRhs(), m_Constant()) ||
          matchPattern(test.getLhs(), m_Constant()));
}

/// Where loops over vectors end that start at `from` and take usual scalars for
/// granted: there, or at `limit`.
Value SimtKernel::getUsualLimit(Value from, Value limit) {
  return arith::SelectOp::create(builder, loc, unusual, from, limit);
}
