//===- ElementaryFunctions.h - exp, log, pow, ... as IR ---------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Emits the elementary functions of docs/ElementaryFunctions.md as straight
// line IR: `arith` ops, and `math.fma` where the type is f32. No branch, no
// memory access, no call; every op is elementwise mappable, so a body that
// was emitted for f32 may be cloned at vector<16xf32>.
//
// Operands and result have one type: f32, f64, or a vector of either. f32
// code contains no f64 operation. `pow` takes two operands of that type.
// No input (NaN, infinities, subnormals and -0 included) reaches poison or
// undefined behaviour. Results equal optimc/Interpreter/ElementaryFunctions.h
// bit for bit, the sign and payload of NaN aside.
//
// The ops are created at the builder's insertion point, with no fastmath flag.
// The `arith` and `math` dialects must be loaded.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_ELEMENTARYFUNCTIONS_H
#define OPTIMC_CONVERSION_ELEMENTARYFUNCTIONS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"

namespace optimc {

mlir::Value emitExp(mlir::OpBuilder &builder, mlir::Location loc,
                    mlir::Value x);
mlir::Value emitLog(mlir::OpBuilder &builder, mlir::Location loc,
                    mlir::Value x);
mlir::Value emitPow(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x,
                    mlir::Value y);
mlir::Value emitTanh(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::Value x);
mlir::Value emitSin(mlir::OpBuilder &builder, mlir::Location loc,
                    mlir::Value x);
mlir::Value emitCos(mlir::OpBuilder &builder, mlir::Location loc,
                    mlir::Value x);

} // namespace optimc

#endif // OPTIMC_CONVERSION_ELEMENTARYFUNCTIONS_H
