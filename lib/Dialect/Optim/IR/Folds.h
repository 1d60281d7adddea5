//===- Folds.h - exact simplification ---------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every rule here holds bit for bit, for every input: NaN (whose sign and
// payload do not count), infinities, subnormals and both zeros.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_DIALECT_OPTIM_IR_FOLDS_H
#define OPTIMC_LIB_DIALECT_OPTIM_IR_FOLDS_H

#include "optimc/Dialect/Optim/IR/Optim.h"
#include "llvm/ADT/APFloat.h"

namespace optimc::optim::support {

/// A constant operand as an op of rate `rate` computes with it: float32 at the
/// rates of kernels, else float64. Nullopt if it is no constant, or if the rate
/// is a template's and the two precisions differ. Arithmetic is
/// llvm::APFloat's: the floating-point environment of the compiling process
/// does not matter.
std::optional<llvm::APFloat> getConstant(mlir::Attribute attribute, Rate rate);

/// Whether `attribute` is the constant `value` (-0 and 0 differ) at `rate`.
bool isConstant(mlir::Attribute attribute, Rate rate, double value);

/// The value of an elementary op of constants, rounded as the contract says, or
/// null. Never of a root or a transcendental function: those have one
/// definition each, and it is not here.
mlir::Attribute evaluate(mlir::Operation *op,
                         llvm::ArrayRef<mlir::Attribute> operands);

/// The operand that `op` returns, if it is one of them; it may have a coarser
/// rate. `operands` are the constants among them.
mlir::Value findEqualOperand(mlir::Operation *op,
                             llvm::ArrayRef<mlir::Attribute> operands);

} // namespace optimc::optim::support

#endif // OPTIMC_LIB_DIALECT_OPTIM_IR_FOLDS_H
