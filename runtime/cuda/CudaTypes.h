//===- CudaTypes.h - what of the CUDA driver API is used ------*- C++ -* -===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// No CUDA header is needed to build: names, values and layouts are those of
// cuda.h, which the driver keeps.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CUDA_CUDATYPES_H
#define OPTIMC_RUNTIME_CUDA_CUDATYPES_H

#include <cstddef>
#include <cstdint>

namespace optimc::rt::cuda {

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct CUctx_st *;
using CUmodule = struct CUmod_st *;
using CUfunction = struct CUfunc_st *;
using CUstream = struct CUstream_st *;
using CUevent = struct CUevent_st *;

enum : CUresult {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_INVALID_VALUE = 1,
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_NO_DEVICE = 100,
  CUDA_ERROR_INVALID_HANDLE = 400,
  CUDA_ERROR_NOT_READY = 600,
  // From here to LAUNCH_FAILED: faults of kernels, which a context keeps.
  CUDA_ERROR_ILLEGAL_ADDRESS = 700,
  CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES = 701,
  CUDA_ERROR_LAUNCH_FAILED = 719
};

enum : int {
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76
};

enum : int {
  CU_JIT_ERROR_LOG_BUFFER = 5,
  CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6
};

enum : int {
  CU_POINTER_ATTRIBUTE_MEMORY_TYPE = 2,
  CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL = 9
};
enum : unsigned { CU_MEMORYTYPE_DEVICE = 2 };

enum : unsigned { CU_EVENT_DISABLE_TIMING = 2 };

enum : int { CU_STREAM_CAPTURE_STATUS_NONE = 0 };

} // namespace optimc::rt::cuda

#endif // OPTIMC_RUNTIME_CUDA_CUDATYPES_H
