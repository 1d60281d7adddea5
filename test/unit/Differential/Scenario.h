//===- Scenario.h - what is done with an optimizer -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_DIFFERENTIAL_SCENARIO_H
#define OPTIMC_TEST_UNIT_DIFFERENTIAL_SCENARIO_H

#include "optimc/Dialect/Optim/IR/Optim.h"
#include <map>
#include <string>
#include <vector>

namespace optimc::test {

/// A tensor and where it starts. States that are not listed start as the spec
/// says.
struct TensorPlan {
  std::string name;
  int64_t count = 0;
  unsigned group = 0;
  unsigned offset =
      0; ///< of its buffers from a multiple of 64 bytes, in floats
  std::vector<float> param;
  std::map<std::string, std::vector<float>> states;
};

struct HyperChange {
  unsigned group;
  std::string name;
  double value;
};

/// A scalar input of a model, a group or a tensor.
struct InputChange {
  optim::Rate rate;
  unsigned owner;
  std::string name;
  double value;
};

struct StepPlan {
  std::vector<HyperChange> hypers;
  std::vector<InputChange> inputs;
  double gradScale = 1, foundInf = 0;
  std::vector<std::vector<float>> grads; ///< by tensor
  /// By tensor, by the input's name.
  std::vector<std::map<std::string, std::vector<float>>> elementInputs;
  std::vector<unsigned> active; ///< tensors that take the step
};

struct ScenarioOptions {
  uint64_t seed = 0;
  std::vector<int64_t> sizes;
  unsigned steps = 5;
  /// Values bound at compile time: they never change.
  std::map<std::string, double> frozen;
};

/// Everything that a caller does, the same for the interpreter and for compiled
/// programs. A function of the spec's signature and of the options.
struct Scenario {
  static Scenario make(optim::OptimizerOp op, const ScenarioOptions &options);

  uint64_t seed = 0;
  unsigned groups = 2;
  std::vector<HyperChange> initialHypers; ///< before tensors are added
  std::vector<TensorPlan> tensors;
  std::vector<StepPlan> steps;
};

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_DIFFERENTIAL_SCENARIO_H
