//===- EvaluateRun.cpp - scalar functions on both targets -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulate.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace optimc::test;

namespace {
/// A model, a clock or a tensor on the host.
struct Instance {
  uint32_t rate = 0;
  const Instance *coarser = nullptr;
  std::vector<double> hyper, state, next, values, inputs, reduced;
  std::vector<float> scalars;
  uint64_t predicates = 0;
  int64_t rank = 0;
  optimc_gpu_instance device = {};
  uint64_t address = 0;
};

class EvaluateRun {
public:
  explicit EvaluateRun(Simulation &simulation)
      : simulation(simulation), program(simulation.program),
        entry(simulation.entry), numbers(simulation.numbers) {}
  std::string run();

private:
  Instance make(uint32_t rate, const Instance *coarser);
  double pickHyper(const optimc_hyper &hyper);
  void evaluate(Instance &instance, uint32_t stage);
  void upload(std::vector<Instance> &instances);
  std::string launchRate(std::vector<Instance> &instances, uint32_t stage);
  std::string compare(const Instance &instance, uint32_t stage);

  Simulation &simulation;
  const optimc_program &program;
  const optimc_entry &entry;
  Numbers &numbers;
};
} // namespace

double EvaluateRun::pickHyper(const optimc_hyper &hyper) {
  if (hyper.flags & OPTIMC_HYPER_FROZEN)
    return hyper.initial;
  static constexpr double special[] = {0, 1, 0.9, 1e-3, 3, 17, 1000};
  double value = numbers.chance(0.5) ? hyper.initial
                 : numbers.chance(0.5)
                     ? hyper.initial * numbers.uniform(0.5, 1.5)
                     : special[numbers.below(7)];
  if (hyper.flags & OPTIMC_HYPER_INTEGER)
    value = std::round(value);
  return value >= hyper.low && value <= hyper.high ? value : hyper.initial;
}

Instance EvaluateRun::make(uint32_t rate, const Instance *coarser) {
  Instance instance;
  instance.rate = rate;
  instance.coarser = coarser;
  auto number = [&] {
    return numbers.chance(0.7) ? numbers.uniform(-2, 3)
                               : double(numbers.bits());
  };
  for (uint32_t i = 0; i < program.hypers.count; ++i)
    instance.hyper.push_back(pickHyper(at(program.hypers, i)));
  for (uint32_t i = 0; i < program.states.count; ++i)
    if (at(program.states, i).rate == rate)
      instance.state.push_back(i == 0 ? numbers.below(3000) : number());
  for (uint32_t i = 0; i < program.inputs.count; ++i)
    instance.inputs.push_back(number());
  for (uint32_t i = 0; i < entry.reductions.count; ++i)
    instance.reduced.push_back(number());
  instance.next.resize(instance.state.size());
  // What is there before must not matter.
  instance.values.assign(entry.n_values, 12345.0);
  instance.scalars.assign(entry.n_scalars, 54321.0f);
  instance.predicates = ~uint64_t(0);
  instance.rank = rate == OPTIMC_RATE_TENSOR ? numbers.below(4) : 0;
  return instance;
}

/// What the text at optimc_scalar_args says, on the host.
void EvaluateRun::evaluate(Instance &instance, uint32_t stage) {
  if (const Instance *coarser = instance.coarser) {
    instance.values = coarser->values;
    instance.scalars = coarser->scalars;
    instance.predicates = coarser->predicates;
  } else {
    instance.values.assign(entry.n_values, 0);
    instance.scalars.assign(entry.n_scalars, 0);
    instance.predicates = 0;
  }
  for (uint32_t i = 0; i < program.inputs.count; ++i)
    if (at(program.inputs, i).rate == instance.rate)
      instance.values[at(program.inputs, i).value] = instance.inputs[i];
  for (uint32_t i = 0; i < entry.reductions.count; ++i) {
    const optimc_reduction &reduction = at(entry.reductions, i);
    if (reduction.to_rate == instance.rate && reduction.stage <= stage)
      instance.values[reduction.target] = instance.reduced[i];
  }
  instance.next = instance.state;
  optimc_scalar_args args = {
      instance.rate == OPTIMC_RATE_MODEL ? nullptr : instance.hyper.data(),
      instance.state.data(),
      instance.next.data(),
      instance.values.data(),
      instance.scalars.data(),
      &instance.predicates,
      instance.rank};
  for (uint32_t s = 0; s <= stage; ++s)
    for (uint32_t i = 0; i < entry.scalars.count; ++i)
      if (const optimc_scalars &scalars = at(entry.scalars, i);
          scalars.rate == instance.rate && scalars.stage == s)
        scalars.fn(&args);
}

void EvaluateRun::upload(std::vector<Instance> &instances) {
  DeviceMemory &memory = simulation.memory;
  std::vector<optimc_gpu_instance> table;
  for (Instance &instance : instances) {
    optimc_gpu_instance &device = instance.device;
    if (instance.rate != OPTIMC_RATE_MODEL)
      device.hyper = memory.write(instance.hyper, "hyperparameters");
    device.state = memory.write(instance.state, "states");
    device.next_state = memory.write(instance.next, "next states");
    device.values = memory.write(instance.values, "values");
    device.scalars = memory.write(instance.scalars, "scalars");
    device.predicates = memory.write(&instance.predicates, 8, "predicates");
    device.coarser = instance.coarser ? instance.coarser->address : 0;
    device.inputs = memory.write(instance.inputs, "inputs");
    device.reduced = memory.write(instance.reduced, "results of reductions");
    device.rank = instance.rank;
    table.push_back(device);
  }
  uint64_t address = memory.write(table, "instances");
  for (Instance &instance : instances) {
    instance.address = address;
    address += sizeof(optimc_gpu_instance);
  }
}

template <typename T>
static bool isEqual(const std::vector<T> &expected,
                    const std::vector<uint8_t> &actual) {
  for (size_t i = 0; i < expected.size(); ++i) {
    T value;
    std::memcpy(&value, &actual[i * sizeof(T)], sizeof value);
    if (std::memcmp(&value, &expected[i], sizeof value) != 0 &&
        !(std::isnan(value) && std::isnan(expected[i])))
      return false;
  }
  return true;
}

std::string EvaluateRun::compare(const Instance &instance, uint32_t stage) {
  DeviceMemory &memory = simulation.memory;
  const optimc_gpu_instance &device = instance.device;
  const char *what = nullptr;
  if (!isEqual(instance.values,
               memory.read(device.values, 8 * instance.values.size())))
    what = "values";
  else if (!isEqual(instance.scalars,
                    memory.read(device.scalars, 4 * instance.scalars.size())))
    what = "scalars";
  else if (!isEqual(instance.next,
                    memory.read(device.next_state, 8 * instance.next.size())))
    what = "next states";
  else if (toBytes(instance.predicates) != memory.read(device.predicates, 8))
    what = "predicates";
  if (!what)
    return {};
  return std::string(what) + " of rate " + std::to_string(instance.rate) +
         " differ in stage " + std::to_string(stage);
}

std::string EvaluateRun::launchRate(std::vector<Instance> &instances,
                                    uint32_t stage) {
  auto count = static_cast<uint32_t>(instances.size());
  std::string fault =
      launch(simulation.memory, simulation.module, entry.ptx_evaluate, 2, 32,
             {toBytes(instances.front().address), toBytes(count),
              toBytes(instances.front().rate), toBytes(stage)},
             simulation.options.seed);
  for (Instance &instance : instances) {
    if (!fault.empty())
      break;
    evaluate(instance, stage);
    fault = compare(instance, stage);
    ++simulation.counts.evaluations;
  }
  return fault;
}

std::string EvaluateRun::run() {
  if (!entry.ptx_evaluate)
    return "the entry has no kernel for scalar functions";
  uint32_t numStages = 1;
  for (uint32_t i = 0; i < entry.scalars.count; ++i)
    numStages = std::max(numStages, at(entry.scalars, i).stage + 1);
  std::vector<Instance> model, clocks, tensors;
  model.push_back(make(OPTIMC_RATE_MODEL, nullptr));
  upload(model);
  for (unsigned i = 0; i < 20; ++i)
    clocks.push_back(make(OPTIMC_RATE_GROUP, &model.front()));
  upload(clocks);
  for (unsigned i = 0; i < 40; ++i) {
    tensors.push_back(make(OPTIMC_RATE_TENSOR, &clocks[numbers.below(20)]));
    tensors.back().hyper = tensors.back().coarser->hyper;
  }
  upload(tensors);
  for (uint32_t stage = 0; stage < numStages; ++stage)
    for (auto *instances : {&model, &clocks, &tensors}) {
      std::string failure = launchRate(*instances, stage);
      if (!failure.empty())
        return failure;
    }
  return {};
}

std::string optimc::test::checkEvaluate(Simulation &simulation) {
  return EvaluateRun(simulation).run();
}
