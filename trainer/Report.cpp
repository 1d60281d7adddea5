//===- Report.cpp - a study as a web page -----------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Report.h"
#include "Format.h"
#include "Progress.h"
#include "Statistics.h"
#include "Study.h"
#include "Svg.h"
#include "Table.h"

#include <algorithm>

namespace optimc::trainer {

/// Mean and sd over seeds of value(run, i) at each point of the curve, as far
/// as every run of the optimizer has got.
template <typename Value>
static Series seriesOf(const StudyResult &study, size_t optimizer,
                       Value value) {
  Series series;
  series.label = study.optimizers[optimizer].label;
  std::vector<const RunResult *> runs;
  size_t points = SIZE_MAX;
  for (const RunResult &run : study.runs) {
    if (run.optimizer != optimizer)
      continue;
    runs.push_back(&run);
    points = std::min(points, run.state.curve.size());
  }
  for (size_t i = 0; i < points; ++i) {
    std::vector<double> values;
    for (const RunResult *run : runs)
      values.push_back(value(*run, i));
    double center = mean(values), spread = standardDeviation(values);
    series.x.push_back(static_cast<double>(runs[0]->state.curve[i].step));
    series.y.push_back(center);
    if (runs.size() > 1) {
      series.low.push_back(center - spread);
      series.high.push_back(center + spread);
    }
  }
  return series;
}

static std::string validationChart(const StudyResult &study) {
  Chart chart{"Validation loss (band: ± sd over seeds)",
              "step",
              "nats/byte",
              {},
              false};
  for (size_t k = 0; k < study.optimizers.size(); ++k)
    chart.series.push_back(seriesOf(study, k, [](const RunResult &r, size_t i) {
      return r.state.curve[i].validation;
    }));
  return drawChart(chart);
}

static std::string trainingChart(const StudyResult &study) {
  Chart chart{
      "Training loss (band: ± sd over seeds)", "step", "nats/byte", {}, false};
  for (size_t k = 0; k < study.optimizers.size(); ++k)
    chart.series.push_back(seriesOf(study, k, [](const RunResult &r, size_t i) {
      return r.state.curve[i].train;
    }));
  return drawChart(chart);
}

static std::string differenceChart(const StudyResult &study) {
  const std::string &base = study.optimizers[0].label;
  Chart chart{"Paired difference to " + base +
                  " in validation loss (below 0: better)",
              "step",
              "nats/byte",
              {},
              true};
  for (size_t k = 1; k < study.optimizers.size(); ++k) {
    // Seeds that got less far than others end both curves.
    auto partner = [&](const RunResult &run) -> const RunResult & {
      return *std::find_if(
          study.runs.begin(), study.runs.end(), [&](const RunResult &other) {
            return other.optimizer == 0 && other.seed == run.seed;
          });
    };
    bool complete = true;
    for (const RunResult &run : study.runs)
      if (run.optimizer == k)
        complete &= partner(run).state.curve.size() >= run.state.curve.size();
    if (complete)
      chart.series.push_back(
          seriesOf(study, k, [&](const RunResult &run, size_t i) {
            return run.state.curve[i].validation -
                   partner(run).state.curve[i].validation;
          }));
  }
  return chart.series.empty() ? "" : drawChart(chart);
}

static std::string
htmlTable(const std::vector<std::vector<std::string>> &rows) {
  std::string html = "<table>\n";
  for (size_t r = 0; r < rows.size(); ++r) {
    html += "<tr>";
    for (const std::string &cell : rows[r])
      html += (r == 0 ? "<th>" : "<td>") + escapeMarkup(cell) +
              (r == 0 ? "</th>" : "</td>");
    html += "</tr>\n";
  }
  return html + "</table>\n";
}

static std::string settingsSection(const StudyResult &study) {
  const LoopOptions &loop = study.options.loop;
  std::string html = "<h2>Set-up</h2>\n<ul>\n";
  auto item = [&](const std::string &text) {
    html += "<li>" + escapeMarkup(text) + "</li>\n";
  };
  item(format(
      "Model: pre-LN GPT, size %s, %lld parameters, context %lld, "
      "%lld sequences per step, fp32 (%s).",
      study.options.size.c_str(), static_cast<long long>(study.parameters),
      static_cast<long long>(study.context),
      static_cast<long long>(study.batch), study.instructionSet.c_str()));
  size_t slash = study.textPath.rfind('/');
  item("Text: " +
       study.textPath.substr(slash == std::string::npos ? 0 : slash + 1) +
       format(", %lld bytes, %lld different symbols; the last tenth is held "
              "out. Curves use %lld held-out windows, final figures all.",
              static_cast<long long>(study.textBytes),
              static_cast<long long>(study.vocabulary),
              static_cast<long long>(loop.curveWindows)));
  item(
      format("Schedule: %lld steps, %g %% linear warm-up, then cosine to %g %% "
             "of the peak. ",
             static_cast<long long>(loop.steps), 100 * loop.warmup,
             100 * loop.finalFraction) +
      (loop.clip > 0
           ? format("Gradients are clipped to the norm %g.", loop.clip)
           : std::string("Gradients are not clipped.")));
  for (const OptimizerInfo &info : study.optimizers)
    item(info.label + ": " + info.settings +
         ". Weight decay on matrices only.");
  item(
      format("Optimizers compiled: %llu, in %.2f s, for the %s. Training took ",
             static_cast<unsigned long long>(study.compilations),
             study.compileSeconds,
             study.options.device == Device::Cuda ? "GPU" : "CPU") +
      formatDuration(study.seconds) + ".");
  return html + "</ul>\n";
}

std::string reportOf(const StudyResult &study) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<title>optim-train report</title>\n<style>\n"
      "body { font-family: sans-serif; max-width: 800px; margin: 2em auto; "
      "padding: 0 1em; line-height: 1.5; color: #222; background: #fff; }\n"
      "table { border-collapse: collapse; font-variant-numeric: tabular-nums; "
      "display: block; overflow-x: auto; }\n"
      "th, td { padding: .3em .8em; text-align: right; white-space: nowrap; "
      "border-bottom: 1px solid #ddd; }\n"
      "th:first-child, td:first-child { text-align: left; }\n"
      "svg { width: 100%; height: auto; margin: 1em 0; }\n"
      "</style>\n</head>\n<body>\n<h1>";
  for (size_t k = 0; k < study.optimizers.size(); ++k)
    html += (k ? ", " : "") + escapeMarkup(study.optimizers[k].label);
  html += format(": %lld steps, %zu seed%s</h1>\n",
                 static_cast<long long>(study.options.loop.steps),
                 study.options.seeds.size(),
                 study.options.seeds.size() == 1 ? "" : "s");
  if (!study.complete())
    html += "<p><strong>Not every run has finished: what follows is "
            "provisional.</strong></p>\n";
  for (const std::string &sentence : conclusionsOf(study))
    html += "<p>" + escapeMarkup(sentence) + "</p>\n";
  html += "<p>" + escapeMarkup(targetSentence(study)) + "</p>\n";
  html += "<h2>Final validation loss, nats/byte</h2>\n";
  html += htmlTable(tableOf(study));
  html += "<h2>Curves</h2>\n" + validationChart(study);
  if (study.optimizers.size() > 1)
    html += differenceChart(study);
  html += trainingChart(study) + settingsSection(study);
  return html + "</body>\n</html>\n";
}

} // namespace optimc::trainer
