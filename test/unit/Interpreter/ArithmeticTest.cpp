//===- ArithmeticTest.cpp - elementary ops ----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every elementary op at element rate (float32) and at group rate (float64), on
// every pair of special values.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "optimc/Interpreter/ElementaryFunctions.h"

using namespace optimc::interp;
using namespace optimc::interp::test;

namespace {

const Numbers &getSpecials() {
  static const Numbers specials = {0.0,
                                   -0.0,
                                   1.0,
                                   -1.0,
                                   0.5,
                                   3.0,
                                   -2.5,
                                   0x1p-149,
                                   -0x1p-149,
                                   0x1p-126,
                                   0x1.fffffcp-127,
                                   0x1.99999ap-4,
                                   -0x1.555556p+1,
                                   0x1.fffffep+127,
                                   -0x1.fffffep+127,
                                   0x1p-80,
                                   0x1.000002p0,
                                   16777216.0,
                                   1e10f,
                                   inf,
                                   -inf,
                                   quietNaN};
  return specials;
}

/// All triples would be many: the third runs along.
struct Triples {
  Numbers a, b, c;
  Triples() {
    const Numbers &specials = getSpecials();
    for (size_t i = 0; i != specials.size(); ++i)
      for (size_t j = 0; j != specials.size(); ++j) {
        a.push_back(specials[i]);
        b.push_back(specials[j]);
        c.push_back(specials[(3 * i + 7 * j + 1) % specials.size()]);
      }
  }
};

struct Op {
  const char *text; ///< over %p, %g and %c
  float (*single)(float, float, float);
  double (*wide)(double, double, double);
};

float f32(float (*f)(float), float x) { return f(x); }

template <class T>
T leastOf(T a, T b) {
  if (a != a || b != b)
    return T(quietNaN);
  if (a == 0 && b == 0)
    return std::signbit(a) || std::signbit(b) ? T(-0.0) : T(0);
  return b < a ? b : a;
}
template <class T>
T greatestOf(T a, T b) {
  return -leastOf(-a, -b);
}
template <class T>
T signOf(T x) {
  return x > 0 ? T(1) : x < 0 ? T(-1) : x;
}

#define OP(TEXT, EXPRESSION)                                                   \
  {TEXT,                                                                       \
   [](float a, float b, float c) -> float {                                    \
     using T = float;                                                          \
     (void)a, (void)b, (void)c;                                                \
     return T(EXPRESSION);                                                     \
   },                                                                          \
   [](double a, double b, double c) -> double {                                \
     using T = double;                                                         \
     (void)a, (void)b, (void)c;                                                \
     return T(EXPRESSION);                                                     \
   }}

const Op ops[] = {
    OP("add %p, %g", a + b),
    OP("sub %p, %g", a - b),
    OP("mul %p, %g", a *b),
    OP("div %p, %g", a / b),
    OP("min %p, %g", leastOf(a, b)),
    OP("max %p, %g", greatestOf(a, b)),
    OP("clamp %p, %g, %c", leastOf(greatestOf(a, b), c)),
    OP("neg %p", -a),
    OP("abs %p", std::copysign(a, T(1))),
    OP("sqrt %p", std::sqrt(a)),
    OP("rsqrt %p", T(1) / std::sqrt(a)),
    OP("recip %p", T(1) / a),
    OP("square %p", a *a),
    OP("sign %p", signOf(a)),
    {"fma %p, %g, %c",
     [](float a, float b, float c) { return std::fmaf(a, b, c); },
     [](double a, double b, double c) {
       double product = a * b;
       return product + c;
     }},
    {"exp %p", [](float a, float, float) { return f32(expF32, a); },
     [](double a, double, double) { return expF64(a); }},
    {"log %p", [](float a, float, float) { return f32(logF32, a); },
     [](double a, double, double) { return logF64(a); }},
    {"tanh %p", [](float a, float, float) { return f32(tanhF32, a); },
     [](double a, double, double) { return tanhF64(a); }},
    {"sin %p", [](float a, float, float) { return f32(sinF32, a); },
     [](double a, double, double) { return sinF64(a); }},
    {"cos %p", [](float a, float, float) { return f32(cosF32, a); },
     [](double a, double, double) { return cosF64(a); }},
    {"pow %p, %g", [](float a, float b, float) { return powF32(a, b); },
     [](double a, double b, double) { return powF64(a, b); }},
};

std::string describe(const char *text, double a, double b, double c) {
  return std::string(text) + " of " + describeNumber(a) + ", " +
         describeNumber(b) + ", " + describeNumber(c);
}

TEST(Arithmetic, ElementOpsRoundOnceInSingle) {
  Triples values;
  for (const Op &op : ops) {
    Program program("optim.optimizer @o(%p, %g) input(%c : element) {\n %r = " +
                    std::string(op.text) + "\n commit %p = %r\n}");
    unsigned tensor = program.add("w", values.a);
    expectOk(program->setGradient(tensor, values.b));
    expectOk(program->setInput("c", values.c, tensor));
    expectOk(program->step());
    Numbers actual = program->getParam(tensor);
    for (size_t i = 0; i != actual.size(); ++i) {
      float expected = op.single(values.a[i], values.b[i], values.c[i]);
      EXPECT_TRUE(sameNumber(actual[i], double(expected)))
          << describe(op.text, values.a[i], values.b[i], values.c[i]) << ": "
          << describeNumber(actual[i]) << " != " << describeNumber(expected);
    }
  }
}

TEST(Arithmetic, ScalarOpsRoundOnceInDouble) {
  Triples values;
  for (const Op &op : ops) {
    std::string text = op.text;
    for (size_t at; (at = text.find("%p")) != text.npos;)
      text.replace(at, 2, "%a");
    for (size_t at; (at = text.find("%g")) != text.npos;)
      text.replace(at, 2, "%b");
    Program program("optim.optimizer @o(%p, %g) input(%a : group, %b : group, "
                    "%c : group) {\n %r = " +
                    text + "\n commit \"r\" = %r\n}");
    unsigned tensor = program.add("w", {0});
    // Not float32 values: the result must be that of float64.
    for (size_t i = 0; i < values.a.size(); i += 3) {
      double a = values.a[i] * 1.1, b = values.b[i] * 0.7, c = values.c[i] / 3;
      expectOk(program->setInput("a", a));
      expectOk(program->setInput("b", b));
      expectOk(program->setInput("c", c));
      expectOk(program->step());
      double actual = get(program->getOutput("r", tensor)).front();
      EXPECT_TRUE(sameNumber(actual, op.wide(a, b, c)))
          << describe(op.text, a, b, c) << ": " << describeNumber(actual);
    }
  }
}

TEST(Arithmetic, ScalarOnlyOps) {
  Program program(R"(optim.optimizer @o(%p, %g) input(%a : group, %b : group) {
    %f = floor %a
    %c = ceil %a
    %m = mod %a, %b
    commit "f" = %f, "c" = %c, "m" = %m
  })");
  program.add("w", {0});
  struct {
    double a, b, floor, ceil, mod;
  } rows[] = {{7, 3, 7, 7, 1},
              {-7, 3, -7, -7, 2},
              {0.5, 0.3, 0, 1, 0.5 - 0.3 * 1},
              {-0.5, 2, -1, -0.0, 1.5},
              {-0.0, 5, -0.0, -0.0, -0.0 - 5 * -0.0},
              {0x1p60, 7, 0x1p60, 0x1p60, 0x1p60 - 7 * std::floor(0x1p60 / 7)},
              {inf, 2, inf, inf, quietNaN}};
  for (auto &row : rows) {
    expectOk(program->setInput("a", row.a));
    expectOk(program->setInput("b", row.b));
    expectOk(program->step());
    expectSame(get(program->getOutput("f")), {row.floor}, "floor");
    expectSame(get(program->getOutput("c")), {row.ceil}, "ceil");
    expectSame(get(program->getOutput("m")), {row.mod}, "mod");
  }
}

TEST(Arithmetic, ScalarsAreRoundedOnceWhereTheyMeetElements) {
  // The product is computed in float64 and rounded once.
  Numbers result = runStep(R"(optim.optimizer @o(%p, %g) hyper(%lr = 0.1) {
    %c = constant 13
    %x = mul %lr, %c
    %y = mul %x, %g
    commit %p = %y
  })",
                           {0}, {7});
  EXPECT_EQ(result[0], double(float(0.1 * 13) * 7.0f));
}

TEST(Arithmetic, BroadcastAndDeclaredRatesAreSingle) {
  // The declared rate decides: 0.1f * 0.1f, not float(0.1 * 0.1).
  Numbers result = runStep(R"(optim.optimizer @o(%p, %g) hyper(%lr = 0.1) {
    %b = broadcast %lr to element
    %c = constant 0.1 : element
    %y = mul %b, %c
    commit %p = %y
  })",
                           {0}, {0});
  EXPECT_EQ(result[0], double(0.1f * 0.1f));
  EXPECT_NE(0.1f * 0.1f, float(0.1 * 0.1));
}

TEST(Arithmetic, Predicates) {
  struct {
    const char *kind;
    bool (*holds)(float, float);
  } kinds[] = {{"lt", [](float a, float b) { return a < b; }},
               {"le", [](float a, float b) { return a <= b; }},
               {"gt", [](float a, float b) { return a > b; }},
               {"ge", [](float a, float b) { return a >= b; }},
               {"eq", [](float a, float b) { return a == b; }},
               {"ne", [](float a, float b) { return !(a == b); }}};
  Triples values;
  for (auto &kind : kinds) {
    Numbers result = runStep(
        "optim.optimizer @o(%p, %g) {\n %c = cmp " + std::string(kind.kind) +
            " %p, %g\n %r = select %c, %g, %p\n commit %p = %r\n}",
        values.a, values.b);
    for (size_t i = 0; i != values.a.size(); ++i)
      EXPECT_TRUE(sameNumber(result[i], kind.holds(values.a[i], values.b[i])
                                            ? values.b[i]
                                            : values.a[i]))
          << kind.kind;
  }
  // and, or, not
  Numbers result = runStep(R"(optim.optimizer @o(%p, %g) {
    %zero = constant 0
    %one = constant 1
    %a = cmp gt %p, %zero
    %b = cmp gt %g, %zero
    %both = and %a, %b
    %any = or %a, %b
    %none = not %any
    %x = select %both, %one, %zero
    %two = constant 2
    %y = select %none, %two, %x
    %no = truth false
    %never = select %no, %p, %y
    commit %p = %never
  })",
                           {1, 1, -1, -1}, {1, -1, 1, -1});
  expectSame(result, {1, 0, 0, 2});
}

TEST(Arithmetic, ComparesInThePrecisionOfTheFinerRate) {
  // 0.1 in float64 is below 0.1f; rounded to float32 they are equal.
  Numbers result = runStep(R"(optim.optimizer @o(%p, %g) hyper(%h = 0.1) {
    %c = cmp eq %g, %h
    %r = select %c, %h, %p
    commit %p = %r
  })",
                           {5}, {0.1f});
  EXPECT_EQ(result[0], double(0.1f));
}

TEST(Arithmetic, DoublePrecisionRoundsNothing) {
  Options options;
  options.precision = Precision::Double;
  Numbers result = runStep(R"(optim.optimizer @o(%p, %g) hyper(%lr = 0.1) {
    %x = mul %g, %lr
    %y = sub %p, %x
    commit %p = %y
  })",
                           {0.3}, {0.7}, options);
  EXPECT_EQ(result[0], 0.3 - 0.7 * 0.1);
}

} // namespace
