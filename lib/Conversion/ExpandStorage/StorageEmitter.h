//===- StorageEmitter.h - decode and encode one value -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/Numerics.md, "Storage", as ops on i32: no multiplication, no table.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_EXPANDSTORAGE_STORAGEEMITTER_H
#define OPTIMC_LIB_CONVERSION_EXPANDSTORAGE_STORAGEEMITTER_H

#include "mlir/IR/Builders.h"
#include "optimc/Dialect/Optim/IR/Optim.h"

namespace optimc {

/// What goes to memory; `aux` is null where the format has no second array.
struct StoredValue {
  mlir::Value code, aux;
};

class StorageEmitter {
public:
  StorageEmitter(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  /// The float32 number; `aux` as in StoredValue.
  mlir::Value decode(optim::StorageAttr storage, mlir::Value code,
                     mlir::Value aux);
  /// `draw`: 16 random bits times 2^getDrawShift as i32, null unless the format
  /// is stochastic.
  StoredValue encode(optim::StorageAttr storage, mlir::Value number,
                     mlir::Value draw);

  static unsigned getDrawShift(optim::StorageAttr storage) {
    return storage.isBlockScaled() ? 4 : 0;
  }

private:
  mlir::Value integer(uint32_t value);
  mlir::Value number(float value);
  mlir::Value resize(mlir::Value value, unsigned bits, bool fits = true);
  mlir::Value toBits(mlir::Value number);
  mlir::Value toNumber(mlir::Value bits);
  mlir::Value isNaN(mlir::Value number);
  mlir::Value isAbove(mlir::Value magnitude, uint32_t limit);
  template <typename OpTy>
  mlir::Value create(mlir::Value a, mlir::Value b);
  template <typename OpTy>
  mlir::Value create(mlir::Value a, uint32_t b) {
    return create<OpTy>(a, integer(b));
  }
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);

  mlir::Value encodeBF16(mlir::Value number);
  mlir::Value encodeBF16SR(mlir::Value number, mlir::Value draw);
  mlir::Value encodeF16(mlir::Value number);
  StoredValue encodeQ8(optim::StorageAttr storage, mlir::Value number,
                       mlir::Value draw);
  mlir::Value decodeF16(mlir::Value code);
  mlir::Value decodeQ8(optim::StorageAttr storage, mlir::Value code,
                       mlir::Value base);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_EXPANDSTORAGE_STORAGEEMITTER_H
