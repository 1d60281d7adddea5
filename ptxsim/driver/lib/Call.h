//===- Call.h - what every entry point begins with --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_DRIVER_CALL_H
#define PTXSIM_DRIVER_CALL_H

#include "Driver.h"
#include <new>

#define PTXSIM_CUDA_EXPORT                                                     \
  extern "C" __attribute__((visibility("default"))) ::ptxsim::cuda::CUresult

/// Exports a second form of an entry point, for programs that are compiled
/// with CUDA_API_PER_THREAD_DEFAULT_STREAM.
#define PTXSIM_CUDA_PER_THREAD(function, suffix, parameters, arguments)        \
  PTXSIM_CUDA_EXPORT function##suffix parameters {                             \
    PerThreadDefaultStream scope;                                              \
    return function arguments;                                                 \
  }

namespace ptxsim::cuda {

enum CallFlags : unsigned {
  NeedsNothing = 0,
  NeedsInit = 1,
  NeedsContext = 2,
  /// Gives something back: does so even if the context has a fault, or if the
  /// call is to fail by injection, and then returns that error.
  Releases = 4,
  /// May wait for the device, which a capture in progress can forbid.
  UnsafeInCapture = 8,
};

/// What an entry point works with.
struct Call {
  Driver &driver;
  std::unique_lock<std::mutex> &lock;
  Context *context; // set if the call needs one

  /// Waits for an operation; the context's error, if it has one by then.
  CUresult finish(const OperationRef &operation) const {
    CUcontext handle = context->handle;
    driver.queue.finish(operation, lock);
    // A host function may have destroyed the context meanwhile.
    Context *present = driver.contexts.find(handle);
    return present ? present->fault : CUDA_ERROR_CONTEXT_IS_DESTROYED;
  }
};

/// While one lives, stream 0 of this thread is its own default stream.
class PerThreadDefaultStream {
public:
  PerThreadDefaultStream() { active() = true; }
  ~PerThreadDefaultStream() { active() = false; }
  PerThreadDefaultStream(const PerThreadDefaultStream &) = delete;
  static bool &active() {
    static thread_local bool value = false;
    return value;
  }
};

/// The contexts of this thread, the current one last.
std::vector<CUcontext> &contextStack();

/// How captures restrict this thread.
CUstreamCaptureMode &captureInteraction();

/// Whether a call may proceed; sets the context.
CUresult admit(Driver &driver, unsigned flags, Context *&context);

/// Runs the body of an entry point under the lock, after all checks that are
/// common to entry points.
template <typename Body>
CUresult enter(const char *function, unsigned flags, Body body) {
  if (Driver::forked())
    return CUDA_ERROR_NOT_INITIALIZED;
  if (insideHostFunction())
    return CUDA_ERROR_NOT_PERMITTED;
  Driver &driver = Driver::instance();
  std::unique_lock<std::mutex> lock(driver.mutex);
  CUresult injected = driver.injector.next(function);
  if (injected && !(flags & Releases))
    return injected;
  Context *context = nullptr;
  if (CUresult error = admit(driver, flags, context))
    return error;
  CUcontext handle = context ? context->handle : nullptr;
  CUresult result;
  try {
    result = body(Call{driver, lock, context});
  } catch (const std::bad_alloc &) {
    result = CUDA_ERROR_OUT_OF_MEMORY;
  }
  if (injected || result)
    return injected ? injected : result;
  if (flags & Releases && handle)
    if (Context *present = driver.contexts.find(handle))
      return present->fault;
  return CUDA_SUCCESS;
}

/// Runs the body for a stream that exists, default ones included.
template <typename Body>
CUresult withStream(const char *function, unsigned flags, CUstream handle,
                    Body body) {
  return enter(function, NeedsContext | flags, [&](const Call &call) {
    Stream *stream = call.driver.findStream(*call.context, handle);
    if (!stream)
      return CUDA_ERROR_INVALID_HANDLE;
    return body(call, *stream);
  });
}

} // namespace ptxsim::cuda

#endif // PTXSIM_DRIVER_CALL_H
