//===- GraphApi.cpp - graphs ----------------------------------------------===//
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

PTXSIM_CUDA_EXPORT cuGraphCreate(CUgraph *result, unsigned flags) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    if (!result || flags)
      return CUDA_ERROR_INVALID_VALUE;
    auto graph = std::make_unique<Graph>();
    graph->context = call.context->handle;
    *result = call.driver.graphs.add(std::move(graph));
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuGraphDestroy(CUgraph handle) {
  return enter(__func__, NeedsContext | Releases, [&](const Call &call) {
    if (!call.driver.graphs.find(handle))
      return CUDA_ERROR_INVALID_VALUE;
    bool captured = false;
    call.driver.streams.forEach([&](const Stream &stream) {
      captured |= stream.capture && stream.capture->graph == handle;
    });
    if (captured)
      return CUDA_ERROR_ILLEGAL_STATE;
    call.driver.graphs.erase(handle);
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuGraphGetNodes(CUgraph handle, CUgraphNode *nodes,
                                   size_t *count) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    const Graph *graph = call.driver.graphs.find(handle);
    if (!graph || !count)
      return CUDA_ERROR_INVALID_VALUE;
    if (!nodes) {
      *count = graph->nodes.size();
      return CUDA_SUCCESS;
    }
    // Entries past the last node are set to null, as documented.
    for (size_t i = 0; i < *count; ++i)
      nodes[i] = i < graph->nodes.size() ? graph->nodes[i].handle : nullptr;
    *count = std::min(*count, graph->nodes.size());
    return CUDA_SUCCESS;
  });
}

static CUgraphNodeType typeOf(const Work &work) {
  if (std::holds_alternative<KernelWork>(work))
    return CU_GRAPH_NODE_TYPE_KERNEL;
  if (std::holds_alternative<CopyWork>(work))
    return CU_GRAPH_NODE_TYPE_MEMCPY;
  if (std::holds_alternative<FillWork>(work))
    return CU_GRAPH_NODE_TYPE_MEMSET;
  return CU_GRAPH_NODE_TYPE_HOST;
}

PTXSIM_CUDA_EXPORT cuGraphNodeGetType(CUgraphNode handle,
                                      CUgraphNodeType *type) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    const GraphNode *found = nullptr;
    call.driver.graphs.forEach([&](const Graph &graph) {
      for (const GraphNode &node : graph.nodes)
        if (node.handle == handle)
          found = &node;
    });
    if (!found || !type)
      return CUDA_ERROR_INVALID_VALUE;
    *type = typeOf(found->work);
    return CUDA_SUCCESS;
  });
}

static CUresult instantiate(const Call &call, CUgraphExec *result,
                            CUgraph handle, uint64_t flags) {
  const Graph *graph = call.driver.graphs.find(handle);
  constexpr uint64_t deviceLaunch = 4, allFlags = 15;
  if (!graph || !result || flags & ~allFlags)
    return CUDA_ERROR_INVALID_VALUE;
  if (flags & deviceLaunch)
    return CUDA_ERROR_NOT_SUPPORTED;
  auto exec = std::make_unique<GraphExec>();
  exec->context = graph->context;
  exec->nodes = graph->nodes;
  *result = call.driver.graphExecs.add(std::move(exec));
  return CUDA_SUCCESS;
}

PTXSIM_CUDA_EXPORT cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph,
                                               unsigned long long flags) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return instantiate(call, exec, graph, flags);
  });
}

/// The older form, with room for a message.
PTXSIM_CUDA_EXPORT cuGraphInstantiate_v2(CUgraphExec *exec, CUgraph graph,
                                         CUgraphNode *errorNode, char *log,
                                         size_t logBytes) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    if (errorNode)
      *errorNode = nullptr;
    if (log && logBytes)
      *log = 0;
    return instantiate(call, exec, graph, 0);
  });
}

PTXSIM_CUDA_EXPORT
cuGraphInstantiateWithParams(CUgraphExec *exec, CUgraph graph,
                             CUDA_GRAPH_INSTANTIATE_PARAMS *params) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    if (!params)
      return CUDA_ERROR_INVALID_VALUE;
    CUresult result = instantiate(call, exec, graph, params->flags);
    params->hErrNode_out = nullptr;
    params->result_out = result ? 1 : 0; // CUDA_GRAPH_INSTANTIATE_ERROR
    return result;
  });
}

PTXSIM_CUDA_EXPORT cuGraphExecDestroy(CUgraphExec handle) {
  return enter(__func__, NeedsContext | Releases, [&](const Call &call) {
    if (!call.driver.graphExecs.find(handle))
      return CUDA_ERROR_INVALID_VALUE;
    call.driver.graphExecs.erase(handle);
    return CUDA_SUCCESS;
  });
}

/// There is nothing to upload; only the arguments are checked.
PTXSIM_CUDA_EXPORT cuGraphUpload(CUgraphExec handle, CUstream streamHandle) {
  return withStream(
      __func__, 0, streamHandle, [&](const Call &call, Stream &stream) {
        if (!call.driver.graphExecs.find(handle))
          return CUDA_ERROR_INVALID_VALUE;
        return stream.capture ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED
                              : CUDA_SUCCESS;
      });
}

PTXSIM_CUDA_EXPORT cuGraphLaunch(CUgraphExec handle, CUstream streamHandle) {
  return withStream(
      __func__, 0, streamHandle, [&](const Call &call, Stream &stream) {
        Driver &driver = call.driver;
        GraphExec *exec = driver.graphExecs.find(handle);
        if (!exec)
          return CUDA_ERROR_INVALID_VALUE;
        if (stream.capture) { // graphs in graphs are not supported
          stream.capture->invalidated = true;
          return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }
        if (stream.handle == call.context->legacy)
          if (CUresult error = checkLegacyStream(driver, stream))
            return error;
        // A launch waits for the stream and for the launch before.
        std::vector<OperationRef> before = driver.dependencies(stream);
        before.push_back(exec->last);
        std::vector<OperationRef> operations;
        for (const GraphNode &node : exec->nodes) {
          std::vector<OperationRef> after =
              node.after.empty() ? before : std::vector<OperationRef>();
          for (size_t other : node.after)
            after.push_back(operations[other]);
          operations.push_back(
              driver.queue.add(stream.context, node.work, std::move(after)));
        }
        std::vector<OperationRef> all = std::move(before);
        all.insert(all.end(), operations.begin(), operations.end());
        OperationRef end =
            driver.queue.add(stream.context, MarkWork(), std::move(all));
        exec->last = stream.tail = end;
        ++driver.totals.graphLaunches;
        driver.queue.settle(end, call.lock);
        return CUDA_SUCCESS;
      });
}

// The same with stream 0 meaning the stream of the calling thread.
PTXSIM_CUDA_PER_THREAD(cuGraphInstantiateWithParams, _ptsz,
                       (CUgraphExec * exec, CUgraph graph,
                        CUDA_GRAPH_INSTANTIATE_PARAMS *params),
                       (exec, graph, params))
PTXSIM_CUDA_PER_THREAD(cuGraphUpload, _ptsz,
                       (CUgraphExec exec, CUstream stream), (exec, stream))
PTXSIM_CUDA_PER_THREAD(cuGraphLaunch, _ptsz,
                       (CUgraphExec exec, CUstream stream), (exec, stream))

} // namespace ptxsim::cuda
