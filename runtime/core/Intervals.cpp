//===- Intervals.cpp - buffers that must not overlap ----------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Intervals.h"

#include <algorithm>
#include <utility>

using namespace optimc::rt;

static bool byBegin(const Interval &a, const Interval &b) {
  return a.begin < b.begin;
}
static bool byOwner(const Interval &a, const Interval &b) {
  return std::pair(a.tensor, a.stream) < std::pair(b.tensor, b.stream);
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
  size_t a = 0;
  auto append = [&](const Interval &interval) { next.push_back(interval); };
  for (const Interval &kept : current) {
    if (std::binary_search(removed.begin(), removed.end(), kept, byOwner))
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
