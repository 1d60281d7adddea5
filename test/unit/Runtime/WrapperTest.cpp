//===- WrapperTest.cpp - the C++ wrapper ----------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

#include "optimc-c/optimc.hpp"

using namespace optimc::test;
using optimc::runtime::Optimizer;

TEST(Wrapper, ALife) {
  TestProgram adamw = makeAdamW();
  auto made = Optimizer::create(&adamw.program);
  ASSERT_TRUE(made.ok()) << made.status().message();
  Optimizer opt = std::move(*made);
  auto group = opt.addGroup("main");
  ASSERT_TRUE(group.ok());
  std::vector<float> p(12, 1.0f), g(12, 1.0f), q(12, 1.0f), f(12, 1.0f);
  auto a = opt.addTensor(*group, {"a", {3, 4}, p.data(), g.data()});
  auto b = opt.addTensor(*group, {"b", {12}, q.data()});
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_TRUE(opt.bind({*b}, {}, {f.data()}).ok());
  EXPECT_TRUE(opt.setHyper(*group, "lr", 0.5).ok());
  EXPECT_EQ(0.5, *opt.hyper(*group, "lr"));
  EXPECT_TRUE(opt.setInput("grad_scale", 2).ok());
  EXPECT_TRUE(opt.setSeed(3).ok());
  EXPECT_TRUE(opt.step().ok());
  EXPECT_EQ(p, q);
  EXPECT_TRUE(opt.begin().ok());
  EXPECT_TRUE(opt.abort().ok());
  EXPECT_TRUE(opt.begin().ok());
  EXPECT_TRUE(opt.run({*b}).ok());
  EXPECT_TRUE(opt.end().ok());
  EXPECT_EQ(2, *opt.scalar("step", OPTIMC_RATE_TENSOR, *b));
  EXPECT_EQ(0.5, *opt.output("lr_t", OPTIMC_RATE_TENSOR, *b));
  EXPECT_EQ(12, opt.state(*a, "exp_avg")->count);
  EXPECT_TRUE(opt.runEntry("to_eval").ok());
  EXPECT_STREQ("to_eval", opt.info()->mode);

  TempDir dir;
  EXPECT_TRUE(opt.save(dir / "x").ok());
  std::vector<float> trained = q;
  EXPECT_TRUE(opt.setScalar("step", 9).ok());
  q[0] = 77;
  std::vector<std::string> reports;
  EXPECT_TRUE(opt.load(dir / "x", 0, &reports).ok());
  EXPECT_TRUE(reports.empty());
  EXPECT_EQ(trained, q);
  EXPECT_EQ(2, *opt.scalar("step", OPTIMC_RATE_TENSOR, *b));
}

TEST(Wrapper, FailuresCarryTheirMessage) {
  auto none = Optimizer::create(nullptr);
  EXPECT_FALSE(none.ok());
  EXPECT_EQ(OPTIMC_INVALID_ARGUMENT, none.status().code());
  TestProgram sgd = makeSgd();
  auto made = Optimizer::create(&sgd.program);
  ASSERT_TRUE(made.ok());
  auto group = made->addGroup("main");
  optimc::runtime::Status s = made->setHyper(*group, "momentum", 2);
  EXPECT_EQ(OPTIMC_OUT_OF_RANGE, s.code());
  EXPECT_EQ("hyperparameter 'momentum' of group 'main' = 2 is out of range; "
            "allowed: [0, 1)",
            s.message());
  EXPECT_EQ("bind: the lists have different lengths",
            made->bind({0, 1}, {nullptr}, {}).message());
  Optimizer empty;
  EXPECT_EQ("the optimizer is NULL", empty.step().message());
}
