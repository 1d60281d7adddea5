//===- Model.h - the GPT: sizes, weights, loss and gradient -----*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_MODEL_H
#define OPTIMC_TRAINER_MODEL_H

#include "AlignedBuffer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace optimc::trainer {

class ThreadPool;

struct ModelShape {
  static constexpr int64_t maxLayers = 16;
  int64_t layers, width, heads, context, vocabulary;
};

/// A size that users can name: "S" (108k parameters), "M" (0.81M), "L" (3.2M).
struct ModelSize {
  const char *name;
  ModelShape shape; // `vocabulary` is the text's
  int64_t batch;    // sequences per step
};
/// Returns null if there is no such size.
const ModelSize *findModelSize(const std::string &name);

/// The arrays of one block, in order.
enum class BlockArray {
  Norm1Weight,
  Norm1Bias,
  QkvWeight,
  QkvBias,
  ProjWeight,
  ProjBias,
  Norm2Weight,
  Norm2Bias,
  UpWeight,
  UpBias,
  DownWeight,
  DownBias
};
constexpr int64_t firstBlockArray = 2; // after the token and position tables
constexpr int64_t arraysPerBlock = 12;

/// One weight array. All of them lie in one buffer, `offset` elements from its
/// start, each 64-byte aligned.
struct WeightArray {
  std::string name;
  int64_t rows, cols; // cols = 1: a vector
  int64_t offset;
  double initialSigma; // standard deviation at the start, or
  float initialValue;  // the constant that it starts as
  bool isMatrix() const { return cols > 1; }
  int64_t size() const { return rows * cols; }
};
std::vector<WeightArray> layoutWeights(const ModelShape &shape);
/// The elements of a buffer that holds all arrays.
int64_t weightElements(const std::vector<WeightArray> &arrays);

/// What a shard's forward and backward pass needs. Sequences are contiguous:
/// `inputs` and `targets` are [sequences][context].
template <typename T>
struct ShardArgs {
  ModelShape shape;
  int64_t sequences;
  const int64_t *offsets; // of the arrays of layoutWeights
  const T *weights;
  T *grads; // accumulated; null: forward only
  const uint8_t *inputs, *targets;
  T lossScale; // `grads` is that of lossScale * (summed loss)
  T *workspace;
};

/// The network, compiled for one instruction set.
struct ModelKernels {
  const char *isa;
  double (*run)(const ShardArgs<float> &args); // returns the summed loss
  int64_t (*workspaceElements)(const ModelShape &shape, int64_t sequences);
};
/// Every version that was compiled and that this machine can run, best first.
const std::vector<const ModelKernels *> &availableKernels();

/// Weights, gradients and the passes over a batch. The batch is always cut into
/// the same shards, each with its own gradient, which are added in shard order:
/// results do not depend on the number of threads.
class Model {
public:
  static constexpr int64_t shardCount = 4;

  /// `batch` must be a multiple of shardCount. Weights start from `seed`.
  Model(const ModelShape &shape, int64_t batch, uint64_t seed, ThreadPool &pool,
        const ModelKernels &kernels = *availableKernels().front());

  /// Mean loss in nats per byte of one batch ([batch][context] symbols); sets
  /// the gradient.
  double lossAndGradient(const uint8_t *inputs, const uint8_t *targets);
  /// Mean loss of one batch.
  double loss(const uint8_t *inputs, const uint8_t *targets);

  const ModelShape &getShape() const { return shape; }
  int64_t getBatch() const { return batch; }
  const std::vector<WeightArray> &getArrays() const { return arrays; }
  int64_t parameterCount() const;
  float *weights() { return weightBuffer.data(); }
  float *grads() { return gradBuffer.data(); }
  /// The Euclidean norm of the whole gradient, in a fixed order.
  double gradientNorm() const;

private:
  double runShards(const uint8_t *inputs, const uint8_t *targets,
                   bool withGradient);

  ModelShape shape;
  int64_t batch;
  ThreadPool &pool;
  const ModelKernels &kernels;
  std::vector<WeightArray> arrays;
  std::vector<int64_t> offsets;
  AlignedBuffer weightBuffer, gradBuffer;
  AlignedBuffer shardGrads[shardCount], workspaces[shardCount];
};

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_MODEL_H
