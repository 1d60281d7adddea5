//===- main.cpp - optim-train -----------------------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Checkpoint.h"
#include "Report.h"
#include "Study.h"
#include "Table.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <set>
#include <thread>

using namespace optimc::trainer;

static volatile std::sig_atomic_t interruptions = 0;

extern "C" void onInterrupt(int signal) {
  interruptions = interruptions + 1;
  // The second time at once, without a checkpoint.
  std::signal(signal, SIG_DFL);
}

namespace {

struct Options {
  StudyOptions study;
  std::string report;
  bool quiet = false;
};

/// Counts whose products with small numbers cannot overflow.
CLI::Validator atLeastOne() {
  CLI::Range range(int64_t(1), int64_t(1) << 40);
  return range.description(">= 1");
}

void declare(CLI::App &app, Options &options) {
  StudyOptions &study = options.study;
  app.set_version_flag("--version", "optim-train " OPTIMC_VERSION);
  app.add_option(
         "--optimizer", study.optimizers,
         "NAME or FILE.mlir, compiled at the start; settings may "
         "follow: ademamix:lr=0.002,alpha=4,store.states=q8. Repeat it; "
         "the first one "
         "is what the others are compared with")
      ->type_name("SPEC")
      ->take_all()
      ->default_str("adamw ademamix");
  app.add_option("--steps", study.loop.steps, "Steps of a run")
      ->check(atLeastOne())
      ->capture_default_str();
  app.add_option("--size", study.size,
                 "S (108k parameters), M (0.81M) or L (3.2M)")
      ->check(CLI::IsMember({"S", "M", "L"}))
      ->capture_default_str();
  app.add_option("--seeds", study.seeds, "One run per seed and optimizer")
      ->delimiter(',')
      ->check(CLI::NonNegativeNumber)
      ->type_name("N,...")
      ->default_str("0,1,2");
  app.add_option_function<double>(
         "--lr", [&study](double lr) { study.lr = lr; },
         "Peak learning rate of all optimizers without an lr= of their own")
      ->check(CLI::PositiveNumber)
      ->default_str("tuned: adamw 0.008, ademamix 0.004");
  app.add_option("--clip", study.loop.clip,
                 "Largest gradient norm; 0: no clipping")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--threads", study.threads, "Results do not depend on it")
      ->check(CLI::Range(1, 1024).description("1 to 1024"))
      ->default_str("all");
  app.add_option_function<std::string>(
         "--device",
         [&study](const std::string &name) {
           study.device = name == "cuda" ? Device::Cuda : Device::Cpu;
         },
         "Where optimizers run; results do not depend on it. The network runs "
         "on the CPU")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->default_str("cpu");
  app.add_option("--text", study.text,
                 "Training text, plain or .xz; the last tenth is held out")
      ->type_name("FILE")
      ->default_str("the King James Bible");
  app.add_option("--target", study.target,
                 "Loss that the last line is about, nats/byte")
      ->capture_default_str();
  app.add_option("--report", options.report, "Writes a page with the curves")
      ->type_name("FILE.html");
  app.add_option("--log", study.log, "Writes one JSON object per event")
      ->type_name("FILE.jsonl");
  CLI::Option *checkpoint =
      app.add_option("--checkpoint", study.checkpoint,
                     "Saves the runs here, also when interrupted (Ctrl-C)")
          ->type_name("FOLDER");
  app.add_option_function<std::string>(
         "--resume",
         [&study](const std::string &folder) {
           study.checkpoint = folder;
           study.resume = true;
         },
         "Continues the runs saved in this folder, with the same options")
      ->type_name("FOLDER")
      ->excludes(checkpoint);
  app.add_option("--checkpoint-every", study.loop.checkpointEvery,
                 "Steps between checkpoints")
      ->check(atLeastOne())
      ->default_str("500");
  app.add_option("--stop-after", study.loop.stopAfter,
                 "Pauses every run after this step, with a checkpoint")
      ->check(atLeastOne());
  app.add_flag("--quiet", options.quiet, "No progress, only the table");
}

/// What CLI11 cannot check; an empty string if all is well.
std::string findMistake(const StudyOptions &study) {
  std::set<uint64_t> seeds(study.seeds.begin(), study.seeds.end());
  if (seeds.size() != study.seeds.size())
    return "--seeds: a seed is given twice; the seeds must differ";
  if (!std::isfinite(study.loop.clip))
    return "--clip: the norm must be a finite number; 0 means no clipping";
  if (study.loop.stopAfter > 0 && study.checkpoint.empty())
    return "--stop-after needs --checkpoint FOLDER to keep the runs in";
  return {};
}

void print(const StudyResult &study) {
  std::printf("Final validation loss in nats/byte, %s model, %lld steps\n\n",
              study.options.size.c_str(),
              static_cast<long long>(study.options.loop.steps));
  std::printf("%s\n", formatTable(tableOf(study)).c_str());
  for (const std::string &sentence : conclusionsOf(study))
    std::printf("%s\n", sentence.c_str());
  std::printf("%s\n", targetSentence(study).c_str());
}

int train(Options &options) {
  StudyOptions &study = options.study;
  if (!options.quiet)
    study.progress = Progress::styleFor(stderr);
  if (!study.checkpoint.empty()) {
    if (study.loop.checkpointEvery == 0)
      study.loop.checkpointEvery = 500;
    std::signal(SIGINT, onInterrupt);
    std::signal(SIGTERM, onInterrupt);
    study.interrupted = [] { return interruptions != 0; };
  }
  StudyResult result;
  std::string error;
  StudyEnd end = runStudy(study, result, error);
  if (end != StudyEnd::Done) {
    std::fprintf(stderr, "optim-train: error: %s\n", error.c_str());
    return end == StudyEnd::UserError ? 2 : 1;
  }
  if (result.complete())
    print(result);
  else
    std::printf("Paused. Continue with the same options and --resume %s.\n",
                study.checkpoint.c_str());
  if (!options.report.empty() &&
      !writeFileAtomically(options.report, reportOf(result), error)) {
    std::fprintf(stderr, "optim-train: error: %s\n", error.c_str());
    return 1;
  }
  return interruptions ? 130 : 0;
}

} // namespace

int main(int argc, char **argv) {
  Options options;
  options.study.threads =
      std::clamp(int(std::thread::hardware_concurrency()), 1, 1024);
  CLI::App app("Trains a small GPT on text with compiled optimizers, the same "
               "runs for each, and compares them.",
               "optim-train");
  try {
    declare(app, options);
    app.parse(argc, argv);
  } catch (const CLI::Success &success) { // --help, --version
    return app.exit(success);
  } catch (const CLI::Error &error) {
    std::fprintf(stderr,
                 "optim-train: error: %s\nRun optim-train --help for the "
                 "options.\n",
                 error.what());
    return 2;
  }
  std::string mistake = findMistake(options.study);
  if (!mistake.empty()) {
    std::fprintf(stderr, "optim-train: error: %s\n", mistake.c_str());
    return 2;
  }
  try {
    return train(options);
  } catch (const std::bad_alloc &) {
    std::fprintf(stderr, "optim-train: error: out of memory\n");
    return 1;
  }
}
