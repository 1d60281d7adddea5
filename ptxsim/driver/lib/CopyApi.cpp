//===- CopyApi.cpp - copies and fills -------------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"

namespace ptxsim::cuda {

/// When a copying call returns; from the section "API synchronization
/// behavior" of the driver's manual.
enum class Returns {
  AtOnce,   // asynchronous, or between device addresses
  WhenDone, // synchronous towards the host
};

/// Whether an end of a copy is valid: host memory cannot be checked, but an
/// address of the device is never one of the host.
static bool isValidEnd(const Driver &driver, uint64_t address, uint64_t bytes,
                       bool onDevice) {
  if (onDevice != isDeviceAddress(address))
    return false;
  return onDevice ? driver.isAccessible(address, bytes) : address != 0;
}

static CUresult copy(const Call &call, uint64_t target, bool toDevice,
                     uint64_t source, bool fromDevice, size_t bytes,
                     CUstream handle, Returns returns) {
  Driver &driver = call.driver;
  Stream *stream = driver.findStream(*call.context, handle);
  if (!stream)
    return CUDA_ERROR_INVALID_HANDLE;
  if (bytes == 0)
    return CUDA_SUCCESS;
  if (!isValidEnd(driver, target, bytes, toDevice) ||
      !isValidEnd(driver, source, bytes, fromDevice))
    return CUDA_ERROR_INVALID_VALUE;
  CopyWork work = {target, source, bytes, nullptr};
  if (stream->capture) {
    returns = Returns::AtOnce;
  } else if (!toDevice) {
    // Pageable memory is complete when the call returns; and copies from host
    // to host are always synchronous.
    if (!fromDevice || !driver.findPinned(target, bytes))
      returns = Returns::WhenDone;
  } else if (!fromDevice && !driver.findPinned(source, bytes)) {
    // Pageable memory is read before the call returns. The rest may come
    // later, even after a call that is called synchronous.
    const uint8_t *begin = reinterpret_cast<const uint8_t *>(source);
    work.staged =
        std::make_shared<const std::vector<uint8_t>>(begin, begin + bytes);
    returns = Returns::AtOnce;
  }
  OperationRef operation;
  if (CUresult error =
          driver.submit(*stream, std::move(work), call.lock, &operation))
    return error;
  return returns == Returns::WhenDone ? call.finish(operation) : CUDA_SUCCESS;
}

static uint64_t addressOf(const void *pointer) {
  return reinterpret_cast<uintptr_t>(pointer);
}

PTXSIM_CUDA_EXPORT cuMemcpyHtoD_v2(CUdeviceptr target, const void *source,
                                   size_t bytes) {
  return enter(__func__, NeedsContext | UnsafeInCapture, [&](const Call &call) {
    return copy(call, target, true, addressOf(source), false, bytes, nullptr,
                Returns::WhenDone);
  });
}

PTXSIM_CUDA_EXPORT cuMemcpyDtoH_v2(void *target, CUdeviceptr source,
                                   size_t bytes) {
  return enter(__func__, NeedsContext | UnsafeInCapture, [&](const Call &call) {
    return copy(call, addressOf(target), false, source, true, bytes, nullptr,
                Returns::WhenDone);
  });
}

PTXSIM_CUDA_EXPORT cuMemcpyDtoD_v2(CUdeviceptr target, CUdeviceptr source,
                                   size_t bytes) {
  return enter(__func__, NeedsContext | UnsafeInCapture, [&](const Call &call) {
    return copy(call, target, true, source, true, bytes, nullptr,
                Returns::AtOnce);
  });
}

PTXSIM_CUDA_EXPORT cuMemcpy(CUdeviceptr target, CUdeviceptr source,
                            size_t bytes) {
  return enter(__func__, NeedsContext | UnsafeInCapture, [&](const Call &call) {
    bool toDevice = isDeviceAddress(target);
    bool fromDevice = isDeviceAddress(source);
    return copy(call, target, toDevice, source, fromDevice, bytes, nullptr,
                toDevice && fromDevice ? Returns::AtOnce : Returns::WhenDone);
  });
}

PTXSIM_CUDA_EXPORT cuMemcpyHtoDAsync_v2(CUdeviceptr target, const void *source,
                                        size_t bytes, CUstream stream) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return copy(call, target, true, addressOf(source), false, bytes, stream,
                Returns::AtOnce);
  });
}

PTXSIM_CUDA_EXPORT cuMemcpyDtoHAsync_v2(void *target, CUdeviceptr source,
                                        size_t bytes, CUstream stream) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return copy(call, addressOf(target), false, source, true, bytes, stream,
                Returns::AtOnce);
  });
}

PTXSIM_CUDA_EXPORT cuMemcpyDtoDAsync_v2(CUdeviceptr target, CUdeviceptr source,
                                        size_t bytes, CUstream stream) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return copy(call, target, true, source, true, bytes, stream,
                Returns::AtOnce);
  });
}

PTXSIM_CUDA_EXPORT cuMemcpyAsync(CUdeviceptr target, CUdeviceptr source,
                                 size_t bytes, CUstream stream) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return copy(call, target, isDeviceAddress(target), source,
                isDeviceAddress(source), bytes, stream, Returns::AtOnce);
  });
}

/// Fills of device memory do not wait, even without a stream.
static CUresult fill(const char *function, unsigned flags, CUdeviceptr address,
                     uint32_t pattern, uint32_t patternBytes, size_t count,
                     CUstream handle) {
  return enter(function, NeedsContext | flags, [&](const Call &call) {
    Stream *stream = call.driver.findStream(*call.context, handle);
    if (!stream)
      return CUDA_ERROR_INVALID_HANDLE;
    if (count == 0)
      return CUDA_SUCCESS;
    if (address % patternBytes || count > SIZE_MAX / patternBytes ||
        !isValidEnd(call.driver, address, count * patternBytes, true))
      return CUDA_ERROR_INVALID_VALUE;
    return call.driver.submit(
        *stream, FillWork{address, pattern, patternBytes, count}, call.lock);
  });
}

PTXSIM_CUDA_EXPORT cuMemsetD8_v2(CUdeviceptr address, unsigned char value,
                                 size_t count) {
  return fill(__func__, UnsafeInCapture, address, value, 1, count, nullptr);
}

PTXSIM_CUDA_EXPORT cuMemsetD16_v2(CUdeviceptr address, unsigned short value,
                                  size_t count) {
  return fill(__func__, UnsafeInCapture, address, value, 2, count, nullptr);
}

PTXSIM_CUDA_EXPORT cuMemsetD32_v2(CUdeviceptr address, unsigned value,
                                  size_t count) {
  return fill(__func__, UnsafeInCapture, address, value, 4, count, nullptr);
}

PTXSIM_CUDA_EXPORT cuMemsetD8Async(CUdeviceptr address, unsigned char value,
                                   size_t count, CUstream stream) {
  return fill(__func__, 0, address, value, 1, count, stream);
}

PTXSIM_CUDA_EXPORT cuMemsetD16Async(CUdeviceptr address, unsigned short value,
                                    size_t count, CUstream stream) {
  return fill(__func__, 0, address, value, 2, count, stream);
}

PTXSIM_CUDA_EXPORT cuMemsetD32Async(CUdeviceptr address, unsigned value,
                                    size_t count, CUstream stream) {
  return fill(__func__, 0, address, value, 4, count, stream);
}

// The same with stream 0 meaning the stream of the calling thread.
PTXSIM_CUDA_PER_THREAD(cuMemcpyHtoD_v2, _ptds,
                       (CUdeviceptr target, const void *source, size_t bytes),
                       (target, source, bytes))
PTXSIM_CUDA_PER_THREAD(cuMemcpyDtoH_v2, _ptds,
                       (void *target, CUdeviceptr source, size_t bytes),
                       (target, source, bytes))
PTXSIM_CUDA_PER_THREAD(cuMemcpyDtoD_v2, _ptds,
                       (CUdeviceptr target, CUdeviceptr source, size_t bytes),
                       (target, source, bytes))
PTXSIM_CUDA_PER_THREAD(cuMemcpy, _ptds,
                       (CUdeviceptr target, CUdeviceptr source, size_t bytes),
                       (target, source, bytes))
PTXSIM_CUDA_PER_THREAD(cuMemcpyHtoDAsync_v2, _ptsz,
                       (CUdeviceptr target, const void *source, size_t bytes,
                        CUstream stream),
                       (target, source, bytes, stream))
PTXSIM_CUDA_PER_THREAD(cuMemcpyDtoHAsync_v2, _ptsz,
                       (void *target, CUdeviceptr source, size_t bytes,
                        CUstream stream),
                       (target, source, bytes, stream))
PTXSIM_CUDA_PER_THREAD(cuMemcpyDtoDAsync_v2, _ptsz,
                       (CUdeviceptr target, CUdeviceptr source, size_t bytes,
                        CUstream stream),
                       (target, source, bytes, stream))
PTXSIM_CUDA_PER_THREAD(cuMemcpyAsync, _ptsz,
                       (CUdeviceptr target, CUdeviceptr source, size_t bytes,
                        CUstream stream),
                       (target, source, bytes, stream))
PTXSIM_CUDA_PER_THREAD(cuMemsetD8_v2, _ptds,
                       (CUdeviceptr address, unsigned char value, size_t count),
                       (address, value, count))
PTXSIM_CUDA_PER_THREAD(cuMemsetD16_v2, _ptds,
                       (CUdeviceptr address, unsigned short value,
                        size_t count),
                       (address, value, count))
PTXSIM_CUDA_PER_THREAD(cuMemsetD32_v2, _ptds,
                       (CUdeviceptr address, unsigned value, size_t count),
                       (address, value, count))
PTXSIM_CUDA_PER_THREAD(cuMemsetD8Async, _ptsz,
                       (CUdeviceptr address, unsigned char value, size_t count,
                        CUstream stream),
                       (address, value, count, stream))
PTXSIM_CUDA_PER_THREAD(cuMemsetD16Async, _ptsz,
                       (CUdeviceptr address, unsigned short value, size_t count,
                        CUstream stream),
                       (address, value, count, stream))
PTXSIM_CUDA_PER_THREAD(cuMemsetD32Async, _ptsz,
                       (CUdeviceptr address, unsigned value, size_t count,
                        CUstream stream),
                       (address, value, count, stream))

} // namespace ptxsim::cuda
