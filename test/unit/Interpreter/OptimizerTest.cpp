//===- OptimizerTest.cpp - whole optimizers ---------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Specs against loops written by hand, bit for bit.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "optimc/Interpreter/ElementaryFunctions.h"

using namespace optimc::interp;
using namespace optimc::interp::test;

namespace {

constexpr size_t size = 1000;
constexpr int steps = 20;

Numbers makeGradient(int step) {
  Generator generator(step);
  Numbers grad = generator.many(size);
  for (size_t i = 0; i != size; ++i)
    grad[i] = float(std::ldexp(grad[i], int(i % 40) - 30));
  grad[0] = step % 3 ? 0.0 : -0.0;
  return grad;
}

using Floats = std::vector<float>;

Numbers widen(const Floats &values) {
  return Numbers(values.begin(), values.end());
}

float ema(float old, float x, double decay) {
  float w = float(1 - decay);
  return w == 1 ? x : std::fmaf(w, x - old, old);
}

TEST(Optimizer, AdamW) {
  Program program(R"(optim.optimizer @adamw(%p, %g)
      hyper(%lr = 1e-2, %beta1 = 0.9, %beta2 = 0.999, %eps = 1e-8,
            %weight_decay = 0.1)
      state(%m "exp_avg", %v "exp_avg_sq") {
    %g2    = expr %g * %g
    %m_t   = ema %m, %g decay %beta1
    %v_t   = ema %v, %g2 decay %beta2
    %m_hat = debias %m_t decay %beta1
    %v_hat = debias %v_t decay %beta2
    %u     = expr %m_hat / (sqrt(%v_hat) + %eps)
    %p_t   = expr %p - %lr * (%u + %weight_decay * %p)
    commit %p = %p_t, %m = %m_t, %v = %v_t
  })");
  Numbers initial = Generator(99).many(size);
  Floats p(initial.begin(), initial.end()), m(size), v(size);
  unsigned tensor = program.add("w", initial);
  for (int t = 1; t <= steps; ++t) {
    Numbers grad = makeGradient(t);
    expectOk(program->setGradient(tensor, grad));
    expectOk(program->step());
    float mFactor = float(1 / (1 - powF64(0.9, t)));
    float vFactor = float(1 / (1 - powF64(0.999, t)));
    for (size_t i = 0; i != size; ++i) {
      float g = grad[i];
      m[i] = ema(m[i], g, 0.9);
      v[i] = ema(v[i], g * g, 0.999);
      float u = m[i] * mFactor / (std::sqrt(v[i] * vFactor) + float(1e-8));
      p[i] = std::fmaf(-float(1e-2), std::fmaf(float(0.1), p[i], u), p[i]);
    }
    expectSame(program->getParam(tensor), widen(p), "param");
    expectSame(get(program->getState("exp_avg", tensor)), widen(m), "exp_avg");
    expectSame(get(program->getState("exp_avg_sq", tensor)), widen(v),
               "exp_avg_sq");
  }
}

TEST(Optimizer, AdEMAMix) {
  Program program(R"(optim.optimizer @ademamix(%p, %g)
      hyper(%lr = 1e-3, %beta1 = 0.9, %beta2 = 0.999, %beta3 = 0.9999,
            %alpha = 8, %warmup = 10, %eps = 1e-8, %weight_decay = 0.1)
      state(%m1 "exp_avg", %m2 "exp_avg_slow", %v "exp_avg_sq") {
    %alpha_t = schedule linear    0      -> %alpha over %warmup
    %beta3_t = schedule half_life %beta1 -> %beta3 over %warmup
    %g2     = expr %g * %g
    %m1_t   = ema %m1, %g  decay %beta1
    %m2_t   = ema %m2, %g  decay %beta3_t
    %v_t    = ema %v,  %g2 decay %beta2
    %m1_hat = debias %m1_t decay %beta1
    %v_hat  = debias %v_t  decay %beta2
    %n      = mix 1 * %m1_hat + %alpha_t * %m2_t
    %u      = expr %n / (sqrt(%v_hat) + %eps)
    %p_t    = expr %p - %lr * (%u + %weight_decay * %p)
    commit %p = %p_t, %m1 = %m1_t, %m2 = %m2_t, %v = %v_t
  })");
  Numbers initial = Generator(98).many(size);
  Floats p(initial.begin(), initial.end()), m1(size), m2(size), v(size);
  unsigned tensor = program.add("w", initial);
  for (int t = 1; t <= steps; ++t) {
    Numbers grad = makeGradient(t);
    expectOk(program->setGradient(tensor, grad));
    expectOk(program->step());
    double x = t / 10.0;
    float alpha = float(t >= 10 ? 8 : 0 + 8 * x);
    double beta3 =
        t >= 10 ? 0.9999
                : expF64(1 / ((1 - x) / logF64(0.9) + x / logF64(0.9999)));
    float mFactor = float(1 / (1 - powF64(0.9, t)));
    float vFactor = float(1 / (1 - powF64(0.999, t)));
    for (size_t i = 0; i != size; ++i) {
      float g = grad[i];
      m1[i] = ema(m1[i], g, 0.9);
      m2[i] = ema(m2[i], g, beta3);
      v[i] = ema(v[i], g * g, 0.999);
      float n = std::fmaf(alpha, m2[i], m1[i] * mFactor);
      float u = n / (std::sqrt(v[i] * vFactor) + float(1e-8));
      p[i] = std::fmaf(-float(1e-3), std::fmaf(float(0.1), p[i], u), p[i]);
    }
    expectSame(program->getParam(tensor), widen(p), "param");
    expectSame(get(program->getState("exp_avg_slow", tensor)), widen(m2),
               "exp_avg_slow");
  }
}

TEST(Optimizer, Lion) {
  Program program(R"(optim.optimizer @lion(%p, %g)
      hyper(%lr = 1e-4, %beta1 = 0.9, %beta2 = 0.99, %weight_decay = 0.3)
      state(%m "exp_avg") {
    %c   = ema %m, %g decay %beta1
    %m_t = ema %m, %g decay %beta2
    %p_t = expr %p - %lr * (sign(%c) + %weight_decay * %p)
    commit %p = %p_t, %m = %m_t
  })");
  Numbers initial = Generator(97).many(size);
  Floats p(initial.begin(), initial.end()), m(size);
  unsigned tensor = program.add("w", initial);
  for (int t = 1; t <= steps; ++t) {
    Numbers grad = makeGradient(t);
    expectOk(program->setGradient(tensor, grad));
    expectOk(program->step());
    for (size_t i = 0; i != size; ++i) {
      float g = grad[i], c = ema(m[i], g, 0.9);
      float sign = c > 0 ? 1 : c < 0 ? -1 : c;
      p[i] = std::fmaf(-float(1e-4), std::fmaf(float(0.3), p[i], sign), p[i]);
      m[i] = ema(m[i], g, 0.99);
    }
    expectSame(program->getParam(tensor), widen(p), "param");
    expectSame(get(program->getState("exp_avg", tensor)), widen(m), "exp_avg");
  }
}

TEST(Optimizer, DoublePrecisionIsTheTruthOfSlowAverages) {
  // beta3 = .9999 on noisy gradients: float32 stays within 2e-6.
  const char spec[] = R"(optim.optimizer @slow(%p, %g) state(%m) {
    %m_t = ema %m, %g decay 0.9999
    commit %m = %m_t
  })";
  Options wide;
  wide.precision = Precision::Double;
  Program single(spec), full(spec, wide);
  Numbers zeros(64, 0.0);
  unsigned a = single.add("w", zeros), b = full.add("w", zeros);
  Generator generator(4);
  for (int t = 0; t != 3000; ++t) {
    Numbers grad = generator.many(64);
    for (double &x : grad)
      x = float(1 + x);
    expectOk(single->setGradient(a, grad));
    expectOk(full->setGradient(b, grad));
    expectOk(single->step());
    expectOk(full->step());
  }
  Numbers m = get(single->getState("m", a)),
          truth = get(full->getState("m", b));
  double error = 0, norm = 0;
  for (size_t i = 0; i != m.size(); ++i) {
    error += (m[i] - truth[i]) * (m[i] - truth[i]);
    norm += truth[i] * truth[i];
  }
  EXPECT_LT(std::sqrt(error / norm), 2e-6);
  EXPECT_GT(error, 0);
}

} // namespace
