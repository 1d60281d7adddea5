//===- TrialTest.cpp - whether to share work ------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cpu/Trial.h"

#include <gtest/gtest.h>

using optimc::rt::Trial;

namespace {
/// How many of `steps` steps share, each taking as long as given.
int run(Trial &trial, int steps, double alone, double shared) {
  int count = 0;
  for (int i = 0; i < steps; ++i) {
    bool shares = trial.shares(/*isLikely=*/true);
    trial.note(shares, shares ? shared : alone);
    count += shares;
  }
  return count;
}
} // namespace

TEST(Trial, BeginsWithTheLikelyWay) {
  Trial trial;
  EXPECT_TRUE(trial.shares(true));
  EXPECT_FALSE(trial.shares(false));
}

TEST(Trial, TakesTheFasterWay) {
  Trial slow, fast;
  run(slow, 12, 1, 2);
  run(fast, 12, 2, 1);
  EXPECT_EQ(3, run(slow, 128, 1, 2)) << "three of 128 look again";
  EXPECT_EQ(125, run(fast, 128, 2, 1));
}

TEST(Trial, NoticesWhenTheOtherWayBecomesFaster) {
  Trial trial;
  run(trial, 1000, 1, 2);
  run(trial, 200, 1, .5);
  EXPECT_EQ(125, run(trial, 128, 1, .5));
  // And when the way in use becomes slower, by forgetting what it once took.
  run(trial, 128, 1, 3);
  EXPECT_EQ(3, run(trial, 128, 1, 3));
}

TEST(Trial, OneInterruptionChangesNothing) {
  Trial trial;
  run(trial, 12, 1, 2);
  ASSERT_FALSE(trial.shares(true));
  trial.note(false, 100);
  EXPECT_FALSE(trial.shares(true));
}
