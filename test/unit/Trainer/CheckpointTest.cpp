//===- CheckpointTest.cpp - a run's files -----------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Checkpoint.h"
#include "Loop.h"
#include "Optimizers.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace optimc::trainer;
namespace fs = std::filesystem;

namespace {

/// Saves one number.
class FakeOptimizer : public Optimizer {
public:
  bool setLearningRate(double, std::string &) override { return true; }
  bool step(double, std::string &) override { return true; }
  bool save(const std::string &path, std::string &error) const override {
    return writeFileAtomically(path, std::to_string(value), error);
  }
  bool load(const std::string &path, std::string &error) override {
    std::ifstream file(path);
    if (!(file >> value)) {
      error = "cannot read '" + path + "'";
      return false;
    }
    return true;
  }
  int value = 0;
};

class TrainerCheckpoint : public ::testing::Test {
protected:
  void SetUp() override {
    folder = ::testing::TempDir() + "trainer-checkpoint-" +
             ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder);
    ASSERT_TRUE(prepareFolder(folder, error)) << error;
  }
  void TearDown() override { fs::remove_all(folder); }

  std::string read(const std::string &name) {
    std::ifstream in(folder + "/" + name, std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    return content.str();
  }

  std::string folder, error;
  Fingerprint fingerprint{{"steps", "40"}, {"seed", "7"}};
};

TEST_F(TrainerCheckpoint, RoundTripIsExact) {
  CheckpointFiles files(folder, "0-adamw-seed7");
  FakeOptimizer optimizer;
  LoopState state;
  EXPECT_FALSE(files.exist());
  EXPECT_EQ(files.load(fingerprint, 40, state, optimizer, error),
            CheckpointFiles::Found::No);

  optimizer.value = 5;
  state.step = 20;
  state.trainSum = 0.1 + 0.2;
  state.trainCount = 3;
  state.curve = {{2, 1.0 / 3, 2.0 / 3, 1e-300, 5e-324}, {20, 4, 5, 6, 7}};
  ASSERT_TRUE(files.save(fingerprint, state, optimizer, error)) << error;

  FakeOptimizer other;
  LoopState loaded;
  ASSERT_EQ(files.load(fingerprint, 40, loaded, other, error),
            CheckpointFiles::Found::Yes)
      << error;
  EXPECT_EQ(other.value, 5);
  EXPECT_EQ(loaded.step, 20);
  EXPECT_EQ(loaded.trainSum, state.trainSum);
  EXPECT_EQ(loaded.trainCount, 3);
  ASSERT_EQ(loaded.curve.size(), 2u);
  EXPECT_EQ(loaded.curve[0].train, 1.0 / 3);
  EXPECT_EQ(loaded.curve[0].learningRate, 1e-300);
  EXPECT_EQ(loaded.curve[0].gradientNorm, 5e-324);
}

TEST_F(TrainerCheckpoint, OnlyTheNewestTensorsAreKept) {
  CheckpointFiles files(folder, "run"), other(folder, "run2");
  FakeOptimizer optimizer;
  LoopState state;
  for (int64_t step : {3, 6, 9}) {
    state.step = step;
    ASSERT_TRUE(files.save(fingerprint, state, optimizer, error)) << error;
    ASSERT_TRUE(other.save(fingerprint, state, optimizer, error)) << error;
  }
  size_t count = 0;
  for (const auto &entry : fs::directory_iterator(folder)) {
    ++count;
    std::string name = entry.path().filename();
    EXPECT_TRUE(name == "run.json" || name == "run-step9.safetensors" ||
                name == "run2.json" || name == "run2-step9.safetensors")
        << name;
  }
  EXPECT_EQ(count, 4u);
}

TEST_F(TrainerCheckpoint, AnotherRunIsRefused) {
  CheckpointFiles files(folder, "run");
  FakeOptimizer optimizer;
  LoopState state;
  ASSERT_TRUE(files.save(fingerprint, state, optimizer, error));
  Fingerprint changed = fingerprint;
  changed[0].second = "50";
  EXPECT_EQ(files.load(changed, 50, state, optimizer, error),
            CheckpointFiles::Found::Error);
  EXPECT_NE(error.find("another steps (40; now 50)"), std::string::npos)
      << error;
}

TEST_F(TrainerCheckpoint, DamagedFilesChangeNothing) {
  CheckpointFiles files(folder, "run");
  FakeOptimizer optimizer;
  LoopState state;
  state.step = 20;
  state.curve = {{20, 1, 2, 3, 4}};
  ASSERT_TRUE(files.save(fingerprint, state, optimizer, error));
  const std::string good = read("run.json");
  auto replaced = [&](const std::string &from, const std::string &to) {
    std::string text = good;
    size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  const std::string bad[] = {
      "",
      "[]",
      "null",
      "{\"format\": 1}",
      "{\"format\": 1, \"run\": 3}",
      good.substr(0, good.size() / 2),
      std::string(100000, '['),
      replaced("\"format\": 1", "\"format\": 2"),
      replaced("\"step\": 20", "\"step\": -1"),
      replaced("\"step\": 20", "\"step\": 41"),
      replaced("\"step\": 20", "\"step\": 40"), // finished without a result
      replaced("\"step\": 20", "\"step\": 18446744073709551615"),
      replaced("\"step\": 20", "\"step\": 20.5"),
      replaced("\"step\": 20", "\"step\": \"20\""),
      replaced("\"step\": 20", "\"step\": 19"), // no tensors; curve is longer
      replaced("\"train_sum\": 0.0", "\"train_sum\": 1e999"),
      replaced("\"train_count\": 0", "\"train_count\": 99"),
      replaced("\"curve\"", "\"curves\""),
      replaced("\"seed\": \"7\"", "\"seed\": 7"),
  };
  for (const std::string &content : bad) {
    std::ofstream(folder + "/run.json", std::ios::binary) << content;
    LoopState loaded;
    loaded.step = 1;
    optimizer.value = 77;
    EXPECT_EQ(files.load(fingerprint, 40, loaded, optimizer, error),
              CheckpointFiles::Found::Error)
        << content.substr(0, 300);
    EXPECT_EQ(loaded.step, 1);
    EXPECT_EQ(optimizer.value, 77);
    EXPECT_NE(error.find("cannot resume from"), std::string::npos) << error;
  }
  std::ofstream(folder + "/run.json", std::ios::binary) << good;
  fs::remove(folder + "/run-step20.safetensors");
  EXPECT_EQ(files.load(fingerprint, 40, state, optimizer, error),
            CheckpointFiles::Found::Error);
}

TEST_F(TrainerCheckpoint, FilesAreWholeOrUntouched) {
  std::string path = folder + "/file";
  ASSERT_TRUE(writeFileAtomically(path, "old", error));
  ASSERT_TRUE(writeFileAtomically(path, "new", error));
  EXPECT_EQ(read("file"), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1)
      << "no temporary file is left";
  EXPECT_FALSE(writeFileAtomically(folder + "/absent/file", "x", error));
  EXPECT_NE(error.find("No such file"), std::string::npos) << error;
  EXPECT_FALSE(prepareFolder(path, error)) << "it is a file";
}

} // namespace
