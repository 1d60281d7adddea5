//===- ClockTest.cpp - step counts per tensor -----------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

using namespace optimc::test;

TEST(Clock, MissingTensorsKeepTheirCount) {
  TestProgram adamw = makeAdamW();
  Harness h(&adamw.program);
  for (const char *name : {"a", "b", "c"})
    h.tensor(name, {50});
  h.gradients(1);
  EXPECT_EQ(1u, h.info().n_clocks);
  h.stepOf({0, 1});
  EXPECT_EQ(2u, h.info().n_clocks);
  EXPECT_EQ(1, h.scalar("step", OPTIMC_RATE_TENSOR, 0));
  EXPECT_EQ(0, h.scalar("step", OPTIMC_RATE_TENSOR, 2));
  h.stepOf({1});
  EXPECT_EQ(3u, h.info().n_clocks);
  EXPECT_EQ(2, h.scalar("step", OPTIMC_RATE_TENSOR, 1));
  h.step();
  EXPECT_EQ(2, h.scalar("step", OPTIMC_RATE_TENSOR, 0));
  EXPECT_EQ(3, h.scalar("step", OPTIMC_RATE_TENSOR, 1));
  EXPECT_EQ(1, h.scalar("step", OPTIMC_RATE_TENSOR, 2));
  EXPECT_EQ(4, h.scalar("n_updates", OPTIMC_RATE_MODEL, 0) + 1);
}

TEST(Clock, EqualStatesMergeAgain) {
  TestProgram sgd = makeSgd();
  Harness h(&sgd.program);
  for (const char *name : {"a", "b", "c"})
    h.tensor(name, {50});
  h.gradients(1);
  h.stepOf({0});
  h.stepOf({1, 2});
  EXPECT_EQ(1u, h.info().n_clocks);
  EXPECT_EQ(1, h.scalar("step", OPTIMC_RATE_GROUP, 0));
  // The same count with another history is another clock.
  TestProgram adamw = makeAdamW();
  Harness k(&adamw.program);
  k.tensor("a", {50});
  k.tensor("b", {50});
  k.stepOf({0});
  k.hyper("lr", 0.5);
  k.stepOf({1});
  EXPECT_EQ(2u, k.info().n_clocks);
  EXPECT_EQ(1, k.scalar("step", OPTIMC_RATE_GROUP, 0));
}

TEST(Clock, MergedClocksShowTheOutputsOfTheLastStep) {
  TestProgram adamw = makeAdamW();
  Harness h(&adamw.program);
  h.tensor("a", {50});
  h.tensor("b", {50});
  h.gradients(1);
  for (auto [tensor, lr] : {std::pair(0u, 0.1), std::pair(1u, 0.2),
                            std::pair(1u, 0.1), std::pair(0u, 0.2)}) {
    h.hyper("lr", lr);
    h.stepOf({tensor});
  }
  // Both have taken two steps with the same sum of learning rates.
  EXPECT_EQ(1u, h.info().n_clocks);
  EXPECT_EQ(0.2, h.output("lr_t", OPTIMC_RATE_GROUP, 0));
}

TEST(Clock, ForkedTensorsStepAsAlone) {
  // Random subsets: each tensor must move as if it were alone with its own
  // gradients, which is what PyTorch's per-parameter steps mean.
  TestProgram adamw = makeAdamW();
  Harness together(&adamw.program);
  std::vector<std::unique_ptr<Harness>> alone;
  for (int k = 0; k < 6; ++k) {
    std::string name = "t" + std::to_string(k);
    together.tensor(name.c_str(), {40 + k});
    together.hyper("warmup", 6);
    alone.push_back(std::make_unique<Harness>(&adamw.program));
    TestTensor &t = alone[k]->tensor(name.c_str(), {40 + k});
    t.param = together.tensors[k]->param;
    alone[k]->hyper("warmup", 6);
  }
  uint32_t most = 0;
  for (int step = 1; step <= 20; ++step) {
    together.gradients(step);
    std::vector<optimc_tensor> chosen;
    for (uint32_t k = 0; k < 6; ++k)
      if (noise(77, step * 6 + k) > 0)
        chosen.push_back(k);
    together.stepOf(chosen);
    most = std::max(most, together.info().n_clocks);
    for (optimc_tensor k : chosen) {
      alone[k]->tensors[0]->grad = together.tensors[k]->grad;
      alone[k]->step();
    }
    for (int k = 0; k < 6; ++k) {
      EXPECT_EQ(alone[k]->tensors[0]->param, together.tensors[k]->param);
      EXPECT_EQ(alone[k]->scalar("step", OPTIMC_RATE_TENSOR, 0),
                together.scalar("step", OPTIMC_RATE_TENSOR, k));
    }
  }
  EXPECT_GT(most, 2u);
}

TEST(Clock, ClocksOfDifferentGroupsStayApart) {
  TestProgram sgd = makeSgd();
  Harness h(&sgd.program);
  h.group("x");
  h.group("y");
  h.tensor("a", {10}, 0);
  h.tensor("b", {10}, 1);
  h.step();
  EXPECT_EQ(2u, h.info().n_clocks);
  h.stepOf({0});
  EXPECT_EQ(2, h.scalar("step", OPTIMC_RATE_GROUP, 0));
  EXPECT_EQ(1, h.scalar("step", OPTIMC_RATE_GROUP, 1));
}

TEST(Clock, TensorsAddedLaterStartAtZero) {
  TestProgram sgd = makeSgd();
  Harness h(&sgd.program);
  h.tensor("a", {10});
  h.step();
  h.tensor("b", {10});
  EXPECT_EQ(1, h.scalar("step", OPTIMC_RATE_TENSOR, 0));
  EXPECT_EQ(0, h.scalar("step", OPTIMC_RATE_TENSOR, 1));
}

TEST(Clock, SettingAStateForOneTensorForksIt) {
  TestProgram adamw = makeAdamW();
  Harness h(&adamw.program);
  for (const char *name : {"a", "b", "c"})
    h.tensor(name, {10});
  EXPECT_OK(optimc_set_scalar(h.opt, "step", OPTIMC_RATE_TENSOR, 1, 100, err));
  EXPECT_EQ(2u, h.info().n_clocks);
  EXPECT_EQ(0, h.scalar("step", OPTIMC_RATE_TENSOR, 0));
  EXPECT_EQ(100, h.scalar("step", OPTIMC_RATE_TENSOR, 1));
  h.step();
  EXPECT_EQ(101, h.scalar("step", OPTIMC_RATE_TENSOR, 1));
  EXPECT_OK(optimc_set_scalar(h.opt, "step", OPTIMC_RATE_GROUP, 0, 7, err));
  EXPECT_EQ(1u, h.info().n_clocks);
  EXPECT_EQ(7, h.scalar("step", OPTIMC_RATE_MODEL, 0));
}

TEST(Clock, AThousandClocks) {
  TestProgram sgd = makeSgd();
  Harness h(&sgd.program);
  for (int k = 0; k < 1000; ++k)
    h.tensor(std::to_string(k).c_str(), {3});
  for (uint32_t k = 0; k < 1000; ++k)
    EXPECT_OK(optimc_set_scalar(h.opt, "step", OPTIMC_RATE_TENSOR, k, k, err));
  EXPECT_EQ(1000u, h.info().n_clocks);
  h.step();
  EXPECT_EQ(1000u, h.info().n_clocks);
  EXPECT_EQ(500, h.scalar("step", OPTIMC_RATE_TENSOR, 499));
  EXPECT_OK(optimc_set_scalar(h.opt, "step", OPTIMC_RATE_MODEL, 0, 5, err));
  EXPECT_EQ(1u, h.info().n_clocks);
}
