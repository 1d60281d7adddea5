//===- Scenario.cpp - what is done with an optimizer -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scenario.h"
#include "Numbers.h"
#include <cmath>

using namespace optimc;
using namespace optimc::optim;
using namespace optimc::test;

namespace {
class Planner {
public:
  Planner(OptimizerOp op, const ScenarioOptions &options)
      : op(op), options(options), numbers(options.seed) {}
  Scenario plan();

private:
  double pickHyper(HyperAttr hyper);
  void changeHypers(std::vector<HyperChange> &changes, double share);
  void changeInputs(StepPlan &step, bool all);
  void planTensors();
  void planStep(unsigned number);

  OptimizerOp op;
  const ScenarioOptions &options;
  Numbers numbers;
  Scenario scenario;
};
} // namespace

/// Something that the hyperparameter's range allows: near the default, at the
/// ends, or a number with a meaning.
double Planner::pickHyper(HyperAttr hyper) {
  double initial = hyper.getInitial().getValue();
  double low = hyper.getLowValue(), high = hyper.getHighValue();
  for (int attempt = 0; attempt < 20; ++attempt) {
    double value = initial;
    switch (numbers.below(6)) {
    case 0:
      value = initial * numbers.uniform(0.5, 1.5);
      break;
    case 1:
      value = std::isfinite(low) && std::isfinite(high)
                  ? numbers.uniform(low, high)
                  : numbers.uniform(0, 2);
      break;
    case 2:
      value = low;
      break;
    case 3:
      value = high;
      break;
    case 4:
      value = numbers.below(6);
      break;
    default: {
      static constexpr double special[] = {
          0, 1, 0.9, 0.999, 0.9999, 1e-3, -2.5, 0.1, 1e-8, 1 / 3., -1, 17};
      value = special[numbers.below(12)];
      break;
    }
    }
    if (hyper.getInteger())
      value = std::round(value);
    if (std::abs(value) <= 1e3 && hyper.allows(value))
      return value;
  }
  return initial;
}

void Planner::changeHypers(std::vector<HyperChange> &changes, double share) {
  for (unsigned group = 0; group < scenario.groups; ++group)
    for (unsigned i = 0, e = op.getHypers().size(); i != e; ++i) {
      HyperAttr hyper = op.getHyper(i);
      std::string name = hyper.getName().getValue().str();
      if (hyper.getFrozen() || hyper.getIsStatic() ||
          options.frozen.count(name) || !numbers.chance(share))
        continue;
      changes.push_back({group, name, pickHyper(hyper)});
    }
}

void Planner::changeInputs(StepPlan &step, bool all) {
  auto value = [&] {
    static constexpr double special[] = {0, 1, 2, 3, 0.5, -1.5, 1e-3, -0.0};
    return numbers.chance(0.7) ? special[numbers.below(8)]
                               : numbers.uniform(-4, 4);
  };
  for (unsigned i = 0, e = op.getInputs().size(); i != e; ++i) {
    InputAttr input = op.getInput(i);
    Rate rate = input.getRate();
    std::string name = input.getName().getValue().str();
    unsigned owners = rate == Rate::Model   ? 1
                      : rate == Rate::Group ? scenario.groups
                                            : scenario.tensors.size();
    for (unsigned owner = 0; owner < owners; ++owner) {
      if (!all && !numbers.chance(0.4))
        continue;
      if (isScalarRate(rate))
        step.inputs.push_back({rate, owner, name, value()});
      else
        step.elementInputs[owner][name] =
            numbers.stream(scenario.tensors[owner].count);
    }
  }
}

void Planner::planTensors() {
  for (int64_t count : options.sizes) {
    TensorPlan tensor;
    unsigned i = scenario.tensors.size();
    tensor.name = "tensor" + std::to_string(i);
    tensor.count = count;
    tensor.group = i % scenario.groups;
    tensor.offset = numbers.below(16);
    tensor.param = numbers.stream(count);
    for (unsigned s = 0, e = op.getStates().size(); s != e; ++s) {
      StateAttr state = op.getState(s);
      if (state.getRate() == Rate::Element && numbers.chance(0.5))
        tensor.states[state.getName().getValue().str()] = numbers.stream(count);
    }
    scenario.tensors.push_back(std::move(tensor));
  }
}

void Planner::planStep(unsigned number) {
  StepPlan step;
  size_t count = scenario.tensors.size();
  step.elementInputs.resize(count);
  if (number > 0)
    changeHypers(step.hypers, 0.3);
  changeInputs(step, number == 0);
  static constexpr double scales[] = {1, 1, 1024, 65536, 0.25, 3, 1 / 3.};
  step.gradScale = scales[numbers.below(7)];
  // Always one skipped step, between others.
  step.foundInf = number == 2 || numbers.chance(0.1) ? 1 : 0;
  for (unsigned i = 0; i < count; ++i) {
    step.grads.push_back(numbers.stream(scenario.tensors[i].count));
    // Clocks fork: the last tensor misses the second step, others a random one.
    bool left = number == 1 ? i + 1 == count : numbers.chance(0.15);
    if (!left)
      step.active.push_back(i);
  }
  if (step.active.empty())
    step.active.push_back(numbers.below(count));
  scenario.steps.push_back(std::move(step));
}

Scenario Planner::plan() {
  scenario.seed = options.seed * 0x9E3779B97F4A7C15u;
  // Group states start as hyperparameters: values of the group's beginning.
  changeHypers(scenario.initialHypers, 0.4);
  for (unsigned group = 0; group < scenario.groups; ++group)
    for (const auto &[name, value] : options.frozen)
      scenario.initialHypers.push_back({group, name, value});
  planTensors();
  for (unsigned i = 0; i < options.steps; ++i)
    planStep(i);
  return std::move(scenario);
}

Scenario Scenario::make(OptimizerOp op, const ScenarioOptions &options) {
  return Planner(op, options).plan();
}
