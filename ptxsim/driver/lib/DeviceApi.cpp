//===- DeviceApi.cpp - initialisation, versions, devices, errors ----------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include <algorithm>
#include <cstring>

namespace ptxsim::cuda {

PTXSIM_CUDA_EXPORT cuInit(unsigned flags) {
  return enter(__func__, NeedsNothing, [&](const Call &call) {
    if (flags)
      return CUDA_ERROR_INVALID_VALUE;
    return call.driver.initialise();
  });
}

PTXSIM_CUDA_EXPORT cuDriverGetVersion(int *version) {
  return enter(__func__, NeedsNothing, [&](const Call &) {
    if (!version)
      return CUDA_ERROR_INVALID_VALUE;
    *version = driverVersion;
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuGetErrorName(CUresult error, const char **name) {
  if (!name)
    return CUDA_ERROR_INVALID_VALUE;
  *name = errorName(error);
  return *name ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

PTXSIM_CUDA_EXPORT cuGetErrorString(CUresult error, const char **text) {
  if (!text)
    return CUDA_ERROR_INVALID_VALUE;
  *text = errorText(error);
  return *text ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

PTXSIM_CUDA_EXPORT cuDeviceGetCount(int *count) {
  return enter(__func__, NeedsInit, [&](const Call &) {
    if (!count)
      return CUDA_ERROR_INVALID_VALUE;
    *count = 1;
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuDeviceGet(CUdevice *device, int ordinal) {
  return enter(__func__, NeedsInit, [&](const Call &) {
    if (!device)
      return CUDA_ERROR_INVALID_VALUE;
    if (ordinal != 0)
      return CUDA_ERROR_INVALID_DEVICE;
    *device = 0;
    return CUDA_SUCCESS;
  });
}

/// Runs the body for the one device there is.
template <typename Body>
static CUresult withDevice(const char *function, CUdevice device,
                           const void *result, Body body) {
  return enter(function, NeedsInit, [&](const Call &call) {
    if (!result)
      return CUDA_ERROR_INVALID_VALUE;
    if (device != 0)
      return CUDA_ERROR_INVALID_DEVICE;
    return body(properties(call.driver.config.smVersion));
  });
}

PTXSIM_CUDA_EXPORT cuDeviceGetName(char *name, int length, CUdevice device) {
  return withDevice(
      __func__, device, name, [&](const DeviceProperties &properties) {
        if (length <= 0)
          return CUDA_ERROR_INVALID_VALUE;
        size_t size = std::min<size_t>(std::strlen(properties.name),
                                       static_cast<size_t>(length) - 1);
        std::memcpy(name, properties.name, size);
        name[size] = 0;
        return CUDA_SUCCESS;
      });
}

PTXSIM_CUDA_EXPORT cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
  return withDevice(__func__, device, bytes,
                    [&](const DeviceProperties &properties) {
                      *bytes = properties.memoryBytes;
                      return CUDA_SUCCESS;
                    });
}

static CUresult uuid(const char *function, CUuuid *uuid, CUdevice device) {
  return withDevice(function, device, uuid,
                    [&](const DeviceProperties &properties) {
                      // The same for each kind of device, and readable.
                      std::memset(uuid->bytes, 0, sizeof(uuid->bytes));
                      std::memcpy(uuid->bytes, "ptxsim", 6);
                      uuid->bytes[15] = static_cast<char>(properties.smVersion);
                      return CUDA_SUCCESS;
                    });
}

PTXSIM_CUDA_EXPORT cuDeviceGetUuid(CUuuid *result, CUdevice device) {
  return uuid(__func__, result, device);
}

PTXSIM_CUDA_EXPORT cuDeviceGetUuid_v2(CUuuid *result, CUdevice device) {
  return uuid(__func__, result, device);
}

PTXSIM_CUDA_EXPORT cuDeviceComputeCapability(int *major, int *minor,
                                             CUdevice device) {
  return withDevice(__func__, device, major && minor ? major : nullptr,
                    [&](const DeviceProperties &properties) {
                      *major = static_cast<int>(properties.smVersion / 10);
                      *minor = static_cast<int>(properties.smVersion % 10);
                      return CUDA_SUCCESS;
                    });
}

PTXSIM_CUDA_EXPORT cuDeviceGetDefaultMemPool(CUmemoryPool *pool,
                                             CUdevice device) {
  return withDevice(__func__, device, pool, [&](const DeviceProperties &) {
    // The only pool there is; nothing looks behind the handle.
    static char defaultPool;
    *pool = reinterpret_cast<CUmemoryPool>(&defaultPool);
    return CUDA_SUCCESS;
  });
}

/// False for an attribute that this library does not know.
static bool attributeValue(const DeviceProperties &device,
                           CUdevice_attribute attribute, uint64_t &value) {
  switch (attribute) {
  case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y:
    value = maxThreadsPerBlock;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z:
    value = 64;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X:
    value = 0x7fffffff;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
  case CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z:
    value = 0xffff;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK:
    value = sharedBytesPerBlock;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
    value = device.sharedBytesPerBlockOptIn;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR:
    value = device.sharedBytesPerMultiprocessor;
    return true;
  case CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK:
    value = reservedSharedBytesPerBlock;
    return true;
  case CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY:
    value = 64 << 10;
    return true;
  case CU_DEVICE_ATTRIBUTE_WARP_SIZE:
    value = warpSize;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_PITCH:
    value = 0x7fffffff;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK:
  case CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR:
    value = registersPerMultiprocessor;
    return true;
  case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
    value = device.multiprocessors;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR:
    value = maxThreadsPerMultiprocessor;
    return true;
  case CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR:
    value = maxBlocksPerMultiprocessor;
    return true;
  case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE:
    value = device.l2Bytes;
    return true;
  case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
    value = device.smVersion / 10;
    return true;
  case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
    value = device.smVersion % 10;
    return true;
  case CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
  case CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED:
  case CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS:
  case CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED:
  case CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED:
  case CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT:
  case CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH:
    value = 1;
    return true;
  // What there is not, or what has no meaning for a simulator.
  case CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY:
  case CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM:
  case CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY:
  case CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS:
  case CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS:
  case CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH:
  case CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT:
  case CU_DEVICE_ATTRIBUTE_INTEGRATED:
  case CU_DEVICE_ATTRIBUTE_COMPUTE_MODE:
  case CU_DEVICE_ATTRIBUTE_ECC_ENABLED:
  case CU_DEVICE_ATTRIBUTE_PCI_BUS_ID:
  case CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID:
  case CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID:
  case CU_DEVICE_ATTRIBUTE_TCC_DRIVER:
  case CU_DEVICE_ATTRIBUTE_CLOCK_RATE:
  case CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE:
  case CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH:
    value = 0;
    return true;
  }
  return false;
}

PTXSIM_CUDA_EXPORT cuDeviceGetAttribute(int *value,
                                        CUdevice_attribute attribute,
                                        CUdevice device) {
  return withDevice(__func__, device, value,
                    [&](const DeviceProperties &properties) {
                      uint64_t number;
                      if (!attributeValue(properties, attribute, number))
                        return CUDA_ERROR_INVALID_VALUE;
                      *value = static_cast<int>(number);
                      return CUDA_SUCCESS;
                    });
}

} // namespace ptxsim::cuda
