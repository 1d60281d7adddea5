//===- ScheduleTest.cpp - chunks cover every element once -----------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cpu/Schedule.h"

#include <gtest/gtest.h>

using namespace optimc::rt;

static std::vector<int64_t> executed; // the first elements of runs, in order
static void kernelA(const optimc_run *runs, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    executed.push_back(runs[i].first);
}
static void kernelB(const optimc_run *runs, int64_t n) { kernelA(runs, n); }

namespace {
struct Shape {
  int64_t count, globalFirst;
  uint32_t granule;
  int variant;
};

class ScheduleTest : public testing::Test {
protected:
  ScheduleTest() {
    Phase a = {}, b = {};
    a.domain = b.domain = OPTIMC_RATE_ELEMENT;
    a.reads = a.writes = b.reads = b.writes = 1;
    a.fn = kernelA;
    b.fn = kernelB;
    program.streams.resize(1);
    program.streams[0].slots = 1;
    program.formats.resize(1);
    variants[0] = {0, 0, {a}};
    variants[1] = {0, 0, {b, a}};
    variants[2] = {0, 0, {}};
  }

  static Extent extentOf(const Shape &shape) {
    Extent extent;
    extent.count = shape.count;
    extent.shardStart = shape.globalFirst;
    extent.globalCount = extent.cols = shape.globalFirst + shape.count;
    return extent;
  }

  void build(const std::vector<Shape> &list, uint32_t threads) {
    shapes = list;
    std::vector<ScheduleItem> items;
    for (uint32_t i = 0; i < list.size(); ++i)
      items.push_back({&variants[list[i].variant], streams, streams + 1,
                       nullptr, nullptr, extentOf(list[i]), list[i].granule,
                       true, i, &clock});
    schedule.build(items.data(), items.size(), program, 1, threads);
  }

  /// Every element of every tensor exactly once per phase, by the right kernel,
  /// in runs and chunks that keep the rules.
  void check() {
    size_t phases = 0;
    for (const Shape &shape : shapes)
      phases = std::max(phases, variants[shape.variant].phases.size());
    ASSERT_EQ(phases, schedule.size());
    for (size_t phase = 0; phase < phases; ++phase)
      checkRegion(phase, schedule[phase]);
  }

  void checkRegion(size_t phase, const Schedule::Region &region) {
    std::vector<std::vector<std::pair<int64_t, int64_t>>> seen(shapes.size());
    size_t nextRun = 0;
    for (const Schedule::Chunk &chunk : region.chunks) {
      ASSERT_GT(chunk.n, 0u);
      ASSERT_EQ(nextRun, chunk.first);
      nextRun += chunk.n;
      for (size_t i = chunk.first; i < chunk.first + chunk.n; ++i) {
        const optimc_run &run = region.runs[i];
        uint32_t owner = region.keys[i].item;
        const Shape &shape = shapes[owner];
        ASSERT_LT(phase, variants[shape.variant].phases.size());
        ASSERT_EQ(variants[shape.variant].phases[phase].fn, chunk.fn);
        ASSERT_GT(run.count, 0);
        int64_t local = run.first - shape.globalFirst;
        ASSERT_EQ(0, run.first % shape.granule);
        ASSERT_EQ(run.first >> 32, (run.first + run.count - 1) >> 32);
        ASSERT_EQ(local % 16 == 0, (run.flags & OPTIMC_RUN_ALIGNED) != 0);
        seen[owner].push_back({local, run.count});
      }
    }
    ASSERT_EQ(region.runs.size(), nextRun);
    for (size_t k = 0; k < shapes.size(); ++k) {
      std::sort(seen[k].begin(), seen[k].end());
      int64_t at = 0;
      for (auto [first, count] : seen[k]) {
        ASSERT_EQ(at, first);
        at += count;
      }
      bool runs = variants[shapes[k].variant].phases.size() > phase;
      ASSERT_EQ(runs ? shapes[k].count : 0, at);
    }
  }

  Program program;
  void *streams[2] = {nullptr, nullptr};
  std::vector<double> clock = {0};
  Variant variants[3];
  std::vector<Shape> shapes;
  Schedule schedule;
};
} // namespace

TEST_F(ScheduleTest, Sizes) {
  for (uint32_t threads : {1u, 2u, 3u, 64u})
    for (uint32_t granule : {1u, 16u, 256u, 4096u, 1u << 20})
      for (int64_t count : {int64_t(0), int64_t(1), int64_t(15), int64_t(16),
                            int64_t(4096), int64_t(4097), int64_t(65536),
                            int64_t(1) << 20, (int64_t(1) << 26) + 3}) {
        build({{count, 0, granule, 0}}, threads);
        check();
      }
}

TEST_F(ScheduleTest, RandomLists) {
  uint64_t random = 1;
  auto next = [&](uint64_t n) {
    random = optimc_mix(random);
    return static_cast<int64_t>((random >> 20) % n);
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<Shape> list(next(40));
    for (Shape &shape : list) {
      shape.granule = 1u << next(14);
      shape.count = next(2) ? next(3000) : next(3'000'000);
      shape.globalFirst = next(1000) * shape.granule;
      shape.variant = next(3);
    }
    build(list, 1 + next(20));
    check();
  }
}

TEST_F(ScheduleTest, RunsDoNotCross32Bits) {
  int64_t segment = int64_t(1) << 32;
  build({{3 * segment + 17, 0, 4096, 0}}, 8);
  check();
  build({{100'000, segment - 4096, 4096, 0}, {10, segment - 1, 1, 1}}, 8);
  check();
  EXPECT_EQ(3u, schedule[0].runs.size() >= 3 ? 3u : 0u);
}

TEST_F(ScheduleTest, SmallTensorsShareCalls) {
  build(std::vector<Shape>(1000, {1024, 0, 256, 0}), 2);
  check();
  EXPECT_LE(schedule[0].chunks.size(), 20u);
  EXPECT_GE(schedule[0].chunks.size(), 8u);
}

TEST_F(ScheduleTest, LargeTensorsAreBalanced) {
  build({{1 << 26, 0, 4096, 0}}, 17);
  check();
  EXPECT_GE(schedule[0].chunks.size(), 17u * 4);
}

TEST_F(ScheduleTest, RebuildingDoesNotAllocate) {
  build(std::vector<Shape>(50, {5000, 0, 256, 1}), 2);
  const optimc_run *runs = schedule[0].runs.data();
  build(std::vector<Shape>(49, {5000, 0, 256, 1}), 2);
  check();
  EXPECT_EQ(runs, schedule[0].runs.data());
}

TEST_F(ScheduleTest, EachThreadBeginsWithItsOwnPartEveryOtherRegionBackwards) {
  constexpr int64_t count = 1 << 20, quarter = count / 4;
  build({{count, 0, 4096, 1}}, 4);
  // Of a pool of four only the third thread comes; it does all, in two regions.
  ThreadChoice third;
  third.count = 4;
  third.parallelFor = [](void *, optimc_task_fn task, void *data, uint32_t n) {
    ASSERT_EQ(4u, n);
    task(data, 2);
  };
  executed.clear();
  schedule.execute(third, 0);
  size_t n = schedule[0].runs.size();
  ASSERT_EQ(2 * n, executed.size());
  ASSERT_EQ(0u, n % 4);
  for (size_t i = 0; i < n; ++i) {
    int64_t part = (2 + i / (n / 4)) % 4;
    int64_t within = i % (n / 4) * (count / n);
    EXPECT_EQ(part * quarter + within, executed[i]);
    EXPECT_EQ((part + 1) * quarter - within - int64_t(count / n),
              executed[n + i]);
  }
}
