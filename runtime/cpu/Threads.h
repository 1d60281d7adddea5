//===- Threads.h - who runs the chunks -------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A second thread runtime next to one whose workers still spin loses the core
// to them, so threads are borrowed: the caller's, else those of the libgomp
// that is in the process already, else an own pool. libgomp hangs in a child
// forked after a parallel region: children never use it.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CPU_THREADS_H
#define OPTIMC_RUNTIME_CPU_THREADS_H

#include "optimc-c/Runtime.h"

namespace optimc::rt {

/// From this many elements on, waking threads usually saves more than it costs.
constexpr int64_t parallelFrom = 64 * 1024;

struct ThreadChoice {
  optimc_threads backend = OPTIMC_THREADS_AUTO; // as asked for
  uint32_t count = 1;
  optimc_parallel_for_fn parallelFor = nullptr;
  void *context = nullptr;
};

/// The back end to use from now on: never AUTO. LIBGOMP becomes POOL where
/// libgomp is not loaded or this process is a forked child. Looks for libgomp,
/// which `parallel` does not: that takes longer than a small step.
optimc_threads resolveThreads(const ThreadChoice &choice);

/// Calls task(data, i) for some or all i in [0, choice.count), on this thread
/// and others, and returns when all calls have returned. The task must share
/// its work dynamically: a busy pool may give it one thread only. A thread
/// usually gets the same `i` each time.
void parallel(const ThreadChoice &choice, optimc_task_fn task, void *data);

/// OMP_NUM_THREADS if it is set, else the size of the affinity mask.
uint32_t defaultThreadCount();

const char *threadsName(optimc_threads backend);

/// Installs the fork handler; idempotent.
void watchForks();

/// The runtime's own pool: sleeping workers, shared by all optimizers, made
/// when first used. Runs `task` alone when another thread is using the pool.
void runOnPool(optimc_task_fn task, void *data, uint32_t count);
/// In a forked child: the pool's threads are gone, so forget it.
void forgetPool();

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CPU_THREADS_H
