//===- ArithEmitter.h - one elementary op as arith --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_OPTIMTOARITH_ARITHEMITTER_H
#define OPTIMC_LIB_CONVERSION_OPTIMTOARITH_ARITHEMITTER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "optimc/Dialect/Optim/IR/Optim.h"

namespace optimc {

/// Emits ops at the builder's insertion point, on numbers of one type (f64 in
/// hosts, f32 in kernels) and predicates (i1). No fastmath flag is ever set;
/// the only `math` ops are fma (f32) and sqrt.
class ArithEmitter {
public:
  ArithEmitter(mlir::OpBuilder &builder, mlir::FloatType type)
      : builder(builder), type(type) {}

  /// The value of an elementary op of the dialect; null if it has none.
  /// `operands` are those of `op`, converted.
  mlir::Value emit(mlir::Operation *op, mlir::ValueRange operands);

  /// `random` from the low 32 bits of the element index and the two halves of
  /// the key of its id (i32 each); f32 only.
  mlir::Value emitRandom(mlir::Location loc, mlir::Value index,
                         mlir::Value key0, mlir::Value key1);

  /// The type of a number or predicate.
  mlir::Type convert(mlir::Type rated) const;

private:
  mlir::Value number(double value);
  mlir::Value integer(uint64_t value);
  mlir::Value toBits(mlir::Value x);
  mlir::Value fromBits(mlir::Value bits);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value div(mlir::Value a, mlir::Value b);
  mlir::Value fma(mlir::Value a, mlir::Value b, mlir::Value c);
  mlir::Value sqrt(mlir::Value x);
  mlir::Value abs(mlir::Value x);
  mlir::Value copySign(mlir::Value magnitude, mlir::Value sign);
  mlir::Value sign(mlir::Value x);
  mlir::Value floor(mlir::Value x);
  mlir::Value ceil(mlir::Value x);
  mlir::Value emitNumber(mlir::Operation *op, mlir::ValueRange operands);
  mlir::Value emitElementary(mlir::Operation *op, mlir::ValueRange operands);
  mlir::Value emitPredicate(mlir::Operation *op, mlir::ValueRange operands);

  mlir::OpBuilder &builder;
  mlir::FloatType type;
  mlir::Location loc = builder.getUnknownLoc();
};

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_OPTIMTOARITH_ARITHEMITTER_H
