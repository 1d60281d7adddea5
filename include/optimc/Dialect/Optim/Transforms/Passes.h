//===- Passes.h - passes over the optim dialect -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// optim -> optim passes, in the order of the default pipeline. Each has a
// generated constructor `createX()` and, where it has options, `createX(XOptions)`.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_TRANSFORMS_PASSES_H
#define OPTIMC_DIALECT_OPTIM_TRANSFORMS_PASSES_H

#include "optimc/Analysis/Phases.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace optimc::optim {

#define GEN_PASS_DECL
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"

} // namespace optimc::optim

#endif // OPTIMC_DIALECT_OPTIM_TRANSFORMS_PASSES_H
