//===- KernelOutliner.h - the kernels of one phase --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_KERNELOUTLINER_H
#define OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_KERNELOUTLINER_H

#include "optimc/Analysis/Cuts.h"
#include "optimc/Dialect/Optim/IR/Optim.h"

namespace optimc::optim {

/// A value that a phase must produce.
struct Sink {
  mlir::OpOperand *operand;  ///< the use: of a reduction, `commit` or `yield`
  mlir::Type type;           ///< at which rate: that of the target of a store
  Cut cut;                   ///< what a reduction needs; `Anywhere` for stores
  mlir::Value target = {};   ///< what it is stored to; null for reductions
  mlir::Value original = {}; ///< out: the value before it was replaced
};

/// Outlines what `sinks` need into kernels before `position`: first one per
/// slice rate (row, column, block), then element kernels, one per class of
/// cuts. All stores are in the last kernel of their rate that reads what they
/// overwrite. The operands of the sinks become results of kernels. `stored` are
/// new values that earlier phases have stored: results of their kernels.
llvm::SmallVector<KernelOp>
outlineKernels(mlir::Block &block, mlir::Operation *position,
               llvm::MutableArrayRef<Sink> sinks,
               const llvm::DenseMap<mlir::Value, mlir::Value> &stored,
               unsigned stage);

} // namespace optimc::optim

#endif // OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_KERNELOUTLINER_H
