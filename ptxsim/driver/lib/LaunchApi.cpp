//===- LaunchApi.cpp - kernel launches ------------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include "Occupancy.h"
#include <cstring>

namespace ptxsim::cuda {

namespace {

struct Arguments {
  void **params; // one pointer per parameter, or null
  void **extra;  // a packed buffer and its size, or null
};

} // namespace

/// Copies the arguments into the buffer that the kernel reads.
static CUresult pack(const KernelInfo &kernel, const Arguments &arguments,
                     std::vector<uint8_t> &packed) {
  packed.assign(kernel.paramBytes, 0);
  if (arguments.params && arguments.extra)
    return CUDA_ERROR_INVALID_VALUE;
  if (arguments.extra) {
    const void *buffer = nullptr;
    const size_t *size = nullptr;
    for (void **entry = arguments.extra;;) {
      uintptr_t kind = reinterpret_cast<uintptr_t>(*entry++);
      if (kind == launchParamEnd)
        break;
      if (kind == launchParamBufferPointer)
        buffer = *entry++;
      else if (kind == launchParamBufferSize)
        size = static_cast<const size_t *>(*entry++);
      else
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (!size || *size != packed.size() || (*size && !buffer))
      return CUDA_ERROR_INVALID_VALUE;
    if (*size)
      std::memcpy(packed.data(), buffer, *size);
    return CUDA_SUCCESS;
  }
  if (!kernel.params.empty() && !arguments.params)
    return CUDA_ERROR_INVALID_VALUE;
  for (size_t i = 0; i < kernel.params.size(); ++i) {
    if (!arguments.params[i])
      return CUDA_ERROR_INVALID_VALUE;
    std::memcpy(&packed[kernel.params[i].offset], arguments.params[i],
                kernel.params[i].size);
  }
  return CUDA_SUCCESS;
}

/// Whether the grid, block and shared memory are possible.
static bool fits(const Function &function, Dim3 grid, Dim3 block,
                 uint32_t dynamicShared) {
  const KernelInfo &kernel = *function.kernel;
  constexpr uint32_t maxGridX = 0x7fffffff, maxGridYZ = 0xffff, maxBlockZ = 64;
  if (!grid.x || !grid.y || !grid.z || grid.x > maxGridX ||
      grid.y > maxGridYZ || grid.z > maxGridYZ)
    return false;
  if (!block.x || !block.y || !block.z || block.x > maxThreadsPerBlock ||
      block.y > maxThreadsPerBlock || block.z > maxBlockZ ||
      block.x * block.y * block.z > maxThreads(kernel))
    return false;
  const uint32_t *required = kernel.requiredThreads;
  if (required[0] &&
      (block.x != required[0] || block.y != std::max(required[1], 1u) ||
       block.z != std::max(required[2], 1u)))
    return false;
  return dynamicShared <= function.maxDynamicShared;
}

static CUresult launch(const Call &call, CUfunction handle, Dim3 grid,
                       Dim3 block, uint32_t dynamicShared,
                       CUstream streamHandle, const Arguments &arguments,
                       bool cooperative) {
  Driver &driver = call.driver;
  Function *function = driver.functions.find(handle);
  Stream *stream = driver.findStream(*call.context, streamHandle);
  if (!function || !stream)
    return CUDA_ERROR_INVALID_HANDLE;
  if (!fits(*function, grid, block, dynamicShared))
    return CUDA_ERROR_INVALID_VALUE;
  uint32_t smVersion = driver.config.smVersion;
  if (cooperative &&
      uint64_t(grid.x) * grid.y * grid.z >
          uint64_t(residentBlocks(*function, block.x * block.y * block.z,
                                  dynamicShared, smVersion)) *
              properties(smVersion).multiprocessors)
    return CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE;
  KernelWork work;
  work.function = handle;
  work.launch.kernel = function->kernel->name;
  work.launch.grid = grid;
  work.launch.block = block;
  work.launch.dynamicSharedBytes = dynamicShared;
  if (CUresult error = pack(*function->kernel, arguments, work.launch.params))
    return error;
  return driver.submit(*stream, std::move(work), call.lock);
}

PTXSIM_CUDA_EXPORT cuLaunchKernel(CUfunction function, unsigned gridX,
                                  unsigned gridY, unsigned gridZ,
                                  unsigned blockX, unsigned blockY,
                                  unsigned blockZ, unsigned dynamicShared,
                                  CUstream stream, void **params,
                                  void **extra) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return launch(call, function, {gridX, gridY, gridZ},
                  {blockX, blockY, blockZ}, dynamicShared, stream,
                  {params, extra}, false);
  });
}

PTXSIM_CUDA_EXPORT cuLaunchCooperativeKernel(CUfunction function,
                                             unsigned gridX, unsigned gridY,
                                             unsigned gridZ, unsigned blockX,
                                             unsigned blockY, unsigned blockZ,
                                             unsigned dynamicShared,
                                             CUstream stream, void **params) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return launch(call, function, {gridX, gridY, gridZ},
                  {blockX, blockY, blockZ}, dynamicShared, stream,
                  {params, nullptr}, true);
  });
}

PTXSIM_CUDA_EXPORT cuLaunchKernelEx(const CUlaunchConfig *config,
                                    CUfunction function, void **params,
                                    void **extra) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    if (!config || (config->numAttrs && !config->attrs))
      return CUDA_ERROR_INVALID_VALUE;
    bool cooperative = false;
    for (unsigned i = 0; i < config->numAttrs; ++i) {
      const CUlaunchAttribute &attribute = config->attrs[i];
      switch (attribute.id) {
      case CU_LAUNCH_ATTRIBUTE_COOPERATIVE:
        cooperative = attribute.value.cooperative != 0;
        break;
      // Hints, and an overlap that is permitted, never required.
      case CU_LAUNCH_ATTRIBUTE_IGNORE:
      case CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW:
      case CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION:
      case CU_LAUNCH_ATTRIBUTE_PRIORITY:
        break;
      case CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION: {
        const unsigned *dims = attribute.value.clusterDim;
        if (dims[0] != 1 || dims[1] != 1 || dims[2] != 1)
          return CUDA_ERROR_NOT_SUPPORTED;
        break;
      }
      default:
        return CUDA_ERROR_NOT_SUPPORTED;
      }
    }
    return launch(
        call, function, {config->gridDimX, config->gridDimY, config->gridDimZ},
        {config->blockDimX, config->blockDimY, config->blockDimZ},
        config->sharedMemBytes, config->hStream, {params, extra}, cooperative);
  });
}

// The same with stream 0 meaning the stream of the calling thread.
PTXSIM_CUDA_PER_THREAD(cuLaunchKernel, _ptsz,
                       (CUfunction function, unsigned gridX, unsigned gridY,
                        unsigned gridZ, unsigned blockX, unsigned blockY,
                        unsigned blockZ, unsigned dynamicShared,
                        CUstream stream, void **params, void **extra),
                       (function, gridX, gridY, gridZ, blockX, blockY, blockZ,
                        dynamicShared, stream, params, extra))
PTXSIM_CUDA_PER_THREAD(cuLaunchKernelEx, _ptsz,
                       (const CUlaunchConfig *config, CUfunction function,
                        void **params, void **extra),
                       (config, function, params, extra))
PTXSIM_CUDA_PER_THREAD(cuLaunchCooperativeKernel, _ptsz,
                       (CUfunction function, unsigned gridX, unsigned gridY,
                        unsigned gridZ, unsigned blockX, unsigned blockY,
                        unsigned blockZ, unsigned dynamicShared,
                        CUstream stream, void **params),
                       (function, gridX, gridY, gridZ, blockX, blockY, blockZ,
                        dynamicShared, stream, params))

} // namespace ptxsim::cuda
