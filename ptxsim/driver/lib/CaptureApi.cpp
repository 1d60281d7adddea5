//===- CaptureApi.cpp - captures of streams -------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include "Captures.h"

namespace ptxsim::cuda {

PTXSIM_CUDA_EXPORT cuStreamBeginCapture_v2(CUstream handle,
                                           CUstreamCaptureMode mode) {
  return withStream(__func__, 0, handle, [&](const Call &call, Stream &stream) {
    return beginCapture(call.driver, stream, mode);
  });
}

PTXSIM_CUDA_EXPORT cuStreamEndCapture(CUstream handle, CUgraph *graph) {
  return withStream(__func__, 0, handle, [&](const Call &call, Stream &stream) {
    if (!graph)
      return CUDA_ERROR_INVALID_VALUE;
    return endCapture(call.driver, stream, graph);
  });
}

static CUstreamCaptureStatus statusOf(const Stream &stream) {
  if (!stream.capture)
    return CU_STREAM_CAPTURE_STATUS_NONE;
  return stream.capture->invalidated ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                     : CU_STREAM_CAPTURE_STATUS_ACTIVE;
}

PTXSIM_CUDA_EXPORT cuStreamIsCapturing(CUstream handle,
                                       CUstreamCaptureStatus *status) {
  return withStream(__func__, 0, handle, [&](const Call &call, Stream &stream) {
    if (!status)
      return CUDA_ERROR_INVALID_VALUE;
    if (stream.handle == call.context->legacy)
      if (CUresult error = checkLegacyStream(call.driver, stream))
        return error;
    *status = statusOf(stream);
    return CUDA_SUCCESS;
  });
}

static CUresult captureInfo(const char *function, CUstream handle,
                            CUstreamCaptureStatus *status, uint64_t *id,
                            CUgraph *graph, const CUgraphNode **dependencies,
                            const void **edgeData, size_t *count) {
  return withStream(function, 0, handle, [&](const Call &call, Stream &stream) {
    if (!status)
      return CUDA_ERROR_INVALID_VALUE;
    *status = statusOf(stream);
    if (*status != CU_STREAM_CAPTURE_STATUS_ACTIVE)
      return CUDA_SUCCESS;
    // Valid until the next call of this thread, as documented.
    static thread_local std::vector<CUgraphNode> nodes;
    nodes.clear();
    const Graph *recorded = call.driver.graphs.find(stream.capture->graph);
    for (size_t node : stream.captureTail)
      if (recorded)
        nodes.push_back(recorded->nodes[node].handle);
    if (id)
      *id = stream.capture->id;
    if (graph)
      *graph = stream.capture->graph;
    if (dependencies)
      *dependencies = nodes.data();
    if (edgeData)
      *edgeData = nullptr; // all edges are plain ones
    if (count)
      *count = nodes.size();
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuStreamGetCaptureInfo_v2(CUstream stream,
                                             CUstreamCaptureStatus *status,
                                             uint64_t *id, CUgraph *graph,
                                             const CUgraphNode **dependencies,
                                             size_t *count) {
  return captureInfo(__func__, stream, status, id, graph, dependencies, nullptr,
                     count);
}

PTXSIM_CUDA_EXPORT cuStreamGetCaptureInfo_v3(CUstream stream,
                                             CUstreamCaptureStatus *status,
                                             uint64_t *id, CUgraph *graph,
                                             const CUgraphNode **dependencies,
                                             const void **edgeData,
                                             size_t *count) {
  return captureInfo(__func__, stream, status, id, graph, dependencies,
                     edgeData, count);
}

PTXSIM_CUDA_EXPORT
cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode *mode) {
  return enter(__func__, NeedsInit, [&](const Call &) {
    if (!mode || *mode < CU_STREAM_CAPTURE_MODE_GLOBAL ||
        *mode > CU_STREAM_CAPTURE_MODE_RELAXED)
      return CUDA_ERROR_INVALID_VALUE;
    std::swap(*mode, captureInteraction());
    return CUDA_SUCCESS;
  });
}

// The same with stream 0 meaning the stream of the calling thread.
PTXSIM_CUDA_PER_THREAD(cuStreamBeginCapture_v2, _ptsz,
                       (CUstream stream, CUstreamCaptureMode mode),
                       (stream, mode))
PTXSIM_CUDA_PER_THREAD(cuStreamEndCapture, _ptsz,
                       (CUstream stream, CUgraph *graph), (stream, graph))
PTXSIM_CUDA_PER_THREAD(cuStreamIsCapturing, _ptsz,
                       (CUstream stream, CUstreamCaptureStatus *status),
                       (stream, status))
PTXSIM_CUDA_PER_THREAD(cuStreamGetCaptureInfo_v2, _ptsz,
                       (CUstream stream, CUstreamCaptureStatus *status,
                        uint64_t *id, CUgraph *graph,
                        const CUgraphNode **dependencies, size_t *count),
                       (stream, status, id, graph, dependencies, count))
PTXSIM_CUDA_PER_THREAD(cuStreamGetCaptureInfo_v3, _ptsz,
                       (CUstream stream, CUstreamCaptureStatus *status,
                        uint64_t *id, CUgraph *graph,
                        const CUgraphNode **dependencies, const void **edgeData,
                        size_t *count),
                       (stream, status, id, graph, dependencies, edgeData,
                        count))

} // namespace ptxsim::cuda
