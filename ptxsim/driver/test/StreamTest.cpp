//===- StreamTest.cpp - order of work in streams --------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"
#include <set>
#include <thread>

namespace ptxsim::cuda {
namespace {

using Values = std::vector<uint32_t>;

TEST_F(ContextTest, StreamProperties) {
  CUstream s = nullptr;
  int least = 1, greatest = 1, priority = 1;
  unsigned flags = 9;
  CUcontext owner = nullptr;
  unsigned long long id, other;
  EXPECT_CU(cu.ctxGetStreamPriorityRange(&least, &greatest));
  EXPECT_LT(greatest, least);
  EXPECT_CU(cu.streamCreateWithPriority(&s, CU_STREAM_NON_BLOCKING, -100));
  EXPECT_CU(cu.streamGetPriority(s, &priority));
  EXPECT_EQ(priority, greatest);
  EXPECT_CU(cu.streamGetFlags(s, &flags));
  EXPECT_EQ(flags, unsigned(CU_STREAM_NON_BLOCKING));
  EXPECT_CU(cu.streamGetCtx(s, &owner));
  EXPECT_EQ(owner, context);
  EXPECT_CU(cu.streamGetId(s, &id));
  EXPECT_CU(cu.streamGetId(nullptr, &other));
  EXPECT_NE(id, other);
  EXPECT_CU(cu.streamDestroy(s));
  EXPECT_EQ(cu.streamDestroy(s), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.streamSynchronize(s), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.streamGetFlags(s, &flags), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.streamDestroy(nullptr), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.streamCreate(&s, 8), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.streamCreate(nullptr, 0), CUDA_ERROR_INVALID_VALUE);
}

/// Work is not done before something waits for it.
TEST_F(ContextTest, WorkIsDeferred) {
  CUdeviceptr a = upload({3});
  void *memory = nullptr;
  ASSERT_CU(cu.memAllocHost(&memory, 4));
  volatile uint32_t *result = static_cast<uint32_t *>(memory);
  *result = 0;
  CUstream s = stream();
  ASSERT_CU(affine(a, 2, 1, 1, s));
  ASSERT_CU(cu.memcpyDtoHAsync(memory, a, 4, s));
  EXPECT_EQ(*result, 0u);
  ptxsim_cuda_objects live;
  cu.cuda_live(&live);
  EXPECT_EQ(live.pending_operations, 2u);
  // Polling brings it forward.
  EXPECT_EQ(cu.streamQuery(s), CUDA_ERROR_NOT_READY);
  EXPECT_EQ(*result, 0u);
  EXPECT_CU(cu.streamQuery(s));
  EXPECT_EQ(*result, 7u);
}

TEST_F(ContextTest, WorkOfADestroyedStreamIsDone) {
  CUdeviceptr a = upload({3});
  CUstream s = stream();
  ASSERT_CU(affine(a, 2, 1, 1, s));
  ASSERT_CU(cu.streamDestroy(s));
  EXPECT_EQ(download(a, 1), Values{7});
}

TEST_F(ContextTest, WorkInOneStreamIsInOrder) {
  CUdeviceptr a = upload({1});
  CUstream s = stream();
  uint32_t expected = 1;
  for (uint32_t i = 1; i < 10; ++i) {
    ASSERT_CU(affine(a, i, 1, 1, s));
    expected = expected * i + 1;
  }
  EXPECT_CU(cu.streamSynchronize(s));
  EXPECT_EQ(download(a, 1), Values{expected});
}

class SeededTest : public ContextTest {
protected:
  /// Runs a program with many seeds; the different results.
  template <typename Program>
  std::set<uint32_t> results(Program program) {
    std::set<uint32_t> all;
    for (int seed = 0; seed < 24; ++seed) {
      setting("PTXSIM_CUDA_SEED", std::to_string(seed).c_str());
      SetUp();
      all.insert(program());
    }
    return all;
  }
};

/// Streams that nothing orders: the seed finds both orders.
TEST_F(SeededTest, MissingSynchronisationIsFound) {
  EXPECT_EQ(results([&] {
              CUdeviceptr a = upload({1});
              CUstream s = stream(), other = stream();
              EXPECT_CU(affine(a, 2, 0, 1, s));
              EXPECT_CU(affine(a, 1, 5, 1, other));
              return download(a, 1)[0];
            }),
            (std::set<uint32_t>{7, 12}));
}

TEST_F(SeededTest, EventsOrderStreams) {
  EXPECT_EQ(results([&] {
              CUdeviceptr a = upload({1});
              CUstream s = stream(), other = stream();
              CUevent done = event(CU_EVENT_DISABLE_TIMING);
              EXPECT_CU(affine(a, 2, 0, 1, s));
              EXPECT_CU(cu.eventRecord(done, s));
              EXPECT_CU(cu.streamWaitEvent(other, done, 0));
              EXPECT_CU(cu.eventDestroy(done));
              EXPECT_CU(affine(a, 1, 5, 1, other));
              EXPECT_CU(cu.streamSynchronize(other));
              return download(a, 1)[0];
            }),
            std::set<uint32_t>{7});
}

/// A wait for an event that was never recorded, or was recorded again later,
/// orders nothing else.
TEST_F(SeededTest, EventIsWhatItWasWhenWaitedFor) {
  EXPECT_EQ(results([&] {
              CUdeviceptr a = upload({1});
              CUstream s = stream(), other = stream();
              CUevent done = event();
              EXPECT_CU(cu.streamWaitEvent(other, done, 0));
              EXPECT_CU(affine(a, 1, 5, 1, other));
              EXPECT_CU(affine(a, 2, 0, 1, s));
              EXPECT_CU(cu.eventRecord(done, s));
              return download(a, 1)[0];
            }),
            (std::set<uint32_t>{7, 12}));
}

TEST_F(SeededTest, LegacyStreamOrdersBlockingStreams) {
  EXPECT_EQ(results([&] {
              CUdeviceptr a = upload({1});
              CUstream s = stream(0), other = stream(0);
              EXPECT_CU(affine(a, 2, 0, 1, s));
              EXPECT_CU(affine(a, 1, 5, 1, nullptr));
              EXPECT_CU(affine(a, 3, 0, 1, other));
              EXPECT_CU(cu.streamSynchronize(other));
              return download(a, 1)[0];
            }),
            std::set<uint32_t>{21});
}

TEST_F(SeededTest, LegacyStreamIgnoresNonBlockingStreams) {
  EXPECT_EQ(results([&] {
              CUdeviceptr a = upload({1});
              EXPECT_CU(affine(a, 2, 0, 1, stream()));
              EXPECT_CU(affine(a, 1, 5, 1, CUstream(legacyStreamHandle)));
              return download(a, 1)[0];
            }),
            (std::set<uint32_t>{7, 12}));
}

/// Stream 0 of the per-thread form is another stream in each thread, and
/// blocks like any other.
TEST_F(SeededTest, PerThreadStreams) {
  EXPECT_EQ(results([&] {
              CUdeviceptr a = upload({1});
              CUcontext current = context;
              auto scale = [&](uint32_t factor, uint32_t addend) {
                uint32_t count = 1;
                void *arguments[] = {&a, &factor, &addend, &count};
                EXPECT_CU(cu.ctxSetCurrent(current));
                EXPECT_CU(cu.launchKernelPerThread(function("affine"), 1, 1, 1,
                                                   1, 1, 1, 0, nullptr,
                                                   arguments, nullptr));
              };
              scale(2, 0);
              std::thread(scale, 1, 5).join();
              EXPECT_CU(cu.streamSynchronizePerThread(nullptr));
              return download(a, 1)[0];
            }),
            (std::set<uint32_t>{7, 12}));
}

TEST_F(ContextTest, EagerMode) {
  setting("PTXSIM_CUDA_ASYNC", "eager");
  SetUp();
  CUdeviceptr a = upload({3});
  ASSERT_CU(affine(a, 2, 1, 1, stream()));
  ptxsim_cuda_objects live;
  cu.cuda_live(&live);
  EXPECT_EQ(live.pending_operations, 0u);
  EXPECT_EQ(download(a, 1), Values{7});
}

/// Several threads with a stream each, at once.
TEST_F(ContextTest, Threads) {
  std::vector<std::thread> threads;
  std::vector<CUresult> results(4, CUDA_ERROR_UNKNOWN);
  for (uint32_t number = 0; number < 4; ++number)
    threads.emplace_back([&, number] {
      CUstream s;
      CUdeviceptr a;
      CUresult result = cu.ctxSetCurrent(context);
      auto check = [&](CUresult next) { result = result ? result : next; };
      check(cu.streamCreate(&s, CU_STREAM_NON_BLOCKING));
      for (uint32_t round = 0; round < 20; ++round) {
        check(cu.memAllocAsync(&a, 400, s));
        check(cu.memsetD32Async(a, number, 100, s));
        check(affine(a, 3, round, 100, s));
        Values back(100);
        check(cu.memcpyDtoHAsync(back.data(), a, 400, s));
        check(back[99] == 3 * number + round ? CUDA_SUCCESS
                                             : CUDA_ERROR_ASSERT);
        check(cu.memFreeAsync(a, s));
      }
      check(cu.streamSynchronize(s));
      check(cu.streamDestroy(s));
      results[number] = result;
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(results, std::vector<CUresult>(4, CUDA_SUCCESS));
}

} // namespace
} // namespace ptxsim::cuda
