//===- ThreadsTest.cpp - thread back ends, fork, floating-point mode ------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

#include "cpu/FpEnvironment.h"
#include "cpu/Threads.h"

#include <atomic>
#include <cfenv>
#include <dlfcn.h>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

using namespace optimc::test;

/// Sizes above and below a chunk, enough in total for several threads.
static void addTensors(Harness &h) {
  h.tensor("big", {300, 1000});
  h.tensor("odd", {70001});
  for (int i = 0; i < 40; ++i)
    h.tensor(("small" + std::to_string(i)).c_str(), {17 * i + 1});
}

static std::string trained(const optimc_options &options) {
  TestProgram adamw = makeAdamW();
  Harness h(&adamw.program, &options);
  addTensors(h);
  for (int step = 1; step <= 3; ++step) {
    h.gradients(step);
    h.step();
  }
  return h.snapshot();
}

static optimc_options with(uint32_t nThreads, optimc_threads threads) {
  optimc_options options = OPTIMC_OPTIONS_INIT;
  options.n_threads = nThreads;
  options.threads = threads;
  return options;
}

namespace {
struct CallerPool {
  std::atomic<int> calls{0};
  static void parallelFor(void *context, optimc_task_fn task, void *data,
                          uint32_t n) {
    ++static_cast<CallerPool *>(context)->calls;
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < n; ++i)
      threads.emplace_back(task, data, i);
    for (std::thread &thread : threads)
      thread.join();
  }
};
} // namespace

TEST(Threads, AnyNumberGivesTheSameBits) {
  std::string expected = trained(with(1, OPTIMC_THREADS_SERIAL));
  for (uint32_t n : {1u, 2u, 3u, 8u, 17u})
    for (optimc_threads threads : {OPTIMC_THREADS_AUTO, OPTIMC_THREADS_POOL})
      EXPECT_TRUE(expected == trained(with(n, threads))) << n << " threads";
}

TEST(Threads, TheCallersPool) {
  std::string expected = trained(with(1, OPTIMC_THREADS_SERIAL));
  for (uint32_t n : {1u, 2u, 8u}) {
    CallerPool pool;
    optimc_options options = with(n, OPTIMC_THREADS_AUTO);
    options.parallel_for = CallerPool::parallelFor;
    options.parallel_context = &pool;
    EXPECT_TRUE(expected == trained(options));
    EXPECT_EQ(3, pool.calls);
  }
  // One that runs nothing at all must not lose work.
  optimc_options lazy = with(4, OPTIMC_THREADS_CALLER);
  lazy.parallel_for = [](void *, optimc_task_fn, void *, uint32_t) {};
  EXPECT_TRUE(expected == trained(lazy));
}

TEST(Threads, SmallTotalsStayOnTheCallingThread) {
  CallerPool pool;
  optimc_options options = with(4, OPTIMC_THREADS_CALLER);
  options.parallel_for = CallerPool::parallelFor;
  options.parallel_context = &pool;
  TestProgram sgd = makeSgd();
  Harness h(&sgd.program, &options);
  h.tensor("a", {20000});
  h.tensor("b", {20000});
  h.step();
  EXPECT_EQ(0, pool.calls);
  EXPECT_STREQ("caller", h.info().threads_name);
}

TEST(Threads, PoolSurvivesConcurrentOptimizers) {
  std::string expected = trained(with(1, OPTIMC_THREADS_SERIAL));
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  for (std::string &result : results)
    threads.emplace_back(
        [&result] { result = trained(with(3, OPTIMC_THREADS_POOL)); });
  for (std::thread &thread : threads)
    thread.join();
  for (const std::string &result : results)
    EXPECT_TRUE(expected == result);
}

TEST(Threads, PoolRunsManyShortJobs) {
  struct Job {
    std::atomic<int> next{0};
    std::atomic<int> done{0};
  };
  for (int round = 0; round < 3000; ++round) {
    Job job;
    optimc::rt::runOnPool(
        [](void *data, uint32_t) {
          Job &job = *static_cast<Job *>(data);
          while (job.next++ < 20)
            ++job.done;
        },
        &job, 4);
    ASSERT_EQ(20, job.done) << "round " << round;
  }
}

/// Runs `body` in a forked child with a deadline; true if it returned true.
template <typename Body>
static bool inChild(Body body) {
  pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(body() ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// True if two threads of the pool meet in one job.
static bool poolHasTwoThreads() {
  std::atomic<int> entered{0};
  optimc::rt::runOnPool(
      [](void *data, uint32_t) {
        auto &entered = *static_cast<std::atomic<int> *>(data);
        ++entered;
        for (int i = 0; i < 10000 && entered < 2; ++i)
          usleep(1000);
      },
      &entered, 2);
  return entered == 2;
}

TEST(Threads, PoolIsRebuiltAfterFork) {
  EXPECT_TRUE(poolHasTwoThreads());
  EXPECT_TRUE(inChild(
      [] { return poolHasTwoThreads() && inChild(poolHasTwoThreads); }));

  optimc_options options = with(3, OPTIMC_THREADS_POOL);
  std::string expected = trained(options);
  TestProgram adamw = makeAdamW();
  Harness h(&adamw.program, &options);
  addTensors(h);
  h.step();
  EXPECT_TRUE(inChild([&] {
    h.step(); // an optimizer made by the parent
    return trained(options) == expected &&
           inChild([&] { return trained(options) == expected; });
  }));
  EXPECT_TRUE(expected == trained(options));
}

TEST(Threads, LibgompIsBorrowedIfItIsLoaded) {
  if (!dlopen("libgomp.so.1", RTLD_NOLOAD | RTLD_NOW)) {
    // Not loaded: the pool stands in.
    TestProgram sgd = makeSgd();
    optimc_options automatic = with(3, OPTIMC_THREADS_AUTO);
    EXPECT_STREQ("pool", Harness(&sgd.program, &automatic).info().threads_name);
    optimc_options gomp = with(3, OPTIMC_THREADS_LIBGOMP);
    optimc_optimizer *opt = nullptr;
    EXPECT_EQ(OPTIMC_UNSUPPORTED,
              optimc_create(&sgd.program, &gomp, &opt, nullptr));
    EXPECT_EQ(nullptr, opt);
  }
  void *handle = dlopen("libgomp.so.1", RTLD_NOW | RTLD_GLOBAL);
  if (!handle)
    GTEST_SKIP() << "this machine has no libgomp";
  std::string expected = trained(with(1, OPTIMC_THREADS_SERIAL));
  for (uint32_t n : {2u, 3u, 8u, 17u})
    EXPECT_TRUE(expected == trained(with(n, OPTIMC_THREADS_LIBGOMP)));
  {
    TestProgram sgd = makeSgd();
    optimc_options options = with(2, OPTIMC_THREADS_AUTO);
    Harness h(&sgd.program, &options);
    EXPECT_STREQ("libgomp", h.info().threads_name);
    // A child that used it would hang; it falls back to the pool.
    EXPECT_TRUE(inChild([&] {
      return h.info().threads == OPTIMC_THREADS_POOL &&
             trained(with(3, OPTIMC_THREADS_AUTO)) == expected;
    }));
  }
}

TEST(Threads, DefaultCount) {
  TestProgram sgd = makeSgd();
  setenv("OMP_NUM_THREADS", "5,2", 1);
  EXPECT_EQ(5u, Harness(&sgd.program).info().n_threads);
  setenv("OMP_NUM_THREADS", "nonsense", 1);
  EXPECT_GE(Harness(&sgd.program).info().n_threads, 1u);
  unsetenv("OMP_NUM_THREADS");
  cpu_set_t mask, one;
  sched_getaffinity(0, sizeof mask, &mask);
  CPU_ZERO(&one);
  for (int i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); ++i)
    if (CPU_ISSET(i, &mask))
      CPU_SET(i, &one);
  sched_setaffinity(0, sizeof one, &one);
  EXPECT_EQ(1u, Harness(&sgd.program).info().n_threads);
  EXPECT_STREQ("serial", Harness(&sgd.program).info().threads_name);
  sched_setaffinity(0, sizeof mask, &mask);
}

#if defined(__x86_64__)
namespace {
/// Flush-to-zero, denormals-are-zero, round down, with a sticky flag set.
constexpr unsigned hostile = 0x1F80 | 0x8000 | 0x0040 | 0x2000 | 0x0020;
struct HostileMode {
  unsigned saved = _mm_getcsr();
  HostileMode() {
    _mm_setcsr(hostile);
    unsigned short down = 0x077F;
    __asm__ volatile("fldcw %0" : : "m"(down));
  }
  ~HostileMode() {
    _mm_setcsr(saved);
    unsigned short word = 0x037F;
    __asm__ volatile("fldcw %0" : : "m"(word));
  }
};

unsigned short x87() {
  unsigned short word;
  __asm__ volatile("fnstcw %0" : "=m"(word));
  return word;
}
} // namespace

TEST(FpEnvironment, KernelsAndScalarsSeeTheDefault) {
  TestProgram probe = makeFpProbe();
  for (optimc_threads threads : {OPTIMC_THREADS_SERIAL, OPTIMC_THREADS_POOL}) {
    optimc_options options = with(3, threads);
    Harness h(&probe.program, &options);
    TestTensor &t = h.tensor("w", {200000});
    h.step();
    std::vector<float> expected = t.param;
    std::fill(t.param.begin(), t.param.end(), 0.0f);
    fpProbe = {};
    unsigned control;
    unsigned short word;
    {
      HostileMode mode;
      optimc_step(h.opt, nullptr);
      control = _mm_getcsr();
      word = x87();
    }
    EXPECT_EQ(hostile, control);
    EXPECT_EQ(0x077F, word);
    EXPECT_EQ(0x1F80u, fpProbe.scalarControl);
    EXPECT_EQ(0x1F80u, fpProbe.kernelControl & ~0x3Fu);
    EXPECT_EQ(0x037F, fpProbe.kernelX87);
    EXPECT_EQ(expected, t.param);
    EXPECT_EQ(1.0f / 3.0f, t.param[0]);
    EXPECT_NE(0.0f, t.param[1]);
  }
}

TEST(FpEnvironment, InitialStatesDoNotDependOnIt) {
  TestProgram program = makeLayerwise();
  auto initial = [&](bool isHostile) {
    Harness h(&program.program);
    h.group("main");
    h.hyper("lr", 0.1);
    int64_t count = 4;
    std::vector<float> p(4);
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    desc.name = "w";
    desc.rank = 1;
    desc.shape = &count;
    desc.param = p.data();
    optimc_tensor id;
    if (isHostile) {
      HostileMode mode;
      optimc_add_tensor(h.opt, 0, &desc, &id, nullptr);
    } else {
      optimc_add_tensor(h.opt, 0, &desc, &id, nullptr);
    }
    return h.state(id, "scale");
  };
  EXPECT_EQ(initial(false), initial(true));
}

TEST(FpEnvironment, TheScopeRestoresEverything) {
  HostileMode mode;
  {
    optimc::rt::DefaultFpEnvironment environment;
    volatile float overflow = 3e38f;
    overflow = overflow * 10.0f;
  }
  EXPECT_EQ(hostile, _mm_getcsr());
}
#endif
