//===- WarpKernels.cpp - votes, matches and barriers ----------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CorpusTest.h"
#include <algorithm>
#include <numeric>

namespace ptxsim::corpus {
namespace {

PTXSIM_CORPUS_SUITE(WarpKernels);

TEST_P(WarpKernels, Votes) {
  load("votes");
  const int n = 96;
  std::vector<int> x(n), expected(n, -1), expectedCounts;
  for (int i = 0; i < n; ++i)
    x[i] = static_cast<int>(random() % 100);
  x[40] = -5, x[70] = -2000;
  x[3] = -1; // below lane 8: does not vote
  Buffer<int> compacted = upload(expected), counts = allocate<int>(3);
  Buffer<uint32_t> flags = allocate<uint32_t>(n);
  launch({3}, {32}, upload(x), compacted, counts, flags);
  std::vector<uint32_t> expectedFlags;
  for (int block = 0; block < 3; ++block) {
    const int *first = &x[32 * block], *last = first + 32;
    int *target = &expected[32 * block];
    int *end = std::copy_if(first, last, target,
                            [](int value) { return value % 3 == 0; });
    expectedCounts.push_back(static_cast<int>(end - target));
    bool any = std::any_of(first + 8, last, [](int v) { return v < 0; });
    bool all = std::all_of(first + 8, last, [](int v) { return v > -1000; });
    for (int lane = 0; lane < 32; ++lane)
      expectedFlags.push_back(lane < 8 ? 0 : any + 2 * all + 4);
  }
  expectSame(download(compacted), expected);
  expectSame(download(counts), expectedCounts);
  expectSame(download(flags), expectedFlags);
}

TEST_P(WarpKernels, Match) {
  load("match");
  const int n = 64;
  std::vector<int> keys(n);
  std::vector<int64_t> wide(n);
  for (int i = 0; i < n; ++i) {
    keys[i] = static_cast<int>(random() % 6);
    // Keys that differ only in the high word, and agree above bit 40 in the
    // first warp only.
    wide[i] = (i < 32 ? int64_t(9) << 40 : int64_t(i % 2) << 41) |
              int64_t(random() % 3) << 33;
  }
  Buffer<uint32_t> groups = allocate<uint32_t>(n), same = allocate<uint32_t>(n),
                   bins = upload(std::vector<uint32_t>(6, 0));
  launch({2}, {32}, upload(keys), upload(wide), groups, same, bins);
  std::vector<uint32_t> expectedGroups, expectedSame, expectedBins(6);
  for (int i = 0; i < n; ++i) {
    uint32_t group = 0;
    for (int lane = 0; lane < 32; ++lane) {
      int other = i / 32 * 32 + lane;
      group ^= (keys[other] == keys[i] ? 1u : 0) << lane;
      group ^= (wide[other] == wide[i] ? 1u : 0) << lane;
    }
    expectedGroups.push_back(group);
    expectedSame.push_back(i < 32 ? ~0u : 7);
    ++expectedBins[keys[i]];
  }
  expectSame(download(groups), expectedGroups);
  expectSame(download(same), expectedSame);
  expectSame(download(bins), expectedBins);
}

TEST_P(WarpKernels, WarpSync) {
  load("warp_sync");
  const int n = 256, rounds = 6;
  std::vector<uint32_t> x = integers<uint32_t>(n), expected = x;
  Buffer<uint32_t> out = allocate<uint32_t>(n);
  launch({2}, {128}, rounds, upload(x), out);
  for (int round = 0; round < rounds; ++round) {
    std::vector<uint32_t> slots = expected;
    for (int i = 0; i < n; ++i)
      expected[i] = 3 * slots[i / 32 * 32 + (i + 5) % 32] -
                    slots[i / 32 * 32 + (i % 32 ^ round)];
  }
  expectSame(download(out), expected);
}

TEST_P(WarpKernels, BarrierVote) {
  load("barrier_vote");
  const int blocks = 2, size = 128;
  std::vector<int> values(size);
  for (int i = 0; i < size; ++i)
    values[i] = i;
  std::shuffle(values.begin() + 40, values.end() - 40, random);
  for (int i = 0; i < size; ++i)
    values.push_back(size - i - 5); // a few are negative
  Buffer<int> device = upload(values), rounds = allocate<int>(blocks),
              flags = allocate<int>(blocks);
  launch({blocks}, {size}, device, rounds, flags);
  std::vector<int> expectedRounds, expectedFlags;
  for (int block = 0; block < blocks; ++block) {
    int *first = &values[size * block];
    int round = 0;
    for (int quiet = 0; quiet < 2; ++round) {
      bool moved = false;
      for (int i = round % 2; i + 1 < size; i += 2)
        if (first[i] > first[i + 1]) {
          std::swap(first[i], first[i + 1]);
          moved = true;
        }
      quiet = moved ? 0 : quiet + 1;
    }
    ASSERT_TRUE(std::is_sorted(first, first + size));
    expectedRounds.push_back(round);
    expectedFlags.push_back((first[0] >= 0) +
                            2 * (std::count(first, first + size, 7) > 0));
  }
  expectSame(download(device), values);
  expectSame(download(rounds), expectedRounds);
  expectSame(download(flags), expectedFlags);
}

TEST_P(WarpKernels, NamedBarriers) {
  load("named_barriers");
  const int rounds = 7;
  std::vector<int> x(32 * rounds);
  for (int &value : x)
    value = static_cast<int>(random() % 1000);
  Buffer<int64_t> out = allocate<int64_t>(32);
  launch({1}, {64}, rounds, upload(x), out);
  std::vector<int64_t> expected(32);
  for (int round = 0; round < rounds; ++round)
    for (int lane = 0; lane < 32; ++lane)
      expected[lane] += 3 * x[32 * round + 31 - lane] * (round + 1);
  expectSame(download(out), expected);
}

TEST_P(WarpKernels, Hopper) {
  load("hopper");
  std::vector<int> x(128), expected;
  for (int &value : x)
    value = static_cast<int>(random() % 100000);
  Buffer<int> out = allocate<int>(128);
  Buffer<int> elected = upload(std::vector<int>(2, 0));
  launch({2}, {64}, upload(x), out, elected);
  for (int i = 0; i < 128; ++i) {
    const int *warp = &x[i / 32 * 32];
    expected.push_back(std::accumulate(warp, warp + 32, 0) - x[i]);
  }
  expectSame(download(out), expected);
  // One lane of each of the two warps of a block.
  expectSame(download(elected), {2, 2});
}

} // namespace
} // namespace ptxsim::corpus
