//===- StatisticsTest.cpp - means and paired comparisons --------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Statistics.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace optimc::trainer;

namespace {

TEST(TrainerStatistics, MeanAndDeviation) {
  EXPECT_DOUBLE_EQ(mean({2, 4, 4, 4, 5, 5, 7, 9}), 5);
  EXPECT_DOUBLE_EQ(standardDeviation({2, 4, 4, 4, 5, 5, 7, 9}),
                   std::sqrt(32.0 / 7));
  EXPECT_EQ(standardDeviation({3}), 0);
}

TEST(TrainerStatistics, PairedComparison) {
  // A clear effect although the two samples overlap: seeds differ by more.
  std::vector<double> adamw{1.5362, 1.5266, 1.5554, 1.5387, 1.5317};
  std::vector<double> other{1.5266, 1.5076, 1.5350, 1.5246, 1.5126};
  PairedComparison c = comparePaired(other, adamw);
  EXPECT_EQ(c.n, 5u);
  EXPECT_EQ(c.wins, 5u);
  EXPECT_NEAR(c.mean, -0.01644, 1e-5);
  EXPECT_NEAR(c.sd, 0.00452, 1e-5);
  EXPECT_NEAR(c.t, -8.14, 0.01);
  EXPECT_NEAR(c.interval, 0.00561, 1e-5) << "2.776 * .00452 / sqrt(5)";
  EXPECT_TRUE(c.significant);

  PairedComparison noise =
      comparePaired({1.6551, 1.6363, 1.6524}, {1.6339, 1.6393, 1.6104});
  EXPECT_EQ(noise.wins, 1u);
  EXPECT_NEAR(noise.mean, 0.0201, 1e-4);
  EXPECT_NEAR(noise.t, 1.54, 0.01);
  EXPECT_FALSE(noise.significant) << "2 degrees of freedom need |t| > 4.3";
}

TEST(TrainerStatistics, Degenerate) {
  PairedComparison one = comparePaired({1.0}, {2.0});
  EXPECT_EQ(one.wins, 1u);
  EXPECT_FALSE(one.significant);
  PairedComparison equal = comparePaired({1, 2, 3}, {1, 2, 3});
  EXPECT_EQ(equal.wins, 0u);
  EXPECT_EQ(equal.t, 0);
  EXPECT_FALSE(equal.significant);
}

TEST(TrainerStatistics, CriticalValues) {
  EXPECT_TRUE(std::isinf(criticalT(0)));
  EXPECT_EQ(criticalT(1), 12.706);
  EXPECT_EQ(criticalT(2), 4.303);
  EXPECT_EQ(criticalT(30), 2.042);
  EXPECT_EQ(criticalT(1000), 2.042);
}

} // namespace
