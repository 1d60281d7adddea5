//===- ReductionLanes.h - partial sums in the exact order -------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/Reductions.md as code: 256 float32 lanes take in the values of a block
// of 4096, row by row; then they are widened to float64 and halved. Columns
// keep one lane each in memory while a panel of 64 rows goes by.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_KERNELTOCPU_REDUCTIONLANES_H
#define OPTIMC_LIB_CONVERSION_KERNELTOCPU_REDUCTIONLANES_H

#include "optimc/Dialect/Optim/IR/Optim.h"

#include "mlir/IR/Builders.h"

namespace optimc {

class ReductionLanes {
public:
  static constexpr int64_t numLanes = 256, blockSize = 4096, panelRows = 64;

  /// `buffer`: 256 float32, 64-byte aligned; null for columns.
  ReductionLanes(optim::Reduction kind, optim::Rate to, mlir::Value buffer)
      : kind(kind), to(to), buffer(buffer) {}

  optim::Rate getRate() const { return to; }

  /// Sets all lanes to the neutral value.
  void clear(mlir::OpBuilder &builder, mlir::Location loc) const;
  /// Takes one value, or a vector of values of adjacent lanes, into lanes that
  /// are in memory at `place`. Where `fresh` (i1, may be null) is true the
  /// lanes are neutral, whatever memory holds.
  void accumulate(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x,
                  mlir::Value place, mlir::Value fresh) const;
  /// The result of the block, float64.
  mlir::Value halve(mlir::OpBuilder &builder, mlir::Location loc) const;

  mlir::Value getBuffer() const { return buffer; }

  // Of the segment that is being built.
  mlir::Value place; ///< where the lane of its first element is
  mlir::Value fresh; ///< columns: whether a panel begins

private:
  optim::Reduction kind;
  optim::Rate to;
  mlir::Value buffer;
};

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_KERNELTOCPU_REDUCTIONLANES_H
