//===- Call.cpp - what every entry point begins with ----------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include "Captures.h"

namespace ptxsim::cuda {

std::vector<CUcontext> &contextStack() {
  static thread_local std::vector<CUcontext> stack;
  return stack;
}

CUstreamCaptureMode &captureInteraction() {
  static thread_local CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
  return mode;
}

CUresult admit(Driver &driver, unsigned flags, Context *&context) {
  if (flags & (NeedsInit | NeedsContext) && !driver.initialised)
    return CUDA_ERROR_NOT_INITIALIZED;
  if (flags & NeedsContext) {
    if (contextStack().empty() || !contextStack().back())
      return CUDA_ERROR_INVALID_CONTEXT;
    context = driver.contexts.find(contextStack().back());
    if (!context)
      return CUDA_ERROR_CONTEXT_IS_DESTROYED;
    if (context->fault && !(flags & Releases))
      return context->fault;
  }
  if (flags & UnsafeInCapture)
    return checkNoCapture(driver);
  return CUDA_SUCCESS;
}

} // namespace ptxsim::cuda
