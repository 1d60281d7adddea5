//===- EventApi.cpp - events ----------------------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include "Captures.h"

namespace ptxsim::cuda {

PTXSIM_CUDA_EXPORT cuEventCreate(CUevent *result, unsigned flags) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    constexpr unsigned allFlags = CU_EVENT_BLOCKING_SYNC |
                                  CU_EVENT_DISABLE_TIMING |
                                  CU_EVENT_INTERPROCESS;
    bool interprocess = flags & CU_EVENT_INTERPROCESS;
    if (!result || flags & ~allFlags ||
        (interprocess && !(flags & CU_EVENT_DISABLE_TIMING)))
      return CUDA_ERROR_INVALID_VALUE;
    if (interprocess)
      return CUDA_ERROR_NOT_SUPPORTED;
    auto event = std::make_unique<Event>();
    event->context = call.context->handle;
    event->flags = flags;
    *result = call.driver.events.add(std::move(event));
    return CUDA_SUCCESS;
  });
}

/// A recorded event may be destroyed before its work is done.
PTXSIM_CUDA_EXPORT cuEventDestroy_v2(CUevent handle) {
  return enter(__func__, NeedsContext | Releases, [&](const Call &call) {
    if (!call.driver.events.find(handle))
      return CUDA_ERROR_INVALID_HANDLE;
    call.driver.events.erase(handle);
    return CUDA_SUCCESS;
  });
}

static CUresult record(const char *function, CUevent handle,
                       CUstream streamHandle, unsigned flags) {
  return withStream(
      function, 0, streamHandle, [&](const Call &call, Stream &stream) {
        Event *event = call.driver.events.find(handle);
        if (!event || event->context != stream.context)
          return CUDA_ERROR_INVALID_HANDLE;
        if (flags) // external records in graphs are not supported
          return CUDA_ERROR_INVALID_VALUE;
        if (stream.capture)
          return captureRecord(stream, *event);
        OperationRef operation;
        if (CUresult error =
                call.driver.submit(stream, MarkWork(), call.lock, &operation))
          return error;
        event = call.driver.events.find(handle);
        if (!event) // a host function that ran meanwhile let it be destroyed
          return CUDA_ERROR_INVALID_HANDLE;
        event->operation = operation;
        event->capture = nullptr;
        return CUDA_SUCCESS;
      });
}

PTXSIM_CUDA_EXPORT cuEventRecord(CUevent event, CUstream stream) {
  return record(__func__, event, stream, 0);
}

PTXSIM_CUDA_EXPORT cuEventRecordWithFlags(CUevent event, CUstream stream,
                                          unsigned flags) {
  return record(__func__, event, stream, flags);
}

/// Runs the body for an event that was not last recorded in a capture.
template <typename Body>
static CUresult withEvent(const char *function, CUevent handle, Body body) {
  return enter(function, NeedsContext, [&](const Call &call) {
    Event *event = call.driver.events.find(handle);
    if (!event)
      return CUDA_ERROR_INVALID_HANDLE;
    if (event->capture) {
      event->capture->invalidated = true;
      return CUDA_ERROR_CAPTURED_EVENT;
    }
    if (CUresult error = checkNoCapture(call.driver))
      return error;
    return body(call, *event);
  });
}

PTXSIM_CUDA_EXPORT cuEventSynchronize(CUevent handle) {
  return withEvent(__func__, handle, [&](const Call &call, Event &event) {
    return call.finish(event.operation);
  });
}

PTXSIM_CUDA_EXPORT cuEventQuery(CUevent handle) {
  return withEvent(__func__, handle, [&](const Call &call, Event &event) {
    OperationRef operation = event.operation;
    call.driver.queue.advance(operation, call.lock);
    if (operation && !operation->done)
      return CUDA_ERROR_NOT_READY;
    return call.finish(nullptr);
  });
}

static CUresult elapsed(const char *function, float *milliseconds,
                        CUevent startHandle, CUevent endHandle) {
  return enter(function, NeedsContext, [&](const Call &call) {
    const Event *start = call.driver.events.find(startHandle);
    const Event *end = call.driver.events.find(endHandle);
    if (!milliseconds)
      return CUDA_ERROR_INVALID_VALUE;
    if (!start || !end || !start->operation || !end->operation ||
        (start->flags | end->flags) & CU_EVENT_DISABLE_TIMING)
      return CUDA_ERROR_INVALID_HANDLE;
    if (!start->operation->done || !end->operation->done)
      return CUDA_ERROR_NOT_READY;
    // The simulator's own time.
    *milliseconds = std::chrono::duration<float, std::milli>(
                        end->operation->finished - start->operation->finished)
                        .count();
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuEventElapsedTime(float *milliseconds, CUevent start,
                                      CUevent end) {
  return elapsed(__func__, milliseconds, start, end);
}

PTXSIM_CUDA_EXPORT cuEventElapsedTime_v2(float *milliseconds, CUevent start,
                                         CUevent end) {
  return elapsed(__func__, milliseconds, start, end);
}

// The same with stream 0 meaning the stream of the calling thread.
PTXSIM_CUDA_PER_THREAD(cuEventRecord, _ptsz, (CUevent event, CUstream stream),
                       (event, stream))
PTXSIM_CUDA_PER_THREAD(cuEventRecordWithFlags, _ptsz,
                       (CUevent event, CUstream stream, unsigned flags),
                       (event, stream, flags))

} // namespace ptxsim::cuda
