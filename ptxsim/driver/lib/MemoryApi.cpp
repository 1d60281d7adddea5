//===- MemoryApi.cpp - device and pinned host memory ----------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include <cstdlib>
#include <cstring>

namespace ptxsim::cuda {

PTXSIM_CUDA_EXPORT cuMemGetInfo_v2(size_t *free, size_t *total) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    const Memory &memory = call.driver.device->memory();
    if (free)
      *free = memory.capacity() - memory.used();
    if (total)
      *total = memory.capacity();
    return CUDA_SUCCESS;
  });
}

static CUresult allocate(const Call &call, CUdeviceptr *address, size_t bytes) {
  if (!address || bytes == 0)
    return CUDA_ERROR_INVALID_VALUE;
  CUdeviceptr allocated = call.driver.allocate(*call.context, bytes);
  if (!allocated)
    return CUDA_ERROR_OUT_OF_MEMORY;
  *address = allocated;
  return CUDA_SUCCESS;
}

PTXSIM_CUDA_EXPORT cuMemAlloc_v2(CUdeviceptr *address, size_t bytes) {
  return enter(__func__, NeedsContext | UnsafeInCapture, [&](const Call &call) {
    return allocate(call, address, bytes);
  });
}

/// Waits for all work of the context, as real drivers do.
PTXSIM_CUDA_EXPORT cuMemFree_v2(CUdeviceptr address) {
  return enter(__func__, NeedsContext | Releases | UnsafeInCapture,
               [&](const Call &call) {
                 Driver &driver = call.driver;
                 if (!address)
                   return CUDA_SUCCESS;
                 if (!driver.deviceAllocations.count(address))
                   return CUDA_ERROR_INVALID_VALUE;
                 for (const OperationRef &operation :
                      driver.pendingOf(call.context->handle))
                   driver.queue.finish(operation, call.lock);
                 if (!driver.deviceAllocations.erase(address))
                   return CUDA_ERROR_INVALID_VALUE;
                 (void)driver.device->memory().free(address);
                 return CUDA_SUCCESS;
               });
}

PTXSIM_CUDA_EXPORT cuMemGetAddressRange_v2(CUdeviceptr *base, size_t *size,
                                           CUdeviceptr address) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    const auto *found = call.driver.findAllocation(address, 1);
    if (!found)
      return CUDA_ERROR_NOT_FOUND;
    if (base)
      *base = found->first;
    if (size)
      *size = found->second.size;
    return CUDA_SUCCESS;
  });
}

/// The address is valid at once, the memory from this place in the stream on.
PTXSIM_CUDA_EXPORT cuMemAllocAsync(CUdeviceptr *address, size_t bytes,
                                   CUstream handle) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    Stream *stream = call.driver.findStream(*call.context, handle);
    if (!stream)
      return CUDA_ERROR_INVALID_HANDLE;
    if (stream->capture) { // allocation nodes are not supported
      stream->capture->invalidated = true;
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    return allocate(call, address, bytes);
  });
}

PTXSIM_CUDA_EXPORT cuMemFreeAsync(CUdeviceptr address, CUstream handle) {
  return enter(__func__, NeedsContext | Releases, [&](const Call &call) {
    Driver &driver = call.driver;
    Stream *stream = driver.findStream(*call.context, handle);
    if (!stream)
      return CUDA_ERROR_INVALID_HANDLE;
    if (!address)
      return CUDA_SUCCESS;
    if (!driver.deviceAllocations.count(address))
      return CUDA_ERROR_INVALID_VALUE;
    if (CUresult error = driver.submit(*stream, FreeWork{address}, call.lock))
      return error;
    driver.deviceAllocations.erase(address);
    return CUDA_SUCCESS;
  });
}

static CUresult allocateHost(const Call &call, void **pointer, size_t bytes,
                             unsigned flags) {
  constexpr unsigned allFlags = 7; // portable, mapped, write-combined
  constexpr size_t page = 4096;
  if (!pointer || bytes == 0 || bytes > SIZE_MAX - page || flags & ~allFlags)
    return CUDA_ERROR_INVALID_VALUE;
  void *memory = std::aligned_alloc(page, (bytes + page - 1) / page * page);
  if (!memory)
    return CUDA_ERROR_OUT_OF_MEMORY;
  // Nobody may rely on zeros.
  std::memset(memory, 0xa5, bytes);
  call.driver.hostAllocations[reinterpret_cast<uintptr_t>(memory)] = {
      call.context->handle, bytes, flags, call.driver.nextId++, false};
  *pointer = memory;
  return CUDA_SUCCESS;
}

PTXSIM_CUDA_EXPORT cuMemAllocHost_v2(void **pointer, size_t bytes) {
  return enter(__func__, NeedsContext | UnsafeInCapture, [&](const Call &call) {
    return allocateHost(call, pointer, bytes, 0);
  });
}

PTXSIM_CUDA_EXPORT cuMemHostAlloc(void **pointer, size_t bytes,
                                  unsigned flags) {
  return enter(__func__, NeedsContext | UnsafeInCapture, [&](const Call &call) {
    return allocateHost(call, pointer, bytes, flags);
  });
}

/// Ends the pinning of a range; copies from or to it are done first.
static CUresult releaseHost(const Call &call, void *pointer, bool registered) {
  Driver &driver = call.driver;
  uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  auto matches = [&](auto entry) {
    return entry != driver.hostAllocations.end() &&
           entry->second.registered == registered;
  };
  CUresult unknown = registered ? CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED
                                : CUDA_ERROR_INVALID_VALUE;
  auto entry = driver.hostAllocations.find(address);
  if (!matches(entry))
    return unknown;
  for (const OperationRef &operation : driver.pendingOf(entry->second.context))
    driver.queue.finish(operation, call.lock);
  entry = driver.hostAllocations.find(address);
  if (!matches(entry))
    return unknown;
  driver.hostAllocations.erase(entry);
  if (!registered)
    std::free(pointer);
  return CUDA_SUCCESS;
}

PTXSIM_CUDA_EXPORT cuMemFreeHost(void *pointer) {
  return enter(
      __func__, NeedsContext | Releases | UnsafeInCapture,
      [&](const Call &call) { return releaseHost(call, pointer, false); });
}

PTXSIM_CUDA_EXPORT cuMemHostRegister_v2(void *pointer, size_t bytes,
                                        unsigned flags) {
  return enter(__func__, NeedsContext | UnsafeInCapture, [&](const Call &call) {
    Driver &driver = call.driver;
    uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
    constexpr unsigned allFlags = 0xf;
    if (!pointer || bytes == 0 || bytes > UINTPTR_MAX - address ||
        flags & ~allFlags || isDeviceAddress(address))
      return CUDA_ERROR_INVALID_VALUE;
    auto next = driver.hostAllocations.lower_bound(address);
    bool overlaps =
        next != driver.hostAllocations.end() && next->first - address < bytes;
    if (overlaps || driver.findPinned(address, 1))
      return CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
    driver.hostAllocations[address] = {call.context->handle, bytes, flags,
                                       driver.nextId++, true};
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuMemHostUnregister(void *pointer) {
  return enter(
      __func__, NeedsContext | Releases | UnsafeInCapture,
      [&](const Call &call) { return releaseHost(call, pointer, true); });
}

PTXSIM_CUDA_EXPORT cuMemHostGetFlags(unsigned *flags, void *pointer) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    const auto *found =
        call.driver.findPinned(reinterpret_cast<uintptr_t>(pointer), 1);
    if (!flags || !found)
      return CUDA_ERROR_INVALID_VALUE;
    *flags = found->second.flags;
    return CUDA_SUCCESS;
  });
}

/// Kernels of the simulator cannot reach host memory.
PTXSIM_CUDA_EXPORT cuMemHostGetDevicePointer_v2(CUdeviceptr *, void *,
                                                unsigned) {
  return enter(__func__, NeedsContext,
               [&](const Call &) { return CUDA_ERROR_NOT_SUPPORTED; });
}

// The same with stream 0 meaning the stream of the calling thread.
PTXSIM_CUDA_PER_THREAD(cuMemAllocAsync, _ptsz,
                       (CUdeviceptr * address, size_t bytes, CUstream stream),
                       (address, bytes, stream))
PTXSIM_CUDA_PER_THREAD(cuMemFreeAsync, _ptsz,
                       (CUdeviceptr address, CUstream stream),
                       (address, stream))

} // namespace ptxsim::cuda
