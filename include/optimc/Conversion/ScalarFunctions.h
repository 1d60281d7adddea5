//===- ScalarFunctions.h - host values as functions -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_SCALARFUNCTIONS_H
#define OPTIMC_CONVERSION_SCALARFUNCTIONS_H

#include "optimc/Conversion/ProgramLayout.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

namespace optimc {

/// One function of an entry: `void(const optimc_scalar_args *)`.
struct ScalarFunction {
  ScalarFunctionKey key;
  mlir::LLVM::LLVMFuncOp function;
};

/// Where a scalar function finds its pointers, in the order of
/// optimc_scalar_args: a struct in memory. Whatever they point to is in its
/// address space, too.
struct ScalarArgs {
  mlir::Value address;
  unsigned addressSpace = 0;
  uint64_t rankOffset; ///< in the struct
};

/// The functions that the entry needs, by stage, coarse to fine.
llvm::SmallVector<ScalarFunctionKey>
getScalarFunctionKeys(const ProgramLayout &layout, const EntryLayout &entry);

/// The code of one of them at the builder's insertion point.
void emitScalarFunction(const ProgramLayout &layout, const EntryLayout &entry,
                        ScalarFunctionKey key, ScalarArgs args,
                        mlir::OpBuilder &builder);

/// Writes the functions that the entry needs, by stage, coarse to fine, at the
/// builder's insertion point.
llvm::SmallVector<ScalarFunction>
buildScalarFunctions(const ProgramLayout &layout, const EntryLayout &entry,
                     mlir::OpBuilder &builder);

} // namespace optimc

#endif // OPTIMC_CONVERSION_SCALARFUNCTIONS_H
