//===- ExprTest.cpp - infix expressions -------------------------*- C++ -*-===//
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

constexpr double lr = 0.1, decay = 0.3;

/// Checks `expr TEXT` over elements %p, %g and scalars %lr, %wd.
void check(const char *text, float (*expected)(float p, float g)) {
  Generator generator(7);
  Numbers p = generator.many(500), g = generator.many(500);
  Numbers actual = runStep(
      "optim.optimizer @o(%p, %g) hyper(%lr = 0.1, %wd = 0.3) {\n %r = expr " +
          std::string(text) + "\n commit %p = %r\n}",
      p, g);
  for (size_t i = 0; i != actual.size(); ++i)
    ASSERT_EQ(actual[i], double(expected(p[i], g[i]))) << text;
}

TEST(Expr, ProductsInSumsAreFused) {
  check("%p + %lr * %g",
        [](float p, float g) { return std::fmaf(float(lr), g, p); });
  check("%lr * %g + %p",
        [](float p, float g) { return std::fmaf(float(lr), g, p); });
  check("%p - %lr * %g",
        [](float p, float g) { return std::fmaf(float(-lr), g, p); });
  check("%lr * %g - %p",
        [](float p, float g) { return std::fmaf(float(lr), g, -p); });
}

TEST(Expr, OfTwoProductsTheRightOneIsFused) {
  check("%p * %p + %g * %g",
        [](float p, float g) { return std::fmaf(g, g, p * p); });
  check("%p * %p - %g * %p",
        [](float p, float g) { return std::fmaf(-g, p, p * p); });
  // Left to right: ((p * p + g * g) + p * g).
  check("%p * %p + %g * %g + %p * %g", [](float p, float g) {
    return std::fmaf(p, g, std::fmaf(g, g, p * p));
  });
}

TEST(Expr, EverythingElseRoundsOnce) {
  check("(%p + %g) * %p / %g",
        [](float p, float g) { return (p + g) * p / g; });
  check("square(%p) + %g", [](float p, float g) { return p * p + g; });
  check("-(%p * %g)", [](float p, float g) { return -(p * g); });
  check("%p * %g", [](float p, float g) { return p * g; });
  check("%p / %lr + %g", [](float p, float g) { return p / float(lr) + g; });
}

TEST(Expr, ScalarPartsAreDouble) {
  // The product of scalars is one float64, rounded once and added.
  check("%p + %lr * %wd", [](float p, float) { return p + float(lr * decay); });
  check("%g * (1 - %lr * %wd)",
        [](float, float g) { return g * float(1 - lr * decay); });
  check("%p - %lr * %wd * %p",
        [](float p, float) { return std::fmaf(-float(lr * decay), p, p); });
}

TEST(Expr, Functions) {
  check("sqrt(abs(%p))",
        [](float p, float) { return std::sqrt(std::fabs(p)); });
  check("max(min(%p, %g), 0.25)",
        [](float p, float g) { return std::fmax(std::fmin(p, g), 0.25f); });
  check("clamp(%p, -0.5, 0.5)",
        [](float p, float) { return std::fmin(std::fmax(p, -0.5f), 0.5f); });
  check("fma(%p, %g, 1)", [](float p, float g) { return std::fmaf(p, g, 1); });
  check("sign(%p) * recip(%g)",
        [](float p, float g) { return std::copysign(1.0f, p) * (1 / g); });
  check("%p + rsqrt(square(%g))",
        [](float p, float g) { return p + 1 / std::sqrt(g * g); });
}

TEST(Expr, SelectChooses) {
  Numbers result = runStep(R"(optim.optimizer @o(%p, %g) hyper(%lr = 0.1) {
    %c = cmp lt %p, %g
    %r = expr select(%c, %lr, %p) + 1
    commit %p = %r
  })",
                           {1, 3}, {2, 2});
  expectSame(result, {0.1f + 1.0f, 4});
}

TEST(Expr, ScalarResultsAreDouble) {
  Program program(R"(optim.optimizer @o(%p, %g) hyper(%a = 0.1, %b = 0.7) {
    %x = expr %a * %b + floor(%b * 10) - mod(7.5, 2)
    %y = expr %a - %b * %b
    commit "x" = %x, "y" = %y
  })");
  program.add("w", {0});
  expectOk(program->step());
  double ab = 0.1 * 0.7, bb = 0.7 * 0.7;
  expectSame(get(program->getOutput("x")),
             {ab + std::floor(0.7 * 10) - (7.5 - 2 * 3)});
  expectSame(get(program->getOutput("y")), {0.1 - bb});
}

} // namespace
