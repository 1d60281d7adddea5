//===- Differential.h - one spec, run in every way -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_DIFFERENTIAL_DIFFERENTIAL_H
#define OPTIMC_TEST_UNIT_DIFFERENTIAL_DIFFERENTIAL_H

#include "Compilation.h"
#include "Runs.h"

namespace optimc::test {

/// A spec and how it is compiled and run.
struct DifferentialCase {
  SpecSource spec;
  unsigned number = 0; ///< seeds the scenario and rotates what is varied
  ScenarioOptions scenario;
  CompileOptions compile;
};

/// The spec as it is interpreted: with its storage plan, if the test has one.
/// The gradient scale must come after the gradient's format, so such a spec is
/// wrapped, too.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
parseStored(const DifferentialCase &test);

/// Sizes, alignments, frozen hyperparameters and modes rotate with `number`.
DifferentialCase makeCase(const SpecSource &spec, unsigned number);

/// Compiles and runs on every instruction set of this machine, with 1 and 2
/// threads, in several floating-point environments. The first difference from
/// the interpreter as text; empty if there is none.
std::string checkCompiled(const DifferentialCase &test,
                          ComparisonCounts *counts = nullptr);

/// The same for tensors that are large enough for several threads: a serial
/// run against the interpreter, and against a pool and a caller's
/// `parallel_for`.
std::string checkThreads(const DifferentialCase &test);

/// Interprets after every pass.
std::string checkPasses(const DifferentialCase &test,
                        unsigned *interpretations = nullptr);

/// The failure, the case, and the smallest spec found for which `check` still
/// fails.
std::string describeFailure(
    const DifferentialCase &test, const std::string &failure,
    const std::function<std::string(const DifferentialCase &)> &check);

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_DIFFERENTIAL_DIFFERENTIAL_H
