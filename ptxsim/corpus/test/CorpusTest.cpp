//===- CorpusTest.cpp - running the corpus on the simulator ---------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CorpusTest.h"
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace ptxsim::corpus {

static void check(const Status &status) {
  if (!status)
    throw std::runtime_error(status.error().str());
}

template <typename T>
static T check(Expected<T> value) {
  if (!value)
    throw std::runtime_error(value.error().str());
  return std::move(*value);
}

void CorpusTest::load(const std::string &kernelName) {
  name = kernelName;
  std::ifstream file(PTXSIM_CORPUS_DIR "/" + name + ".ptx");
  if (!file)
    throw std::runtime_error("no file " + name + ".ptx in the corpus");
  std::stringstream text;
  text << file.rdbuf();
  Module parsed = check(Module::parse(text.str()));
  DeviceConfig config;
  config.smVersion = parsed.smVersion();
  device = std::make_unique<Device>(config);
  module = check(device->load(parsed));
}

const KernelInfo &CorpusTest::kernel() const {
  const KernelInfo *info = module->module().findKernel(name);
  if (!info)
    throw std::runtime_error(name + ".ptx has no kernel '" + name + "'");
  return *info;
}

uint64_t CorpusTest::allocateBytes(size_t bytes) {
  return check(device->memory().allocate(bytes, "argument"));
}

void CorpusTest::write(uint64_t address, const void *bytes, size_t size) {
  check(device->memory().write(address, bytes, size));
}

void CorpusTest::read(uint64_t address, void *bytes, size_t size) {
  if (!check(device->memory().isInitialised(address, size)))
    throw std::runtime_error(name + " left some of its results unwritten");
  check(device->memory().read(address, bytes, size));
}

void CorpusTest::run(Dim3 grid, Dim3 block, uint64_t sharedBytes,
                     const ArgumentBuffer &arguments) {
  LaunchConfig config;
  config.kernel = name;
  config.grid = grid;
  config.block = block;
  config.dynamicSharedBytes = sharedBytes;
  config.params = check(arguments.take());
  config.options.seed = GetParam();
  config.options.instructionBudget = 50'000'000;
  LaunchResult result = check(device->launch(*module, config));
  if (result.fault)
    throw std::runtime_error(result.fault->str());
}

std::vector<uint8_t> CorpusTest::variable(const std::string &variableName) {
  AllocationInfo info = check(module->findVariable(variableName));
  std::vector<uint8_t> bytes(info.size);
  read(info.address, bytes.data(), bytes.size());
  return bytes;
}

std::vector<float> CorpusTest::uniform(size_t count) {
  std::vector<float> values(count);
  for (float &value : values)
    value = static_cast<float>(static_cast<int64_t>(random()) >> 40) * 0x1p-23f;
  return values;
}

template <typename Float, typename Bits>
static std::vector<Float> mixed(std::mt19937_64 &random, size_t count) {
  using Limits = std::numeric_limits<Float>;
  const Float special[] = {0,
                           1,
                           Limits::infinity(),
                           Limits::quiet_NaN(),
                           Limits::denorm_min(),
                           Limits::min(),
                           Limits::max(),
                           Limits::epsilon(),
                           Float(0.5),
                           Float(3),
                           Float(1) / 3};
  std::vector<Float> values(count);
  for (Float &value : values) {
    uint64_t kind = random() % 4, bits = random();
    if (kind == 0) {
      Bits pattern = static_cast<Bits>(bits);
      std::memcpy(&value, &pattern, sizeof(value));
    } else if (kind == 1) {
      value = special[bits % std::size(special)];
    } else {
      // Near one, where operations interact.
      value = std::ldexp(Float(1) + Float(bits >> 40) * Float(0x1p-24),
                         static_cast<int>(bits % 17) - 8);
    }
    if (bits & 1024)
      value = -value;
    // Functions of C differ from PTX on signalling NaN; quiet them.
    if (std::isnan(value))
      value = Limits::quiet_NaN();
  }
  return values;
}

std::vector<float> CorpusTest::anyFloats(size_t count) {
  return mixed<float, uint32_t>(random, count);
}

std::vector<double> CorpusTest::anyDoubles(size_t count) {
  return mixed<double, uint64_t>(random, count);
}

} // namespace ptxsim::corpus
