//===- CaptureTest.cpp - stream capture -----------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"
#include <thread>

namespace ptxsim::cuda {
namespace {

using Values = std::vector<uint32_t>;
const CUstreamCaptureMode global = CU_STREAM_CAPTURE_MODE_GLOBAL,
                          threadLocal = CU_STREAM_CAPTURE_MODE_THREAD_LOCAL,
                          relaxed = CU_STREAM_CAPTURE_MODE_RELAXED;

class CaptureTest : public ContextTest {
protected:
  /// Begins a capture in a new stream.
  CUstream begin(CUstreamCaptureMode mode = global, unsigned flags = 1) {
    CUstream s = stream(flags);
    EXPECT_CU(cu.beginCapture(s, mode));
    return s;
  }
  CUstreamCaptureStatus status(CUstream s) {
    CUstreamCaptureStatus result = CUstreamCaptureStatus(-1);
    EXPECT_CU(cu.isCapturing(s, &result));
    return result;
  }
  /// Expects that `error` was returned by a forbidden call, that it ended the
  /// capture, and that the stream works afterwards.
  void expectInvalidated(CUstream s, CUresult error, CUresult expected) {
    EXPECT_EQ(error, expected);
    EXPECT_EQ(status(s), CU_STREAM_CAPTURE_STATUS_INVALIDATED);
    EXPECT_EQ(affine(values, 1, 0, 1, s),
              CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CUgraph graph = CUgraph(uintptr_t(1));
    EXPECT_EQ(cu.endCapture(s, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    EXPECT_EQ(graph, nullptr);
    EXPECT_EQ(status(s), CU_STREAM_CAPTURE_STATUS_NONE);
    EXPECT_CU(affine(values, 1, 0, 1, s));
    EXPECT_CU(cu.streamSynchronize(s));
  }
  void SetUp() override {
    ContextTest::SetUp();
    values = upload({1});
  }
  CUdeviceptr values = 0;
};

TEST_F(CaptureTest, RecordsWithoutRunning) {
  CUstream s = begin();
  EXPECT_EQ(status(s), CU_STREAM_CAPTURE_STATUS_ACTIVE);
  ASSERT_CU(affine(values, 2, 1, 1, s));
  ASSERT_CU(cu.memsetD32Async(values, 7, 1, s));
  CUstreamCaptureStatus captureStatus;
  uint64_t id = 0;
  CUgraph recording = nullptr, graph = nullptr;
  const CUgraphNode *dependencies = nullptr;
  size_t count = 0;
  EXPECT_CU(cu.getCaptureInfo(s, &captureStatus, &id, &recording, &dependencies,
                              nullptr, &count));
  EXPECT_EQ(captureStatus, CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_NE(id, 0u);
  ASSERT_EQ(count, 1u);
  CUgraphNodeType type;
  EXPECT_CU(cu.graphNodeGetType(dependencies[0], &type));
  EXPECT_EQ(type, CU_GRAPH_NODE_TYPE_MEMSET);
  EXPECT_EQ(cu.graphDestroy(recording), CUDA_ERROR_ILLEGAL_STATE);
  EXPECT_CU(cu.endCapture(s, &graph));
  EXPECT_EQ(graph, recording);
  EXPECT_EQ(status(s), CU_STREAM_CAPTURE_STATUS_NONE);
  EXPECT_EQ(download(values, 1), Values{1});
}

TEST_F(CaptureTest, WrongUse) {
  CUstream s = stream();
  CUgraph graph;
  EXPECT_EQ(cu.endCapture(s, &graph), CUDA_ERROR_ILLEGAL_STATE);
  EXPECT_EQ(cu.beginCapture(nullptr, global),
            CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  EXPECT_EQ(cu.beginCapture(s, CUstreamCaptureMode(5)),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.beginCapture(s, global));
  EXPECT_EQ(cu.beginCapture(s, global), CUDA_ERROR_ILLEGAL_STATE);
  EXPECT_EQ(cu.endCapture(s, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.endCapture(s, &graph));
}

TEST_F(CaptureTest, SynchronisationIsForbidden) {
  CUstream s = begin();
  expectInvalidated(s, cu.streamSynchronize(s),
                    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  s = begin(relaxed); // in any mode
  expectInvalidated(s, cu.streamSynchronize(s),
                    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  s = begin(relaxed);
  expectInvalidated(s, cu.streamQuery(s),
                    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  s = begin(relaxed);
  expectInvalidated(s, cu.ctxSynchronize(),
                    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  CUevent captured = event();
  s = begin(relaxed);
  ASSERT_CU(cu.eventRecord(captured, s));
  expectInvalidated(s, cu.eventSynchronize(captured),
                    CUDA_ERROR_CAPTURED_EVENT);
  s = begin(relaxed);
  ASSERT_CU(cu.eventRecord(captured, s));
  expectInvalidated(s, cu.eventQuery(captured), CUDA_ERROR_CAPTURED_EVENT);
}

TEST_F(CaptureTest, UnsafeCallsAreForbidden) {
  CUdeviceptr address;
  uint32_t host;
  CUmodule loaded;
  void *pinned;
  CUstream s = begin(), other = stream();
  const CUresult unsupported = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  expectInvalidated(s, cu.memAlloc(&address, 4), unsupported);
  s = begin(threadLocal);
  expectInvalidated(s, cu.memFree(values), unsupported);
  s = begin();
  expectInvalidated(s, cu.memcpyDtoH(&host, values, 4), unsupported);
  s = begin();
  expectInvalidated(s, cu.memAllocHost(&pinned, 4), unsupported);
  s = begin();
  expectInvalidated(s, cu.moduleLoadData(&loaded, kernelText), unsupported);
  s = begin();
  expectInvalidated(s, cu.streamSynchronize(other), unsupported);
  s = begin();
  expectInvalidated(s, cu.memAllocAsync(&address, 4, s), unsupported);
  s = begin();
  expectInvalidated(s, cu.memFreeAsync(values, s), unsupported);
}

TEST_F(CaptureTest, ModesSayWhoIsRestricted) {
  CUdeviceptr address;
  auto allocate = [&] {
    CUresult result = cu.ctxSetCurrent(context);
    return result ? result : cu.memAlloc(&address, 4);
  };
  auto elsewhere = [&] {
    CUresult result = CUDA_ERROR_UNKNOWN;
    std::thread([&] { result = allocate(); }).join();
    return result;
  };
  CUgraph graph;
  CUstream s = begin(threadLocal);
  EXPECT_CU(elsewhere());
  EXPECT_CU(cu.endCapture(s, &graph));
  s = begin(relaxed);
  EXPECT_CU(allocate());
  EXPECT_CU(elsewhere());
  EXPECT_CU(cu.endCapture(s, &graph));
  s = begin(global);
  CUstreamCaptureMode mode = relaxed;
  EXPECT_CU(cu.exchangeCaptureMode(&mode));
  EXPECT_EQ(mode, global);
  EXPECT_CU(allocate());
  EXPECT_CU(cu.exchangeCaptureMode(&mode));
  EXPECT_EQ(mode, relaxed);
  expectInvalidated(s, elsewhere(), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
  mode = CUstreamCaptureMode(4);
  EXPECT_EQ(cu.exchangeCaptureMode(&mode), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(CaptureTest, LegacyStreamWouldWait) {
  CUstream s = begin(relaxed, 0); // a blocking stream
  expectInvalidated(s, affine(values, 1, 0, 1, nullptr),
                    CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
  s = begin(relaxed, 0);
  expectInvalidated(s, cu.streamWaitEvent(nullptr, event(), 0),
                    CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
  s = begin(relaxed);
  EXPECT_CU(affine(values, 1, 0, 1, nullptr)); // waits for no such stream
  CUgraph graph;
  EXPECT_CU(cu.endCapture(s, &graph));
}

TEST_F(CaptureTest, CallbacksAreForbidden) {
  CUstream s = begin();
  auto callback = [](CUstream, CUresult, void *) {};
  expectInvalidated(s, cu.streamAddCallback(s, callback, nullptr, 0),
                    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
}

TEST_F(CaptureTest, OutsideWorkIsIsolated) {
  CUevent outside = event(), never = event();
  CUstream other = stream();
  ASSERT_CU(affine(values, 1, 1, 1, other));
  ASSERT_CU(cu.eventRecord(outside, other));
  CUstream s = begin();
  EXPECT_CU(cu.streamWaitEvent(s, never, 0));
  expectInvalidated(s, cu.streamWaitEvent(s, outside, 0),
                    CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
}

TEST_F(CaptureTest, CapturesDoNotMerge) {
  CUstream a = begin(), b = begin();
  CUevent inA = event();
  ASSERT_CU(cu.eventRecord(inA, a));
  CUresult merged = cu.streamWaitEvent(b, inA, 0);
  CUgraph graph;
  EXPECT_EQ(cu.endCapture(a, &graph), CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
  expectInvalidated(b, merged, CUDA_ERROR_STREAM_CAPTURE_MERGE);
}

TEST_F(CaptureTest, EventOfAFinishedCapture) {
  CUstream s = begin();
  CUevent inside = event();
  ASSERT_CU(affine(values, 1, 1, 1, s));
  ASSERT_CU(cu.eventRecord(inside, s));
  CUgraph graph;
  ASSERT_CU(cu.endCapture(s, &graph));
  EXPECT_EQ(cu.streamWaitEvent(s, inside, 0), CUDA_ERROR_CAPTURED_EVENT);
  EXPECT_EQ(cu.eventSynchronize(inside), CUDA_ERROR_CAPTURED_EVENT);
  EXPECT_CU(cu.eventRecord(inside, s)); // recorded anew, it is a plain one
  EXPECT_CU(cu.eventSynchronize(inside));
}

TEST_F(CaptureTest, ForkedStreamMustJoin) {
  CUstream s = begin(), side = stream();
  CUevent fork = event(), join = event();
  CUgraph graph = nullptr;
  ASSERT_CU(cu.eventRecord(fork, s));
  ASSERT_CU(cu.streamWaitEvent(side, fork, 0));
  EXPECT_EQ(status(side), CU_STREAM_CAPTURE_STATUS_ACTIVE);
  ASSERT_CU(affine(values, 1, 1, 1, side));
  EXPECT_EQ(cu.endCapture(side, &graph), CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
  EXPECT_EQ(cu.endCapture(s, &graph), CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
  EXPECT_EQ(graph, nullptr);
  EXPECT_EQ(status(side), CU_STREAM_CAPTURE_STATUS_NONE);

  ASSERT_CU(cu.beginCapture(s, global));
  ASSERT_CU(cu.eventRecord(fork, s));
  ASSERT_CU(cu.streamWaitEvent(side, fork, 0));
  ASSERT_CU(affine(values, 1, 1, 1, side));
  ASSERT_CU(cu.eventRecord(join, side));
  ASSERT_CU(cu.streamWaitEvent(s, join, 0));
  EXPECT_CU(cu.endCapture(s, &graph));
  EXPECT_NE(graph, nullptr);
}

TEST_F(CaptureTest, EndsInItsOwnThread) {
  CUstream s = begin();
  CUgraph graph = nullptr;
  auto end = [&] {
    CUresult result = CUDA_ERROR_UNKNOWN;
    std::thread([&] {
      cu.ctxSetCurrent(context);
      result = cu.endCapture(s, &graph);
    }).join();
    return result;
  };
  EXPECT_EQ(end(), CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD);
  EXPECT_CU(cu.endCapture(s, &graph));
  ASSERT_CU(cu.beginCapture(s, relaxed));
  EXPECT_CU(end());
}

TEST_F(CaptureTest, DestroyedStreamEndsItsCapture) {
  CUstream s = begin();
  ASSERT_CU(affine(values, 2, 1, 1, s));
  EXPECT_CU(cu.streamDestroy(s));
  ptxsim_cuda_objects live;
  cu.cuda_live(&live);
  EXPECT_EQ(live.graphs, 0u);
  EXPECT_CU(cu.ctxSynchronize());
  EXPECT_EQ(download(values, 1), Values{1});
}

} // namespace
} // namespace ptxsim::cuda
