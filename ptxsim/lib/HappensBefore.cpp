//===- HappensBefore.cpp - the order that barriers, fences and atomics make -*-
// C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HappensBefore.h"
#include <algorithm>

using namespace ptxsim;

/// Lane `lane` knows lane `other` of its warp up to this clock.
static uint32_t knownLane(const Warp &warp, unsigned lane, unsigned other) {
  uint32_t known = warp.allKnown;
  if (!warp.laneKnown.empty())
    known = std::max(known, warp.laneKnown[lane * warpSize + other]);
  return known;
}

static bool covers(const ReleaseStamp &stamp, const AccessRecord &earlier) {
  if (stamp.thread == earlier.thread)
    return earlier.clock <= stamp.clock;
  return earlier.clock < (*stamp.known)[earlier.thread / warpSize];
}

static bool logCovers(const ReleaseLog &log, uint32_t size,
                      const AccessRecord &earlier, unsigned depth) {
  auto found = log.byBlock.find(earlier.block);
  if (found != log.byBlock.end())
    for (uint32_t at : found->second)
      if (at < size && covers(log.stamps[at], earlier))
        return true;
  if (depth < 8)
    for (const ReleaseLog::Link &link : log.links)
      if (link.at < size && logCovers(*link.log, link.size, earlier, depth + 1))
        return true;
  return false;
}

bool ThreadOrder::precedes(const AccessRecord &earlier,
                           const AccessRecord &now) const {
  if (earlier.block == now.block) {
    unsigned other = earlier.thread / warpSize;
    if (other == warp.index)
      return earlier.clock <
             knownLane(warp, now.thread % warpSize, earlier.thread % warpSize);
    if (earlier.clock <
        block.warpKnown[warp.index * block.warps.size() + other])
      return true;
  }
  for (const auto &acquired : block.acquired)
    if (logCovers(*acquired.first, acquired.second, earlier, 0))
      return true;
  return false;
}

bool ThreadOrder::precedesWarp(uint32_t earlierBlock, uint32_t earlierWarp,
                               uint32_t clock) const {
  if (earlierBlock != block.linear)
    return false;
  return clock <
         (earlierWarp == warp.index
              ? warp.allKnown
              : block.warpKnown[warp.index * block.warps.size() + earlierWarp]);
}

void ptxsim::synchroniseLanes(Warp &warp, uint32_t lanes) {
  ++warp.clock;
  if (lanes == (warp.launched & ~warp.exited) || lanes == warp.launched) {
    warp.allKnown = warp.clock;
    return;
  }
  if (warp.laneKnown.empty())
    warp.laneKnown.assign(warpSize * warpSize, 0);
  // The union of what all of them know; of themselves everything.
  uint32_t joined[warpSize] = {};
  forLanes(lanes, [&](unsigned lane) {
    for (unsigned other = 0; other < warpSize; ++other)
      joined[other] =
          std::max(joined[other], warp.laneKnown[lane * warpSize + other]);
  });
  forLanes(lanes, [&](unsigned lane) { joined[lane] = warp.clock; });
  forLanes(lanes, [&](unsigned lane) {
    std::copy(joined, joined + warpSize, &warp.laneKnown[lane * warpSize]);
  });
}

void ptxsim::synchroniseWarps(Block &block, uint32_t givers, uint32_t takers) {
  size_t count = block.warps.size();
  std::vector<uint32_t> joined(count, 0);
  forLanes(givers, [&](unsigned w) {
    for (size_t v = 0; v < count; ++v)
      joined[v] = std::max(joined[v], block.warpKnown[w * count + v]);
  });
  forLanes(givers, [&](unsigned w) {
    Warp &warp = *block.warps[w];
    joined[w] = ++warp.clock;
  });
  forLanes(takers, [&](unsigned w) {
    for (size_t v = 0; v < count; ++v) {
      uint32_t &known = block.warpKnown[w * count + v];
      known = std::max(known, joined[v]);
    }
    Warp &warp = *block.warps[w];
    warp.allKnown = warp.clock;
  });
}

void ptxsim::noteFence(const ExecContext &context) {
  LaunchState &launch = *context.launch;
  forLanes(context.mask, [&](unsigned lane) {
    context.warp->fences[lane] = ++launch.fenceSerial;
  });
}

void ptxsim::noteSynchronisation(const ExecContext &context, unsigned lane,
                                 uint64_t address, bool reads, bool writes,
                                 Order order) {
  LaunchState &launch = *context.launch;
  Block &block = *context.block;
  Warp &warp = *context.warp;
  bool releases = writes && (warp.fences[lane] || order == Order::Release ||
                             order == Order::AcquireRelease);
  auto found = launch.releases.find(address);
  if (found == launch.releases.end()) {
    if (!releases)
      return;
    found =
        launch.releases.emplace(address, std::make_shared<ReleaseLog>()).first;
  }
  ReleaseLog &log = *found->second;
  if (reads && !log.stamps.empty()) {
    auto known = std::find_if(
        block.acquired.begin(), block.acquired.end(),
        [&](const auto &entry) { return entry.first == found->second; });
    uint32_t size = static_cast<uint32_t>(log.stamps.size());
    if (known != block.acquired.end())
      known->second = size;
    else
      block.acquired.emplace_back(found->second, size);
  }
  if (!releases)
    return;
  size_t count = block.warps.size();
  auto begin = block.warpKnown.begin() + warp.index * count;
  auto known = std::make_shared<std::vector<uint32_t>>(begin, begin + count);
  (*known)[warp.index] = warp.allKnown;
  uint32_t at = static_cast<uint32_t>(log.stamps.size());
  for (const auto &acquired : block.acquired)
    if (acquired.first != found->second &&
        (log.links.empty() || log.links.back().log != acquired.first ||
         log.links.back().size != acquired.second))
      log.links.push_back({at, acquired.first, acquired.second});
  log.stamps.push_back({block.linear, warp.clock,
                        static_cast<uint16_t>(warp.index * warpSize + lane),
                        std::move(known)});
  log.byBlock[block.linear].push_back(at);
}
