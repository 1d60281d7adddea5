//===- InjectionTest.cpp - calls that are made to fail --------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"

namespace ptxsim::cuda {
namespace {

/// A small well-behaved program: stops at the first error, gives everything
/// back in any case, and remembers the first error.
class Program {
public:
  /// CUDA_SUCCESS only if all went well and the result is right.
  CUresult run() {
    work();
    cleanUp();
    return first;
  }

private:
  bool ok(CUresult result) {
    if (!first)
      first = result;
    return result == CUDA_SUCCESS;
  }

  bool launch(CUstream target) {
    uint32_t factor = 2, addend = 1, count = 4;
    void *arguments[] = {&values, &factor, &addend, &count};
    return ok(cu.launchKernel(function, 1, 1, 1, 32, 1, 1, 0, target, arguments,
                              nullptr));
  }

  /// Side work that is joined again; everything twice as soon as it counts.
  bool submit() {
    return ok(cu.eventRecord(fork, stream)) &&
           ok(cu.streamWaitEvent(side, fork, 0)) &&
           ok(cu.memsetD32Async(spare, 3, 4, side)) &&
           ok(cu.eventRecord(join, side)) && launch(stream) &&
           ok(cu.streamWaitEvent(stream, join, 0)) &&
           ok(cu.memcpyDtoHAsync(pinned, values, 16, stream));
  }

  bool record() {
    if (!ok(cu.beginCapture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)))
      return false;
    bool recorded = submit();
    // A capture is always ended, or the stream stays unusable.
    CUresult end = cu.endCapture(stream, &graph);
    return recorded && ok(end) && ok(cu.graphInstantiate(&exec, graph, 0));
  }

  void work() {
    const uint32_t start[4] = {1, 2, 3, 4};
    CUdevice device;
    if (!ok(cu.init(0)) || !ok(cu.deviceGet(&device, 0)) ||
        !(retained = ok(cu.primaryRetain(&context, device))) ||
        !(pushed = ok(cu.ctxPush(context))) ||
        !ok(cu.moduleLoadData(&module, kernelText)) ||
        !ok(cu.moduleGetFunction(&function, module, "affine")) ||
        !ok(cu.memAlloc(&values, 16)) || !ok(cu.memAlloc(&spare, 16)) ||
        !ok(cu.memAllocHost(&pinned, 16)) ||
        !ok(cu.streamCreate(&stream, CU_STREAM_NON_BLOCKING)) ||
        !ok(cu.streamCreate(&side, CU_STREAM_NON_BLOCKING)) ||
        !ok(cu.eventCreate(&fork, CU_EVENT_DISABLE_TIMING)) ||
        !ok(cu.eventCreate(&join, CU_EVENT_DISABLE_TIMING)) ||
        !ok(cu.memcpyHtoDAsync(values, start, 16, stream)) || !submit() ||
        !record() || !ok(cu.graphLaunch(exec, stream)) ||
        !ok(cu.graphLaunch(exec, stream)) || !ok(cu.streamSynchronize(stream)))
      return;
    const uint32_t expected[4] = {15, 23, 31, 39}; // 8 x + 7
    if (std::memcmp(pinned, expected, 16) != 0)
      ok(CUDA_ERROR_ASSERT);
  }

  void cleanUp() {
    if (exec)
      ok(cu.graphExecDestroy(exec));
    if (graph)
      ok(cu.graphDestroy(graph));
    for (CUevent event : {fork, join})
      if (event)
        ok(cu.eventDestroy(event));
    for (CUstream each : {stream, side})
      if (each)
        ok(cu.streamDestroy(each));
    if (pinned)
      ok(cu.memFreeHost(pinned));
    for (CUdeviceptr address : {values, spare})
      if (address)
        ok(cu.memFree(address));
    if (module)
      ok(cu.moduleUnload(module));
    if (pushed)
      ok(cu.ctxPop(nullptr));
    cu.cuda_live(&beforeRelease);
    if (retained)
      ok(cu.primaryRelease(0));
  }

  CUresult first = CUDA_SUCCESS;
  bool retained = false, pushed = false;
  CUcontext context = nullptr;
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  CUdeviceptr values = 0, spare = 0;
  void *pinned = nullptr;
  CUstream stream = nullptr, side = nullptr;
  CUevent fork = nullptr, join = nullptr;
  CUgraph graph = nullptr;
  CUgraphExec exec = nullptr;

public:
  /// What was alive before the context went and took all with it.
  ptxsim_cuda_objects beforeRelease = {};
};

size_t sum(const ptxsim_cuda_objects &live) {
  return live.contexts + live.modules + live.libraries + live.streams +
         live.events + live.graphs + live.graph_execs +
         live.device_allocations + live.host_allocations +
         live.host_registrations + live.pending_operations;
}

class InjectionTest : public DriverTest {
protected:
  void expectNothingLeft(const Program &program, uint64_t call) {
    EXPECT_EQ(sum(program.beforeRelease), 0u) << "call " << call;
    ptxsim_cuda_objects live;
    cu.cuda_live(&live);
    EXPECT_EQ(sum(live) + live.primary_context_users, 0u) << "call " << call;
  }
};

TEST_F(InjectionTest, EveryCallFailsOnce) {
  Program plain;
  ASSERT_CU(plain.run());
  expectNothingLeft(plain, 0);
  ptxsim_cuda_totals totals;
  cu.cuda_count(&totals);
  ASSERT_GT(totals.calls, 40u);
  for (CUresult error : {CUDA_ERROR_OUT_OF_MEMORY, CUDA_ERROR_UNKNOWN})
    for (uint64_t call = 1; call <= totals.calls; ++call) {
      cu.cuda_reset();
      cu.cuda_fail_call(call, error);
      Program program;
      EXPECT_EQ(program.run(), error) << "call " << call;
      expectNothingLeft(program, call);
    }
  // And one past the end does not matter.
  cu.cuda_reset();
  cu.cuda_fail_call(totals.calls + 1, CUDA_ERROR_UNKNOWN);
  Program again;
  EXPECT_CU(again.run());
}

/// The program leaks when a check is missing: the count sees it.
TEST_F(InjectionTest, LeaksAreCounted) {
  CUcontext context;
  CUdeviceptr address;
  CUstream stream;
  CUevent event;
  CUmodule module;
  void *pinned;
  std::vector<char> own(8);
  ASSERT_CU(cu.init(0));
  ASSERT_CU(cu.ctxCreate(&context, nullptr, 0, 0));
  ASSERT_CU(cu.memAlloc(&address, 100));
  ASSERT_CU(cu.memAllocHost(&pinned, 100));
  ASSERT_CU(cu.memHostRegister(own.data(), 8, 0));
  ASSERT_CU(cu.streamCreate(&stream, 0));
  ASSERT_CU(cu.eventCreate(&event, 0));
  ASSERT_CU(cu.moduleLoadData(&module, kernelText));
  ptxsim_cuda_objects live;
  cu.cuda_live(&live);
  EXPECT_EQ(live.contexts, 1u);
  EXPECT_EQ(live.device_allocations, 1u);
  EXPECT_EQ(live.device_bytes, 100u);
  EXPECT_EQ(live.host_allocations, 1u);
  EXPECT_EQ(live.host_registrations, 1u);
  EXPECT_EQ(live.streams, 1u);
  EXPECT_EQ(live.events, 1u);
  EXPECT_EQ(live.modules, 1u);
  cu.cuda_reset();
  cu.cuda_live(&live);
  EXPECT_EQ(sum(live), 0u);
}

TEST_F(InjectionTest, FunctionsByName) {
  CUcontext context;
  CUdeviceptr address;
  ASSERT_CU(cu.init(0));
  ASSERT_CU(cu.ctxCreate(&context, nullptr, 0, 0));
  cu.cuda_fail_function("cuMemAlloc", 2, CUDA_ERROR_OUT_OF_MEMORY);
  cu.cuda_fail_function("cuMemFree_v2", 1, CUDA_ERROR_UNKNOWN);
  EXPECT_CU(cu.memAlloc(&address, 4));
  EXPECT_EQ(cu.memFree(address), CUDA_ERROR_UNKNOWN); // and yet freed
  EXPECT_EQ(cu.memAllocAsync(nullptr, 4, nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.memAlloc(&address, 4), CUDA_ERROR_OUT_OF_MEMORY);
  EXPECT_CU(cu.memAlloc(&address, 4));
  EXPECT_CU(cu.memFree(address));
}

/// A fault of the device in the middle of work: what came before is done, what
/// comes after is not, and the error stays.
TEST_F(ContextTest, KernelsThatFault) {
  CUdeviceptr a = upload({1}), b = upload({1});
  CUstream s = stream();
  void *memory = nullptr;
  ASSERT_CU(cu.memAllocHost(&memory, 8));
  uint32_t *pinned = static_cast<uint32_t *>(memory);
  pinned[0] = pinned[1] = 0;
  cu.cuda_fail_function("kernel", 2, CUDA_ERROR_ILLEGAL_ADDRESS);
  ASSERT_CU(affine(a, 2, 1, 1, s));
  ASSERT_CU(cu.memcpyDtoHAsync(pinned, a, 4, s));
  ASSERT_CU(affine(b, 2, 1, 1, s));
  ASSERT_CU(cu.memcpyDtoHAsync(pinned + 1, b, 4, s));
  EXPECT_EQ(cu.streamSynchronize(s), CUDA_ERROR_ILLEGAL_ADDRESS);
  EXPECT_EQ(pinned[0], 3u);
  EXPECT_EQ(pinned[1], 0u);
  EXPECT_STREQ(cu.cuda_last_fault(), "kernel 'affine' was made to fail");
  EXPECT_EQ(affine(a, 2, 1, 1, s), CUDA_ERROR_ILLEGAL_ADDRESS);
}

TEST_F(InjectionTest, Environment) {
  setting("PTXSIM_CUDA_FAIL",
          "1=CUDA_ERROR_NO_DEVICE,cuDeviceGet#2=101,cuDeviceGetCount#1=999");
  int number;
  EXPECT_EQ(cu.init(0), CUDA_ERROR_NO_DEVICE);
  EXPECT_CU(cu.init(0));
  EXPECT_EQ(cu.deviceGetCount(&number), CUDA_ERROR_UNKNOWN);
  EXPECT_CU(cu.deviceGetCount(&number));
  EXPECT_CU(cu.deviceGet(&number, 0));
  EXPECT_EQ(cu.deviceGet(&number, 0), CUDA_ERROR_INVALID_DEVICE);
}

} // namespace
} // namespace ptxsim::cuda
