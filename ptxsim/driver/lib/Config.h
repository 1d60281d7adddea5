//===- Config.h - settings of the simulated driver --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_DRIVER_CONFIG_H
#define PTXSIM_DRIVER_CONFIG_H

#include "ptxsim/Launch.h"
#include <cstdint>
#include <string>

namespace ptxsim::cuda {

/// What the environment chooses; see ptxsim_cuda.h.
struct Config {
  uint32_t smVersion = 80;
  uint64_t seed = 0;
  Checks checks;
  uint64_t instructionBudget = Options().instructionBudget;
  /// Work runs when it is submitted instead of when something waits for it.
  bool eager = false;
};

/// What differs between the devices that can be simulated.
struct DeviceProperties {
  const char *name;
  uint32_t smVersion;
  uint32_t multiprocessors;
  uint32_t sharedBytesPerMultiprocessor;
  uint32_t sharedBytesPerBlockOptIn;
  uint32_t l2Bytes;
  uint64_t memoryBytes;
};

/// Common to all of them.
constexpr uint32_t warpSize = 32;
constexpr uint32_t maxThreadsPerBlock = 1024;
constexpr uint32_t maxThreadsPerMultiprocessor = 2048;
constexpr uint32_t maxBlocksPerMultiprocessor = 32;
constexpr uint32_t registersPerMultiprocessor = 65536;
constexpr uint32_t maxRegistersPerThread = 255;
constexpr uint32_t sharedBytesPerBlock = 48 << 10;
constexpr uint32_t reservedSharedBytesPerBlock = 1 << 10;
constexpr int leastPriority = 0, greatestPriority = -5;
constexpr uint32_t driverVersion = 13000;
constexpr uint32_t newestPtxVersion = 90;

const DeviceProperties &properties(uint32_t smVersion);

/// Reads PTXSIM_CUDA_ARCH, _SEED, _CHECKS, _BUDGET and _ASYNC. Returns what is
/// wrong with them, or an empty string.
std::string readEnvironment(Config &config);

} // namespace ptxsim::cuda

#endif // PTXSIM_DRIVER_CONFIG_H
