//===- FunctionApi.cpp - kernels and how many fit -------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include "Occupancy.h"

namespace ptxsim::cuda {

static uint64_t threadLimit(const KernelInfo &kernel) {
  for (const uint32_t *dims : {kernel.requiredThreads, kernel.maxThreads})
    if (dims[0])
      return uint64_t(dims[0]) * std::max(dims[1], 1u) * std::max(dims[2], 1u);
  return maxThreadsPerBlock;
}

uint32_t maxThreads(const KernelInfo &kernel) {
  return static_cast<uint32_t>(
      std::min<uint64_t>(threadLimit(kernel), maxThreadsPerBlock));
}

uint32_t registersPerThread(const KernelInfo &kernel) {
  if (kernel.maxRegisters)
    return std::min(kernel.maxRegisters, maxRegistersPerThread);
  uint64_t threads = uint64_t(maxThreads(kernel)) *
                     std::max(kernel.minBlocksPerMultiprocessor, 1u);
  // Allocated in units of 8; ptxas ignores what would leave fewer than 16.
  uint64_t fitting = registersPerMultiprocessor / threads / 8 * 8;
  return static_cast<uint32_t>(
      std::clamp<uint64_t>(fitting, 16, maxRegistersPerThread));
}

uint32_t residentBlocks(const Function &function, uint32_t blockSize,
                        uint64_t dynamicShared, uint32_t smVersion) {
  const DeviceProperties &device = properties(smVersion);
  const KernelInfo &kernel = *function.kernel;
  if (blockSize == 0 || blockSize > maxThreads(kernel) ||
      dynamicShared > function.maxDynamicShared)
    return 0;
  uint32_t warps = (blockSize + warpSize - 1) / warpSize;
  uint64_t shared =
      kernel.staticSharedBytes + dynamicShared + reservedSharedBytesPerBlock;
  uint64_t blocks = maxThreadsPerMultiprocessor / (warps * warpSize);
  blocks = std::min<uint64_t>(blocks, maxBlocksPerMultiprocessor);
  blocks = std::min(blocks, device.sharedBytesPerMultiprocessor / shared);
  blocks = std::min<uint64_t>(
      blocks, registersPerMultiprocessor /
                  (registersPerThread(kernel) * warps * warpSize));
  return static_cast<uint32_t>(blocks);
}

/// Runs the body for a function that exists.
template <typename Body>
static CUresult withFunction(const char *name, CUfunction handle, Body body) {
  return enter(name, NeedsContext, [&](const Call &call) {
    Function *function = call.driver.functions.find(handle);
    if (!function)
      return CUDA_ERROR_INVALID_HANDLE;
    return body(call, *function);
  });
}

PTXSIM_CUDA_EXPORT cuFuncGetAttribute(int *value,
                                      CUfunction_attribute attribute,
                                      CUfunction handle) {
  return withFunction(__func__, handle,
                      [&](const Call &call, const Function &function) {
                        if (!value)
                          return CUDA_ERROR_INVALID_VALUE;
                        const KernelInfo &kernel = *function.kernel;
                        uint64_t number = 0;
                        switch (attribute) {
                        case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
                          number = maxThreads(kernel);
                          break;
                        case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES:
                          number = kernel.staticSharedBytes;
                          break;
                        case CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES:
                          for (const VariableInfo &variable :
                               function.module->module().variables())
                            if (variable.space == StateSpace::Const)
                              number += variable.size;
                          break;
                        case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES:
                          number = kernel.localBytes;
                          break;
                        case CU_FUNC_ATTRIBUTE_NUM_REGS:
                          number = registersPerThread(kernel);
                          break;
                        case CU_FUNC_ATTRIBUTE_PTX_VERSION:
                          number = function.module->module().smVersion();
                          break;
                        case CU_FUNC_ATTRIBUTE_BINARY_VERSION:
                          number = call.driver.config.smVersion;
                          break;
                        case CU_FUNC_ATTRIBUTE_CACHE_MODE_CA:
                          break;
                        case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
                          number = function.maxDynamicShared;
                          break;
                        case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
                          *value = function.carveout;
                          return CUDA_SUCCESS;
                        default:
                          return CUDA_ERROR_INVALID_VALUE;
                        }
                        *value = static_cast<int>(number);
                        return CUDA_SUCCESS;
                      });
}

PTXSIM_CUDA_EXPORT cuFuncSetAttribute(CUfunction handle,
                                      CUfunction_attribute attribute,
                                      int value) {
  return withFunction(
      __func__, handle, [&](const Call &call, Function &function) {
        if (attribute == CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT &&
            value >= -1 && value <= 100) {
          function.carveout = value;
          return CUDA_SUCCESS;
        }
        uint64_t limit =
            properties(call.driver.config.smVersion).sharedBytesPerBlockOptIn;
        if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES ||
            value < 0 ||
            function.kernel->staticSharedBytes + static_cast<uint64_t>(value) >
                limit)
          return CUDA_ERROR_INVALID_VALUE;
        function.maxDynamicShared = static_cast<uint32_t>(value);
        return CUDA_SUCCESS;
      });
}

PTXSIM_CUDA_EXPORT cuFuncSetCacheConfig(CUfunction handle, int config) {
  return withFunction(__func__, handle, [&](const Call &, const Function &) {
    // A preference; there is no cache to divide.
    return config < 0 || config > 3 ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuFuncGetName(const char **name, CUfunction handle) {
  return withFunction(__func__, handle,
                      [&](const Call &, const Function &function) {
                        if (!name)
                          return CUDA_ERROR_INVALID_VALUE;
                        *name = function.kernel->name.c_str();
                        return CUDA_SUCCESS;
                      });
}

PTXSIM_CUDA_EXPORT cuFuncGetModule(CUmodule *module, CUfunction handle) {
  return withFunction(__func__, handle,
                      [&](const Call &, const Function &function) {
                        if (!module)
                          return CUDA_ERROR_INVALID_VALUE;
                        *module = function.owner;
                        return CUDA_SUCCESS;
                      });
}

PTXSIM_CUDA_EXPORT cuFuncGetParamInfo(CUfunction handle, size_t index,
                                      size_t *offset, size_t *size) {
  return withFunction(__func__, handle,
                      [&](const Call &, const Function &function) {
                        if (!offset || index >= function.kernel->params.size())
                          return CUDA_ERROR_INVALID_VALUE;
                        *offset = function.kernel->params[index].offset;
                        if (size)
                          *size = function.kernel->params[index].size;
                        return CUDA_SUCCESS;
                      });
}

static CUresult activeBlocks(const char *name, int *blocks, CUfunction handle,
                             int blockSize, size_t dynamicShared,
                             unsigned flags) {
  return withFunction(
      name, handle, [&](const Call &call, const Function &function) {
        if (!blocks || blockSize <= 0 || flags > 1)
          return CUDA_ERROR_INVALID_VALUE;
        *blocks = static_cast<int>(
            residentBlocks(function, static_cast<uint32_t>(blockSize),
                           dynamicShared, call.driver.config.smVersion));
        return CUDA_SUCCESS;
      });
}

PTXSIM_CUDA_EXPORT cuOccupancyMaxActiveBlocksPerMultiprocessor(
    int *blocks, CUfunction function, int blockSize, size_t dynamicShared) {
  return activeBlocks(__func__, blocks, function, blockSize, dynamicShared, 0);
}

PTXSIM_CUDA_EXPORT cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
    int *blocks, CUfunction function, int blockSize, size_t dynamicShared,
    unsigned flags) {
  return activeBlocks(__func__, blocks, function, blockSize, dynamicShared,
                      flags);
}

static CUresult bestBlockSize(const char *name, int *gridSize, int *blockSize,
                              CUfunction handle,
                              CUoccupancyB2DSize sharedOfBlock,
                              size_t dynamicShared, int limit, unsigned flags) {
  return withFunction(
      name, handle, [&](const Call &call, const Function &function) {
        if (!gridSize || !blockSize || limit < 0 || flags > 1)
          return CUDA_ERROR_INVALID_VALUE;
        uint32_t smVersion = call.driver.config.smVersion;
        uint32_t largest = maxThreads(*function.kernel);
        if (limit && static_cast<uint32_t>(limit) < largest)
          largest = static_cast<uint32_t>(limit);
        uint64_t bestThreads = 0;
        // The largest block among those with the most resident threads.
        for (uint32_t size = largest; size > 0;
             size = size > warpSize ? (size - 1) / warpSize * warpSize : 0) {
          size_t shared = sharedOfBlock ? sharedOfBlock(static_cast<int>(size))
                                        : dynamicShared;
          uint32_t blocks = residentBlocks(function, size, shared, smVersion);
          if (uint64_t(blocks) * size <= bestThreads)
            continue;
          bestThreads = uint64_t(blocks) * size;
          *blockSize = static_cast<int>(size);
          *gridSize =
              static_cast<int>(blocks * properties(smVersion).multiprocessors);
        }
        return bestThreads ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
      });
}

PTXSIM_CUDA_EXPORT cuOccupancyMaxPotentialBlockSize(
    int *gridSize, int *blockSize, CUfunction function,
    CUoccupancyB2DSize sharedOfBlock, size_t dynamicShared, int limit) {
  return bestBlockSize(__func__, gridSize, blockSize, function, sharedOfBlock,
                       dynamicShared, limit, 0);
}

PTXSIM_CUDA_EXPORT cuOccupancyMaxPotentialBlockSizeWithFlags(
    int *gridSize, int *blockSize, CUfunction function,
    CUoccupancyB2DSize sharedOfBlock, size_t dynamicShared, int limit,
    unsigned flags) {
  return bestBlockSize(__func__, gridSize, blockSize, function, sharedOfBlock,
                       dynamicShared, limit, flags);
}

} // namespace ptxsim::cuda
