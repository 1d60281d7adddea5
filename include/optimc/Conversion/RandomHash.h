//===- RandomHash.h - the hash of random and stochastic rounding -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_RANDOMHASH_H
#define OPTIMC_CONVERSION_RANDOMHASH_H

#include "mlir/IR/Builders.h"

namespace optimc {

/// The 32 bits `h` of optimc-c/Program.h, from the low index bits and the keys
/// (all i32).
mlir::Value emitRandomHash(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value index, mlir::Value key0,
                           mlir::Value key1);

/// `u` of which h = u ^ (u >> 16): enough where one half of h is wanted.
mlir::Value emitUnfoldedHash(mlir::OpBuilder &builder, mlir::Location loc,
                             mlir::Value index, mlir::Value key0,
                             mlir::Value key1);
/// The upper or lower 16 bits of h, times 2^shift.
mlir::Value emitHashHalf(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value unfolded, bool isUpper, unsigned shift);

/// optimc_mix of optimc-c/Program.h, of an i64.
mlir::Value emitMix(mlir::OpBuilder &builder, mlir::Location loc,
                    mlir::Value x);

/// The two halves (i32) of the key of a `random`, from the key of the tensor
/// and step and the high bits of the global index (i64).
struct RandomKeys {
  mlir::Value k0, k1;
};
RandomKeys emitRandomKeys(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value key, uint32_t id, mlir::Value highIndex);

} // namespace optimc

#endif // OPTIMC_CONVERSION_RANDOMHASH_H
