//===- CudaMemory.cpp - memory of a CUDA device ---------------------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cuda/CudaDevice.h"

#include <algorithm>

using namespace optimc::rt;
using namespace optimc::rt::cuda;

static CUdeviceptr addressOf(const void *data) {
  return reinterpret_cast<uintptr_t>(data);
}

optimc_status CudaDevice::allocate(int64_t count, const std::string &what,
                                   void *&out, const Diag &diag) {
  CurrentContext current(cu);
  if (optimc_status s = current.enter(context, diag))
    return s;
  std::string doing = format("allocating %lld bytes of device memory for %s",
                             static_cast<long long>(count), what.c_str());
  if (optimc_status s = checkNotCapturing("allocating device memory", diag))
    return s;
  auto bytes = static_cast<size_t>(std::max<int64_t>(count, 64));
  CUdeviceptr address = 0;
  if (CUresult error = cu.memAlloc(&address, bytes))
    return cu.fail(error, doing.c_str(), diag);
  if (CUresult error = cu.memsetD8Async(address, 0, bytes, stream)) {
    cu.memFree(address);
    return cu.fail(error, doing.c_str(), diag);
  }
  out = reinterpret_cast<void *>(address);
  return OPTIMC_OK;
}

void CudaDevice::release(void *memory) {
  CurrentContext current(cu);
  if (current.enter(context, Diag(nullptr)) == OPTIMC_OK)
    cu.memFree(addressOf(memory));
}

optimc_status CudaDevice::checkAddress(const void *data, const char *name,
                                       const char *tensor,
                                       const Diag &diag) const {
  CurrentContext current(cu);
  if (optimc_status s = current.enter(context, diag))
    return s;
  std::string what = format("'%.200s'", name);
  if (tensor)
    what += format(" of tensor '%.200s'", tensor);
  unsigned type = 0;
  CUresult error = cu.pointerGetAttribute(
      &type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, addressOf(data));
  // The driver does not know memory that is not its own.
  if (error == CUDA_ERROR_INVALID_VALUE)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "%s at %p is not in device memory, which an optimizer on "
                     "a CUDA device needs",
                     what.c_str(), data);
  if (error)
    return cu.fail(error, format("looking at %s", what.c_str()).c_str(), diag);
  if (type != CU_MEMORYTYPE_DEVICE)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "%s at %p is in page-locked host memory; an optimizer on "
                     "a CUDA device needs device memory",
                     what.c_str(), data);
  int ordinal = device;
  if (CUresult e = cu.pointerGetAttribute(
          &ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, addressOf(data)))
    return cu.fail(e, format("looking at %s", what.c_str()).c_str(), diag);
  if (ordinal != device)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "%s at %p is on CUDA device %d; the optimizer is on "
                     "device %d",
                     what.c_str(), data, ordinal, device);
  return OPTIMC_OK;
}

optimc_status CudaDevice::read(void *to, const void *from, int64_t bytes,
                               const Diag &diag) {
  if (bytes == 0)
    return OPTIMC_OK;
  CurrentContext current(cu);
  if (optimc_status s = current.enter(context, diag))
    return s;
  if (optimc_status s = checkNotCapturing("reading device memory", diag))
    return s;
  CUresult error = cu.memcpyDtoHAsync(to, addressOf(from),
                                      static_cast<size_t>(bytes), stream);
  if (!error)
    error = cu.streamSynchronize(stream);
  return error ? cu.fail(error, "reading device memory", diag) : OPTIMC_OK;
}

optimc_status CudaDevice::write(void *to, const void *from, int64_t bytes,
                                const Diag &diag) {
  if (bytes == 0)
    return OPTIMC_OK;
  CurrentContext current(cu);
  if (optimc_status s = current.enter(context, diag))
    return s;
  if (optimc_status s = checkNotCapturing("writing device memory", diag))
    return s;
  // From pageable memory: read when the call returns.
  CUresult error = cu.memcpyHtoDAsync(addressOf(to), from,
                                      static_cast<size_t>(bytes), stream);
  return error ? cu.fail(error, "writing device memory", diag) : OPTIMC_OK;
}

optimc_status CudaDevice::clear(void *to, int64_t bytes, const Diag &diag) {
  if (bytes == 0)
    return OPTIMC_OK;
  CurrentContext current(cu);
  if (optimc_status s = current.enter(context, diag))
    return s;
  if (optimc_status s = checkNotCapturing("writing device memory", diag))
    return s;
  CUresult error =
      cu.memsetD8Async(addressOf(to), 0, static_cast<size_t>(bytes), stream);
  return error ? cu.fail(error, "clearing device memory", diag) : OPTIMC_OK;
}

optimc_status CudaDevice::reserve(Buffer &buffer, size_t bytes,
                                  const Diag &diag) {
  if (bytes <= buffer.capacity)
    return OPTIMC_OK;
  CUdeviceptr address = 0;
  if (CUresult error = cu.memAlloc(&address, bytes))
    return cu.fail(error, "allocating device memory for tables", diag);
  if (buffer.address)
    cu.memFree(buffer.address);
  buffer = {address, bytes};
  return OPTIMC_OK;
}
