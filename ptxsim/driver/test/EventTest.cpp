//===- EventTest.cpp - events and host functions --------------------------===//
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

TEST_F(ContextTest, Events) {
  CUdeviceptr a = upload({3});
  CUstream s = stream();
  CUevent start = event(), end = event(), untimed = event(2), e;
  float time = -1;
  EXPECT_CU(cu.eventQuery(start)); // never recorded: nothing to wait for
  EXPECT_CU(cu.eventSynchronize(start));
  EXPECT_EQ(cu.eventElapsedTime(&time, start, end), CUDA_ERROR_INVALID_HANDLE);
  ASSERT_CU(cu.eventRecord(start, s));
  ASSERT_CU(affine(a, 2, 1, 1, s));
  ASSERT_CU(cu.eventRecordWithFlags(end, s, 0));
  ASSERT_CU(cu.eventRecord(untimed, s));
  EXPECT_EQ(cu.eventElapsedTime(&time, start, end), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(cu.eventQuery(end), CUDA_ERROR_NOT_READY);
  EXPECT_CU(cu.eventSynchronize(end));
  EXPECT_CU(cu.eventQuery(end));
  EXPECT_CU(cu.eventElapsedTime(&time, start, end));
  EXPECT_GE(time, 0.0f);
  EXPECT_CU(cu.eventSynchronize(untimed));
  EXPECT_EQ(cu.eventElapsedTime(&time, start, untimed),
            CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.eventElapsedTime(nullptr, start, end), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.eventRecordWithFlags(end, s, 1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.streamWaitEvent(s, end, 1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.eventDestroy(end));
  EXPECT_EQ(cu.eventDestroy(end), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.eventRecord(end, s), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.eventSynchronize(end), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.streamWaitEvent(s, end, 0), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.eventCreate(&e, 64), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.eventCreate(&e, CU_EVENT_INTERPROCESS),
            CUDA_ERROR_INVALID_VALUE);
}

struct HostCall {
  uint32_t *value;
  uint32_t seen = 0;
  CUresult nested = CUDA_SUCCESS;
};

TEST_F(ContextTest, HostFunctions) {
  CUdeviceptr a = upload({3});
  CUstream s = stream();
  void *memory = nullptr;
  ASSERT_CU(cu.memAllocHost(&memory, 4));
  HostCall data = {static_cast<uint32_t *>(memory)};
  ASSERT_CU(affine(a, 2, 1, 1, s));
  ASSERT_CU(cu.memcpyDtoHAsync(memory, a, 4, s));
  ASSERT_CU(cu.launchHostFunc(
      s,
      [](void *pointer) {
        HostCall *call = static_cast<HostCall *>(pointer);
        call->seen = (*call->value)++;
        call->nested = cu.ctxSynchronize();
      },
      &data));
  ASSERT_CU(cu.memcpyHtoDAsync(a, memory, 4, s));
  EXPECT_EQ(data.seen, 0u);
  EXPECT_CU(cu.streamSynchronize(s));
  EXPECT_EQ(data.seen, 7u);
  EXPECT_EQ(data.nested, CUDA_ERROR_NOT_PERMITTED);
  EXPECT_EQ(download(a, 1), Values{8});
  EXPECT_EQ(cu.launchHostFunc(s, nullptr, nullptr), CUDA_ERROR_INVALID_VALUE);
  CUresult status = CUDA_ERROR_UNKNOWN;
  ASSERT_CU(cu.streamAddCallback(
      s,
      [](CUstream, CUresult result, void *pointer) {
        *static_cast<CUresult *>(pointer) = result;
      },
      &status, 0));
  EXPECT_CU(cu.streamSynchronize(s));
  EXPECT_EQ(status, CUDA_SUCCESS);
}

} // namespace
} // namespace ptxsim::cuda
