//===- ClockTest.cpp - steps, clocks, gates, entries ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

using namespace optimc::interp;
using namespace optimc::interp::test;

namespace {

const char counting[] = R"(optim.optimizer @o(%p, %g) state(%s : group = 5) {
  %t = t
  %n = expr %s + 1
  %o = expr %g * 0 + %t
  commit %p = %o, %s = %n, "t" = %t
})";

TEST(Clock, TensorsThatMissStepsCountTheirOwn) {
  Program program(counting);
  unsigned a = program.add("a", {0}), b = program.add("b", {0, 0});
  expectOk(program->setGradient(a, 1.0));
  expectOk(program->setGradient(b, {1, 1}));
  expectOk(program->step());
  expectOk(program->step({b}));
  expectOk(program->step({b}));
  expectSame(program->getParam(a), {1});
  expectSame(program->getParam(b), {3, 3});
  EXPECT_EQ(program->getStep(a), 1);
  EXPECT_EQ(program->getStep(b), 3);
  expectSame(get(program->getState("s", a)), {6});
  expectSame(get(program->getState("s", b)), {8});
  expectOk(program->step());
  expectSame(program->getParam(a), {2});
  expectSame(program->getParam(b), {4, 4});
  expectSame(get(program->getOutput("t", a)), {2});
  expectSame(get(program->getState("step", b)), {4});
}

TEST(Clock, EqualClocksAreOne) {
  // One value per clock: two at first, one when both have taken two steps.
  Program program(R"(optim.optimizer @o(%p, %g) {
    %t = t
    %one = expr %t * 0 + 1
    %n = reduce sum %one to model
    commit "clocks" = %n
  })");
  unsigned a = program.add("a", {0}), b = program.add("b", {0});
  auto step = [&](std::vector<unsigned> tensors) {
    expectOk(program->step(tensors));
    return get(program->getOutput("clocks"))[0];
  };
  EXPECT_EQ(step({a, b}), 1);
  EXPECT_EQ(step({a}), 1);
  EXPECT_EQ(step({a, b}), 2);
  EXPECT_EQ(step({b}), 1);
  EXPECT_EQ(step({a, b}), 1);
  unsigned other = program->addGroup();
  unsigned c = program.add("c", {1}, {0}, other);
  EXPECT_EQ(step({a, b, c}), 2);
}

TEST(Clock, LaterTensorsStartAtZero) {
  Program program(counting);
  unsigned a = program.add("a", {0});
  expectOk(program->setGradient(a, 1.0));
  expectOk(program->step());
  unsigned b = program.add("b", {0});
  expectOk(program->setGradient(b, 1.0));
  expectOk(program->step());
  expectSame(program->getParam(a), {2});
  expectSame(program->getParam(b), {1});
}

TEST(Clock, MayBeCommitted) {
  Program program(R"(optim.optimizer @o(%p, %g) {
    %t = t
    %n = expr %t * 2
    commit t = %n, "t" = %t
  })");
  unsigned tensor = program.add("w", {0});
  for (double expected : {1, 3, 7, 15}) {
    expectOk(program->step());
    expectSame(get(program->getOutput("t", tensor)), {expected});
  }
  EXPECT_EQ(program->getStep(tensor), 30);
}

const char gated[] = R"(optim.optimizer @o(%p, %g)
    state(%m, %r : row, %s : group, %k : tensor)
    input(%found_inf : group = 0) {
  %zero = constant 0
  %one = constant 1
  %ok = cmp eq %found_inf, %zero
  %m_t = add %m, %g
  %r_t = add %r, %one
  %s_t = add %s, %one
  %k_t = add %k, %one
  %p_t = sub %p, %m_t
  %t = t
  commit %p = %p_t, %m = %m_t, %r = %r_t, %s = %s_t, %k = %k_t, "t" = %t
    when %ok
})";

TEST(Gate, NothingMovesButOutputs) {
  Program program(gated);
  unsigned tensor = program.add("w", {2, 1}, {10, 20});
  expectOk(program->setGradient(tensor, {1, 2}));
  expectOk(program->step());
  auto expectState = [&](double m, double p, double step) {
    expectSame(program->getParam(tensor), {p, 2 * p});
    expectSame(get(program->getState("m", tensor)), {m, 2 * m});
    expectSame(get(program->getState("r", tensor)), {step, step});
    expectSame(get(program->getState("s", tensor)), {step});
    expectSame(get(program->getState("k", tensor)), {step});
    EXPECT_EQ(program->getStep(tensor), step);
  };
  expectState(1, 9, 1);
  expectOk(program->setInput("found_inf", 1.0));
  expectOk(program->setGradient(tensor, {quietNaN, inf}));
  expectOk(program->step());
  expectState(1, 9, 1);
  expectSame(get(program->getOutput("t", tensor)), {2});
  expectOk(program->setInput("found_inf", 0.0));
  expectOk(program->setGradient(tensor, {1, 2}));
  expectOk(program->step());
  expectState(2, 7, 2);
}

TEST(Gate, IsPerGroup) {
  Program program(gated);
  unsigned second = program->addGroup();
  unsigned a = program.add("a", {1, 1}, {10});
  unsigned b = program.add("b", {1, 1}, {10}, second);
  expectOk(program->setGradient(a, 1.0));
  expectOk(program->setGradient(b, 1.0));
  expectOk(program->setInput("found_inf", 1.0, second));
  expectOk(program->step());
  expectSame(program->getParam(a), {9});
  expectSame(program->getParam(b), {10});
  EXPECT_EQ(program->getStep(b), 0);
}

TEST(Gate, OfTheModel) {
  Program program(R"(optim.optimizer @o(%p, %g) state(%d : model = 2) {
    %n = reduce sum_sq %g to model
    %limit = constant 100
    %ok = cmp le %n, %limit
    %d_t = expr %d * 2
    %p_t = expr %p - %g
    commit %p = %p_t, %d = %d_t, "norm_sq" = %n when %ok
  })");
  unsigned tensor = program.add("w", {0});
  expectOk(program->setGradient(tensor, 3.0));
  expectOk(program->step());
  expectSame(get(program->getState("d")), {4});
  expectOk(program->setGradient(tensor, 11.0));
  expectOk(program->step());
  expectSame(get(program->getState("d")), {4});
  expectSame(get(program->getOutput("norm_sq")), {121});
  expectSame(program->getParam(tensor), {-3});
}

TEST(Entry, KeepsTheClock) {
  Program program(R"(optim.optimizer @o(%p, %g) state(%x = param, %n : group) {
    %p_t = expr %p - %g
    %x_t = mean %x, %p_t count 2
    commit %p = %p_t, %x = %x_t
  } entry "swap" {
    %t = t
    %n_t = expr %n + %t
    commit %p = %x, %x = %p, %n = %n_t
  })");
  unsigned a = program.add("a", {8}), b = program.add("b", {4});
  expectOk(program->setGradient(a, 2.0));
  expectOk(program->setGradient(b, 2.0));
  expectOk(program->step());
  expectSame(program->getParam(a), {6});
  expectOk(program->runEntry("swap"));
  expectSame(program->getParam(a), {7});
  expectSame(get(program->getState("x", a)), {6});
  expectSame(get(program->getState("n", a)), {1}); // one step was taken
  EXPECT_EQ(program->getStep(a), 1);
  expectOk(program->runEntry("swap", {b}));
  expectSame(program->getParam(a), {7});
  expectSame(program->getParam(b), {2});
  EXPECT_EQ(getMessage(program->runEntry("swop")),
            "unknown entry 'swop'; did you mean 'swap'?");
}

} // namespace
