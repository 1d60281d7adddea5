//===- Simulate.h - run a kernel in a test ----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_TEST_SIMULATE_H
#define PTXSIM_TEST_SIMULATE_H

#include "ptxsim/Device.h"
#include <gtest/gtest.h>

namespace ptxsim::test {

/// "sm_90" module text around kernels and variables.
std::string moduleText(const std::string &body);
/// An entry `k` with the standard registers %r<64>, %rd<64>, %f<64>, %fd<16>,
/// %rs<16>, %p<16> around statements.
std::string kernelText(const std::string &params, const std::string &body);

/// A device with one loaded module; failures to set up are test failures.
class Simulation {
public:
  explicit Simulation(const std::string &text);

  /// A buffer with the bytes of `values`.
  template <typename T>
  uint64_t buffer(const std::vector<T> &values, const std::string &name) {
    uint64_t address = allocate(values.size() * sizeof(T), name);
    EXPECT_TRUE(device.memory().write(address, values.data(),
                                      values.size() * sizeof(T)));
    return address;
  }
  /// An uninitialised buffer.
  uint64_t allocate(uint64_t bytes, const std::string &name);
  template <typename T>
  std::vector<T> read(uint64_t address, size_t count) {
    std::vector<T> values(count);
    EXPECT_TRUE(
        device.memory().read(address, values.data(), count * sizeof(T)));
    return values;
  }

  /// Launches kernel `k` (or config.kernel) with these arguments.
  template <typename... Args>
  LaunchResult run(LaunchConfig config, const Args &...args) {
    if (config.kernel.empty())
      config.kernel = "k";
    const KernelInfo *kernel = loaded->module().findKernel(config.kernel);
    if (!kernel) {
      ADD_FAILURE() << "no kernel " << config.kernel;
      return {};
    }
    ArgumentBuffer buffer(*kernel);
    (buffer.add(args), ...);
    return runPacked(std::move(config), buffer);
  }
  LaunchResult runPacked(LaunchConfig config, const ArgumentBuffer &buffer);

  Device device;
  LoadedModule *loaded = nullptr;

private:
  static DeviceConfig config();
};

/// "" or the text of the fault.
std::string faultText(const LaunchResult &result);

LaunchConfig shape(uint32_t grid, uint32_t block, uint64_t seed = 0);

} // namespace ptxsim::test

#endif // PTXSIM_TEST_SIMULATE_H
