//===- Patterns.h - recognise what formats expand to ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_KERNELTOGPU_PATTERNS_H
#define OPTIMC_LIB_CONVERSION_KERNELTOGPU_PATTERNS_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

namespace optimc {

constexpr uint32_t magnitudeMask = 0x7FFFFFFF, signMask = 0x80000000,
                   infinityBits = 0x7F800000;

inline bool isConstant(mlir::Value value, uint32_t bits) {
  llvm::APInt number;
  return mlir::matchPattern(value, mlir::m_ConstantInt(&number)) &&
         number.getZExtValue() == bits;
}

/// `x` of `OpTy(x, bits)`, null for anything else.
template <typename OpTy>
mlir::Value matchBinary(mlir::Value value, uint32_t bits) {
  auto op = value ? value.getDefiningOp<OpTy>() : OpTy();
  return op && isConstant(op.getRhs(), bits) ? op.getLhs() : mlir::Value();
}

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_KERNELTOGPU_PATTERNS_H
