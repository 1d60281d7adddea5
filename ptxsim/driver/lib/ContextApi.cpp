//===- ContextApi.cpp - contexts ------------------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include "Captures.h"

namespace ptxsim::cuda {

static CUresult createContext(const Call &call, CUcontext *result,
                              unsigned flags, CUdevice device) {
  if (!result || flags & ~CU_CTX_FLAGS_MASK)
    return CUDA_ERROR_INVALID_VALUE;
  if (device != 0)
    return CUDA_ERROR_INVALID_DEVICE;
  *result = call.driver.createContext(flags, false).handle;
  contextStack().push_back(*result);
  return CUDA_SUCCESS;
}

PTXSIM_CUDA_EXPORT cuCtxCreate_v2(CUcontext *context, unsigned flags,
                                  CUdevice device) {
  return enter(__func__, NeedsInit, [&](const Call &call) {
    return createContext(call, context, flags, device);
  });
}

PTXSIM_CUDA_EXPORT cuCtxCreate_v4(CUcontext *context, CUctxCreateParams *params,
                                  unsigned flags, CUdevice device) {
  return enter(__func__, NeedsInit, [&](const Call &call) {
    if (params && (params->numExecAffinityParams || params->cigParams))
      return CUDA_ERROR_NOT_SUPPORTED;
    return createContext(call, context, flags, device);
  });
}

PTXSIM_CUDA_EXPORT cuCtxDestroy_v2(CUcontext handle) {
  return enter(__func__, NeedsInit | Releases, [&](const Call &call) {
    Context *context = call.driver.contexts.find(handle);
    if (!context)
      return CUDA_ERROR_INVALID_CONTEXT;
    if (context->primary)
      return CUDA_ERROR_INVALID_CONTEXT;
    call.driver.destroyContext(*context, call.lock);
    if (!contextStack().empty() && contextStack().back() == handle)
      contextStack().pop_back();
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuCtxPushCurrent_v2(CUcontext handle) {
  return enter(__func__, NeedsInit, [&](const Call &call) {
    if (!call.driver.contexts.find(handle))
      return CUDA_ERROR_INVALID_CONTEXT;
    contextStack().push_back(handle);
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuCtxPopCurrent_v2(CUcontext *handle) {
  return enter(__func__, NeedsInit | Releases, [&](const Call &) {
    if (contextStack().empty())
      return CUDA_ERROR_INVALID_CONTEXT;
    if (handle)
      *handle = contextStack().back();
    contextStack().pop_back();
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuCtxSetCurrent(CUcontext handle) {
  return enter(__func__, NeedsInit, [&](const Call &call) {
    if (handle && !call.driver.contexts.find(handle))
      return CUDA_ERROR_INVALID_CONTEXT;
    if (!contextStack().empty())
      contextStack().pop_back();
    if (handle)
      contextStack().push_back(handle);
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuCtxGetCurrent(CUcontext *handle) {
  return enter(__func__, NeedsInit, [&](const Call &) {
    if (!handle)
      return CUDA_ERROR_INVALID_VALUE;
    *handle = contextStack().empty() ? nullptr : contextStack().back();
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuCtxGetDevice(CUdevice *device) {
  return enter(__func__, NeedsContext, [&](const Call &) {
    if (!device)
      return CUDA_ERROR_INVALID_VALUE;
    *device = 0;
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuCtxGetFlags(unsigned *flags) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    if (!flags)
      return CUDA_ERROR_INVALID_VALUE;
    *flags = call.context->flags;
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuCtxGetId(CUcontext handle, unsigned long long *id) {
  return enter(__func__, NeedsInit, [&](const Call &call) {
    if (!handle && !contextStack().empty())
      handle = contextStack().back();
    if (!id)
      return CUDA_ERROR_INVALID_VALUE;
    if (!call.driver.contexts.find(handle))
      return CUDA_ERROR_CONTEXT_IS_DESTROYED;
    *id = reinterpret_cast<uintptr_t>(handle);
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuCtxGetApiVersion(CUcontext handle, unsigned *version) {
  return enter(__func__, NeedsInit, [&](const Call &call) {
    if (!version)
      return CUDA_ERROR_INVALID_VALUE;
    if (handle && !call.driver.contexts.find(handle))
      return CUDA_ERROR_INVALID_CONTEXT;
    *version = 3020; // what real drivers of the last decade say
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuCtxGetStreamPriorityRange(int *least, int *greatest) {
  return enter(__func__, NeedsContext, [&](const Call &) {
    if (least)
      *least = leastPriority;
    if (greatest)
      *greatest = greatestPriority;
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuCtxSynchronize() {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    CUcontext handle = call.context->handle;
    if (CUresult error = checkNoCaptureIn(call.driver, handle))
      return error;
    for (const OperationRef &operation : call.driver.pendingOf(handle))
      if (CUresult error = call.finish(operation))
        return error;
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuDevicePrimaryCtxRetain(CUcontext *handle,
                                            CUdevice device) {
  return enter(__func__, NeedsInit, [&](const Call &call) {
    Driver &driver = call.driver;
    if (!handle)
      return CUDA_ERROR_INVALID_VALUE;
    if (device != 0)
      return CUDA_ERROR_INVALID_DEVICE;
    if (!driver.primaryContext)
      driver.primaryContext =
          driver.createContext(driver.primaryFlags, true).handle;
    ++driver.primaryUsers;
    *handle = driver.primaryContext;
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  return enter(__func__, NeedsInit | Releases, [&](const Call &call) {
    Driver &driver = call.driver;
    if (device != 0)
      return CUDA_ERROR_INVALID_DEVICE;
    if (!driver.primaryUsers)
      return CUDA_ERROR_INVALID_CONTEXT;
    if (--driver.primaryUsers == 0)
      if (Context *context = driver.contexts.find(driver.primaryContext))
        driver.destroyContext(*context, call.lock);
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuDevicePrimaryCtxReset_v2(CUdevice device) {
  return enter(__func__, NeedsInit | Releases, [&](const Call &call) {
    Driver &driver = call.driver;
    if (device != 0)
      return CUDA_ERROR_INVALID_DEVICE;
    if (Context *context = driver.contexts.find(driver.primaryContext))
      driver.destroyContext(*context, call.lock);
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuDevicePrimaryCtxSetFlags_v2(CUdevice device,
                                                 unsigned flags) {
  return enter(__func__, NeedsInit, [&](const Call &call) {
    if (device != 0)
      return CUDA_ERROR_INVALID_DEVICE;
    if (flags & ~CU_CTX_FLAGS_MASK)
      return CUDA_ERROR_INVALID_VALUE;
    call.driver.primaryFlags = flags;
    if (Context *context =
            call.driver.contexts.find(call.driver.primaryContext))
      context->flags = flags;
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuDevicePrimaryCtxGetState(CUdevice device, unsigned *flags,
                                              int *active) {
  return enter(__func__, NeedsInit, [&](const Call &call) {
    if (!flags || !active)
      return CUDA_ERROR_INVALID_VALUE;
    if (device != 0)
      return CUDA_ERROR_INVALID_DEVICE;
    *flags = call.driver.primaryFlags;
    *active = call.driver.primaryContext != nullptr;
    return CUDA_SUCCESS;
  });
}

} // namespace ptxsim::cuda
