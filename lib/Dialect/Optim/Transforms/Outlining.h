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

/// Reports what `optim-split-host` cannot outline: ops that earlier passes
/// should have expanded.
mlir::LogicalResult checkOutlinable(OptimizerOp optimizer);

/// Removes `s = s` from a commit, unless nothing else is there.
void dropUnchanged(CommitOp commit);

/// Erases ops without uses, last to first.
void eraseDeadOps(mlir::Block &block);

} // namespace optimc::optim

#endif // OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_OUTLINING_H
