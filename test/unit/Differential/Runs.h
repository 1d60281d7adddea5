//===- Runs.h - running a scenario, interpreted or compiled -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_DIFFERENTIAL_RUNS_H
#define OPTIMC_TEST_UNIT_DIFFERENTIAL_RUNS_H

#include "Scenario.h"
#include "Trace.h"
#include "optimc-c/Runtime.h"
#include "llvm/Support/Error.h"

namespace optimc::test {

/// The caller's floating-point environment.
struct FloatMode {
  int rounding = 0; ///< FE_TONEAREST, ...
  bool flushes = false;
  std::string getName() const;
};
/// Nearest, then flush to zero, down, up, and toward zero with flushing.
FloatMode getFloatMode(unsigned number);

/// Sets a caller's environment while it lives; `wasKept` says whether what ran
/// in between restored it.
class FloatModeScope {
public:
  explicit FloatModeScope(const FloatMode &mode);
  ~FloatModeScope();
  bool wasKept() const;

private:
  unsigned saved, set;
  int savedRounding, setRounding;
};

/// Interprets `op`, at any point of the lowering up to `optim-to-arith`. Where
/// the spec has not been wrapped by `optim-wrap-amp`, gradients are unscaled
/// and steps skipped here, by the definition of grad_scale and found_inf.
llvm::Expected<Trace> runInterpreted(optim::OptimizerOp op,
                                     const Scenario &scenario,
                                     const FloatMode &mode = {});

struct CompiledOptions {
  uint64_t isaMask = ~uint64_t(0);
  unsigned threads = 1;
  FloatMode mode;
  bool callerPool = false; ///< a parallel_for of ours, in reverse order
};

/// Runs a compiled program. All buffers are the caller's, between guard words;
/// an overwritten guard or gradient is an error, and so is a floating-point
/// environment that comes back changed.
llvm::Expected<Trace> runCompiled(const optimc_program *program,
                                  const Scenario &scenario,
                                  const CompiledOptions &options = {});

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_DIFFERENTIAL_RUNS_H
