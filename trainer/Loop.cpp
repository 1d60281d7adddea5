//===- Loop.cpp - one training run ------------------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Loop.h"
#include "Data.h"
#include "Model.h"
#include "Optimizers.h"

#include <algorithm>
#include <cmath>

namespace optimc::trainer {

double scheduledLearningRate(const LoopOptions &options, int64_t step) {
  double steps = static_cast<double>(options.steps);
  double warmup = std::ceil(options.warmup * steps);
  double t = static_cast<double>(step);
  if (t <= warmup)
    return options.peakLearningRate * t / warmup;
  const double pi = 3.14159265358979323846;
  double progress = (t - warmup) / (steps - warmup);
  double cosine = 0.5 * (1 + std::cos(pi * progress));
  return options.peakLearningRate *
         (options.finalFraction + (1 - options.finalFraction) * cosine);
}

double clipScale(double norm, double clip) {
  return clip > 0 && norm > clip ? norm / clip : 1;
}

double validationLoss(Model &model, const Corpus &corpus, int64_t windows) {
  int64_t available = corpus.validationWindows(), batch = model.getBatch();
  int64_t context = model.getShape().context;
  if (windows <= 0 || windows > available)
    windows = available;
  // Whole batches; a text with fewer windows than a batch repeats them.
  int64_t batches = std::max<int64_t>(1, windows / batch);
  int64_t stride = std::max<int64_t>(1, available / (batches * batch));
  std::vector<uint8_t> inputs(static_cast<size_t>(batch * context));
  std::vector<uint8_t> targets(inputs.size());
  double sum = 0;
  for (int64_t k = 0; k < batches; ++k) {
    for (int64_t b = 0; b < batch; ++b)
      corpus.validationBatch((k * batch + b) * stride % available, 1, 1,
                             inputs.data() + b * context,
                             targets.data() + b * context);
    sum += model.loss(inputs.data(), targets.data());
  }
  return sum / static_cast<double>(batches);
}

/// Whether the curve has a point after this step: `points` of them, evenly
/// spaced, the last one at the end.
static bool isPoint(const LoopOptions &options, int64_t step) {
  int64_t points = std::min(options.points, options.steps);
  return step * points / options.steps != (step - 1) * points / options.steps;
}

LoopEnd runLoop(Model &model, Optimizer &optimizer, const Corpus &corpus,
                const LoopOptions &options, const LoopObserver &observer,
                LoopState &state, std::string &error) {
  int64_t batch = model.getBatch(), context = model.getShape().context;
  std::vector<uint8_t> inputs(static_cast<size_t>(batch * context));
  std::vector<uint8_t> targets(inputs.size());
  auto save = [&] {
    return !observer.checkpoint || observer.checkpoint(state, error);
  };
  while (state.step < options.steps) {
    int64_t step = state.step + 1;
    corpus.trainingBatch(options.seed, step, batch, inputs.data(),
                         targets.data());
    double loss = model.lossAndGradient(inputs.data(), targets.data());
    double norm = model.gradientNorm();
    if (!std::isfinite(loss) || !std::isfinite(norm))
      return LoopEnd::Diverged;
    double lr = scheduledLearningRate(options, step);
    if (!optimizer.setLearningRate(lr, error) ||
        !optimizer.step(clipScale(norm, options.clip), error))
      return LoopEnd::Failed;
    state.step = step;
    state.trainSum += loss;
    ++state.trainCount;
    if (isPoint(options, step)) {
      bool last = step == options.steps;
      double validation =
          validationLoss(model, corpus, last ? 0 : options.curveWindows);
      if (!std::isfinite(validation))
        return LoopEnd::Diverged;
      state.curve.push_back(
          {step, state.trainSum / static_cast<double>(state.trainCount),
           validation, lr, norm});
      state.trainSum = 0;
      state.trainCount = 0;
      if (observer.point)
        observer.point(state.curve.back());
    }
    if (observer.step)
      observer.step();
    if (step == options.steps)
      break;
    if ((options.stopAfter > 0 && step >= options.stopAfter) ||
        (observer.interrupted && observer.interrupted()))
      return save() ? LoopEnd::Paused : LoopEnd::Failed;
    if (options.checkpointEvery > 0 && step % options.checkpointEvery == 0 &&
        !save())
      return LoopEnd::Failed;
  }
  return save() ? LoopEnd::Finished : LoopEnd::Failed;
}

} // namespace optimc::trainer
