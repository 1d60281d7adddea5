//===- Reduce.cpp - finishing reductions ----------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace optimc::rt;

namespace {
constexpr int64_t numLanes = 256;
constexpr int64_t tileCols = 16; // columns that are reduced side by side

double neutral(uint32_t op) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  return op == OPTIMC_REDUCE_MAX ? -inf : op == OPTIMC_REDUCE_MIN ? inf : 0;
}

// IEEE 754-2019: NaN if either is, -0 below +0.
double maximum(double a, double b) {
  if (a != a || b != b)
    return a + b;
  if (a == b)
    return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
double minimum(double a, double b) {
  if (a != a || b != b)
    return a + b;
  if (a == b)
    return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

/// Two results become one.
struct Sum {
  static double combine(double a, double b) { return a + b; }
};
struct Max {
  static double combine(double a, double b) { return maximum(a, b); }
};
struct Min {
  static double combine(double a, double b) { return minimum(a, b); }
};

/// Calls `body` with the way in which `op` combines.
template <class F>
auto withCombination(uint32_t op, F body) {
  switch (op) {
  case OPTIMC_REDUCE_MAX:
  case OPTIMC_REDUCE_MAX_ABS:
    return body(Max());
  case OPTIMC_REDUCE_MIN:
    return body(Min());
  default:
    return body(Sum());
  }
}

/// Up to 4096 values in 256 lanes, halved: `take(lane, value)` adds a value to
/// a lane. Lanes beyond `used` are neutral, and a neutral lane changes no
/// other, so halving starts at what is in use.
template <class C, class Value, class Take>
double reduceOne(int64_t count, double start, Value value, Take take) {
  double lanes[numLanes];
  int64_t used = 1;
  while (used < std::min(count, numLanes))
    used *= 2;
  std::fill_n(lanes, used, start);
  for (int64_t i = 0; i < count; ++i)
    lanes[i % numLanes] = take(lanes[i % numLanes], value(i));
  for (int64_t width = used / 2; width; width /= 2)
    for (int64_t lane = 0; lane < width; ++lane)
      lanes[lane] = C::combine(lanes[lane], lanes[lane + width]);
  return lanes[0];
}

/// Up to 4096 results of up to `span` values each, which `take` takes in.
template <class C, class Take>
double reduceTree(const double *values, int64_t count, int64_t span,
                  double start, Take take) {
  if (span == 1)
    return reduceOne<C>(
        count, start, [&](int64_t i) { return values[i]; }, take);
  return reduceOne<C>(
      divideUp(count, span), start,
      [&](int64_t i) {
        return reduceTree<C>(values + i * span,
                             std::min(span, count - i * span),
                             span / reduceBlock, start, take);
      },
      C::combine);
}

template <class C, class Take>
double reduceAll(const double *values, int64_t count, double start, Take take) {
  int64_t span = 1;
  while (divideUp(count, span) > reduceBlock)
    span *= reduceBlock;
  return reduceTree<C>(values, count, span, start, take);
}

/// Panel results of up to `tileCols` adjacent columns, at most 4096 panels.
template <class C>
void reduceTile(const float *panels, int64_t count, int64_t stride,
                int64_t cols, double start, double *results) {
  double lanes[numLanes][tileCols];
  int64_t used = 1;
  while (used < std::min(count, numLanes))
    used *= 2;
  for (int64_t lane = 0; lane < used; ++lane)
    std::fill_n(lanes[lane], tileCols, start);
  for (int64_t i = 0; i < count; ++i)
    for (int64_t col = 0; col < cols; ++col) {
      double &lane = lanes[i % numLanes][col];
      lane = C::combine(lane, panels[i * stride + col]);
    }
  for (int64_t width = used / 2; width; width /= 2)
    for (int64_t lane = 0; lane < width; ++lane)
      for (int64_t col = 0; col < tileCols; ++col)
        lanes[lane][col] =
            C::combine(lanes[lane][col], lanes[lane + width][col]);
  std::copy_n(lanes[0], cols, results);
}
} // namespace

PartialRange optimc::rt::partialRange(const Extent &extent,
                                      const optimc_reduction &reduction) {
  int64_t first = extent.firstOf(reduction.from_rate);
  int64_t end = first + extent.countOf(reduction.from_rate);
  int64_t size = sizeof(double), results = 0, from = 0, to = 0;
  /// Runs of `length` values with `parts` results each.
  auto cut = [&](int64_t length, int64_t parts) {
    results = divideUp(extent.totalOf(reduction.from_rate), length) * parts;
    from = first / length * parts;
    to = divideUp(end, length) * parts;
  };
  switch (reduction.to_rate) {
  case OPTIMC_RATE_ROW:
    if (extent.cols)
      cut(extent.cols, divideUp(extent.cols, reduceBlock));
    break;
  case OPTIMC_RATE_BLOCK:
    if (extent.block)
      cut(extent.block, divideUp(extent.block, reduceBlock));
    break;
  case OPTIMC_RATE_COL: {
    size = sizeof(float);
    int64_t panels = divideUp(extent.rows, panelRows);
    results = extent.batches * panels * extent.cols;
    auto panelOf = [&](int64_t element) {
      int64_t row = element / extent.cols;
      return row / extent.rows * panels + row % extent.rows / panelRows;
    };
    if (end > first) {
      from = panelOf(first) * extent.cols;
      to = (panelOf(end - 1) + 1) * extent.cols;
    }
    break;
  }
  default:
    cut(reduceBlock, 1);
  }
  return {results * size, from * size, end > first ? (to - from) * size : 0};
}

double optimc::rt::reducePartials(uint32_t op, const double *values,
                                  int64_t count) {
  if (count == 1)
    return values[0];
  return withCombination(op, [&](auto c) {
    using C = decltype(c);
    return reduceAll<C>(values, count, neutral(op), C::combine);
  });
}

double optimc::rt::reduceScalars(uint32_t op, const double *values,
                                 int64_t count) {
  return withCombination(op, [&](auto c) {
    using C = decltype(c);
    auto take = [&](double lane, double x) {
      if (op == OPTIMC_REDUCE_SUM_SQ || op == OPTIMC_REDUCE_MEAN_SQ)
        return x * x + lane;
      return C::combine(lane, op == OPTIMC_REDUCE_MAX_ABS ? std::fabs(x) : x);
    };
    return reduceAll<C>(values, count, neutral(op), take);
  });
}

double optimc::rt::finishMean(uint32_t op, double result, double count) {
  bool isMean = op == OPTIMC_REDUCE_MEAN || op == OPTIMC_REDUCE_MEAN_SQ;
  return isMean ? result / count : result;
}

void optimc::rt::reduceSlices(uint32_t op, const double *partials,
                              int64_t slices, int64_t length, int64_t total,
                              float *results) {
  int64_t parts = divideUp(length, reduceBlock);
  for (int64_t slice = 0; slice < slices; ++slice) {
    int64_t count = std::min(length, total - slice * length);
    double result = reducePartials(op, partials + slice * parts,
                                   divideUp(count, reduceBlock));
    results[slice] =
        static_cast<float>(finishMean(op, result, static_cast<double>(count)));
  }
}

void optimc::rt::reduceColumns(uint32_t op, const float *partials,
                               int64_t batches, int64_t rows, int64_t cols,
                               float *results) {
  int64_t panels = divideUp(rows, panelRows);
  int64_t groups = divideUp(panels, reduceBlock);
  double single[tileCols];
  std::vector<double> several(groups == 1 ? 0 : tileCols * groups);
  double *sums = groups == 1 ? single : several.data();
  for (int64_t batch = 0; batch < batches; ++batch)
    for (int64_t first = 0; first < cols; first += tileCols) {
      int64_t width = std::min(tileCols, cols - first);
      const float *tile = partials + batch * panels * cols + first;
      float *out = results + batch * cols + first;
      for (int64_t group = 0; group < groups; ++group) {
        int64_t skipped = group * reduceBlock;
        int64_t count = std::min(reduceBlock, panels - skipped);
        double found[tileCols];
        if (panels == 1)
          std::copy_n(tile, width, found);
        else
          withCombination(op, [&](auto c) {
            reduceTile<decltype(c)>(tile + skipped * cols, count, cols, width,
                                    neutral(op), found);
          });
        for (int64_t col = 0; col < width; ++col)
          sums[col * groups + group] = found[col];
      }
      for (int64_t col = 0; col < width; ++col)
        out[col] = static_cast<float>(finishMean(
            op, reducePartials(op, sums + col * groups, groups),
            static_cast<double>(rows)));
    }
}
