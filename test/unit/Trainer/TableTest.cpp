//===- TableTest.cpp - tables, conclusions, charts, reports -----*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Table.h"
#include "Progress.h"
#include "Report.h"
#include "Study.h"
#include "Svg.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace optimc::trainer;

namespace {

/// finals[optimizer][seed]; NaN: diverged.
StudyResult makeStudy(const std::vector<std::vector<double>> &finals,
                      int64_t steps = 2000) {
  StudyResult study;
  study.options.loop.steps = steps;
  study.options.seeds.clear();
  study.textPath = "/somewhere/kjv.txt.xz";
  study.optimizers = {{"adamw", "adamw", "lr=0.008", 0.008, -1},
                      {"ademamix", "ademamix", "lr=0.004", 0.004, 0.999}};
  study.optimizers.resize(finals.size());
  for (size_t seed = 0; seed < finals[0].size(); ++seed) {
    study.options.seeds.push_back(seed);
    for (size_t k = 0; k < finals.size(); ++k) {
      RunResult run;
      run.optimizer = k;
      run.seed = seed;
      run.state.step = steps;
      run.state.curve = {{steps / 2, 2.5, finals[k][seed] + 0.5, 0.1, 1},
                         {steps, 2, finals[k][seed], 0.1, 1}};
      run.end = LoopEnd::Finished;
      if (std::isnan(finals[k][seed])) {
        run.end = LoopEnd::Diverged;
        run.state.curve.clear();
      }
      study.runs.push_back(run);
    }
  }
  return study;
}

std::string joined(const StudyResult &study) {
  std::string text;
  for (const std::string &sentence : conclusionsOf(study))
    text += sentence + "\n";
  return text;
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

TEST(TrainerTable, Columns) {
  StudyResult study = makeStudy({{1.5, 1.6, 1.7}, {1.51, 1.62, 1.66}});
  EXPECT_EQ(formatTable(tableOf(study)),
            "optimizer     lr  seed 0  seed 1  seed 2        mean ± sd       "
            "minus adamw     t  wins\n"
            "----------------------------------------------------------------"
            "-----------------------\n"
            "adamw      0.008  1.5000  1.6000  1.7000  1.6000 ± 0.1000       "
            "          -     -     -\n"
            "ademamix   0.004  1.5100  1.6200  1.6600  1.5967 ± 0.0777  "
            "-0.0033 ± 0.0321  -0.2   1/3\n");
}

TEST(TrainerTable, OneOptimizerHasNothingToCompare) {
  StudyResult study = makeStudy({{1.5}});
  EXPECT_EQ(formatTable(tableOf(study)),
            "optimizer     lr  seed 0        mean ± sd\n"
            "-----------------------------------------\n"
            "adamw      0.008  1.5000  1.5000 ± 0.0000\n");
  EXPECT_TRUE(conclusionsOf(study).empty());
}

TEST(TrainerTable, ManySeedsAreSummarised) {
  StudyResult study = makeStudy({std::vector<double>(9, 1.5)});
  EXPECT_EQ(tableOf(study)[0].size(), 3u);
}

TEST(TrainerTable, ConclusionsSayWhoIsBetterAndHowSure) {
  // A clear loss, a clear win, noise: each is called what it is.
  std::string loss =
      joined(makeStudy({{1.50, 1.60, 1.55}, {1.521, 1.620, 1.569}}));
  EXPECT_TRUE(has(loss, "After 2000 steps ademamix is 0.0200 nats/byte worse "
                        "than adamw"))
      << loss;
  EXPECT_TRUE(has(loss, "better in 0 of 3; 95 % interval of the difference "
                        "+0.0175 to +0.0225): significant"))
      << loss;
  EXPECT_TRUE(has(loss, "too short")) << loss;
  EXPECT_TRUE(has(loss, "--steps 4000")) << loss;

  std::string win =
      joined(makeStudy({{1.50, 1.60, 1.55}, {1.479, 1.580, 1.531}}, 4000));
  EXPECT_TRUE(has(win, "ademamix is 0.0200 nats/byte better than adamw"))
      << win;
  EXPECT_TRUE(has(win, "better in 3 of 3; 95 % interval of the difference "
                       "-0.0225 to -0.0175): significant"))
      << win;
  EXPECT_FALSE(has(win, "too short")) << win;

  std::string noise =
      joined(makeStudy({{1.50, 1.60, 1.55}, {1.53, 1.59, 1.56}}));
  EXPECT_TRUE(has(noise, "worse than adamw")) << noise;
  EXPECT_TRUE(has(noise, "not significant at the 5 % level")) << noise;

  std::string one = joined(makeStudy({{1.5}, {1.4}}));
  EXPECT_TRUE(has(one, "with the one seed tried")) << one;
  EXPECT_FALSE(has(one, "significant")) << one;

  std::string broken = joined(makeStudy({{1.5, 1.5}, {1.4, NAN}}));
  EXPECT_TRUE(has(broken, "cannot be compared")) << broken;
}

TEST(TrainerTable, TargetIsAboutTheWorstSeed) {
  EXPECT_EQ(targetSentence(makeStudy({{1.5, 1.6}, {1.7, 1.4}})),
            "Target of 1.70 nats/byte: reached by both, adamw (worst seed "
            "1.6000) and ademamix (worst seed 1.7000).");
  EXPECT_EQ(targetSentence(makeStudy({{1.5, 1.6}, {1.7001, 1.4}})),
            "Target of 1.70 nats/byte: missed by ademamix (worst seed "
            "1.7001); reached by adamw (worst seed 1.6000).");
  EXPECT_EQ(targetSentence(makeStudy({{NAN}})),
            "Target of 1.70 nats/byte: missed by adamw (not every run "
            "finished).");
}

/// Tags are balanced and properly nested.
void expectWellFormed(const std::string &markup) {
  std::vector<std::string> open;
  size_t at = 0;
  while ((at = markup.find('<', at)) != std::string::npos) {
    size_t end = markup.find('>', at);
    ASSERT_NE(end, std::string::npos);
    std::string tag = markup.substr(at + 1, end - at - 1);
    at = end;
    std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty());
      ASSERT_EQ("/" + open.back(), tag);
      open.pop_back();
    } else if (tag[0] != '!' && tag.back() != '/' && name != "meta") {
      open.push_back(name);
    }
  }
  EXPECT_TRUE(open.empty()) << open.back();
}

TEST(TrainerReport, IsOneSelfContainedPage) {
  StudyResult study = makeStudy({{1.5, 1.6}, {1.51, 1.62}});
  study.optimizers[1].label = "<b>&\"'";
  std::string html = reportOf(study);
  expectWellFormed(html);
  EXPECT_TRUE(has(html, "&lt;b&gt;&amp;&quot;&#39;"));
  EXPECT_FALSE(has(html, "<b>"));
  EXPECT_FALSE(has(html, "/somewhere")) << "no path of this machine";
  for (const char *outside : {"src=", "href=", "url(", "@import", "<script"})
    EXPECT_FALSE(has(html, outside)) << outside;
  EXPECT_FALSE(has(html, "nan"));
  EXPECT_FALSE(has(html, "inf\""));
  size_t charts = 0;
  for (size_t at = 0; (at = html.find("<svg", at)) != std::string::npos; ++at)
    ++charts;
  EXPECT_EQ(charts, 3u);
}

TEST(TrainerReport, SurvivesRunsThatDidNotFinish) {
  std::string html = reportOf(makeStudy({{1.5, NAN}, {NAN, NAN}}));
  expectWellFormed(html);
  EXPECT_TRUE(has(html, "diverged"));
  EXPECT_FALSE(has(html, "nan"));
  StudyResult paused = makeStudy({{1.5}, {1.4}});
  paused.runs[1].end = LoopEnd::Paused;
  EXPECT_TRUE(has(reportOf(paused), "provisional"));
}

TEST(TrainerReport, Ticks) {
  EXPECT_EQ(ticks(0, 2000, 4), (std::vector<double>{0, 500, 1000, 1500, 2000}));
  std::vector<double> t = ticks(1.53, 2.81, 6);
  ASSERT_EQ(t.size(), 7u);
  EXPECT_NEAR(t[0], 1.6, 1e-12);
  EXPECT_NEAR(t[6], 2.8, 1e-12);
  for (double low : {-3.0, 0.0, 1e-9, 1e6})
    for (double span : {1e-7, 0.3, 1.0, 7.7, 1e5}) {
      std::vector<double> values = ticks(low, low + span, 6);
      EXPECT_GE(values.size(), 2u) << low << " + " << span;
      EXPECT_LE(values.size(), 10u) << low << " + " << span;
    }
}

TEST(TrainerReport, FlatAndEmptyChartsAreDrawn) {
  Chart flat{"flat", "x", "y", {{"a", {1}, {2}, {}, {}}}, false};
  expectWellFormed(drawChart(flat));
  EXPECT_FALSE(has(drawChart(flat), "nan"));
  Chart empty{"empty", "x", "y", {}, true};
  EXPECT_FALSE(has(drawChart(empty), "nan"));
  EXPECT_FALSE(has(drawChart(empty), "inf"));
}

TEST(TrainerProgress, PlainLinesAndBar) {
  EXPECT_EQ(formatDuration(0.4), "0:00");
  EXPECT_EQ(formatDuration(75), "1:15");
  EXPECT_EQ(formatDuration(3671), "1:01:11");
  auto show = [](Progress::Style style) {
    FILE *file = std::tmpfile();
    {
      Progress progress(file, style, 100);
      progress.skip(50);
      progress.line("hello");
      progress.setNote("note");
      for (int i = 0; i < 50; ++i)
        progress.advance();
    }
    std::rewind(file);
    std::string text(4096, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    return text;
  };
  std::string plain = show(Progress::Style::Plain);
  EXPECT_FALSE(has(plain, "\r"));
  EXPECT_TRUE(has(plain, "hello\n"));
  EXPECT_TRUE(has(plain, "100%  100/100 steps")) << plain;
  EXPECT_TRUE(has(plain, "steps/s  ETA 0:00  note\n")) << plain;
  EXPECT_EQ(std::count(plain.begin(), plain.end(), '\n'), 6) << plain;
  std::string bar = show(Progress::Style::Bar);
  EXPECT_TRUE(has(bar, "\r[############------------]  51%")) << bar;
  EXPECT_EQ(bar.substr(bar.size() - 4), "\r\x1b[K") << "the bar is removed";
  EXPECT_EQ(show(Progress::Style::Silent), "");
}

} // namespace
