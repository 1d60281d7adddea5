//===- Study.h - several optimizers, several seeds --------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_STUDY_H
#define OPTIMC_TRAINER_STUDY_H

#include "Loop.h"
#include "Optimizers.h"
#include "Progress.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace optimc::trainer {

struct StudyOptions {
  std::string size = "S";
  std::vector<std::string> optimizers = {"adamw", "ademamix"};
  std::vector<uint64_t> seeds = {0, 1, 2};
  std::optional<double> lr; // in place of the recipes'
  std::string text;         // path; empty: the King James text
  int threads = 1;
  Device device = Device::Cpu; // of the optimizers
  LoopOptions loop;            // its rate and seed are those of each run
  double target = 1.70;
  std::string log;        // JSON lines; empty: none
  std::string checkpoint; // folder; empty: none
  bool resume = false;
  Progress::Style progress = Progress::Style::Silent;
  std::function<bool()> interrupted; // asks all runs to pause
};

struct OptimizerInfo {
  std::string label;    // unique in the study
  std::string name;     // the program's
  std::string settings; // what differs from the spec's defaults
  double peakLearningRate;
  double beta3; // of the slow average; negative if there is none
};

struct RunResult {
  size_t optimizer = 0; // index
  uint64_t seed = 0;
  LoopEnd end = LoopEnd::Paused;
  LoopState state;
  double seconds = 0;
  bool finished() const { return end == LoopEnd::Finished; }
  double finalLoss() const { return state.curve.back().validation; }
};

struct StudyResult {
  StudyOptions options;
  std::string textPath, instructionSet;
  int64_t textBytes = 0, vocabulary = 0, parameters = 0, batch = 0, context = 0;
  std::vector<OptimizerInfo> optimizers;
  std::vector<RunResult> runs; // [seed][optimizer]
  uint64_t compilations = 0;
  double compileSeconds = 0, seconds = 0;

  bool complete() const; // every run has finished or diverged
  /// The final losses of an optimizer by seed; empty if a run did not finish.
  std::vector<double> finals(size_t optimizer) const;
};

/// Who is to blame when a study fails.
enum class StudyEnd { Done, UserError, Failed };

/// Trains every optimizer from the same weights on the same batches, seed by
/// seed. The results do not depend on the number of threads.
StudyEnd runStudy(const StudyOptions &options, StudyResult &result,
                  std::string &error);

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_STUDY_H
