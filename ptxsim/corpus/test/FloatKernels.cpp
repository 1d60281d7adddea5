//===- FloatKernels.cpp - IEEE arithmetic in every rounding mode ----------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CorpusTest.h"
#include <cfenv>
#include <functional>
#include <limits>

namespace ptxsim::corpus {
namespace {

PTXSIM_CORPUS_SUITE(FloatKernels);

const int nearest = FE_TONEAREST, zero = FE_TOWARDZERO, up = FE_UPWARD,
          down = FE_DOWNWARD;

/// Evaluates on the host in a rounding mode. This file is compiled with
/// -frounding-math; volatile keeps operands out of the compiler's reach.
template <typename Function>
auto rounded(int mode, Function function) {
  std::fesetround(mode);
  volatile auto result = function();
  std::fesetround(FE_TONEAREST);
  return static_cast<decltype(function())>(result);
}

TEST_P(FloatKernels, RoundingF32) {
  load("rounding_f32");
  const int n = 1024;
  std::vector<float> x = anyFloats(n), y = anyFloats(n), z = anyFloats(n),
                     expected;
  Buffer<float> out = allocate<float>(16 * n);
  launch({8}, {128}, upload(x), upload(y), upload(z), out);
  for (int i = 0; i < n; ++i) {
    volatile float a = x[i], b = y[i], c = z[i];
    const std::function<float()> operations[] = {
        [&] { return a + b; }, [&] { return a - b; }, [&] { return a * b; },
        [&] { return std::fma(a, b, c); }};
    for (const auto &operation : operations)
      for (int mode : {nearest, zero, up, down})
        expected.push_back(rounded(mode, operation));
  }
  expectSame(download(out), expected);
}

TEST_P(FloatKernels, DivideF32) {
  load("divide_f32");
  const int n = 1024;
  std::vector<float> x = anyFloats(n), y = anyFloats(n), expected;
  Buffer<float> out = allocate<float>(12 * n);
  launch({8}, {128}, upload(x), upload(y), out);
  for (int i = 0; i < n; ++i) {
    volatile float a = x[i], b = y[i], c = std::fabs(x[i]);
    const std::function<float()> operations[] = {[&] { return a / b; },
                                                 [&] { return std::sqrt(c); },
                                                 [&] { return 1.0f / b; }};
    for (const auto &operation : operations)
      for (int mode : {nearest, zero, up, down})
        expected.push_back(rounded(mode, operation));
  }
  expectSame(download(out), expected);
}

TEST_P(FloatKernels, RoundingF64) {
  load("rounding_f64");
  const int n = 1024;
  std::vector<double> x = anyDoubles(n), y = anyDoubles(n), expected;
  Buffer<double> out = allocate<double>(18 * n);
  launch({8}, {128}, upload(x), upload(y), out);
  for (int i = 0; i < n; ++i) {
    volatile double a = x[i], b = y[i], c = std::fabs(x[i]);
    const std::function<double()> operations[] = {
        [&] { return a + b; },
        [&] { return a * b; },
        [&] { return std::fma(a, b, a); },
        [&] { return a / b; },
        [&] { return std::sqrt(c); },
        [&] { return 1.0 / b; }};
    for (const auto &operation : operations)
      for (int mode : {zero, up, down})
        expected.push_back(rounded(mode, operation));
  }
  expectSame(download(out), expected);
}

/// What cvt makes of a float that is already rounded: saturated, NaN to 0 or,
/// where a 64-bit type takes part, to the lowest signed value.
template <typename Int>
Int saturated(double value, bool wide) {
  using Limits = std::numeric_limits<Int>;
  if (std::isnan(value))
    return wide ? static_cast<Int>(Int(1) << (8 * sizeof(Int) - 1)) : 0;
  if (value <= static_cast<double>(Limits::min()))
    return Limits::min();
  if (value >= static_cast<double>(Limits::max()))
    return Limits::max();
  return static_cast<Int>(value);
}

TEST_P(FloatKernels, Convert) {
  load("convert");
  const int n = 1024;
  std::vector<float> x = anyFloats(n);
  std::vector<double> y = anyDoubles(n);
  std::vector<int64_t> z = integers<int64_t>(n);
  for (int i = 0; i < n; ++i) {
    // Around the limits of the integers, ties included.
    if (i % 3 == 0) {
      x[i] = std::ldexp(x[i], static_cast<int>(random() % 60));
      y[i] = std::round(y[i] * 64) / 2 + std::ldexp(1.0, i % 66);
    }
    z[i] = z[i] >> i % 64;
  }
  Buffer<int> ints = allocate<int>(8 * n);
  Buffer<int64_t> longs = allocate<int64_t>(4 * n);
  Buffer<float> floats = allocate<float>(10 * n);
  Buffer<double> doubles = allocate<double>(4 * n);
  launch({8}, {128}, upload(x), upload(y), upload(z), ints, longs, floats,
         doubles);
  std::vector<int> expectedInts;
  std::vector<int64_t> expectedLongs;
  std::vector<float> expectedFloats;
  std::vector<double> expectedDoubles;
  for (int i = 0; i < n; ++i) {
    double a = x[i], b = y[i];
    auto u32 = [](double value, bool wide) {
      return static_cast<int>(saturated<uint32_t>(value, wide));
    };
    auto u64 = [](double value) {
      return static_cast<int64_t>(saturated<uint64_t>(value, true));
    };
    expectedInts.insert(
        expectedInts.end(),
        {saturated<int>(std::nearbyint(a), false),
         saturated<int>(std::trunc(a), false),
         saturated<int>(std::ceil(a), false),
         saturated<int>(std::floor(a), false), u32(std::nearbyint(a), false),
         u32(std::trunc(a), false), saturated<int>(std::nearbyint(b), true),
         u32(std::floor(b), true)});
    expectedLongs.insert(
        expectedLongs.end(),
        {saturated<int64_t>(std::nearbyint(a), true), u64(std::trunc(a)),
         saturated<int64_t>(std::ceil(b), true), u64(std::floor(b))});
    volatile int64_t c = z[i];
    volatile double d = b;
    const std::pair<int, std::function<float()>> toFloat[] = {
        {nearest, [&] { return static_cast<float>(c); }},
        {zero, [&] { return static_cast<float>(c); }},
        {up, [&] { return static_cast<float>(c); }},
        {down, [&] { return static_cast<float>(static_cast<uint64_t>(c)); }},
        {zero, [&] { return static_cast<float>(static_cast<int32_t>(c)); }},
        {up, [&] { return static_cast<float>(static_cast<uint32_t>(c)); }},
        {nearest, [&] { return static_cast<float>(d); }},
        {zero, [&] { return static_cast<float>(d); }},
        {up, [&] { return static_cast<float>(d); }},
        {down, [&] { return static_cast<float>(d); }}};
    for (const auto &[mode, conversion] : toFloat)
      expectedFloats.push_back(rounded(mode, conversion));
    const std::pair<int, std::function<double()>> toDouble[] = {
        {nearest, [&] { return static_cast<double>(c); }},
        {down, [&] { return static_cast<double>(c); }},
        {up, [&] { return static_cast<double>(static_cast<uint64_t>(c)); }},
        {nearest, [&] { return a; }}};
    for (const auto &[mode, conversion] : toDouble)
      expectedDoubles.push_back(rounded(mode, conversion));
  }
  expectSame(download(ints), expectedInts);
  expectSame(download(longs), expectedLongs);
  expectSame(download(floats), expectedFloats);
  expectSame(download(doubles), expectedDoubles);
}

TEST_P(FloatKernels, DoubleMath) {
  load("double_math");
  const int n = 1024;
  std::vector<double> x = anyDoubles(n), y = anyDoubles(n), expected;
  std::vector<int64_t> expectedBits;
  for (int i = 0; i < n; ++i)
    // PTX leaves open which zero the minimum of both zeros is.
    if (x[i] == 0 && y[i] == 0)
      y[i] = x[i];
  Buffer<double> out = allocate<double>(10 * n);
  Buffer<int64_t> bits = allocate<int64_t>(n);
  launch({8}, {128}, upload(x), upload(y), out, bits);
  for (int i = 0; i < n; ++i) {
    double a = x[i], b = y[i];
    expected.insert(
        expected.end(),
        {a + b, a * b, a / b, std::sqrt(std::fabs(a)), std::fma(a, b, -a),
         std::fmin(a, b), std::floor(a) + std::ceil(b),
         std::trunc(a) - std::nearbyint(b),
         static_cast<double>(static_cast<float>(a)), std::copysign(a, b)});
    expectedBits.push_back(static_cast<int64_t>(
        static_cast<uint64_t>(saturated<int64_t>(std::trunc(a), true)) +
        (a < b) + 2 * (a != b)));
  }
  expectSame(download(out), expected);
  expectSame(download(bits), expectedBits);
}

} // namespace
} // namespace ptxsim::corpus
