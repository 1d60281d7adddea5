//===- ScalarFunctions.h - host values as functions -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_EMITPROGRAM_SCALARFUNCTIONS_H
#define OPTIMC_LIB_CONVERSION_EMITPROGRAM_SCALARFUNCTIONS_H

#include "optimc/Conversion/ProgramLayout.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

namespace optimc {

/// One function of an entry: `void(const optimc_scalar_args *)`.
struct ScalarFunction {
  ScalarFunctionKey key;
  mlir::LLVM::LLVMFuncOp function;
};

/// Writes the functions that the entry needs, by stage, coarse to fine, at the
/// builder's insertion point.
llvm::SmallVector<ScalarFunction>
buildScalarFunctions(const ProgramLayout &layout, const EntryLayout &entry,
                     mlir::OpBuilder &builder);

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_EMITPROGRAM_SCALARFUNCTIONS_H
