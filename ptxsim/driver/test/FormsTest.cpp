//===- FormsTest.cpp - older and per-thread forms of entry points ---------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"
#include <filesystem>

namespace ptxsim::cuda {
namespace {

TEST_F(ContextTest, OlderForms) {
  void *address = nullptr;
  EXPECT_CU(cu.getProcAddressV1("cuInit", &address, 11030, 0));
  EXPECT_EQ(address, librarySymbol("cuInit"));
  EXPECT_EQ(cu.getProcAddressV1("cuNoSuchCall", &address, 11030, 0),
            CUDA_ERROR_NOT_FOUND);
  CUuuid old, present;
  EXPECT_CU(cu.deviceGetUuidV1(&old, 0));
  EXPECT_CU(cu.deviceGetUuid(&present, 0));
  EXPECT_EQ(std::memcmp(&old, &present, sizeof(old)), 0);
  CUevent start = event(), end = event();
  float time = -1;
  EXPECT_CU(cu.eventRecord(start, nullptr));
  EXPECT_CU(cu.eventRecord(end, nullptr));
  EXPECT_CU(cu.eventSynchronize(end));
  EXPECT_CU(cu.eventElapsedTimeV1(&time, start, end));
  EXPECT_GE(time, 0.0f);
  int grid = 0, size = 0;
  auto shared = [](int threads) { return size_t(threads) * 256; };
  EXPECT_CU(cu.bestBlockSizeWithFlags(&grid, &size, function("affine"), shared,
                                      0, 0, 0));
  // 256 bytes a thread: 163 KiB less 1 KiB a block hold at most 640 threads.
  EXPECT_EQ(size % 32, 0);
  EXPECT_EQ(grid % 108, 0);
  EXPECT_LE(grid / 108 * (size * 256 + 1024), 164 << 10);
  EXPECT_GT((grid / 108 + 1) * (size * 256 + 1024), 164 << 10);
  EXPECT_EQ(cu.bestBlockSizeWithFlags(&grid, &size, function("affine"), shared,
                                      0, 0, 8),
            CUDA_ERROR_INVALID_VALUE);

  CUstream s = stream();
  CUstreamCaptureStatus status;
  uint64_t id = 0;
  CUgraph recording = nullptr, graph = nullptr;
  const CUgraphNode *dependencies = nullptr;
  size_t count = 7;
  ASSERT_CU(cu.beginCapture(s, CU_STREAM_CAPTURE_MODE_GLOBAL));
  EXPECT_CU(
      cu.getCaptureInfoV2(s, &status, &id, &recording, &dependencies, &count));
  EXPECT_EQ(status, CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_EQ(count, 0u);
  ASSERT_CU(cu.endCapture(s, &graph));
  EXPECT_EQ(graph, recording);
  CUgraphExec exec = nullptr;
  CUgraphNode wrong = CUgraphNode(uintptr_t(1));
  char log[4] = "xyz";
  EXPECT_CU(cu.graphInstantiateV2(&exec, graph, &wrong, log, sizeof(log)));
  EXPECT_EQ(wrong, nullptr);
  EXPECT_STREQ(log, "");
}

/// The per-thread form of an entry point.
template <typename Function>
Function perThread(Function, const char *symbol) {
  return reinterpret_cast<Function>(librarySymbol(symbol));
}
#define PER_THREAD(member, symbol) perThread(cu.member, #symbol)

/// In these forms stream 0 can be captured, which the legacy stream cannot:
/// all of them must go to the same stream of this thread.
TEST_F(ContextTest, PerThreadForms) {
  CUdeviceptr a = upload({1, 2, 3, 4}), b = upload({0, 0, 0, 0});
  void *pinned = nullptr;
  ASSERT_CU(cu.memAllocHost(&pinned, 16));
  uint64_t host = reinterpret_cast<uintptr_t>(pinned);
  uint32_t one = 1, four = 4;
  void *arguments[] = {&a, &one, &one, &four};
  CUfunction f = function("affine");
  CUlaunchConfig config = {1, 1, 1, 32, 1, 1, 0, nullptr, nullptr, 0};
  CUevent e = event();
  CUstreamCaptureStatus status;
  CUgraph graph = nullptr;
  ASSERT_CU(PER_THREAD(beginCapture, cuStreamBeginCapture_v2_ptsz)(
      nullptr, CU_STREAM_CAPTURE_MODE_RELAXED));
  ASSERT_CU(
      PER_THREAD(isCapturing, cuStreamIsCapturing_ptsz)(nullptr, &status));
  EXPECT_EQ(status, CU_STREAM_CAPTURE_STATUS_ACTIVE);
  EXPECT_CU(PER_THREAD(memcpyHtoDAsync,
                       cuMemcpyHtoDAsync_v2_ptsz)(b, pinned, 16, nullptr));
  EXPECT_CU(PER_THREAD(memcpyDtoHAsync,
                       cuMemcpyDtoHAsync_v2_ptsz)(pinned, b, 16, nullptr));
  EXPECT_CU(PER_THREAD(memcpyDtoDAsync, cuMemcpyDtoDAsync_v2_ptsz)(b, a, 16,
                                                                   nullptr));
  EXPECT_CU(
      PER_THREAD(memcpyAnyAsync, cuMemcpyAsync_ptsz)(host, b, 16, nullptr));
  EXPECT_CU(PER_THREAD(memsetD8Async, cuMemsetD8Async_ptsz)(b, 1, 4, nullptr));
  EXPECT_CU(
      PER_THREAD(memsetD16Async, cuMemsetD16Async_ptsz)(b, 1, 2, nullptr));
  EXPECT_CU(
      PER_THREAD(memsetD32Async, cuMemsetD32Async_ptsz)(b, 1, 1, nullptr));
  EXPECT_CU(PER_THREAD(launchKernel, cuLaunchKernel_ptsz)(
      f, 1, 1, 1, 32, 1, 1, 0, nullptr, arguments, nullptr));
  EXPECT_CU(PER_THREAD(launchKernelEx,
                       cuLaunchKernelEx_ptsz)(&config, f, arguments, nullptr));
  EXPECT_CU(PER_THREAD(launchCooperative, cuLaunchCooperativeKernel_ptsz)(
      f, 1, 1, 1, 32, 1, 1, 0, nullptr, arguments));
  EXPECT_CU(PER_THREAD(launchHostFunc,
                       cuLaunchHostFunc_ptsz)(nullptr, [](void *) {}, nullptr));
  EXPECT_CU(PER_THREAD(eventRecord, cuEventRecord_ptsz)(e, nullptr));
  EXPECT_CU(PER_THREAD(eventRecordWithFlags,
                       cuEventRecordWithFlags_ptsz)(e, nullptr, 0));
  EXPECT_CU(PER_THREAD(streamWaitEvent, cuStreamWaitEvent_ptsz)(nullptr, e, 0));
  size_t count = 0;
  EXPECT_CU(PER_THREAD(getCaptureInfo, cuStreamGetCaptureInfo_v3_ptsz)(
      nullptr, &status, nullptr, nullptr, nullptr, nullptr, &count));
  EXPECT_EQ(count, 1u);
  ASSERT_CU(PER_THREAD(endCapture, cuStreamEndCapture_ptsz)(nullptr, &graph));
  ASSERT_CU(cu.graphGetNodes(graph, nullptr, &count));
  EXPECT_EQ(count, 11u);

  CUDA_GRAPH_INSTANTIATE_PARAMS params = {};
  CUgraphExec exec = nullptr;
  ASSERT_CU(
      PER_THREAD(graphInstantiateWithParams,
                 cuGraphInstantiateWithParams_ptsz)(&exec, graph, &params));
  EXPECT_CU(PER_THREAD(graphUpload, cuGraphUpload_ptsz)(exec, nullptr));
  EXPECT_CU(PER_THREAD(graphLaunch, cuGraphLaunch_ptsz)(exec, nullptr));
  EXPECT_EQ(PER_THREAD(streamQuery, cuStreamQuery_ptsz)(nullptr),
            CUDA_ERROR_NOT_READY);
  EXPECT_CU(PER_THREAD(streamSynchronize, cuStreamSynchronize_ptsz)(nullptr));
  unsigned flags = 9;
  int priority = 9;
  unsigned long long id, legacy;
  CUcontext owner = nullptr;
  EXPECT_CU(PER_THREAD(streamGetFlags, cuStreamGetFlags_ptsz)(nullptr, &flags));
  EXPECT_CU(PER_THREAD(streamGetPriority, cuStreamGetPriority_ptsz)(nullptr,
                                                                    &priority));
  EXPECT_CU(PER_THREAD(streamGetId, cuStreamGetId_ptsz)(nullptr, &id));
  EXPECT_CU(cu.streamGetId(nullptr, &legacy));
  EXPECT_NE(id, legacy);
  EXPECT_CU(PER_THREAD(streamGetCtx, cuStreamGetCtx_ptsz)(nullptr, &owner));
  EXPECT_EQ(owner, context);
  EXPECT_EQ(download(a, 4), (std::vector<uint32_t>{4, 5, 6, 7}));
}

/// The synchronous per-thread forms wait for the stream of the thread.
TEST_F(ContextTest, PerThreadSynchronousForms) {
  CUdeviceptr a = upload({1, 2}), b = upload({0, 0});
  uint32_t host[2] = {5, 6};
  EXPECT_CU(PER_THREAD(memcpyHtoD, cuMemcpyHtoD_v2_ptds)(a, host, 8));
  EXPECT_CU(PER_THREAD(memcpyDtoD, cuMemcpyDtoD_v2_ptds)(b, a, 8));
  EXPECT_CU(PER_THREAD(memsetD32, cuMemsetD32_v2_ptds)(b, 7, 1));
  EXPECT_CU(PER_THREAD(memcpyDtoH, cuMemcpyDtoH_v2_ptds)(host, b, 8));
  EXPECT_EQ(host[0], 7u);
  EXPECT_EQ(host[1], 6u);
  EXPECT_CU(PER_THREAD(memsetD16, cuMemsetD16_v2_ptds)(b, 8, 1));
  EXPECT_CU(PER_THREAD(memsetD8, cuMemsetD8_v2_ptds)(b + 4, 9, 1));
  EXPECT_CU(PER_THREAD(memcpyAny,
                       cuMemcpy_ptds)(reinterpret_cast<uintptr_t>(host), b, 8));
  EXPECT_EQ(host[0], 8u);
  EXPECT_EQ(host[1], 9u);
  CUdeviceptr c = 0;
  EXPECT_CU(PER_THREAD(memAllocAsync, cuMemAllocAsync_ptsz)(&c, 8, nullptr));
  EXPECT_CU(PER_THREAD(memFreeAsync, cuMemFreeAsync_ptsz)(c, nullptr));
}

/// Every PTX file of the corpus is a module for the newest device.
TEST_F(DriverTest, CorpusLoads) {
  setting("PTXSIM_CUDA_ARCH", "sm_100");
  CUcontext context;
  ASSERT_CU(cu.init(0));
  ASSERT_CU(cu.ctxCreate(&context, nullptr, 0, 0));
  size_t files = 0;
  for (const auto &entry :
       std::filesystem::directory_iterator(PTXSIM_CORPUS_DIR)) {
    if (entry.path().extension() != ".ptx")
      continue;
    ++files;
    CUmodule module;
    CUfunction function;
    ASSERT_CU(cu.moduleLoad(&module, entry.path().c_str()))
        << entry.path() << ": " << cu.cuda_last_fault();
    EXPECT_CU(
        cu.moduleGetFunction(&function, module, entry.path().stem().c_str()))
        << entry.path();
    EXPECT_CU(cu.moduleUnload(module));
  }
  EXPECT_GE(files, 36u);
}

} // namespace
} // namespace ptxsim::cuda
