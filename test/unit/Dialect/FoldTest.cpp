//===- FoldTest.cpp - folds against the machine -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Constant folding uses software arithmetic; here it meets the processor's, on
// pairs of special and random values, in both precisions.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/Builders.h"
#include "optimc/Dialect/Optim/IR/Optim.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>

using namespace mlir;
using namespace optimc::optim;

namespace {

class FoldTest : public ::testing::Test {
protected:
  FoldTest() : builder(&context) { context.loadDialect<OptimDialect>(); }

  /// Folds an op of constants of the given rate.
  template <typename OpTy>
  std::optional<double> fold(Rate rate, ArrayRef<double> arguments) {
    Block block;
    builder.setInsertionPointToEnd(&block);
    SmallVector<Value> operands;
    SmallVector<Attribute> attributes;
    for (double argument : arguments) {
      auto constant =
          ConstantOp::create(builder, builder.getUnknownLoc(), argument, rate);
      operands.push_back(constant);
      attributes.push_back(constant.getValueAttr());
    }
    OperationState state(builder.getUnknownLoc(), OpTy::getOperationName());
    state.addOperands(operands);
    state.addTypes(RatedType::getNumber(&context, rate));
    Operation *op = builder.create(state);
    SmallVector<OpFoldResult> results;
    if (failed(op->fold(attributes, results)) || results.size() != 1)
      return std::nullopt;
    auto number = dyn_cast_if_present<NumberAttr>(
        llvm::dyn_cast<Attribute>(results.front()));
    if (!number)
      return std::nullopt;
    return number.getValue();
  }

  /// NaN equals NaN; zeros by their sign.
  static bool isSame(double a, double b) {
    return (std::isnan(a) && std::isnan(b)) ||
           std::memcmp(&a, &b, sizeof(a)) == 0;
  }

  template <typename OpTy, typename F, typename G>
  void compare(F single, G twice) {
    for (const auto &x : samples) {
      std::optional<double> given = fold<OpTy>(Rate::Group, x);
      ASSERT_TRUE(given.has_value());
      double wanted = twice(x[0], x[1], x[2]);
      ASSERT_TRUE(isSame(*given, wanted))
          << OpTy::getOperationName().str() << " of " << x[0] << ", " << x[1]
          << ", " << x[2] << ": " << *given << ", not " << wanted;
      float f[3] = {float(x[0]), float(x[1]), float(x[2])};
      given = fold<OpTy>(Rate::Element, x);
      ASSERT_TRUE(given.has_value());
      wanted = single(f[0], f[1], f[2]);
      ASSERT_TRUE(isSame(*given, wanted))
          << OpTy::getOperationName().str() << " of " << f[0] << ", " << f[1]
          << ", " << f[2] << " in float32: " << *given << ", not " << wanted;
    }
  }

  template <typename OpTy, unsigned arity, typename F>
  void compareBoth(F function) {
    width = arity;
    fill();
    compare<OpTy>([&](float a, float b,
                      float c) -> double { return float(function(a, b, c)); },
                  [&](double a, double b, double c) -> double {
                    return double(function(a, b, c));
                  });
  }

  void fill() {
    using F32 = std::numeric_limits<float>;
    using F64 = std::numeric_limits<double>;
    std::vector<double> special = {0.0,
                                   -0.0,
                                   1,
                                   -1,
                                   0.5,
                                   3,
                                   -7,
                                   1e-3,
                                   1.0000000001,
                                   1e30,
                                   1e300,
                                   F32::min(),
                                   F32::denorm_min(),
                                   F32::max(),
                                   F64::min(),
                                   F64::denorm_min(),
                                   F64::max(),
                                   INFINITY,
                                   -INFINITY,
                                   NAN};
    std::mt19937_64 random(width);
    samples.clear();
    auto pick = [&]() -> double {
      switch (random() % 3) {
      case 0:
        return special[random() % special.size()];
      case 1: {
        uint32_t bits = random();
        float value;
        std::memcpy(&value, &bits, sizeof(value));
        return value;
      }
      default: {
        uint64_t bits = random();
        double value;
        std::memcpy(&value, &bits, sizeof(value));
        return value;
      }
      }
    };
    for (unsigned i = 0; i < 1500; ++i) {
      SmallVector<double, 3> sample;
      for (unsigned k = 0; k < 3; ++k)
        sample.push_back(k < width ? pick() : 0);
      samples.push_back(sample);
    }
  }

  template <typename OpTy>
  std::optional<double> fold(Rate rate, const SmallVector<double, 3> &x) {
    return fold<OpTy>(rate, ArrayRef<double>(x).take_front(width));
  }

  MLIRContext context;
  OpBuilder builder;
  unsigned width = 2;
  std::vector<SmallVector<double, 3>> samples;
};

TEST_F(FoldTest, Arithmetic) {
  compareBoth<AddOp, 2>([](auto a, auto b, auto) { return a + b; });
  compareBoth<SubOp, 2>([](auto a, auto b, auto) { return a - b; });
  compareBoth<MulOp, 2>([](auto a, auto b, auto) { return a * b; });
  compareBoth<DivOp, 2>([](auto a, auto b, auto) { return a / b; });
  compareBoth<RecipOp, 1>(
      [](auto a, auto, auto) { return decltype(a)(1) / a; });
  compareBoth<SquareOp, 1>([](auto a, auto, auto) { return a * a; });
  compareBoth<NegOp, 1>([](auto a, auto, auto) { return -a; });
  compareBoth<AbsOp, 1>([](auto a, auto, auto) { return std::fabs(a); });
  compareBoth<SignOp, 1>([](auto a, auto, auto) {
    return a == 0 || a != a ? a : std::copysign(decltype(a)(1), a);
  });
}

/// Fused in float32, two roundings in float64.
TEST_F(FoldTest, Fma) {
  width = 3;
  fill();
  compare<FmaOp>(
      [](float a, float b, float c) -> double { return std::fma(a, b, c); },
      [](double a, double b, double c) -> double {
        volatile double product = a * b;
        return product + c;
      });
}

TEST_F(FoldTest, Extremes) {
  auto minimum = [](auto a, auto b) {
    if (a != a || b != b)
      return a + b;
    if (a == b)
      return std::signbit(a) ? a : b;
    return a < b ? a : b;
  };
  auto maximum = [](auto a, auto b) {
    if (a != a || b != b)
      return a + b;
    if (a == b)
      return std::signbit(a) ? b : a;
    return a > b ? a : b;
  };
  compareBoth<MinOp, 2>([&](auto a, auto b, auto) { return minimum(a, b); });
  compareBoth<MaxOp, 2>([&](auto a, auto b, auto) { return maximum(a, b); });
  compareBoth<ClampOp, 3>([&](auto x, auto low, auto high) {
    return minimum(maximum(x, low), high);
  });
}

TEST_F(FoldTest, Whole) {
  width = 2;
  fill();
  for (const auto &x : samples) {
    volatile double quotient = x[0] / x[1];
    volatile double product = x[1] * std::floor(quotient);
    std::optional<double> given = fold<ModOp>(Rate::Group, x);
    ASSERT_TRUE(given && isSame(*given, x[0] - product))
        << "mod of " << x[0] << ", " << x[1] << ": " << *given;
    ArrayRef<double> first(x.data(), 1);
    given = fold<FloorOp>(Rate::Group, first);
    ASSERT_TRUE(given && isSame(*given, std::floor(x[0]))) << x[0];
    given = fold<CeilOp>(Rate::Group, first);
    ASSERT_TRUE(given && isSame(*given, std::ceil(x[0]))) << x[0];
  }
}

/// A template's precision is not known: no arithmetic.
TEST_F(FoldTest, Template) {
  EXPECT_FALSE(fold<AddOp>(Rate::Any, ArrayRef<double>{1, 2}).has_value());
  EXPECT_TRUE(fold<AddOp>(Rate::Const, ArrayRef<double>{1, 2}).has_value());
}

/// What a value is spelled as reads back as it.
TEST_F(FoldTest, Spelling) {
  std::mt19937_64 random(5);
  for (unsigned i = 0; i < 2000; ++i) {
    uint64_t bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    NumberAttr number = NumberAttr::get(&context, value);
    EXPECT_TRUE(isSame(number.getValue(), value)) << number.getSpelling().str();
  }
  EXPECT_EQ(NumberAttr::get(&context, 0.001).getSpelling(), "0.001");
  EXPECT_EQ(NumberAttr::get(&context, -0.0).getSpelling(), "-0");
  EXPECT_EQ(NumberAttr::get(&context, INFINITY).getSpelling(), "inf");
  EXPECT_EQ(NumberAttr::get(&context, NAN).getSpelling(), "nan");
}

} // namespace
