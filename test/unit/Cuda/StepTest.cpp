//===- StepTest.cpp - steps on the device have the bits of the CPU ---------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DeviceHarness.h"

using namespace optimc::test;

namespace {
struct Step : CudaTest {};

/// Two optimizers with the same tensors.
struct Pair {
  Pair(const TestProgram &program)
      : program(&program.program), host(&program.program),
        device(&program.program) {}
  void tensor(const char *name, std::vector<int64_t> shape,
              uint32_t group = 0) {
    host.tensor(name, shape, group);
    device.tensor(name, shape, group);
  }
  void group(const char *name) {
    host.group(name);
    device.group(name);
  }
  void hyper(const char *name, double value, uint32_t group = 0) {
    host.hyper(name, value, group);
    EXPECT_OK(optimc_set_hyper(device.opt, group, name, value, err));
  }
  void input(const char *name, optimc_rate rate, uint32_t index, double value) {
    for (optimc_optimizer *opt : {host.opt, device.opt})
      EXPECT_OK(optimc_set_input(opt, name, rate, index, value, err));
  }
  void gradients(uint64_t call) {
    host.gradients(call);
    device.gradients(call);
  }
  void step() {
    host.step();
    device.step();
  }
  void expectSame() { optimc::test::expectSame(host, device, program); }

  const optimc_program *program;
  Harness host;
  DeviceHarness device;
};

/// The element input of layerwise, for all tensors.
void bindHessian(Pair &pair, std::vector<std::vector<float>> &memory) {
  for (size_t k = 0; k < pair.host.tensors.size(); ++k) {
    size_t n = pair.host.tensors[k]->param.size();
    memory.emplace_back();
    for (size_t i = 0; i < n; ++i)
      memory.back().push_back(1.5f + noise(77 + k, i));
  }
  for (size_t k = 0; k < memory.size(); ++k) {
    EXPECT_OK(
        optimc_bind_input(pair.host.opt, k, "hessian", memory[k].data(), err));
    DeviceTensor &t = *pair.device.tensors[k];
    t.input = DeviceMemory(memory[k]);
    EXPECT_OK(optimc_bind_input(pair.device.opt, t.id, "hessian",
                                t.input.data(), err));
  }
}

uint64_t copies() {
  ptxsim_cuda_totals totals;
  cu().count(&totals);
  return totals.copies;
}
} // namespace

TEST_F(Step, EqualsTheCpuForAllSizes) {
  TestProgram sgd = makeDeviceSgd();
  Pair pair(sgd);
  pair.group("decay");
  pair.group("plain");
  const int64_t sizes[] = {1, 0, 3, 255, 256, 257, 4096, 8193, 20000};
  for (int64_t size : sizes) {
    std::string name = "t" + std::to_string(size);
    pair.tensor(name.c_str(), {size}, size % 2);
  }
  for (int step = 1; step <= 6; ++step) {
    pair.gradients(step);
    pair.hyper("lr", 0.1 / step);
    // The other variant of the second group, for some steps.
    pair.hyper("momentum", step == 3 || step == 4 ? 0 : 0.9, 1);
    pair.step();
  }
  pair.expectSame();
  EXPECT_EQ(6, pair.device.scalar("step", OPTIMC_RATE_GROUP, 1));
}

TEST_F(Step, EvaluatesEveryRate) {
  TestProgram program = makeDeviceLayerwise();
  Pair pair(program);
  pair.group("a");
  pair.group("b");
  pair.tensor("v", {5}, 0);
  pair.tensor("w", {70, 100}, 1);
  pair.tensor("x", {300}, 0);
  std::vector<std::vector<float>> memory;
  bindHessian(pair, memory);
  EXPECT_OK(optimc_set_seed(pair.host.opt, 42, err));
  EXPECT_OK(optimc_set_seed(pair.device.opt, 42, err));
  pair.hyper("noise", 0.25, 1);
  for (int step = 1; step <= 4; ++step) {
    pair.gradients(step);
    pair.input("lr_scale", OPTIMC_RATE_GROUP, 0, 1.0 / step);
    pair.input("lr_scale", OPTIMC_RATE_GROUP, 1, 0.5 * step);
    pair.input("trust", OPTIMC_RATE_TENSOR, 1, 0.25 * step);
    pair.step();
    pair.expectSame();
    for (uint32_t k = 0; k < 3; ++k)
      EXPECT_EQ(pair.host.output("step_size", OPTIMC_RATE_TENSOR, k),
                pair.device.output("step_size", OPTIMC_RATE_TENSOR, k));
    EXPECT_EQ(pair.host.output("drift_t", OPTIMC_RATE_MODEL, 0),
              pair.device.output("drift_t", OPTIMC_RATE_MODEL, 0));
  }
}

TEST_F(Step, HasNoOutputsBeforeTheFirst) {
  TestProgram program = makeDeviceLayerwise();
  Pair pair(program);
  pair.tensor("v", {5});
  double value;
  optimc_error error;
  EXPECT_EQ(OPTIMC_WRONG_ORDER,
            optimc_get_output(pair.device.opt, "drift_t", OPTIMC_RATE_MODEL, 0,
                              &value, &error));
}

TEST_F(Step, CopiesNothingWhenNothingHasChanged) {
  if (!cu().isSimulated())
    GTEST_SKIP() << "only the simulator counts";
  TestProgram sgd = makeDeviceSgd();
  DeviceHarness h(&sgd.program);
  h.tensor("w", {100});
  h.tensor("v", {9000});
  h.gradients(1);
  h.step();
  EXPECT_CU(cu().ctxSynchronize());
  // Whatever would wait for the device or allocate is refused.
  for (const char *call :
       {"cuMemAlloc", "cuMemAllocHost", "cuStreamSynchronize",
        "cuEventSynchronize", "cuCtxSynchronize", "cuMemcpyHtoDAsync",
        "cuMemcpyDtoHAsync", "cuMemsetD8Async", "cuEventRecord"})
    cu().failFunction(call, 1, 999);
  uint64_t before = copies();
  for (int i = 0; i < 5; ++i)
    h.step();
  ptxsim_cuda_objects live;
  cu().live(&live);
  EXPECT_GT(live.pending_operations, 0u) << "somebody has waited";
  // Clears the calls that are to fail.
  for (const char *call :
       {"cuMemAlloc", "cuMemAllocHost", "cuStreamSynchronize",
        "cuEventSynchronize", "cuMemcpyHtoDAsync", "cuMemcpyDtoHAsync",
        "cuMemsetD8Async", "cuEventRecord"})
    cu().failFunction(call, 1, 0);
  cu().failFunction("cuCtxSynchronize", 1, 0);
  EXPECT_CU(cu().ctxSynchronize());
  // Next states become states: one copy on the device per step.
  EXPECT_EQ(before + 5, copies());
}

TEST_F(Step, OnlyNewHyperparametersAreCopied) {
  if (!cu().isSimulated())
    GTEST_SKIP() << "only the simulator counts";
  TestProgram sgd = makeDeviceSgd();
  DeviceHarness h(&sgd.program);
  h.tensor("w", {100});
  h.step();
  EXPECT_CU(cu().ctxSynchronize());
  uint64_t before = copies();
  for (int i = 0; i < 20; ++i) {
    EXPECT_OK(optimc_set_hyper(h.opt, 0, "lr", 0.1 * (i / 2), err));
    h.step();
  }
  EXPECT_CU(cu().ctxSynchronize());
  EXPECT_EQ(before + 20 + 10, copies());
  ptxsim_cuda_objects live;
  cu().live(&live);
  EXPECT_LE(live.host_allocations, 8u);
}

TEST_F(Step, PartsForkClocks) {
  TestProgram program = makeDeviceLayerwise();
  Pair pair(program);
  for (const char *name : {"a", "b", "c"})
    pair.tensor(name, {300});
  std::vector<std::vector<float>> memory;
  bindHessian(pair, memory);
  pair.input("lr_scale", OPTIMC_RATE_GROUP, 0, 1);
  const std::vector<std::vector<optimc_tensor>> lists = {
      {0, 1, 2}, {0}, {2, 0}, {1}, {1, 0}, {2}, {1, 2}};
  for (size_t i = 0; i < lists.size(); ++i) {
    pair.gradients(i);
    pair.host.stepOf(lists[i]);
    pair.device.stepOf(lists[i]);
    pair.expectSame();
    if (i == 3) {
      pair.step(); // whole steps go on with several clocks
      pair.expectSame();
    }
    optimc_info info = {};
    info.size = sizeof info;
    EXPECT_OK(optimc_get_info(pair.device.opt, &info, err));
    EXPECT_EQ(pair.host.info().n_clocks, info.n_clocks);
  }
}

TEST_F(Step, RunsInSeveralParts) {
  TestProgram program = makeDeviceLayerwise();
  Pair pair(program);
  for (const char *name : {"a", "b", "c"})
    pair.tensor(name, {500});
  std::vector<std::vector<float>> memory;
  bindHessian(pair, memory);
  pair.input("lr_scale", OPTIMC_RATE_GROUP, 0, 1);
  for (int step = 1; step <= 3; ++step) {
    pair.gradients(step);
    for (optimc_optimizer *opt : {pair.host.opt, pair.device.opt}) {
      EXPECT_OK(optimc_begin(opt, nullptr, err));
      for (optimc_tensor t : {2u, 0u, 1u})
        EXPECT_OK(optimc_run_tensors(opt, &t, 1, err));
      EXPECT_OK(optimc_end(opt, err));
    }
    pair.expectSame();
  }
}

TEST_F(Step, FollowsTensorsAddedAndBoundAnew) {
  TestProgram sgd = makeDeviceSgd();
  Pair pair(sgd);
  pair.tensor("a", {300});
  pair.gradients(1);
  pair.step();
  pair.tensor("b", {40});
  pair.gradients(2);
  pair.step();
  // New gradients, at an address that is aligned to nothing but its elements.
  std::vector<float> values(301);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = noise(5, i);
  DeviceMemory memory(values);
  optimc_tensor t = 0;
  void *host = values.data() + 1;
  void *device = static_cast<char *>(memory.data()) + 4;
  EXPECT_OK(optimc_bind(pair.host.opt, 1, &t, nullptr, &host, err));
  EXPECT_OK(optimc_bind(pair.device.opt, 1, &t, nullptr, &device, err));
  pair.step();
  pair.expectSame();
}

TEST_F(Step, ScalarStatesAreSetBetweenSteps) {
  TestProgram program = makeDeviceLayerwise();
  Pair pair(program);
  pair.tensor("a", {30});
  pair.tensor("b", {30});
  std::vector<std::vector<float>> memory;
  bindHessian(pair, memory);
  pair.input("lr_scale", OPTIMC_RATE_GROUP, 0, 1);
  pair.gradients(1);
  pair.step();
  for (optimc_optimizer *opt : {pair.host.opt, pair.device.opt}) {
    EXPECT_OK(optimc_set_scalar(opt, "drift", OPTIMC_RATE_MODEL, 0, 7.25, err));
    EXPECT_OK(optimc_set_scalar(opt, "step", OPTIMC_RATE_TENSOR, 1, 90, err));
    EXPECT_OK(optimc_set_scalar(opt, "visits", OPTIMC_RATE_TENSOR, 0, 3, err));
  }
  // Outputs stay those of the last step.
  EXPECT_EQ(pair.host.output("step_size", OPTIMC_RATE_TENSOR, 0),
            pair.device.output("step_size", OPTIMC_RATE_TENSOR, 0));
  pair.step();
  pair.expectSame();
}

TEST_F(Step, EqualsTheCpuForOtherSeedsOfTheSimulator) {
  if (!cu().isSimulated())
    GTEST_SKIP() << "only the simulator has a seed";
  setenv("PTXSIM_CUDA_SEED", "7", 1);
  cu().reset();
  SetUp();
  TestProgram sgd = makeDeviceSgd();
  {
    Pair pair(sgd);
    pair.tensor("a", {9000});
    pair.tensor("b", {3});
    for (int step = 1; step <= 3; ++step) {
      pair.gradients(step);
      pair.hyper("lr", 0.01 * step);
      pair.step();
    }
    pair.expectSame();
  }
  unsetenv("PTXSIM_CUDA_SEED");
}

TEST_F(Step, AnOptimizerWithoutTensorsDoesNothing) {
  TestProgram sgd = makeDeviceSgd();
  DeviceHarness h(&sgd.program);
  h.step();
  h.tensor("a", {0});
  h.step();
  EXPECT_EQ(1, h.scalar("step", OPTIMC_RATE_GROUP, 0));
}
