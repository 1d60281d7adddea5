//===- MixtureTest.cpp - averages, mixtures, periods ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "optimc/Interpreter/ElementaryFunctions.h"

using namespace optimc::interp;
using namespace optimc::interp::test;

namespace {

TEST(Ema, WeightIsRoundedOnceFromDouble) {
  float w = float(1 - 0.9999), old = 0.3f, x = -1.7f;
  Numbers result =
      runStep("optim.optimizer @o(%p, %g) {\n %m = ema %p, %g decay 0.9999\n"
              " commit %p = %m\n}",
              {old}, {x});
  EXPECT_EQ(result[0], double(std::fmaf(w, x - old, old)));
  EXPECT_NE(w, 1.0f - 0.9999f);
}

TEST(Ema, DecayZeroIsTheNewValue) {
  // Also where x - old overflows or is NaN.
  Numbers x = {1, -0.0, 3e38f, quietNaN, inf};
  Numbers result = runStep("optim.optimizer @o(%p, %g) hyper(%b = 0) {\n"
                           " %m = ema %p, %g decay %b\n commit %p = %m\n}",
                           {7, 1, -3e38f, 1, quietNaN}, x);
  expectSame(result, x);
  // A decay that is not 0, but whose weight rounds to 1 in float32.
  result = runStep("optim.optimizer @o(%p, %g) {\n"
                   " %m = ema %p, %g decay 1e-12\n commit %p = %m\n}",
                   {inf}, {2});
  expectSame(result, {2});
}

TEST(Ema, ScalarsAreDouble) {
  Program program(R"(optim.optimizer @o(%p, %g) state(%s : group = 0.25)
      input(%x : group) {
    %n = ema %s, %x decay 0.7
    commit %s = %n
  })");
  unsigned tensor = program.add("w", {0});
  expectOk(program->setInput("x", 0.1));
  expectOk(program->step());
  double w = 1 - 0.7, difference = 0.1 - 0.25, product = w * difference;
  expectSame(get(program->getState("s", tensor)), {product + 0.25});
}

TEST(Lerp, WeightOfAnyRate) {
  Numbers result = runStep("optim.optimizer @o(%p, %g) {\n %w = expr abs(%g)\n"
                           " %m = lerp %p, %g weight %w\n commit %p = %m\n}",
                           {5, 5, inf}, {0.25, 1, -1});
  expectSame(result, {5 + 0.25 * (0.25 - 5), 1, -1});
}

TEST(Mean, CountOneIsTheNewValue) {
  Program program(R"(optim.optimizer @o(%p, %g) state(%a = 1e30) {
    %t = t
    %n = mean %a, %g count %t
    commit %a = %n
  })");
  unsigned tensor = program.add("w", {0});
  float mean = 0;
  for (int t = 1; t <= 5; ++t) {
    float x = 0.1f * t;
    expectOk(program->setGradient(tensor, double(x)));
    expectOk(program->step());
    mean = t == 1 ? x : std::fmaf(float(1.0 / t), x - mean, mean);
    expectSame(get(program->getState("a", tensor)), {mean});
  }
}

TEST(Debias, FactorIsDouble) {
  Program program(R"(optim.optimizer @o(%p, %g) state(%s : group = 0.3) {
    %e = debias %g decay 0.999
    %c = debias %g decay 0.9 count 3
    %d = debias %s decay 0.5
    commit %p = %e, "d" = %d, %s = %s
  })");
  unsigned tensor = program.add("w", {0});
  expectOk(program->setGradient(tensor, 0.7));
  expectOk(program->step());
  expectOk(program->step());
  float factor = float(1 / (1 - powF64(0.999, 2)));
  expectSame(program->getParam(tensor), {float(0.7) * factor});
  expectSame(get(program->getOutput("d", tensor)), {0.3 * (1 / (1 - 0.25))});
}

TEST(Debias, CountAndDecayZero) {
  Numbers result = runStep(
      "optim.optimizer @o(%p, %g) {\n %e = debias %g decay 0.9 count 3\n"
      " %z = debias %e decay 0\n commit %p = %z\n}",
      {0}, {0.7});
  expectSame(result, {float(0.7) * float(1 / (1 - powF64(0.9, 3)))});
}

TEST(Mix, TermsAreFusedLeftToRight) {
  Generator generator(3);
  Numbers p = generator.many(200), g = generator.many(200);
  Numbers result = runStep(R"(optim.optimizer @o(%p, %g) hyper(%a = 0.3) {
    %m = mix 0.1 * %p + %a * %g + -2 * %p
    commit %p = %m
  })",
                           p, g);
  for (size_t i = 0; i != p.size(); ++i) {
    float x = p[i], y = g[i];
    EXPECT_EQ(result[i], double(std::fmaf(
                             -2, x, std::fmaf(float(0.3), y, float(0.1) * x))));
  }
}

TEST(Mix, ZeroCoefficientsContributeNothing) {
  // 1e-50 is 0 in float32, where the mixture is computed.
  Numbers result = runStep(R"(optim.optimizer @o(%p, %g) hyper(%a = 0) {
    %x = mix 1 * %g + %a * %p + 1e-50 * %p
    commit %p = %x
  })",
                           {quietNaN, inf, -inf}, {2, -0.0, 0});
  expectSame(result, {2, -0.0, 0});
  result = runStep(R"(optim.optimizer @o(%p, %g) hyper(%a = 0) {
    %x = mix %a * %p
    commit %p = %x
  })",
                   {quietNaN}, {0});
  expectSame(result, {-0.0});
}

TEST(Mix, ScalarsAreDouble) {
  Program program(R"(optim.optimizer @o(%p, %g) hyper(%a = 0.1, %b = 0.7) {
    %x = mix %a * %b + 1e-50 * %a
    commit "x" = %x
  })");
  program.add("w", {0});
  expectOk(program->step());
  double product = 0.1 * 0.7;
  expectSame(get(program->getOutput("x")), {product + 1e-50 * 0.1});
}

TEST(Period, CountsAndEnds) {
  Program program(R"(optim.optimizer @o(%p, %g) hyper(%k = 3) {
    %j, %n, %last = period %k
    %one = constant 1
    %zero = constant 0
    %l = select %last, %one, %zero
    %every = every %k
    %e = select %every, %one, %zero
    commit "j" = %j, "n" = %n, "last" = %l, "every" = %e
  })");
  program.add("w", {0});
  for (int t = 1; t <= 7; ++t) {
    expectOk(program->step());
    expectSame(get(program->getOutput("j")), {double((t - 1) % 3 + 1)});
    expectSame(get(program->getOutput("n")), {double((t - 1) / 3 + 1)});
    expectSame(get(program->getOutput("last")), {double(t % 3 == 0)});
    expectSame(get(program->getOutput("every")), {double(t % 3 == 0)});
  }
  expectOk(program->setHyper(0, "k", 1));
  expectOk(program->step());
  expectSame(get(program->getOutput("j")), {1});
  expectSame(get(program->getOutput("n")), {8});
  expectSame(get(program->getOutput("last")), {1});
}

TEST(Delay, GivesTheValueOfEarlierSteps) {
  Program program(R"(optim.optimizer @o(%p, %g) input(%x : group) {
    %old = delay %g by 3 "ring"
    %before = delay %x by 1 "scalars"
    commit %p = %old, "before" = %before
  })");
  unsigned tensor = program.add("w", {9, 9});
  EXPECT_TRUE(get(program->getState("ring", tensor)).empty());
  for (int t = 1; t <= 8; ++t) {
    expectOk(program->setGradient(tensor, {double(t), -double(t)}));
    expectOk(program->setInput("x", 0.1 * t));
    expectOk(program->step());
    double old = t <= 3 ? 0 : t - 3;
    expectSame(program->getParam(tensor), {old, t <= 3 ? 0 : -old});
    expectSame(get(program->getOutput("before", tensor)),
               {t == 1 ? 0 : 0.1 * (t - 1)});
  }
  // Slot (t - 1) mod 3: steps 7, 8 and 6.
  expectSame(get(program->getState("ring", tensor)), {7, -7, 8, -8, 6, -6});
}

TEST(Delay, NothingMovesWhereTheGateIsClosed) {
  Program program(R"(optim.optimizer @o(%p, %g) input(%ok : group) {
    %old = delay %g by 1 "ring"
    %zero = constant 0
    %open = cmp gt %ok, %zero
    commit %p = %old when %open
  })");
  unsigned tensor = program.add("w", {5});
  auto step = [&](double gradient, double ok) {
    expectOk(program->setGradient(tensor, gradient));
    expectOk(program->setInput("ok", ok));
    expectOk(program->step());
    return program->getParam(tensor)[0];
  };
  EXPECT_EQ(step(1, 1), 0);
  EXPECT_EQ(step(2, 0), 0);
  EXPECT_EQ(step(3, 1), 1);
  EXPECT_EQ(step(4, 1), 3);
  EXPECT_EQ(program->getStep(tensor), 3);
}

} // namespace
