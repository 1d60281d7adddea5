//===- StreamApi.cpp - streams and captures -------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include "Captures.h"
#include <algorithm>

namespace ptxsim::cuda {

static CUresult createStream(const Call &call, CUstream *result, unsigned flags,
                             int priority) {
  if (!result || flags & ~CU_STREAM_NON_BLOCKING)
    return CUDA_ERROR_INVALID_VALUE;
  auto stream = std::make_unique<Stream>();
  stream->context = call.context->handle;
  stream->flags = flags;
  stream->priority = std::clamp(priority, greatestPriority, leastPriority);
  *result = call.driver.streams.add(std::move(stream));
  return CUDA_SUCCESS;
}

PTXSIM_CUDA_EXPORT cuStreamCreate(CUstream *stream, unsigned flags) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return createStream(call, stream, flags, leastPriority);
  });
}

PTXSIM_CUDA_EXPORT cuStreamCreateWithPriority(CUstream *stream, unsigned flags,
                                              int priority) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return createStream(call, stream, flags, priority);
  });
}

/// Work that the stream still has is done later all the same.
PTXSIM_CUDA_EXPORT cuStreamDestroy_v2(CUstream handle) {
  return enter(__func__, NeedsContext | Releases, [&](const Call &call) {
    Stream *stream = call.driver.streams.find(handle);
    if (!stream || handle == call.context->legacy)
      return CUDA_ERROR_INVALID_HANDLE;
    if (stream->capture)
      leaveCapture(call.driver, stream->capture, true);
    call.driver.streams.erase(handle);
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuStreamGetFlags(CUstream handle, unsigned *flags) {
  return withStream(__func__, 0, handle, [&](const Call &, Stream &stream) {
    if (!flags)
      return CUDA_ERROR_INVALID_VALUE;
    *flags = stream.flags;
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuStreamGetPriority(CUstream handle, int *priority) {
  return withStream(__func__, 0, handle, [&](const Call &, Stream &stream) {
    if (!priority)
      return CUDA_ERROR_INVALID_VALUE;
    *priority = stream.priority;
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuStreamGetCtx(CUstream handle, CUcontext *context) {
  return withStream(__func__, 0, handle, [&](const Call &, Stream &stream) {
    if (!context)
      return CUDA_ERROR_INVALID_VALUE;
    *context = stream.context;
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuStreamGetId(CUstream handle, unsigned long long *id) {
  return withStream(__func__, 0, handle, [&](const Call &, Stream &stream) {
    if (!id)
      return CUDA_ERROR_INVALID_VALUE;
    *id = reinterpret_cast<uintptr_t>(stream.handle);
    return CUDA_SUCCESS;
  });
}

/// To ask about a captured stream is an error that ends its capture.
static CUresult checkNotCaptured(const Call &call, const Stream &stream) {
  if (stream.capture) {
    stream.capture->invalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  if (stream.handle == call.context->legacy)
    return checkLegacyStream(call.driver, stream);
  return CUDA_SUCCESS;
}

/// What must be done for a stream to be idle: for the legacy stream, the work
/// of all streams that it waits for.
static std::vector<OperationRef> workOf(const Call &call,
                                        const Stream &stream) {
  if (stream.handle == call.context->legacy)
    return call.driver.dependencies(stream);
  return {stream.tail};
}

PTXSIM_CUDA_EXPORT cuStreamSynchronize(CUstream handle) {
  return withStream(__func__, UnsafeInCapture, handle,
                    [&](const Call &call, Stream &stream) {
                      if (CUresult error = checkNotCaptured(call, stream))
                        return error;
                      for (const OperationRef &operation : workOf(call, stream))
                        if (CUresult error = call.finish(operation))
                          return error;
                      return CUDA_SUCCESS;
                    });
}

PTXSIM_CUDA_EXPORT cuStreamQuery(CUstream handle) {
  return withStream(__func__, UnsafeInCapture, handle,
                    [&](const Call &call, Stream &stream) {
                      if (CUresult error = checkNotCaptured(call, stream))
                        return error;
                      std::vector<OperationRef> work = workOf(call, stream);
                      for (const OperationRef &operation : work)
                        if (operation && !operation->done) {
                          call.driver.queue.advance(operation, call.lock);
                          break;
                        }
                      for (const OperationRef &operation : work)
                        if (operation && !operation->done)
                          return CUDA_ERROR_NOT_READY;
                      return call.finish(nullptr);
                    });
}

PTXSIM_CUDA_EXPORT cuStreamWaitEvent(CUstream handle, CUevent eventHandle,
                                     unsigned flags) {
  return withStream(__func__, 0, handle, [&](const Call &call, Stream &stream) {
    Event *event = call.driver.events.find(eventHandle);
    if (!event)
      return CUDA_ERROR_INVALID_HANDLE;
    if (flags) // external waits in graphs are not supported
      return CUDA_ERROR_INVALID_VALUE;
    if (stream.capture || event->capture) {
      if (stream.handle == call.context->legacy)
        return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
      return captureWait(stream, *event);
    }
    if (stream.handle == call.context->legacy)
      if (CUresult error = checkLegacyStream(call.driver, stream))
        return error;
    if (!event->operation)
      return CUDA_SUCCESS;
    std::vector<OperationRef> after = call.driver.dependencies(stream);
    after.push_back(event->operation);
    OperationRef wait =
        call.driver.queue.add(stream.context, MarkWork(), std::move(after));
    stream.tail = wait;
    call.driver.queue.settle(wait, call.lock);
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuLaunchHostFunc(CUstream handle, CUhostFn function,
                                    void *data) {
  return withStream(__func__, 0, handle, [&](const Call &call, Stream &stream) {
    if (!function)
      return CUDA_ERROR_INVALID_VALUE;
    HostWork work;
    work.function = function;
    work.data = data;
    return call.driver.submit(stream, work, call.lock);
  });
}

PTXSIM_CUDA_EXPORT cuStreamAddCallback(CUstream handle,
                                       CUstreamCallback callback, void *data,
                                       unsigned flags) {
  return withStream(__func__, 0, handle, [&](const Call &call, Stream &stream) {
    if (!callback || flags)
      return CUDA_ERROR_INVALID_VALUE;
    if (stream.capture) {
      stream.capture->invalidated = true;
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
    HostWork work;
    work.callback = callback;
    work.stream = handle;
    work.data = data;
    return call.driver.submit(stream, work, call.lock);
  });
}

// The same with stream 0 meaning the stream of the calling thread.
PTXSIM_CUDA_PER_THREAD(cuStreamGetFlags, _ptsz,
                       (CUstream stream, unsigned *flags), (stream, flags))
PTXSIM_CUDA_PER_THREAD(cuStreamGetPriority, _ptsz,
                       (CUstream stream, int *priority), (stream, priority))
PTXSIM_CUDA_PER_THREAD(cuStreamGetCtx, _ptsz,
                       (CUstream stream, CUcontext *context), (stream, context))
PTXSIM_CUDA_PER_THREAD(cuStreamGetId, _ptsz,
                       (CUstream stream, unsigned long long *id), (stream, id))
PTXSIM_CUDA_PER_THREAD(cuStreamSynchronize, _ptsz, (CUstream stream), (stream))
PTXSIM_CUDA_PER_THREAD(cuStreamQuery, _ptsz, (CUstream stream), (stream))
PTXSIM_CUDA_PER_THREAD(cuStreamWaitEvent, _ptsz,
                       (CUstream stream, CUevent event, unsigned flags),
                       (stream, event, flags))
PTXSIM_CUDA_PER_THREAD(cuLaunchHostFunc, _ptsz,
                       (CUstream stream, CUhostFn function, void *data),
                       (stream, function, data))
PTXSIM_CUDA_PER_THREAD(cuStreamAddCallback, _ptsz,
                       (CUstream stream, CUstreamCallback callback, void *data,
                        unsigned flags),
                       (stream, callback, data, flags))

} // namespace ptxsim::cuda
