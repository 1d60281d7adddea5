//===- ThreadPool.cpp - a fixed set of threads for short loops --*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "ThreadPool.h"

namespace optimc::trainer {

ThreadPool::ThreadPool(int threads) {
  for (int i = 1; i < threads; ++i)
    workers.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    stop = true;
  }
  wake.notify_all();
  for (std::thread &worker : workers)
    worker.join();
}

void ThreadPool::takeItems(const std::function<void(int64_t)> &body,
                           int64_t count) {
  for (int64_t i = next++; i < count; i = next++)
    body(i);
}

void ThreadPool::forEach(int64_t count,
                         const std::function<void(int64_t)> &body) {
  if (workers.empty() || count <= 1) {
    for (int64_t i = 0; i < count; ++i)
      body(i);
    return;
  }
  {
    std::lock_guard<std::mutex> lock(mutex);
    this->body = &body;
    this->count = count;
    next = 0;
    busy = workers.size();
    ++round;
  }
  wake.notify_all();
  takeItems(body, count);
  std::unique_lock<std::mutex> lock(mutex);
  finished.wait(lock, [this] { return busy == 0; });
}

void ThreadPool::work() {
  uint64_t seen = 0;
  std::unique_lock<std::mutex> lock(mutex);
  while (true) {
    wake.wait(lock, [&] { return stop || round != seen; });
    if (stop)
      return;
    seen = round;
    const std::function<void(int64_t)> &current = *body;
    int64_t items = count;
    lock.unlock();
    takeItems(current, items);
    lock.lock();
    if (--busy == 0)
      finished.notify_one();
  }
}

} // namespace optimc::trainer
