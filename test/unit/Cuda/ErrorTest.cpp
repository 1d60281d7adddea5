//===- ErrorTest.cpp - what cannot be done on a device, and how it is said -
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DeviceHarness.h"

#include <cstring>

using namespace optimc::test;

namespace {
struct Errors : CudaTest {
  /// The call fails so, and says so.
  void expectError(optimc_status status, const char *message,
                   optimc_status found, const optimc_error &error) {
    EXPECT_EQ(status, found) << error.message;
    EXPECT_EQ(status, error.code);
    EXPECT_NE(std::string::npos, std::string(error.message).find(message))
        << error.message;
  }

  void expectNoOptimizer(TestProgram &program, optimc_status status,
                         const char *message) {
    optimc_options options = cudaOptions();
    optimc_optimizer *opt = nullptr;
    optimc_error error;
    optimc_status found =
        optimc_create(&program.program, &options, &opt, &error);
    expectError(status, message, found, error);
    EXPECT_EQ(nullptr, opt);
    optimc_destroy(opt);
  }
};
} // namespace

TEST_F(Errors, ProgramsWithoutFittingPtx) {
  TestProgram plain = makeSgd();
  expectNoOptimizer(plain, OPTIMC_UNSUPPORTED,
                    "'sgd' has no PTX: compile it with `optimc compile "
                    "--gpu=sm_80 ...` to run it on a GPU");
  TestProgram newer = makeDeviceSgd();
  newer.ptx[0].sm = 900;
  newer.build("sgd", "5d01");
  expectNoOptimizer(newer, OPTIMC_UNSUPPORTED, "'sgd' has PTX for sm_900, but");
  expectNoOptimizer(newer, OPTIMC_UNSUPPORTED, "`optimc compile --gpu=sm_");
}

TEST_F(Errors, DamagedPtx) {
  TestProgram sgd = makeDeviceSgd();
  std::string text = kernelsText;
  auto use = [&] {
    sgd.ptx[0].text = text.c_str();
    sgd.ptx[0].size = text.size();
    sgd.build("sgd", "5d01");
  };
  text.replace(text.find("add.rn.f64"), 10, "add.no.f64");
  use();
  expectNoOptimizer(sgd, OPTIMC_DEVICE_ERROR,
                    "loading the PTX of 'sgd' for sm_80 failed: "
                    "CUDA_ERROR_INVALID_PTX (218): a PTX JIT compilation "
                    "failed");
  text = kernelsText;
  text.replace(text.find(".version 7.0"), 12, ".version 99.0");
  use();
  expectNoOptimizer(sgd, OPTIMC_DEVICE_ERROR,
                    "loading the PTX of 'sgd' for sm_80 failed: CUDA_ERROR_");
  text = kernelsText;
  use();
  sgd.entries[0].plans[0].variants[1].phases[0].ptx_entry = "sgd_plane";
  sgd.build("sgd", "5d01");
  expectNoOptimizer(sgd, OPTIMC_DEVICE_ERROR,
                    "looking up kernel 'sgd_plane' in the PTX of 'sgd' for "
                    "sm_80 failed: CUDA_ERROR_NOT_FOUND (500): named symbol "
                    "not found");
}

TEST_F(Errors, InconsistentPtxTables) {
  struct {
    const char *message;
    void (*damage)(TestProgram &);
  } cases[] = {
      {"the PTX for sm_80 is damaged: no NUL ends its",
       [](TestProgram &p) { --p.ptx[0].size; }},
      {"the PTX for sm_80 is damaged: no text of",
       [](TestProgram &p) { p.ptx[0].text = nullptr; }},
      {"a PTX text is for sm_8 and PTX 7.0",
       [](TestProgram &p) { p.ptx[0].sm = 8; }},
      {"a PTX text is for sm_80 and PTX 0.7; sm_50 and later and PTX 6.0",
       [](TestProgram &p) { p.ptx[0].ptx_version = 7; }},
      {"entry 'step' has a function without a name in the PTX",
       [](TestProgram &p) { p.entries[0].entry.ptx_evaluate = nullptr; }},
      {"entry 'step' has a function without a name in the PTX",
       [](TestProgram &p) {
         p.entries[0].plans[0].variants[1].phases[0].ptx_entry = "";
       }},
      {"entry 'step' names a PTX kernel, but there is no PTX",
       [](TestProgram &p) { p.ptx.clear(); }},
  };
  for (auto &broken : cases) {
    TestProgram sgd = makeDeviceSgd();
    broken.damage(sgd);
    sgd.build("sgd", "5d01");
    expectNoOptimizer(sgd, OPTIMC_BAD_PROGRAM, broken.message);
  }
}

TEST_F(Errors, HostPointers) {
  TestProgram sgd = makeDeviceSgd();
  DeviceHarness h(&sgd.program);
  h.tensor("a", {16});
  std::vector<float> host(16);
  DeviceMemory device(host);
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  int64_t shape = 16;
  desc.name = "w";
  desc.rank = 1;
  desc.shape = &shape;
  desc.param = host.data();
  desc.grad = device.data();
  optimc_error error;
  optimc_tensor id = 77;
  expectError(OPTIMC_INVALID_ARGUMENT, "'param' of tensor 'w' at ",
              optimc_add_tensor(h.opt, 0, &desc, &id, &error), error);
  EXPECT_NE(nullptr,
            strstr(error.message, "is not in device memory, which an optimizer "
                                  "on a CUDA device needs"));
  EXPECT_EQ(77u, id);
  void *pinned = nullptr;
  EXPECT_CU(cu().memAllocHost(&pinned, 64));
  optimc_tensor t = 0;
  expectError(OPTIMC_INVALID_ARGUMENT, "'grad' of tensor 'a' at ",
              optimc_bind(h.opt, 1, &t, nullptr, &pinned, &error), error);
  EXPECT_NE(nullptr, strstr(error.message, "is in page-locked host memory"));
  EXPECT_CU(cu().memFreeHost(pinned));
  expectError(OPTIMC_INVALID_ARGUMENT, "'lr' at ",
              optimc_bind_scalar(h.opt, "lr", OPTIMC_RATE_GROUP, 0, host.data(),
                                 OPTIMC_DTYPE_F32, &error),
              error);
  // A null gradient is one that is bound later, here as well.
  void *none = nullptr;
  EXPECT_OK(optimc_bind(h.opt, 1, &t, nullptr, &none, err));
  expectError(OPTIMC_INVALID_ARGUMENT, "tensor 'a' has no gradient",
              optimc_step(h.opt, &error), error);
  EXPECT_EQ(0, h.scalar("step", OPTIMC_RATE_GROUP, 0));
}

TEST_F(Errors, BoundScalars) {
  TestProgram sgd = makeDeviceSgd();
  DeviceHarness h(&sgd.program);
  DeviceMemory memory(std::vector<float>(4));
  optimc_error error;
  auto bind = [&](const char *name, optimc_rate rate, uint32_t index,
                  const void *address, uint32_t dtype) {
    return optimc_bind_scalar(h.opt, name, rate, index, address, dtype, &error);
  };
  expectError(
      OPTIMC_NOT_FOUND, "'lr' has rate group, but there are no groups here yet",
      bind("lr", OPTIMC_RATE_MODEL, 0, memory.data(), OPTIMC_DTYPE_F32), error);
  h.tensor("a", {16});
  expectError(
      OPTIMC_NOT_FOUND, "'sgd' has no hyperparameter or scalar input 'lrr'",
      bind("lrr", OPTIMC_RATE_GROUP, 0, memory.data(), OPTIMC_DTYPE_F32),
      error);
  expectError(
      OPTIMC_INVALID_ARGUMENT,
      "'lr' cannot be bound as bf16; allowed: f32 and f64",
      bind("lr", OPTIMC_RATE_GROUP, 0, memory.data(), OPTIMC_DTYPE_BF16),
      error);
  expectError(OPTIMC_INVALID_ARGUMENT, "which is not aligned to its 8 bytes",
              bind("lr", OPTIMC_RATE_GROUP, 0,
                   static_cast<char *>(memory.data()) + 4, OPTIMC_DTYPE_F64),
              error);
  expectError(
      OPTIMC_OUT_OF_RANGE,
      "hyperparameter 'nesterov' was frozen to 0 when 'sgd' was compiled, so "
      "it cannot be bound",
      bind("nesterov", OPTIMC_RATE_GROUP, 0, memory.data(), OPTIMC_DTYPE_F32),
      error);
  expectError(OPTIMC_NOT_FOUND, "no group 4",
              bind("lr", OPTIMC_RATE_GROUP, 4, memory.data(), OPTIMC_DTYPE_F32),
              error);
  Harness cpu(&sgd.program);
  expectError(OPTIMC_UNSUPPORTED,
              "'lr' cannot be bound: scalars are read in memory on a CUDA "
              "device only",
              optimc_bind_scalar(cpu.opt, "lr", OPTIMC_RATE_MODEL, 0,
                                 memory.data(), OPTIMC_DTYPE_F32, &error),
              error);
}

TEST_F(Errors, Streams) {
  TestProgram sgd = makeDeviceSgd();
  Harness cpu(&sgd.program);
  optimc_error error;
  expectError(OPTIMC_UNSUPPORTED, "this optimizer runs on the CPU",
              optimc_set_stream(cpu.opt, nullptr, &error), error);
  DeviceHarness h(&sgd.program);
  CUcontext other = nullptr;
  CUstream foreign = nullptr;
  EXPECT_CU(cu().ctxCreate(&other, 0, 0));
  EXPECT_CU(cu().streamCreate(&foreign, 1));
  EXPECT_CU(cu().ctxSetCurrent(context));
  expectError(OPTIMC_INVALID_ARGUMENT,
              "is no stream of the optimizer's CUDA context",
              optimc_set_stream(h.opt, foreign, &error), error);
  EXPECT_CU(cu().ctxDestroy(other));
  EXPECT_CU(cu().ctxSetCurrent(context));
  optimc_options options = cudaOptions();
  options.device = 7;
  optimc_optimizer *opt = nullptr;
  expectError(OPTIMC_INVALID_ARGUMENT,
              "device = 7 is no optimc_device value (0 to 1)",
              optimc_create(&sgd.program, &options, &opt, &error), error);
}

TEST_F(Errors, TheContextOfTheCallerIsUsedAndKept) {
  TestProgram sgd = makeDeviceSgd();
  CUcontext own = nullptr, now = nullptr;
  EXPECT_CU(cu().ctxCreate(&own, 0, 0));
  {
    DeviceHarness h(&sgd.program);
    h.tensor("a", {16});
    EXPECT_CU(cu().ctxSetCurrent(context));
    h.step(); // its context is made current for the call
    EXPECT_EQ(1, h.scalar("step", OPTIMC_RATE_GROUP, 0));
    EXPECT_CU(cu().ctxGetCurrent(&now));
    EXPECT_EQ(context, now);
  }
  EXPECT_CU(cu().ctxDestroy(own));
  // Without any, the primary context is used, and given back.
  while (cu().ctxPop(&now) == 0)
    ;
  {
    DeviceHarness h(&sgd.program);
    optimc_info info = {};
    info.size = sizeof info;
    EXPECT_OK(optimc_get_info(h.opt, &info, err));
    EXPECT_EQ(uint32_t(OPTIMC_DEVICE_CUDA), info.device);
    EXPECT_GE(info.sm, 80u);
    EXPECT_STRNE("", info.device_name);
  }
  EXPECT_CU(cu().ctxGetCurrent(&now));
  EXPECT_EQ(nullptr, now);
  EXPECT_CU(cu().ctxSetCurrent(context));
}
