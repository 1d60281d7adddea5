//===- Intervals.cpp - buffers that must not overlap ----------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Intervals.h"

#include <algorithm>
#include <numeric>

using namespace optimc::rt;

static bool byBegin(const Interval &a, const Interval &b) {
  return a.begin < b.begin;
}

/// Where the intervals of each tensor start in a list that is sorted by owner.
static std::vector<size_t> startsByTensor(const std::vector<Interval> &sorted) {
  std::vector<size_t> starts(sorted.empty() ? 1
                                            : size_t(sorted.back().tensor) + 2);
  for (const Interval &interval : sorted)
    ++starts[size_t(interval.tensor) + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  return starts;
}

bool Intervals::prepare(const std::vector<Interval> &removed,
                        std::vector<Interval> added, Interval &first,
                        Interval &second) {
  added.erase(
      std::remove_if(added.begin(), added.end(),
                     [](const Interval &i) { return i.begin == i.end; }),
      added.end());
  std::sort(added.begin(), added.end(), byBegin);
  next.clear();
  next.reserve(current.size() + added.size());
  // Often every tensor has a new gradient: no search for each.
  std::vector<size_t> starts = startsByTensor(removed);
  auto isRemoved = [&](const Interval &kept) {
    if (size_t(kept.tensor) + 1 >= starts.size())
      return false;
    return std::any_of(
        removed.begin() + starts[kept.tensor],
        removed.begin() + starts[kept.tensor + 1],
        [&](const Interval &i) { return i.stream == kept.stream; });
  };
  size_t a = 0;
  auto append = [&](const Interval &interval) { next.push_back(interval); };
  for (const Interval &kept : current) {
    if (isRemoved(kept))
      continue;
    while (a < added.size() && byBegin(added[a], kept))
      append(added[a++]);
    append(kept);
  }
  for (; a < added.size(); ++a)
    append(added[a]);
  for (size_t i = 1; i < next.size(); ++i)
    if (next[i].begin < next[i - 1].end) {
      first = next[i - 1];
      second = next[i];
      return false;
    }
  return true;
}
