//===- Spec.h - reading the SPEC argument -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TOOLS_OPTIMC_SPEC_H
#define OPTIMC_TOOLS_OPTIMC_SPEC_H

#include "Commands.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "optimc/Dialect/Optim/IR/Optim.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/SourceMgr.h"
#include <memory>

namespace optimc::tool {

/// Prints diagnostics with file, line, column and a caret.
class SpecDiagnostics {
public:
  SpecDiagnostics(std::shared_ptr<llvm::SourceMgr> sources,
                  mlir::MLIRContext &context);
  ~SpecDiagnostics();

private:
  void print(mlir::Location loc, mlir::DiagnosticSeverity severity,
             llvm::StringRef message);

  std::shared_ptr<llvm::SourceMgr> sources;
  mlir::MLIRContext &context;
  mlir::DiagnosticEngine::HandlerID id;
};

/// A verified module and the optimizer that the user means.
struct Spec {
  std::unique_ptr<mlir::MLIRContext> context;
  std::unique_ptr<SpecDiagnostics> diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  optim::OptimizerOp optimizer;
  std::string text; ///< as it was written
  std::string name; ///< of the file, or the built-in's name
};

/// Diagnostics of the spec (file:line:column with a caret) are printed; the
/// error then has no text.
llvm::Expected<Spec> loadSpec(const SpecArgs &args);

/// The "NAME=NUMBER" texts of `option`, such as --set.
llvm::Expected<std::vector<std::pair<std::string, double>>>
parseAssignments(llvm::ArrayRef<std::string> texts, llvm::StringRef option);

/// Prints "optimc: error: ..." unless the text is empty; gives the exit code.
int reportError(llvm::Error error);

} // namespace optimc::tool

#endif // OPTIMC_TOOLS_OPTIMC_SPEC_H
