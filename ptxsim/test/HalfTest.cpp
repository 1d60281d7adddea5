//===- HalfTest.cpp - f16 and bf16 arithmetic -------------------*- C++ -*-===//
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
/// The exact result in long double: 64 bits hold every product and all sums of
/// f16; for sums of bf16 a sticky bit below the last one decides ties.
struct Format {
  const char *name, *packed;
  Domain domain;
  Result compare, comparePacked;
  double (*value)(uint16_t);
  uint16_t (*nearest)(long double);
  uint16_t infinity;
};
const Format f16{"f16",         "f16x2",   Domain::F16, Result::F16,
                 Result::F16x2, halfValue, nearestHalf, 0x7c00};
const Format bf16{"bf16",         "bf16x2",   Domain::BF16, Result::BF16,
                  Result::BF16x2, brainValue, nearestBrain, 0x7f80};

/// x + y where the exponents may be too far apart for 64 bits: the smaller one
/// then only breaks ties, for which its sign is enough.
long double exactSum(long double x, long double y) {
  if (std::fabs(x) < std::fabs(y))
    std::swap(x, y);
  if (std::isfinite(x) && x != 0 && std::fabs(y) < std::fabs(x) * 0x1p-40L)
    y = y == 0 ? 0 : std::copysign(std::fabs(x) * 0x1p-40L, y);
  return x + y;
}

using Exact = long double (*)(long double, long double, long double);

Reference single(const Format &f, Exact exact) {
  return [&f, exact](uint64_t a, uint64_t b, uint64_t c) {
    return uint64_t(f.nearest(exact(f.value(uint16_t(a)), f.value(uint16_t(b)),
                                    f.value(uint16_t(c)))));
  };
}
Reference packed(const Reference &one) {
  return [one](uint64_t a, uint64_t b, uint64_t c) {
    return one(a & 0xffff, b & 0xffff, c & 0xffff) |
           one(a >> 16, b >> 16, c >> 16) << 16;
  };
}

struct Arithmetic {
  const char *name, *args;
  Exact exact;
};
const Arithmetic arithmetic[] = {
    {"add.rn", "%a, %b",
     [](long double a, long double b, long double) { return exactSum(a, b); }},
    {"sub.rn", "%a, %b",
     [](long double a, long double b, long double) { return exactSum(a, -b); }},
    {"mul.rn", "%a, %b",
     [](long double a, long double b, long double) { return a * b; }},
    {"fma.rn", "%a, %b, %c",
     [](long double a, long double b, long double c) {
       return exactSum(a * b, c);
     }},
};

void checkFormat(const Format &f) {
  std::vector<Operation> singles, pairs;
  for (const Arithmetic &op : arithmetic) {
    Reference one = single(f, op.exact);
    std::string args = std::string(" %d, ") + op.args + ";";
    singles.push_back(
        {std::string(op.name) + "." + f.name + args, 2, f.compare, one});
    pairs.push_back({std::string(op.name) + "." + f.packed + args, 4,
                     f.comparePacked, packed(one)});
  }
  expectOperations(singles, randomOperands(f.domain, 2));
  expectOperations(singles, allHalves(f.domain));
  Operands halves = randomOperands(f.domain, 2, 1 << 18);
  Operands wide = randomOperands(Domain::Integer, 4, 1 << 17);
  for (unsigned i = 0; i < 3; ++i)
    for (size_t k = 0; k < wide.count(); ++k)
      wide.values[i][k] = halves.values[i][2 * k] | halves.values[i][2 * k + 1]
                                                        << 16;
  expectOperations(pairs, wide);
}

uint16_t leastHalf(const Format &f, uint16_t a, uint16_t b, bool isMax) {
  double x = f.value(a), y = f.value(b);
  if (std::isnan(x) || std::isnan(y))
    return std::isnan(x) ? b : a;
  if (x == y)
    return std::signbit(x) != isMax ? a : b;
  return (x < y) != isMax ? a : b;
}

void checkMinMax(const Format &f) {
  std::string type = f.name;
  expectOperations(
      {
          {"min." + type + " %d, %a, %b;", 2, f.compare,
           [&f](uint64_t a, uint64_t b, uint64_t) {
             return uint64_t(leastHalf(f, a, b, false));
           }},
          {"max." + type + " %d, %a, %b;", 2, f.compare,
           [&f](uint64_t a, uint64_t b, uint64_t) {
             return uint64_t(leastHalf(f, a, b, true));
           }},
          {"max.NaN." + type + " %d, %a, %b;", 2, f.compare,
           [&f](uint64_t a, uint64_t b, uint64_t) {
             bool nan = std::isnan(f.value(a)) || std::isnan(f.value(b));
             return uint64_t(nan ? 0x7fff : leastHalf(f, a, b, true));
           }},
          {"neg." + type + " %d, %a;", 2, f.compare,
           [](uint64_t a, uint64_t, uint64_t) { return a ^ 0x8000; }},
          {"abs." + type + " %d, %a;", 2, f.compare,
           [](uint64_t a, uint64_t, uint64_t) { return a & 0x7fff; }},
          {"fma.rn.relu." + type + " %d, %a, %b, %c;", 2, f.compare,
           [&f](uint64_t a, uint64_t b, uint64_t c) {
             long double x =
                 exactSum((long double)f.value(a) * f.value(b), f.value(c));
             return uint64_t(x < 0 || (x == 0) ? 0 : f.nearest(x));
           }},
      },
      allHalves(f.domain));
}
} // namespace

TEST(Half, F16Arithmetic) { checkFormat(f16); }
TEST(Half, BF16Arithmetic) { checkFormat(bf16); }
TEST(Half, MinMaxAndSigns) {
  checkMinMax(f16);
  checkMinMax(bf16);
}

TEST(Half, SaturateAndFlush) {
  auto flush = [](uint64_t x) {
    return (x & 0x7c00) == 0 ? x & 0x8000 : x & 0xffff;
  };
  expectOperations(
      {
          {"mul.rn.sat.f16 %d, %a, %b;", 2, Result::F16,
           [](uint64_t a, uint64_t b, uint64_t) {
             long double x = (long double)halfValue(a) * halfValue(b);
             return uint64_t(nearestHalf(x >= 1 ? 1 : x > 0 ? x : 0));
           }},
          {"add.rn.ftz.f16 %d, %a, %b;", 2, Result::F16,
           [=](uint64_t a, uint64_t b, uint64_t) {
             return flush(nearestHalf((long double)halfValue(flush(a)) +
                                      halfValue(flush(b))));
           }},
      },
      allHalves(Domain::F16));
}
