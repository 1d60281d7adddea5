//===- Pool.cpp - the runtime's own threads -------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One job at a time. A job has tickets; a worker that wakes up takes one and
// helps. The thread that posted the job works too, and when it finds no work
// left it withdraws the remaining tickets: it waits only for workers that have
// joined, never for one that the system has not woken yet.
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
  void work();

  // About 10 us: longer than the gap between two phases, short enough not to
  // steal cores from the code between two steps.
  static constexpr int spins = 300;

  std::atomic<bool> busy{false}; // some thread's job is running
  std::mutex mutex;
  std::condition_variable wake, finished;
  std::atomic<uint64_t> generation{0};
  std::atomic<uint32_t> active{0};
  optimc_task_fn task = nullptr;
  void *data = nullptr;
  uint32_t tickets = 0, nextIndex = 0;
  uint32_t nWorkers = 0;
};

void Pool::work() {
  uint64_t seen = 0;
  while (true) {
    for (int i = 0; i < spins && generation.load() == seen; ++i)
      pause();
    std::unique_lock<std::mutex> lock(mutex);
    wake.wait(lock, [&] { return generation.load() != seen; });
    seen = generation.load();
    if (tickets == 0)
      continue;
    --tickets;
    active.fetch_add(1);
    optimc_task_fn current = task;
    void *argument = data;
    uint32_t index = nextIndex++;
    lock.unlock();
    current(argument, index);
    lock.lock();
    if (active.fetch_sub(1) == 1)
      finished.notify_one();
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
      static_cast<Pool *>(self)->work();
      return nullptr;
    };
    if (pthread_create(&thread, nullptr, body, this) != 0)
      break; // fewer threads: slower, not wrong
    pthread_detach(thread);
    ++nWorkers;
  }
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

void Pool::run(optimc_task_fn newTask, void *newData, uint32_t count) {
  if (busy.exchange(true, std::memory_order_acquire))
    return newTask(newData, 0);
  if (nWorkers + 1 < count)
    addWorkers(count - 1);
  {
    std::lock_guard<std::mutex> lock(mutex);
    task = newTask;
    data = newData;
    tickets = count - 1;
    nextIndex = 1;
    generation.fetch_add(1);
  }
  wake.notify_all();
  newTask(newData, 0);
  {
    std::lock_guard<std::mutex> lock(mutex);
    tickets = 0;
  }
  // Those that have joined are in their last chunks.
  for (int i = 0; i < spins && active.load() != 0; ++i)
    pause();
  if (active.load() != 0) {
    std::unique_lock<std::mutex> lock(mutex);
    finished.wait(lock, [&] { return active.load() == 0; });
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
