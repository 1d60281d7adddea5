//===- ShardedRun.cpp - a workload cut over several optimizers -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledWork.h"
#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>

using namespace optimc;
using namespace optimc::test;

//===----------------------------------------------------------------------===//
// The exchange
//===----------------------------------------------------------------------===//

namespace {
/// What an all-reduce is between processes.
class Exchange {
public:
  explicit Exchange(unsigned processes) : processes(processes) {}

  static int call(void *context, uint64_t *words, uint64_t n) {
    return static_cast<Exchange *>(context)->combine(words, n);
  }
  /// A process that failed comes no more.
  void leave() {
    std::lock_guard<std::mutex> lock(mutex);
    isBroken = true;
    changed.notify_all();
  }

private:
  int combine(uint64_t *words, uint64_t n) {
    std::unique_lock<std::mutex> lock(mutex);
    uint64_t round = numRounds;
    sum.resize(arrived == 0 ? n : sum.size());
    if (arrived == 0)
      std::fill(sum.begin(), sum.end(), 0);
    if (sum.size() != n)
      isBroken = true; // the processes do not agree on what they exchange
    for (uint64_t i = 0; i < std::min<uint64_t>(n, sum.size()); ++i)
      sum[i] |= words[i];
    if (++arrived == processes) {
      arrived = 0;
      ++numRounds;
      result = sum;
      changed.notify_all();
    }
    changed.wait(lock, [&] { return isBroken || numRounds != round; });
    if (isBroken) {
      changed.notify_all();
      return 1;
    }
    std::copy(result.begin(), result.end(), words);
    return 0;
  }

  const unsigned processes;
  unsigned arrived = 0;
  uint64_t numRounds = 0;
  bool isBroken = false;
  std::vector<uint64_t> sum, result;
  std::mutex mutex;
  std::condition_variable changed;
};
} // namespace

//===----------------------------------------------------------------------===//
// Cuts
//===----------------------------------------------------------------------===//

static int64_t getPhaseUnit(const Shape &shape, const optimc_phase &phase) {
  size_t rank = shape.extents.size();
  int64_t cols = rank ? shape.extents[rank - 1] : 1;
  int64_t rows = rank > 1 ? shape.extents[rank - 2] : 1;
  switch (phase.cut) {
  case OPTIMC_CUT_LINES:
    // Either panels of 64 rows fill a batch, or a batch is the unit.
    return rank > 2 && rows % 64 ? rows * cols : 64 * cols;
  case OPTIMC_CUT_BLOCKS:
    return shape.block;
  default:
    return phase.cut == OPTIMC_CUT_GRANULES ? 4096 : 1;
  }
}

/// A tensor may be cut at multiples of this.
static int64_t getUnit(const optimc_program *program, const Shape &shape) {
  int64_t unit = 1;
  for (uint32_t e = 0; e != program->entries.count; ++e) {
    const optimc_entry &entry = program->entries.data[e];
    for (uint32_t k = 0; k != entry.plans.count; ++k) {
      const optimc_plan &plan = entry.plans.data[k];
      unit = std::lcm(unit, int64_t(plan.granule));
      for (uint32_t v = 0; v != plan.variants.count; ++v) {
        const optimc_variant &variant = plan.variants.data[v];
        for (uint32_t i = 0; i != variant.phases.count; ++i)
          if (int64_t own = getPhaseUnit(shape, variant.phases.data[i]))
            unit = std::lcm(unit, own);
      }
    }
  }
  return unit;
}

/// By process, then by tensor. Parts may be empty.
static std::vector<std::vector<Part>> cutTensors(const optimc_program *program,
                                                 const Workload &work,
                                                 unsigned processes,
                                                 std::mt19937_64 &random) {
  std::vector<std::vector<Part>> parts(processes);
  for (size_t i = 0; i != work.shapes.size(); ++i) {
    int64_t count = work.params[i].size();
    int64_t unit = getUnit(program, work.shapes[i]);
    std::vector<int64_t> cuts = {0, count};
    for (unsigned k = 1; k != processes; ++k)
      cuts.push_back(
          std::min<int64_t>(count, random() % (count / unit + 2) * unit));
    std::sort(cuts.begin(), cuts.end());
    for (unsigned k = 0; k != processes; ++k)
      parts[k].push_back({cuts[k], cuts[k + 1] - cuts[k]});
  }
  return parts;
}

//===----------------------------------------------------------------------===//
// The run
//===----------------------------------------------------------------------===//

/// Elements one part after another; whatever else is known in all processes is
/// the same there.
static Record join(const std::vector<Record> &records, const Workload &work,
                   const std::vector<std::vector<Part>> &parts,
                   unsigned perTensor, std::string &failure) {
  Record joined = records[0];
  for (size_t k = 0; k != joined.size(); ++k) {
    size_t tensor = k / perTensor;
    bool isElement = true;
    size_t total = 0;
    for (size_t i = 0; i != records.size(); ++i) {
      size_t size = records[i][k].second.size();
      isElement &= size == size_t(parts[i][tensor].count);
      total += size;
    }
    isElement &= total == work.params[tensor].size();
    for (size_t i = 1; i != records.size(); ++i) {
      const std::vector<double> &own = records[i][k].second;
      if (isElement) {
        joined[k].second.insert(joined[k].second.end(), own.begin(), own.end());
        continue;
      }
      Comparison same;
      compare({records[0][k]}, {records[i][k]}, same);
      if (!same.difference.empty())
        failure = "processes disagree: " + same.difference;
    }
  }
  return joined;
}

Record test::runSharded(const optimc_program *program, const Workload &work,
                        unsigned processes, uint64_t seed,
                        const std::vector<std::string> &states,
                        std::string &failure) {
  std::mt19937_64 random(seed);
  std::vector<std::vector<Part>> parts =
      cutTensors(program, work, processes, random);
  static constexpr Way way = {"sharded", 0, ~uint64_t(0), 1, false};
  Exchange exchange(processes);
  std::vector<std::unique_ptr<CompiledWork>> runs;
  std::vector<Record> records(processes);
  std::vector<std::thread> threads;
  for (unsigned k = 0; k != processes; ++k) {
    runs.push_back(std::make_unique<CompiledWork>(program, work, way));
    runs[k]->shard(parts[k], Exchange::call, &exchange);
  }
  for (unsigned k = 0; k != processes; ++k)
    threads.emplace_back([&, k] {
      records[k] = runs[k]->run(states);
      if (!runs[k]->failure.empty())
        exchange.leave();
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const auto &run : runs)
    if (failure.empty())
      failure = run->failure;
  if (!failure.empty())
    return {};
  return join(records, work, parts, states.size() + 1, failure);
}
