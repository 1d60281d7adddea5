//===- StepBench.cpp - steps against hand-written loops -------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledStep.h"
#include "Contenders.h"
#include "HandLoops.h"
#include <cstring>

using namespace optimc::bench;

namespace {
/// What all contenders of a group update: one tensor, or a list of equal ones.
struct StepData {
  StepData(bool slow, int64_t n, uint32_t threads)
      : n(n), threads(threads), p(n, Buffer::Normal, threads),
        g(n, Buffer::Normal, threads), m(n, Buffer::Zero, threads),
        v(n, Buffer::Zero, threads) {
    if (slow)
      mSlow = std::make_unique<Buffer>(n, Buffer::Zero, threads);
    streams = {p.floats(), g.floats(), m.floats(),
               slow ? mSlow->floats() : nullptr, v.floats()};
  }

  int64_t n;
  uint32_t threads;
  Buffer p, g, m, v;
  std::unique_ptr<Buffer> mSlow;
  Streams streams;
};

using SharedData = std::function<std::shared_ptr<StepData>()>;
} // namespace

static Step makeCompiledStep(const char *spec, std::shared_ptr<StepData> data,
                             int64_t tensors) {
  auto step = std::make_shared<CompiledStep>(spec, data->threads);
  step->setHyper("weight_decay", 0.1);
  const Streams &streams = data->streams;
  int64_t count = data->n / tensors;
  for (int64_t i = 0; i < tensors; ++i) {
    int64_t at = i * count;
    optimc_named_buffer states[] = {
        {"exp_avg", streams.m + at, 0, 0},
        {"exp_avg_sq", streams.v + at, 0, 0},
        {"exp_avg_slow", streams.slow ? streams.slow + at : nullptr, 0, 0}};
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    desc.param = streams.p + at;
    desc.grad = data->g.floats() + at;
    desc.buffers = states;
    desc.n_buffers = streams.slow ? 3 : 2;
    step->addTensor("w" + std::to_string(i), count, desc);
  }
  return [data, step] { (*step)(); };
}

static Step makeHandStep(std::shared_ptr<StepData> data) {
  return [data] {
    const Streams &streams = data->streams;
    StepScalars k{1e-3f, .1f, 1e-8f, .1f, 1e-3f, 1e-4f, 1, 1, 5};
    forEachPiece(data->threads, data->n, [&](int64_t begin, int64_t end) {
      (streams.slow ? ademamixByHand : adamwByHand)(streams, k, begin, end);
    });
  };
}

static Step makeStreamsStep(std::shared_ptr<StepData> data) {
  return [data] {
    const Streams &streams = data->streams;
    forEachPiece(data->threads, data->n, [&](int64_t begin, int64_t end) {
      (streams.slow ? ademamixStreams : adamwStreams)(streams, begin, end);
    });
  };
}

static bool hasSlowAverage(const char *spec) {
  return !std::strcmp(spec, "ademamix");
}

Group optimc::bench::makeStepGroup(const char *spec, const Sizes &sizes) {
  int64_t n = sizes.large;
  bool slow = hasSlowAverage(spec);
  double bytes = slow ? 36 : 28;
  SharedData data = shared<StepData>(slow, n, sizes.threads);
  std::string name = std::string(spec) + "/f32/" + sizeName(n) + "/";
  Group group;
  group.contenders = {
      {name + "optimc", n, bytes,
       [=] { return makeCompiledStep(spec, data(), 1); }},
      {name + "by_hand", n, bytes, [=] { return makeHandStep(data()); }},
      {name + "streams", n, bytes, [=] { return makeStreamsStep(data()); }}};
  std::string prefix = std::string(spec) + ": ";
  group.goals = {
      {prefix + "optimc / by hand", name + "by_hand", name + "optimc", .95},
      {prefix + "by hand / streams", name + "streams", name + "by_hand", .9}};
  return group;
}

Group optimc::bench::makeListGroup(const char *spec, int64_t tensors,
                                   int64_t count, double limit,
                                   const Sizes &sizes) {
  int64_t n = tensors * count;
  bool slow = hasSlowAverage(spec);
  double bytes = slow ? 36 : 28;
  SharedData data = shared<StepData>(slow, n, sizes.threads);
  std::string list = std::to_string(tensors) + "x" + std::to_string(count);
  std::string name = std::string("lists/") + spec + "/" + list + "/";
  Group group;
  group.contenders = {{name + "many", n, bytes,
                       [=] { return makeCompiledStep(spec, data(), tensors); }},
                      {name + "one_tensor", n, bytes,
                       [=] { return makeCompiledStep(spec, data(), 1); }}};
  group.goals = {{std::string(spec) + ": " + list + " / one tensor, time",
                  name + "many", name + "one_tensor", limit, false}};
  return group;
}
