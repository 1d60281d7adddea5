//===- Report.cpp - what optim_bench prints -------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Report.h"
#include "CompiledStep.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

using namespace optimc::bench;

static double quantile(std::vector<double> sorted, double q) {
  std::sort(sorted.begin(), sorted.end());
  return sorted[size_t(q * double(sorted.size() - 1) + 0.5)];
}

double optimc::bench::lowTime(const std::vector<double> &samples) {
  return quantile(samples, .1);
}

double optimc::bench::highTime(const std::vector<double> &samples) {
  return quantile(samples, .9);
}

Report::Report(bool processorTime, const std::string &jsonFile)
    : processorTime(processorTime) {
  if (jsonFile.empty())
    return;
  file.open(jsonFile);
  if (!file)
    fail("cannot write '" + jsonFile + "': " + std::strerror(errno));
  json = std::make_unique<benchmark::JSONReporter>();
  json->SetOutputStream(&file);
}

Report::~Report() {
  if (json && started)
    json->Finalize();
}

bool Report::ReportContext(const Context &context) {
  if (started)
    return true;
  started = true;
  PrintBasicContext(&std::cerr, context);
  if (json)
    json->ReportContext(context);
  std::printf("%-30s %10s %21s %11s %7s %14s\n", "", "median ms", "10% .. 90%",
              "ns/element", "GB/s", "processor time");
  return true;
}

void Report::ReportRuns(const std::vector<Run> &runs) {
  if (json)
    json->ReportRuns(runs);
  for (const Run &run : runs) {
    bool only = run.run_type == Run::RT_Iteration && run.repetitions <= 1;
    if (run.run_type == Run::RT_Iteration && !only)
      continue;
    double unit = benchmark::GetTimeUnitMultiplier(run.time_unit),
           real = run.GetAdjustedRealTime() / unit;
    Seconds &seconds = results[run.run_name.function_name];
    if (only || run.aggregate_name == "median") {
      seconds.median = real;
      seconds.processor = run.GetAdjustedCPUTime() / unit;
    }
    if (only || run.aggregate_name == "p10")
      seconds.low = real;
    if (only || run.aggregate_name == "p90")
      seconds.high = real;
  }
}

void Report::Finalize() {
  // Not in the random order in which they were done.
  for (const Contender &contender : current->contenders) {
    auto found = results.find(contender.name);
    if (found == results.end())
      continue;
    const Seconds &seconds = found->second;
    double n = double(contender.elements);
    std::printf("%-30s %10.3f %9.3f .. %8.3f %11.3f %7.1f %14.3f\n",
                contender.name.c_str(), seconds.median * 1e3, seconds.low * 1e3,
                seconds.high * 1e3, seconds.median / n * 1e9,
                contender.bytes * n / seconds.median * 1e-9,
                seconds.processor / n * 1e9);
  }
  std::fflush(stdout);
}

bool Report::printGoals(const std::vector<Goal> &goals) const {
  bool good = true;
  for (const Goal &goal : goals) {
    auto of = results.find(goal.of), to = results.find(goal.to);
    if (of == results.end() || to == results.end())
      continue;
    auto time = processorTime ? &Seconds::processor : &Seconds::median;
    double value = goal.factor * of->second.*time / to->second.*time;
    bool met = goal.atLeast ? value >= goal.limit : value <= goal.limit;
    good &= met;
    std::printf("%-50s %.3f (goal: at %s %.2f)%s\n", goal.text.c_str(), value,
                goal.atLeast ? "least" : "most", goal.limit,
                met ? "" : "  MISSED");
  }
  return good;
}
