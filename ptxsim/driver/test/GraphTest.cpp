//===- GraphTest.cpp - graphs and their launches --------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"
#include <functional>

namespace ptxsim::cuda {
namespace {

using Values = std::vector<uint32_t>;

class GraphTest : public ContextTest {
protected:
  /// Captures what `program` submits to a stream.
  template <typename Program>
  CUgraphExec capture(Program program) {
    CUstream s = stream();
    CUgraph graph = nullptr;
    CUgraphExec exec = nullptr;
    EXPECT_CU(cu.beginCapture(s, CU_STREAM_CAPTURE_MODE_GLOBAL));
    program(s);
    EXPECT_CU(cu.endCapture(s, &graph));
    EXPECT_CU(cu.graphInstantiate(&exec, graph, 0));
    EXPECT_CU(cu.graphDestroy(graph)); // the executable one keeps all it needs
    EXPECT_CU(cu.streamDestroy(s));
    return exec;
  }
};

/// A program with copies, fills, kernels and a side stream.
void submit(CUstream main, CUstream side, CUevent fork, CUevent join,
            CUdeviceptr a, CUdeviceptr b, void *pinned,
            const std::function<CUresult(CUdeviceptr, uint32_t, uint32_t,
                                         uint32_t, CUstream)> &affine) {
  EXPECT_CU(cu.memcpyHtoDAsync(a, pinned, 16, main));
  EXPECT_CU(cu.eventRecord(fork, main));
  EXPECT_CU(cu.streamWaitEvent(side, fork, 0));
  EXPECT_CU(affine(a, 3, 1, 2, main));
  EXPECT_CU(affine(a + 8, 5, 2, 2, side));
  EXPECT_CU(cu.memsetD32Async(b + 12, 9, 1, side));
  EXPECT_CU(cu.eventRecord(join, side));
  EXPECT_CU(cu.streamWaitEvent(main, join, 0));
  EXPECT_CU(affine(b, 2, 1, 4, main));
  EXPECT_CU(cu.memcpyDtoDAsync(b, a, 8, main));
  EXPECT_CU(cu.memcpyDtoHAsync(pinned, b, 8, main));
}

/// Replaying a graph equals running the same program, with any seed.
TEST_F(GraphTest, ReplayEqualsEager) {
  for (const char *seed : {"0", "1", "2", "3", "4"}) {
    setting("PTXSIM_CUDA_SEED", seed);
    SetUp();
    CUstream main = stream(), side = stream();
    CUevent fork = event(), join = event();
    Values start = {1, 2, 3, 4};
    std::vector<Values> results;
    for (bool replay : {false, true}) {
      CUdeviceptr a = upload(start), b = upload(start);
      void *pinned = nullptr;
      ASSERT_CU(cu.memAllocHost(&pinned, 16));
      std::memcpy(pinned, start.data(), 16);
      auto run = [&](CUdeviceptr p, uint32_t x, uint32_t y, uint32_t n,
                     CUstream s) { return affine(p, x, y, n, s); };
      CUgraphExec exec = nullptr;
      if (replay)
        exec = capture([&](CUstream s) {
          submit(s, side, fork, join, a, b, pinned, run);
        });
      for (int round = 0; round < 5; ++round)
        if (replay)
          ASSERT_CU(cu.graphLaunch(exec, main));
        else
          submit(main, side, fork, join, a, b, pinned, run);
      Values all = download(a, 4), others = download(b, 4);
      all.insert(all.end(), others.begin(), others.end());
      uint32_t host[4];
      std::memcpy(host, pinned, 16);
      all.insert(all.end(), host, host + 4);
      results.push_back(all);
    }
    EXPECT_EQ(results[0], results[1]);
    EXPECT_NE(results[0][0], 1u);
  }
}

/// A graph reads pinned memory and arguments in memory when it runs, kernel
/// arguments when it is captured.
TEST_F(GraphTest, WhatIsReadWhen) {
  CUdeviceptr a = upload({0});
  void *memory = nullptr;
  ASSERT_CU(cu.memAllocHost(&memory, 4));
  uint32_t *pinned = static_cast<uint32_t *>(memory);
  CUgraphExec exec = capture([&](CUstream s) {
    uint32_t factor = 10;
    EXPECT_CU(cu.memcpyHtoDAsync(a, pinned, 4, s));
    EXPECT_CU(affine(a, factor, 1, 1, s));
    factor = 0;
  });
  for (uint32_t value : {1, 2, 3}) {
    *pinned = value;
    ASSERT_CU(cu.graphLaunch(exec, nullptr));
    EXPECT_EQ(download(a, 1), Values{10 * value + 1});
  }
}

TEST_F(GraphTest, LaunchesAreInStreamOrder) {
  CUdeviceptr a = upload({1});
  CUgraphExec exec = capture([&](CUstream s) {
    EXPECT_CU(affine(a, 2, 0, 1, s));
    EXPECT_CU(affine(a, 1, 1, 1, s));
  });
  CUstream s = stream(), other = stream();
  ASSERT_CU(affine(a, 3, 0, 1, s));
  ASSERT_CU(cu.graphLaunch(exec, s));
  ASSERT_CU(affine(a, 10, 0, 1, s));
  EXPECT_CU(cu.streamSynchronize(s));
  EXPECT_EQ(download(a, 1), Values{70});
  // Launches of one graph do not overlap, whatever the stream.
  ASSERT_CU(cu.graphLaunch(exec, s));
  ASSERT_CU(cu.graphLaunch(exec, other));
  EXPECT_CU(cu.streamSynchronize(other));
  EXPECT_EQ(download(a, 1), Values{(70 * 2 + 1) * 2 + 1});
}

TEST_F(GraphTest, HostNodes) {
  int calls = 0;
  CUgraphExec exec = capture([&](CUstream s) {
    EXPECT_CU(cu.launchHostFunc(
        s, [](void *data) { ++*static_cast<int *>(data); }, &calls));
  });
  EXPECT_EQ(calls, 0);
  ASSERT_CU(cu.graphLaunch(exec, nullptr));
  ASSERT_CU(cu.graphLaunch(exec, nullptr));
  EXPECT_CU(cu.ctxSynchronize());
  EXPECT_EQ(calls, 2);
}

TEST_F(GraphTest, Nodes) {
  CUdeviceptr a = upload({1});
  CUstream s = stream();
  CUgraph graph;
  ASSERT_CU(cu.beginCapture(s, CU_STREAM_CAPTURE_MODE_GLOBAL));
  ASSERT_CU(affine(a, 2, 0, 1, s));
  ASSERT_CU(cu.memcpyDtoDAsync(a, a, 4, s));
  ASSERT_CU(cu.memsetD8Async(a, 0, 4, s));
  ASSERT_CU(cu.launchHostFunc(s, [](void *) {}, nullptr));
  ASSERT_CU(cu.endCapture(s, &graph));
  size_t count = 0;
  ASSERT_CU(cu.graphGetNodes(graph, nullptr, &count));
  ASSERT_EQ(count, 4u);
  CUgraphNode nodes[6];
  count = 6;
  ASSERT_CU(cu.graphGetNodes(graph, nodes, &count));
  EXPECT_EQ(count, 4u);
  EXPECT_EQ(nodes[5], nullptr);
  const CUgraphNodeType types[] = {
      CU_GRAPH_NODE_TYPE_KERNEL, CU_GRAPH_NODE_TYPE_MEMCPY,
      CU_GRAPH_NODE_TYPE_MEMSET, CU_GRAPH_NODE_TYPE_HOST};
  for (int i = 0; i < 4; ++i) {
    CUgraphNodeType type;
    EXPECT_CU(cu.graphNodeGetType(nodes[i], &type));
    EXPECT_EQ(type, types[i]);
  }
  CUgraphNodeType type;
  EXPECT_EQ(cu.graphNodeGetType(nullptr, &type), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(GraphTest, Arguments) {
  CUgraph graph = nullptr;
  CUgraphExec exec = nullptr;
  EXPECT_EQ(cu.graphCreate(&graph, 1), CUDA_ERROR_INVALID_VALUE);
  ASSERT_CU(cu.graphCreate(&graph, 0));
  EXPECT_EQ(cu.graphInstantiate(&exec, graph, 1 << 10),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.graphInstantiate(&exec, graph, 4), CUDA_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(cu.graphInstantiate(nullptr, graph, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.graphInstantiate(&exec, nullptr, 0), CUDA_ERROR_INVALID_VALUE);
  CUDA_GRAPH_INSTANTIATE_PARAMS params = {};
  params.result_out = 7;
  EXPECT_CU(cu.graphInstantiateWithParams(&exec, graph, &params));
  EXPECT_EQ(params.result_out, 0);
  EXPECT_CU(cu.graphUpload(exec, nullptr));
  EXPECT_CU(cu.graphLaunch(exec, nullptr)); // an empty one
  EXPECT_CU(cu.ctxSynchronize());
  EXPECT_CU(cu.graphExecDestroy(exec));
  EXPECT_EQ(cu.graphExecDestroy(exec), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.graphLaunch(exec, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.graphUpload(exec, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.graphDestroy(graph));
  EXPECT_EQ(cu.graphDestroy(graph), CUDA_ERROR_INVALID_VALUE);
}

/// The executable graph and the module may go while a launch is pending.
TEST_F(GraphTest, DestroyedAfterLaunch) {
  CUdeviceptr a = upload({4});
  CUgraphExec exec =
      capture([&](CUstream s) { EXPECT_CU(affine(a, 2, 1, 1, s)); });
  ASSERT_CU(cu.graphLaunch(exec, stream()));
  EXPECT_CU(cu.graphExecDestroy(exec));
  EXPECT_CU(cu.moduleUnload(module));
  EXPECT_EQ(download(a, 1), Values{9});
}

/// A graph whose module is gone faults instead of crashing.
TEST_F(GraphTest, LaunchedWithoutItsModule) {
  CUdeviceptr a = upload({4});
  CUgraphExec exec =
      capture([&](CUstream s) { EXPECT_CU(affine(a, 2, 1, 1, s)); });
  ASSERT_CU(cu.moduleUnload(module));
  EXPECT_CU(cu.graphLaunch(exec, nullptr));
  EXPECT_EQ(cu.ctxSynchronize(), CUDA_ERROR_LAUNCH_FAILED);
  EXPECT_STREQ(cu.cuda_last_fault(),
               "kernel 'affine' was launched, and its module unloaded before "
               "it ran");
}

} // namespace
} // namespace ptxsim::cuda
