//===- CHeader.h - the C declarations of a program -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TARGET_CHEADER_H
#define OPTIMC_TARGET_CHEADER_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace optimc {

/// Writes one header that declares what the object of `module` exports:
/// NAME_hyper with its defaults, NAME_step, optimc_program_NAME. The optimizers
/// must have the states that are left after `optim-elide-states`, and must not
/// have been replaced by `optim-emit-program`. Fails, with a diagnostic, where
/// there is none.
mlir::LogicalResult emitCHeader(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace optimc

#endif // OPTIMC_TARGET_CHEADER_H
