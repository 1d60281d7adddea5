//===- MathKernels.cpp - approximate functions, within their bounds -------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CorpusTest.h"
#include <limits>

namespace ptxsim::corpus {
namespace {

PTXSIM_CORPUS_SUITE(MathKernels);

/// How far a result may be from the exact value: units in the last place of
/// the exact value, plus an absolute part.
struct Bound {
  const char *name;
  double ulps;
  double absolute = 0;
};

double unitInLastPlace(double exact) {
  float magnitude = std::fabs(static_cast<float>(exact));
  if (magnitude < std::numeric_limits<float>::min())
    return std::numeric_limits<float>::denorm_min();
  return std::ldexp(1.0, std::ilogb(magnitude) - 23);
}

void expectWithin(float actual, double exact, const Bound &bound, float x) {
  if (std::isnan(exact) || std::isinf(static_cast<float>(exact))) {
    EXPECT_TRUE(sameBits(actual, static_cast<float>(exact)))
        << bound.name << " of " << x << " is " << actual << ", not " << exact;
    return;
  }
  double allowed = bound.ulps * unitInLastPlace(exact) + bound.absolute;
  EXPECT_LE(std::fabs(actual - exact), allowed)
      << bound.name << " of " << x << " is " << actual << ", not " << exact;
}

// Bounds of the CUDA C++ Programming Guide (maximum ulp errors). They hold on
// hardware; the simulator may err by as much as the PTX manual allows for each
// instruction, so functions that end in ex2 or rsqrt get one more.
TEST_P(MathKernels, Library) {
  load("math_functions");
  const Bound bounds[] = {{"expf", 2 + 1},   {"logf", 1},      {"sinf", 2},
                          {"cosf", 2},       {"tanhf", 2 + 1}, {"powf", 4 + 1},
                          {"cbrtf", 1 + 1},  {"erff", 2 + 1},  {"log1pf", 1},
                          {"rsqrtf", 2 + 1}, {"exp2f", 2 + 1}, {"hypotf", 3}};
  const int n = 1024;
  std::vector<float> x(n);
  for (int i = 0; i < n; ++i)
    x[i] = std::ldexp(uniform(1)[0], static_cast<int>(random() % 20) - 10);
  // Large arguments take the slow reduction of sine and cosine.
  x[0] = 1e30f, x[1] = -1e7f, x[2] = 0.0f, x[3] = INFINITY, x[4] = NAN;
  x[5] = 88.5f, x[6] = -100.0f, x[7] = 105615.0f;
  Buffer<float> out = allocate<float>(12 * n);
  launch({8}, {128}, upload(x), out);
  std::vector<float> results = download(out);
  for (int i = 0; i < n; ++i) {
    double a = x[i], positive = std::fabs(x[i]) + 0x1p-20f;
    const double exact[] = {
        std::exp(a),          std::log(positive),
        std::sin(a),          std::cos(a),
        std::tanh(a),         std::pow(positive, double(0.3f * x[i])),
        std::cbrt(a),         std::erf(a),
        std::log1p(positive), 1 / std::sqrt(positive),
        std::exp2(a),         std::hypot(a, 3.0)};
    for (int j = 0; j < 12; ++j)
      expectWithin(results[12 * i + j], exact[j], bounds[j], x[i]);
  }
}

TEST_P(MathKernels, Fast) {
  load("fast_math");
  const int n = 1024;
  std::vector<float> x(n), y(n);
  for (int i = 0; i < n; ++i) {
    x[i] = 3 * uniform(1)[0];
    y[i] = std::fabs(std::ldexp(uniform(1)[0], i % 40 - 20)) + 0x1p-24f;
  }
  Buffer<float> out = allocate<float>(10 * n);
  launch({8}, {128}, upload(x), upload(y), out);
  std::vector<float> results = download(out);
  for (int i = 0; i < n; ++i) {
    double a = x[i], b = y[i];
    const float *row = &results[10 * i];
    // The guide's 2 + |1.173 x|, and one for what ex2 may err by in PTX.
    expectWithin(row[0], std::exp(a),
                 {"__expf", 3 + std::floor(std::fabs(1.173 * a))}, x[i]);
    if (b >= 0.5 && b <= 2)
      expectWithin(row[1], std::log(b), {"__logf", 0, 0x1p-21}, y[i]);
    else
      expectWithin(row[1], std::log(b), {"__logf", 3}, y[i]);
    expectWithin(row[2], std::sin(a), {"__sinf", 0, 0x1p-20}, x[i]);
    expectWithin(row[3], std::cos(a), {"__cosf", 0, 0x1p-20}, x[i]);
    expectWithin(row[4], a / b, {"__fdividef", 2}, x[i]);
    expectWithin(row[5], 1 / std::sqrt(b), {"rsqrtf", 2 + 1}, y[i]);
    expectWithin(row[6], std::sqrt(b), {"sqrtf", 2}, y[i]);
    expectWithin(row[7], a / b, {"division", 2}, x[i]);
    // A subnormal product is flushed to a zero of the same sign.
    float flushed = x[i] * 0x1p-126f;
    if (std::fabs(flushed) < std::numeric_limits<float>::min())
      flushed = std::copysign(0.0f, flushed);
    EXPECT_TRUE(sameBits(row[8], flushed)) << row[8] << " for " << x[i];
    EXPECT_EQ(row[9], std::fmin(std::fmax(x[i], 0.0f), 1.0f));
  }
}

} // namespace
} // namespace ptxsim::corpus
