//===- FloatTest.cpp - f32 and f64 arithmetic -------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Instructions.h"
#include <cfenv>
#include <cmath>

using namespace ptxsim::test;

namespace {
struct Rounding {
  const char *name;
  int mode;
};
const Rounding roundings[] = {{"rn", FE_TONEAREST},
                              {"rz", FE_TOWARDZERO},
                              {"rm", FE_DOWNWARD},
                              {"rp", FE_UPWARD}};

/// The reference in a rounding mode of the host.
template <typename T, typename F>
Reference in(int mode, F f) {
  return [mode, f](uint64_t a, uint64_t b, uint64_t c) {
    std::fesetround(mode);
    volatile T x = bitCast<T>(a), y = bitCast<T>(b), z = bitCast<T>(c);
    volatile T result = f(x, y, z);
    std::fesetround(FE_TONEAREST);
    return toBits<T>(result);
  };
}

template <typename T>
void everyRounding(const std::string &type, Result compare,
                   const Operands &operands) {
  std::vector<Operation> operations;
  constexpr unsigned bytes = sizeof(T);
  for (const Rounding &r : roundings) {
    auto add = [&](const std::string &name, const std::string &args, auto f) {
      operations.push_back(
          {name + "." + r.name + "." + type + " %d, " + args + ";", bytes,
           compare, in<T>(r.mode, f)});
    };
    add("add", "%a, %b", [](T a, T b, T) { return a + b; });
    add("sub", "%a, %b", [](T a, T b, T) { return a - b; });
    add("mul", "%a, %b", [](T a, T b, T) { return a * b; });
    add("div", "%a, %b", [](T a, T b, T) { return a / b; });
    add("fma", "%a, %b, %c", [](T a, T b, T c) { return std::fma(a, b, c); });
    add("sqrt", "%a", [](T a, T, T) { return std::sqrt(a); });
    add("rcp", "%a", [](T a, T, T) { return T(1) / a; });
  }
  expectOperations(operations, operands);
}

float flush(float x) {
  return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x;
}
float saturate(float x) { return x > 1 ? 1.0f : x > 0 ? x : 0.0f; }

template <typename T>
T least(T a, T b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) ? b : a;
  return a == b ? (std::signbit(a) ? a : b) : a < b ? a : b;
}
template <typename T>
T most(T a, T b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) ? b : a;
  return a == b ? (std::signbit(a) ? b : a) : a > b ? a : b;
}

template <typename T>
std::vector<Operation> simple(const std::string &type, Result compare) {
  constexpr unsigned bytes = sizeof(T);
  auto op = [&](const std::string &text, auto f) {
    return Operation{text, bytes, compare, in<T>(FE_TONEAREST, f)};
  };
  return {
      op("min." + type + " %d, %a, %b;",
         [](T a, T b, T) { return least(a, b); }),
      op("max." + type + " %d, %a, %b;",
         [](T a, T b, T) { return most(a, b); }),
      op("neg." + type + " %d, %a;", [](T a, T, T) { return -a; }),
      op("abs." + type + " %d, %a;", [](T a, T, T) { return std::fabs(a); }),
      op("copysign." + type + " %d, %a, %b;",
         [](T a, T b, T) { return std::copysign(b, a); }),
  };
}
} // namespace

TEST(Float, F32InEveryRounding) {
  everyRounding<float>("f32", Result::F32, randomOperands(Domain::F32, 4));
}

TEST(Float, F64InEveryRounding) {
  everyRounding<double>("f64", Result::F64, randomOperands(Domain::F64, 8));
}

TEST(Float, MinMaxAndSigns) {
  expectOperations(simple<float>("f32", Result::F32),
                   randomOperands(Domain::F32, 4));
  expectOperations(simple<double>("f64", Result::F64),
                   randomOperands(Domain::F64, 8));
}

TEST(Float, FlushAndSaturate) {
  auto op = [](const std::string &text, auto f) {
    return Operation{text, 4, Result::F32, in<float>(FE_TONEAREST, f)};
  };
  expectOperations(
      {
          op("add.rn.ftz.f32 %d, %a, %b;",
             [](float a, float b, float) {
               return flush(flush(a) + flush(b));
             }),
          op("mul.rn.ftz.f32 %d, %a, %b;",
             [](float a, float b, float) {
               return flush(flush(a) * flush(b));
             }),
          op("fma.rn.ftz.f32 %d, %a, %b, %c;",
             [](float a, float b, float c) {
               return flush(std::fma(flush(a), flush(b), flush(c)));
             }),
          op("div.rn.ftz.f32 %d, %a, %b;",
             [](float a, float b, float) {
               return flush(flush(a) / flush(b));
             }),
          op("sqrt.rn.ftz.f32 %d, %a;",
             [](float a, float, float) { return flush(std::sqrt(flush(a))); }),
          op("add.sat.f32 %d, %a, %b;",
             [](float a, float b, float) { return saturate(a + b); }),
          op("mul.sat.f32 %d, %a, %b;",
             [](float a, float b, float) { return saturate(a * b); }),
          op("fma.rn.sat.f32 %d, %a, %b, %c;",
             [](float a, float b, float c) {
               return saturate(std::fma(a, b, c));
             }),
          op("add.rn.ftz.sat.f32 %d, %a, %b;",
             [](float a, float b, float) {
               return flush(saturate(flush(a) + flush(b)));
             }),
          op("neg.ftz.f32 %d, %a;",
             [](float a, float, float) { return -flush(a); }),
          op("abs.ftz.f32 %d, %a;",
             [](float a, float, float) { return std::fabs(flush(a)); }),
          op("min.NaN.f32 %d, %a, %b;",
             [](float a, float b, float) {
               return std::isnan(a) || std::isnan(b) ? NAN : least(a, b);
             }),
          op("max.ftz.f32 %d, %a, %b;",
             [](float a, float b, float) { return most(flush(a), flush(b)); }),
          op("max.xorsign.abs.f32 %d, %a, %b;",
             [](float a, float b, float) {
               float x = most(std::fabs(a), std::fabs(b));
               return std::signbit(a) != std::signbit(b) ? -x : x;
             }),
          op("min.f32 %d, %a, %b, %c;",
             [](float a, float b, float c) { return least(least(a, b), c); }),
      },
      randomOperands(Domain::F32, 4));
}

// Two f32 in 64 bits: the same bits as two instructions.
TEST(Float, Pairs) {
  auto pairs = [](int mode, auto f) {
    Reference one = in<float>(mode, f);
    return [one](uint64_t a, uint64_t b, uint64_t c) {
      auto canonical = [](uint64_t bits) {
        return std::isnan(bitCast<float>(bits)) ? 0x7fffffff : bits;
      };
      uint64_t low = canonical(one(uint32_t(a), uint32_t(b), uint32_t(c)));
      return low | canonical(one(a >> 32, b >> 32, c >> 32)) << 32;
    };
  };
  auto plus = [](float a, float b, float) { return a + b; };
  auto fused = [](float a, float b, float c) { return std::fma(a, b, c); };
  Operands operands = randomOperands(Domain::F32, 4, 1 << 21);
  Operands wide = randomOperands(Domain::F64, 8);
  for (unsigned i = 0; i < 3; ++i)
    for (size_t k = 0; k < wide.count(); ++k)
      wide.values[i][k] =
          operands.values[i][2 * k] | operands.values[i][2 * k + 1] << 32;
  expectOperations(
      {
          {"fma.rn.f32x2 %d, %a, %b, %c;", 8, Result::Bits,
           pairs(FE_TONEAREST, fused)},
          {"fma.rz.f32x2 %d, %a, %b, %c;", 8, Result::Bits,
           pairs(FE_TOWARDZERO, fused)},
          {"add.rn.f32x2 %d, %a, %b;", 8, Result::Bits,
           pairs(FE_TONEAREST, plus)},
          {"mul.rm.f32x2 %d, %a, %b;", 8, Result::Bits,
           pairs(FE_DOWNWARD, [](float a, float b, float) { return a * b; })},
      },
      wide);
}

TEST(Float, Classes) {
  auto op = [](const std::string &kind, auto f) {
    return Operation{"testp." + kind + ".f32 %p, %a;\nselp.b32 %d, 1, 0, %p;",
                     4, Result::Bits, [f](uint64_t a, uint64_t, uint64_t) {
                       return uint64_t(f(bitCast<float>(a)));
                     }};
  };
  expectOperations(
      {
          op("finite", [](float x) { return std::isfinite(x); }),
          op("infinite", [](float x) { return std::isinf(x); }),
          op("number", [](float x) { return !std::isnan(x); }),
          op("notanumber", [](float x) { return std::isnan(x); }),
          op("normal", [](float x) { return std::isnormal(x); }),
          op("subnormal",
             [](float x) { return std::fpclassify(x) == FP_SUBNORMAL; }),
      },
      randomOperands(Domain::F32, 4));
}

// The caller's rounding mode and flushing must not matter, and must survive.
TEST(Float, CallersEnvironment) {
  Operands operands = randomOperands(Domain::F32, 4, 1 << 14);
  std::vector<uint64_t> quotients;
  for (size_t k = 0; k < operands.count(); ++k)
    quotients.push_back(toBits(bitCast<float>(operands.values[0][k]) /
                               bitCast<float>(operands.values[1][k])));
  size_t at = 0;
  auto next = [&](uint64_t, uint64_t, uint64_t) { return quotients[at++]; };
  std::fesetround(FE_UPWARD);
  expectOperations({{"div.rn.f32 %d, %a, %b;", 4, Result::F32, next}},
                   operands);
  EXPECT_EQ(std::fegetround(), FE_UPWARD);
  std::fesetround(FE_TONEAREST);
}
