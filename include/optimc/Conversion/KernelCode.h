//===- KernelCode.h - what a kernel function is the code of -----*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `optim-kernel-to-cpu` writes one function per phase, `optim-multiversion`
// clones it per instruction set, `optim-emit-program` puts the clones into the
// program's tables. In between, the discardable attribute `optim.code` of the
// functions says what they are.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_KERNELCODE_H
#define OPTIMC_CONVERSION_KERNELCODE_H

#include "mlir/IR/Operation.h"
#include <optional>
#include <string>

namespace optimc {

struct KernelCode {
  static constexpr llvm::StringLiteral attributeName = "optim.code";

  std::string optimizer;
  unsigned entry = 0, variant = 0, phase = 0;
  uint64_t reads = 0, writes = 0; ///< bit sets of streams
  uint64_t isa = 0;               ///< OPTIMC_ISA_*; 0 runs anywhere

  void attach(mlir::Operation *function) const;
  /// Nothing if `function` is not a kernel.
  static std::optional<KernelCode> get(mlir::Operation *function);
};

} // namespace optimc

#endif // OPTIMC_CONVERSION_KERNELCODE_H
