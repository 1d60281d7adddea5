//===- Lint.cpp - optimc lint -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Spec.h"
#include "optimc/Analysis/SlowAverages.h"
#include "optimc/Pipelines/Pipelines.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace optimc;
using namespace optimc::tool;

int optimc::tool::runLint(const LintArgs &args) {
  auto spec = loadSpec(args);
  if (!spec)
    return reportError(spec.takeError());
  CompileOptions options;
  options.amp = false;
  options.freeze.assign(args.freeze.begin(), args.freeze.end());
  options.store.assign(args.store.begin(), args.store.end());
  options.until = "store";
  if (mlir::failed(runPipeline(*spec->module, options)))
    return ExitUserError;
  unsigned warnings = 0;
  findStalledStates(spec->optimizer, [&](mlir::Location loc, std::string text) {
    ++warnings;
    mlir::emitWarning(loc) << text;
  });
  outs() << warnings << (warnings == 1 ? " warning\n" : " warnings\n");
  return warnings ? ExitDifference : ExitSuccess;
}
