//===- Outlining.h - what the outlining passes share ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_OUTLINING_H
#define OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_OUTLINING_H

#include "optimc/Dialect/Optim/IR/Optim.h"

namespace optimc::optim {

/// "'reduce' to 'tensor' is not compiled yet by the CPU back end; ...", where
/// `what` is the construct as the spec writes it.
mlir::InFlightDiagnostic emitNotCompiled(mlir::Location loc,
                                         const llvm::Twine &what);

/// Reports what `optim-split-host` cannot outline: classes of tensors, delays,
/// and ops that earlier passes should have expanded.
mlir::LogicalResult checkOutlinable(OptimizerOp optimizer);

/// Reports what one phase of element kernels cannot compute: reductions and
/// values per row, column or block.
mlir::LogicalResult checkElementwise(OptimizerOp optimizer);

/// Removes `s = s` from a commit, unless nothing else is there.
void dropUnchanged(CommitOp commit);

/// Erases ops without uses, last to first.
void eraseDeadOps(mlir::Block &block);

} // namespace optimc::optim

#endif // OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_OUTLINING_H
