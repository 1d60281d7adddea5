//===- AllocationTest.cpp - a step allocates and looks up nothing ---------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Backends.h"

#include <atomic>
#include <cstdlib>
#include <dlfcn.h>
#include <functional>
#include <new>

using namespace optimc::test;

static std::atomic<bool> counts{false};
static std::atomic<int> allocations{0};
static std::atomic<int> lookups{0};

void *operator new(size_t size) {
  allocations += counts;
  if (void *memory = std::malloc(size ? size : 1))
    return memory;
  std::abort();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }

/// Looking for a library takes as long as a step over a hundred tensors.
extern "C" void *dlopen(const char *name, int flags) noexcept {
  static auto next = reinterpret_cast<void *(*)(const char *, int)>(
      dlsym(RTLD_NEXT, "dlopen"));
  lookups += counts;
  return next(name, flags);
}

namespace {
class Allocation : public testing::TestWithParam<Spec> {
protected:
  Allocation()
      : trial(GetParam(), backends().front(),
              std::vector<std::vector<int64_t>>(30, {70, 500})) {
    trial.gradients(1);
  }

  void expectNone(const std::function<void()> &step) {
    for (int i = 0; i < 4; ++i)
      step();
    allocations = lookups = 0;
    counts = true;
    step();
    counts = false;
    EXPECT_EQ(0, allocations);
    EXPECT_EQ(0, lookups);
  }

  Trial trial;
};
} // namespace

TEST_P(Allocation, WholeSteps) {
  double lr = 1e-3;
  expectNone([&] {
    EXPECT_OK(optimc_set_hyper(trial.opt, 0, "lr", lr *= .9, nullptr));
    trial.step();
  });
}

TEST_P(Allocation, TensorByTensor) {
  expectNone([&] {
    EXPECT_OK(optimc_begin(trial.opt, nullptr, nullptr));
    for (optimc_tensor tensor = 0; tensor < 30; ++tensor)
      EXPECT_OK(optimc_run_tensors(trial.opt, &tensor, 1, nullptr));
    EXPECT_OK(optimc_end(trial.opt, nullptr));
  });
}

INSTANTIATE_TEST_SUITE_P(Specs, Allocation, testing::ValuesIn(specs()),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });
