//===- AccuracyTest.cpp - error bounds and special cases --------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Measures the reference implementation against the C library's long double
// functions and asserts the bounds that docs/ElementaryFunctions.md promises.
//
//===----------------------------------------------------------------------===//

#include "Functions.h"
#include "Inputs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

using namespace optimc::test;

namespace {

constexpr uint64_t inputCount = uint64_t(1) << 20;

/// |got - exact| in units in the last place of the type at `exact`, whose
/// smallest unit is that of the subnormals. An infinity counts as the value
/// that the next exponent would give it.
template <typename T>
double ulpError(T got, long double exact) {
  using Limits = std::numeric_limits<T>;
  if (got != got || exact != exact)
    return got != got && exact != exact ? 0 : HUGE_VAL;
  int exponent = 0;
  std::frexp(exact, &exponent);
  exponent = std::max(exponent, Limits::min_exponent);
  exponent = std::min(exponent, Limits::max_exponent);
  long double overflow = std::ldexp(1.0L, Limits::max_exponent);
  long double value = std::isinf(got) ? std::copysign(overflow, got) : got;
  if (std::fabs(exact) > overflow)
    exact = std::copysign(overflow, exact);
  long double error = std::fabs(value - exact);
  return static_cast<double>(std::ldexp(error, Limits::digits - exponent));
}

/// The largest errors seen, for normal and for subnormal results.
template <typename T>
struct Worst {
  double normal = 0, subnormal = 0;
  T normalX = 0, subnormalX = 0;

  void record(T got, long double exact, T x) {
    double error = ulpError(got, exact);
    bool tiny = std::fabs(exact) < std::numeric_limits<T>::min();
    double &largest = tiny ? subnormal : normal;
    if (error > largest) {
      largest = error;
      (tiny ? subnormalX : normalX) = x;
    }
  }

  void expectBelow(const char *name, double bound, double tinyBound) {
    std::printf("  %s_f%zu: %.4f ulp at %a; subnormal results %.4f at %a\n",
                name, 8 * sizeof(T), normal, double(normalX), subnormal,
                double(subnormalX));
    EXPECT_LE(normal, bound) << name << " at " << normalX;
    EXPECT_LE(subnormal, tinyBound) << name << " at " << subnormalX;
  }
};

template <typename T>
void measureUnary() {
  struct Truth {
    long double (*exact)(long double);
    double bound;
  };
  const Truth truths[] = {{std::exp, 0.57},
                          {std::log, 0.65},
                          {std::tanh, 0.62},
                          {std::sin, 0.65},
                          {std::cos, 0.65}};
  for (size_t f = 0; f != std::size(truths); ++f) {
    const Unary<T> &function = unaryFunctions<T>()[f];
    Worst<T> worst;
    auto measure = [&](T x) {
      worst.record(function.reference(x), truths[f].exact(x), x);
    };
    for (T x : specialValues<T>())
      measure(x);
    RandomInputs<T> inputs(5, function.range);
    for (uint64_t i = 0; i != inputCount; ++i)
      measure(inputs.next());
    worst.expectBelow(function.name, truths[f].bound, 0.76);
  }
}

TEST(ElementaryAccuracy, UnaryF32) { measureUnary<float>(); }
TEST(ElementaryAccuracy, UnaryF64) { measureUnary<double>(); }

template <typename T>
void measurePow() {
  Worst<T> worst;
  auto measure = [&](T x, T y) {
    worst.record(
        referencePow(x, y),
        std::pow(static_cast<long double>(x), static_cast<long double>(y)), x);
  };
  RandomInputs<T> inputs(6, T(16));
  for (uint64_t i = 0; i != 2 * inputCount; ++i) {
    T x, y;
    inputs.next(x, y);
    measure(x, y);
    // Bases near 1, where the exponent magnifies the logarithm's error.
    x = 1 + std::ldexp(inputs.next(), -13);
    if (std::fabs(x - 1) < T(0.25) && x != 1)
      measure(x, std::fmod(y, T(64)) / std::log2(x));
  }
  worst.expectBelow("pow", 0.60, 0.76);
}

TEST(ElementaryAccuracy, PowF32) { measurePow<float>(); }
TEST(ElementaryAccuracy, PowF64) { measurePow<double>(); }

template <typename T>
class ElementarySpecialCases : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(ElementarySpecialCases, Types);

// C's Annex F leaves one result for every special operand, which the C library
// follows.
TYPED_TEST(ElementarySpecialCases, FollowAnnexF) {
  using T = TypeParam;
  T (*const library[])(T) = {std::exp, std::log, std::tanh, std::sin, std::cos};
  const T infinity = std::numeric_limits<T>::infinity();
  const T nan = std::numeric_limits<T>::quiet_NaN();
  for (size_t f = 0; f != std::size(library); ++f)
    for (T x : {T(0), -T(0), infinity, -infinity, nan}) {
      const Unary<T> &function = unaryFunctions<T>()[f];
      EXPECT_TRUE(same(function.reference(x), library[f](x)))
          << function.name << "(" << x << ")";
    }
  EXPECT_TRUE(same(unaryFunctions<T>()[1].reference(T(1)), T(0)));

  const T two = std::ldexp(T(1), std::numeric_limits<T>::digits);
  const std::vector<T> values = {0,
                                 T(0.5),
                                 1,
                                 T(1.5),
                                 2,
                                 3,
                                 T(2.5),
                                 infinity,
                                 nan,
                                 two,
                                 two - 1,
                                 two / 2,
                                 two / 2 + 1,
                                 two / 2 - T(0.5),
                                 std::numeric_limits<T>::denorm_min(),
                                 std::numeric_limits<T>::max()};
  for (T x : values)
    for (T y : values)
      for (int signs = 0; signs != 4; ++signs) {
        T a = signs & 1 ? -x : x, b = signs & 2 ? -y : y;
        // Elsewhere the library may round differently.
        T expected = std::pow(a, b), got = referencePow(a, b);
        bool exact = expected == 0 || std::isinf(expected) ||
                     expected != expected || std::fabs(expected) == 1;
        if (exact) {
          EXPECT_TRUE(same(expected, got)) << "pow(" << a << ", " << b << ")";
        } else {
          EXPECT_EQ(std::signbit(expected), std::signbit(got))
              << "pow(" << a << ", " << b << ")";
        }
      }
}

// Where the result is representable, it is the result.
TYPED_TEST(ElementarySpecialCases, ExactPowers) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  for (int k = Limits::min_exponent - Limits::digits; k < Limits::max_exponent;
       ++k) {
    EXPECT_EQ(referencePow(T(2), T(k)), std::ldexp(T(1), k)) << k;
    EXPECT_EQ(referencePow(std::ldexp(T(1), k), T(1)), std::ldexp(T(1), k))
        << k;
  }
  for (int n = -4096; n <= 4096; ++n) {
    T x = T(n);
    EXPECT_EQ(referencePow(x, T(2)), x * x) << n;
    if (n > 0) {
      EXPECT_EQ(referencePow(x * x, T(0.5)), x) << n;
    }
    if (std::abs(n) <= 256) {
      EXPECT_EQ(referencePow(x, T(3)), x * x * x) << n;
    }
  }
  RandomInputs<T> inputs(7, T(1000));
  for (int i = 0; i != 100000; ++i) {
    T x = inputs.next();
    EXPECT_TRUE(same(referencePow(x, T(1)), x));
    EXPECT_TRUE(same(referencePow(x, T(0)), T(1)));
    EXPECT_TRUE(same(referencePow(T(1), x), T(1)));
  }
}

} // namespace
