//===- Svg.cpp - line charts as SVG -----------------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Svg.h"
#include "Format.h"

#include <algorithm>
#include <cmath>

namespace optimc::trainer {

std::string escapeMarkup(const std::string &text) {
  std::string out;
  for (char c : text) {
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    default:
      out += c;
    }
  }
  return out;
}

std::vector<double> ticks(double low, double high, int count) {
  double rough = (high - low) / count;
  double power = std::pow(10, std::floor(std::log10(rough)));
  double digit = rough / power;
  double step = power * (digit < 1.5   ? 1
                         : digit < 3.5 ? 2
                         : digit < 7.5 ? 5
                                       : 10);
  std::vector<double> values;
  double first = std::ceil(low / step - 1e-9);
  for (double k = first; k * step <= high + 1e-9 * step; ++k)
    values.push_back(k * step + 0.0); // + 0: never "-0"
  return values;
}

namespace {

// Colours that are told apart with any kind of colour vision (Okabe and Ito).
const char *const colors[] = {"#0072b2", "#d55e00", "#009e73",
                              "#cc79a7", "#e69f00", "#56b4e9"};

struct Range {
  double low = INFINITY, high = -INFINITY;
  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void include(const std::vector<double> &values) {
    for (double value : values)
      include(value);
  }
  /// Never empty, so that positions are always finite.
  void settle(double margin) {
    if (!(low <= high)) {
      low = 0;
      high = 1;
    }
    double space = margin * (high - low);
    if (high - low <= 1e-12 * std::max(1.0, std::abs(high)))
      space = std::max(1e-3, 0.01 * std::abs(high));
    low -= space;
    high += space;
  }
};

class Plot {
public:
  explicit Plot(const Chart &chart) : chart(chart) {
    for (const Series &s : chart.series) {
      xs.include(s.x);
      ys.include(s.y);
      ys.include(s.low);
      ys.include(s.high);
    }
    if (chart.zeroLine)
      ys.include(0.0);
    xs.settle(0);
    ys.settle(0.04);
  }

  std::string draw() {
    out = format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g "
                 "%g\" role=\"img\" font-family=\"sans-serif\" "
                 "font-size=\"12\">\n",
                 width, height);
    out += "<title>" + escapeMarkup(chart.title) + "</title>\n";
    out += format("<rect width=\"%g\" height=\"%g\" fill=\"#fff\"/>\n", width,
                  height);
    drawAxes();
    for (size_t i = 0; i < chart.series.size(); ++i)
      drawSeries(chart.series[i], colors[i % std::size(colors)]);
    drawLegend();
    return out + "</svg>\n";
  }

private:
  double px(double x) const {
    return left + (x - xs.low) / (xs.high - xs.low) * (right - left);
  }
  double py(double y) const {
    return bottom - (y - ys.low) / (ys.high - ys.low) * (bottom - top);
  }

  void line(double x1, double y1, double x2, double y2, const char *stroke) {
    out += format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
                  "stroke=\"%s\"/>\n",
                  x1, y1, x2, y2, stroke);
  }
  void text(double x, double y, const char *anchor, const std::string &words,
            const char *more = "") {
    out += format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" "
                  "fill=\"#333\" %s>",
                  x, y, anchor, more) +
           escapeMarkup(words) + "</text>\n";
  }

  void drawAxes() {
    for (double y : ticks(ys.low, ys.high, 6)) {
      line(left, py(y), right, py(y), "#e5e5e5");
      text(left - 8, py(y) + 4, "end", format("%.6g", y));
    }
    for (double x : ticks(xs.low, xs.high, 8)) {
      line(px(x), bottom, px(x), bottom + 5, "#333");
      text(px(x), bottom + 19, "middle", format("%.6g", x));
    }
    if (chart.zeroLine)
      line(left, py(0), right, py(0), "#888");
    line(left, bottom, right, bottom, "#333");
    line(left, top, left, bottom, "#333");
    text((left + right) / 2, 20, "middle", chart.title,
         "font-size=\"15\" font-weight=\"bold\"");
    text((left + right) / 2, height - 10, "middle", chart.xLabel);
    double middle = (top + bottom) / 2;
    text(18, middle, "middle", chart.yLabel,
         format("transform=\"rotate(-90 18 %.1f)\"", middle).c_str());
  }

  void drawSeries(const Series &s, const char *color) {
    if (!s.low.empty()) {
      out += "<polygon points=\"";
      for (size_t i = 0; i < s.x.size(); ++i)
        out += format("%.1f,%.1f ", px(s.x[i]), py(s.high[i]));
      for (size_t i = s.x.size(); i-- > 0;)
        out += format("%.1f,%.1f ", px(s.x[i]), py(s.low[i]));
      out += format("\" fill=\"%s\" fill-opacity=\"0.18\"/>\n", color);
    }
    out += "<polyline points=\"";
    for (size_t i = 0; i < s.x.size(); ++i)
      out += format("%.1f,%.1f ", px(s.x[i]), py(s.y[i]));
    out +=
        format("\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", color);
  }

  void drawLegend() {
    double y = top + 12;
    for (size_t i = 0; i < chart.series.size(); ++i, y += 18) {
      out += format("<rect x=\"%.1f\" y=\"%.1f\" width=\"14\" height=\"4\" "
                    "fill=\"%s\"/>\n",
                    right - 20, y - 6, colors[i % std::size(colors)]);
      text(right - 26, y, "end", chart.series[i].label);
    }
  }

  static constexpr double width = 760, height = 400;
  static constexpr double left = 70, right = 740, top = 34, bottom = 345;
  const Chart &chart;
  Range xs, ys;
  std::string out;
};

} // namespace

std::string drawChart(const Chart &chart) { return Plot(chart).draw(); }

} // namespace optimc::trainer
