//===- InjectionTest.cpp - any call of the driver may fail -----------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DeviceHarness.h"

#include <cstring>
#include <functional>

using namespace optimc::test;

namespace {
struct Injection : CudaTest {};

/// A life of an optimizer, operation by operation, on both sides.
class Scenario {
public:
  Scenario() : host(&program.program), path(dir / "x") {
    host.tensor("a", {300});
    host.tensor("b", {700});
    for (const auto &t : host.tensors)
      params.emplace_back(t->param);
    for (int step = 1; step <= nSteps; ++step) {
      host.gradients(step);
      for (const auto &t : host.tensors)
        grads.emplace_back(t->grad);
    }
  }
  ~Scenario() { optimc_destroy(opt); }

  /// Runs everything. Operations that fail are repeated once: a failure has
  /// changed nothing, unless it says that the step is lost. False in that case.
  bool run() {
    optimc_options options = cudaOptions();
    bool isAlive = doIt(
        [&] { return optimc_create(&program.program, &options, &opt, err); });
    optimc_group group = 0;
    isAlive = isAlive &&
              doIt([&] { return optimc_add_group(opt, "main", &group, err); });
    for (size_t i = 0; i < params.size() && isAlive; ++i)
      isAlive = doIt([&] { return add(i); });
    for (int step = 1; step <= nSteps && isAlive; ++step) {
      host.gradients(step);
      host.hyper("lr", 0.1 * step);
      host.step();
      std::vector<optimc_tensor> ids = {0, 1};
      void *now[] = {grads[2 * step - 2].data(), grads[2 * step - 1].data()};
      isAlive = doIt(
          [&] { return optimc_bind(opt, 2, ids.data(), nullptr, now, err); });
      isAlive = isAlive && doIt([&] {
                  return optimc_set_hyper(opt, 0, "lr", 0.1 * step, err);
                });
      isAlive = isAlive && doIt([&] { return optimc_step(opt, err); });
    }
    double steps = 0;
    isAlive = isAlive && doIt([&] {
                return optimc_get_scalar(opt, "step", OPTIMC_RATE_GROUP, 0,
                                         &steps, err);
              });
    isAlive =
        isAlive && doIt([&] { return optimc_save(opt, path.c_str(), err); });
    isAlive = isAlive && doIt([&] {
                return optimc_load(opt, path.c_str(), 0, nullptr, nullptr, err);
              });
    calls = callsSoFar();
    // The first life in a process has more calls than the others: what follows
    // is the test's own.
    cu().failCall(0, 0);
    if (!isAlive)
      return false;
    EXPECT_EQ(nSteps, steps);
    for (size_t i = 0; i < params.size(); ++i) {
      size_t n = host.tensors[i]->param.size();
      EXPECT_EQ(host.tensors[i]->param, params[i].download<float>(n));
      std::vector<float> state(n);
      EXPECT_OK(optimc_read_state(opt, i, "momentum_buffer", state.data(),
                                  static_cast<int64_t>(n), err));
      EXPECT_EQ(host.state(i, "momentum_buffer"), state);
    }
    return true;
  }

  static uint64_t callsSoFar() {
    ptxsim_cuda_totals totals;
    cu().count(&totals);
    return totals.calls;
  }

  size_t failures = 0;
  uint64_t calls = 0;  // of the driver, when all was done
  std::string message; // of the last failure

private:
  static constexpr int nSteps = 3;

  optimc_status add(size_t i) {
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    const TestTensor &t = *host.tensors[i];
    desc.name = t.name.c_str();
    desc.rank = static_cast<uint32_t>(t.shape.size());
    desc.shape = t.shape.data();
    desc.param = params[i].data();
    optimc_tensor id = 0;
    return optimc_add_tensor(opt, 0, &desc, &id, err);
  }

  bool doIt(const std::function<optimc_status()> &operation) {
    if (operation() == OPTIMC_OK)
      return true;
    ++failures;
    message = error.message;
    EXPECT_NE(std::string::npos, message.find("CUDA_ERROR_")) << message;
    bool isLost = message.find("half updated") != std::string::npos ||
                  message.find("is lost") != std::string::npos;
    if (operation() == OPTIMC_OK) {
      EXPECT_FALSE(isLost) << "it said: " << message;
      return !isLost;
    }
    EXPECT_TRUE(isLost) << message << "; then: " << error.message;
    return false;
  }

  TestProgram program = makeDeviceSgd();
  Harness host;
  TempDir dir;
  std::string path;
  std::vector<DeviceMemory> params, grads;
  optimc_optimizer *opt = nullptr;
  optimc_error error = {};
  optimc_error *err = &error;
};
} // namespace

TEST_F(Injection, EveryCallMayFail) {
  if (!cu().isSimulated())
    GTEST_SKIP() << "needs the simulator";
  // The first life says how many calls there are.
  size_t n = 0, lost = 0, failed = 0;
  for (uint64_t call = 0; call <= n && !HasFailure(); ++call) {
    SCOPED_TRACE(testing::Message() << "call " << call);
    {
      Scenario scenario;
      uint64_t before = Scenario::callsSoFar();
      if (call)
        cu().failCall(before + call, 999);
      lost += !scenario.run();
      failed += scenario.failures != 0;
      if (call == 0)
        n = scenario.calls - before;
    }
    TearDown();
    SetUp();
  }
  printf("%zu calls: %zu were reported, %zu lost a step\n", n, failed, lost);
  EXPECT_GT(n, 100u);
  // Most errors cost nothing; those of checks and clean-up go unnoticed.
  EXPECT_GT(failed, n / 4);
  EXPECT_LT(lost, n / 5);
}

TEST_F(Injection, DeviceMemoryRunsOut) {
  if (!cu().isSimulated())
    GTEST_SKIP() << "needs the simulator";
  for (int allocation = 1; allocation <= 4; ++allocation) {
    SCOPED_TRACE(allocation);
    {
      Scenario scenario;
      cu().failFunction("cuMemAlloc", allocation, 2);
      EXPECT_TRUE(scenario.run());
      EXPECT_EQ(1u, scenario.failures);
      EXPECT_NE(std::string::npos,
                scenario.message.find("CUDA_ERROR_OUT_OF_MEMORY (2): out of "
                                      "memory"))
          << scenario.message;
    }
    TearDown();
    SetUp();
  }
}

TEST_F(Injection, AFaultOfAKernelIsReported) {
  if (!cu().isSimulated())
    GTEST_SKIP() << "needs the simulator";
  TestProgram sgd = makeDeviceSgd();
  {
    DeviceHarness h(&sgd.program);
    h.tensor("a", {300});
    h.step();
    EXPECT_CU(cu().ctxSynchronize());
    cu().failFunction("kernel", 3, 700);
    h.step(); // only submitted
    optimc_error error;
    double value = 77;
    EXPECT_EQ(
        OPTIMC_DEVICE_ERROR,
        optimc_get_scalar(h.opt, "step", OPTIMC_RATE_GROUP, 0, &value, &error));
    EXPECT_STREQ("reading device memory failed: CUDA_ERROR_ILLEGAL_ADDRESS "
                 "(700): an illegal memory access was encountered; a kernel "
                 "has failed and the context with it: what is on the device is "
                 "lost, go on from a checkpoint in a new process",
                 error.message);
    EXPECT_EQ(77, value);
    EXPECT_EQ(OPTIMC_DEVICE_ERROR, optimc_step(h.opt, &error));
    TempDir dir;
    EXPECT_EQ(OPTIMC_DEVICE_ERROR,
              optimc_save(h.opt, (dir / "x").c_str(), &error));
    EXPECT_TRUE(dir.list().empty());
  }
  cu().reset();
  SetUp();
}

TEST_F(Injection, ACheckpointEndsALostStep) {
  if (!cu().isSimulated())
    GTEST_SKIP() << "needs the simulator";
  TestProgram sgd = makeDeviceSgd();
  Harness host(&sgd.program);
  DeviceHarness h(&sgd.program);
  host.tensor("a", {300});
  h.tensor("a", {300});
  host.gradients(1);
  h.gradients(1);
  host.step();
  h.step();
  TempDir dir;
  std::string path = dir / "x";
  EXPECT_OK(optimc_save(h.opt, path.c_str(), err));
  // Two scalar functions, two variants, then the commit.
  cu().failFunction("cuMemcpyDtoDAsync", 1, 999);
  optimc_error error;
  EXPECT_EQ(OPTIMC_DEVICE_ERROR, optimc_step(h.opt, &error));
  EXPECT_STREQ("committing a step failed: CUDA_ERROR_UNKNOWN (999): unknown "
               "error; part of the step had been submitted, so that parameters "
               "and states are half updated: load a checkpoint",
               error.message);
  EXPECT_EQ(OPTIMC_DEVICE_ERROR, optimc_step(h.opt, &error));
  EXPECT_EQ(0, strncmp("an earlier step failed after part of it had been "
                       "submitted",
                       error.message, 40));
  EXPECT_EQ(OPTIMC_DEVICE_ERROR, optimc_save(h.opt, path.c_str(), &error));
  EXPECT_OK(optimc_load(h.opt, path.c_str(), 0, nullptr, nullptr, err));
  host.step();
  h.step();
  expectSame(host, h, &sgd.program);
}
