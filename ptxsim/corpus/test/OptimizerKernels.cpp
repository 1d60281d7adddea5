//===- OptimizerKernels.cpp - update rules --------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CorpusTest.h"
#include "Formats.h"
#include <array>

namespace ptxsim::corpus {
namespace {

PTXSIM_CORPUS_SUITE(OptimizerKernels);

std::vector<float> squares(std::vector<float> values) {
  for (float &value : values)
    value *= value;
  return values;
}

TEST_P(OptimizerKernels, Saxpy) {
  load("saxpy");
  const int n = 1000;
  std::vector<float> x = anyFloats(n), y = anyFloats(n);
  Buffer<float> deviceX = upload(x), deviceY = upload(y);
  launch({8}, {128}, n, 1.25f, deviceX, deviceY);
  for (int i = 0; i < n; ++i)
    y[i] = std::fma(1.25f, x[i], y[i]);
  expectSame(download(deviceY), y);
}

TEST_P(OptimizerKernels, AdamW) {
  load("adamw");
  const std::array<float, 8> hyper = {0.9f,  0.1f, 0.999f, 0.001f,
                                      3e-3f, 1.5f, 1e-8f,  0.9997f};
  // Empty, only a tail, one vector, several rounds of the grid, and a tail.
  for (long long n : {1, 3, 4, 255, 4099}) {
    std::vector<float> p = uniform(n), g = uniform(n), m = uniform(n),
                       v = squares(uniform(n));
    g[n / 2] = 0.0f;
    Buffer<float> deviceP = upload(p), deviceG = upload(g), deviceM = upload(m),
                  deviceV = upload(v);
    launch({2}, {256}, n, deviceP, deviceG, deviceM, deviceV, hyper);
    for (long long i = 0; i < n; ++i) {
      m[i] = std::fma(hyper[0], m[i], hyper[1] * g[i]);
      v[i] = std::fma(hyper[2], v[i], hyper[3] * g[i] * g[i]);
      float denominator = std::fma(std::sqrt(v[i]), hyper[5], hyper[6]);
      p[i] = hyper[7] * p[i] - hyper[4] * (m[i] / denominator);
    }
    expectSame(download(deviceP), p);
    expectSame(download(deviceM), m);
    expectSame(download(deviceV), v);
  }
}

TEST_P(OptimizerKernels, AdEMAMix) {
  load("ademamix");
  const int n = 1027;
  // beta1, beta2, beta3, alpha, 1/bias1, 1/sqrt(bias2), eps, lr, decay
  const std::vector<float> h = {0.9f, 0.999f, 0.9999f, 5.0f, 1.1f,
                                1.7f, 1e-8f,  1e-3f,   0.01f};
  std::vector<float> p = uniform(n), g = uniform(n), fast = uniform(n),
                     slow = uniform(n), v = squares(uniform(n));
  Buffer<float> deviceP = upload(p), deviceG = upload(g),
                deviceFast = upload(fast), deviceSlow = upload(slow),
                deviceV = upload(v), deviceH = upload(h);
  launch({2}, {96}, n, deviceP, deviceG, deviceFast, deviceSlow, deviceV,
         deviceH);
  for (int i = 0; i < n; ++i) {
    fast[i] = std::fma(h[0], fast[i] - g[i], g[i]);
    slow[i] = std::fma(h[2], slow[i] - g[i], g[i]);
    v[i] = std::fma(h[1], v[i], (1.0f - h[1]) * g[i] * g[i]);
    float numerator = std::fma(h[3], slow[i], fast[i] * h[4]);
    float denominator = std::fma(std::sqrt(v[i]), h[5], h[6]);
    p[i] = std::fma(-h[7], std::fma(h[8], p[i], numerator / denominator), p[i]);
  }
  expectSame(download(deviceP), p);
  expectSame(download(deviceFast), fast);
  expectSame(download(deviceSlow), slow);
  expectSame(download(deviceV), v);
}

TEST_P(OptimizerKernels, AdamWBf16) {
  load("adamw_bf16");
  const int vectors = 150, n = 4 * vectors;
  const float lr = 0.01f;
  std::vector<uint16_t> p(n), g(n);
  for (int i = 0; i < n; ++i) {
    p[i] = Brain::encode(uniform(1)[0]);
    g[i] = Brain::encode(uniform(1)[0]);
  }
  std::vector<float> m = uniform(n), v = squares(uniform(n));
  Buffer<uint16_t> deviceP = upload(p), deviceG = upload(g);
  Buffer<float> deviceM = upload(m), deviceV = upload(v);
  launch({2}, {128}, vectors, deviceP, deviceG, deviceM, deviceV, lr);
  for (int i = 0; i < n; ++i) {
    float gradient = static_cast<float>(Brain::decode(g[i]));
    m[i] = std::fma(0.9f, m[i], 0.1f * gradient);
    v[i] = std::fma(0.999f, v[i], 0.001f * gradient * gradient);
    float value = static_cast<float>(Brain::decode(p[i]));
    p[i] = Brain::encode(value - lr * (m[i] / (std::sqrt(v[i]) + 1e-8f)));
  }
  expectSame(download(deviceP), p);
  expectSame(download(deviceM), m);
  expectSame(download(deviceV), v);
}

TEST_P(OptimizerKernels, LionF16) {
  load("lion_f16");
  const int n = 700;
  const float lr = 1.0f / 512;
  std::vector<uint16_t> p(n), g(n), m(n);
  for (int i = 0; i < n; ++i) {
    p[i] = Half::encode(uniform(1)[0]);
    g[i] = Half::encode(i % 7 ? uniform(1)[0] : 0);
    m[i] = Half::encode(i % 14 ? uniform(1)[0] : 0);
  }
  Buffer<uint16_t> deviceP = upload(p), deviceG = upload(g),
                   deviceM = upload(m);
  launch({6}, {128}, n, deviceP, deviceG, deviceM, lr);
  for (int i = 0; i < n; ++i) {
    float gradient = static_cast<float>(Half::decode(g[i]));
    float momentum = static_cast<float>(Half::decode(m[i]));
    float direction = std::fma(0.9f, momentum, 0.1f * gradient);
    float step = direction == 0.0f ? 0.0f : std::copysign(lr, direction);
    p[i] = Half::encode(static_cast<float>(Half::decode(p[i])) - step);
    m[i] = Half::encode(std::fma(0.99f, momentum, 0.01f * gradient));
  }
  expectSame(download(deviceP), p);
  expectSame(download(deviceM), m);
}

} // namespace
} // namespace ptxsim::corpus
