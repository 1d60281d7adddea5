//===- Bandwidth.cpp - what this machine's memory can do -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bandwidth.h"
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>
#include <unistd.h>
#include <vector>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

using namespace optimc::tool;

namespace {

constexpr int64_t line = 16; // floats of a cache line

struct Free {
  void operator()(float *data) const { std::free(data); }
};
using Array = std::unique_ptr<float, Free>;

struct Arrays {
  float *x, *y, *z;
};

/// All threads wait for the last, without sleeping: a round is short.
class Barrier {
public:
  explicit Barrier(unsigned threads) : threads(threads) {}
  void wait() {
    unsigned mine = generation.load(std::memory_order_acquire);
    if (arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == threads) {
      arrived.store(0, std::memory_order_relaxed);
      generation.store(mine + 1, std::memory_order_release);
      return;
    }
    while (generation.load(std::memory_order_acquire) == mine)
      std::this_thread::yield();
  }

private:
  unsigned threads;
  std::atomic<unsigned> arrived{0}, generation{0};
};

} // namespace

/// What the compiler may not drop.
static std::atomic<uint32_t> sink;

static void prefetch(const float *at) { __builtin_prefetch(at + 512); }

static void storePast(float *to, const float *y, const float *z) {
#if defined(__SSE2__)
  const __m128 a = _mm_set1_ps(.5f);
  for (int64_t k = 0; k < line; k += 4) {
    __m128 value = _mm_load_ps(y + k);
    if (z)
      value = _mm_add_ps(value, _mm_mul_ps(a, _mm_load_ps(z + k)));
    _mm_stream_ps(to + k, value);
  }
#else
  for (int64_t k = 0; k < line; ++k)
    to[k] = z ? y[k] + .5f * z[k] : y[k];
#endif
}

static void read(const Arrays &a, int64_t begin, int64_t end) {
  // Integers: their sum may be taken in any order, so it is vectorised.
  auto *x = reinterpret_cast<const uint32_t *>(a.x),
       *y = reinterpret_cast<const uint32_t *>(a.y),
       *z = reinterpret_cast<const uint32_t *>(a.z);
  uint32_t sum = 0;
  for (int64_t i = begin; i < end; i += line) {
    prefetch(a.x + i);
    prefetch(a.y + i);
    prefetch(a.z + i);
    for (int64_t k = i; k < i + line; ++k)
      sum += x[k] ^ y[k] ^ z[k];
  }
  sink.fetch_add(sum, std::memory_order_relaxed);
}

static void copy(const Arrays &a, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; i += line)
    storePast(a.x + i, a.y + i, nullptr);
}

static void triad(const Arrays &a, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; i += line)
    storePast(a.x + i, a.y + i, a.z + i);
}

static void update(const Arrays &a, int64_t begin, int64_t end) {
  float *__restrict x = a.x;
  const float *__restrict y = a.y;
  for (int64_t i = begin; i < end; i += line) {
    prefetch(x + i);
    prefetch(y + i);
    for (int64_t k = i; k < i + line; ++k)
      x[k] += .5f * y[k];
  }
}

double Bandwidth::best() const { return std::max({read, copy, triad, update}); }

unsigned optimc::tool::getThreads() {
  return std::max(1u, std::thread::hardware_concurrency());
}

int64_t optimc::tool::getArrayBytes() {
  int64_t bytes = int64_t(256) << 20;
#if defined(_SC_LEVEL3_CACHE_SIZE)
  bytes = std::max<int64_t>(bytes, 2 * sysconf(_SC_LEVEL3_CACHE_SIZE));
#endif
  int64_t pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  if (pages > 0 && size > 0)
    bytes = std::min(bytes, pages / 32 * size);
  return bytes;
}

bool optimc::tool::measureBandwidth(const BandwidthOptions &options,
                                    Bandwidth &out) {
  using Loop = void (*)(const Arrays &, int64_t, int64_t);
  constexpr Loop loops[] = {read, copy, triad, update};
  constexpr int bytes[] = {12, 8, 12, 12}; // per element
  constexpr int patterns = 4;
  unsigned threads = std::max(1u, options.threads);
  int64_t wanted = options.arrayBytes ? options.arrayBytes : getArrayBytes();
  // Every thread gets whole lines, and all the same number.
  int64_t share = wanted / int64_t(sizeof(float)) / threads / line * line;
  int64_t prefetched = 1024; // may be looked at past the end, is never used
  if (share == 0)
    return false;
  Array arrays[3];
  for (Array &array : arrays) {
    array.reset(static_cast<float *>(std::aligned_alloc(
        64, size_t(share * threads + prefetched) * sizeof(float))));
    if (!array)
      return false;
  }
  Arrays a{arrays[0].get(), arrays[1].get(), arrays[2].get()};

  int rounds = std::max(1, options.rounds);
  std::vector<double> seconds(size_t(rounds) * patterns);
  Barrier barrier(threads);
  auto work = [&](unsigned thread) {
    int64_t begin = share * thread, end = begin + share;
    for (float *data : {a.x, a.y, a.z}) // the pages of who uses them
      std::fill(data + begin, data + end, 1.0f);
    for (int round = -1; round < rounds; ++round) // the first is not counted
      for (int pattern = 0; pattern < patterns; ++pattern) {
        barrier.wait();
        auto start = std::chrono::steady_clock::now();
        loops[pattern](a, begin, end);
#if defined(__SSE2__)
        _mm_sfence();
#endif
        barrier.wait();
        if (thread == 0 && round >= 0)
          seconds[size_t(pattern * rounds + round)] =
              std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                            start)
                  .count();
      }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i)
    others.emplace_back(work, i);
  work(0);
  for (std::thread &other : others)
    other.join();

  double *const results[] = {&out.read, &out.copy, &out.triad, &out.update};
  for (int pattern = 0; pattern < patterns; ++pattern) {
    auto first = seconds.begin() + pattern * rounds;
    std::nth_element(first, first + rounds / 2, first + rounds);
    *results[pattern] = double(bytes[pattern]) * double(share * threads) /
                        first[rounds / 2] * 1e-9;
  }
  return true;
}
