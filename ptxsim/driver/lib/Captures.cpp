//===- Captures.cpp - streams that record graphs --------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Captures.h"
#include "Call.h"
#include <algorithm>

namespace ptxsim::cuda {

CUresult checkNoCapture(Driver &driver) {
  CUresult result = CUDA_SUCCESS;
  std::thread::id self = std::this_thread::get_id();
  driver.streams.forEach([&](const Stream &stream) {
    Capture *capture = stream.capture.get();
    if (!capture || capture->mode == CU_STREAM_CAPTURE_MODE_RELAXED)
      return;
    bool forbids =
        capture->thread == self
            ? captureInteraction() != CU_STREAM_CAPTURE_MODE_RELAXED
            : capture->mode == CU_STREAM_CAPTURE_MODE_GLOBAL &&
                  captureInteraction() == CU_STREAM_CAPTURE_MODE_GLOBAL;
    if (!forbids)
      return;
    capture->invalidated = true;
    result = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  });
  return result;
}

CUresult checkNoCaptureIn(Driver &driver, CUcontext context) {
  CUresult result = CUDA_SUCCESS;
  driver.streams.forEach([&](const Stream &stream) {
    if (stream.context != context || !stream.capture)
      return;
    stream.capture->invalidated = true;
    result = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  });
  return result;
}

CUresult checkLegacyStream(Driver &driver, const Stream &legacy) {
  CUresult result = CUDA_SUCCESS;
  driver.streams.forEach([&](const Stream &stream) {
    if (stream.context != legacy.context || !stream.capture ||
        !stream.isBlocking())
      return;
    stream.capture->invalidated = true;
    result = CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
  });
  return result;
}

CUresult captureWork(Driver &driver, Stream &stream, Work work) {
  if (stream.capture->invalidated)
    return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  Graph *graph = driver.graphs.find(stream.capture->graph);
  if (!graph)
    return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  if (std::holds_alternative<FreeWork>(work)) {
    stream.capture->invalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  graph->nodes.push_back({reinterpret_cast<CUgraphNode>(nextHandle()),
                          std::move(work), stream.captureTail});
  stream.captureTail = {graph->nodes.size() - 1};
  return CUDA_SUCCESS;
}

CUresult captureRecord(Stream &stream, Event &event) {
  if (stream.capture->invalidated)
    return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  event.capture = stream.capture;
  event.captureNodes = stream.captureTail;
  event.operation = nullptr;
  return CUDA_SUCCESS;
}

CUresult captureWait(Stream &stream, const Event &event) {
  if (stream.capture && stream.capture->invalidated)
    return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  if (!event.capture) {
    // A captured stream must not depend on work outside of the graph.
    if (!event.operation)
      return CUDA_SUCCESS;
    stream.capture->invalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
  }
  if (event.capture->ended)
    return CUDA_ERROR_CAPTURED_EVENT;
  if (event.capture->invalidated)
    return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  if (stream.capture && stream.capture != event.capture) {
    stream.capture->invalidated = event.capture->invalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_MERGE;
  }
  if (!stream.capture) {
    stream.capture = event.capture;
    stream.captureTail.clear();
  }
  for (size_t node : event.captureNodes)
    if (std::find(stream.captureTail.begin(), stream.captureTail.end(), node) ==
        stream.captureTail.end())
      stream.captureTail.push_back(node);
  return CUDA_SUCCESS;
}

CUresult beginCapture(Driver &driver, Stream &stream,
                      CUstreamCaptureMode mode) {
  if (mode < CU_STREAM_CAPTURE_MODE_GLOBAL ||
      mode > CU_STREAM_CAPTURE_MODE_RELAXED)
    return CUDA_ERROR_INVALID_VALUE;
  const Context *context = driver.contexts.find(stream.context);
  if (stream.handle == context->legacy)
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (stream.capture)
    return CUDA_ERROR_ILLEGAL_STATE;
  auto graph = std::make_unique<Graph>();
  graph->context = stream.context;
  CUgraph handle = driver.graphs.add(std::move(graph));
  stream.capture = std::make_shared<Capture>(Capture{driver.nextId++, mode,
                                                     std::this_thread::get_id(),
                                                     stream.handle, handle});
  stream.captureTail.clear();
  return CUDA_SUCCESS;
}

/// Whether every node of the graph comes before the end of the stream.
static bool isJoined(const Graph &graph, const Stream &stream) {
  std::vector<bool> reached(graph.nodes.size());
  std::vector<size_t> open = stream.captureTail;
  while (!open.empty()) {
    size_t node = open.back();
    open.pop_back();
    if (reached[node])
      continue;
    reached[node] = true;
    open.insert(open.end(), graph.nodes[node].after.begin(),
                graph.nodes[node].after.end());
  }
  return std::find(reached.begin(), reached.end(), false) == reached.end();
}

void leaveCapture(Driver &driver, std::shared_ptr<Capture> capture,
                  bool discard) {
  capture->ended = true;
  driver.streams.forEach([&](Stream &stream) {
    if (stream.capture != capture)
      return;
    stream.capture = nullptr;
    stream.captureTail.clear();
  });
  if (discard)
    driver.graphs.erase(capture->graph);
}

CUresult endCapture(Driver &driver, Stream &stream, CUgraph *graph) {
  std::shared_ptr<Capture> capture = stream.capture;
  if (!capture)
    return CUDA_ERROR_ILLEGAL_STATE;
  if (capture->origin != stream.handle)
    return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
  if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED &&
      capture->thread != std::this_thread::get_id())
    return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
  CUresult result = CUDA_SUCCESS;
  const Graph *recorded = driver.graphs.find(capture->graph);
  if (capture->invalidated || !recorded)
    result = CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  else if (!isJoined(*recorded, stream))
    result = CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
  *graph = result ? nullptr : capture->graph;
  leaveCapture(driver, capture, result != CUDA_SUCCESS);
  return result;
}

} // namespace ptxsim::cuda
