//===- Pipelines.h - from a spec to a program -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_PIPELINES_PIPELINES_H
#define OPTIMC_PIPELINES_PIPELINES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "optimc/Analysis/Phases.h"
#include "llvm/ADT/SmallVector.h"
#include <string>

namespace optimc {

struct CompileOptions {
  /// Instruction sets: x86-64-v4, x86-64-v3, baseline. Empty: all of them.
  llvm::SmallVector<std::string> cpus;
  /// GPU architectures: sm_80, sm_90, ... Empty: no GPU code.
  llvm::SmallVector<std::string> gpus;
  /// Hyperparameters that are bound at compile time: "beta1=0".
  llvm::SmallVector<std::string> freeze;
  /// Formats of streams: "exp_avg=q8" (optim-set-storage).
  llvm::SmallVector<std::string> store;
  /// Whether the step gets the inputs grad_scale and found_inf.
  bool amp = true;
  /// What several passes over the elements need (Analysis/Phases.h).
  PhasePolicy phases = PhasePolicy::Cheapest;
  /// The first and the last phase to run; empty: from the spec, to the end.
  std::string from, until;
};

/// A named stretch of the pipeline.
struct Phase {
  llvm::StringRef name, summary;
};
/// In the order in which they run: parse, inline, ..., llvm.
llvm::ArrayRef<Phase> getPhases();

/// The dialects, and the interfaces that lowering needs.
void registerOptimcDialects(mlir::DialectRegistry &registry);
/// Every pass of optimc and what else its pipeline uses, for optim-opt.
void registerOptimcPasses();

/// Adds the passes of the phases that `options` names. Fails for an unknown
/// one.
mlir::LogicalResult
buildPipeline(mlir::OpPassManager &passes, const CompileOptions &options,
              llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

/// Runs that pipeline.
mlir::LogicalResult runPipeline(mlir::ModuleOp module,
                                const CompileOptions &options);

/// Runs the whole pipeline and appends the object.
mlir::LogicalResult compileToObject(mlir::ModuleOp module,
                                    const CompileOptions &options,
                                    llvm::SmallVectorImpl<char> &object);

/// The PTX of a module that went through the phase emit-ptx for one
/// architecture, of all of its optimizers.
std::string getPTX(mlir::ModuleOp module);

} // namespace optimc

#endif // OPTIMC_PIPELINES_PIPELINES_H
