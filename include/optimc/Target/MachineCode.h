//===- MachineCode.h - from the llvm dialect to objects -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TARGET_MACHINECODE_H
#define OPTIMC_TARGET_MACHINECODE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include <memory>

namespace optimc {

/// What translation to LLVM IR needs of a context's registry.
void registerTarget(mlir::DialectRegistry &registry);

/// The module, all of the llvm dialect, as LLVM IR for x86-64. No pass over LLVM
/// IR runs: kernels are vector code in its final form already, the machine code
/// of their loops is the same with and without -O1 (and better for masks, which
/// InstCombine would turn into scalars), and compiling takes half the time.
/// Null, with a diagnostic, where it cannot be translated.
std::unique_ptr<llvm::Module> emitLLVMIR(mlir::ModuleOp module,
                                         llvm::LLVMContext &context);

/// Appends assembly text.
mlir::LogicalResult emitAssembly(llvm::Module &module, mlir::Location loc,
                                 llvm::SmallVectorImpl<char> &out);

/// Appends a relocatable ELF object. An undefined symbol in it is an error: the
/// object must link into anything.
mlir::LogicalResult emitObject(llvm::Module &module, mlir::Location loc,
                               llvm::SmallVectorImpl<char> &out);

/// Links an object into the shared library `path`, which appears complete or
/// not at all. The linker is `$OPTIMC_LINKER`, else ld.lld, ld or cc, whichever
/// is found first.
mlir::LogicalResult linkSharedLibrary(llvm::ArrayRef<char> object,
                                      llvm::StringRef path, mlir::Location loc);

} // namespace optimc

#endif // OPTIMC_TARGET_MACHINECODE_H
