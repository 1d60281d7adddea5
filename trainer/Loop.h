//===- Loop.h - one training run --------------------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_LOOP_H
#define OPTIMC_TRAINER_LOOP_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace optimc::trainer {

class Corpus;
class Model;
class Optimizer;

struct LoopOptions {
  int64_t steps = 2000;
  double peakLearningRate = 0;
  double warmup = 0.02;        // fraction of the steps
  double finalFraction = 0.01; // of the peak, at the last step
  double clip = 1;             // largest gradient norm; 0: no clipping
  uint64_t seed = 0;
  int64_t points = 20;         // of the curve
  int64_t curveWindows = 256;  // of the held-out text for a point; the last one
                               // uses all windows
  int64_t stopAfter = 0;       // pause after this step; 0: do not
  int64_t checkpointEvery = 0; // steps; 0: only when pausing
};

/// The learning rate of step 1 ... steps: linear from 0 over the warm-up, which
/// ends at the peak, then a half cosine that ends at finalFraction * peak.
double scheduledLearningRate(const LoopOptions &options, int64_t step);

/// What the optimizer divides the gradient by, so that its norm is at most
/// `clip`.
double clipScale(double norm, double clip);

struct CurvePoint {
  int64_t step;
  double train;      // mean over the steps since the previous point
  double validation; // nats per byte, as are all losses
  double learningRate;
  double gradientNorm;
};

/// A run's own state: with the optimizer's, all that a resumed run needs. Data
/// order is a function of seed and step.
struct LoopState {
  int64_t step = 0; // taken so far
  double trainSum = 0;
  int64_t trainCount = 0;
  std::vector<CurvePoint> curve;
};

enum class LoopEnd { Finished, Paused, Diverged, Failed };

struct LoopObserver {
  std::function<void()> step;
  std::function<void(const CurvePoint &)> point;
  /// Saves a checkpoint; failure ends the run.
  std::function<bool(const LoopState &, std::string &error)> checkpoint;
  /// Asks the run to pause.
  std::function<bool()> interrupted;
};

/// Mean loss over `windows` evenly spaced held-out windows (0: all of them).
double validationLoss(Model &model, const Corpus &corpus, int64_t windows);

/// Trains from `state` on. `error` is set if the run has failed.
LoopEnd runLoop(Model &model, Optimizer &optimizer, const Corpus &corpus,
                const LoopOptions &options, const LoopObserver &observer,
                LoopState &state, std::string &error);

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_LOOP_H
