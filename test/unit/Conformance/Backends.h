//===- Backends.h - one optimizer on one back end --------------*- C++ -* -===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TEST_CONFORMANCE_BACKENDS_H
#define OPTIMC_TEST_CONFORMANCE_BACKENDS_H

#include "../Cuda/Cuda.h"
#include "../Runtime/Harness.h"

namespace optimc::test {

struct Spec {
  const char *name;
  const optimc_program *(*program)(uint32_t);
};
/// The built-in specs and those of this folder, compiled by the build.
const std::vector<Spec> &specs();
const Spec &findSpec(const std::string &name);

struct Backend {
  const char *name;
  optimc_device device;
  uint64_t isa; // that the kernels must use
};
/// Baseline first: the one that others are compared with.
const std::vector<Backend> &backends();

/// Why a spec does not run on a back end here; empty if it does. Everything
/// that is skipped says so.
std::string whyNot(const Spec &spec, const Backend &backend);

/// A buffer of floats where the back end wants it.
class Array {
public:
  Array(const Backend &backend, std::vector<float> values);
  void set(const std::vector<float> &values);
  std::vector<float> get() const;
  void *data();

private:
  bool isOnDevice;
  size_t count;
  std::vector<float> host;
  DeviceMemory device;
};

/// An optimizer with tensors of many sizes and ranks in two groups.
class Trial {
public:
  Trial(const Spec &spec, const Backend &backend,
        const std::vector<std::vector<int64_t>> &shapes);
  ~Trial() { optimc_destroy(opt); }
  Trial(const Trial &) = delete;
  Trial &operator=(const Trial &) = delete;

  /// New gradients, the same for the same number; `value` in one place.
  void gradients(uint64_t call, float value = 0);
  void step() { EXPECT_OK(optimc_step(opt, err)); }
  void hyper(const char *name, double value);
  void input(const char *name, double value);
  /// Parameters, states and scalars, by name.
  std::vector<std::pair<std::string, std::string>> contents();

  const optimc_program *program;
  optimc_optimizer *opt = nullptr;

private:
  std::vector<std::vector<int64_t>> shapes;
  std::vector<Array> params, grads, inputs;
};

/// Same names, same bytes.
void expectSame(Trial &a, Trial &b);

} // namespace optimc::test

#endif // OPTIMC_TEST_CONFORMANCE_BACKENDS_H
