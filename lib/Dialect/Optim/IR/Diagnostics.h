//===- Diagnostics.h - what verifiers say -----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each check of a verifier cites the constraint of docs/Spec.md that it
// enforces: `// ema_c1`.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_DIALECT_OPTIM_IR_DIAGNOSTICS_H
#define OPTIMC_LIB_DIALECT_OPTIM_IR_DIAGNOSTICS_H

#include "Parsing.h"
#include "optimc/Dialect/Optim/IR/Names.h"
#include "optimc/Dialect/Optim/IR/Optim.h"

namespace optimc::optim::support {

/// Ops have a method `emitError` of another kind.
inline mlir::InFlightDiagnostic errorAt(mlir::Location loc) {
  return mlir::emitError(loc);
}

/// "%v_hat".
std::string quote(mlir::Value value);

/// Adds where `value` became finer than `limit`: "because of %g". Nothing if
/// `value` is that source itself.
void noteCause(mlir::InFlightDiagnostic &diagnostic, mlir::Value value,
               Rate limit);

/// Adds "help: ...".
void noteHelp(mlir::InFlightDiagnostic &diagnostic, const llvm::Twine &text);

/// `'ema' decay must be a scalar, but %v_hat is per element`.
mlir::LogicalResult
verifyScalar(mlir::Operation *op, mlir::Value value, llvm::StringRef what,
             llvm::function_ref<std::string()> help = nullptr);

/// An argument is a value or a literal, not both and not neither. Text cannot
/// break this; the generic form can.
mlir::LogicalResult verifyOneOf(mlir::Operation *op, mlir::Value value,
                                mlir::Attribute literal, llvm::StringRef what);

/// The literal of an argument, where it is one: `'ema' decay must be in
/// [0, 1], but is 1.5`. `n` earlier literals of the op are spelled the same.
mlir::LogicalResult verifyLiteral(mlir::Operation *op, NumberAttr literal,
                                  llvm::StringRef what,
                                  llvm::function_ref<bool(double)> allowed,
                                  llvm::StringRef range, unsigned n = 0);

/// A list of literals, unit where the next of `values` is used: as many units
/// as values.
mlir::LogicalResult verifyMixedList(mlir::Operation *op,
                                    mlir::ValueRange values,
                                    mlir::ArrayAttr literals,
                                    llvm::StringRef what);

/// Names of states, inputs, outputs and entries are identifiers: they become
/// keys of checkpoints and fields of headers.
bool isIdentifier(llvm::StringRef name);

/// `step`, `param` and `grad` are streams and states that every program has.
bool isReservedName(llvm::StringRef name);

/// The rules storage_c2 to storage_c9 of a plan.
mlir::LogicalResult verifyStorage(OptimizerOp op);

} // namespace optimc::optim::support

#endif // OPTIMC_LIB_DIALECT_OPTIM_IR_DIAGNOSTICS_H
