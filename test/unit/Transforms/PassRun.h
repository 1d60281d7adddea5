//===- PassRun.h - running passes and what they leave -----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_TRANSFORMS_PASSRUN_H
#define OPTIMC_TEST_UNIT_TRANSFORMS_PASSRUN_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include <map>
#include <string>
#include <vector>

namespace optimc::test {

/// What an interpreted run leaves behind: one array per name and step.
using Trace = std::map<std::string, std::vector<double>>;

/// Spec text in a context of its own.
class Spec {
public:
  explicit Spec(const std::string &text);

  /// Whether the text parsed and verified.
  bool isValid() const { return bool(module); }
  /// Runs a textual pipeline on all optimizers; false, with a test failure, if
  /// a pass fails or leaves invalid IR.
  bool run(const std::string &pipeline);
  std::string print();
  mlir::ModuleOp getModule() { return *module; }

  /// Interprets the last optimizer for some steps: random hyperparameters,
  /// gradients and inputs, which depend on `seed` alone, two tensors, one of
  /// which misses a step, and every entry once.
  Trace interpret(unsigned seed, unsigned steps);

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

/// The passes up to `optim-to-arith`, one by one, in their order.
const std::vector<std::string> &getPassSequence();

/// The first difference of two runs in what both have, or empty. `after` may
/// have lost states that were elided.
std::string compareTraces(const Trace &before, const Trace &after);

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_TRANSFORMS_PASSRUN_H
