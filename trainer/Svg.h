//===- Svg.h - line charts as SVG -------------------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_SVG_H
#define OPTIMC_TRAINER_SVG_H

#include <string>
#include <vector>

namespace optimc::trainer {

/// A line with an optional band around it (`low` and `high` empty: none).
struct Series {
  std::string label;
  std::vector<double> x, y, low, high;
};

struct Chart {
  std::string title, xLabel, yLabel;
  std::vector<Series> series;
  bool zeroLine = false; // draw y = 0, and let it be in the picture
};

/// A complete <svg> element; needs nothing from outside.
std::string drawChart(const Chart &chart);

/// Round numbers that divide [low, high] into about `count` parts.
std::vector<double> ticks(double low, double high, int count);

/// Text for HTML and SVG: & < > " ' become entities.
std::string escapeMarkup(const std::string &text);

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_SVG_H
