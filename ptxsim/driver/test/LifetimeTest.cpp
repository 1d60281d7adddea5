//===- LifetimeTest.cpp - what waits for work, and what outlives what -----===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"
#include <atomic>
#include <chrono>
#include <thread>

namespace ptxsim::cuda {
namespace {

using Values = std::vector<uint32_t>;

/// Submits a host function that counts.
class LifetimeTest : public ContextTest {
protected:
  void submitCount(CUstream s) {
    EXPECT_CU(cu.launchHostFunc(
        s, [](void *data) { ++*static_cast<int *>(data); }, &count));
  }
  int count = 0;
};

TEST_F(LifetimeTest, FreeingWaits) {
  CUdeviceptr a = upload({1});
  void *pinned = nullptr;
  std::vector<char> own(64);
  ASSERT_CU(cu.memAllocHost(&pinned, 4));
  ASSERT_CU(cu.memHostRegister(own.data(), own.size(), 0));
  CUstream s = stream();
  submitCount(s);
  EXPECT_CU(cu.memFree(a));
  EXPECT_EQ(count, 1);
  submitCount(s);
  EXPECT_CU(cu.memFreeHost(pinned));
  EXPECT_EQ(count, 2);
  submitCount(s);
  EXPECT_CU(cu.memHostUnregister(own.data()));
  EXPECT_EQ(count, 3);
  submitCount(s);
  EXPECT_CU(cu.moduleUnload(module));
  EXPECT_EQ(count, 4);
}

TEST_F(LifetimeTest, DestroyingAContextWaits) {
  CUcontext other;
  CUstream s;
  ASSERT_CU(cu.ctxCreate(&other, nullptr, 0, 0));
  ASSERT_CU(cu.streamCreate(&s, 0));
  submitCount(s);
  EXPECT_CU(cu.ctxDestroy(other));
  EXPECT_EQ(count, 1);
}

TEST_F(LifetimeTest, ContextDestroyedWhileCapturing) {
  CUcontext other;
  CUstream s;
  ASSERT_CU(cu.ctxCreate(&other, nullptr, 0, 0));
  ASSERT_CU(cu.streamCreate(&s, 1));
  ASSERT_CU(cu.beginCapture(s, CU_STREAM_CAPTURE_MODE_RELAXED));
  EXPECT_CU(cu.ctxDestroy(other));
  ptxsim_cuda_objects live;
  cu.cuda_live(&live);
  EXPECT_EQ(live.graphs, 0u);
  EXPECT_EQ(live.streams, 0u);
  EXPECT_CU(cu.ctxSynchronize());
}

/// A program that never waits does not pile up work without end.
TEST_F(LifetimeTest, WaitingWorkIsBounded) {
  CUdeviceptr a = upload({0});
  CUstream s = stream();
  for (int i = 0; i < 1500; ++i)
    ASSERT_CU(affine(a, 1, 1, 1, s));
  ptxsim_cuda_objects live;
  cu.cuda_live(&live);
  EXPECT_LE(live.pending_operations, 1024u);
  EXPECT_GT(live.pending_operations, 500u);
  EXPECT_EQ(download(a, 1), Values{1500});
}

/// While a host function runs, other threads can use the driver, and wait for
/// what comes after it.
TEST_F(LifetimeTest, HostFunctionsDoNotHoldTheDriver) {
  struct Shared {
    std::atomic<bool> started{false}, finish{false};
  } shared;
  CUstream s = stream();
  CUdeviceptr a = upload({1});
  ASSERT_CU(cu.launchHostFunc(
      s,
      [](void *data) {
        Shared *shared = static_cast<Shared *>(data);
        shared->started = true;
        while (!shared->finish)
          std::this_thread::yield();
      },
      &shared));
  ASSERT_CU(affine(a, 5, 0, 1, s));
  CUresult waited = CUDA_ERROR_UNKNOWN;
  std::thread waiter([&] {
    cu.ctxSetCurrent(context);
    waited = cu.streamSynchronize(s);
  });
  while (!shared.started)
    std::this_thread::yield();
  CUdeviceptr b = 0; // the driver answers
  EXPECT_CU(cu.memAlloc(&b, 4));
  EXPECT_EQ(cu.streamQuery(s), CUDA_ERROR_NOT_READY);
  std::thread second([&] {
    cu.ctxSetCurrent(context);
    EXPECT_CU(cu.streamSynchronize(s));
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  shared.finish = true;
  waiter.join();
  second.join();
  EXPECT_CU(waited);
  EXPECT_EQ(download(a, 1), Values{5});
}

/// Handles are not used twice, and not for another kind of object.
TEST_F(LifetimeTest, HandlesAreUnique) {
  CUstream first = stream();
  ASSERT_CU(cu.streamDestroy(first));
  CUstream second = stream();
  EXPECT_NE(first, second);
  EXPECT_EQ(cu.eventSynchronize(reinterpret_cast<CUevent>(second)),
            CUDA_ERROR_INVALID_HANDLE);
  CUdeviceptr a = upload({1});
  ASSERT_CU(cu.memFree(a));
  EXPECT_NE(upload({1}), a);
}

class TargetTest : public DriverTest {
protected:
  CUresult load(const char *device, const char *target) {
    setting("PTXSIM_CUDA_ARCH", device);
    CUcontext context;
    EXPECT_CU(cu.init(0));
    EXPECT_CU(cu.ctxCreate(&context, nullptr, 0, 0));
    std::string text = std::string(".version 9.0\n.target ") + target +
                       "\n.address_size 64\n.visible .entry k() { ret; }\n";
    CUmodule module;
    return cu.moduleLoadData(&module, text.c_str());
  }
};

TEST_F(TargetTest, WhatRunsWhere) {
  EXPECT_CU(load("sm_80", "sm_80"));
  EXPECT_CU(load("sm_90", "sm_80"));
  EXPECT_CU(load("sm_100", "sm_90"));
  EXPECT_EQ(load("sm_80", "sm_90"), CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_EQ(load("sm_90", "sm_100"), CUDA_ERROR_NO_BINARY_FOR_GPU);
  // Code for one architecture, and for one family.
  EXPECT_CU(load("sm_90", "sm_90a"));
  EXPECT_EQ(load("sm_100", "sm_90a"), CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_CU(load("sm_100", "sm_100f"));
  EXPECT_EQ(load("sm_90", "sm_100f"), CUDA_ERROR_NO_BINARY_FOR_GPU);
}

} // namespace
} // namespace ptxsim::cuda
