//===- Rates.h - rates, joins and mixed arguments ---------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_RATES_H
#define OPTIMC_DIALECT_OPTIM_IR_RATES_H

#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/Value.h"

namespace optimc::optim {

/// The rate of a value of the dialect (docs/Spec.md, "Rates").
Rate getRate(mlir::Value value);
Rate getRate(mlir::Type type);

/// The coarsest rate that is at least as fine as both. `row`, `col` and `block`
/// join to `element`; `any` absorbs everything.
Rate join(Rate a, Rate b);
Rate joinRates(mlir::ValueRange values);

/// Whether a value of rate `coarse` may be used as one of rate `fine`.
bool isAtMost(Rate coarse, Rate fine);

/// Up to tensor: float64, on the host. Finer: float32, in kernels. A template's
/// `any` counts as both.
inline bool isScalarRate(Rate rate) {
  return rate <= Rate::Tensor || rate == Rate::Any;
}
inline bool isKernelRate(Rate rate) { return rate > Rate::Tensor; }

/// "per element", "per group": for messages.
llvm::StringRef describeRate(Rate rate);

namespace support {

mlir::Type joinNumbers(mlir::MLIRContext *context, mlir::ValueRange operands);
mlir::Type joinPredicates(mlir::MLIRContext *context, mlir::ValueRange operands);

/// A result may be declared finer than it is inferred (folds make operands
/// coarser), never coarser.
bool compatibleRates(mlir::TypeRange inferred, mlir::TypeRange declared);

/// Suggests the names that the user wrote, kept in the op's location.
void nameResults(mlir::Operation *op, mlir::OpAsmSetValueNameFn setName);

/// The same for the arguments of a region's entry block.
void nameArguments(mlir::Region &region, mlir::OpAsmSetValueNameFn setName);

/// A value or literal argument as one; null if neither is there.
mlir::OpFoldResult mixed(mlir::Value value, mlir::Attribute literal);
/// One entry per literal: a number, or the next value where it is unit.
llvm::SmallVector<mlir::OpFoldResult> mixed(mlir::ValueRange values,
                                            mlir::ArrayAttr literals);

} // namespace support
} // namespace optimc::optim

#endif // OPTIMC_DIALECT_OPTIM_IR_RATES_H
