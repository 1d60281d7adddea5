//===- Network.h - the GPT over one shard of a batch ------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Pre-LN GPT: token and position tables, blocks of attention and MLP, a final
// layer norm, and the token table again as the output head. Compiled once per
// instruction set, see Gemm.h.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_NETWORK_H
#define OPTIMC_TRAINER_NETWORK_H

#include "Layers.h"
#include "Model.h"

namespace optimc::trainer::OPTIMC_TRAINER_ISA {

/// The arrays that a shard keeps from forward to backward, carved out of one
/// aligned buffer. Alignment matters for more than speed: it fixes where
/// vectorised sums start, hence the bits of the result.
template <typename T>
struct Activations {
  T *base;
  int64_t used = 0;

  T *take(int64_t count) {
    T *p = base ? base + used : nullptr;
    used += (count + 15) / 16 * 16;
    return p;
  }
};

/// One block's activations; `in` and `middle` are the residual stream before
/// and between the two halves of the block.
template <typename T>
struct BlockActivations {
  T *in, *norm1, *mean1, *rstd1, *qkv, *weights, *mixed, *middle, *norm2,
      *mean2, *rstd2, *hidden, *gelu;

  void carve(Activations<T> &a, const ModelShape &s, int64_t sequences) {
    int64_t rows = sequences * s.context, w = s.width;
    in = a.take(rows * w);
    norm1 = a.take(rows * w);
    mean1 = a.take(rows);
    rstd1 = a.take(rows);
    qkv = a.take(rows * 3 * w);
    weights = a.take(sequences * s.heads * s.context * s.context);
    mixed = a.take(rows * w);
    middle = a.take(rows * w);
    norm2 = a.take(rows * w);
    mean2 = a.take(rows);
    rstd2 = a.take(rows);
    hidden = a.take(rows * 4 * w);
    gelu = a.take(rows * 4 * w);
  }
};

/// Adds `b` to `a`, into `out`.
template <typename T>
void addRows(int64_t n, const T *a, const T *b, T *out) {
  Row<T>(out, n) = ConstRow<T>(a, n) + ConstRow<T>(b, n);
}

template <typename T>
class Network {
public:
  Network(const ShardArgs<T> &args) : args(args), s(args.shape) {
    rows = args.sequences * s.context;
    attention = {args.sequences, s.context, s.width, s.heads};
  }

  /// Returns the elements of workspace that a shard needs.
  static int64_t workspaceElements(const ModelShape &shape, int64_t sequences) {
    ShardArgs<T> args{};
    args.shape = shape;
    args.sequences = sequences;
    Network network(args);
    network.carve(nullptr);
    return network.used;
  }

  /// Forward, and backward when `grads` is given; returns the summed loss.
  double run() {
    carve(args.workspace);
    embeddingForward(rows, s.context, s.width, args.inputs, weight(0),
                     weight(1), blocks[0].in);
    for (int64_t layer = 0; layer < s.layers; ++layer)
      blockForward(layer);
    layerNormForward(rows, s.width, final, weight(last()), weight(last() + 1),
                     norm, mean, rstd);
    std::memset(logits, 0, sizeof(T) * rows * logitStride());
    gemm<Transpose::No, Transpose::Yes, T>(
        T(1), {norm, rows, s.width, s.width},
        {weight(0), s.vocabulary, s.width, s.width},
        {logits, rows, s.vocabulary, logitStride()});
    double loss = crossEntropy(rows, s.vocabulary, logitStride(), args.targets,
                               args.lossScale, logits);
    if (args.grads)
      backward();
    return loss;
  }

private:
  const T *weight(int64_t k) const { return args.weights + args.offsets[k]; }
  T *grad(int64_t k) const { return args.grads + args.offsets[k]; }
  const T *weight(int64_t layer, BlockArray k) const {
    return weight(firstBlockArray + layer * arraysPerBlock + int64_t(k));
  }
  T *grad(int64_t layer, BlockArray k) const {
    return grad(firstBlockArray + layer * arraysPerBlock + int64_t(k));
  }
  int64_t last() const { return firstBlockArray + s.layers * arraysPerBlock; }
  int64_t logitStride() const { return (s.vocabulary + 15) / 16 * 16; }

  void carve(T *base) {
    Activations<T> memory{base};
    for (int64_t layer = 0; layer < s.layers; ++layer)
      blocks[layer].carve(memory, s, args.sequences);
    final = memory.take(rows * s.width);
    norm = memory.take(rows * s.width);
    mean = memory.take(rows);
    rstd = memory.take(rows);
    logits = memory.take(rows * logitStride());
    scratch = memory.take(rows * 4 * s.width);
    dResidual = memory.take(rows * s.width);
    dNorm = memory.take(rows * s.width);
    dWeights = memory.take(s.context * s.context);
    used = memory.used;
  }

  void blockForward(int64_t layer) {
    auto w = [&](BlockArray k) { return weight(layer, k); };
    const BlockActivations<T> &a = blocks[layer];
    T *out = layer + 1 < s.layers ? blocks[layer + 1].in : final;
    int64_t c = s.width;
    layerNormForward(rows, c, a.in, w(BlockArray::Norm1Weight),
                     w(BlockArray::Norm1Bias), a.norm1, a.mean1, a.rstd1);
    linearForward(rows, c, 3 * c, a.norm1, w(BlockArray::QkvWeight),
                  w(BlockArray::QkvBias), a.qkv);
    attentionForward(attention, a.qkv, a.weights, a.mixed);
    linearForward(rows, c, c, a.mixed, w(BlockArray::ProjWeight),
                  w(BlockArray::ProjBias), scratch);
    addRows(rows * c, a.in, scratch, a.middle);
    layerNormForward(rows, c, a.middle, w(BlockArray::Norm2Weight),
                     w(BlockArray::Norm2Bias), a.norm2, a.mean2, a.rstd2);
    linearForward(rows, c, 4 * c, a.norm2, w(BlockArray::UpWeight),
                  w(BlockArray::UpBias), a.hidden);
    geluForward(rows * 4 * c, a.hidden, a.gelu);
    linearForward(rows, 4 * c, c, a.gelu, w(BlockArray::DownWeight),
                  w(BlockArray::DownBias), scratch);
    addRows(rows * c, a.middle, scratch, out);
  }

  void backward() {
    int64_t c = s.width, all = rows * c;
    std::memset(dNorm, 0, sizeof(T) * all);
    std::memset(dResidual, 0, sizeof(T) * all);
    gemm<Transpose::No, Transpose::No, T>(
        T(1), {logits, rows, s.vocabulary, logitStride()},
        {weight(0), s.vocabulary, c, c}, {dNorm, rows, c, c});
    gemm<Transpose::Yes, Transpose::No, T>(
        T(1), {logits, rows, s.vocabulary, logitStride()}, {norm, rows, c, c},
        {grad(0), s.vocabulary, c, c});
    layerNormBackward(rows, c, dNorm, final, weight(last()), mean, rstd,
                      dResidual, grad(last()), grad(last() + 1));
    for (int64_t layer = s.layers; layer-- > 0;)
      blockBackward(layer);
    embeddingBackward(rows, s.context, c, args.inputs, dResidual, grad(0),
                      grad(1));
  }

  /// `dResidual` is the gradient of the block's output on entry, and of its
  /// input on return: the residual paths pass it through unchanged.
  void blockBackward(int64_t layer) {
    auto w = [&](BlockArray k) { return weight(layer, k); };
    auto g = [&](BlockArray k) { return grad(layer, k); };
    const BlockActivations<T> &a = blocks[layer];
    int64_t c = s.width, all = rows * c;
    std::memset(scratch, 0, sizeof(T) * 4 * all);
    linearBackward(rows, 4 * c, c, dResidual, a.gelu, w(BlockArray::DownWeight),
                   scratch, g(BlockArray::DownWeight), g(BlockArray::DownBias));
    geluBackward(4 * all, a.hidden, scratch);
    std::memset(dNorm, 0, sizeof(T) * all);
    linearBackward(rows, c, 4 * c, scratch, a.norm2, w(BlockArray::UpWeight),
                   dNorm, g(BlockArray::UpWeight), g(BlockArray::UpBias));
    layerNormBackward(rows, c, dNorm, a.middle, w(BlockArray::Norm2Weight),
                      a.mean2, a.rstd2, dResidual, g(BlockArray::Norm2Weight),
                      g(BlockArray::Norm2Bias));
    std::memset(dNorm, 0, sizeof(T) * all);
    linearBackward(rows, c, c, dResidual, a.mixed, w(BlockArray::ProjWeight),
                   dNorm, g(BlockArray::ProjWeight), g(BlockArray::ProjBias));
    attentionBackward(attention, dNorm, a.qkv, a.weights, dWeights, scratch);
    std::memset(dNorm, 0, sizeof(T) * all);
    linearBackward(rows, c, 3 * c, scratch, a.norm1, w(BlockArray::QkvWeight),
                   dNorm, g(BlockArray::QkvWeight), g(BlockArray::QkvBias));
    layerNormBackward(rows, c, dNorm, a.in, w(BlockArray::Norm1Weight), a.mean1,
                      a.rstd1, dResidual, g(BlockArray::Norm1Weight),
                      g(BlockArray::Norm1Bias));
  }

  const ShardArgs<T> &args;
  const ModelShape &s;
  int64_t rows;
  AttentionShape attention;
  BlockActivations<T> blocks[ModelShape::maxLayers];
  T *final, *norm, *mean, *rstd, *logits, *scratch, *dResidual, *dNorm,
      *dWeights;
  int64_t used = 0;
};

} // namespace optimc::trainer::OPTIMC_TRAINER_ISA

#endif // OPTIMC_TRAINER_NETWORK_H
