//===- Parts.h - who begins with which piece of work -----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CPU_PARTS_H
#define OPTIMC_RUNTIME_CPU_PARTS_H

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace optimc::rt {

/// Cuts pieces of work into one contiguous part per thread. Each thread takes
/// its own part first, so that from step to step values stay in the caches, and
/// on the memory, of one core. Then it helps the others.
class Parts {
public:
  /// Allocates where the number changes; at least one part.
  void resize(size_t threads) {
    threads = threads ? threads : 1;
    if (parts.size() != threads)
      parts = std::vector<Part>(threads);
  }

  /// Shares `pieces` among all threads, or gives them all to one.
  void begin(size_t pieces, bool shares) {
    used = shares ? parts.size() : 1;
    for (size_t t = 0; t < used; ++t) {
      parts[t].begin = pieces * t / used;
      parts[t].end = pieces * (t + 1) / used;
      parts[t].next.store(parts[t].begin, std::memory_order_relaxed);
    }
  }

  /// Calls run(piece) until nothing is left; by any number of threads at once.
  /// Backwards, each part is walked from its end.
  template <typename Run>
  void take(uint32_t thread, bool backwards, Run run) {
    for (size_t k = 0; k < used; ++k) {
      Part &part = parts[(thread + k) % used];
      while (true) {
        size_t i = part.next.fetch_add(1, std::memory_order_relaxed);
        if (i >= part.end)
          break;
        run(backwards ? part.begin + part.end - 1 - i : i);
      }
    }
  }

private:
  struct alignas(64) Part {
    std::atomic<size_t> next{0};
    size_t begin = 0, end = 0;
  };
  std::vector<Part> parts; // by thread
  size_t used = 0;
};

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CPU_PARTS_H
