//===- Schedule.cpp - tensors cut into chunks of equal work ---------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cpu/Schedule.h"

#include "cpu/FpEnvironment.h"

#include <algorithm>
#include <atomic>

using namespace optimc::rt;

namespace {
/// Below this many elements waking threads costs more than it saves.
constexpr int64_t serialBelow = 64 * 1024;
/// Chunks are small enough to balance and large enough for the hardware's
/// prefetchers to get going.
constexpr int64_t minChunk = 4 * 1024, maxChunk = 256 * 1024;
constexpr int64_t chunksPerThread = 8;
/// What starting a run costs, in elements.
constexpr int64_t runWeight = 64;
constexpr int64_t cacheLine = 16; // float32 elements
} // namespace

void Schedule::closeChunk(Region &region, optimc_kernel_fn fn) {
  if (region.runs.size() > chunkFirst)
    region.chunks.push_back({fn, chunkFirst, region.runs.size() - chunkFirst});
  chunkFirst = region.runs.size();
  weight = 0;
}

void Schedule::addItem(Region &region, const ScheduleItem *items,
                       uint32_t index, optimc_kernel_fn fn) {
  const ScheduleItem &item = items[index];
  int64_t unit = std::max<int64_t>(item.granule, cacheLine);
  int64_t piece = (target + unit - 1) / unit * unit;
  constexpr int64_t segment = int64_t(1) << 32;
  for (int64_t first = 0; first < item.count;) {
    int64_t global = item.globalFirst + first;
    int64_t left = std::min(item.count - first, segment - global % segment);
    // What does not fit into the open chunk starts its own: tensors that are
    // smaller than a chunk are never cut.
    if (weight > 0 && weight + left > target)
      closeChunk(region, fn);
    // Do not leave a crumb behind.
    int64_t count = left <= piece + piece / 4 ? left : piece;
    optimc_run run = {};
    run.stream = &pointers[size_t(2) * index * nStreams];
    run.aux = run.stream + nStreams;
    run.scalars = item.scalars;
    run.first = first;
    run.count = count;
    run.global_first = global;
    run.rows = item.rows;
    run.cols = item.cols;
    run.block = item.block;
    // A cut at a multiple of 2^32 may be off the line in a shard.
    if (item.aligned && first % cacheLine == 0)
      run.flags = OPTIMC_RUN_ALIGNED;
    region.runs.push_back(run);
    region.keys.push_back({item.keyBase, item.clock, index});
    weight += count + runWeight;
    first += count;
    if (weight >= target)
      closeChunk(region, fn);
  }
}

void Schedule::buildRegion(size_t phase, const ScheduleItem *items, size_t n) {
  Region &region = regions[phase];
  region.runs.clear();
  region.keys.clear();
  region.chunks.clear();
  chunkFirst = 0;
  weight = 0;
  kernels.clear();
  for (size_t i = 0; i < n; ++i) {
    if (items[i].variant->phases.size() <= phase)
      continue;
    optimc_kernel_fn fn = items[i].variant->phases[phase].fn;
    if (std::find(kernels.begin(), kernels.end(), fn) == kernels.end())
      kernels.push_back(fn);
  }
  // Tensors of one kernel side by side, so that they can share calls.
  for (optimc_kernel_fn fn : kernels) {
    for (size_t i = 0; i < n; ++i)
      if (items[i].variant->phases.size() > phase &&
          items[i].variant->phases[phase].fn == fn)
        addItem(region, items, i, fn);
    closeChunk(region, fn);
  }
}

void Schedule::build(const ScheduleItem *items, size_t n, uint32_t streams,
                     uint32_t threads) {
  nStreams = streams;
  pointers.resize(2 * n * nStreams);
  for (size_t i = 0; i < n; ++i) {
    void **to = pointers.data() + 2 * i * nStreams;
    std::copy_n(items[i].stream, nStreams, to);
    std::copy_n(items[i].aux, nStreams, to + nStreams);
  }
  size_t phases = 0;
  total = 0;
  for (size_t i = 0; i < n; ++i) {
    phases = std::max(phases, items[i].variant->phases.size());
    if (!items[i].variant->phases.empty())
      total += items[i].count;
  }
  target = std::clamp(total / (chunksPerThread * std::max(threads, 1u)),
                      minChunk, maxChunk);
  if (regions.size() < phases)
    regions.resize(phases);
  nRegions = phases;
  for (size_t phase = 0; phase < phases; ++phase)
    buildRegion(phase, items, n);
}

void Schedule::setKeys(double ahead) {
  for (size_t r = 0; r < nRegions; ++r) {
    Region &region = regions[r];
    for (size_t i = 0; i < region.runs.size(); ++i) {
      const KeySource &source = region.keys[i];
      double step = source.clock->front() + ahead;
      // Sound programs count to 2^53; a damaged one may store anything.
      bool counts = step >= 0 && step <= 9007199254740993.0;
      uint64_t number = counts ? static_cast<uint64_t>(step) : 0;
      region.runs[i].key = optimc_mix(source.base ^ number);
    }
  }
}

namespace {
struct Work {
  const Schedule::Region *region;
  std::atomic<size_t> next{0};
};
} // namespace

static void takeChunks(void *data, uint32_t) {
  auto *work = static_cast<Work *>(data);
  const Schedule::Region &region = *work->region;
  DefaultFpEnvironment environment;
  while (true) {
    size_t i = work->next.fetch_add(1, std::memory_order_relaxed);
    if (i >= region.chunks.size())
      return;
    const Schedule::Chunk &chunk = region.chunks[i];
    chunk.fn(region.runs.data() + chunk.first, static_cast<int64_t>(chunk.n));
  }
}

void Schedule::execute(const ThreadChoice &threads) const {
  for (size_t r = 0; r < nRegions; ++r) {
    Work work;
    work.region = &regions[r];
    if (total >= serialBelow && regions[r].chunks.size() > 1)
      parallel(threads, takeChunks, &work);
    // Whatever a caller's pool did not take is done here.
    takeChunks(&work, 0);
  }
}
