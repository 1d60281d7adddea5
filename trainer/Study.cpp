//===- Study.cpp - several optimizers, several seeds ------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Study.h"
#include "Checkpoint.h"
#include "Data.h"
#include "Format.h"
#include "Model.h"
#include "StudyLog.h"
#include "ThreadPool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>

namespace optimc::trainer {

using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool StudyResult::complete() const {
  return std::all_of(runs.begin(), runs.end(), [](const RunResult &run) {
    return run.finished() || run.end == LoopEnd::Diverged;
  });
}

std::vector<double> StudyResult::finals(size_t optimizer) const {
  std::vector<double> values;
  for (const RunResult &run : runs) {
    if (run.optimizer != optimizer)
      continue;
    if (!run.finished())
      return {};
    values.push_back(run.finalLoss());
  }
  return values;
}

namespace {

class Study {
public:
  Study(const StudyOptions &options, StudyResult &result)
      : options(options), result(result) {}

  StudyEnd prepare(std::string &error);
  StudyEnd run(std::string &error);

private:
  bool compile(std::string &error);
  void work(int threads);
  bool runOne(RunResult &run, ThreadPool &pool, std::string &error);
  CheckpointFiles filesOf(const RunResult &run) const;
  Fingerprint fingerprintOf(const RunResult &run) const;

  const StudyOptions &options;
  StudyResult &result;
  const ModelSize *size = nullptr;
  ModelShape shape{};
  Corpus corpus;
  std::vector<std::unique_ptr<CompiledOptimizer>> compiled;
  StudyLog log;
  std::unique_ptr<Progress> progress;
  std::atomic<size_t> nextRun{0};
  std::atomic<bool> failed{false};
  std::mutex errorMutex;
  std::string firstError;
};

StudyEnd Study::prepare(std::string &error) {
  result.options = options;
  size = findModelSize(options.size);
  if (!size) {
    error = "there is no model size '" + options.size + "'; use S, M or L";
    return StudyEnd::UserError;
  }
  result.textPath = options.text.empty() ? findDefaultText() : options.text;
  if (result.textPath.empty()) {
    error = "the King James text is neither beside the sources nor installed; "
            "name a text with --text FILE";
    return StudyEnd::UserError;
  }
  std::string text;
  if (!readText(result.textPath, text, error) ||
      !corpus.build(text, size->shape.context, error))
    return StudyEnd::UserError;
  shape = size->shape;
  shape.vocabulary = corpus.vocabulary();
  result.textBytes = corpus.size();
  result.vocabulary = shape.vocabulary;
  result.batch = size->batch;
  result.context = shape.context;
  for (const WeightArray &array : layoutWeights(shape))
    result.parameters += array.size();
  result.instructionSet = availableKernels().front()->isa;
  if (!compile(error))
    return StudyEnd::UserError;
  for (uint64_t seed : options.seeds)
    for (size_t k = 0; k < compiled.size(); ++k) {
      RunResult run;
      run.optimizer = k;
      run.seed = seed;
      result.runs.push_back(run);
    }
  if (!options.checkpoint.empty() && !prepareFolder(options.checkpoint, error))
    return StudyEnd::UserError;
  if (options.resume && std::none_of(result.runs.begin(), result.runs.end(),
                                     [&](const RunResult &run) {
                                       return filesOf(run).exist();
                                     })) {
    error =
        "there is no checkpoint of this study in '" + options.checkpoint + "'";
    return StudyEnd::UserError;
  }
  if (!options.log.empty() && !log.open(options.log, options.resume, error))
    return StudyEnd::UserError;
  return StudyEnd::Done;
}

bool Study::compile(std::string &error) {
  Clock::time_point start = Clock::now();
  uint64_t before = compileCount();
  std::vector<OptimizerChoice> choices(options.optimizers.size());
  std::multiset<std::string> names;
  for (size_t k = 0; k < choices.size(); ++k) {
    RecipeContext context;
    context.steps = options.loop.steps;
    context.clip = options.loop.clip > 0;
    context.lr = options.lr ? &*options.lr : nullptr;
    context.device = options.device;
    if (!parseOptimizerChoice(options.optimizers[k], choices[k], error))
      return false;
    compiled.push_back(CompiledOptimizer::create(choices[k], context, error));
    if (!compiled.back())
      return false;
    names.insert(compiled.back()->name());
    // Settings out of range are found now, not in the middle of the study.
    ThreadPool pool(1);
    ModelShape tiny{1, 4, 1, 1, 1};
    Model model(tiny, Model::shardCount, 0, pool);
    if (!compiled.back()->attach(model, pool, error)) {
      error = "optimizer '" + options.optimizers[k] + "': " + error;
      return false;
    }
  }
  std::set<std::string> labels;
  for (size_t k = 0; k < choices.size(); ++k) {
    const CompiledOptimizer &c = *compiled[k];
    std::string label = c.name();
    if (names.count(label) > 1)
      label = options.optimizers[k];
    if (!labels.insert(label).second) {
      error = "optimizer '" + label + "' is given twice";
      return false;
    }
    result.optimizers.push_back({label, c.name(), c.describe(),
                                 c.peakLearningRate(), c.hyper("beta3", -1)});
  }
  result.compilations = compileCount() - before;
  result.compileSeconds = secondsSince(start);
  return true;
}

CheckpointFiles Study::filesOf(const RunResult &run) const {
  // The index keeps names apart that differ in odd characters only.
  std::string name = std::to_string(run.optimizer) + "-";
  for (char c : result.optimizers[run.optimizer].name)
    name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return {options.checkpoint, name + "-seed" + std::to_string(run.seed)};
}

Fingerprint Study::fingerprintOf(const RunResult &run) const {
  const CompiledOptimizer &optimizer = *compiled[run.optimizer];
  return {{"optimizer", optimizer.name()},
          {"spec", optimizer.specHash()},
          {"settings", optimizer.describe()},
          {"size", options.size},
          {"steps", std::to_string(options.loop.steps)},
          {"clip", format("%.17g", options.loop.clip)},
          {"seed", std::to_string(run.seed)},
          {"text",
           format("%016llx", static_cast<unsigned long long>(corpus.hash()))}};
}

bool Study::runOne(RunResult &run, ThreadPool &pool, std::string &error) {
  const OptimizerInfo &info = result.optimizers[run.optimizer];
  Clock::time_point start = Clock::now();
  Model model(shape, size->batch, run.seed, pool);
  std::unique_ptr<Optimizer> optimizer =
      compiled[run.optimizer]->attach(model, pool, error);
  if (!optimizer)
    return false;
  LoopOptions loop = options.loop;
  loop.peakLearningRate = info.peakLearningRate;
  loop.seed = run.seed;
  CheckpointFiles files = filesOf(run);
  Fingerprint fingerprint = fingerprintOf(run);
  if (options.resume &&
      files.load(fingerprint, loop.steps, run.state, *optimizer, error) ==
          CheckpointFiles::Found::Error)
    return false;
  progress->skip(run.state.step);
  std::string who = info.label + " seed " + std::to_string(run.seed);
  LoopObserver observer;
  observer.step = [&] { progress->advance(); };
  observer.point = [&](const CurvePoint &point) {
    progress->setNote(who + ": " + format("%.4f", point.validation));
    log.point(info.label, run.seed, point);
  };
  if (!options.checkpoint.empty())
    observer.checkpoint = [&](const LoopState &state, std::string &error) {
      return files.save(fingerprint, state, *optimizer, error);
    };
  observer.interrupted = [&] {
    return failed || (options.interrupted && options.interrupted());
  };
  run.end =
      runLoop(model, *optimizer, corpus, loop, observer, run.state, error);
  run.seconds = secondsSince(start);
  if (run.end == LoopEnd::Failed)
    return false;
  log.run(info.label, run);
  switch (run.end) {
  case LoopEnd::Finished:
    progress->line(who +
                   format(": %.4f nats/byte after %lld steps, ",
                          run.finalLoss(),
                          static_cast<long long>(run.state.step)) +
                   formatDuration(run.seconds));
    break;
  case LoopEnd::Diverged:
    progress->line(who + format(": diverged after %lld steps",
                                static_cast<long long>(run.state.step)));
    break;
  default:
    progress->line(who + format(": paused after %lld steps",
                                static_cast<long long>(run.state.step)));
  }
  return true;
}

void Study::work(int threads) {
  ThreadPool pool(threads);
  while (!failed) {
    size_t k = nextRun++;
    if (k >= result.runs.size() ||
        (options.interrupted && options.interrupted()))
      return;
    std::string error;
    if (!runOne(result.runs[k], pool, error)) {
      std::lock_guard<std::mutex> lock(errorMutex);
      if (!failed.exchange(true))
        firstError =
            result.optimizers[result.runs[k].optimizer].label + ": " + error;
    }
  }
}

StudyEnd Study::run(std::string &error) {
  Clock::time_point start = Clock::now();
  log.start(result);
  progress = std::make_unique<Progress>(
      stderr, options.progress,
      options.loop.steps * static_cast<int64_t>(result.runs.size()));
  // Whole runs in parallel need no synchronisation; threads that are left over
  // share the shards of one run.
  int workers = std::min(options.threads, static_cast<int>(result.runs.size()));
  int inner = std::max(1, options.threads / std::max(1, workers));
  std::vector<std::thread> threads;
  for (int k = 1; k < workers; ++k)
    threads.emplace_back([this, inner] { work(inner); });
  work(inner);
  for (std::thread &thread : threads)
    thread.join();
  progress.reset();
  result.seconds = secondsSince(start);
  log.finish(result);
  if (failed) {
    error = firstError;
    return StudyEnd::Failed;
  }
  return StudyEnd::Done;
}

} // namespace

StudyEnd runStudy(const StudyOptions &options, StudyResult &result,
                  std::string &error) {
  Study study(options, result);
  StudyEnd end = study.prepare(error);
  return end == StudyEnd::Done ? study.run(error) : end;
}

} // namespace optimc::trainer
