//===- Simulate.cpp - run a kernel in a test --------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulate.h"

using namespace ptxsim;
using namespace ptxsim::test;

std::string test::moduleText(const std::string &body) {
  return ".version 8.6\n.target sm_100\n.address_size 64\n" + body;
}

std::string test::kernelText(const std::string &params,
                             const std::string &body) {
  return ".visible .entry k(" + params +
         ")\n{ .reg .b32 %r<64>;\n.reg .b64 %rd<64>;\n.reg .f32 %f<64>;\n"
         ".reg .f64 %fd<16>;\n.reg .b16 %rs<16>;\n.reg .pred %p<16>;\n" +
         body + "\n}\n";
}

DeviceConfig Simulation::config() {
  DeviceConfig config;
  config.smVersion = 100;
  return config;
}

Simulation::Simulation(const std::string &text) : device(config()) {
  Expected<Module> module = Module::parse(text);
  if (!module) {
    ADD_FAILURE() << module.error().str() << "\n" << text;
    return;
  }
  Expected<LoadedModule *> result = device.load(*module);
  if (!result) {
    ADD_FAILURE() << result.error().str();
    return;
  }
  loaded = *result;
}

uint64_t Simulation::allocate(uint64_t bytes, const std::string &name) {
  Expected<uint64_t> address = device.memory().allocate(bytes, name);
  EXPECT_TRUE(address);
  return address ? *address : 0;
}

LaunchResult Simulation::runPacked(LaunchConfig config,
                                   const ArgumentBuffer &buffer) {
  Expected<std::vector<uint8_t>> params = buffer.take();
  if (!params) {
    ADD_FAILURE() << params.error().str();
    return {};
  }
  config.params = *params;
  Expected<LaunchResult> result = device.launch(*loaded, config);
  if (!result) {
    ADD_FAILURE() << result.error().str();
    return {};
  }
  return *result;
}

std::string test::faultText(const LaunchResult &result) {
  return result.fault ? result.fault->str() : "";
}

LaunchConfig test::shape(uint32_t grid, uint32_t block, uint64_t seed) {
  LaunchConfig config;
  config.grid = {grid, 1, 1};
  config.block = {block, 1, 1};
  config.options.seed = seed;
  return config;
}
