//===- Cuda.h - the driver under the runtime, for tests ---------*- C++ -*
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TEST_CUDA_CUDA_H
#define OPTIMC_TEST_CUDA_CUDA_H

#include "cuda/CudaTypes.h"
#include "ptxsim_cuda.h"

#include <cstdint>
#include <gtest/gtest.h>
#include <vector>

namespace optimc::test {

using namespace optimc::rt::cuda;
using CUgraph = struct CUgraph_st *;
using CUgraphExec = struct CUgraphExec_st *;

/// What tests call themselves: of the driver that the runtime uses too, which
/// is the simulator's unless OPTIMC_LIBCUDA names another one.
struct Cuda {
#define OPTIMC_TEST_CUDA(result, name, symbol, ...)                            \
  result (*name)(__VA_ARGS__) =                                                \
      reinterpret_cast<result (*)(__VA_ARGS__)>(find(#symbol));
  OPTIMC_TEST_CUDA(CUresult, init, cuInit, unsigned)
  OPTIMC_TEST_CUDA(CUresult, deviceGet, cuDeviceGet, CUdevice *, int)
  OPTIMC_TEST_CUDA(CUresult, primaryRetain, cuDevicePrimaryCtxRetain,
                   CUcontext *, CUdevice)
  OPTIMC_TEST_CUDA(CUresult, primaryRelease, cuDevicePrimaryCtxRelease_v2,
                   CUdevice)
  OPTIMC_TEST_CUDA(CUresult, ctxCreate, cuCtxCreate_v2, CUcontext *, unsigned,
                   CUdevice)
  OPTIMC_TEST_CUDA(CUresult, ctxDestroy, cuCtxDestroy_v2, CUcontext)
  OPTIMC_TEST_CUDA(CUresult, ctxGetCurrent, cuCtxGetCurrent, CUcontext *)
  OPTIMC_TEST_CUDA(CUresult, ctxSetCurrent, cuCtxSetCurrent, CUcontext)
  OPTIMC_TEST_CUDA(CUresult, ctxPop, cuCtxPopCurrent_v2, CUcontext *)
  OPTIMC_TEST_CUDA(CUresult, ctxSynchronize, cuCtxSynchronize)
  OPTIMC_TEST_CUDA(CUresult, memAlloc, cuMemAlloc_v2, CUdeviceptr *, size_t)
  OPTIMC_TEST_CUDA(CUresult, memFree, cuMemFree_v2, CUdeviceptr)
  OPTIMC_TEST_CUDA(CUresult, memAllocHost, cuMemAllocHost_v2, void **, size_t)
  OPTIMC_TEST_CUDA(CUresult, memFreeHost, cuMemFreeHost, void *)
  OPTIMC_TEST_CUDA(CUresult, memcpyHtoD, cuMemcpyHtoD_v2, CUdeviceptr,
                   const void *, size_t)
  OPTIMC_TEST_CUDA(CUresult, memcpyDtoH, cuMemcpyDtoH_v2, void *, CUdeviceptr,
                   size_t)
  OPTIMC_TEST_CUDA(CUresult, memcpyHtoDAsync, cuMemcpyHtoDAsync_v2, CUdeviceptr,
                   const void *, size_t, CUstream)
  OPTIMC_TEST_CUDA(CUresult, streamCreate, cuStreamCreate, CUstream *, unsigned)
  OPTIMC_TEST_CUDA(CUresult, streamDestroy, cuStreamDestroy_v2, CUstream)
  OPTIMC_TEST_CUDA(CUresult, streamSynchronize, cuStreamSynchronize, CUstream)
  OPTIMC_TEST_CUDA(CUresult, beginCapture, cuStreamBeginCapture_v2, CUstream,
                   int)
  OPTIMC_TEST_CUDA(CUresult, endCapture, cuStreamEndCapture, CUstream,
                   CUgraph *)
  OPTIMC_TEST_CUDA(CUresult, instantiate, cuGraphInstantiateWithFlags,
                   CUgraphExec *, CUgraph, unsigned long long)
  OPTIMC_TEST_CUDA(CUresult, graphLaunch, cuGraphLaunch, CUgraphExec, CUstream)
  OPTIMC_TEST_CUDA(CUresult, graphDestroy, cuGraphDestroy, CUgraph)
  OPTIMC_TEST_CUDA(CUresult, graphExecDestroy, cuGraphExecDestroy, CUgraphExec)
  // Null with a real driver.
  OPTIMC_TEST_CUDA(void, live, ptxsim_cuda_live, ptxsim_cuda_objects *)
  OPTIMC_TEST_CUDA(void, count, ptxsim_cuda_count, ptxsim_cuda_totals *)
  OPTIMC_TEST_CUDA(const char *, lastFault, ptxsim_cuda_last_fault)
  OPTIMC_TEST_CUDA(void, failCall, ptxsim_cuda_fail_call, uint64_t, int)
  OPTIMC_TEST_CUDA(void, failFunction, ptxsim_cuda_fail_function, const char *,
                   uint64_t, int)
  OPTIMC_TEST_CUDA(void, reset, ptxsim_cuda_reset)
#undef OPTIMC_TEST_CUDA

  bool isSimulated() const { return reset != nullptr; }

private:
  static void *find(const char *symbol);
};

/// Loaded when first asked for: a test may fork before.
const Cuda &cu();

#define EXPECT_CU(call) EXPECT_EQ(0, (call))

/// Device memory with floats or other plain values.
class DeviceMemory {
public:
  DeviceMemory() = default;
  template <typename T>
  explicit DeviceMemory(const std::vector<T> &values) {
    allocate(values.size() * sizeof(T));
    upload(values.data(), values.size() * sizeof(T));
  }
  DeviceMemory(DeviceMemory &&other) noexcept { *this = std::move(other); }
  DeviceMemory &operator=(DeviceMemory &&other) noexcept {
    std::swap(address, other.address);
    return *this;
  }
  ~DeviceMemory();

  void allocate(size_t bytes);
  void upload(const void *from, size_t bytes);
  template <typename T>
  std::vector<T> download(size_t count) const {
    std::vector<T> values(count);
    EXPECT_CU(cu().ctxSynchronize());
    if (count) {
      EXPECT_CU(cu().memcpyDtoH(values.data(), address, count * sizeof(T)));
    }
    return values;
  }
  void *data() const { return reinterpret_cast<void *>(address); }

  CUdeviceptr address = 0;
};

/// A fresh driver with the primary context current.
class CudaTest : public ::testing::Test {
protected:
  void SetUp() override;
  void TearDown() override;

  CUcontext context = nullptr;
};

} // namespace optimc::test

#endif // OPTIMC_TEST_CUDA_CUDA_H
