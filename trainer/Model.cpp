//===- Model.cpp - the GPT: sizes, weights, loss and gradient ---*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Model.h"
#include "ThreadPool.h"
#include "optimc-c/Program.h"

#include <cmath>

namespace optimc::trainer {

static const ModelSize modelSizes[] = {
    {"S", {2, 64, 4, 64, 0}, 8},
    {"M", {4, 128, 4, 64, 0}, 16},
    {"L", {4, 256, 8, 128, 0}, 16},
};

const ModelSize *findModelSize(const std::string &name) {
  for (const ModelSize &size : modelSizes)
    if (name == size.name)
      return &size;
  return nullptr;
}

std::vector<WeightArray> layoutWeights(const ModelShape &shape) {
  std::vector<WeightArray> arrays;
  int64_t offset = 0;
  auto add = [&](std::string name, int64_t rows, int64_t cols, double sigma,
                 float value) {
    arrays.push_back({std::move(name), rows, cols, offset, sigma, value});
    offset += (rows * cols + 15) / 16 * 16;
  };
  // Variance 1 / width; what is added to the residual stream starts smaller the
  // deeper the network is. GPT-2's constant .02 suits widths near 1000 only.
  int64_t w = shape.width;
  const double sigma = 1 / std::sqrt(static_cast<double>(w));
  const double residual = sigma / std::sqrt(2.0 * shape.layers);
  add("token_table", shape.vocabulary, w, sigma, 0);
  add("position_table", shape.context, w, sigma, 0);
  for (int64_t layer = 0; layer < shape.layers; ++layer) {
    std::string prefix = "block" + std::to_string(layer) + ".";
    auto addNorm = [&](const char *name) {
      add(prefix + name + ".weight", w, 1, 0, 1);
      add(prefix + name + ".bias", w, 1, 0, 0);
    };
    auto addLinear = [&](const char *name, int64_t out, int64_t in, double s) {
      add(prefix + name + ".weight", out, in, s, 0);
      add(prefix + name + ".bias", out, 1, 0, 0);
    };
    addNorm("norm1");
    addLinear("qkv", 3 * w, w, sigma);
    addLinear("proj", w, w, residual);
    addNorm("norm2");
    addLinear("up", 4 * w, w, sigma);
    addLinear("down", w, 4 * w, residual);
  }
  add("norm.weight", w, 1, 0, 1);
  add("norm.bias", w, 1, 0, 0);
  return arrays;
}

int64_t weightElements(const std::vector<WeightArray> &arrays) {
  const WeightArray &last = arrays.back();
  return last.offset + (last.size() + 15) / 16 * 16;
}

/// A standard normal number that depends on the key only.
static double normalFromKey(uint64_t key) {
  auto uniform = [](uint64_t bits) { // in (0, 1]
    return (static_cast<double>(bits >> 11) + 1) * 0x1p-53;
  };
  const double pi = 3.14159265358979323846;
  return std::sqrt(-2 * std::log(uniform(optimc_mix(key)))) *
         std::cos(2 * pi * uniform(optimc_mix(~key)));
}

static void initializeWeights(const std::vector<WeightArray> &arrays,
                              uint64_t seed, float *weights) {
  for (size_t k = 0; k < arrays.size(); ++k) {
    const WeightArray &array = arrays[k];
    uint64_t key = optimc_mix(optimc_mix(seed) ^ (k + 1));
    for (int64_t i = 0; i < array.size(); ++i)
      weights[array.offset + i] =
          array.initialSigma > 0
              ? static_cast<float>(
                    array.initialSigma *
                    normalFromKey(key ^ optimc_mix(static_cast<uint64_t>(i))))
              : array.initialValue;
  }
}

Model::Model(const ModelShape &shape, int64_t batch, uint64_t seed,
             ThreadPool &pool, const ModelKernels &kernels)
    : shape(shape), batch(batch), pool(pool), kernels(kernels),
      arrays(layoutWeights(shape)), weightBuffer(weightElements(arrays)),
      gradBuffer(weightElements(arrays)) {
  for (const WeightArray &array : arrays)
    offsets.push_back(array.offset);
  int64_t space = kernels.workspaceElements(shape, batch / shardCount);
  for (int64_t shard = 0; shard < shardCount; ++shard) {
    shardGrads[shard] = AlignedBuffer(weightBuffer.size());
    workspaces[shard] = AlignedBuffer(space);
  }
  initializeWeights(arrays, seed, weights());
}

int64_t Model::parameterCount() const {
  int64_t count = 0;
  for (const WeightArray &array : arrays)
    count += array.size();
  return count;
}

double Model::runShards(const uint8_t *inputs, const uint8_t *targets,
                        bool withGradient) {
  double losses[shardCount];
  int64_t sequences = batch / shardCount, symbols = sequences * shape.context;
  pool.forEach(shardCount, [&](int64_t shard) {
    ShardArgs<float> args;
    args.shape = shape;
    args.sequences = sequences;
    args.offsets = offsets.data();
    args.weights = weights();
    args.grads = nullptr;
    if (withGradient) {
      shardGrads[shard].clear();
      args.grads = shardGrads[shard].data();
    }
    args.inputs = inputs + shard * symbols;
    args.targets = targets + shard * symbols;
    args.lossScale = 1.0f / static_cast<float>(batch * shape.context);
    args.workspace = workspaces[shard].data();
    losses[shard] = kernels.run(args);
  });
  double total = 0;
  for (double loss : losses)
    total += loss;
  return total / static_cast<double>(batch * shape.context);
}

double Model::loss(const uint8_t *inputs, const uint8_t *targets) {
  return runShards(inputs, targets, /*withGradient=*/false);
}

double Model::lossAndGradient(const uint8_t *inputs, const uint8_t *targets) {
  double loss = runShards(inputs, targets, /*withGradient=*/true);
  constexpr int64_t piece = 1 << 15;
  int64_t total = gradBuffer.size();
  pool.forEach((total + piece - 1) / piece, [&](int64_t k) {
    int64_t end = std::min(total, (k + 1) * piece);
    float *out = grads();
    const float *a = shardGrads[0].data(), *b = shardGrads[1].data();
    const float *c = shardGrads[2].data(), *d = shardGrads[3].data();
    static_assert(shardCount == 4);
    for (int64_t i = k * piece; i < end; ++i)
      out[i] = ((a[i] + b[i]) + c[i]) + d[i];
  });
  return loss;
}

double Model::gradientNorm() const {
  // The padding between arrays is zero in every gradient.
  double sum[8] = {};
  const float *g = gradBuffer.data();
  for (int64_t i = 0; i < gradBuffer.size(); ++i)
    sum[i % 8] += static_cast<double>(g[i]) * g[i];
  return std::sqrt(((sum[0] + sum[1]) + (sum[2] + sum[3])) +
                   ((sum[4] + sum[5]) + (sum[6] + sum[7])));
}

} // namespace optimc::trainer
