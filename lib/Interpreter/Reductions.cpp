//===- Reductions.cpp - the one order of every reduction --------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Reductions.h"
#include "Scalars.h"
#include <algorithm>

using namespace optimc::interp;

namespace {

constexpr size_t numLanes = 256, numRows = 16, blockSize = numLanes * numRows;
constexpr size_t panelRows = 64;

/// What a lane holds before its first value.
double getNeutral(Reduction kind) {
  if (kind == Reduction::Max)
    return -INFINITY;
  return kind == Reduction::Min ? INFINITY : 0.0;
}

/// Takes one value of the operand into a lane.
template <class T>
T accumulate(Reduction kind, T lane, T x) {
  switch (kind) {
  case Reduction::Sum:
  case Reduction::Mean:
    return lane + x;
  case Reduction::SumSq:
  case Reduction::MeanSq:
    return fuse(x, x, lane);
  case Reduction::Max:
    return maximum(lane, x);
  case Reduction::Min:
    return minimum(lane, x);
  case Reduction::MaxAbs:
    return maximum(lane, std::fabs(x));
  }
  llvm_unreachable("unknown reduction");
}

/// How two results of `accumulate` become one: squares and magnitudes have been
/// taken by then.
Reduction getCombination(Reduction kind) {
  switch (kind) {
  case Reduction::Max:
  case Reduction::MaxAbs:
    return Reduction::Max;
  case Reduction::Min:
    return Reduction::Min;
  default:
    return Reduction::Sum;
  }
}

/// Up to 4096 values: 16 rows of 256 lanes, then a halving tree in float64.
template <class T, class Get>
double reduceBlock(Reduction kind, size_t count, Get get) {
  T lanes[numLanes];
  std::fill_n(lanes, numLanes, T(getNeutral(kind)));
  for (size_t i = 0; i != count; ++i)
    lanes[i % numLanes] = accumulate(kind, lanes[i % numLanes], T(get(i)));
  double tree[numLanes];
  std::copy_n(lanes, numLanes, tree);
  Reduction combination = getCombination(kind);
  for (size_t width = numLanes / 2; width != 0; width /= 2)
    for (size_t lane = 0; lane != width; ++lane)
      tree[lane] = accumulate(combination, tree[lane], tree[lane + width]);
  return tree[0];
}

template <class T, class Get>
std::vector<double> reduceBlocks(Reduction kind, size_t count, Get get) {
  std::vector<double> sums;
  for (size_t first = 0; first < count; first += blockSize)
    sums.push_back(reduceBlock<T>(kind, std::min(blockSize, count - first),
                                  [&](size_t i) { return get(first + i); }));
  return sums;
}

} // namespace

double optimc::interp::reducePartials(Reduction kind,
                                      llvm::ArrayRef<double> partials) {
  std::vector<double> sums(partials.begin(), partials.end());
  while (sums.size() > 1)
    sums = reduceBlocks<double>(getCombination(kind), sums.size(),
                                [&](size_t i) { return sums[i]; });
  return sums.empty() ? getNeutral(kind) : sums.front();
}

double optimc::interp::reduceValues(Reduction kind, llvm::ArrayRef<Word> values,
                                    bool single) {
  auto get = [&](size_t i) { return toNumber(values[i]); };
  return reducePartials(
      kind, single ? reduceBlocks<float>(kind, values.size(), get)
                   : reduceBlocks<double>(kind, values.size(), get));
}

template <class T>
static double reducePanels(Reduction kind, const Word *values, size_t rows,
                           size_t stride) {
  std::vector<double> sums;
  for (size_t first = 0; first < rows; first += panelRows) {
    T lane = T(getNeutral(kind));
    for (size_t row = first; row != std::min(rows, first + panelRows); ++row)
      lane = accumulate(kind, lane, T(toNumber(values[row * stride])));
    sums.push_back(lane);
  }
  return reducePartials(kind, sums);
}

double optimc::interp::reduceColumn(Reduction kind, const Word *values,
                                    size_t rows, size_t stride, bool single) {
  return single ? reducePanels<float>(kind, values, rows, stride)
                : reducePanels<double>(kind, values, rows, stride);
}

double optimc::interp::finishReduction(Reduction kind, double result,
                                       double count) {
  bool isMean = kind == Reduction::Mean || kind == Reduction::MeanSq;
  return isMean ? result / count : result;
}
