//===- Report.h - what optim_bench prints -----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_BENCH_REPORT_H
#define OPTIMC_BENCH_REPORT_H

#include "Contenders.h"
#include <benchmark/benchmark.h>
#include <fstream>
#include <map>

namespace optimc::bench {

/// The 10th and the 90th percentile, for Benchmark::ComputeStatistics.
double lowTime(const std::vector<double> &samples);
double highTime(const std::vector<double> &samples);

/// Prints a line per contender, and the goals at the end. The groups of a
/// program are reported to one of these, which puts them in one JSON file, too.
class Report : public benchmark::BenchmarkReporter {
public:
  /// `processorTime`: goals compare the time that all threads ran.
  /// `jsonFile`: empty for none.
  Report(bool processorTime, const std::string &jsonFile);
  ~Report() override;

  /// Before the group is run; it must live until the next one.
  void begin(const Group &group) { current = &group; }
  bool ReportContext(const Context &context) override;
  void ReportRuns(const std::vector<Run> &runs) override;
  void Finalize() override;

  /// Prints those of `goals` that were measured. False if one was missed.
  bool printGoals(const std::vector<Goal> &goals) const;

private:
  struct Seconds {
    double median, low, high, processor;
  };

  bool processorTime;
  const Group *current = nullptr;
  std::map<std::string, Seconds> results;
  std::ofstream file;
  std::unique_ptr<benchmark::JSONReporter> json;
  bool started = false;
};

} // namespace optimc::bench

#endif // OPTIMC_BENCH_REPORT_H
