//===- LayersTest.cpp - every layer's gradient ------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Layers.h"
#include "GradientCheck.h"

using namespace optimc::trainer::baseline;
using namespace optimc::trainer::test;

namespace {

using Vector = std::vector<double>;

TEST(TrainerLayers, LayerNorm) {
  const int64_t rows = 5, width = 12;
  Vector x = randomVector(1, rows * width, 2), w = randomVector(2, width),
         b = randomVector(3, width), d = randomVector(4, rows * width);
  Vector out(rows * width), mean(rows), rstd(rows);
  auto f = [&] {
    layerNormForward(rows, width, x.data(), w.data(), b.data(), out.data(),
                     mean.data(), rstd.data());
    return dot(out, d);
  };
  f();
  Vector dx(rows * width), dw(width), db(width);
  layerNormBackward(rows, width, d.data(), x.data(), w.data(), mean.data(),
                    rstd.data(), dx.data(), dw.data(), db.data());
  checkGradient("input", x, dx.data(), f);
  checkGradient("weight", w, dw.data(), f);
  checkGradient("bias", b, db.data(), f);
}

TEST(TrainerLayers, LayerNormNormalises) {
  const int64_t width = 64;
  Vector x = randomVector(5, width, 3), one(width, 1), zero(width), out(width);
  double mean, rstd;
  layerNormForward(1, width, x.data(), one.data(), zero.data(), out.data(),
                   &mean, &rstd);
  EXPECT_NEAR(dot(out, one), 0, 1e-12);
  EXPECT_NEAR(dot(out, out) / width, 1, 1e-5);
}

TEST(TrainerLayers, Linear) {
  const int64_t rows = 7, in = 5, outWidth = 9;
  Vector x = randomVector(1, rows * in), w = randomVector(2, outWidth * in),
         b = randomVector(3, outWidth), d = randomVector(4, rows * outWidth);
  Vector out(rows * outWidth);
  auto f = [&] {
    linearForward(rows, in, outWidth, x.data(), w.data(), b.data(), out.data());
    return dot(out, d);
  };
  Vector dx(rows * in), dw(outWidth * in), db(outWidth);
  linearBackward(rows, in, outWidth, d.data(), x.data(), w.data(), dx.data(),
                 dw.data(), db.data());
  checkGradient("input", x, dx.data(), f);
  checkGradient("weight", w, dw.data(), f);
  checkGradient("bias", b, db.data(), f);
}

TEST(TrainerLayers, Gelu) {
  const int64_t n = 700; // more than one block
  Vector x = randomVector(1, n, 5), d = randomVector(2, n), out(n);
  auto f = [&] {
    geluForward(n, x.data(), out.data());
    return dot(out, d);
  };
  f();
  for (int64_t i = 0; i < n; ++i) {
    double u = std::sqrt(2 / M_PI) * (x[i] + 0.044715 * x[i] * x[i] * x[i]);
    ASSERT_NEAR(out[i], 0.5 * x[i] * (1 + std::tanh(u)), 1e-12);
  }
  Vector dx = d;
  geluBackward(n, x.data(), dx.data());
  checkGradient("input", x, dx.data(), f);
}

TEST(TrainerLayers, Attention) {
  const AttentionShape s{2, 19, 8, 2};
  const int64_t rows = s.sequences * s.context;
  Vector qkv = randomVector(1, rows * 3 * s.width, 2),
         d = randomVector(2, rows * s.width), out(rows * s.width);
  Vector weights(s.sequences * s.heads * s.context * s.context);
  auto f = [&] {
    attentionForward(s, qkv.data(), weights.data(), out.data());
    return dot(out, d);
  };
  f();
  for (size_t row = 0; row < weights.size() / s.context; ++row) {
    double sum = 0;
    for (int64_t i = 0; i < s.context; ++i) {
      double p = weights[row * s.context + i];
      sum += p;
      if (i > int64_t(row) % s.context) {
        ASSERT_EQ(p, 0) << "attends to the future";
      }
    }
    ASSERT_NEAR(sum, 1, 1e-14);
  }
  Vector dQkv(qkv.size()), scratch(s.context * s.context);
  attentionBackward(s, d.data(), qkv.data(), weights.data(), scratch.data(),
                    dQkv.data());
  checkGradient("qkv", qkv, dQkv.data(), f);
}

TEST(TrainerLayers, Embedding) {
  const int64_t rows = 6, context = 3, width = 4;
  const uint8_t tokens[rows] = {1, 0, 1, 2, 2, 1};
  Vector table = randomVector(1, 3 * width),
         positions = randomVector(2, context * width),
         d = randomVector(3, rows * width), out(rows * width);
  auto f = [&] {
    embeddingForward(rows, context, width, tokens, table.data(),
                     positions.data(), out.data());
    return dot(out, d);
  };
  Vector dTable(table.size()), dPositions(positions.size());
  embeddingBackward(rows, context, width, tokens, d.data(), dTable.data(),
                    dPositions.data());
  checkGradient("tokens", table, dTable.data(), f);
  checkGradient("positions", positions, dPositions.data(), f);
}

TEST(TrainerLayers, CrossEntropy) {
  const int64_t rows = 4, classes = 5, stride = 8;
  const uint8_t targets[rows] = {0, 4, 2, 2};
  const double scale = 0.25;
  Vector logits = randomVector(1, rows * stride, 4), work;
  auto f = [&] {
    work = logits;
    return scale *
           crossEntropy(rows, classes, stride, targets, scale, work.data());
  };
  double loss = f();
  double expected = 0;
  for (int64_t i = 0; i < rows; ++i) {
    double sum = 0;
    for (int64_t k = 0; k < classes; ++k)
      sum += std::exp(logits[i * stride + k]);
    expected += std::log(sum) - logits[i * stride + targets[i]];
  }
  EXPECT_NEAR(loss, scale * expected, 1e-13);
  Vector gradient = work;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t k = classes; k < stride; ++k) {
      // Padding is neither read as a logit nor written.
      EXPECT_EQ(gradient[i * stride + k], logits[i * stride + k]);
      gradient[i * stride + k] = 0;
    }
  checkGradient("logits", logits, gradient.data(), f);
}

} // namespace
