//===- CorpusTest.h - running the corpus on the simulator -------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_CORPUS_TEST_CORPUSTEST_H
#define PTXSIM_CORPUS_TEST_CORPUSTEST_H

#include "ptxsim/Device.h"
#include <cmath>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

namespace ptxsim::corpus {

/// An array in device memory.
template <typename T>
struct Buffer {
  uint64_t address = 0;
  size_t count = 0;
};

/// Runs one kernel of the corpus with every check on; the parameter of the test
/// is the simulator's seed. Helpers throw when the simulator reports an error:
/// GoogleTest turns that into a failure with the simulator's text.
class CorpusTest : public ::testing::TestWithParam<uint64_t> {
protected:
  /// Loads NAME.ptx, whose kernel has the same name.
  void load(const std::string &name);

  template <typename T>
  Buffer<T> upload(const std::vector<T> &values) {
    Buffer<T> buffer = allocate<T>(values.size());
    write(buffer.address, values.data(), values.size() * sizeof(T));
    return buffer;
  }

  /// Uninitialised memory.
  template <typename T>
  Buffer<T> allocate(size_t count) {
    return {allocateBytes(count * sizeof(T)), count};
  }

  /// What the kernel left; every element must have been written.
  template <typename T>
  std::vector<T> download(const Buffer<T> &buffer) {
    std::vector<T> values(buffer.count);
    read(buffer.address, values.data(), values.size() * sizeof(T));
    return values;
  }

  template <typename... Arguments>
  void launchShared(Dim3 grid, Dim3 block, uint64_t sharedBytes,
                    const Arguments &...arguments) {
    ArgumentBuffer packed(kernel());
    (add(packed, arguments), ...);
    run(grid, block, sharedBytes, packed);
  }

  template <typename... Arguments>
  void launch(Dim3 grid, Dim3 block, const Arguments &...arguments) {
    launchShared(grid, block, 0, arguments...);
  }

  /// A module variable, as bytes.
  std::vector<uint8_t> variable(const std::string &name);

  /// Repeatable inputs: the same numbers for every seed of the simulator.
  std::mt19937_64 random{20240607};
  /// Uniform in [-1, 1).
  std::vector<float> uniform(size_t count);
  /// Random bit patterns mixed with zeros, ones, infinities, NaN, subnormals.
  std::vector<float> anyFloats(size_t count);
  std::vector<double> anyDoubles(size_t count);
  template <typename T>
  std::vector<T> integers(size_t count) {
    std::vector<T> values(count);
    for (T &value : values)
      value = static_cast<T>(random());
    return values;
  }

private:
  const KernelInfo &kernel() const;
  uint64_t allocateBytes(size_t bytes);
  void write(uint64_t address, const void *bytes, size_t size);
  void read(uint64_t address, void *bytes, size_t size);
  void run(Dim3 grid, Dim3 block, uint64_t sharedBytes,
           const ArgumentBuffer &arguments);
  template <typename T>
  static void add(ArgumentBuffer &packed, const Buffer<T> &buffer) {
    packed.add(buffer.address);
  }
  template <typename T>
  static void add(ArgumentBuffer &packed, const T &value) {
    packed.add(value);
  }

  std::string name;
  std::unique_ptr<Device> device;
  LoadedModule *module = nullptr;
};

#define PTXSIM_CORPUS_SUITE(Suite)                                             \
  class Suite : public ::ptxsim::corpus::CorpusTest {};                        \
  INSTANTIATE_TEST_SUITE_P(Seed, Suite, ::testing::Values(0, 1, 0x9e3779b97))

/// Equal bits; any NaN equals any other, as PTX leaves the payload open.
template <typename T>
bool sameBits(const T &a, const T &b) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(a) || std::isnan(b))
      return std::isnan(a) && std::isnan(b);
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

template <typename T>
void expectSame(const std::vector<T> &actual, const std::vector<T> &expected) {
  ASSERT_EQ(actual.size(), expected.size());
  size_t different = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    if (sameBits(actual[i], expected[i]))
      continue;
    if (different++ == 0) {
      EXPECT_EQ(actual[i], expected[i]) << "first difference at index " << i;
    }
  }
  EXPECT_EQ(different, 0u) << "of " << actual.size() << " elements differ";
}

} // namespace ptxsim::corpus

#endif // PTXSIM_CORPUS_TEST_CORPUSTEST_H
