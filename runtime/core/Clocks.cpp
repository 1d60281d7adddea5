//===- Clocks.cpp - step counts that differ within a group ----------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Optimizer.h"

#include <algorithm>
#include <cstring>

using namespace optimc::rt;

/// A total order on bit patterns, not on numbers.
static int compareBits(const std::vector<double> &a,
                       const std::vector<double> &b) {
  return a.empty() ? 0 : memcmp(a.data(), b.data(), a.size() * sizeof(double));
}

bool optimc::rt::sameBits(const std::vector<double> &a,
                          const std::vector<double> &b) {
  return a.size() == b.size() && compareBits(a, b) == 0;
}

Clock *optimc::rt::clockWith(Optimizer &opt, uint32_t group,
                             const std::vector<double> &state) {
  for (const auto &clock : opt.clocks)
    if (clock->group == group && sameBits(clock->state, state))
      return clock.get();
  auto clock = std::make_unique<Clock>();
  initInstance(opt.program, OPTIMC_RATE_GROUP, *clock);
  clock->group = group;
  clock->state = clock->next = state;
  opt.clocks.push_back(std::move(clock));
  return opt.clocks.back().get();
}

void optimc::rt::moveToClock(Optimizer &opt, Tensor &tensor, Clock *clock) {
  if (tensor.clock)
    --tensor.clock->nTensors;
  tensor.clock = clock;
  ++clock->nTensors;
  ++opt.structure;
}

void optimc::rt::tidyClocks(Optimizer &opt) {
  // Sorting finds equal ones in n log n: every tensor may have its own clock.
  std::vector<Clock *> &order = opt.clockOrder;
  order.clear();
  for (const auto &clock : opt.clocks)
    if (clock->nTensors)
      order.push_back(clock.get());
  std::sort(order.begin(), order.end(), [](Clock *a, Clock *b) {
    if (a->group != b->group)
      return a->group < b->group;
    return compareBits(a->state, b->state) < 0;
  });
  bool merged = false;
  Clock *kept = nullptr;
  for (Clock *clock : order) {
    clock->fork = clock;
    if (kept && kept->group == clock->group &&
        sameBits(kept->state, clock->state)) {
      // The outputs of the one that ran in the last step are the news.
      if (clock->nRan && !kept->nRan)
        kept->outputs = clock->outputs;
      clock->fork = kept;
      merged = true;
    } else {
      kept = clock;
    }
  }
  if (merged)
    for (const auto &tensor : opt.tensors)
      if (tensor->clock->fork != tensor->clock)
        moveToClock(opt, *tensor, tensor->clock->fork);
  size_t before = opt.clocks.size();
  auto unused = std::remove_if(
      opt.clocks.begin(), opt.clocks.end(),
      [](const std::unique_ptr<Clock> &clock) { return !clock->nTensors; });
  opt.clocks.erase(unused, opt.clocks.end());
  for (const auto &clock : opt.clocks)
    clock->fork = nullptr;
  if (merged || opt.clocks.size() != before)
    ++opt.structure;
}
