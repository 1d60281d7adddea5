//===- Passes.h - from the optim dialect to programs ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_PASSES_H
#define OPTIMC_CONVERSION_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "optimc/Dialect/Optim/IR/Optim.h"

namespace optimc {

#define GEN_PASS_DECL
#include "optimc/Conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "optimc/Conversion/Passes.h.inc"

} // namespace optimc

#endif // OPTIMC_CONVERSION_PASSES_H
