//===- LoopTest.cpp - schedule, clipping, runs ------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Loop.h"
#include "Data.h"
#include "ReferenceOptimizer.h"
#include "ThreadPool.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace optimc::trainer;
using namespace optimc::trainer::test;

namespace {

TEST(TrainerLoop, Schedule) {
  LoopOptions o;
  o.steps = 2000;
  o.peakLearningRate = 0.008;
  EXPECT_DOUBLE_EQ(scheduledLearningRate(o, 1), 0.008 / 40);
  EXPECT_DOUBLE_EQ(scheduledLearningRate(o, 20), 0.004);
  EXPECT_DOUBLE_EQ(scheduledLearningRate(o, 40), 0.008);
  EXPECT_NEAR(scheduledLearningRate(o, 1020), 0.008 * 0.505, 1e-16);
  EXPECT_DOUBLE_EQ(scheduledLearningRate(o, 2000), 0.00008);
  for (int64_t step = 41; step <= 2000; ++step)
    ASSERT_LT(scheduledLearningRate(o, step),
              scheduledLearningRate(o, step - 1));
  o.steps = 1;
  EXPECT_DOUBLE_EQ(scheduledLearningRate(o, 1), 0.008);
  o.steps = 30;
  o.warmup = 0;
  EXPECT_LT(scheduledLearningRate(o, 1), 0.008);
  EXPECT_GT(scheduledLearningRate(o, 1), 0.0079);
}

TEST(TrainerLoop, ClipScale) {
  EXPECT_EQ(clipScale(0.5, 1), 1);
  EXPECT_EQ(clipScale(1, 1), 1);
  EXPECT_EQ(clipScale(6, 1), 6);
  EXPECT_EQ(clipScale(6, 3), 2);
  EXPECT_EQ(clipScale(6, 0), 1) << "0 means no clipping";
}

/// A text that is easy to learn, and a small model.
struct Fixture {
  Fixture() {
    std::string text, error;
    for (int i = 0; i < 400; ++i)
      text += i % 3 ? "the cat sat on the mat. " : "a dog ran to the hill! ";
    EXPECT_TRUE(corpus.build(text, shape.context, error)) << error;
    shape.vocabulary = corpus.vocabulary();
  }
  Corpus corpus;
  ModelShape shape{1, 16, 2, 16, 0};
};

struct Training {
  LoopState state;
  LoopEnd end;
  std::vector<float> weights;
  int64_t steps = 0;
};

Training train(const Fixture &f, int threads, const LoopOptions &options) {
  ThreadPool pool(threads);
  Model model(f.shape, 8, options.seed, pool);
  ReferenceOptimizer optimizer(model, {});
  Training run;
  LoopObserver observer;
  observer.step = [&] { ++run.steps; };
  std::string error;
  run.end =
      runLoop(model, optimizer, f.corpus, options, observer, run.state, error);
  run.weights.assign(model.weights(),
                     model.weights() + weightElements(model.getArrays()));
  return run;
}

TEST(TrainerLoop, LearnsAndDoesNotDependOnThreads) {
  Fixture f;
  LoopOptions options;
  options.steps = 150;
  options.peakLearningRate = 0.01;
  Training one = train(f, 1, options);
  ASSERT_EQ(one.end, LoopEnd::Finished);
  EXPECT_EQ(one.steps, 150);
  ASSERT_EQ(one.state.curve.size(), 20u);
  EXPECT_EQ(one.state.curve.back().step, 150);
  EXPECT_GT(one.state.curve.front().train, 2);
  EXPECT_LT(one.state.curve.back().validation, 0.6);
  for (int threads : {2, 3}) {
    Training many = train(f, threads, options);
    EXPECT_EQ(std::memcmp(one.weights.data(), many.weights.data(),
                          one.weights.size() * sizeof(float)),
              0);
    for (size_t i = 0; i < 20; ++i) {
      EXPECT_EQ(one.state.curve[i].train, many.state.curve[i].train);
      EXPECT_EQ(one.state.curve[i].validation, many.state.curve[i].validation);
    }
  }
  options.seed = 1;
  EXPECT_NE(train(f, 1, options).weights, one.weights);
}

TEST(TrainerLoop, PointsOfShortRuns) {
  Fixture f;
  for (int64_t steps : {1, 3, 19, 20, 21, 33}) {
    LoopOptions options;
    options.steps = steps;
    options.peakLearningRate = 0.01;
    Training run = train(f, 1, options);
    EXPECT_EQ(run.state.curve.size(), size_t(std::min<int64_t>(steps, 20)));
    EXPECT_EQ(run.state.curve.back().step, steps);
  }
}

TEST(TrainerLoop, DivergenceIsNoticed) {
  Fixture f;
  LoopOptions options;
  options.steps = 50;
  options.peakLearningRate = 1e30;
  Training run = train(f, 1, options);
  EXPECT_EQ(run.end, LoopEnd::Diverged);
  EXPECT_LT(run.state.step, 50);
}

TEST(TrainerLoop, PausesWhereItShould) {
  Fixture f;
  LoopOptions options;
  options.steps = 30;
  options.stopAfter = 12;
  options.peakLearningRate = 0.01;
  Training run = train(f, 1, options);
  EXPECT_EQ(run.end, LoopEnd::Paused);
  EXPECT_EQ(run.state.step, 12);
}

/// Fails in its third step.
class FailingOptimizer : public ReferenceOptimizer {
public:
  using ReferenceOptimizer::ReferenceOptimizer;
  bool step(double scale, std::string &error) override {
    if (++steps == 3) {
      error = "no more";
      return false;
    }
    return ReferenceOptimizer::step(scale, error);
  }
  int steps = 0;
};

TEST(TrainerLoop, FailuresEndTheRun) {
  Fixture f;
  ThreadPool pool(1);
  Model model(f.shape, 8, 0, pool);
  LoopOptions options;
  options.steps = 10;
  options.peakLearningRate = 0.01;
  LoopState state;
  std::string error;
  FailingOptimizer failing(model, {});
  EXPECT_EQ(runLoop(model, failing, f.corpus, options, {}, state, error),
            LoopEnd::Failed);
  EXPECT_EQ(error, "no more");
  EXPECT_EQ(state.step, 2);

  ReferenceOptimizer optimizer(model, {});
  LoopObserver observer;
  observer.checkpoint = [](const LoopState &, std::string &error) {
    error = "disk full";
    return false;
  };
  state = {};
  options.checkpointEvery = 4;
  EXPECT_EQ(
      runLoop(model, optimizer, f.corpus, options, observer, state, error),
      LoopEnd::Failed);
  EXPECT_EQ(error, "disk full");
  EXPECT_EQ(state.step, 4);
}

TEST(TrainerLoop, ValidationIsTheMeanOverTheHeldOutText) {
  Fixture f;
  ThreadPool pool(1);
  Model model(f.shape, 8, 3, pool);
  int64_t context = f.shape.context, windows = f.corpus.validationWindows();
  ASSERT_GE(windows, 40);
  std::vector<uint8_t> in(8 * context), out(8 * context);
  double sum = 0;
  for (int64_t k = 0; k < windows / 8; ++k) {
    f.corpus.validationBatch(8 * k, 1, 8, in.data(), out.data());
    sum += model.loss(in.data(), out.data());
  }
  EXPECT_DOUBLE_EQ(validationLoss(model, f.corpus, 0),
                   sum / double(windows / 8));
  EXPECT_NEAR(validationLoss(model, f.corpus, 16), sum / double(windows / 8),
              0.1);
}

} // namespace
