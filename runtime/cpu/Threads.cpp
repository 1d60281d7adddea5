//===- Threads.cpp - who runs the chunks ----------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cpu/Threads.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <thread>

using namespace optimc::rt;

namespace {
std::atomic<bool> isForkedChild{false};

using GompParallel = void (*)(void (*)(void *), void *, unsigned, unsigned);
using GompThreadNum = int (*)();
struct Gomp {
  GompParallel parallel;
  GompThreadNum threadNum;
};

std::atomic<const Gomp *> found{nullptr};

/// libgomp's entry points if it was there when last looked for.
const Gomp *getGomp() {
  if (isForkedChild.load(std::memory_order_relaxed))
    return nullptr;
  return found.load(std::memory_order_acquire);
}

/// Looks for it among the libraries of the process, of which there may be
/// hundreds, until it is found once; never loads it. The handle is kept so that
/// it stays.
const Gomp *findGomp() {
  static Gomp gomp;
  if (isForkedChild.load(std::memory_order_relaxed))
    return nullptr;
  if (const Gomp *known = getGomp())
    return known;
  static std::atomic_flag busy = ATOMIC_FLAG_INIT;
  if (busy.test_and_set(std::memory_order_acquire))
    return nullptr; // another thread is looking; the pool will do for now
  using Path = std::array<char, 4096>;
  Path path = {}; // of the first one
  dl_iterate_phdr(
      [](dl_phdr_info *library, size_t, void *out) -> int {
        const char *slash = strrchr(library->dlpi_name, '/');
        const char *name = slash ? slash + 1 : library->dlpi_name;
        // Wheels bundle it as libgomp-1a2b3c4d.so.1.0.0.
        if (strncmp(name, "libgomp.so", 10) && strncmp(name, "libgomp-", 8))
          return 0;
        auto &path = *static_cast<Path *>(out);
        snprintf(path.data(), path.size(), "%s", library->dlpi_name);
        return 1;
      },
      &path);
  void *handle =
      path[0] ? dlopen(path.data(), RTLD_NOLOAD | RTLD_NOW) : nullptr;
  if (handle) {
    gomp.parallel =
        reinterpret_cast<GompParallel>(dlsym(handle, "GOMP_parallel"));
    gomp.threadNum =
        reinterpret_cast<GompThreadNum>(dlsym(handle, "omp_get_thread_num"));
    if (gomp.parallel && gomp.threadNum)
      found.store(&gomp, std::memory_order_release);
    else
      dlclose(handle);
  }
  busy.clear(std::memory_order_release);
  return getGomp();
}

struct GompCall {
  optimc_task_fn task;
  void *data;
  GompThreadNum threadNum;
};
} // namespace

void optimc::rt::watchForks() {
  static const int installed = pthread_atfork(nullptr, nullptr, [] {
    isForkedChild.store(true, std::memory_order_relaxed);
    forgetPool();
  });
  (void)installed;
}

/// Before it is known whether there is a libgomp.
static optimc_threads wantedThreads(const ThreadChoice &choice) {
  if (choice.backend != OPTIMC_THREADS_AUTO)
    return choice.backend;
  if (choice.parallelFor)
    return OPTIMC_THREADS_CALLER;
  return choice.count <= 1 ? OPTIMC_THREADS_SERIAL : OPTIMC_THREADS_LIBGOMP;
}

optimc_threads optimc::rt::resolveThreads(const ThreadChoice &choice) {
  optimc_threads wanted = wantedThreads(choice);
  return wanted == OPTIMC_THREADS_LIBGOMP && !findGomp() ? OPTIMC_THREADS_POOL
                                                         : wanted;
}

void optimc::rt::parallel(const ThreadChoice &choice, optimc_task_fn task,
                          void *data) {
  switch (wantedThreads(choice)) {
  case OPTIMC_THREADS_CALLER:
    return choice.parallelFor(choice.context, task, data, choice.count);
  case OPTIMC_THREADS_LIBGOMP:
    if (const Gomp *gomp = getGomp()) {
      GompCall call = {task, data, gomp->threadNum};
      return gomp->parallel(
          [](void *argument) {
            auto *call = static_cast<GompCall *>(argument);
            call->task(call->data, call->threadNum());
          },
          &call, choice.count, 0);
    }
    [[fallthrough]];
  case OPTIMC_THREADS_POOL:
    return runOnPool(task, data, choice.count);
  default:
    return task(data, 0);
  }
}

uint32_t optimc::rt::defaultThreadCount() {
  if (const char *text = getenv("OMP_NUM_THREADS")) {
    // The first number of a list such as "4,2" is the outermost level's.
    long count = strtol(text, nullptr, 10);
    if (count > 0)
      return std::min<long>(count, OPTIMC_MAX_THREADS);
  }
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
    return std::min<uint32_t>(CPU_COUNT(&set), OPTIMC_MAX_THREADS);
#endif
  uint32_t count = std::thread::hardware_concurrency();
  return std::clamp<uint32_t>(count, 1, OPTIMC_MAX_THREADS);
}

const char *optimc::rt::threadsName(optimc_threads backend) {
  switch (backend) {
  case OPTIMC_THREADS_CALLER:
    return "caller";
  case OPTIMC_THREADS_LIBGOMP:
    return "libgomp";
  case OPTIMC_THREADS_POOL:
    return "pool";
  default:
    return "serial";
  }
}
