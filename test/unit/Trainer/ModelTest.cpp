//===- ModelTest.cpp - the whole network's gradient -------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Model.h"
#include "GradientCheck.h"
#include "Network.h"
#include "ThreadPool.h"

#include <cstring>
#include <set>

using namespace optimc::trainer;
using namespace optimc::trainer::test;

namespace {

const ModelShape tiny{2, 16, 4, 8, 11};

std::vector<uint8_t> randomSymbols(uint64_t key, size_t n, int64_t vocabulary) {
  std::vector<uint8_t> symbols(n);
  for (size_t i = 0; i < n; ++i)
    symbols[i] =
        uint8_t(optimc_mix(optimc_mix(key) ^ i) % uint64_t(vocabulary));
  return symbols;
}

TEST(TrainerModel, GradientOfTheWholeNetwork) {
  auto arrays = layoutWeights(tiny);
  std::vector<int64_t> offsets;
  for (const WeightArray &array : arrays)
    offsets.push_back(array.offset);
  const int64_t sequences = 2, rows = sequences * tiny.context;
  auto inputs = randomSymbols(1, rows, tiny.vocabulary);
  auto targets = randomSymbols(2, rows, tiny.vocabulary);
  std::vector<double> weights = randomVector(3, weightElements(arrays), 0.4);
  std::vector<double> grads(weights.size());
  std::vector<double> workspace(
      baseline::Network<double>::workspaceElements(tiny, sequences));
  ShardArgs<double> args{};
  args.shape = tiny;
  args.sequences = sequences;
  args.offsets = offsets.data();
  args.weights = weights.data();
  args.inputs = inputs.data();
  args.targets = targets.data();
  args.lossScale = 1.0 / rows;
  args.workspace = workspace.data();
  auto f = [&] { return baseline::Network<double>(args).run() / rows; };
  args.grads = grads.data();
  double loss = f();
  args.grads = nullptr;
  EXPECT_EQ(f(), loss) << "forward alone gives the same loss";
  EXPECT_GT(loss, 1);
  for (const WeightArray &array : arrays) {
    std::vector<double> copy(weights.begin() + array.offset,
                             weights.begin() + array.offset + array.size());
    auto through = [&] {
      std::copy(copy.begin(), copy.end(), weights.begin() + array.offset);
      return f();
    };
    checkGradient(array.name.c_str(), copy, grads.data() + array.offset,
                  through, copy.size() > 64 ? 7 : 1);
    through();
    double size = 0;
    for (int64_t i = 0; i < array.size(); ++i)
      size += std::abs(grads[array.offset + i]);
    EXPECT_GT(size, 0) << array.name << " has no gradient";
  }
}

TEST(TrainerModel, Sizes) {
  struct {
    const char *name;
    int64_t parameters;
  } expected[] = {{"S", 108224}, {"M", 809600}, {"L", 3208448}};
  for (auto &e : expected) {
    const ModelSize *size = findModelSize(e.name);
    ASSERT_TRUE(size);
    ModelShape shape = size->shape;
    shape.vocabulary = 63;
    int64_t count = 0;
    std::set<std::string> names;
    for (const WeightArray &array : layoutWeights(shape)) {
      count += array.size();
      names.insert(array.name);
      EXPECT_EQ(array.offset % 16, 0);
    }
    EXPECT_EQ(count, e.parameters) << e.name;
    EXPECT_EQ(names.size(), layoutWeights(shape).size()) << "names are unique";
    EXPECT_EQ(size->batch % Model::shardCount, 0);
    EXPECT_EQ(shape.width % shape.heads, 0);
    EXPECT_LE(shape.layers, ModelShape::maxLayers);
  }
  EXPECT_FALSE(findModelSize("XL"));
}

TEST(TrainerModel, ThreadsDoNotChangeOneBit) {
  ModelShape shape = findModelSize("S")->shape;
  shape.vocabulary = 40;
  auto inputs = randomSymbols(1, 8 * shape.context, 40);
  auto targets = randomSymbols(2, 8 * shape.context, 40);
  std::vector<float> reference;
  double referenceLoss = 0;
  for (int threads : {1, 2, 3, 7}) {
    ThreadPool pool(threads);
    Model model(shape, 8, 5, pool);
    double loss = model.lossAndGradient(inputs.data(), targets.data());
    size_t n = size_t(weightElements(model.getArrays()));
    if (reference.empty()) {
      reference.assign(model.grads(), model.grads() + n);
      referenceLoss = loss;
      // A fresh network is not far from the uniform guess: logits of variance
      // one add about one half.
      EXPECT_NEAR(loss, std::log(40.0) + 0.5, 0.2);
    }
    EXPECT_EQ(loss, referenceLoss);
    EXPECT_EQ(std::memcmp(reference.data(), model.grads(), n * sizeof(float)),
              0)
        << threads << " threads";
  }
}

TEST(TrainerModel, InstructionSetsAgree) {
  ModelShape shape = findModelSize("S")->shape;
  shape.vocabulary = 63;
  auto inputs = randomSymbols(1, 8 * shape.context, 63);
  auto targets = randomSymbols(2, 8 * shape.context, 63);
  ThreadPool pool(1);
  Model reference(shape, 8, 0, pool, *availableKernels().back());
  EXPECT_STREQ(availableKernels().back()->isa, "baseline");
  double loss = reference.lossAndGradient(inputs.data(), targets.data());
  for (const ModelKernels *kernels : availableKernels()) {
    Model model(shape, 8, 0, pool, *kernels);
    EXPECT_NEAR(model.lossAndGradient(inputs.data(), targets.data()), loss,
                1e-6)
        << kernels->isa;
    double difference = 0;
    for (int64_t i = 0; i < weightElements(model.getArrays()); ++i)
      difference +=
          std::pow(double(model.grads()[i]) - double(reference.grads()[i]), 2);
    EXPECT_LT(std::sqrt(difference), 1e-5 * reference.gradientNorm())
        << kernels->isa;
  }
}

TEST(TrainerModel, WeightsDependOnTheSeedOnly) {
  ThreadPool pool(1);
  Model a(tiny, 4, 1, pool), b(tiny, 4, 1, pool), c(tiny, 4, 2, pool);
  size_t bytes = sizeof(float) * size_t(weightElements(a.getArrays()));
  EXPECT_EQ(std::memcmp(a.weights(), b.weights(), bytes), 0);
  EXPECT_NE(std::memcmp(a.weights(), c.weights(), bytes), 0);
  for (const WeightArray &array : a.getArrays()) {
    double square = 0;
    for (int64_t i = 0; i < array.size(); ++i)
      square += std::pow(double(a.weights()[array.offset + i]), 2);
    double sigma = std::sqrt(square / double(array.size()));
    if (array.initialSigma > 0) { // four standard errors
      EXPECT_NEAR(sigma / array.initialSigma, 1,
                  4 / std::sqrt(2.0 * double(array.size())))
          << array.name;
    }
  }
}

TEST(TrainerModel, ThreadPoolRunsEveryItemOnce) {
  for (int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int64_t count : {0, 1, 2, 3, 17, 100}) {
      std::vector<std::atomic<int>> hits(count);
      for (int round = 0; round < 50; ++round)
        pool.forEach(count, [&](int64_t i) { ++hits[i]; });
      for (auto &hit : hits)
        ASSERT_EQ(hit, 50);
    }
  }
}

} // namespace
