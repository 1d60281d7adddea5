//===- Jit.h - the emitted functions as machine code ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_ELEMENTARYFUNCTIONS_JIT_H
#define OPTIMC_TEST_ELEMENTARYFUNCTIONS_JIT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringRef.h"

#include <memory>
#include <string>

namespace llvm::orc {
class LLJIT;
} // namespace llvm::orc

namespace optimc::test {

/// A context with every dialect that the tests use.
std::unique_ptr<mlir::MLIRContext> makeContext();

/// A module with, for each function F and type T in {f32, f64}:
///   func @F_T(T[, T]) -> T
///   func @F_vector_f32(ptr in[, ptr in], ptr out)   over vector<16xf32>
mlir::OwningOpRef<mlir::ModuleOp> buildModule(mlir::MLIRContext &context);

/// Appends `func @name() -> T` that applies the function to constants.
void appendConstantCall(mlir::ModuleOp module, llvm::StringRef name,
                        llvm::StringRef function, mlir::Type type, double x,
                        double y);

/// Machine code for the host of a module of such functions.
class Jit {
public:
  /// `optLevel` is that of LLVM's IR pipeline; 0 runs code generation alone.
  static std::unique_ptr<Jit> compile(mlir::ModuleOp module, unsigned optLevel,
                                      std::string &error);
  ~Jit();

  template <typename Function>
  Function *lookup(llvm::StringRef name) {
    return reinterpret_cast<Function *>(address(name));
  }

private:
  Jit();
  void *address(llvm::StringRef name);
  std::unique_ptr<llvm::orc::LLJIT> session;
};

} // namespace optimc::test

#endif // OPTIMC_TEST_ELEMENTARYFUNCTIONS_JIT_H
