//===- Statistics.cpp - means and paired comparisons ------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Statistics.h"

#include <cmath>
#include <limits>

namespace optimc::trainer {

double mean(const std::vector<double> &values) {
  double sum = 0;
  for (double value : values)
    sum += value;
  return sum / static_cast<double>(values.size());
}

double standardDeviation(const std::vector<double> &values) {
  if (values.size() < 2)
    return 0;
  double center = mean(values), sum = 0;
  for (double value : values)
    sum += (value - center) * (value - center);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double criticalT(size_t degreesOfFreedom) {
  static const double table[] = {
      12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
      2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
      2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
  constexpr size_t rows = sizeof table / sizeof *table;
  if (degreesOfFreedom == 0)
    return std::numeric_limits<double>::infinity();
  // The last row is safe for all larger samples.
  return table[(degreesOfFreedom < rows ? degreesOfFreedom : rows) - 1];
}

PairedComparison comparePaired(const std::vector<double> &a,
                               const std::vector<double> &b) {
  PairedComparison result;
  std::vector<double> differences;
  for (size_t i = 0; i < a.size(); ++i) {
    differences.push_back(a[i] - b[i]);
    result.wins += a[i] < b[i];
  }
  result.n = differences.size();
  result.mean = mean(differences);
  result.sd = standardDeviation(differences);
  if (result.n >= 2) {
    double error = result.sd / std::sqrt(static_cast<double>(result.n));
    result.t = result.mean / error;
    result.interval = criticalT(result.n - 1) * error;
  }
  // Equal differences have no spread: 0 / 0 is no effect, not an error.
  if (std::isnan(result.t))
    result.t = 0;
  result.significant =
      result.n >= 2 && std::abs(result.t) > criticalT(result.n - 1);
  return result;
}

} // namespace optimc::trainer
