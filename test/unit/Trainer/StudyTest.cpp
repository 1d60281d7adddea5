//===- StudyTest.cpp - compiled optimizers in whole studies -----*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Study.h"
#include "Checkpoint.h"
#include "Data.h"
#include "ReferenceOptimizer.h"
#include "ThreadPool.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace optimc::trainer;
using namespace optimc::trainer::test;
namespace fs = std::filesystem;

namespace {

/// Devices are the simulator's unless the variable names another driver.
const int simulate = setenv("OPTIMC_LIBCUDA", OPTIMC_TEST_LIBCUDA, 0);

TEST(TrainerOptimizers, Choices) {
  OptimizerChoice choice;
  std::string error;
  ASSERT_TRUE(parseOptimizerChoice("adamw", choice, error));
  EXPECT_EQ(choice.spec, "adamw");
  EXPECT_TRUE(choice.overrides.empty());
  ASSERT_TRUE(
      parseOptimizerChoice("a:b/x.mlir:lr=1e-3,beta3=.9", choice, error));
  EXPECT_EQ(choice.spec, "a:b/x.mlir");
  ASSERT_EQ(choice.overrides.size(), 2u);
  EXPECT_EQ(choice.overrides[0].first, "lr");
  EXPECT_EQ(choice.overrides[0].second, 1e-3);
  EXPECT_EQ(choice.overrides[1].second, 0.9);
  ASSERT_TRUE(parseOptimizerChoice("a:b.mlir", choice, error));
  EXPECT_EQ(choice.spec, "a:b.mlir");
  ASSERT_TRUE(parseOptimizerChoice(
      "adamw:store.states=q8,lr=1,store.exp_avg=bf16", choice, error));
  EXPECT_EQ(choice.store, "states=q8,exp_avg=bf16");
  EXPECT_EQ(choice.overrides.size(), 1u);
  for (const char *bad : {"", ":lr=1", "adamw:lr=", "adamw:=1", "adamw:lr=1x",
                          "adamw:lr=1,,beta1=2", "adamw:lr=1,beta1"}) {
    EXPECT_FALSE(parseOptimizerChoice(bad, choice, error)) << bad;
    EXPECT_FALSE(error.empty());
  }
}

std::string practiceText() {
  std::string text;
  for (int i = 0; i < 2000; ++i)
    text += i % 3 ? "the cat sat on the mat. " : "a dog ran to the hill! ";
  return text;
}

/// The compiled kernels follow the paper's formulas, in double, closely.
void compareWithReference(const char *spec,
                          const ReferenceOptimizer::Settings &settings) {
  ModelShape shape{1, 16, 2, 16, 0};
  Corpus corpus;
  std::string error;
  ASSERT_TRUE(corpus.build(practiceText(), shape.context, error));
  shape.vocabulary = corpus.vocabulary();
  OptimizerChoice choice;
  ASSERT_TRUE(parseOptimizerChoice(spec, choice, error));
  RecipeContext context;
  context.steps = 40;
  auto compiled = CompiledOptimizer::create(choice, context, error);
  ASSERT_TRUE(compiled) << error;
  ThreadPool pool(1);
  Model a(shape, 8, 1, pool), b(shape, 8, 1, pool);
  auto optimizer = compiled->attach(a, pool, error);
  ASSERT_TRUE(optimizer) << error;
  ReferenceOptimizer reference(b, settings);
  std::vector<float> start(a.weights(),
                           a.weights() + weightElements(a.getArrays()));
  std::vector<uint8_t> in(8 * shape.context), out(in.size());
  uint64_t compilations = compileCount();
  for (int64_t step = 1; step <= 40; ++step) {
    // Both take the first one's gradient, scaled to be clipped now and then.
    corpus.trainingBatch(1, step, 8, in.data(), out.data());
    a.lossAndGradient(in.data(), out.data());
    std::copy(a.grads(), a.grads() + start.size(), b.grads());
    double scale = step % 3 ? 1 : 2.5, lr = 0.01 / double(step);
    ASSERT_TRUE(optimizer->setLearningRate(lr, error)) << error;
    ASSERT_TRUE(optimizer->step(scale, error)) << error;
    reference.setLearningRate(lr, error);
    reference.step(scale, error);
  }
  EXPECT_EQ(compileCount(), compilations) << "a new rate compiles nothing";
  double moved = 0, apart = 0;
  for (size_t i = 0; i < start.size(); ++i) {
    moved += std::pow(double(b.weights()[i]) - double(start[i]), 2);
    apart += std::pow(double(b.weights()[i]) - double(a.weights()[i]), 2);
  }
  EXPECT_GT(std::sqrt(moved), 0.1);
  EXPECT_LT(std::sqrt(apart), 1e-4 * std::sqrt(moved));
}

TEST(TrainerOptimizers, AdamWIsThePapers) { compareWithReference("adamw", {}); }
TEST(TrainerOptimizers, AdEMAMixIsThePapers) {
  ReferenceOptimizer::Settings settings;
  settings.alpha = 8;
  settings.warmup = 40;
  compareWithReference("ademamix", settings);
}
TEST(TrainerOptimizers, OverridesReachTheKernels) {
  ReferenceOptimizer::Settings settings;
  settings.alpha = 3;
  settings.beta3 = 0.99;
  settings.weightDecay = 0.5;
  compareWithReference("ademamix:alpha=3,beta3=0.99,weight_decay=0.5,"
                       "alpha_warmup=0,beta3_warmup=0",
                       settings);
}

class TrainerStudy : public ::testing::Test {
protected:
  void SetUp() override {
    folder = ::testing::TempDir() + "trainer-study-" +
             ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder);
    fs::create_directories(folder);
    options.text = folder + "/text";
    std::ofstream(options.text) << practiceText();
    options.seeds = {0, 4};
    options.loop.steps = 16;
    options.loop.points = 4;
  }
  void TearDown() override { fs::remove_all(folder); }

  StudyResult run(const StudyOptions &options) {
    StudyResult result;
    EXPECT_EQ(runStudy(options, result, error), StudyEnd::Done) << error;
    return result;
  }

  void expectEqual(const StudyResult &a, const StudyResult &b) {
    ASSERT_EQ(a.runs.size(), b.runs.size());
    for (size_t k = 0; k < a.runs.size(); ++k) {
      EXPECT_EQ(a.runs[k].optimizer, b.runs[k].optimizer);
      EXPECT_EQ(a.runs[k].seed, b.runs[k].seed);
      ASSERT_EQ(a.runs[k].state.curve.size(), b.runs[k].state.curve.size());
      for (size_t i = 0; i < a.runs[k].state.curve.size(); ++i) {
        const CurvePoint &p = a.runs[k].state.curve[i];
        const CurvePoint &q = b.runs[k].state.curve[i];
        EXPECT_EQ(p.step, q.step);
        EXPECT_EQ(p.train, q.train);
        EXPECT_EQ(p.validation, q.validation);
        EXPECT_EQ(p.gradientNorm, q.gradientNorm);
      }
    }
  }

  /// Weights, states and clocks, in the files of two folders.
  void expectSameCheckpoints(const std::string &a, const std::string &b) {
    int count = 0;
    for (const auto &entry : fs::directory_iterator(folder + a)) {
      std::string name = entry.path().filename().string();
      EXPECT_TRUE(read(entry.path()) == read(folder + b + "/" + name)) << name;
      ++count;
    }
    EXPECT_GT(count, 0);
  }

  std::string read(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    EXPECT_FALSE(content.str().empty()) << path;
    return content.str();
  }

  std::string folder, error;
  StudyOptions options;
};

TEST_F(TrainerStudy, ThreadsDoNotChangeOneBit) {
  options.threads = 1;
  StudyResult one = run(options);
  ASSERT_TRUE(one.complete());
  ASSERT_EQ(one.runs.size(), 4u);
  EXPECT_EQ(one.compilations, 2u) << "once per spec, not per run";
  // Per seed all start from the same weights: the first steps, warm-up, hardly
  // differ between optimizers, and much between seeds.
  EXPECT_NE(one.runs[0].finalLoss(), one.runs[1].finalLoss());
  EXPECT_LT(one.runs[0].finalLoss(), one.runs[0].state.curve[0].validation);
  for (int threads : {2, 9}) {
    options.threads = threads;
    expectEqual(run(options), one);
  }
}

TEST_F(TrainerStudy, PausedAndResumedIsBitIdentical) {
  options.checkpoint = folder + "/whole";
  StudyResult whole = run(options);
  options.checkpoint = folder + "/parts";
  options.loop.stopAfter = 7; // between two points of the curve
  StudyResult part = run(options);
  EXPECT_FALSE(part.complete());
  EXPECT_EQ(part.runs[0].state.step, 7);
  options.resume = true;
  options.loop.stopAfter = 0;
  expectEqual(run(options), whole);
  expectSameCheckpoints("/whole", "/parts");
  // What has finished is not trained again.
  StudyResult again = run(options);
  expectEqual(again, whole);
  EXPECT_TRUE(again.complete());

  options.loop.steps = 17;
  StudyResult other;
  EXPECT_EQ(runStudy(options, other, error), StudyEnd::Failed);
  EXPECT_NE(error.find("repeat the options"), std::string::npos) << error;
}

TEST_F(TrainerStudy, DevicesDoNotChangeOneBit) {
  ASSERT_EQ(simulate, 0);
  ASSERT_EQ(options.optimizers,
            (std::vector<std::string>{"adamw", "ademamix"}));
  options.seeds = {0};
  options.loop.steps = 20;
  options.threads = 2;
  options.checkpoint = folder + "/cpu";
  StudyResult cpu = run(options);
  ASSERT_TRUE(cpu.complete());
  options.device = Device::Cuda;
  options.checkpoint = folder + "/cuda";
  expectEqual(run(options), cpu);
  expectSameCheckpoints("/cpu", "/cuda");

  // A run that was paused on the one goes on with the other.
  for (Device first : {Device::Cpu, Device::Cuda}) {
    std::string name = first == Device::Cpu ? "/there" : "/back";
    options.checkpoint = folder + name;
    options.loop.stopAfter = 17;
    options.resume = false;
    options.device = first;
    run(options);
    options.loop.stopAfter = 0;
    options.resume = true;
    options.device = first == Device::Cpu ? Device::Cuda : Device::Cpu;
    expectEqual(run(options), cpu);
    expectSameCheckpoints("/cpu", name);
  }
}

TEST_F(TrainerStudy, InterruptionSavesTheRuns) {
  options.threads = 1;
  StudyResult whole = run(options);
  int questions = 0;
  options.checkpoint = folder + "/saved";
  options.interrupted = [&] { return ++questions > 20; };
  EXPECT_FALSE(run(options).complete());
  options.interrupted = nullptr;
  options.resume = true;
  expectEqual(run(options), whole);
}

TEST_F(TrainerStudy, LogIsJsonLines) {
  options.log = folder + "/log";
  StudyResult result = run(options);
  std::ifstream in(options.log);
  std::map<std::string, int> events;
  double last = 0;
  for (std::string line; std::getline(in, line);) {
    auto entry = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(entry.is_object()) << line;
    ++events[entry["event"]];
    if (entry["event"] == "run" && entry["optimizer"] == "ademamix" &&
        entry["seed"] == 4)
      last = entry["validation"];
  }
  EXPECT_EQ(events["start"], 1);
  EXPECT_EQ(events["point"], 4 * 4);
  EXPECT_EQ(events["run"], 4);
  EXPECT_EQ(events["finish"], 1);
  EXPECT_EQ(last, result.runs[3].finalLoss());
}

TEST_F(TrainerStudy, LabelsTellVariantsApart) {
  options.optimizers = {"adamw", "adamw:lr=0.002"};
  options.seeds = {0};
  options.loop.steps = 2;
  StudyResult result = run(options);
  EXPECT_EQ(result.optimizers[0].label, "adamw");
  EXPECT_EQ(result.optimizers[1].label, "adamw:lr=0.002");
  EXPECT_EQ(result.optimizers[1].peakLearningRate, 0.002);
  options.lr = 0.003; // does not replace what was asked for by name
  result = run(options);
  EXPECT_EQ(result.optimizers[0].peakLearningRate, 0.003);
  EXPECT_EQ(result.optimizers[1].peakLearningRate, 0.002);
}

TEST_F(TrainerStudy, FilesAreSpecsToo) {
  options.optimizers = {"adamw", OPTIMC_SPEC_DIR "/adamw.mlir"};
  options.seeds = {0};
  StudyResult result = run(options);
  ASSERT_EQ(result.optimizers.size(), 2u);
  EXPECT_EQ(result.optimizers[0].label, "adamw");
  EXPECT_EQ(result.optimizers[1].label, options.optimizers[1]);
  EXPECT_EQ(result.runs[0].finalLoss(), result.runs[1].finalLoss());
}

TEST_F(TrainerStudy, UserErrors) {
  auto expectError = [&](const StudyOptions &options, const char *part) {
    StudyResult result;
    error.clear();
    EXPECT_EQ(runStudy(options, result, error), StudyEnd::UserError);
    EXPECT_NE(error.find(part), std::string::npos) << error;
  };
  StudyOptions o = options;
  o.size = "XL";
  expectError(o, "'XL'");
  o = options;
  o.text = folder + "/absent";
  expectError(o, "No such file");
  o = options;
  std::ofstream(folder + "/short") << "too short";
  o.text = folder + "/short";
  expectError(o, "at least");
  o = options;
  o.optimizers = {"no_such_rule"};
  expectError(o, "no_such_rule");
  o.optimizers = {"adamw", "adamw"};
  expectError(o, "given twice");
  o.optimizers = {"adamw:beta_1=0.9"};
  expectError(o, "no hyperparameter 'beta_1'");
  o.optimizers = {"adamw:beta1=2"};
  expectError(o, "beta1");
  o.optimizers = {"adamw:lr=nan"};
  expectError(o, "lr");
  o = options;
  o.checkpoint = folder + "/empty";
  o.resume = true;
  expectError(o, "no checkpoint");
  o.checkpoint = options.text;
  expectError(o, "folder");
  o = options;
  o.log = folder + "/absent/log";
  expectError(o, "No such file");
}

} // namespace
