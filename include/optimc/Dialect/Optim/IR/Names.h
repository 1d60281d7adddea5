//===- Names.h - what the user called a value -------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parser keeps in an op's location what MLIR forgets: the names of its
// results, and where its operands and literals were written.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_NAMES_H
#define OPTIMC_DIALECT_OPTIM_IR_NAMES_H

#include "mlir/IR/Value.h"
#include <string>

namespace optimc::optim {

/// The names in a location, one per result, separated by commas: "j,n,last".
llvm::StringRef getKeptNames(mlir::Location loc);

/// The name without '%': "v_hat". Of an argument, that of the signature; of an
/// unnamed value, the number that MLIR prints.
std::string getValueName(mlir::Value value);

/// Where operand `value` of `op` was written the n-th time, else where the op
/// was.
mlir::Location getOperandLoc(mlir::Operation *op, mlir::Value value,
                             unsigned n = 0);

/// The same for a piece of the op's text: a literal or a function's name.
mlir::Location getTokenLoc(mlir::Operation *op, llvm::StringRef token,
                           unsigned n = 0);

} // namespace optimc::optim

#endif // OPTIMC_DIALECT_OPTIM_IR_NAMES_H
