//===- StudyLog.cpp - a study as JSON lines ---------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "StudyLog.h"
#include "Study.h"

#include <cerrno>
#include <cstring>

#include <nlohmann/json.hpp>

namespace optimc::trainer {

using nlohmann::json;

static std::string dump(const json &value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool StudyLog::open(const std::string &path, bool append, std::string &error) {
  file.reset(std::fopen(path.c_str(), append ? "a" : "w"));
  if (!file)
    error = "cannot write the log '" + path + "': " + std::strerror(errno);
  return file != nullptr;
}

void StudyLog::write(const std::string &line) {
  std::lock_guard<std::mutex> lock(mutex);
  std::fprintf(file.get(), "%s\n", line.c_str());
  std::fflush(file.get());
}

void StudyLog::start(const StudyResult &study) {
  if (!file)
    return;
  json entry = {
      {"event", "start"},
      {"size", study.options.size},
      {"parameters", study.parameters},
      {"vocabulary", study.vocabulary},
      {"text", study.textPath},
      {"text_bytes", study.textBytes},
      {"steps", study.options.loop.steps},
      {"seeds", study.options.seeds},
      {"clip", study.options.loop.clip},
      {"isa", study.instructionSet},
      {"device", study.options.device == Device::Cuda ? "cuda" : "cpu"}};
  for (const OptimizerInfo &info : study.optimizers)
    entry["optimizers"].push_back({{"label", info.label},
                                   {"lr", info.peakLearningRate},
                                   {"settings", info.settings}});
  write(dump(entry));
}

void StudyLog::point(const std::string &optimizer, uint64_t seed,
                     const CurvePoint &point) {
  if (file)
    write(dump({{"event", "point"},
                {"optimizer", optimizer},
                {"seed", seed},
                {"step", point.step},
                {"train", point.train},
                {"validation", point.validation},
                {"lr", point.learningRate},
                {"grad_norm", point.gradientNorm}}));
}

void StudyLog::run(const std::string &optimizer, const RunResult &run) {
  if (!file)
    return;
  json entry = {{"event", "run"},
                {"optimizer", optimizer},
                {"seed", run.seed},
                {"steps", run.state.step},
                {"seconds", run.seconds}};
  entry["end"] = run.finished()                 ? "finished"
                 : run.end == LoopEnd::Diverged ? "diverged"
                                                : "paused";
  if (run.finished())
    entry["validation"] = run.finalLoss();
  write(dump(entry));
}

void StudyLog::finish(const StudyResult &study) {
  if (file)
    write(dump({{"event", "finish"},
                {"complete", study.complete()},
                {"seconds", study.seconds},
                {"compilations", study.compilations}}));
}

} // namespace optimc::trainer
