//===- ConvertTest.cpp - cvt ------------------------------------*- C++ -*-===//
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

template <typename R, typename F>
R inMode(int mode, F f) {
  std::fesetround(mode);
  volatile R result = f();
  std::fesetround(FE_TONEAREST);
  return result;
}

/// PTX: NaN gives 0, or the top bit where f64 or a 64-bit integer takes part.
template <typename I>
uint64_t toInteger(long double rounded, bool wide) {
  if (std::isnan(rounded))
    return wide ? uint64_t(1) << (8 * sizeof(I) - 1) : 0;
  if (rounded <= (long double)std::numeric_limits<I>::min())
    return uint64_t(std::numeric_limits<I>::min());
  if (rounded >= (long double)std::numeric_limits<I>::max())
    return uint64_t(std::numeric_limits<I>::max());
  return uint64_t(I(rounded));
}

template <typename F, typename I>
void addFloatToInteger(std::vector<Operation> &operations,
                       const std::string &from, const std::string &to) {
  for (const Rounding &r : roundings)
    operations.push_back(
        {"cvt." + std::string(r.name) + "i." + to + "." + from + " %d, %a;",
         sizeof(I), Result::Bits, [&r](uint64_t a, uint64_t, uint64_t) {
           F x = bitCast<F>(a);
           F rounded = inMode<F>(r.mode, [&] { return std::nearbyint(x); });
           return toInteger<I>(rounded, sizeof(F) == 8 || sizeof(I) == 8);
         }});
}

template <typename I, typename F>
void addIntegerToFloat(std::vector<Operation> &operations,
                       const std::string &from, const std::string &to,
                       Result compare) {
  for (const Rounding &r : roundings)
    operations.push_back(
        {"cvt." + std::string(r.name) + "." + to + "." + from + " %d, %a;",
         sizeof(F), compare, [&r](uint64_t a, uint64_t, uint64_t) {
           volatile I x = I(a);
           return toBits<F>(inMode<F>(r.mode, [&] { return F(x); }));
         }});
}

/// Neighbours of a 16-bit format around x, chosen by the mode.
uint64_t toHalf(double x, int mode, uint16_t (*nearest)(long double),
                double (*value)(uint16_t), uint16_t infinity) {
  if (std::isnan(x))
    return 0x7fff;
  uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  if (std::isinf(x))
    return sign | infinity;
  if (mode == FE_TONEAREST)
    return nearest(x);
  double magnitude = std::fabs(x);
  uint16_t low = 0, high = infinity;
  while (high - low > 1) {
    uint16_t middle = uint16_t((low + high) / 2);
    (value(middle) <= magnitude ? low : high) = middle;
  }
  bool exact = value(low) == magnitude;
  bool away =
      !exact && ((mode == FE_UPWARD && !sign) || (mode == FE_DOWNWARD && sign));
  return sign | (away ? high : low);
}
} // namespace

TEST(Convert, FloatToInteger) {
  std::vector<Operation> operations;
  addFloatToInteger<float, int32_t>(operations, "f32", "s32");
  addFloatToInteger<float, uint32_t>(operations, "f32", "u32");
  addFloatToInteger<float, int64_t>(operations, "f32", "s64");
  addFloatToInteger<float, uint64_t>(operations, "f32", "u64");
  addFloatToInteger<float, int16_t>(operations, "f32", "s16");
  expectOperations(operations, randomOperands(Domain::F32, 4));
  operations.clear();
  addFloatToInteger<double, int32_t>(operations, "f64", "s32");
  addFloatToInteger<double, uint32_t>(operations, "f64", "u32");
  addFloatToInteger<double, int64_t>(operations, "f64", "s64");
  addFloatToInteger<double, uint64_t>(operations, "f64", "u64");
  expectOperations(operations, randomOperands(Domain::F64, 8, 1 << 18));
}

TEST(Convert, IntegerToFloat) {
  std::vector<Operation> operations;
  addIntegerToFloat<int32_t, float>(operations, "s32", "f32", Result::F32);
  addIntegerToFloat<uint32_t, float>(operations, "u32", "f32", Result::F32);
  addIntegerToFloat<int32_t, double>(operations, "s32", "f64", Result::F64);
  expectOperations(operations, randomOperands(Domain::Integer, 4, 1 << 19));
  operations.clear();
  addIntegerToFloat<int64_t, float>(operations, "s64", "f32", Result::F32);
  addIntegerToFloat<uint64_t, float>(operations, "u64", "f32", Result::F32);
  addIntegerToFloat<int64_t, double>(operations, "s64", "f64", Result::F64);
  addIntegerToFloat<uint64_t, double>(operations, "u64", "f64", Result::F64);
  expectOperations(operations, randomOperands(Domain::Integer, 8, 1 << 19));
}

TEST(Convert, BetweenFloats) {
  std::vector<Operation> narrow, integral;
  for (const Rounding &r : roundings) {
    std::string name = r.name;
    narrow.push_back({"cvt." + name + ".f32.f64 %d, %a;", 4, Result::F32,
                      [&r](uint64_t a, uint64_t, uint64_t) {
                        volatile double x = bitCast<double>(a);
                        return toBits<float>(
                            inMode<float>(r.mode, [&] { return float(x); }));
                      }});
    integral.push_back({"cvt." + name + "i.f32.f32 %d, %a;", 4, Result::F32,
                        [&r](uint64_t a, uint64_t, uint64_t) {
                          float x = bitCast<float>(a);
                          return toBits<float>(inMode<float>(
                              r.mode, [&] { return std::nearbyint(x); }));
                        }});
  }
  integral.push_back({"cvt.f64.f32 %d, %a;", 8, Result::F64,
                      [](uint64_t a, uint64_t, uint64_t) {
                        return toBits<double>(bitCast<float>(a));
                      }});
  integral.push_back({"cvt.sat.f32.f32 %d, %a;", 4, Result::F32,
                      [](uint64_t a, uint64_t, uint64_t) {
                        float x = bitCast<float>(a);
                        return toBits<float>(x > 1 ? 1 : x > 0 ? x : 0);
                      }});
  integral.push_back({"cvt.ftz.f32.f32 %d, %a;", 4, Result::F32,
                      [](uint64_t a, uint64_t, uint64_t) {
                        return (a & 0x7f800000) ? a : a & 0x80000000;
                      }});
  // Doubles near the range of f32, too.
  Operands doubles = randomOperands(Domain::F64, 8, 1 << 19);
  for (size_t k = 0; k < doubles.count(); k += 2)
    doubles.values[0][k] =
        (doubles.values[0][k] & 0x80ffffffffffffff) | uint64_t(0x38) << 56;
  expectOperations(narrow, doubles);
  expectOperations(integral, randomOperands(Domain::F32, 4));
}

TEST(Convert, EveryHalfToOthers) {
  std::vector<Operation> operations;
  for (const Rounding &r : roundings) {
    operations.push_back(
        {"cvt." + std::string(r.name) + "i.s32.f16 %d, %a;", 4, Result::Bits,
         [&r](uint64_t a, uint64_t, uint64_t) {
           double x = halfValue(uint16_t(a));
           return toInteger<int32_t>(
               inMode<double>(r.mode, [&] { return std::nearbyint(x); }),
               false);
         }});
    operations.push_back({"cvt." + std::string(r.name) + "i.f16.f16 %d, %a;", 2,
                          Result::F16, [&r](uint64_t a, uint64_t, uint64_t) {
                            double x = halfValue(uint16_t(a));
                            return uint64_t(nearestHalf(inMode<double>(
                                r.mode, [&] { return std::nearbyint(x); })));
                          }});
  }
  operations.push_back({"cvt.f32.f16 %d, %a;", 4, Result::F32,
                        [](uint64_t a, uint64_t, uint64_t) {
                          return toBits<float>(float(halfValue(uint16_t(a))));
                        }});
  operations.push_back({"cvt.f64.f16 %d, %a;", 8, Result::F64,
                        [](uint64_t a, uint64_t, uint64_t) {
                          return toBits<double>(halfValue(uint16_t(a)));
                        }});
  operations.push_back(
      {"cvt.f32.bf16 %d, %a;", 4, Result::F32,
       [](uint64_t a, uint64_t, uint64_t) { return a << 16; }});
  operations.push_back(
      {"cvt.rn.f16.u16 %d, %a;", 2, Result::F16,
       [](uint64_t a, uint64_t, uint64_t) { return nearestHalf(a); }});
  operations.push_back({"cvt.rn.bf16.s16 %d, %a;", 2, Result::BF16,
                        [](uint64_t a, uint64_t, uint64_t) {
                          return nearestBrain(int16_t(a));
                        }});
  expectOperations(operations, allHalves(Domain::F16));
}

// Every f16 and bf16, their midpoints, and the neighbours of those in f32.
TEST(Convert, FloatToHalf) {
  Operands operands = randomOperands(Domain::F32, 4, 1 << 20);
  for (size_t k = 0; k < 65536; ++k)
    for (uint64_t i = 0; i < 4; ++i) {
      float half = float(halfValue(uint16_t(k)));
      uint64_t middle = toBits(half) + 0x1000; // half a unit of f16
      operands.values[0][8 * k + i] =
          uint32_t(i ? middle + i - 2 : toBits(half));
      operands.values[0][8 * k + 4 + i] =
          uint32_t(i ? (k << 16 | 0x8000) + i - 2 : k << 16);
    }
  std::vector<Operation> operations;
  for (const Rounding &r : {roundings[0], roundings[1]}) {
    int mode = r.mode;
    Reference half = [mode](uint64_t a, uint64_t, uint64_t) {
      return toHalf(bitCast<float>(a), mode, nearestHalf, halfValue, 0x7c00);
    };
    Reference brain = [mode](uint64_t a, uint64_t, uint64_t) {
      return toHalf(bitCast<float>(a), mode, nearestBrain, brainValue, 0x7f80);
    };
    auto packed = [](Reference one) {
      return [one](uint64_t a, uint64_t b, uint64_t) {
        return one(a, 0, 0) << 16 | one(b, 0, 0);
      };
    };
    std::string name = r.name;
    operations.push_back(
        {"cvt." + name + ".f16.f32 %d, %a;", 2, Result::F16, half});
    operations.push_back(
        {"cvt." + name + ".bf16.f32 %d, %a;", 2, Result::BF16, brain});
    operations.push_back({"cvt." + name + ".f16x2.f32 %d, %a, %b;", 4,
                          Result::F16x2, packed(half)});
    operations.push_back({"cvt." + name + ".bf16x2.f32 %d, %a, %b;", 4,
                          Result::BF16x2, packed(brain)});
    operations.push_back(
        {"cvt." + name + ".relu.bf16x2.f32 %d, %a, %b;", 4, Result::BF16x2,
         packed([brain](uint64_t a, uint64_t, uint64_t) -> uint64_t {
           float x = bitCast<float>(a);
           return std::isnan(x) ? 0x7fff : std::signbit(x) ? 0 : brain(a, 0, 0);
         })});
  }
  operations.push_back({"cvt.rna.tf32.f32 %d, %a;", 4, Result::F32,
                        [](uint64_t a, uint64_t, uint64_t) -> uint64_t {
                          if (std::isnan(bitCast<float>(a)))
                            return 0x7fffffff;
                          if ((a & 0x7fffffff) == 0x7f800000)
                            return a;
                          return (a + 0x1000) &
                                 0xffffe000; // ties away from zero
                        }});
  expectOperations(operations, operands);
}

TEST(Convert, EightBitFloats) {
  // All values of e4m3 by its definition: 4 exponent bits, bias 7, no infinity.
  auto e4m3 = [](unsigned bits) {
    int exponent = bits >> 3 & 15, fraction = bits & 7;
    if ((bits & 127) == 127)
      return double(NAN);
    double value = exponent ? std::ldexp(8 + fraction, exponent - 10)
                            : std::ldexp(fraction, -9);
    return bits & 128 ? -value : value;
  };
  auto toE4m3 = [=](float x) -> uint64_t {
    if (std::isnan(x))
      return 0x7f;
    unsigned best = 0;
    double distance = INFINITY;
    for (unsigned bits = 0; bits < 127; ++bits) {
      double d = std::fabs(e4m3(bits) - std::fabs(double(x)));
      if (std::isinf(x))
        d = 0;
      if (d < distance || (d == distance && bits % 2 == 0) || std::isinf(x))
        distance = d, best = bits;
    }
    return best | (std::signbit(x) ? 128 : 0);
  };
  expectOperations(
      {
          {"cvt.rn.satfinite.e4m3x2.f32 %d, %a, %b;", 2, Result::Bits,
           [=](uint64_t a, uint64_t b, uint64_t) {
             return toE4m3(bitCast<float>(a)) << 8 | toE4m3(bitCast<float>(b));
           }},
      },
      randomOperands(Domain::F32, 4, 1 << 16));
  expectOperations(
      {
          {"cvt.rn.f16x2.e4m3x2 %d, %a;", 4, Result::F16x2,
           [=](uint64_t a, uint64_t, uint64_t) {
             return uint64_t(nearestHalf(e4m3(a >> 8))) << 16 |
                    nearestHalf(e4m3(a & 255));
           }},
          {"cvt.rn.f16x2.e5m2x2 %d, %a;", 4, Result::F16x2,
           [](uint64_t a, uint64_t, uint64_t) {
             return (a & 0xff00) << 16 | (a & 0xff) << 8;
           }},
      },
      allHalves(Domain::Integer));
}

TEST(Convert, Integers) {
  auto op = [](const std::string &types, unsigned bytes, auto f) {
    return Operation{
        "cvt." + types + " %d, %a;", bytes, Result::Bits,
        [f](uint64_t a, uint64_t, uint64_t) { return uint64_t(f(a)); }};
  };
  expectOperations(
      {
          op("s64.s32", 8, [](uint64_t a) { return int64_t(int32_t(a)); }),
          op("u64.u32", 8, [](uint64_t a) { return a; }),
          op("u16.u32", 2, [](uint64_t a) { return a; }),
          op("s32.s8", 4, [](uint64_t a) { return int8_t(a); }),
          op("s32.u8", 4, [](uint64_t a) { return uint8_t(a); }),
          op("u32.u16", 4, [](uint64_t a) { return uint16_t(a); }),
          op("s64.s16", 8, [](uint64_t a) { return int64_t(int16_t(a)); }),
          op("sat.u8.s32", 4,
             [](uint64_t a) {
               int32_t x = int32_t(a);
               return x < 0 ? 0 : x > 255 ? 255 : x;
             }),
          op("sat.s8.s32", 4,
             [](uint64_t a) {
               int32_t x = int32_t(a);
               return x < -128 ? -128 : x > 127 ? 127 : x;
             }),
          op("sat.u32.s32", 4,
             [](uint64_t a) { return int32_t(a) < 0 ? 0 : a; }),
          op("sat.s32.u32", 4,
             [](uint64_t a) { return a > 0x7fffffff ? 0x7fffffff : a; }),
      },
      randomOperands(Domain::Integer, 4));
}
