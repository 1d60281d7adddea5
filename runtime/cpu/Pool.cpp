//===- Pool.cpp - the runtime's own threads -------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One job at a time. A job has tickets; a worker that is awake takes one and
// helps. The thread that posted the job works too, and when it finds no work
// left it withdraws the remaining tickets: it waits only for workers that have
// joined, never for one that the system has not woken yet. Locks are for
// sleeping: nobody who spins ever waits for one.
//
//===----------------------------------------------------------------------===//
#include "cpu/Threads.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <pthread.h>
#include <signal.h>

using namespace optimc::rt;

namespace {
inline void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

class Pool {
public:
  void run(optimc_task_fn task, void *data, uint32_t count);

private:
  void addWorkers(uint32_t wanted);
  bool join(uint64_t &seen);
  void work(uint32_t index);

  // 6 to 15 us, by processor: longer than the gap between two phases, short
  // enough not to steal cores from the code between two steps.
  static constexpr int spins = 300;

  static constexpr uint64_t ticketMask = 0xffffffff;

  std::atomic<bool> busy{false}; // some thread's job is running
  /// Job number (32 bits), tickets left (32 bits). Who takes a ticket may read
  /// what is below: the next job is posted when all who joined have left.
  std::atomic<uint64_t> offer{0};
  std::atomic<uint32_t> left{0}; // workers that have finished
  optimc_task_fn task = nullptr;
  void *data = nullptr;
  uint32_t count = 0; // threads of the job

  uint32_t nWorkers = 0;
  std::atomic<uint32_t> nStarted{0};

  std::mutex mutex;
  std::condition_variable wake, finished;
  std::atomic<uint32_t> sleepers{0};
  std::atomic<bool> ownerSleeps{false};
};

/// Takes one of the tickets that `seen`, or what replaced it, has left.
bool Pool::join(uint64_t &seen) {
  seen = offer.load();
  while ((seen & ticketMask) != 0)
    if (offer.compare_exchange_weak(seen, seen - 1))
      return true;
  return false;
}

void Pool::work(uint32_t index) {
  uint64_t seen = 0;
  while (true) {
    for (int i = 0; i < spins && offer.load() == seen; ++i)
      pause();
    if (offer.load() == seen) {
      std::unique_lock<std::mutex> lock(mutex);
      sleepers.fetch_add(1);
      wake.wait(lock, [&] { return offer.load() != seen; });
      sleepers.fetch_sub(1);
    }
    if (!join(seen))
      continue;
    // The same worker gets the same part of each job, and finds it in its
    // caches. The poster works as 0.
    task(data, index % count);
    left.fetch_add(1);
    if (ownerSleeps.load()) {
      std::lock_guard<std::mutex> lock(mutex);
      finished.notify_one();
    }
  }
}

void Pool::addWorkers(uint32_t wanted) {
  // Signals belong to the program's own threads.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  while (nWorkers < wanted) {
    pthread_t thread;
    auto body = [](void *self) -> void * {
      auto *pool = static_cast<Pool *>(self);
      pool->work(pool->nStarted.fetch_add(1) + 1);
      return nullptr;
    };
    if (pthread_create(&thread, nullptr, body, this) != 0)
      break; // fewer threads: slower, not wrong
    pthread_detach(thread);
    ++nWorkers;
  }
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

void Pool::run(optimc_task_fn newTask, void *newData, uint32_t newCount) {
  if (busy.exchange(true, std::memory_order_acquire))
    return newTask(newData, 0);
  if (nWorkers + 1 < newCount)
    addWorkers(newCount - 1);
  task = newTask;
  data = newData;
  count = newCount;
  left.store(0);
  uint32_t tickets = newCount - 1;
  offer.store(((offer.load() >> 32) + 1) << 32 | tickets);
  if (sleepers.load() != 0) {
    std::lock_guard<std::mutex> lock(mutex);
    wake.notify_all();
  }
  newTask(newData, 0);
  uint64_t rest = offer.fetch_and(~ticketMask) & ticketMask;
  uint32_t joined = tickets - static_cast<uint32_t>(rest);
  // They are in their last chunks.
  for (int i = 0; i < spins && left.load() != joined; ++i)
    pause();
  if (left.load() != joined) {
    std::unique_lock<std::mutex> lock(mutex);
    ownerSleeps.store(true);
    finished.wait(lock, [&] { return left.load() == joined; });
    ownerSleeps.store(false);
  }
  busy.store(false, std::memory_order_release);
}

std::atomic<Pool *> pool{nullptr};
} // namespace

void optimc::rt::runOnPool(optimc_task_fn task, void *data, uint32_t count) {
  if (count <= 1)
    return task(data, 0);
  Pool *current = pool.load(std::memory_order_acquire);
  if (!current) {
    watchForks();
    // Never freed: its threads sleep in it until the process ends.
    Pool *fresh = new (std::nothrow) Pool;
    if (!fresh)
      return task(data, 0);
    if (pool.compare_exchange_strong(current, fresh))
      current = fresh;
    else
      delete fresh;
  }
  current->run(task, data, count);
}

void optimc::rt::forgetPool() { pool.store(nullptr); }
