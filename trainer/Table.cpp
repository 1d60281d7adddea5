//===- Table.cpp - a study in words and columns -----------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Table.h"
#include "Format.h"
#include "Statistics.h"
#include "Study.h"

#include <algorithm>
#include <cmath>

namespace optimc::trainer {

// Above this many seeds the table shows only their mean and spread.
static constexpr size_t maxSeedColumns = 6;

static std::string describeRun(const RunResult &run) {
  if (run.finished())
    return format("%.4f", run.finalLoss());
  return run.end == LoopEnd::Diverged ? "diverged" : "paused";
}

std::vector<std::vector<std::string>> tableOf(const StudyResult &study) {
  const std::vector<OptimizerInfo> &optimizers = study.optimizers;
  const std::vector<uint64_t> &seeds = study.options.seeds;
  bool bySeed = seeds.size() <= maxSeedColumns;
  bool paired = optimizers.size() > 1;
  std::vector<std::vector<std::string>> cells(1, {"optimizer", "lr"});
  if (bySeed)
    for (uint64_t seed : seeds)
      cells[0].push_back("seed " + std::to_string(seed));
  cells[0].push_back("mean ± sd");
  if (paired) {
    cells[0].push_back("minus " + optimizers[0].label);
    cells[0].push_back("t");
    cells[0].push_back("wins");
  }
  std::vector<double> baseline = study.finals(0);
  for (size_t k = 0; k < optimizers.size(); ++k) {
    std::vector<std::string> row{optimizers[k].label,
                                 format("%g", optimizers[k].peakLearningRate)};
    if (bySeed)
      for (const RunResult &run : study.runs)
        if (run.optimizer == k)
          row.push_back(describeRun(run));
    std::vector<double> finals = study.finals(k);
    row.push_back(finals.empty() ? "-"
                                 : format("%.4f ± %.4f", mean(finals),
                                          standardDeviation(finals)));
    if (paired && k > 0 && !finals.empty() && !baseline.empty()) {
      PairedComparison c = comparePaired(finals, baseline);
      row.push_back(format("%+.4f ± %.4f", c.mean, c.sd));
      row.push_back(c.n < 2 ? "-" : format("%+.1f", c.t));
      row.push_back(format("%zu/%zu", c.wins, c.n));
    } else if (paired) {
      row.insert(row.end(), 3, "-");
    }
    cells.push_back(std::move(row));
  }
  return cells;
}

/// The columns that a UTF-8 text takes on a terminal.
static size_t displayWidth(const std::string &text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(),
                    [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

std::string formatTable(const std::vector<std::vector<std::string>> &cells) {
  std::vector<size_t> widths(cells[0].size(), 0);
  for (const auto &row : cells)
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], displayWidth(row[i]));
  std::string text;
  for (size_t r = 0; r < cells.size(); ++r) {
    std::string line;
    for (size_t i = 0; i < cells[r].size(); ++i) {
      std::string pad(widths[i] - displayWidth(cells[r][i]), ' ');
      // Names to the left, numbers to the right.
      line += i == 0 ? cells[r][i] + pad : "  " + pad + cells[r][i];
    }
    text += line + "\n";
    if (r == 0)
      text += std::string(displayWidth(line), '-') + "\n";
  }
  return text;
}

static std::string compareSentence(const StudyResult &study, size_t k) {
  const std::string &name = study.optimizers[k].label;
  const std::string &base = study.optimizers[0].label;
  std::vector<double> finals = study.finals(k), baseline = study.finals(0);
  if (finals.empty() || baseline.empty())
    return name + " and " + base +
           " cannot be compared: not every run has finished.";
  PairedComparison c = comparePaired(finals, baseline);
  std::string text =
      format("After %lld steps %s is %.4f nats/byte %s than %s",
             static_cast<long long>(study.options.loop.steps), name.c_str(),
             std::abs(c.mean), c.mean < 0 ? "better" : "worse", base.c_str());
  if (c.n < 2)
    return text + " with the one seed tried: no statement about others.";
  return text +
         format(" in the mean of %zu paired seeds (sd %.4f, t = %+.1f, better "
                "in %zu of %zu; 95 %% interval of the difference %+.4f to "
                "%+.4f): ",
                c.n, c.sd, c.t, c.wins, c.n, c.mean - c.interval,
                c.mean + c.interval) +
         (c.significant
              ? "significant at the 5 % level."
              : "not significant at the 5 % level, so neither has won.");
}

std::vector<std::string> conclusionsOf(const StudyResult &study) {
  std::vector<std::string> sentences;
  for (size_t k = 1; k < study.optimizers.size(); ++k) {
    sentences.push_back(compareSentence(study, k));
    const OptimizerInfo &info = study.optimizers[k];
    if (info.name != "ademamix" || info.beta3 <= 0 || info.beta3 >= 1)
      continue;
    double memory = 1 / (1 - info.beta3);
    double lengths = static_cast<double>(study.options.loop.steps) / memory;
    std::string text =
        format("The slow average of %s (beta3 = %g) remembers about %.0f "
               "steps; this run is %.2g times as long.",
               info.label.c_str(), info.beta3, memory, lengths);
    // Known from runs on the King James text (trainer/README.md).
    if (study.options.size == "S" && study.options.text.empty())
      text += lengths < 3.5 ? " That is known to be too short for AdEMAMix to "
                              "win here; four times its memory is enough: "
                              "train with --steps " +
                                  format("%.0f.", 4 * memory)
                            : " Four times its memory is known to be enough "
                              "for AdEMAMix to win here, twice is not.";
    sentences.push_back(text);
  }
  if (study.optimizers.size() > 1)
    sentences.push_back(
        "All start from the same weights and see the same batches per seed. "
        "Each optimizer runs with one learning rate; the defaults of adamw and "
        "ademamix are better than half and twice that rate on seed 0. The "
        "comparison is as good as that tuning.");
  return sentences;
}

std::string targetSentence(const StudyResult &study) {
  std::vector<std::string> reached, missed;
  for (size_t k = 0; k < study.optimizers.size(); ++k) {
    std::vector<double> finals = study.finals(k);
    const std::string &label = study.optimizers[k].label;
    if (finals.empty()) {
      missed.push_back(label + " (not every run finished)");
      continue;
    }
    double worst = *std::max_element(finals.begin(), finals.end());
    (worst <= study.options.target ? reached : missed)
        .push_back(label + format(" (worst seed %.4f)", worst));
  }
  auto join = [](const std::vector<std::string> &names) {
    std::string text;
    for (size_t i = 0; i < names.size(); ++i)
      text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    return text;
  };
  std::string text = format("Target of %.2f nats/byte: ", study.options.target);
  if (missed.empty())
    return text + "reached by " + (reached.size() == 2 ? "both, " : "") +
           join(reached) + ".";
  return text + "missed by " + join(missed) +
         (reached.empty() ? "." : "; reached by " + join(reached) + ".");
}

} // namespace optimc::trainer
