//===- optim_bench.cpp - compiled steps against what bounds them ----------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Google Benchmark times everything in one process and on the same threads, the
// contenders of a group in random order: ratios mean something here, absolute
// times do not.
//
//===----------------------------------------------------------------------===//

#include "CompiledStep.h"
#include "Contenders.h"
#include "HandLoops.h"
#include "Report.h"
#include <CLI/CLI.hpp>
#include <iostream>
#include <sstream>
#include <thread>

using namespace optimc::bench;

std::string optimc::bench::sizeName(int64_t elements) {
  if (elements % (1 << 20) == 0)
    return std::to_string(elements >> 20) + "Mi";
  if (elements % (1 << 10) == 0)
    return std::to_string(elements >> 10) + "Ki";
  return std::to_string(elements);
}

static std::vector<Group> makeGroups(const Sizes &sizes) {
  std::vector<Group> groups;
  if (hasAvx512()) {
    groups.push_back(makeStepGroup("adamw", sizes));
    groups.push_back(makeStepGroup("ademamix", sizes));
  }
  for (const char *spec : {"adamw", "ademamix"}) {
    groups.push_back(makeListGroup(spec, 1000, 1024, 1.5, sizes));
    groups.push_back(makeListGroup(spec, 10000, 64, 2, sizes));
  }
  groups.push_back(makeStorageGroup(sizes));
  if (hasAvx512()) {
    groups.push_back(makeReduceGroup(sizes.large / 4, sizes));
    groups.push_back(makeReduceGroup(sizes.large, sizes));
    groups.push_back(makeFusedGroup(sizes));
  }
  return groups;
}

static void measure(const Contender &contender, Step &step,
                    benchmark::State &state) {
  if (!step) {
    step = contender.prepare();
    step(); // page tables, schedules
  }
  for (auto _ : state)
    step();
  state.SetItemsProcessed(state.iterations() * contender.elements);
  state.SetBytesProcessed(int64_t(
      double(state.iterations() * contender.elements) * contender.bytes));
}

/// Runs what the filter leaves of a group, and frees its data.
static size_t run(const Group &group, Report &report) {
  std::vector<Step> steps(group.contenders.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    const Contender &contender = group.contenders[i];
    benchmark::RegisterBenchmark(
        contender.name.c_str(),
        [&contender, &step = steps[i]](benchmark::State &state) {
          measure(contender, step, state);
        })
        ->MeasureProcessCPUTime()
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond)
        ->ComputeStatistics("p10", lowTime)
        ->ComputeStatistics("p90", highTime);
  }
  // The library complains of each group that the filter leaves nothing of.
  std::ostringstream complaints;
  report.SetErrorStream(&complaints);
  report.begin(group);
  size_t count = benchmark::RunSpecifiedBenchmarks(&report);
  report.SetErrorStream(&std::cerr);
  if (count)
    std::cerr << complaints.str();
  benchmark::ClearRegisteredBenchmarks();
  return count;
}

/// Our defaults come first, so that what users say overrides them. The library
/// keeps the pointer to the program's name.
static void initialize(char *program, const std::vector<std::string> &options) {
  std::vector<std::string> all = {"--benchmark_repetitions=15",
                                  "--benchmark_min_time=0.1",
                                  "--benchmark_enable_random_interleaving=true",
                                  "--benchmark_report_aggregates_only=true"};
  all.insert(all.end(), options.begin(), options.end());
  std::vector<char *> argv = {program};
  for (std::string &option : all)
    argv.push_back(option.data());
  int argc = int(argv.size());
  benchmark::Initialize(&argc, argv.data());
  if (benchmark::ReportUnrecognizedArguments(argc, argv.data()))
    std::exit(2);
}

int main(int argc, char **argv) {
  CLI::App app("Compiled optimizer steps against hand-written loops, separate "
               "passes and other storage");
  app.footer("Options of Google Benchmark: --benchmark_filter=REGEX, "
             "--benchmark_list_tests,\n--benchmark_repetitions=15, "
             "--benchmark_min_time=0.1 (seconds per repetition) and\nothers; "
             "what is shown is the default.");
  app.allow_extras();
  uint32_t threads = std::max(1u, std::thread::hardware_concurrency());
  int64_t megabi = 64;
  bool check = false, processorTime = false;
  std::string json;
  app.add_option("--threads", threads, "Threads")
      ->check(CLI::Range(1u, OPTIMC_MAX_THREADS))
      ->capture_default_str();
  app.add_option("--size", megabi, "Elements of the large tensors, in Mi")
      ->check(CLI::Range(int64_t(1), int64_t(256)))
      ->capture_default_str();
  app.add_flag("--processor-time", processorTime,
               "Ratios of processor time, on a busy machine");
  app.add_flag("--check", check, "Fail where a ratio misses its goal");
  app.add_option("--benchmark_out", json, "Write the results to a JSON file");
  CLI11_PARSE(app, argc, argv);
  initialize(argv[0], app.remaining());
  benchmark::AddCustomContext("threads", std::to_string(threads));
  if (!hasAvx512())
    std::fputs("optim_bench: this CPU has no AVX-512, which the hand-written "
               "loops need; what compares with them is left out\n",
               stderr);

  bool good = true;
  {
    Report report(processorTime, json);
    std::vector<Group> groups = makeGroups({threads, megabi << 20});
    size_t count = 0;
    for (const Group &group : groups)
      count += run(group, report);
    if (!count)
      fail("no benchmark matches '" + benchmark::GetBenchmarkFilter() +
           "'; --benchmark_list_tests prints all names");
    for (const Group &group : groups)
      good &= report.printGoals(group.goals);
  }
  benchmark::Shutdown();
  return check && !good;
}
