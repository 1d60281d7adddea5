//===- LaunchTest.cpp - launches, attributes and occupancy ----------------===//
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

TEST_F(ContextTest, PackedArguments) {
  CUdeviceptr a = upload({1, 2});
  struct {
    CUdeviceptr values;
    uint32_t factor, addend, count;
  } packed = {a, 10, 1, 2};
  size_t size = 20;
  void *extra[] = {reinterpret_cast<void *>(launchParamBufferPointer), &packed,
                   reinterpret_cast<void *>(launchParamBufferSize), &size,
                   reinterpret_cast<void *>(launchParamEnd)};
  CUfunction f = function("affine");
  ASSERT_CU(cu.launchKernel(f, 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, extra));
  packed.factor = 1000; // the arguments were copied
  EXPECT_EQ(download(a, 2), (Values{11, 21}));
  size = 16;
  EXPECT_EQ(cu.launchKernel(f, 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, extra),
            CUDA_ERROR_INVALID_VALUE);
  size = 20;
  extra[0] = reinterpret_cast<void *>(uintptr_t(9));
  EXPECT_EQ(cu.launchKernel(f, 1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, extra),
            CUDA_ERROR_INVALID_VALUE);
}

TEST_F(ContextTest, ParamInfo) {
  CUfunction f = function("affine");
  size_t offset = 0, size = 0;
  EXPECT_CU(cu.funcGetParamInfo(f, 0, &offset, &size));
  EXPECT_EQ(offset, 0u);
  EXPECT_EQ(size, 8u);
  EXPECT_CU(cu.funcGetParamInfo(f, 3, &offset, nullptr));
  EXPECT_EQ(offset, 16u);
  EXPECT_EQ(cu.funcGetParamInfo(f, 4, &offset, &size),
            CUDA_ERROR_INVALID_VALUE);
}

TEST_F(ContextTest, WrongLaunches) {
  CUdeviceptr a = upload({1});
  uint32_t number = 1;
  void *arguments[] = {&a, &number, &number, &number};
  auto launch = [&](CUfunction f, unsigned gridX, unsigned gridY,
                    unsigned blockX, unsigned blockZ, unsigned shared,
                    void **params) {
    return cu.launchKernel(f, gridX, gridY, 1, blockX, 1, blockZ, shared,
                           nullptr, params, nullptr);
  };
  CUfunction f = function("affine");
  EXPECT_CU(launch(f, 1, 1, 32, 1, 0, arguments));
  CUfunction none = nullptr;
  EXPECT_EQ(launch(none, 1, 1, 32, 1, 0, arguments), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(launch(f, 0, 1, 32, 1, 0, arguments), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(f, 1, 65536, 32, 1, 0, arguments), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(f, 1, 1, 0, 1, 0, arguments), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(f, 1, 1, 257, 1, 0, arguments), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(f, 1, 1, 1, 65, 0, arguments), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(f, 1, 1, 32, 1, 49153, arguments), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(launch(f, 1, 1, 32, 1, 0, nullptr), CUDA_ERROR_INVALID_VALUE);
  void *hole[] = {&a, nullptr, &number, &number};
  EXPECT_EQ(launch(f, 1, 1, 32, 1, 0, hole), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(download(a, 1), Values{2}); // only the first one ran
}

TEST_F(ContextTest, DynamicSharedMemory) {
  const size_t count = 100;
  CUdeviceptr out = upload(Values(count));
  CUfunction f = function("throughShared");
  void *arguments[] = {&out};
  auto launch = [&](unsigned bytes) {
    return cu.launchKernel(f, 1, 1, 1, count, 1, 1, bytes, nullptr, arguments,
                           nullptr);
  };
  EXPECT_CU(launch(4 * count));
  Values expected(count);
  for (uint32_t i = 0; i < count; ++i)
    expected[i] = i;
  EXPECT_EQ(download(out, count), expected);
  // More than 48 KiB in all has to be asked for.
  EXPECT_EQ(launch(48 << 10), CUDA_ERROR_INVALID_VALUE);
  auto attribute = CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
  EXPECT_CU(cu.funcSetAttribute(f, attribute, 100 << 10));
  int value = 0;
  EXPECT_CU(cu.funcGetAttribute(&value, attribute, f));
  EXPECT_EQ(value, 100 << 10);
  EXPECT_CU(launch(100 << 10));
  EXPECT_EQ(cu.funcSetAttribute(f, attribute, 163 << 10),
            CUDA_ERROR_INVALID_VALUE); // 16 bytes are static
  EXPECT_EQ(cu.funcSetAttribute(f, attribute, -1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.ctxSynchronize());
}

TEST_F(ContextTest, FunctionAttributes) {
  CUfunction f = function("affine"), shared = function("throughShared");
  auto get = [&](CUfunction of, CUfunction_attribute attribute) {
    int value = -1;
    EXPECT_CU(cu.funcGetAttribute(&value, attribute, of));
    return value;
  };
  EXPECT_EQ(get(f, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK), 256);
  EXPECT_EQ(get(shared, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK), 1024);
  EXPECT_EQ(get(f, CU_FUNC_ATTRIBUTE_NUM_REGS), 64); // 65536 / (256 * 4)
  EXPECT_EQ(get(shared, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES), 16);
  EXPECT_EQ(get(f, CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES), 0);
  EXPECT_EQ(get(f, CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES), 12);
  EXPECT_EQ(get(f, CU_FUNC_ATTRIBUTE_PTX_VERSION), 80);
  EXPECT_EQ(get(f, CU_FUNC_ATTRIBUTE_BINARY_VERSION), 80);
  EXPECT_CU(cu.funcSetAttribute(
      f, CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, 50));
  EXPECT_EQ(get(f, CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT), 50);
  EXPECT_CU(cu.funcSetCacheConfig(f, 1));
  EXPECT_EQ(cu.funcSetCacheConfig(f, 7), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.funcSetAttribute(f, CU_FUNC_ATTRIBUTE_NUM_REGS, 3),
            CUDA_ERROR_INVALID_VALUE);
  int value;
  EXPECT_EQ(cu.funcGetAttribute(&value, CUfunction_attribute(99), f),
            CUDA_ERROR_INVALID_VALUE);
}

TEST_F(ContextTest, Occupancy) {
  CUfunction f = function("affine");
  int blocks = 0, grid = 0, size = 0;
  EXPECT_CU(cu.occupancy(&blocks, f, 256, 0));
  EXPECT_EQ(blocks, 4); // by registers: 64 in each of 256 threads
  EXPECT_CU(cu.occupancy(&blocks, f, 64, 0));
  EXPECT_EQ(blocks, 16);
  EXPECT_CU(cu.occupancyWithFlags(&blocks, f, 256, 40 << 10, 0));
  EXPECT_EQ(blocks, 4);
  EXPECT_CU(cu.occupancy(&blocks, f, 256, 48 << 10));
  EXPECT_EQ(blocks, 3); // by shared memory: 164 KiB for 49 KiB each
  EXPECT_CU(cu.occupancy(&blocks, f, 512, 0));
  EXPECT_EQ(blocks, 0);
  EXPECT_EQ(cu.occupancy(&blocks, f, 0, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.occupancy(nullptr, f, 64, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.bestBlockSize(&grid, &size, f, nullptr, 0, 0));
  EXPECT_EQ(size, 256);
  EXPECT_EQ(grid, 4 * 108);
  EXPECT_CU(cu.bestBlockSize(&grid, &size, f, nullptr, 0, 100));
  EXPECT_EQ(size, 64); // 16 blocks, as many threads as with 96 in 10
}

TEST_F(ContextTest, LaunchEx) {
  CUdeviceptr a = upload({5});
  uint32_t factor = 2, addend = 3, count = 1;
  void *arguments[] = {&a, &factor, &addend, &count};
  CUlaunchAttribute attributes[2] = {};
  attributes[0].id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
  attributes[0].value.cooperative = 1;
  attributes[1].id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
  for (unsigned &extent : attributes[1].value.clusterDim)
    extent = 1;
  CUlaunchConfig config = {1, 1, 1, 32, 1, 1, 0, stream(), attributes, 2};
  CUfunction f = function("affine");
  ASSERT_CU(cu.launchKernelEx(&config, f, arguments, nullptr));
  EXPECT_EQ(download(a, 1), Values{13});
  config.gridDimX = 100000; // must all be resident at once
  EXPECT_EQ(cu.launchKernelEx(&config, f, arguments, nullptr),
            CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
  EXPECT_EQ(
      cu.launchCooperative(f, 100000, 1, 1, 32, 1, 1, 0, nullptr, arguments),
      CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
  attributes[1].value.clusterDim[0] = 2;
  EXPECT_EQ(cu.launchKernelEx(&config, f, arguments, nullptr),
            CUDA_ERROR_NOT_SUPPORTED);
  attributes[1].id = CUlaunchAttributeID(14);
  EXPECT_EQ(cu.launchKernelEx(&config, f, arguments, nullptr),
            CUDA_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(cu.launchKernelEx(nullptr, f, arguments, nullptr),
            CUDA_ERROR_INVALID_VALUE);
}

TEST_F(ContextTest, ModuleVariablesKeepTheirValues) {
  CUdeviceptr a = upload({10}), total = 0;
  ASSERT_CU(one("addToTotal", a, nullptr));
  ASSERT_CU(one("addToTotal", a, nullptr));
  ASSERT_CU(cu.moduleGetGlobal(&total, nullptr, module, "total"));
  EXPECT_EQ(download(total, 1), Values{25});
}

TEST_F(ContextTest, Totals) {
  CUdeviceptr a = upload(Values(64));
  ASSERT_CU(affine(a, 2, 1, 64, stream()));
  EXPECT_CU(cu.ctxSynchronize());
  ptxsim_cuda_totals totals;
  cu.cuda_count(&totals);
  EXPECT_EQ(totals.kernel_launches, 1u);
  EXPECT_EQ(totals.copies, 1u);
  EXPECT_EQ(totals.copied_bytes, 256u);
  EXPECT_EQ(totals.loaded_bytes, 256u);
  EXPECT_EQ(totals.loaded_sectors, 8u);
  EXPECT_EQ(totals.stored_bytes, 256u);
  EXPECT_EQ(totals.stored_sectors, 8u);
  EXPECT_GE(totals.thread_instructions, 64u * 10);
}

} // namespace
} // namespace ptxsim::cuda
