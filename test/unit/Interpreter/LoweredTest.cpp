//===- LoweredTest.cpp - what the passes leave ------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Hosts and kernels written by hand, with optim and with arith bodies, against
// the high-level form of the same spec.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

using namespace optimc::interp;
using namespace optimc::interp::test;

namespace {

/// Three forms of one optimizer with a step-dependent scalar and a select.
const char high[] = R"(optim.optimizer @o(%p, %g) hyper(%lr = 0.1, %b = 0.9)
    state(%m) {
  %last = every 3
  %m_t = ema %m, %g decay %b
  %m_hat = debias %m_t decay %b
  %p_n = expr %p - %lr * %m_hat
  %p_t = select %last, %p_n, %p
  commit %p = %p_t, %m = %m_t, "lr" = %lr
})";

const char outlined[] = R"(optim.optimizer @o(%p, %g) hyper(%lr = 0.1, %b = 0.9)
    state(%m) {
  %w, %f, %nlr, %last = host group 0 (%lr, %b) {
  ^bb0(%l: !optim.group, %d: !optim.group):
    %t = t
    %one = constant 1
    %x = sub %one, %d
    %pw = pow %d, %t
    %y = sub %one, %pw
    %z = recip %y
    %n = neg %l
    %three = constant 3
    %r = mod %t, %three
    %zero = constant 0
    %c = cmp eq %r, %zero
    yield %x, %z, %n, %c
  } : !optim.group, !optim.group, !optim.group, !optim.pred<group>
  %p_t, %m_t = variants (%last) {
    %pk, %mk = kernel 0 streams(%p, %g, %m) scalars(%w, %f, %nlr) {
    ^bb0(%sp: !optim.element, %sg: !optim.element, %sm: !optim.element,
         %sw: !optim.group, %sf: !optim.group, %sn: !optim.group):
      %md = sub %sg, %sm
      %mn = fma %sw, %md, %sm
      %mh = mul %mn, %sf
      %pn = fma %sn, %mh, %sp
      yield %pn, %mn
    } : !optim.element, !optim.element
    yield %pk, %mk
  } case 1 == 1 else {
    %mk = kernel 0 streams(%g, %m) scalars(%w) {
    ^bb0(%sg: !optim.element, %sm: !optim.element, %sw: !optim.group):
      %md = sub %sg, %sm
      %mn = fma %sw, %md, %sm
      yield %mn
    } : !optim.element
    yield %p, %mk
  } case 1 == 0 : !optim.element, !optim.element
  commit %p = %p_t, %m = %m_t, "lr" = %lr
})";

const char lowered[] = R"(optim.optimizer @o(%p, %g) hyper(%lr = 0.1, %b = 0.9)
    state(%m) {
  %t = t
  %w, %nlr, %last = host group 0 (%t, %lr, %b) {
  ^bb0(%n: f64, %l: f64, %d: f64):
    %one = arith.constant 1.0 : f64
    %x = arith.subf %one, %d : f64
    %i = arith.fptosi %n : f64 to i64
    %back = arith.sitofp %i : i64 to f64
    %third = arith.constant 3.0 : f64
    %q = arith.divf %back, %third : f64
    %k = arith.fptosi %q : f64 to i64
    %whole = arith.sitofp %k : i64 to f64
    %c = arith.cmpf oeq, %q, %whole : f64
    %ng = arith.negf %l : f64
    yield %x, %ng, %c : f64, f64, i1
  } : !optim.group, !optim.group, !optim.pred<group>
  %p_t, %m_t = kernel 0 streams(%p, %g, %m) scalars(%w, %nlr, %last) {
  ^bb0(%sp: f32, %sg: f32, %sm: f32, %sw: f32, %sn: f32, %sl: i1):
    %md = arith.subf %sg, %sm : f32
    %mn = math.fma %sw, %md, %sm : f32
    %pn = math.fma %sn, %mn, %sp : f32
    %ps = arith.select %sl, %pn, %sp : f32
    yield %ps, %mn : f32, f32
  } : !optim.element, !optim.element
  commit %p = %p_t, %m = %m_t, "lr" = %lr
})";

const Numbers &getSpecials() {
  static const Numbers specials = {0.0,  -0.0,  1,   -2.5, 0x1p-149, -0x1p-126,
                                   0.1f, 3e38f, inf, -inf, quietNaN, 1e-20f};
  return specials;
}

/// Parameters and states after some steps on special values.
Numbers run(const char *spec, int steps = 6) {
  Program program(spec);
  if (!program)
    return {};
  Numbers initial, grad;
  for (double x : getSpecials())
    for (double y : getSpecials()) {
      initial.push_back(x);
      grad.push_back(y);
    }
  unsigned a = program.add("a", initial), b = program.add("b", {1, 2, 3});
  expectOk(program->setGradient(a, grad));
  expectOk(program->setGradient(b, {0.3f, 0.2f, 0.1f}));
  Numbers all;
  for (int i = 0; i != steps; ++i) {
    expectOk(i % 2 ? program->step({b}) : program->step());
    for (unsigned tensor : {a, b}) {
      Numbers p = program->getParam(tensor);
      Numbers m = get(program->getState("m", tensor));
      all.insert(all.end(), p.begin(), p.end());
      all.insert(all.end(), m.begin(), m.end());
    }
  }
  return all;
}

TEST(Lowered, OutlinedOptimOpsGiveTheSameBits) {
  expectSame(run(outlined), run(high));
}

TEST(Lowered, ArithBodiesGiveTheSameBits) {
  std::string plain = high; // without the bias correction
  plain.replace(plain.find("%m_hat = debias %m_t decay %b"), 29, "");
  plain.replace(plain.find("%lr * %m_hat"), 12, "%lr * %m_t");
  expectSame(run(lowered), run(plain.c_str()));
}

/// A kernel of one f32 op over streams %a and %b.
Numbers runKernel(const std::string &body, const Numbers &a, const Numbers &b) {
  return runStep("optim.optimizer @o(%p, %g) {\n"
                 " %r = kernel 0 streams(%p, %g) scalars() {\n"
                 " ^bb0(%a: f32, %b: f32):\n" +
                     body +
                     "\n yield %r : f32\n } : !optim.element\n"
                     " commit %p = %r\n}",
                 a, b);
}

TEST(Lowered, Integers) {
  // Absolute value, sign and powers of two by bit operations.
  expectSame(runKernel(R"(
    %i = arith.bitcast %a : f32 to i32
    %mask = arith.constant 2147483647 : i32
    %m = arith.andi %i, %mask : i32
    %r = arith.bitcast %m : i32 to f32)",
                       {-2, 3, -0.0, -inf}, {0, 0, 0, 0}),
             {2, 3, 0.0, inf});
  expectSame(runKernel(R"(
    %k = arith.fptosi %a : f32 to i32
    %bias = arith.constant 127 : i32
    %s = arith.addi %k, %bias : i32
    %c = arith.constant 23 : i32
    %e = arith.shli %s, %c : i32
    %x = arith.bitcast %e : i32 to f32
    %r = arith.mulf %x, %b : f32)",
                       {3, -4, 0}, {1.5, 1, 7}),
             {12, 0.0625, 7});
  // Sign extension, arithmetic shifts, unsigned and signed comparison.
  expectSame(runKernel(R"(
    %i = arith.fptosi %a : f32 to i32
    %one = arith.constant 1 : i32
    %h = arith.shrsi %i, %one : i32
    %n = arith.trunci %h : i32 to i8
    %w = arith.extsi %n : i8 to i64
    %z = arith.constant 0 : i32
    %neg = arith.cmpi slt, %i, %z : i32
    %big = arith.cmpi ugt, %i, %z : i32
    %x = arith.sitofp %w : i64 to f32
    %u = arith.extui %neg : i1 to i32
    %y = arith.uitofp %u : i32 to f32
    %v = arith.uitofp %big : i1 to f32
    %s = arith.addf %x, %y : f32
    %ten = arith.constant 10.0 : f32
    %vs = arith.mulf %v, %ten : f32
    %r = arith.addf %s, %vs : f32)",
                       {-7, 8, 0}, {0, 0, 0}),
             {-4 + 1 + 10, 4 + 10, 0});
  expectSame(runKernel(R"(
    %i = arith.bitcast %a : f32 to i32
    %k = arith.constant 1540483477 : i32
    %m = arith.muli %i, %k : i32
    %c = arith.constant 15 : i32
    %h = arith.shrui %m, %c : i32
    %x = arith.xori %m, %h : i32
    %o = arith.constant 8 : i32
    %y = arith.shrui %x, %o : i32
    %r = arith.uitofp %y : i32 to f32)",
                       {1.5}, {0}),
             {[] {
               uint32_t m = 0x3fc00000u * 1540483477u;
               return double(float((m ^ m >> 15) >> 8));
             }()});
}

TEST(Lowered, Floats) {
  Numbers a = {1, quietNaN, -0.0, 5, inf}, b = {2, 1, 0.0, quietNaN, -inf};
  expectSame(runKernel("%r = arith.minimumf %a, %b : f32", a, b),
             {1, quietNaN, -0.0, quietNaN, -inf});
  expectSame(runKernel("%r = arith.maximumf %a, %b : f32", a, b),
             {2, quietNaN, 0.0, quietNaN, inf});
  expectSame(runKernel("%r = arith.minnumf %a, %b : f32", a, b),
             {1, 1, -0.0, 5, -inf});
  expectSame(runKernel("%r = math.copysign %a, %b : f32", {1, -2}, {-0.0, 1}),
             {-1, 2});
  expectSame(runKernel("%r = math.sqrt %a : f32", {2, -0.0}, {0, 0}),
             {std::sqrt(2.0f), -0.0});
  // f64 inside a kernel is computed in f64.
  expectSame(runKernel(R"(
    %x = arith.extf %a : f32 to f64
    %y = arith.extf %b : f32 to f64
    %m = arith.mulf %x, %y : f64
    %c = arith.constant -1.0 : f64
    %s = arith.addf %m, %c : f64
    %r = arith.truncf %s : f64 to f32)",
                       {1 + 0x1p-20}, {1 - 0x1p-20}),
             {-0x1p-40});
  // Each comparison on a pair of equal, ordered and unordered operands.
  struct {
    const char *kind;
    Numbers expected;
  } kinds[] = {{"oeq", {1, 0, 0}}, {"ogt", {0, 0, 0}}, {"oge", {1, 0, 0}},
               {"olt", {0, 1, 0}}, {"ole", {1, 1, 0}}, {"one", {0, 1, 0}},
               {"ord", {1, 1, 0}}, {"ueq", {1, 0, 1}}, {"ugt", {0, 0, 1}},
               {"uge", {1, 0, 1}}, {"ult", {0, 1, 1}}, {"ule", {1, 1, 1}},
               {"une", {0, 1, 1}}, {"uno", {0, 0, 1}}};
  for (auto &kind : kinds)
    expectSame(runKernel(std::string("%c = arith.cmpf ") + kind.kind +
                             ", %a, %b : f32\n"
                             "%r = arith.uitofp %c : i1 to f32",
                         {1, 1, 1}, {1, 2, quietNaN}),
               kind.expected, kind.kind);
}

TEST(Lowered, RandomKernelsHashLikeTheOp) {
  const char arith[] = R"(optim.optimizer @o(%p, %g) {
    %r = kernel 0 streams(%p) scalars() random(7) {
    ^bb0(%a: f32, %index: i32, %k0: i32, %k1: i32):
      %c0 = arith.constant -1640531527 : i32
      %c1 = arith.constant 2146121005 : i32
      %c2 = arith.constant -2073254261 : i32
      %s16 = arith.constant 16 : i32
      %s15 = arith.constant 15 : i32
      %s8 = arith.constant 8 : i32
      %m0 = arith.muli %index, %c0 : i32
      %h0 = arith.addi %m0, %k0 : i32
      %x0 = arith.shrui %h0, %s16 : i32
      %h1 = arith.xori %h0, %x0 : i32
      %h2 = arith.muli %h1, %c1 : i32
      %h3 = arith.xori %h2, %k1 : i32
      %x1 = arith.shrui %h3, %s15 : i32
      %h4 = arith.xori %h3, %x1 : i32
      %h5 = arith.muli %h4, %c2 : i32
      %x2 = arith.shrui %h5, %s16 : i32
      %h6 = arith.xori %h5, %x2 : i32
      %h7 = arith.shrui %h6, %s8 : i32
      %f = arith.uitofp %h7 : i32 to f32
      %u = arith.constant 5.9604644775390625e-08 : f32
      %y = arith.mulf %f, %u : f32
      yield %y : f32
    } : !optim.element
    commit %p = %r
  })";
  const char op[] = "optim.optimizer @o(%p, %g) {\n %r = random 7\n"
                    " commit %p = %r\n}";
  Numbers zeros(1000, 0.0);
  Options options;
  options.seed = 5;
  expectSame(runStep(arith, zeros, zeros, options),
             runStep(op, zeros, zeros, options));
}

std::string getStepError(const std::string &body, Options options = {}) {
  Program program("optim.optimizer @o(%p, %g) {\n"
                  " %r = kernel 0 streams(%p) scalars() {\n"
                  " ^bb0(%a: f32):\n " +
                      body +
                      "\n yield %r : f32\n } : !optim.element\n"
                      " commit %p = %r\n}",
                  options);
  program.add("w", {1});
  return getMessage(program->step());
}

TEST(Lowered, WhatBreaksTheContractIsAnError) {
  EXPECT_NE(getStepError("%r = arith.addf %a, %a fastmath<contract> : f32")
                .find("'arith.addf': has fast-math flags"),
            std::string::npos);
  EXPECT_NE(getStepError("%r = math.exp %a : f32")
                .find("'math.exp': is not an operation that the interpreter "
                      "knows"),
            std::string::npos);
  Options options;
  options.precision = Precision::Double;
  EXPECT_NE(getStepError("%r = arith.addf %a, %a : f32", options)
                .find("run in single precision only"),
            std::string::npos);
}

} // namespace
