//===- ThreadPool.h - a fixed set of threads for short parallel loops -*- C++
//-*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_THREADPOOL_H
#define OPTIMC_TRAINER_THREADPOOL_H

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace optimc::trainer {

/// Runs loops on `threads` threads, the caller included. Used by one thread at
/// a time; with one thread there is no other and no synchronisation.
class ThreadPool {
public:
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// Calls body(0) ... body(count - 1), in any order, and waits for all.
  void forEach(int64_t count, const std::function<void(int64_t)> &body);
  int threads() const { return static_cast<int>(workers.size()) + 1; }

private:
  void work();
  void takeItems(const std::function<void(int64_t)> &body, int64_t count);

  std::vector<std::thread> workers;
  std::mutex mutex;
  std::condition_variable wake, finished;
  const std::function<void(int64_t)> *body = nullptr;
  int64_t count = 0;
  std::atomic<int64_t> next{0};
  uint64_t round = 0;
  size_t busy = 0;
  bool stop = false;
};

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_THREADPOOL_H
