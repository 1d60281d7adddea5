//===- AbiTest.cpp - our types against the real cuda.h --------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"
#include <cuda.h>
#include <cudaTypedefs.h>

namespace ptxsim::cuda {
namespace {

// CUDA 13.0 numbers its errors as before; newer ones only add.
#define PTXSIM_CUDA_ERROR(name, value, text)                                   \
  static_assert(static_cast<int>(name) == static_cast<int>(::name));
#include "../lib/Errors.def"

#define SAME(name) static_assert(int(name) == int(::name))
SAME(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
SAME(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
SAME(CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING);
SAME(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
SAME(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
SAME(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED);
SAME(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
SAME(CU_JIT_ERROR_LOG_BUFFER);
SAME(CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES);
SAME(CU_JIT_INFO_LOG_BUFFER);
SAME(CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES);
SAME(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
SAME(CU_FUNC_ATTRIBUTE_NUM_REGS);
SAME(CU_POINTER_ATTRIBUTE_MEMORY_TYPE);
SAME(CU_POINTER_ATTRIBUTE_RANGE_SIZE);
SAME(CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL);
SAME(CU_MEMORYTYPE_HOST);
SAME(CU_MEMORYTYPE_DEVICE);
SAME(CU_STREAM_NON_BLOCKING);
SAME(CU_EVENT_DISABLE_TIMING);
SAME(CU_STREAM_CAPTURE_STATUS_INVALIDATED);
SAME(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
SAME(CU_STREAM_CAPTURE_MODE_RELAXED);
SAME(CU_GRAPH_NODE_TYPE_HOST);
SAME(CU_LAUNCH_ATTRIBUTE_COOPERATIVE);
SAME(CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION);
SAME(CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION);
SAME(CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
#undef SAME

static_assert(sizeof(CUuuid) == sizeof(::CUuuid));
static_assert(sizeof(CUlaunchAttribute) == sizeof(::CUlaunchAttribute));
static_assert(offsetof(CUlaunchAttribute, value) ==
              offsetof(::CUlaunchAttribute, value));
static_assert(sizeof(CUlaunchConfig) == sizeof(::CUlaunchConfig));
static_assert(offsetof(CUlaunchConfig, hStream) ==
              offsetof(::CUlaunchConfig, hStream));
static_assert(offsetof(CUlaunchConfig, numAttrs) ==
              offsetof(::CUlaunchConfig, numAttrs));
static_assert(sizeof(CUDA_GRAPH_INSTANTIATE_PARAMS) ==
              sizeof(::CUDA_GRAPH_INSTANTIATE_PARAMS));
static_assert(sizeof(CUctxCreateParams) == sizeof(::CUctxCreateParams));

/// Whether two functions take as many arguments of the same sizes.
template <typename A, typename B>
struct SameShape;
template <typename R, typename... A, typename S, typename... B>
struct SameShape<R (*)(A...), S (*)(B...)> {
  template <typename X, typename Y>
  static constexpr bool fits() {
    return sizeof(X) == sizeof(Y) &&
           std::is_pointer_v<X> == std::is_pointer_v<Y>;
  }
  static constexpr bool get() {
    if constexpr (sizeof...(A) == sizeof...(B))
      return (fits<A, B>() && ... && true);
    return false;
  }
};

#define SHAPE(member, real)                                                    \
  static_assert(SameShape<decltype(Cuda::member), real>::get(), #real)
SHAPE(getProcAddress, PFN_cuGetProcAddress_v12000);
SHAPE(deviceGetAttribute, PFN_cuDeviceGetAttribute_v2000);
SHAPE(primaryRetain, PFN_cuDevicePrimaryCtxRetain_v7000);
SHAPE(primaryRelease, PFN_cuDevicePrimaryCtxRelease_v11000);
SHAPE(ctxCreate, PFN_cuCtxCreate_v12050);
SHAPE(ctxCreateV2, PFN_cuCtxCreate_v3020);
SHAPE(moduleLoadDataEx, PFN_cuModuleLoadDataEx_v2010);
SHAPE(moduleGetFunction, PFN_cuModuleGetFunction_v2000);
SHAPE(moduleGetGlobal, PFN_cuModuleGetGlobal_v3020);
SHAPE(libraryLoadData, PFN_cuLibraryLoadData_v12000);
SHAPE(funcGetParamInfo, PFN_cuFuncGetParamInfo_v12040);
SHAPE(occupancy, PFN_cuOccupancyMaxActiveBlocksPerMultiprocessor_v6050);
SHAPE(bestBlockSize, PFN_cuOccupancyMaxPotentialBlockSize_v6050);
SHAPE(memAlloc, PFN_cuMemAlloc_v3020);
SHAPE(memAllocAsync, PFN_cuMemAllocAsync_v11020_ptsz);
SHAPE(memHostAlloc, PFN_cuMemHostAlloc_v2020);
SHAPE(memHostRegister, PFN_cuMemHostRegister_v6050);
SHAPE(pointerGetAttribute, PFN_cuPointerGetAttribute_v4000);
SHAPE(pointerGetAttributes, PFN_cuPointerGetAttributes_v7000);
SHAPE(memcpyHtoDAsync, PFN_cuMemcpyHtoDAsync_v7000_ptsz);
SHAPE(memcpyDtoHAsync, PFN_cuMemcpyDtoHAsync_v7000_ptsz);
SHAPE(memsetD8Async, PFN_cuMemsetD8Async_v7000_ptsz);
SHAPE(memsetD32Async, PFN_cuMemsetD32Async_v7000_ptsz);
SHAPE(streamCreateWithPriority, PFN_cuStreamCreateWithPriority_v5050);
SHAPE(streamWaitEvent, PFN_cuStreamWaitEvent_v7000_ptsz);
SHAPE(launchHostFunc, PFN_cuLaunchHostFunc_v10000_ptsz);
SHAPE(streamAddCallback, PFN_cuStreamAddCallback_v7000_ptsz);
SHAPE(beginCapture, PFN_cuStreamBeginCapture_v10010_ptsz);
SHAPE(getCaptureInfo, PFN_cuStreamGetCaptureInfo_v12030_ptsz);
SHAPE(eventRecordWithFlags, PFN_cuEventRecordWithFlags_v11010_ptsz);
SHAPE(eventElapsedTime, PFN_cuEventElapsedTime_v12080);
SHAPE(launchKernel, PFN_cuLaunchKernel_v7000_ptsz);
SHAPE(launchKernelEx, PFN_cuLaunchKernelEx_v11060_ptsz);
SHAPE(launchCooperative, PFN_cuLaunchCooperativeKernel_v9000_ptsz);
SHAPE(graphGetNodes, PFN_cuGraphGetNodes_v10000);
SHAPE(graphInstantiate, PFN_cuGraphInstantiateWithFlags_v11040);
SHAPE(graphInstantiateWithParams, PFN_cuGraphInstantiateWithParams_v12000_ptsz);
SHAPE(graphLaunch, PFN_cuGraphLaunch_v10000_ptsz);
#undef SHAPE

/// A program that was compiled with the real header runs on our library.
TEST_F(DriverTest, RealHeader) {
  auto getAddress = reinterpret_cast<PFN_cuGetProcAddress_v12000>(
      librarySymbol("cuGetProcAddress_v2"));
  ::CUdriverProcAddressQueryResult status;
  void *address = nullptr;
  auto find = [&](const char *name) {
    EXPECT_EQ(getAddress(name, &address, CUDA_VERSION,
                         CU_GET_PROC_ADDRESS_DEFAULT, &status),
              ::CUDA_SUCCESS);
    EXPECT_EQ(status, ::CU_GET_PROC_ADDRESS_SUCCESS) << name;
    return address;
  };
  EXPECT_EQ(reinterpret_cast<PFN_cuInit_v2000>(find("cuInit"))(0),
            ::CUDA_SUCCESS);
  ::CUcontext context = nullptr;
  ASSERT_EQ(reinterpret_cast<PFN_cuDevicePrimaryCtxRetain_v7000>(
                find("cuDevicePrimaryCtxRetain"))(&context, 0),
            ::CUDA_SUCCESS);
  ASSERT_EQ(reinterpret_cast<PFN_cuCtxSetCurrent_v4000>(
                find("cuCtxSetCurrent"))(context),
            ::CUDA_SUCCESS);
  ::CUmodule module = nullptr;
  ASSERT_EQ(reinterpret_cast<PFN_cuModuleLoadData_v2000>(
                find("cuModuleLoadData"))(&module, kernelText),
            ::CUDA_SUCCESS);
  ::CUfunction function = nullptr;
  ASSERT_EQ(reinterpret_cast<PFN_cuModuleGetFunction_v2000>(
                find("cuModuleGetFunction"))(&function, module, "affine"),
            ::CUDA_SUCCESS);
  ::CUdeviceptr values = 0;
  ASSERT_EQ(
      reinterpret_cast<PFN_cuMemAlloc_v3020>(find("cuMemAlloc"))(&values, 4),
      ::CUDA_SUCCESS);
  ASSERT_EQ(reinterpret_cast<PFN_cuMemsetD32_v3020>(find("cuMemsetD32"))(values,
                                                                         5, 1),
            ::CUDA_SUCCESS);
  uint32_t factor = 3, addend = 4, count = 1, result = 0;
  void *arguments[] = {&values, &factor, &addend, &count};
  ::CUlaunchConfig config = {};
  config.gridDimX = config.gridDimY = config.gridDimZ = 1;
  config.blockDimX = 32;
  config.blockDimY = config.blockDimZ = 1;
  ASSERT_EQ(reinterpret_cast<PFN_cuLaunchKernelEx_v11060_ptsz>(find(
                "cuLaunchKernelEx"))(&config, function, arguments, nullptr),
            ::CUDA_SUCCESS);
  ASSERT_EQ(reinterpret_cast<PFN_cuMemcpyDtoH_v3020>(find("cuMemcpyDtoH"))(
                &result, values, 4),
            ::CUDA_SUCCESS);
  EXPECT_EQ(result, 19u);
  EXPECT_CU(cu.primaryRelease(0));
}

} // namespace
} // namespace ptxsim::cuda
