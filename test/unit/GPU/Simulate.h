//===- Simulate.h - kernels of a program, on both targets -------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_GPU_SIMULATE_H
#define OPTIMC_TEST_UNIT_GPU_SIMULATE_H

#include "Memory.h"

namespace optimc::test {

/// How a program is run in the simulator.
struct SimulationOptions {
  uint32_t sm = 80;
  uint64_t seed = 0;
  std::vector<int64_t> sizes; ///< of vectors, and of matrices, roughly
};

struct SimulationCounts {
  uint64_t phases = 0, values = 0, evaluations = 0;
};

/// Runs every kernel of every entry on tensors of random contents, once as the
/// CPU's machine code and once as PTX in the simulator with all of its checks,
/// and the kernels that evaluate scalar functions likewise. Returns the first
/// difference as text; empty if there is none.
std::string checkPTX(const optimc_program &program,
                     const SimulationOptions &options,
                     SimulationCounts &counts);

/// One launch; the fault as text, empty if there is none.
std::string launch(DeviceMemory &memory, const ptxsim::LoadedModule &module,
                   const std::string &kernel, uint32_t grid, uint32_t block,
                   const std::vector<std::vector<uint8_t>> &arguments,
                   uint64_t seed);

template <typename T>
std::vector<uint8_t> toBytes(const T &value) {
  auto *bytes = reinterpret_cast<const uint8_t *>(&value);
  return std::vector<uint8_t>(bytes, bytes + sizeof value);
}

// The two halves of checkPTX.
struct Simulation {
  const optimc_program &program;
  const optimc_entry &entry;
  const ptxsim::LoadedModule &module;
  DeviceMemory &memory;
  const SimulationOptions &options;
  Numbers &numbers;
  SimulationCounts &counts;
};
std::string checkPhase(Simulation &simulation, const optimc_plan &plan,
                       const optimc_variant &variant,
                       const optimc_phase &phase);
std::string checkEvaluate(Simulation &simulation);

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_GPU_SIMULATE_H
