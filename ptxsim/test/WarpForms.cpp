//===- WarpForms.cpp - every form of exchange within a warp
//----------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forms.h"
#include <algorithm>
#include <cmath>

using namespace ptxsim::test;

namespace {
/// The lanes that take part together with `lane`.
using Members = std::vector<unsigned>;
Members membersOf(unsigned lane, bool split) {
  Members members;
  for (unsigned other = 0; other < 32; ++other)
    if (!split || other % 3 == lane % 3)
      members.push_back(other);
  return members;
}
uint32_t maskOf(const Members &members) {
  uint32_t mask = 0;
  for (unsigned lane : members)
    mask |= 1u << lane;
  return mask;
}

/// From the values of the members, and the lane, to its result.
using Exchange =
    std::function<uint64_t(const uint64_t *a, const Members &, unsigned lane)>;

/// With all lanes, and, if there is a member mask, with every third lane, each
/// time with raw operands and with only two different ones.
void addCases(std::vector<Case> &cases, const std::string &type,
              unsigned resultBytes, Result compare, bool hasMask,
              const std::function<std::string(const std::string &mask)> &text,
              const Exchange &exchange) {
  for (bool split : {false, true})
    for (bool few : {false, true}) {
      if (split && !hasMask)
        continue;
      Case c;
      c.sources[0] = type;
      c.operation.resultBytes = resultBytes;
      c.operation.compare = compare;
      c.operation.text = "rem.u32 %r12, %r2, 32;\nrem.u32 %r12, %r12, 3;\n"
                         "shl.b32 %r12, 0x49249249, %r12;\n";
      if (few)
        c.operation.text += "and.b" + type.substr(1) + " %a, %a, 1;\n";
      c.operation.text += text(split ? "%r12" : "-1");
      c.operation.expectedOfWarp = [=](const uint64_t *a, const uint64_t *,
                                       const uint64_t *, uint64_t *d) {
        uint64_t values[32];
        for (unsigned lane = 0; lane < 32; ++lane)
          values[lane] = few ? a[lane] & 1 : a[lane];
        for (unsigned lane = 0; lane < 32; ++lane)
          d[lane] = exchange(values, membersOf(lane, split), lane);
      };
      // Two raw operands in a row leave %a changed for those that follow.
      c.operation.text = "{\n.reg .b" + type.substr(1) + " %saved;\nmov.b" +
                         type.substr(1) + " %saved, %a;\n" + c.operation.text +
                         "\nmov.b" + type.substr(1) + " %a, %saved;\n}";
      c.count = size_t(1) << 18;
      cases.push_back(c);
    }
}

/// From the definition in the PTX manual, with all of b and c.
Made shfl(Variant &v, std::vector<Case> &cases) {
  v.type();
  bool sync = v.has("sync");
  std::string mode = v.oneOf({"up", "down", "bfly", "idx"});
  for (bool pair : {true, false}) {
    Case c;
    c.operation.resultBytes = 4;
    c.operation.text = v.name() + (pair ? " %d|%p9" : " %d") + ", %a, %b, %c" +
                       (sync ? ", -1;" : ";");
    if (pair)
      c.operation.text += "\nselp.b32 %r11, 1, 0, %p9;\nadd.u32 %d, %d, %r11;";
    c.operation.expectedOfWarp = [=](const uint64_t *a, const uint64_t *b,
                                     const uint64_t *c, uint64_t *d) {
      for (int lane = 0; lane < 32; ++lane) {
        int delta = int(b[lane] & 31), clamp = int(c[lane] & 31),
            segment = int(c[lane] >> 8 & 31);
        int maxLane = (lane & segment) | (clamp & ~segment),
            minLane = lane & segment;
        int j = mode == "up"     ? lane - delta
                : mode == "down" ? lane + delta
                : mode == "bfly" ? lane ^ delta
                                 : minLane | (delta & ~segment);
        bool inRange = mode == "up" ? j >= maxLane : j <= maxLane;
        d[lane] = a[inRange ? j : lane] + (pair && inRange);
      }
    };
    cases.push_back(c);
  }
  return Made::Yes;
}

const std::string fromPredicate =
    "and.b32 %r10, %a, 1;\nsetp.ne.u32 %p0, %r10, 0;\n";

Made vote(Variant &v, std::vector<Case> &cases) {
  v.type();
  bool sync = v.has("sync");
  std::string mode = v.oneOf({"all", "any", "uni", "ballot"});
  for (bool negated : {false, true})
    addCases(
        cases, "b32", 4, Result::Bits, sync,
        [&](const std::string &mask) {
          std::string from = std::string(negated ? ", !%p0" : ", %p0") +
                             (sync ? ", " + mask : "") + ";";
          return fromPredicate +
                 (mode == "ballot"
                      ? v.name() + " %d" + from
                      : v.name() + " %p1" + from + "\nselp.b32 %d, 1, 0, %p1;");
        },
        [=](const uint64_t *a, const Members &members, unsigned) -> uint64_t {
          uint32_t yes = 0, all = maskOf(members);
          for (unsigned lane : members)
            yes |= uint32_t((a[lane] & 1) != negated) << lane;
          return mode == "ballot" ? yes
                 : mode == "all"  ? yes == all
                 : mode == "any"  ? yes != 0
                                  : yes == all || yes == 0;
        });
  return Made::Yes;
}

Made match(Variant &v, std::vector<Case> &cases) {
  v.has("sync");
  std::string type = v.type();
  bool all = v.oneOf({"all", "any"}) == "all";
  for (bool pair : {true, false}) {
    if (pair && !all)
      continue;
    addCases(
        cases, type, 4, Result::Bits, true,
        [&](const std::string &mask) {
          return v.name() + (pair ? " %d|%p1" : " %d") + ", %a, " + mask +
                 (pair ? ";\n@!%p1 add.u32 %d, %d, 5;" : ";");
        },
        [=](const uint64_t *a, const Members &members,
            unsigned lane) -> uint64_t {
          uint32_t same = 0;
          for (unsigned other : members)
            same |= uint32_t(a[other] == a[lane]) << other;
          if (!all)
            return same;
          return same == maskOf(members) ? same : pair ? 5 : 0;
        });
  }
  // The same value everywhere.
  if (all) {
    Case c;
    c.sources[0] = type;
    c.count = 1 << 12;
    c.operation.resultBytes = 4;
    c.operation.text = "{\n.reg .b" + type.substr(1) + " %same;\nxor.b" +
                       type.substr(1) + " %same, %a, %a;\n" + v.name() +
                       " %d|%p1, %same, -1;\n@!%p1 add.u32 %d, %d, 5;\n}";
    setReference(c, Result::Bits, [](uint64_t, uint64_t, uint64_t) {
      return uint64_t(0xffffffff);
    });
    cases.push_back(c);
  }
  return Made::Yes;
}

Made redux(Variant &v, std::vector<Case> &cases) {
  v.has("sync");
  std::string type = v.type();
  std::string op = v.oneOf({"add", "min", "max", "and", "or", "xor"});
  bool magnitude = v.has("abs"), nanWins = v.has("NaN");
  auto combineFloats = [=](uint64_t x, uint64_t y) -> uint64_t {
    float a = bitCast<float>(x), b = bitCast<float>(y);
    if (std::isnan(a) || std::isnan(b))
      return nanWins || (std::isnan(a) && std::isnan(b)) ? 0x7fffffff
             : std::isnan(a)                             ? y
                                                         : x;
    bool less = a == b ? std::signbit(a) && !std::signbit(b) : a < b;
    return less == (op == "min") ? x : y;
  };
  auto combine = [=](uint64_t x, uint64_t y) -> uint64_t {
    if (type == "f32")
      return combineFloats(x, y);
    bool less = type == "s32" ? int32_t(x) < int32_t(y) : x < y;
    return op == "add"   ? x + y
           : op == "min" ? (less ? x : y)
           : op == "max" ? (less ? y : x)
           : op == "and" ? x & y
           : op == "or"  ? x | y
                         : x ^ y;
  };
  addCases(
      cases, type, 4, resultOf(type), true,
      [&](const std::string &mask) {
        return v.name() + " %d, %a, " + mask + ";";
      },
      [=](const uint64_t *a, const Members &members, unsigned) {
        uint64_t mask = magnitude ? 0x7fffffff : 0xffffffff;
        uint64_t result = a[members[0]] & mask;
        for (size_t i = 1; i < members.size(); ++i)
          result = combine(result, a[members[i]] & mask);
        return result;
      });
  return Made::Yes;
}

/// One leader among the members, the same for all; which one is open, and the
/// lowest with seed 0.
Made elect(Variant &v, std::vector<Case> &cases) {
  v.has("sync");
  addCases(
      cases, "b32", 4, Result::Bits, true,
      [&](const std::string &mask) {
        return v.name() + " %d|%p1, " + mask + ";\n@%p1 add.u32 %d, %d, 64;";
      },
      [](const uint64_t *, const Members &members, unsigned lane) {
        return uint64_t(members[0] + (lane == members[0] ? 64 : 0));
      });
  return Made::Yes;
}

/// Under a guard only the lanes that execute it are active.
Made activemask(Variant &v, std::vector<Case> &cases) {
  v.type();
  addCases(
      cases, "b32", 4, Result::Bits, false,
      [&](const std::string &) {
        return fromPredicate + "mov.b32 %d, 0;\n@%p0 " + v.name() + " %d;";
      },
      [](const uint64_t *a, const Members &members, unsigned lane) -> uint64_t {
        uint32_t active = 0;
        for (unsigned other : members)
          active |= uint32_t(a[other] & 1) << other;
        return a[lane] & 1 ? active : 0;
      });
  return Made::Yes;
}

/// bar.warp.sync orders what the lanes write for each other.
Made barWarp(Variant &v, std::vector<Case> &) {
  if (!v.has("warp"))
    return Made::Unknown;
  v.has("sync");
  for (bool split : {false, true}) {
    std::string mask = split ? "%r5" : "-1";
    ptxsim::test::Simulation simulation(moduleText(kernelText(
        ".param .u64 out",
        ".shared .align 4 .b32 words[32];\nmov.u32 %r0, %tid.x;\n"
        "setp.lt.u32 %p1, %r0, 16;\nselp.b32 %r5, 0xffff, 0xffff0000, %p1;\n"
        "mov.u32 %r1, words;\nshl.b32 %r2, %r0, 2;\nadd.u32 %r3, %r1, %r2;\n"
        "st.shared.u32 [%r3], %r0;\n" +
            v.name() + " " + mask +
            ";\nxor.b32 %r2, %r2, 36;\nadd.u32 %r3, %r1, %r2;\n"
            "ld.shared.u32 %r4, [%r3];\nld.param.u64 %rd1, [out];\n"
            "mad.wide.u32 %rd2, %r0, 4, %rd1;\nst.global.u32 [%rd2], %r4;\n"
            "ret;")));
    uint64_t out = simulation.allocate(128, "out");
    EXPECT_EQ(faultText(simulation.run(shape(1, 32), out)), "");
    std::vector<uint32_t> expected;
    for (uint32_t lane = 0; lane < 32; ++lane)
      expected.push_back(lane ^ 9);
    EXPECT_EQ(simulation.read<uint32_t>(out, 32), expected);
  }
  return Made::Yes;
}
} // namespace

const std::map<std::string, std::vector<Maker>> ptxsim::test::warpMakers = {
    {"shfl", {shfl}},   {"vote", {vote}},   {"match", {match}},
    {"redux", {redux}}, {"elect", {elect}}, {"activemask", {activemask}},
    {"bar", {barWarp}},
};
