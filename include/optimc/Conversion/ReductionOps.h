//===- ReductionOps.h - the arithmetic of reductions ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The columns of the table in docs/Reductions.md, for numbers and vectors.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_REDUCTIONOPS_H
#define OPTIMC_CONVERSION_REDUCTIONOPS_H

#include "optimc/Dialect/Optim/IR/Optim.h"

#include "mlir/IR/Builders.h"

namespace optimc {

mlir::Value emitNeutral(mlir::OpBuilder &builder, mlir::Location loc,
                        optim::Reduction kind, mlir::Type type);
/// A lane takes in a value.
mlir::Value emitTakeIn(mlir::OpBuilder &builder, mlir::Location loc,
                       optim::Reduction kind, mlir::Value lane, mlir::Value x);
/// Two results become one.
mlir::Value emitCombine(mlir::OpBuilder &builder, mlir::Location loc,
                        optim::Reduction kind, mlir::Value a, mlir::Value b);

} // namespace optimc

#endif // OPTIMC_CONVERSION_REDUCTIONOPS_H
