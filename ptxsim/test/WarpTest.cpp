//===- WarpTest.cpp - shuffles, votes, reductions and atomics ---*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulate.h"
#include <random>

using namespace ptxsim;
using namespace ptxsim::test;

namespace {
/// Runs `body`, which turns %r1 (the lane's input) into %r2, on one warp.
std::vector<uint32_t> onWarp(const std::string &body,
                             const std::vector<uint32_t> &input) {
  Simulation simulation(moduleText(
      kernelText(".param .u64 in, .param .u64 out",
                 "ld.param.u64 %rd1, [in];\nld.param.u64 %rd2, [out];\n"
                 "mov.u32 %r0, %laneid;\nmul.wide.u32 %rd3, %r0, 4;\n"
                 "add.u64 %rd4, %rd1, %rd3;\nadd.u64 %rd5, %rd2, %rd3;\n"
                 "ld.global.u32 %r1, [%rd4];\n" +
                     body + "\nst.global.u32 [%rd5], %r2;\nret;")));
  uint64_t in = simulation.buffer(input, "in");
  uint64_t out = simulation.allocate(128, "out");
  EXPECT_EQ(faultText(simulation.run(shape(1, 32), in, out)), "") << body;
  return simulation.read<uint32_t>(out, 32);
}

std::vector<uint32_t> randomLanes(uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint32_t> values(32);
  for (uint32_t &value : values)
    value = random();
  return values;
}
} // namespace

// Against the definition of shfl in the PTX manual, for all operands b and a
// few c; the predicate is the upper bit.
TEST(Warp, Shuffles) {
  std::vector<uint32_t> a = randomLanes(1);
  for (uint32_t &x : a)
    x &= 0x7fffffff;
  for (const std::string mode : {"up", "down", "bfly", "idx"})
    for (unsigned b = 0; b < 32; ++b)
      for (unsigned c : {0x1f, 0x0, 0x101f, 0x181f, 0x1807, 0x1c00}) {
        std::vector<uint32_t> expected(32);
        for (int lane = 0; lane < 32; ++lane) {
          int mask = c >> 8 & 31, clampTo = c & 31;
          int maxLane = (lane & mask) | (clampTo & ~mask),
              minLane = lane & mask;
          int j = mode == "up"     ? lane - int(b)
                  : mode == "down" ? lane + int(b)
                  : mode == "bfly" ? lane ^ int(b)
                                   : minLane | (int(b) & ~mask);
          bool valid = mode == "up" ? j >= maxLane : j <= maxLane;
          expected[lane] = a[valid ? j : lane] | (valid ? 0x80000000u : 0);
        }
        std::string args = std::to_string(b) + ", " + std::to_string(c);
        EXPECT_EQ(onWarp("shfl.sync." + mode + ".b32 %r3|%p1, %r1, " + args +
                             ", -1;\nselp.b32 %r4, 0x80000000, 0, %p1;\n"
                             "or.b32 %r2, %r3, %r4;",
                         a),
                  expected)
            << mode << " " << args;
      }
}

TEST(Warp, VotesAndMatches) {
  std::vector<uint32_t> a = randomLanes(2);
  uint32_t odd = 0;
  for (unsigned i = 0; i < 32; ++i)
    odd |= (a[i] & 1) << i;
  std::string test = "and.b32 %r3, %r1, 1;\nsetp.ne.u32 %p1, %r3, 0;\n";
  auto all = [](uint32_t x) { return std::vector<uint32_t>(32, x); };
  EXPECT_EQ(onWarp(test + "vote.sync.ballot.b32 %r2, %p1, -1;", a), all(odd));
  EXPECT_EQ(onWarp(test + "vote.sync.ballot.b32 %r2, !%p1, -1;", a), all(~odd));
  std::string select = "\nselp.b32 %r2, 1, 0, %p2;";
  EXPECT_EQ(onWarp(test + "vote.sync.any.pred %p2, %p1, -1;" + select, a),
            all(1));
  EXPECT_EQ(onWarp(test + "vote.sync.all.pred %p2, %p1, -1;" + select, a),
            all(0));
  EXPECT_EQ(onWarp(test + "vote.sync.uni.pred %p2, %p1, -1;" + select, a),
            all(0));
  // Masks of equal values.
  std::vector<uint32_t> expected(32);
  for (unsigned i = 0; i < 32; ++i)
    for (unsigned k = 0; k < 32; ++k)
      expected[i] |= uint32_t((a[i] & 7) == (a[k] & 7)) << k;
  EXPECT_EQ(onWarp("and.b32 %r3, %r1, 7;\nmatch.any.sync.b32 %r2, %r3, -1;", a),
            expected);
  EXPECT_EQ(onWarp("match.all.sync.b32 %r2|%p1, %r1, -1;", a), all(0));
  EXPECT_EQ(onWarp("match.all.sync.b32 %r2|%p1, 5, -1;", a), all(~0u));
  // Half a warp each.
  EXPECT_EQ(onWarp("setp.lt.u32 %p1, %r0, 16;\n"
                   "selp.b32 %r4, 0xffff, 0xffff0000, %p1;\n"
                   "vote.sync.ballot.b32 %r2, %p1, %r4;",
                   a)[20],
            0u);
  EXPECT_EQ(onWarp("elect.sync %r2|%p1, -1;", a), all(0));
  EXPECT_EQ(onWarp("activemask.b32 %r2;", a), all(~0u));
}

TEST(Warp, Reductions) {
  std::vector<uint32_t> a = randomLanes(3);
  struct Case {
    const char *name;
    uint32_t (*f)(uint32_t, uint32_t);
  };
  const Case cases[] = {
      {"add.u32", [](uint32_t x, uint32_t y) { return x + y; }},
      {"min.u32", [](uint32_t x, uint32_t y) { return std::min(x, y); }},
      {"max.u32", [](uint32_t x, uint32_t y) { return std::max(x, y); }},
      {"min.s32",
       [](uint32_t x, uint32_t y) {
         return uint32_t(std::min(int32_t(x), int32_t(y)));
       }},
      {"max.s32",
       [](uint32_t x, uint32_t y) {
         return uint32_t(std::max(int32_t(x), int32_t(y)));
       }},
      {"and.b32", [](uint32_t x, uint32_t y) { return x & y; }},
      {"or.b32", [](uint32_t x, uint32_t y) { return x | y; }},
      {"xor.b32", [](uint32_t x, uint32_t y) { return x ^ y; }},
  };
  for (const Case &c : cases) {
    uint32_t expected = a[0];
    for (unsigned i = 1; i < 32; ++i)
      expected = c.f(expected, a[i]);
    EXPECT_EQ(onWarp(std::string("redux.sync.") + c.name + " %r2, %r1, -1;", a),
              std::vector<uint32_t>(32, expected))
        << c.name;
  }
}

// Each atomic by one thread, against the definition.
TEST(Atomic, EveryOperation) {
  struct Case {
    const char *name;
    uint64_t (*f)(uint64_t old, uint64_t b);
    unsigned bytes;
  };
  const Case cases[] = {
      {"add.u32", [](uint64_t o, uint64_t b) { return o + b; }, 4},
      {"add.u64", [](uint64_t o, uint64_t b) { return o + b; }, 8},
      {"min.s32",
       [](uint64_t o, uint64_t b) {
         return uint64_t(std::min(int32_t(o), int32_t(b)));
       },
       4},
      {"max.u64", [](uint64_t o, uint64_t b) { return std::max(o, b); }, 8},
      {"min.s64",
       [](uint64_t o, uint64_t b) {
         return uint64_t(std::min(int64_t(o), int64_t(b)));
       },
       8},
      {"and.b32", [](uint64_t o, uint64_t b) { return o & b; }, 4},
      {"or.b64", [](uint64_t o, uint64_t b) { return o | b; }, 8},
      {"xor.b32", [](uint64_t o, uint64_t b) { return o ^ b; }, 4},
      {"exch.b64", [](uint64_t, uint64_t b) { return b; }, 8},
      {"inc.u32", [](uint64_t o, uint64_t b) { return o >= b ? 0 : o + 1; }, 4},
      {"dec.u32",
       [](uint64_t o, uint64_t b) { return o == 0 || o > b ? b : o - 1; }, 4},
  };
  for (const Case &c : cases)
    for (uint64_t old : {uint64_t(0), uint64_t(7), uint64_t(0x80000001),
                         uint64_t(0xfffffffffffffff0)})
      for (uint64_t b :
           {uint64_t(0), uint64_t(9), uint64_t(0xffffffff80000000)}) {
        bool wide = c.bytes == 8;
        std::string r = wide ? "%rd" : "%r";
        Simulation simulation(moduleText(
            kernelText(".param .u64 x, .param .u64 out, .param .u64 b",
                       "ld.param.u64 %rd1, [x];\nld.param.u64 %rd2, [out];\n"
                       "ld.param.u64 %rd3, [b];\ncvt.u32.u64 %r3, %rd3;\n"
                       "atom.global." +
                           std::string(c.name) + " " + r + "5, [%rd1], " + r +
                           "3;\nst.global.b" + (wide ? "64" : "32") +
                           " [%rd2], " + r + "5;\nret;")));
        uint64_t x = simulation.buffer(std::vector<uint64_t>(1, old), "x");
        uint64_t out = simulation.buffer(std::vector<uint64_t>(1, 0), "out");
        EXPECT_EQ(faultText(simulation.run(shape(1, 1), x, out, b)), "");
        uint64_t mask = wide ? ~uint64_t(0) : 0xffffffff;
        EXPECT_EQ(simulation.read<uint64_t>(out, 1)[0] & mask, old & mask)
            << c.name;
        EXPECT_EQ(simulation.read<uint64_t>(x, 1)[0] & mask,
                  c.f(old & mask, b & mask) & mask)
            << c.name << " " << old << " " << b;
      }
}

TEST(Atomic, CompareAndSwapAndFloats) {
  Simulation simulation(moduleText(kernelText(
      ".param .u64 x", "ld.param.u64 %rd1, [x];\nmov.u32 %r1, %tid.x;\n"
                       "atom.global.cas.b32 %r2, [%rd1], 3, 77;\n"
                       "red.global.add.f32 [%rd1+4], 0f3F800000;\n"
                       "red.global.add.f64 [%rd1+8], 0d4000000000000000;\n"
                       "red.global.add.noftz.bf16x2 [%rd1+16], 0x3f803f80;\n"
                       "ret;")));
  // 3, then 1.5f; 0.25 as f64; two bf16 of 2.
  uint64_t x = simulation.buffer(
      std::vector<uint32_t>{3, 0x3fc00000, 0, 0x3fd00000, 0x40004000}, "x");
  EXPECT_EQ(faultText(simulation.run(shape(1, 4), x)), "");
  EXPECT_EQ(simulation.read<uint32_t>(x, 5),
            (std::vector<uint32_t>{77, 0x40b00000, 0, 0x40208000, 0x40c040c0}));
}

// Sectors: 32 lanes of 4 bytes make 4, of 16 bytes 16, at a stride of 32 one
// each; a misaligned start costs one more.
TEST(Counters, Sectors) {
  struct Case {
    const char *scale, *load;
    uint64_t sectors, bytes;
  };
  for (const Case &c :
       {Case{"4", "ld.global.b32 %r2, [%rd3];", 4, 128},
        Case{"16", "ld.global.v4.b32 {%r2, %r3, %r4, %r5}, [%rd3];", 16, 512},
        Case{"32", "ld.global.b32 %r2, [%rd3];", 32, 128},
        Case{"4", "ld.global.b32 %r2, [%rd3+4];", 5, 128},
        Case{"0", "ld.global.b32 %r2, [%rd3];", 1, 128},
        Case{"32",
             "ld.global.v8.b32 {%r2, %r3, %r4, %r5, %r6, %r7, %r8, %r9}, "
             "[%rd3];",
             32, 1024}}) {
    Simulation simulation(moduleText(kernelText(
        ".param .u64 x", "ld.param.u64 %rd1, [x];\nmov.u32 %r1, %tid.x;\n"
                         "mad.wide.u32 %rd3, %r1, " +
                             std::string(c.scale) + ", %rd1;\n" + c.load +
                             "\nret;")));
    uint64_t x = simulation.buffer(std::vector<uint32_t>(512, 1), "x");
    LaunchResult result = simulation.run(shape(1, 32), x);
    EXPECT_EQ(faultText(result), "");
    const AccessCounters &loads =
        result.counters.loads[unsigned(StateSpace::Global)];
    EXPECT_EQ(loads.accesses, 1u);
    EXPECT_EQ(loads.bytes, c.bytes) << c.load;
    EXPECT_EQ(loads.sectors, c.sectors) << c.load;
  }
}
