//===- Schedule.cpp - tensors cut into chunks of equal work ---------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cpu/Schedule.h"

#include "core/Reduce.h"
#include "cpu/FpEnvironment.h"

#include <algorithm>
#include <chrono>

using namespace optimc::rt;

namespace {
/// Chunks are small enough to balance and large enough for the hardware's
/// prefetchers to get going.
constexpr int64_t minChunk = 4 * 1024, maxChunk = 256 * 1024;
constexpr int64_t chunksPerThread = 8;
/// What starting a run costs, in elements.
constexpr int64_t runWeight = 64;
constexpr int64_t cacheLine = 16; // float32 elements
/// Regions of so many values try whether threads pay.
constexpr int64_t trialFrom = 16 * 1024, trialTo = 2 * 1024 * 1024;
} // namespace

void Schedule::closeChunk(Region &region, optimc_kernel_fn fn) {
  if (region.runs.size() > chunkFirst)
    region.chunks.push_back({fn, chunkFirst, region.runs.size() - chunkFirst});
  chunkFirst = region.runs.size();
  weight = 0;
}

void Schedule::addItem(Region &region, const ScheduleItem *items,
                       uint32_t index, const Phase &phase) {
  const ScheduleItem &item = items[index];
  int64_t total = item.extent.countOf(phase.domain);
  if (total == 0)
    return;
  int64_t globalFirst = item.extent.firstOf(phase.domain);
  int64_t unit =
      item.extent.unitOf(phase.cut, std::max<int64_t>(item.granule, cacheLine));
  int64_t piece = divideUp(target, unit) * unit;
  constexpr int64_t segment = int64_t(1) << 32;
  region.total += total;
  for (int64_t first = 0; first < total;) {
    int64_t global = globalFirst + first;
    int64_t left = std::min(total - first, segment - global % segment);
    // What does not fit into the open chunk starts its own: tensors that are
    // smaller than a chunk are never cut.
    if (weight > 0 && weight + left > target)
      closeChunk(region, phase.fn);
    // Do not leave a crumb behind.
    int64_t count = left <= piece + piece / 4 ? left : piece;
    optimc_run run = {};
    run.stream = &pointers[size_t(2) * index * nStreams];
    run.aux = run.stream + nStreams;
    run.partials = item.partials;
    run.scalars = item.scalars;
    run.first = global;
    run.count = count;
    run.rows = item.extent.rows;
    run.cols = item.extent.cols;
    run.block = item.extent.block;
    // A cut at a multiple of 2^32 may be off the line in a shard.
    if (item.aligned && first % cacheLine == 0)
      run.flags = OPTIMC_RUN_ALIGNED;
    region.runs.push_back(run);
    region.keys.push_back({item.keyBase, item.clock, index});
    weight += count + runWeight;
    first += count;
    if (weight >= target)
      closeChunk(region, phase.fn);
  }
}

/// The `number`-th phase of a stage of each item's variant, or null.
static const Phase *findPhase(const ScheduleItem &item, uint32_t stage,
                              size_t number) {
  for (const Phase &phase : item.variant->phases)
    if (phase.stage == stage && number-- == 0)
      return &phase;
  return nullptr;
}

/// False if no item has such a phase.
bool Schedule::buildRegion(size_t index, uint32_t stage, size_t number,
                           const ScheduleItem *items, size_t n) {
  kernels.clear();
  for (size_t i = 0; i < n; ++i) {
    const Phase *phase = findPhase(items[i], stage, number);
    if (phase &&
        std::find(kernels.begin(), kernels.end(), phase->fn) == kernels.end())
      kernels.push_back(phase->fn);
  }
  if (kernels.empty())
    return false;
  if (regions.size() <= index)
    regions.resize(index + 1);
  Region &region = regions[index];
  int64_t totalBefore = region.total;
  region.stage = stage;
  region.total = 0;
  region.runs.clear();
  region.keys.clear();
  region.chunks.clear();
  chunkFirst = 0;
  weight = 0;
  // Tensors of one kernel side by side, so that they can share calls.
  for (optimc_kernel_fn fn : kernels) {
    for (size_t i = 0; i < n; ++i)
      if (const Phase *phase = findPhase(items[i], stage, number);
          phase && phase->fn == fn)
        addItem(region, items, i, *phase);
    closeChunk(region, fn);
  }
  if (region.total != totalBefore)
    region.trial = {};
  return true;
}

void Schedule::placeStreams(const ScheduleItem &item, size_t index,
                            const Program &program) {
  void **to = &pointers[2 * index * nStreams];
  for (uint32_t i = 0; i < nStreams; ++i) {
    UnshardedPlaces places = unshardedPlaces(
        program.formats[i], item.extent.firstOf(program.streams[i].rate),
        item.stream[i], item.aux[i]);
    to[i] = reinterpret_cast<void *>(places.stream);
    to[nStreams + i] = reinterpret_cast<void *>(places.aux);
  }
}

void Schedule::addRings(const ScheduleItem &item, size_t index,
                        const Program &program) {
  for (uint32_t i = 0; i < nStreams; ++i) {
    const optimc_stream &stream = program.streams[i];
    if (stream.slots == 1 || !item.stream[i])
      continue;
    const Format &format = program.formats[i];
    int64_t values = item.extent.countOf(stream.rate);
    auto add = [&](size_t pointer, size_t stride) {
      rings.push_back({pointer, static_cast<char *>(pointers[pointer]), stride,
                       stream.slots, item.clock});
    };
    size_t pointer = 2 * index * nStreams + i;
    add(pointer, static_cast<size_t>(values) * format.elementSize());
    if (format.hasAux())
      add(pointer + nStreams,
          static_cast<size_t>(format.auxCount(values)) * sizeof(uint16_t));
  }
}

void Schedule::build(const ScheduleItem *items, size_t n,
                     const Program &program, uint32_t nStages,
                     uint32_t threads) {
  nStreams = program.streams.size();
  pointers.resize(2 * n * nStreams);
  rings.clear();
  for (size_t i = 0; i < n; ++i) {
    placeStreams(items[i], i, program);
    addRings(items[i], i, program);
  }
  int64_t total = 0;
  for (size_t i = 0; i < n; ++i)
    if (!items[i].variant->phases.empty())
      total += items[i].extent.count;
  parts.resize(threads);
  target = std::clamp(total / (chunksPerThread * std::max(threads, 1u)),
                      minChunk, maxChunk);
  nRegions = 0;
  for (uint32_t stage = 0; stage < nStages; ++stage)
    for (size_t number = 0; buildRegion(nRegions, stage, number, items, n);
         ++number)
      ++nRegions;
}

/// Sound programs count to 2^53; a damaged one may store anything.
static uint64_t numberOf(double step) {
  bool counts = step >= 0 && step <= 9007199254740993.0;
  return counts ? static_cast<uint64_t>(step) : 0;
}

void Schedule::setStep(double newAhead) {
  ahead = newAhead;
  for (const Ring &ring : rings) {
    uint64_t slot = numberOf(ring.clock->front() + ahead - 1) % ring.slots;
    pointers[ring.pointer] = ring.base + slot * ring.stride;
  }
}

namespace {
struct Work {
  Schedule::Region &region;
  Parts &parts;
  bool backwards;
  double ahead;
};
} // namespace

static void runChunk(const Work &work, const Schedule::Chunk &chunk) {
  optimc_run *runs = work.region.runs.data() + chunk.first;
  const Schedule::KeySource *keys = work.region.keys.data() + chunk.first;
  for (size_t i = 0; i < chunk.n; ++i)
    runs[i].key = optimc_mix(keys[i].base ^
                             numberOf(keys[i].clock->front() + work.ahead));
  chunk.fn(runs, static_cast<int64_t>(chunk.n));
}

static void takeChunks(void *data, uint32_t thread) {
  Work &work = *static_cast<Work *>(data);
  DefaultFpEnvironment environment;
  work.parts.take(thread, work.backwards,
                  [&](size_t i) { runChunk(work, work.region.chunks[i]); });
}

/// Every other region goes backwards: it begins with what the one before has
/// left in the caches.
void Schedule::runRegion(size_t index, const ThreadChoice &threads,
                         bool shares) {
  Work work = {regions[index], parts, index % 2 == 1, ahead};
  parts.begin(work.region.chunks.size(), shares);
  if (shares)
    parallel(threads, takeChunks, &work);
  // Whatever a caller's pool did not take is done here.
  takeChunks(&work, 0);
}

void Schedule::execute(const ThreadChoice &threads, uint32_t stage) {
  using Clock = std::chrono::steady_clock;
  for (size_t r = 0; r < nRegions; ++r) {
    Region &region = regions[r];
    if (region.stage != stage)
      continue;
    bool isLikely = region.total >= parallelFrom;
    bool mayShare =
        (threads.count > 1 || threads.parallelFor) && region.chunks.size() > 1;
    // A caller who brings threads wants them used.
    if (!mayShare || threads.parallelFor || region.total < trialFrom ||
        region.total >= trialTo) {
      runRegion(r, threads, mayShare && isLikely);
      continue;
    }
    bool shares = region.trial.shares(isLikely);
    Clock::time_point start = Clock::now();
    runRegion(r, threads, shares);
    std::chrono::duration<double> time = Clock::now() - start;
    region.trial.note(shares, time.count());
  }
}
