//===- EvaluateKernel.h - scalar functions on the device --------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_KERNELTOGPU_EVALUATEKERNEL_H
#define OPTIMC_LIB_CONVERSION_KERNELTOGPU_EVALUATEKERNEL_H

#include "optimc/Conversion/ProgramLayout.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace optimc {

/// Writes the kernel at optimc_entry.ptx_evaluate (optimc-c/Gpu.h) at the
/// builder's insertion point.
mlir::LLVM::LLVMFuncOp buildEvaluateKernel(const ProgramLayout &layout,
                                           const EntryLayout &entry,
                                           llvm::StringRef name,
                                           mlir::OpBuilder &builder);

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_KERNELTOGPU_EVALUATEKERNEL_H
