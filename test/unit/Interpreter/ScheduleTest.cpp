//===- ScheduleTest.cpp - schedules -----------------------------*- C++ -*-===//
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

/// The value of a schedule in step t.
double at(const std::string &schedule, double t) {
  Program program("optim.optimizer @o(%p, %g) hyper(%a = 0.9, %b = 0.9999) {\n"
                  " %s = schedule " +
                  schedule + "\n commit \"s\" = %s\n}");
  if (!program)
    return quietNaN;
  unsigned tensor = program.add("w", {0});
  expectOk(program->setState("step", t - 1, tensor));
  expectOk(program->step());
  return get(program->getOutput("s", tensor)).front();
}

TEST(Schedule, HalfLifeOfTheIssue) {
  std::string beta3 = "half_life %a -> %b over 1000";
  EXPECT_NEAR(at(beta3, 1), .949963743190, 1e-12);
  EXPECT_NEAR(at(beta3, 10), .990900162403, 1e-12);
  EXPECT_NEAR(at(beta3, 100), .999008912043, 1e-12);
  EXPECT_NEAR(at(beta3, 500), .999800199625, 1e-12);
  EXPECT_EQ(at(beta3, 1000), .9999);
  EXPECT_EQ(at(beta3, 1e6), .9999);
  EXPECT_EQ(at(beta3, 0), .9);
}

TEST(Schedule, Linear) {
  EXPECT_EQ(at("linear 0 -> 8 over 1000", 1), 8.0 * (1.0 / 1000));
  EXPECT_EQ(at("linear 0 -> 8 over 1000", 500), 4);
  EXPECT_EQ(at("linear 0 -> 8 over 1000", 1000), 8);
  EXPECT_EQ(at("linear 0 -> 8 over 1000", 2000), 8);
  // Downwards, equal ends, no warm-up.
  EXPECT_EQ(at("linear 3 -> 1 over 4", 1), 2.5);
  EXPECT_EQ(at("linear 0.1 -> 0.1 over 3", 2), 0.1);
  EXPECT_EQ(at("linear 0 -> 8 over 0", 1), 8);
  EXPECT_EQ(at("linear 0 -> 8 over 0", 0), 8);
  EXPECT_EQ(at("linear 3 -> 8 over 5", 0), 3);
}

TEST(Schedule, After) {
  EXPECT_EQ(at("linear 1 -> 2 over 4 after 10", 10), 1);
  EXPECT_EQ(at("linear 1 -> 2 over 4 after 10", 3), 1);
  EXPECT_EQ(at("linear 1 -> 2 over 4 after 10", 11), 1.25);
  EXPECT_EQ(at("linear 1 -> 2 over 4 after 10", 14), 2);
}

TEST(Schedule, HalfLifeEdges) {
  // Start above end, decay 0, warm-up 0, equal ends.
  double down = at("half_life 0.9999 -> 0.9 over 100", 50);
  EXPECT_LT(down, .9999);
  EXPECT_GT(down, .9);
  double fromZero = at("half_life 0 -> 0.9 over 10", 5);
  EXPECT_EQ(fromZero, expF64(1 / (0.5 / -inf + 0.5 / logF64(0.9))));
  EXPECT_EQ(at("half_life 0 -> 0.9 over 10", 10), 0.9);
  EXPECT_EQ(at("half_life %a -> %b over 0", 1), .9999);
  EXPECT_EQ(at("half_life 0.9 -> 0.9 over 10", 5), 0.9);
  EXPECT_EQ(at("half_life 0 -> 0 over 10", 5), 0);
}

TEST(Schedule, Cosine) {
  EXPECT_EQ(at("cosine 1 -> 0 over 8", 0), 1);
  EXPECT_EQ(at("cosine 1 -> 0 over 8", 8), 0);
  EXPECT_NEAR(at("cosine 1 -> 0 over 8", 4), 0.5, 1e-15);
  EXPECT_NEAR(at("cosine 3 -> 1 over 8", 2), 1 + (1 + std::sqrt(0.5)), 1e-14);
}

TEST(Schedule, ExponentialAndPolynomial) {
  EXPECT_NEAR(at("exponential 1 -> 0.01 over 10", 5), 0.1, 1e-15);
  EXPECT_EQ(at("exponential 1 -> 0.01 over 10", 11), 0.01);
  EXPECT_EQ(at("polynomial 1 -> 0 over 10 power 2", 5), 0.25);
  EXPECT_EQ(at("polynomial 1 -> 0 over 10 power 2", 10), 0);
}

TEST(Schedule, InverseSquareRoot) {
  EXPECT_EQ(at("inv_sqrt 1 over 4", 0), 0);
  EXPECT_EQ(at("inv_sqrt 1 over 4", 2), 0.5);
  EXPECT_EQ(at("inv_sqrt 1 over 4", 4), 1);
  EXPECT_EQ(at("inv_sqrt 1 over 4", 16), 0.5);
  EXPECT_EQ(at("inv_sqrt 1 over 0", 16), 0.25);
  EXPECT_EQ(at("inv_sqrt 1 over 0", 0), 1);
}

TEST(Schedule, Step) {
  EXPECT_EQ(at("step 8 factor 0.5 every 10", 0), 8);
  EXPECT_EQ(at("step 8 factor 0.5 every 10", 9), 8);
  EXPECT_EQ(at("step 8 factor 0.5 every 10", 10), 4);
  EXPECT_EQ(at("step 8 factor 0.5 every 10", 35), 1);
  EXPECT_EQ(at("step 8 factor 0.5 every 10 after 100", 35), 8);
}

TEST(Schedule, WarmupStableDecay) {
  std::string wsd = "wsd 0 -> 1 -> 0.5 over 4, 10, 2";
  EXPECT_EQ(at(wsd, 0), 0);
  EXPECT_EQ(at(wsd, 1), 0.25);
  EXPECT_EQ(at(wsd, 4), 1);
  EXPECT_EQ(at(wsd, 14), 1);
  EXPECT_EQ(at(wsd, 15), 0.75);
  EXPECT_EQ(at(wsd, 16), 0.5);
  EXPECT_EQ(at(wsd, 99), 0.5);
  EXPECT_EQ(at("wsd 0 -> 1 -> 0.5 over 0, 0, 2", 1), 0.75);
}

TEST(Schedule, OneCycle) {
  std::string cycle = "one_cycle 0.1 -> 1 -> 0 over 4, 6";
  EXPECT_EQ(at(cycle, 0), 0.1);
  EXPECT_EQ(at(cycle, 4), 1);
  EXPECT_NEAR(at(cycle, 7), 0.5, 1e-15);
  EXPECT_EQ(at(cycle, 10), 0);
}

TEST(Schedule, PiecewiseAndJoin) {
  std::string pieces = "piecewise 1, 2, 3 at 5, 10";
  EXPECT_EQ(at(pieces, 1), 1);
  EXPECT_EQ(at(pieces, 4), 1);
  EXPECT_EQ(at(pieces, 5), 2);
  EXPECT_EQ(at(pieces, 10), 3);
  EXPECT_EQ(at("constant 0.1", 77), 0.1);

  Program program(R"(optim.optimizer @o(%p, %g) {
    %up = schedule linear 0 -> 1 over 2
    %down = schedule linear 1 -> 0 over 4 after 2
    %s = schedule join %up, %down at 3
    commit "s" = %s
  })");
  program.add("w", {0});
  for (double expected : {0.5, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0}) {
    expectOk(program->step());
    expectSame(get(program->getOutput("s")), {expected});
  }
}

} // namespace
