//===- Layers.h - forward and backward of every layer -----------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Plain functions over row-major arrays, in the style of llm.c. Gradients of
// weights and of layer inputs are accumulated (+=) unless a comment says
// "sets". Compiled once per instruction set, see Gemm.h; the scalar type is a
// template parameter so that the tests can check gradients in double.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_LAYERS_H
#define OPTIMC_TRAINER_LAYERS_H

#include "Gemm.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace optimc::trainer::OPTIMC_TRAINER_ISA {

template <typename T>
using Row = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;
template <typename T>
using ConstRow = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;

/// out[i] = tokenTable[token[i]] + positionTable[i % context]. Sets `out`.
template <typename T>
void embeddingForward(int64_t rows, int64_t context, int64_t width,
                      const uint8_t *tokens, const T *tokenTable,
                      const T *positionTable, T *out) {
  for (int64_t i = 0; i < rows; ++i)
    Row<T>(out + i * width, width) =
        ConstRow<T>(tokenTable + tokens[i] * width, width) +
        ConstRow<T>(positionTable + i % context * width, width);
}

template <typename T>
void embeddingBackward(int64_t rows, int64_t context, int64_t width,
                       const uint8_t *tokens, const T *dOut, T *dTokenTable,
                       T *dPositionTable) {
  for (int64_t i = 0; i < rows; ++i) {
    ConstRow<T> d(dOut + i * width, width);
    Row<T>(dTokenTable + tokens[i] * width, width) += d;
    Row<T>(dPositionTable + i % context * width, width) += d;
  }
}

/// Sets `out`, and `mean` and `rstd` (one per row) for the backward pass.
template <typename T>
void layerNormForward(int64_t rows, int64_t width, const T *in, const T *weight,
                      const T *bias, T *out, T *mean, T *rstd) {
  ConstRow<T> w(weight, width), b(bias, width);
  for (int64_t i = 0; i < rows; ++i) {
    ConstRow<T> x(in + i * width, width);
    T m = x.sum() / T(width);
    T variance = (x - m).square().sum() / T(width);
    T r = T(1) / std::sqrt(variance + T(1e-5));
    Row<T>(out + i * width, width) = (x - m) * r * w + b;
    mean[i] = m;
    rstd[i] = r;
  }
}

template <typename T>
void layerNormBackward(int64_t rows, int64_t width, const T *dOut, const T *in,
                       const T *weight, const T *mean, const T *rstd, T *dIn,
                       T *dWeight, T *dBias) {
  ConstRow<T> w(weight, width);
  Row<T> dw(dWeight, width), db(dBias, width);
  for (int64_t i = 0; i < rows; ++i) {
    ConstRow<T> d(dOut + i * width, width), x(in + i * width, width);
    T m = mean[i], r = rstd[i];
    db += d;
    dw += d * (x - m) * r;
    T meanD = (d * w).sum() / T(width);
    T meanDNorm = (d * w * (x - m)).sum() * r / T(width);
    Row<T>(dIn + i * width, width) +=
        (d * w - meanD - (x - m) * (r * meanDNorm)) * r;
  }
}

/// out = in * weight^T + bias, weight is [outWidth][inWidth]. Sets `out`.
template <typename T>
void linearForward(int64_t rows, int64_t inWidth, int64_t outWidth, const T *in,
                   const T *weight, const T *bias, T *out) {
  ConstRow<T> b(bias, outWidth);
  for (int64_t i = 0; i < rows; ++i)
    Row<T>(out + i * outWidth, outWidth) = b;
  gemm<Transpose::No, Transpose::Yes, T>(T(1), {in, rows, inWidth, inWidth},
                                         {weight, outWidth, inWidth, inWidth},
                                         {out, rows, outWidth, outWidth});
}

template <typename T>
void linearBackward(int64_t rows, int64_t inWidth, int64_t outWidth,
                    const T *dOut, const T *in, const T *weight, T *dIn,
                    T *dWeight, T *dBias) {
  gemm<Transpose::No, Transpose::No, T>(T(1), {dOut, rows, outWidth, outWidth},
                                        {weight, outWidth, inWidth, inWidth},
                                        {dIn, rows, inWidth, inWidth});
  gemm<Transpose::Yes, Transpose::No, T>(T(1), {dOut, rows, outWidth, outWidth},
                                         {in, rows, inWidth, inWidth},
                                         {dWeight, outWidth, inWidth, inWidth});
  Row<T> db(dBias, outWidth);
  for (int64_t i = 0; i < rows; ++i)
    db += ConstRow<T>(dOut + i * outWidth, outWidth);
}

/// The tanh form of GELU, written as x * sigmoid(2u) with
/// u = sqrt(2 / pi) * (x + 0.044715 x^3): the same function, one exponential.
template <typename T>
void geluForward(int64_t n, const T *in, T *out) {
  const T c = T(2 * 0.79788456080286535588), k = T(0.044715);
  ConstRow<T> x(in, n);
  Row<T>(out, n) = x / (T(1) + (-c * x * (T(1) + k * x.square())).exp());
}

/// Turns the gradient of the output, in `d`, into that of the input, in place.
template <typename T>
void geluBackward(int64_t n, const T *in, T *d) {
  const T c = T(2 * 0.79788456080286535588), k = T(0.044715);
  // In blocks, so that the sigmoid stays in registers or the first cache.
  constexpr int64_t block = 256;
  alignas(64) T sigmoid[block];
  for (int64_t first = 0; first < n; first += block) {
    int64_t count = n - first < block ? n - first : block;
    ConstRow<T> x(in + first, count);
    Row<T> s(sigmoid, count), g(d + first, count);
    s = T(1) / (T(1) + (-c * x * (T(1) + k * x.square())).exp());
    g *= s * (T(1) + x * (T(1) - s) * c * (T(1) + T(3) * k * x.square()));
  }
}

/// What an attention layer looks like: `qkv` holds query, key and value side by
/// side, [rows][3 * width]; `weights` is [sequences][heads][context][context].
struct AttentionShape {
  int64_t sequences, context, width, heads;
};

/// Softmax of the first `count` of `n` elements; sets the others to zero.
template <typename T>
void causalSoftmax(T *row, int64_t count, int64_t n) {
  // Whole vectors: what follows `count` is set so low that it adds nothing.
  int64_t padded = std::min(n, (count + 15) / 16 * 16);
  Row<T>(row + count, padded - count).setConstant(T(-1e30));
  Row<T> used(row, padded);
  used = (used - Row<T>(row, count).maxCoeff()).exp();
  used *= T(1) / used.sum();
  Row<T>(row + count, n - count).setZero();
}

/// Causal self-attention. Sets `weights` (softmax, zero above the diagonal) and
/// `out` [rows][width].
template <typename T>
void attentionForward(const AttentionShape &s, const T *qkv, T *weights,
                      T *out) {
  int64_t head = s.width / s.heads, n = s.context, stride = 3 * s.width;
  T scale = T(1) / std::sqrt(T(head));
  std::memset(weights, 0, sizeof(T) * s.sequences * s.heads * n * n);
  std::memset(out, 0, sizeof(T) * s.sequences * n * s.width);
  for (int64_t b = 0; b < s.sequences; ++b) {
    for (int64_t h = 0; h < s.heads; ++h) {
      const T *q = qkv + b * n * stride + h * head;
      T *a = weights + (b * s.heads + h) * n * n;
      gemm<Transpose::No, Transpose::Yes, T>(scale, {q, n, head, stride},
                                             {q + s.width, n, head, stride},
                                             {a, n, n, n});
      for (int64_t i = 0; i < n; ++i)
        causalSoftmax(a + i * n, i + 1, n);
      gemm<Transpose::No, Transpose::No, T>(
          T(1), {a, n, n, n}, {q + 2 * s.width, n, head, stride},
          {out + b * n * s.width + h * head, n, head, s.width});
    }
  }
}

/// Sets `dQkv`. `dWeights` is scratch for one head, [context][context].
template <typename T>
void attentionBackward(const AttentionShape &s, const T *dOut, const T *qkv,
                       const T *weights, T *dWeights, T *dQkv) {
  int64_t head = s.width / s.heads, n = s.context, stride = 3 * s.width;
  T scale = T(1) / std::sqrt(T(head));
  std::memset(dQkv, 0, sizeof(T) * s.sequences * n * stride);
  for (int64_t b = 0; b < s.sequences; ++b) {
    for (int64_t h = 0; h < s.heads; ++h) {
      const T *q = qkv + b * n * stride + h * head;
      const T *a = weights + (b * s.heads + h) * n * n;
      const T *d = dOut + b * n * s.width + h * head;
      T *dq = dQkv + b * n * stride + h * head;
      std::memset(dWeights, 0, sizeof(T) * n * n);
      gemm<Transpose::No, Transpose::Yes, T>(T(1), {d, n, head, s.width},
                                             {q + 2 * s.width, n, head, stride},
                                             {dWeights, n, n, n});
      gemm<Transpose::Yes, Transpose::No, T>(
          T(1), {a, n, n, n}, {d, n, head, s.width},
          {dq + 2 * s.width, n, head, stride});
      for (int64_t i = 0; i < n; ++i) { // through the softmax
        ConstRow<T> p(a + i * n, i + 1);
        Row<T> g(dWeights + i * n, i + 1);
        T mean = (p * g).sum();
        g = p * (g - mean);
        Row<T>(dWeights + i * n + i + 1, n - i - 1).setZero();
      }
      gemm<Transpose::No, Transpose::No, T>(scale, {dWeights, n, n, n},
                                            {q + s.width, n, head, stride},
                                            {dq, n, head, stride});
      gemm<Transpose::Yes, Transpose::No, T>(scale, {dWeights, n, n, n},
                                             {q, n, head, stride},
                                             {dq + s.width, n, head, stride});
    }
  }
}

/// Returns the summed cross-entropy in nats. `logits` is [rows][stride], the
/// first `classes` of each row are used, and become the gradient of
/// `scale` * (summed cross-entropy).
template <typename T>
double crossEntropy(int64_t rows, int64_t classes, int64_t stride,
                    const uint8_t *targets, T scale, T *logits) {
  double total = 0;
  for (int64_t i = 0; i < rows; ++i) {
    Row<T> row(logits + i * stride, classes);
    T top = row.maxCoeff(), target = row[targets[i]];
    row = (row - top).exp();
    T sum = row.sum();
    total += std::log(double(sum)) - (double(target) - double(top));
    row *= scale / sum;
    row[targets[i]] -= scale;
  }
  return total;
}

} // namespace optimc::trainer::OPTIMC_TRAINER_ISA

#endif // OPTIMC_TRAINER_LAYERS_H
