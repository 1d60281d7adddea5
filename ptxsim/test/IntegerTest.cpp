//===- IntegerTest.cpp - integer arithmetic ---------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Instructions.h"

using namespace ptxsim::test;

namespace {
template <typename T>
T cast(uint64_t bits) {
  return static_cast<T>(bits);
}
using Wide = __int128;
using UWide = unsigned __int128;

/// All instructions that exist for every integer type.
template <typename T>
std::vector<Operation> common(const std::string &type) {
  using W = std::conditional_t<std::is_signed_v<T>, Wide, UWide>;
  constexpr unsigned bytes = sizeof(T), bits = 8 * sizeof(T);
  auto op = [&](const std::string &name, auto f) {
    return Operation{name + "." + type + " %d, %a, %b, %c;", bytes,
                     Result::Bits, f};
  };
  auto op2 = [&](const std::string &name, auto f) {
    return Operation{name + "." + type + " %d, %a, %b;", bytes, Result::Bits,
                     f};
  };
  return {
      op2("add", [](uint64_t a, uint64_t b, uint64_t) { return a + b; }),
      op2("sub", [](uint64_t a, uint64_t b, uint64_t) { return a - b; }),
      op2("mul.lo", [](uint64_t a, uint64_t b, uint64_t) { return a * b; }),
      op2("mul.hi",
          [](uint64_t a, uint64_t b, uint64_t) {
            return uint64_t(W(cast<T>(a)) * W(cast<T>(b)) >> bits);
          }),
      op("mad.lo",
         [](uint64_t a, uint64_t b, uint64_t c) { return a * b + c; }),
      op("mad.hi",
         [](uint64_t a, uint64_t b, uint64_t c) {
           return uint64_t(W(cast<T>(a)) * W(cast<T>(b)) >> bits) + c;
         }),
      op2("min",
          [](uint64_t a, uint64_t b, uint64_t) {
            return uint64_t(cast<T>(a) < cast<T>(b) ? a : b);
          }),
      op2("max",
          [](uint64_t a, uint64_t b, uint64_t) {
            return uint64_t(cast<T>(a) > cast<T>(b) ? a : b);
          }),
      op("sad",
         [](uint64_t a, uint64_t b, uint64_t c) {
           W difference = W(cast<T>(a)) - W(cast<T>(b));
           bool less = cast<T>(a) < cast<T>(b);
           return uint64_t(less ? -difference : difference) + c;
         }),
      // A divisor of zero is left open by PTX: avoided.
      {"or.b" + std::to_string(bits) + " %b, %b, 1;\ndiv." + type +
           " %d, %a, %b;",
       bytes, Result::Bits,
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(W(cast<T>(a)) / W(cast<T>(b | 1)));
       }},
      {"or.b" + std::to_string(bits) + " %b, %b, 1;\nrem." + type +
           " %d, %a, %b;",
       bytes, Result::Bits,
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(W(cast<T>(a)) % W(cast<T>(b | 1)));
       }},
  };
}

template <typename T>
std::vector<Operation> signedOnly(const std::string &type) {
  constexpr unsigned bytes = sizeof(T);
  return {
      {"abs." + type + " %d, %a;", bytes, Result::Bits,
       [](uint64_t a, uint64_t, uint64_t) { return cast<T>(a) < 0 ? -a : a; }},
      {"neg." + type + " %d, %a;", bytes, Result::Bits,
       [](uint64_t a, uint64_t, uint64_t) { return -a; }},
  };
}

template <typename T, typename R>
std::vector<Operation> widening(const std::string &type) {
  constexpr unsigned bytes = sizeof(R);
  std::string wide = std::is_signed_v<T> ? "cvt.s" : "cvt.u";
  wide += std::to_string(8 * bytes) + (std::is_signed_v<T> ? ".s" : ".u") +
          std::to_string(8 * sizeof(T));
  return {
      {"mul.wide." + type + " %d, %a, %b;", bytes, Result::Bits,
       [](uint64_t a, uint64_t b, uint64_t) {
         return uint64_t(Wide(cast<T>(a)) * Wide(cast<T>(b)));
       }},
      {wide + " %d, %c;\nmad.wide." + type + " %d, %a, %b, %d;", bytes,
       Result::Bits,
       [](uint64_t a, uint64_t b, uint64_t c) {
         return uint64_t(Wide(cast<T>(a)) * Wide(cast<T>(b)) +
                         Wide(cast<T>(c)));
       }},
  };
}

int64_t clampTo32(Wide value) {
  return int64_t(value < INT32_MIN   ? Wide(INT32_MIN)
                 : value > INT32_MAX ? Wide(INT32_MAX)
                                     : value);
}
int64_t signed24(uint64_t value) { return int64_t(value << 40) >> 40; }
uint64_t unsigned24(uint64_t value) { return value & 0xffffff; }
} // namespace

TEST(Integer, SixteenBits) {
  Operands operands = randomOperands(Domain::Integer, 2);
  expectOperations(common<uint16_t>("u16"), operands);
  expectOperations(common<int16_t>("s16"), operands);
  expectOperations(signedOnly<int16_t>("s16"), allHalves(Domain::Integer));
  expectOperations(widening<uint16_t, uint32_t>("u16"), operands);
  expectOperations(widening<int16_t, int32_t>("s16"), operands);
}

TEST(Integer, ThirtyTwoBits) {
  Operands operands = randomOperands(Domain::Integer, 4);
  expectOperations(common<uint32_t>("u32"), operands);
  expectOperations(common<int32_t>("s32"), operands);
  expectOperations(signedOnly<int32_t>("s32"), operands);
  expectOperations(widening<uint32_t, uint64_t>("u32"), operands);
  expectOperations(widening<int32_t, int64_t>("s32"), operands);
}

TEST(Integer, SixtyFourBits) {
  Operands operands = randomOperands(Domain::Integer, 8);
  expectOperations(common<uint64_t>("u64"), operands);
  expectOperations(common<int64_t>("s64"), operands);
  expectOperations(signedOnly<int64_t>("s64"), operands);
}

TEST(Integer, SaturatingAnd24Bits) {
  auto s32 = [](uint64_t x) { return int64_t(int32_t(x)); };
  auto high = [](int64_t a, int64_t b) { return (a * b) >> 32; };
  expectOperations(
      {
          {"add.sat.s32 %d, %a, %b;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t) {
             return uint64_t(clampTo32(Wide(s32(a)) + s32(b)));
           }},
          {"sub.sat.s32 %d, %a, %b;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t) {
             return uint64_t(clampTo32(Wide(s32(a)) - s32(b)));
           }},
          {"mad.hi.sat.s32 %d, %a, %b, %c;", 4, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             return uint64_t(clampTo32(Wide(high(s32(a), s32(b))) + s32(c)));
           }},
          {"mul24.lo.u32 %d, %a, %b;", 4, Result::Bits,
           [](uint64_t a, uint64_t b, uint64_t) {
             return unsigned24(a) * unsigned24(b);
           }},
          {"mul24.hi.u32 %d, %a, %b;", 4, Result::Bits,
           [](uint64_t a, uint64_t b, uint64_t) {
             return unsigned24(a) * unsigned24(b) >> 16;
           }},
          {"mul24.lo.s32 %d, %a, %b;", 4, Result::Bits,
           [](uint64_t a, uint64_t b, uint64_t) {
             return uint64_t(signed24(a) * signed24(b));
           }},
          {"mul24.hi.s32 %d, %a, %b;", 4, Result::Bits,
           [](uint64_t a, uint64_t b, uint64_t) {
             return uint64_t((signed24(a) * signed24(b)) >> 16);
           }},
          {"mad24.lo.s32 %d, %a, %b, %c;", 4, Result::Bits,
           [](uint64_t a, uint64_t b, uint64_t c) {
             return uint64_t(signed24(a) * signed24(b)) + c;
           }},
      },
      randomOperands(Domain::Integer, 4));
}

TEST(Integer, PackedHalves) {
  auto halves = [](auto f) {
    return [f](uint64_t a, uint64_t b, uint64_t) {
      return uint64_t(uint16_t(f(uint16_t(a), uint16_t(b)))) |
             uint64_t(uint16_t(f(uint16_t(a >> 16), uint16_t(b >> 16)))) << 16;
    };
  };
  expectOperations(
      {
          {"add.u16x2 %d, %a, %b;", 4, Result::Bits,
           halves([](int a, int b) { return a + b; })},
          {"min.u16x2 %d, %a, %b;", 4, Result::Bits,
           halves([](int a, int b) { return a < b ? a : b; })},
          {"max.s16x2 %d, %a, %b;", 4, Result::Bits, halves([](int a, int b) {
             return int16_t(a) > int16_t(b) ? a : b;
           })},
      },
      randomOperands(Domain::Integer, 4));
}

TEST(Integer, DotProducts) {
  auto dot = [](auto first, auto second) {
    using A = decltype(first);
    using B = decltype(second);
    return [](uint64_t a, uint64_t b, uint64_t c) {
      int64_t sum = int64_t(uint32_t(c));
      for (unsigned i = 0; i < 32; i += 8)
        sum += int64_t(A(a >> i)) * int64_t(B(b >> i));
      return uint64_t(sum);
    };
  };
  auto dot2 = [](unsigned from) {
    return [from](uint64_t a, uint64_t b, uint64_t c) {
      return c + uint64_t(int64_t(int16_t(a)) * int8_t(b >> from) +
                          int64_t(int16_t(a >> 16)) * int8_t(b >> (from + 8)));
    };
  };
  expectOperations(
      {
          {"dp4a.u32.u32 %d, %a, %b, %c;", 4, Result::Bits,
           dot(uint8_t(), uint8_t())},
          {"dp4a.s32.s32 %d, %a, %b, %c;", 4, Result::Bits,
           dot(int8_t(), int8_t())},
          {"dp4a.s32.u32 %d, %a, %b, %c;", 4, Result::Bits,
           dot(int8_t(), uint8_t())},
          {"dp4a.u32.s32 %d, %a, %b, %c;", 4, Result::Bits,
           dot(uint8_t(), int8_t())},
          {"dp2a.lo.s32.s32 %d, %a, %b, %c;", 4, Result::Bits, dot2(0)},
          {"dp2a.hi.s32.s32 %d, %a, %b, %c;", 4, Result::Bits, dot2(16)},
      },
      randomOperands(Domain::Integer, 4));
}

// 128-bit sums and products from 32- and 64-bit pieces.
TEST(Integer, Carries) {
  auto upper = [](UWide value) { return uint64_t(value >> 64); };
  expectOperations(
      {
          {"add.cc.u64 %d, %a, %b;\naddc.u64 %d, %c, 0;", 8, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             return c + upper(UWide(a) + b);
           }},
          {"sub.cc.u64 %d, %a, %b;\nsubc.u64 %d, %c, 0;", 8, Result::Bits,
           [](uint64_t a, uint64_t b, uint64_t c) { return c - (a < b); }},
          {"add.cc.u64 %d, %a, %b;\naddc.cc.u64 %d, %d, %c;\n"
           "addc.u64 %d, 0, 0;",
           8, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             UWide first = UWide(a) + b;
             return upper(UWide(uint64_t(first)) + c + upper(first));
           }},
          {"mad.lo.cc.u64 %d, %a, %b, %c;\nmadc.hi.u64 %d, %a, %b, 0;", 8,
           Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t c) {
             return upper(UWide(a) * b + c);
           }},
          {"mad.lo.cc.s64 %d, %a, %b, %c;\nmadc.hi.s64 %d, %a, %b, 0;", 8,
           Result::Bits,
           [](uint64_t a, uint64_t b, uint64_t c) {
             return uint64_t((Wide(int64_t(a)) * int64_t(b) + Wide(UWide(c))) >>
                             64);
           }},
      },
      randomOperands(Domain::Integer, 8));
}
