//===- RaceDetectorTest.cpp - whole warps against single lanes ------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RaceDetector.h"
#include <gtest/gtest.h>
#include <random>

using namespace ptxsim;

namespace {
constexpr unsigned warps = 4; // of two blocks
using Verdict = RaceDetector::Verdict;

unsigned warpOf(const AccessRecord &record) {
  return record.block * 2 + record.thread / 32;
}

/// Clocks up to which one warp knows another, and some lanes a bit more.
struct Order final : HappensBefore {
  uint32_t known[warps][warps] = {};
  unsigned self = 0;

  bool precedes(const AccessRecord &earlier,
                const AccessRecord &now) const override {
    uint32_t limit = known[warpOf(now)][warpOf(earlier)];
    return earlier.clock < limit + (now.thread + earlier.thread) % 5 / 4;
  }
  bool precedesWarp(uint32_t block, uint32_t warp,
                    uint32_t clock) const override {
    return block == self / 2 && clock < known[self][block * 2 + warp];
  }
};

bool isEqual(const AccessRecord &a, const AccessRecord &b) {
  return a.block == b.block && a.clock == b.clock && a.line == b.line &&
         a.thread == b.thread && a.kind == b.kind &&
         a.blockScope == b.blockScope;
}
} // namespace

// The same accesses by lanes, and by warps in all the ways there are, have the
// same conflicts with the same parties.
TEST(RaceDetector, WarpsAgreeWithLanes) {
  unsigned conflicts = 0, silent = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    auto below = [&](unsigned n) { return unsigned(random() % n); };
    RaceDetector byLanes, byWarps;
    Order order;
    uint32_t clocks[warps] = {1, 1, 1, 1};
    for (uint32_t step = 1; step < 200; ++step) {
      unsigned warp = below(warps);
      order.self = warp;
      if (below(3) == 0) { // it learns about another one, or itself
        unsigned other = below(warps);
        order.known[warp][other] = ++clocks[other];
      }
      bool isWrite = below(2), isContiguous = below(4) != 0;
      // Mostly one width, so that halves stay as they are.
      unsigned bytes = below(4) ? 16 : 1u << below(6);
      AccessRecord now;
      now.block = warp / 2;
      now.thread = uint16_t(warp % 2 * 32);
      now.clock = clocks[warp];
      now.line = step;
      now.valid = true;
      if (!isWrite && below(8) == 0)
        now.kind = AccessKind::NonCoherent;
      uint64_t start = below(8) * 128;
      uint64_t addresses[32];
      std::vector<uint8_t> old(32 * bytes), data(32 * bytes);
      for (unsigned lane = 0; lane < 32; ++lane)
        addresses[lane] = isContiguous ? start + lane * bytes
                                       : (start + below(256)) / bytes * bytes;
      if (below(2)) // other values than there were
        for (uint8_t &value : data)
          value = uint8_t(below(200) == 0);

      unsigned laneA = 0, laneB = 0;
      AccessRecord otherA, otherB;
      Verdict a = Verdict::None, b = Verdict::None;
      for (; laneA < 32; ++laneA) {
        AccessRecord own = now;
        own.thread = uint16_t(now.thread + laneA);
        size_t at = laneA * bytes;
        bool same =
            isWrite && std::equal(&old[at], &old[at] + bytes, &data[at]);
        a = byLanes.access(addresses[laneA], bytes, isWrite, same, own, order,
                           otherA);
        if (a != Verdict::None)
          break;
      }
      RaceDetector::WarpAccess access(byWarps, now, order, isWrite);
      if (isContiguous) {
        b = access.accessAll(start, bytes, old.data(),
                             isWrite ? data.data() : nullptr, otherB, laneB);
      } else {
        for (; laneB < 32; ++laneB) {
          size_t at = laneB * bytes;
          b = access.access(laneB, addresses[laneB], bytes, &old[at],
                            isWrite ? &data[at] : nullptr, otherB);
          if (b != Verdict::None)
            break;
        }
      }
      ASSERT_EQ(a, b) << "seed " << seed << " step " << step;
      ASSERT_EQ(laneA, laneB) << "seed " << seed << " step " << step;
      ASSERT_TRUE(a == Verdict::None || isEqual(otherA, otherB))
          << "seed " << seed << " step " << step << ": lines " << otherA.line
          << " and " << otherB.line;
      ++(a == Verdict::None ? silent : conflicts);
    }
  }
  // The accesses are such that both happen.
  EXPECT_GT(conflicts, 500u);
  EXPECT_GT(silent, 500u);
}
