//===- MemoryTest.cpp - memory, copies and fills --------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"

namespace ptxsim::cuda {
namespace {

constexpr CUdeviceptr nowhere = 0x1234;

TEST_F(ContextTest, Allocation) {
  CUdeviceptr a = 0, base = 0;
  size_t size = 0, freeBefore, freeAfter, total;
  EXPECT_CU(cu.memGetInfo(&freeBefore, &total));
  EXPECT_CU(cu.memAlloc(&a, 1000));
  EXPECT_EQ(a % 256, 0u);
  EXPECT_CU(cu.memGetInfo(&freeAfter, &total));
  EXPECT_LT(freeAfter, freeBefore);
  EXPECT_CU(cu.memGetAddressRange(&base, &size, a + 999));
  EXPECT_EQ(base, a);
  EXPECT_EQ(size, 1000u);
  EXPECT_EQ(cu.memGetAddressRange(&base, &size, a + 1000),
            CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(cu.memFree(a + 4), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.memFree(a));
  EXPECT_EQ(cu.memFree(a), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.memFree(0));
  EXPECT_EQ(cu.memAlloc(&a, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memAlloc(nullptr, 4), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memAlloc(&a, size_t(1) << 50), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_EQ(cu.memAlloc(&a, SIZE_MAX), CUDA_ERROR_OUT_OF_MEMORY);
}

TEST_F(ContextTest, StreamOrderedAllocation) {
  CUstream s = stream();
  CUdeviceptr a = 0;
  ASSERT_CU(cu.memAllocAsync(&a, 8, s));
  ASSERT_CU(cu.memsetD32Async(a, 5, 2, s));
  ASSERT_CU(affine(a, 2, 1, 2, s));
  void *pinned = nullptr;
  ASSERT_CU(cu.memAllocHost(&pinned, 8));
  ASSERT_CU(cu.memcpyDtoHAsync(pinned, a, 8, s));
  ASSERT_CU(cu.memFreeAsync(a, s));
  EXPECT_EQ(cu.memFreeAsync(a, s), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memsetD32Async(a, 5, 2, s), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.streamSynchronize(s));
  EXPECT_EQ(static_cast<uint32_t *>(pinned)[1], 11u);
  EXPECT_CU(cu.memFreeAsync(0, s));
  EXPECT_EQ(cu.memAllocAsync(&a, 0, s), CUDA_ERROR_INVALID_VALUE);
  ptxsim_cuda_objects live;
  cu.cuda_live(&live);
  EXPECT_EQ(live.device_allocations, 0u);
}

/// Memory that is freed in a stream may not be used by another stream that
/// does not wait.
TEST_F(ContextTest, UseAfterStreamOrderedFree) {
  CUstream s = stream(), other = stream();
  CUdeviceptr a = upload({1, 2});
  ASSERT_CU(affine(a, 1, 1, 2, other));
  ASSERT_CU(cu.memFreeAsync(a, s));
  EXPECT_CU(cu.streamSynchronize(s));
  EXPECT_EQ(cu.streamSynchronize(other), CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST_F(ContextTest, HostMemory) {
  void *pinned = nullptr;
  unsigned flags = 0;
  CUdeviceptr device;
  EXPECT_CU(cu.memHostAlloc(&pinned, 100, 1));
  EXPECT_CU(cu.memHostGetFlags(&flags, pinned));
  EXPECT_EQ(flags, 1u);
  EXPECT_EQ(cu.memHostGetDevicePointer(&device, pinned, 0),
            CUDA_ERROR_NOT_SUPPORTED);
  EXPECT_CU(cu.memFreeHost(pinned));
  EXPECT_EQ(cu.memFreeHost(pinned), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memHostAlloc(&pinned, 0, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memHostAlloc(&pinned, 4, 64), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memHostAlloc(&pinned, SIZE_MAX, 0), CUDA_ERROR_INVALID_VALUE);
  std::vector<char> own(64);
  EXPECT_CU(cu.memHostRegister(own.data(), 32, 0));
  EXPECT_EQ(cu.memHostRegister(&own[31], 8, 0),
            CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
  EXPECT_CU(cu.memHostRegister(&own[40], 8, 0));
  EXPECT_EQ(cu.memHostRegister(&own[36], 8, 0),
            CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
  EXPECT_EQ(cu.memFreeHost(own.data()), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.memHostUnregister(own.data()));
  EXPECT_EQ(cu.memHostUnregister(own.data()),
            CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
  EXPECT_CU(cu.memHostUnregister(&own[40]));
}

TEST_F(ContextTest, PointerAttributes) {
  CUdeviceptr a = upload({1, 2, 3, 4});
  unsigned type = 0;
  int ordinal = -1;
  CUdeviceptr start = 0;
  size_t size = 0;
  auto get = [&](void *result, CUpointer_attribute attribute, uint64_t where) {
    return cu.pointerGetAttribute(result, attribute, where);
  };
  EXPECT_CU(get(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, a + 15));
  EXPECT_EQ(type, unsigned(CU_MEMORYTYPE_DEVICE));
  EXPECT_CU(get(&ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, a));
  EXPECT_EQ(ordinal, 0);
  EXPECT_CU(get(&start, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, a + 8));
  EXPECT_EQ(start, a);
  EXPECT_CU(get(&size, CU_POINTER_ATTRIBUTE_RANGE_SIZE, a + 8));
  EXPECT_EQ(size, 16u);
  EXPECT_EQ(get(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, a + 16),
            CUDA_ERROR_INVALID_VALUE);
  void *pinned = nullptr, *host = nullptr;
  ASSERT_CU(cu.memAllocHost(&pinned, 16));
  uint64_t where = reinterpret_cast<uintptr_t>(pinned);
  EXPECT_CU(get(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, where));
  EXPECT_EQ(type, unsigned(CU_MEMORYTYPE_HOST));
  EXPECT_CU(get(&host, CU_POINTER_ATTRIBUTE_HOST_POINTER, where + 2));
  EXPECT_EQ(host, static_cast<char *>(pinned) + 2);
  EXPECT_EQ(get(&type, CUpointer_attribute(999), a), CUDA_ERROR_INVALID_VALUE);
  // The plural form answers for unknown pointers, too.
  CUpointer_attribute names[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                                 CU_POINTER_ATTRIBUTE_DEVICE_POINTER};
  void *results[] = {&type, &start};
  EXPECT_CU(cu.pointerGetAttributes(2, names, results, nowhere));
  EXPECT_EQ(type, 0u);
  EXPECT_EQ(start, 0u);
  EXPECT_CU(cu.pointerGetAttributes(2, names, results, a + 4));
  EXPECT_EQ(type, unsigned(CU_MEMORYTYPE_DEVICE));
  EXPECT_EQ(start, a + 4);
}

TEST_F(ContextTest, Fills) {
  CUdeviceptr a = upload({0, 0, 0, 0});
  EXPECT_CU(cu.memsetD32(a, 0x01020304, 4));
  EXPECT_CU(cu.memsetD16(a + 4, 0xabcd, 2));
  EXPECT_CU(cu.memsetD8(a + 9, 0xff, 2));
  EXPECT_EQ(download(a, 4), (std::vector<uint32_t>{0x01020304, 0xabcdabcd,
                                                   0x01ffff04, 0x01020304}));
  CUstream s = stream();
  EXPECT_CU(cu.memsetD32Async(a, 9, 1, s));
  EXPECT_CU(cu.memsetD16Async(a + 4, 8, 1, s));
  EXPECT_CU(cu.memsetD8Async(a + 8, 7, 1, s));
  EXPECT_EQ(download(a, 3), (std::vector<uint32_t>{9, 0xabcd0008, 0x01ffff07}));
  EXPECT_EQ(cu.memsetD32(a + 2, 0, 1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memsetD32(a, 0, 5), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memsetD32(a, 0, SIZE_MAX / 2), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memsetD8(nowhere, 0, 1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.memsetD8(nowhere, 0, 0));
}

TEST_F(ContextTest, Copies) {
  CUdeviceptr a = upload({1, 2, 3, 4}), b = upload({0, 0, 0, 0});
  EXPECT_CU(cu.memcpyDtoD(b + 4, a, 8));
  EXPECT_EQ(download(b, 4), (std::vector<uint32_t>{0, 1, 2, 0}));
  uint32_t host[2] = {77, 88};
  EXPECT_CU(cu.memcpyAny(b, reinterpret_cast<uintptr_t>(host), 8));
  EXPECT_CU(cu.memcpyAny(reinterpret_cast<uintptr_t>(&host[1]), b, 4));
  EXPECT_EQ(host[1], 77u);
  CUstream s = stream();
  EXPECT_CU(cu.memcpyDtoDAsync(a, b, 16, s));
  EXPECT_CU(cu.memcpyAnyAsync(a + 4, b + 8, 4, s));
  EXPECT_EQ(download(a, 4), (std::vector<uint32_t>{77, 2, 2, 0}));
  EXPECT_EQ(cu.memcpyDtoD(b, a, 17), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memcpyHtoD(b, nullptr, 4), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memcpyHtoD(nowhere, host, 4), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memcpyHtoD(b, reinterpret_cast<void *>(a), 4),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memcpyDtoH(host, a + 12, 8), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.memcpyDtoH(host, a, 0));
  EXPECT_EQ(cu.memcpyDtoDAsync(a, b, 4, CUstream(uintptr_t(0x55550))),
            CUDA_ERROR_INVALID_HANDLE);
}

/// Pinned memory is read when the copy runs, pageable memory when it is
/// submitted.
TEST_F(ContextTest, WhenHostMemoryIsRead) {
  CUstream s = stream();
  CUdeviceptr a = upload({0, 0});
  uint32_t pageable = 1;
  void *memory = nullptr;
  ASSERT_CU(cu.memAllocHost(&memory, 4));
  uint32_t *pinned = static_cast<uint32_t *>(memory);
  *pinned = 1;
  ASSERT_CU(cu.memcpyHtoDAsync(a, &pageable, 4, s));
  ASSERT_CU(cu.memcpyHtoDAsync(a + 4, pinned, 4, s));
  pageable = *pinned = 2;
  EXPECT_CU(cu.streamSynchronize(s));
  EXPECT_EQ(download(a, 2), (std::vector<uint32_t>{1, 2}));
  // To the host: pageable memory is complete when the call returns.
  ASSERT_CU(affine(a, 10, 0, 2, s));
  *pinned = 99;
  ASSERT_CU(cu.memcpyDtoHAsync(pinned, a, 4, s));
  EXPECT_EQ(*pinned, 99u);
  ASSERT_CU(cu.memcpyDtoHAsync(&pageable, a, 4, s));
  EXPECT_EQ(pageable, 10u);
  EXPECT_EQ(*pinned, 10u); // the stream had come to it before
}

TEST_F(ContextTest, HostToHostIsSynchronous) {
  void *memory = nullptr;
  ASSERT_CU(cu.memAllocHost(&memory, 4));
  uint32_t value = 42;
  uint64_t source = reinterpret_cast<uintptr_t>(&value);
  EXPECT_CU(cu.memcpyAnyAsync(reinterpret_cast<uintptr_t>(memory), source, 4,
                              stream()));
  EXPECT_EQ(*static_cast<uint32_t *>(memory), 42u);
}

/// The trap in the manual: a copy from pageable memory may return before it
/// reaches the device, and streams that do not block do not wait for it.
TEST_F(ContextTest, SynchronousCopyAndNonBlockingStream) {
  CUdeviceptr a = upload({1});
  uint32_t value = 5;
  ASSERT_CU(cu.memcpyHtoD(a, &value, 4));
  CUstream apart = stream();
  ASSERT_CU(affine(a, 10, 0, 1, apart));
  EXPECT_CU(cu.streamSynchronize(apart));
  EXPECT_EQ(download(a, 1), std::vector<uint32_t>{5}); // not 50
  CUdeviceptr b = upload({1});
  ASSERT_CU(cu.memcpyHtoD(b, &value, 4));
  ASSERT_CU(affine(b, 10, 0, 1, stream(0))); // this one waits
  EXPECT_EQ(download(b, 1), std::vector<uint32_t>{50});
}

} // namespace
} // namespace ptxsim::cuda
