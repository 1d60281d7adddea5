//===- CompareTest.cpp - comparison and selection ---------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Instructions.h"
#include <cmath>

using namespace ptxsim::test;

namespace {
template <typename T>
bool compare(const std::string &how, T a, T b) {
  bool unordered = a != a || b != b;
  if (how == "num")
    return !unordered;
  if (how == "nan")
    return unordered;
  std::string base = how.substr(0, 2);
  bool orUnordered = how.size() == 3;
  if (unordered)
    return orUnordered;
  return base == "eq"   ? a == b
         : base == "ne" ? a != b
         : base == "lt" ? a < b
         : base == "le" ? a <= b
         : base == "gt" ? a > b
                        : a >= b;
}

const char *const ordered[] = {"eq", "ne", "lt", "le", "gt", "ge"};
const char *const unorderedToo[] = {"equ", "neu", "ltu", "leu",
                                    "gtu", "geu", "num", "nan"};

std::string select(const std::string &setp) {
  return setp + "\nselp.b32 %d, 1, 0, %p;";
}

template <typename T>
std::vector<Operation> comparisons(const std::string &type, bool isFloat) {
  std::vector<Operation> operations;
  auto add = [&](const std::string &how) {
    operations.push_back(
        {select("setp." + how + "." + type + " %p, %a, %b;"), 4, Result::Bits,
         [how](uint64_t a, uint64_t b, uint64_t) {
           return uint64_t(compare(how, bitCast<T>(a), bitCast<T>(b)));
         }});
  };
  for (const char *how : ordered)
    add(how);
  if (isFloat)
    for (const char *how : unorderedToo)
      add(how);
  return operations;
}
} // namespace

TEST(Compare, Integers) {
  expectOperations(comparisons<uint16_t>("u16", false),
                   randomOperands(Domain::Integer, 2));
  expectOperations(comparisons<int16_t>("s16", false),
                   randomOperands(Domain::Integer, 2));
  expectOperations(comparisons<uint32_t>("u32", false),
                   randomOperands(Domain::Integer, 4));
  expectOperations(comparisons<int32_t>("s32", false),
                   randomOperands(Domain::Integer, 4));
  expectOperations(comparisons<uint64_t>("u64", false),
                   randomOperands(Domain::Integer, 8));
  expectOperations(comparisons<int64_t>("s64", false),
                   randomOperands(Domain::Integer, 8));
}

TEST(Compare, Floats) {
  expectOperations(comparisons<float>("f32", true),
                   randomOperands(Domain::F32, 4));
  expectOperations(comparisons<double>("f64", true),
                   randomOperands(Domain::F64, 8));
}

TEST(Compare, Halves) {
  std::vector<Operation> f16, bf16;
  for (const char *how : {"eq", "lt", "ge", "neu", "gtu", "nan"}) {
    std::string name = how;
    f16.push_back({select("setp." + name + ".f16 %p, %a, %b;"), 4, Result::Bits,
                   [name](uint64_t a, uint64_t b, uint64_t) {
                     return uint64_t(compare(name, halfValue(a), halfValue(b)));
                   }});
    bf16.push_back({select("setp." + name + ".bf16 %p, %a, %b;"), 4,
                    Result::Bits, [name](uint64_t a, uint64_t b, uint64_t) {
                      return uint64_t(
                          compare(name, brainValue(a), brainValue(b)));
                    }});
  }
  expectOperations(f16, allHalves(Domain::F16));
  expectOperations(bf16, allHalves(Domain::BF16));
}

TEST(Compare, CombinedAndSelected) {
  auto s = [](uint64_t x) { return int32_t(x); };
  auto op = [](const std::string &text, auto f) {
    return Operation{text, 4, Result::Bits, f};
  };
  expectOperations(
      {
          op("setp.lt.s32 %q, %c, 0;\n" +
                 select("setp.lt.and.s32 %p, %a, %b, %q;"),
             [=](uint64_t a, uint64_t b, uint64_t c) {
               return uint64_t(s(a) < s(b) && s(c) < 0);
             }),
          op("setp.lt.s32 %q, %c, 0;\n" +
                 select("setp.lt.or.s32 %p, %a, %b, !%q;"),
             [=](uint64_t a, uint64_t b, uint64_t c) {
               return uint64_t(s(a) < s(b) || s(c) >= 0);
             }),
          // The second destination is (not a < b) xor c.
          op("setp.lt.s32 %p1, %c, 0;\nsetp.lt.xor.s32 %q|%p, %a, %b, %p1;\n"
             "selp.b32 %d, 1, 0, %p;",
             [=](uint64_t a, uint64_t b, uint64_t c) {
               return uint64_t(!(s(a) < s(b)) != (s(c) < 0));
             }),
          op(select("setp.lo.u32 %p, %a, %b;"),
             [](uint64_t a, uint64_t b, uint64_t) { return uint64_t(a < b); }),
          op(select("setp.hs.u32 %p, %a, %b;"),
             [](uint64_t a, uint64_t b, uint64_t) { return uint64_t(a >= b); }),
          op("set.gt.u32.s32 %d, %a, %b;",
             [=](uint64_t a, uint64_t b, uint64_t) {
               return s(a) > s(b) ? 0xffffffffu : 0u;
             }),
          op("set.le.f32.u32 %d, %a, %b;",
             [](uint64_t a, uint64_t b, uint64_t) {
               return a <= b ? 0x3f800000u : 0u;
             }),
          op("slct.b32.s32 %d, %a, %b, %c;",
             [=](uint64_t a, uint64_t b, uint64_t c) {
               return s(c) >= 0 ? a : b;
             }),
          op("slct.b32.f32 %d, %a, %b, %c;",
             [](uint64_t a, uint64_t b, uint64_t c) {
               return bitCast<float>(c) >= 0 ? a : b;
             }),
          op(select("setp.eq.u32 %p1, %a, %b;\nsetp.lt.u32 %q, %a, %c;\n"
                    "or.pred %p, %p1, %q;"),
             [](uint64_t a, uint64_t b, uint64_t c) {
               return uint64_t(a == b || a < c);
             }),
          op(select("setp.lt.u32 %q, %a, %c;\nnot.pred %p, %q;"),
             [](uint64_t a, uint64_t, uint64_t c) { return uint64_t(a >= c); }),
      },
      randomOperands(Domain::Integer, 4));
}
