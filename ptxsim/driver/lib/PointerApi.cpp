//===- PointerApi.cpp - what a pointer points to --------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include <cstring>

namespace ptxsim::cuda {

template <typename T>
static void store(void *target, T value) {
  std::memcpy(target, &value, sizeof(value));
}

static CUresult pointerAttribute(Driver &driver, void *result,
                                 CUpointer_attribute attribute,
                                 CUdeviceptr address) {
  const auto *device = driver.findAllocation(address, 1);
  const auto *host = device ? nullptr : driver.findPinned(address, 1);
  if (attribute == CU_POINTER_ATTRIBUTE_MAPPED) {
    store(result, static_cast<unsigned>(device || host));
    return CUDA_SUCCESS;
  }
  if (!device && !host)
    return CUDA_ERROR_INVALID_VALUE;
  switch (attribute) {
  case CU_POINTER_ATTRIBUTE_CONTEXT:
    store(result, device ? device->second.context : host->second.context);
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
    store(result, device ? CU_MEMORYTYPE_DEVICE : CU_MEMORYTYPE_HOST);
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
    if (!device)
      return CUDA_ERROR_INVALID_VALUE;
    store(result, address);
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_HOST_POINTER:
    if (!host)
      return CUDA_ERROR_INVALID_VALUE;
    store(result, reinterpret_cast<void *>(address));
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_BUFFER_ID:
    store(result, device ? device->second.id : host->second.id);
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_IS_MANAGED:
    store(result, 0u);
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
    store(result, 0);
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
    store(result,
          device ? device->first : static_cast<CUdeviceptr>(host->first));
    return CUDA_SUCCESS;
  case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
    store<size_t>(result, device ? device->second.size : host->second.size);
    return CUDA_SUCCESS;
  default:
    return CUDA_ERROR_INVALID_VALUE;
  }
}

PTXSIM_CUDA_EXPORT cuPointerGetAttribute(void *result,
                                         CUpointer_attribute attribute,
                                         CUdeviceptr address) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    if (!result)
      return CUDA_ERROR_INVALID_VALUE;
    return pointerAttribute(call.driver, result, attribute, address);
  });
}

/// For an unknown pointer this one succeeds, and the values are null.
PTXSIM_CUDA_EXPORT cuPointerGetAttributes(unsigned count,
                                          CUpointer_attribute *attributes,
                                          void **results, CUdeviceptr address) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    if (!count || !attributes || !results)
      return CUDA_ERROR_INVALID_VALUE;
    for (unsigned i = 0; i < count; ++i) {
      if (!results[i])
        return CUDA_ERROR_INVALID_VALUE;
      if (!pointerAttribute(call.driver, results[i], attributes[i], address))
        continue;
      switch (attributes[i]) {
      case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
      case CU_POINTER_ATTRIBUTE_IS_MANAGED:
        store(results[i], 0u);
        break;
      case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
        store(results[i], -2); // cuda.h: "unknown"
        break;
      case CU_POINTER_ATTRIBUTE_CONTEXT:
      case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
      case CU_POINTER_ATTRIBUTE_HOST_POINTER:
      case CU_POINTER_ATTRIBUTE_BUFFER_ID:
      case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
      case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
        store(results[i], uint64_t(0));
        break;
      default:
        return CUDA_ERROR_INVALID_VALUE;
      }
    }
    return CUDA_SUCCESS;
  });
}

} // namespace ptxsim::cuda
