//===- Harness.h - an optimizer with tensors for tests ---------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TEST_RUNTIME_HARNESS_H
#define OPTIMC_TEST_RUNTIME_HARNESS_H

#include "Programs.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace optimc::test {

/// Deterministic numbers in [-1, 1).
float noise(uint64_t seed, uint64_t index);

/// Parameter and gradient memory of one tensor.
struct TestTensor {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> param, grad;
  uint32_t group = 0;
  optimc_tensor id = 0;
};

/// An optimizer, its groups and tensors. Functions of the C API must succeed
/// unless a test says otherwise.
class Harness {
public:
  explicit Harness(const optimc_program *program,
                   const optimc_options *options = nullptr);
  ~Harness() { optimc_destroy(opt); }
  Harness(const Harness &) = delete;
  Harness &operator=(const Harness &) = delete;

  uint32_t group(const char *name);
  /// Adds a tensor with deterministic contents.
  TestTensor &tensor(const char *name, std::vector<int64_t> shape,
                     uint32_t group = 0);
  /// New gradients for all tensors, different at every call number.
  void gradients(uint64_t call);
  void step();
  /// begin, run of these tensors, end.
  void stepOf(std::vector<optimc_tensor> list);

  void hyper(const char *name, double value, uint32_t group = 0);
  double scalar(const char *name, optimc_rate rate, uint32_t index);
  double output(const char *name, optimc_rate rate, uint32_t index);
  std::vector<float> state(optimc_tensor tensor, const char *name);
  optimc_info info();

  /// Every byte that a step or a load may change: parameters, states, scalars,
  /// hyperparameters, mode, seed, number of clocks.
  std::string snapshot();

  optimc_optimizer *opt = nullptr;
  std::vector<std::unique_ptr<TestTensor>> tensors;

private:
  const optimc_program *program;
  std::vector<uint32_t> groups;
};

#define EXPECT_OK(call)                                                        \
  do {                                                                         \
    optimc_error err_;                                                         \
    optimc_error *err = &err_;                                                 \
    EXPECT_EQ(OPTIMC_OK, (call)) << err->message;                              \
  } while (false)

/// A directory that is removed with its files.
class TempDir {
public:
  TempDir();
  ~TempDir();
  std::string operator/(const std::string &name) const {
    return path + "/" + name;
  }
  /// Names of the entries, sorted.
  std::vector<std::string> list() const;
  std::string path;
};

std::string readBytes(const std::string &path);
void writeBytes(const std::string &path, const std::string &bytes);

} // namespace optimc::test

#endif // OPTIMC_TEST_RUNTIME_HARNESS_H
