//===- Compilation.h - specs and programs for tests -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_DIFFERENTIAL_COMPILATION_H
#define OPTIMC_TEST_UNIT_DIFFERENTIAL_COMPILATION_H

#include "mlir/IR/OwningOpRef.h"
#include "optimc/Dialect/Optim/IR/Optim.h"
#include "optimc/Pipelines/Pipelines.h"
#include "optimc/Target/Jit.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace optimc::test {

/// A spec as text, with what identifies it in messages.
struct SpecSource {
  std::string name, text;
};

/// Random specs, always the same ones.
const std::vector<SpecSource> &getRandomSpecs();
/// The built-in specs.
std::vector<SpecSource> getBuiltinSources();
/// Written for corners that random specs reach rarely: signed zeros of a mix,
/// an old value that is read after its new one is known.
std::vector<SpecSource> getCornerSources();

/// A context with every dialect that the pipeline needs. One per process.
mlir::MLIRContext &getContext();

/// A verified module, or the diagnostics as an error.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
parseSpec(const std::string &text);
optim::OptimizerOp getOptimizer(mlir::ModuleOp module);

/// Called after every pass of the pipeline with the pass's argument, such as
/// "optim-expand-mixtures"; it may change the module.
using AfterPass = std::function<void(llvm::StringRef pass, mlir::ModuleOp)>;

/// Runs the pipeline that `optimc compile` runs, in place.
llvm::Error lower(mlir::ModuleOp module, const CompileOptions &options,
                  const AfterPass &afterPass = {});

/// A program in this process.
struct CompiledSpec {
  std::unique_ptr<LoadedObject> object;
  const optimc_program *program = nullptr;
};

/// Machine code for a module that `lower` took through the whole pipeline.
llvm::Expected<CompiledSpec> emit(mlir::ModuleOp lowered,
                                  llvm::StringRef optimizer);

/// Parses, lowers and emits.
llvm::Expected<CompiledSpec> compile(const std::string &text,
                                     const CompileOptions &options = {});

/// "name=value" bindings as `--freeze` takes them.
llvm::SmallVector<std::string>
getFreeze(const std::map<std::string, double> &frozen);

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_DIFFERENTIAL_COMPILATION_H
