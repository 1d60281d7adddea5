//===- Statistics.h - means and paired comparisons --------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_STATISTICS_H
#define OPTIMC_TRAINER_STATISTICS_H

#include <cstddef>
#include <vector>

namespace optimc::trainer {

double mean(const std::vector<double> &values);
/// With n - 1; 0 for fewer than two values.
double standardDeviation(const std::vector<double> &values);
/// The two-sided 5 % point of Student's t; infinite without freedom.
double criticalT(size_t degreesOfFreedom);

/// A - B, seed by seed. Lower is better, so that A wins where it is negative.
struct PairedComparison {
  size_t n = 0, wins = 0;
  double mean = 0, sd = 0, t = 0;
  double interval = 0; // half of the 95 % interval of the mean; 0 if n < 2
  bool significant = false; // at the 5 % level, two-sided
};
PairedComparison comparePaired(const std::vector<double> &a,
                               const std::vector<double> &b);

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_STATISTICS_H
