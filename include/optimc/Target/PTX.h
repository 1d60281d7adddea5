//===- PTX.h - from the llvm dialect to PTX text ----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TARGET_PTX_H
#define OPTIMC_TARGET_PTX_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <string>

namespace optimc {

/// What translation to LLVM IR for GPUs needs of a context's registry.
void registerGPUTarget(mlir::DialectRegistry &registry);

/// An NVIDIA architecture: 80 for sm_80. The oldest that has the instructions
/// that kernels use is 80.
struct GPUTarget {
  unsigned sm;
  std::string getName() const { return "sm_" + std::to_string(sm); }
};

/// The architecture of a name like sm_90.
mlir::FailureOr<GPUTarget>
parseGPUTarget(llvm::StringRef name,
               llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

/// What a kernel's text must look like.
struct PTXKernel {
  enum class Doubles {
    None, ///< as in all loops over elements
    Sums, ///< conversions, sums and extrema: the end of a reduction
    All   ///< scalar functions
  };
  std::string name;
  Doubles doubles = Doubles::None;
  /// Accesses of global memory that it must have at least, by their bytes.
  struct Access {
    unsigned bytes, loads, stores;
  };
  llvm::SmallVector<Access> accesses = {};

  void attach(mlir::Operation *function) const;
  /// What a function in a GPU module says, none if nothing.
  static std::optional<PTXKernel> get(mlir::Operation *function);
  static void detach(mlir::Operation *function);
};

/// PTX text, of the oldest version that has the architecture, and that version:
/// 70 for 7.0.
struct PTXCode {
  std::string text;
  unsigned version = 0;
};

/// The code of a module whose functions are all of the llvm and nvvm dialects.
mlir::FailureOr<PTXCode> emitPTX(mlir::ModuleOp module,
                                 const GPUTarget &target);

/// Holds a text against what the numerics and the memory system need: exact
/// IEEE arithmetic (rounding spelled out, no approximation, no flushing, NaN
/// kept), no float64 where it is slow, no accesses but to known state spaces,
/// nothing from elsewhere, and loops over vectors with accesses of full width.
/// An error names the kernel and the line's text.
mlir::LogicalResult
checkPTX(llvm::StringRef text, llvm::ArrayRef<PTXKernel> kernels,
         llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

} // namespace optimc

#endif // OPTIMC_TARGET_PTX_H
