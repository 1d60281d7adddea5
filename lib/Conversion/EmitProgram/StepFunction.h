//===- StepFunction.h - the plain function of an optimizer -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_EMITPROGRAM_STEPFUNCTION_H
#define OPTIMC_LIB_CONVERSION_EMITPROGRAM_STEPFUNCTION_H

#include "optimc/Conversion/ScalarFunctions.h"

#include "optimc/Conversion/KernelCode.h"

#include "mlir/IR/BuiltinOps.h"

namespace optimc {

/// A kernel's clones, best first.
using KernelVersions =
    llvm::SmallVector<std::pair<KernelCode, mlir::LLVM::LLVMFuncOp>>;
/// By phase of one variant.
using VariantVersions = llvm::SmallVector<KernelVersions, 1>;

/// The internal function `i64()` that returns the OPTIMC_ISA_* bits of this
/// processor; made at the first call.
mlir::LLVM::LLVMFuncOp getIsaFunction(mlir::ModuleOp module);

/// Writes `NAME_step`: scalars, choice of the code, loop and floating-point
/// environment inside. `versions` has one entry per variant of the step, which
/// must have a plain form (`hasPlainStep`): one phase per variant.
void buildStepFunction(const ProgramLayout &layout,
                       llvm::ArrayRef<ScalarFunction> scalars,
                       llvm::ArrayRef<VariantVersions> versions,
                       mlir::LLVM::LLVMFuncOp isa, mlir::OpBuilder &builder);

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_EMITPROGRAM_STEPFUNCTION_H
