//===- FaultTest.cpp - faults of kernels stay -----------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"

namespace ptxsim::cuda {
namespace {

using Values = std::vector<uint32_t>;

class FaultTest : public ContextTest {
protected:
  /// Lets a kernel fail; the error that synchronisation then reports.
  CUresult fault(const char *kernel) {
    CUdeviceptr a = upload({1, 2, 3, 4});
    EXPECT_CU(one(kernel, a, stream()));
    return cu.ctxSynchronize();
  }
  std::string text() { return cu.cuda_last_fault(); }
};

TEST_F(FaultTest, IllegalAddress) {
  EXPECT_EQ(fault("farAway"), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_NE(text().find("farAway"), std::string::npos) << text();
  EXPECT_NE(text().find("st.global.u32 [%rd+1024], 7;"), std::string::npos)
      << text();
}

TEST_F(FaultTest, Misaligned) {
  EXPECT_EQ(fault("misaligned"), CUDA_ERROR_MISALIGNED_ADDRESS);
  EXPECT_NE(text().find("misaligned"), std::string::npos) << text();
}

TEST_F(FaultTest, Trap) { EXPECT_EQ(fault("stop"), CUDA_ERROR_LAUNCH_FAILED); }

TEST_F(FaultTest, EndlessLoop) {
  setting("PTXSIM_CUDA_BUDGET", "1000");
  SetUp();
  EXPECT_EQ(fault("forever"), CUDA_ERROR_LAUNCH_TIMEOUT);
}

TEST_F(FaultTest, UninitialisedMemory) {
  CUdeviceptr a = 0;
  ASSERT_CU(cu.memAlloc(&a, 4));
  EXPECT_CU(affine(a, 1, 1, 1, nullptr));
  EXPECT_EQ(cu.ctxSynchronize(), CUDA_ERROR_LAUNCH_FAILED);
  // Without that check the kernel runs.
  setting("PTXSIM_CUDA_CHECKS", "-memory");
  SetUp();
  ASSERT_CU(cu.memAlloc(&a, 4));
  EXPECT_CU(affine(a, 1, 1, 1, nullptr));
  EXPECT_CU(cu.ctxSynchronize());
}

TEST_F(FaultTest, ChecksCanBeOff) {
  setting("PTXSIM_CUDA_CHECKS", "none");
  SetUp();
  EXPECT_CU(fault("farAway"));
}

/// After a fault every call of the context returns it, nothing more runs, and
/// objects can still be given back.
TEST_F(FaultTest, IsSticky) {
  CUstream s = stream(), other = stream();
  CUevent e = event();
  CUdeviceptr a = upload({1}), b = upload({1});
  void *memory = nullptr;
  ASSERT_CU(cu.memAllocHost(&memory, 4));
  *static_cast<uint32_t *>(memory) = 123;
  ASSERT_CU(one("farAway", a, s));
  ASSERT_CU(affine(a, 2, 1, 1, s));
  ASSERT_CU(cu.memcpyDtoHAsync(memory, a, 4, s));
  EXPECT_CU(cu.streamQuery(other)); // the fault has not happened yet
  const CUresult sticky = CUDA_ERROR_ILLEGAL_ADDRESS;
  EXPECT_EQ(cu.streamSynchronize(s), sticky);
  EXPECT_EQ(*static_cast<uint32_t *>(memory), 123u);
  uint32_t host = 0;
  CUdeviceptr c;
  EXPECT_EQ(cu.ctxSynchronize(), sticky);
  EXPECT_EQ(cu.streamSynchronize(other), sticky);
  EXPECT_EQ(cu.streamQuery(other), sticky);
  EXPECT_EQ(cu.memcpyDtoH(&host, b, 4), sticky);
  EXPECT_EQ(cu.memAlloc(&c, 4), sticky);
  EXPECT_EQ(affine(b, 1, 1, 1, other), sticky);
  EXPECT_EQ(cu.eventRecord(e, other), sticky);
  EXPECT_EQ(cu.eventSynchronize(e), sticky);
  CUcontext current = nullptr; // asks nothing of the context
  EXPECT_CU(cu.ctxGetCurrent(&current));
  EXPECT_EQ(current, context);
  EXPECT_EQ(cu.memFree(a), sticky);
  EXPECT_EQ(cu.memFree(b), sticky);
  EXPECT_EQ(cu.memFreeHost(memory), sticky);
  EXPECT_EQ(cu.streamDestroy(s), sticky);
  EXPECT_EQ(cu.streamDestroy(other), sticky);
  EXPECT_EQ(cu.eventDestroy(e), sticky);
  EXPECT_EQ(cu.moduleUnload(module), sticky);
  ptxsim_cuda_objects live;
  cu.cuda_live(&live);
  EXPECT_EQ(live.device_allocations + live.host_allocations + live.streams +
                live.events + live.modules + live.pending_operations,
            0u);
}

/// Memory that was freed in stream order is free in spite of the fault.
TEST_F(FaultTest, FreesWhatWasFreedInOrder) {
  CUstream s = stream();
  CUdeviceptr a = upload({1});
  size_t before = 0, after = 0;
  ASSERT_CU(cu.memGetInfo(&before, nullptr));
  CUcontext other;
  ASSERT_CU(one("farAway", a, s));
  ASSERT_CU(cu.memFreeAsync(a, s));
  EXPECT_EQ(cu.streamSynchronize(s), CUDA_ERROR_ILLEGAL_ADDRESS);
  ASSERT_CU(cu.ctxCreate(&other, nullptr, 0, 0));
  ASSERT_CU(cu.memGetInfo(&after, nullptr));
  EXPECT_GT(after, before);
  EXPECT_CU(cu.ctxDestroy(other));
}

TEST_F(FaultTest, EndsWithItsContext) {
  EXPECT_EQ(fault("farAway"), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_CU(cu.primaryReset(0));
  SetUp();
  EXPECT_EQ(download(upload({7}), 1), Values{7});
}

TEST_F(FaultTest, OtherContextsGoOn) {
  CUcontext other;
  ASSERT_CU(cu.ctxCreate(&other, nullptr, 0, 0));
  CUdeviceptr b = upload({5});
  ASSERT_CU(cu.ctxPop(&other));
  EXPECT_EQ(fault("farAway"), CUDA_ERROR_ILLEGAL_ADDRESS);
  ASSERT_CU(cu.ctxPush(other));
  EXPECT_EQ(download(b, 1), Values{5});
  EXPECT_CU(cu.ctxDestroy(other));
}

/// Callbacks of a context with a fault hear of it; host functions do not run.
TEST_F(FaultTest, CallbacksHearOfIt) {
  CUstream s = stream();
  CUdeviceptr a = upload({1});
  CUresult heard = CUDA_SUCCESS;
  bool ran = false;
  ASSERT_CU(one("farAway", a, s));
  ASSERT_CU(cu.launchHostFunc(
      s, [](void *data) { *static_cast<bool *>(data) = true; }, &ran));
  ASSERT_CU(cu.streamAddCallback(
      s,
      [](CUstream, CUresult status, void *data) {
        *static_cast<CUresult *>(data) = status;
      },
      &heard, 0));
  EXPECT_EQ(cu.streamSynchronize(s), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_EQ(heard, CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_FALSE(ran);
}

} // namespace
} // namespace ptxsim::cuda
