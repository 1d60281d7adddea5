//===- EnduranceTest.cpp - hyperparameters change without compiling -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Numbers.h"
#include "optimc-c/Compiler.h"
#include <gtest/gtest.h>

using namespace optimc::test;

namespace {
#define ASSERT_OK(call) ASSERT_EQ(OPTIMC_OK, (call)) << error.message

TEST(EnduranceTest, ThousandHyperparameterChangesCompileNothing) {
  optimc_error error;
  optimc_compiled *compiled = nullptr;
  ASSERT_OK(optimc_compile("ademamix", nullptr, &compiled, &error));
  uint64_t compiledBefore = optimc_compile_count();
  EXPECT_GE(compiledBefore, 1u);

  optimc_optimizer *optimizer = nullptr;
  ASSERT_OK(optimc_create(optimc_compiled_program(compiled), nullptr,
                          &optimizer, &error));
  optimc_group group;
  ASSERT_OK(optimc_add_group(optimizer, "all", &group, &error));
  constexpr int64_t count = 1000;
  Numbers numbers(7);
  std::vector<float> param(count), grad(count);
  for (float &p : param)
    p = numbers.normal();
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  desc.rank = 1;
  desc.name = "weight";
  desc.shape = &count;
  desc.param = param.data();
  desc.grad = grad.data();
  optimc_tensor tensor;
  ASSERT_OK(optimc_add_tensor(optimizer, group, &desc, &tensor, &error));

  static constexpr const char *names[] = {
      "lr",  "beta1",        "beta2",        "beta3", "alpha",
      "eps", "alpha_warmup", "beta3_warmup", "lr",    "weight_decay"};
  unsigned changes = 0;
  for (unsigned step = 0; step < 1000; ++step) {
    ASSERT_OK(optimc_set_hyper(optimizer, group, names[step % 10],
                               step % 10 == 4 ? numbers.uniform(0, 10)
                                              : numbers.uniform(0.001, 0.999),
                               &error));
    ++changes;
    for (float &g : grad)
      g = numbers.normal();
    ASSERT_OK(optimc_step(optimizer, &error));
  }
  EXPECT_EQ(1000u, changes);
  EXPECT_EQ(compiledBefore, optimc_compile_count());
  double steps = 0;
  ASSERT_OK(optimc_get_scalar(optimizer, "step", OPTIMC_RATE_TENSOR, tensor,
                              &steps, &error));
  EXPECT_EQ(1000, steps);

  // The counter does count.
  optimc_compiled *again = nullptr;
  ASSERT_OK(optimc_compile("lion", nullptr, &again, &error));
  EXPECT_EQ(compiledBefore + 1, optimc_compile_count());
  optimc_compiled_destroy(again);
  optimc_destroy(optimizer);
  optimc_compiled_destroy(compiled);
}
} // namespace
