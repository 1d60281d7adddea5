//===- GPUModule.h - the module of an optimizer's GPU code ------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `optim-kernel-to-gpu` writes an optimizer's kernels into a module of their
// own beside it, `optim-emit-ptx` replaces that module by texts, which are
// constant data of the host's module, and `optim-emit-program` puts these and
// the names of the kernels into the program's tables.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_GPUMODULE_H
#define OPTIMC_CONVERSION_GPUMODULE_H

#include "optimc/Dialect/Optim/IR/Optim.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace optimc {

/// Names that PTX takes: letters, digits, `_` and `$`.
std::string getGPUKernelName(optim::OptimizerOp op, unsigned entry,
                             unsigned variant, unsigned phase);
std::string getGPUEvaluateName(optim::OptimizerOp op, unsigned entry);

/// An empty module for the kernels of `op`, at the insertion point.
mlir::ModuleOp createGPUModule(optim::OptimizerOp op, mlir::OpBuilder &builder);
/// The optimizer whose kernels a module has; empty for other modules.
llvm::StringRef getGPUModuleOptimizer(mlir::ModuleOp module);

/// The text of one optimizer for one architecture, in a constant of the host's
/// module: a string with a NUL at its end.
struct PTXText {
  std::string optimizer;
  unsigned sm = 0, version = 0; ///< 80 for sm_80; 70 for PTX 7.0

  /// Creates the constant.
  mlir::LLVM::GlobalOp create(llvm::StringRef text, mlir::OpBuilder &builder,
                              mlir::Location loc) const;
  /// Nothing if `global` is no such text.
  static std::optional<PTXText> get(mlir::LLVM::GlobalOp global);
  /// The text without its NUL.
  static llvm::StringRef getText(mlir::LLVM::GlobalOp global);
};

} // namespace optimc

#endif // OPTIMC_CONVERSION_GPUMODULE_H
