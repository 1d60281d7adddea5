//===- ExchangeTest.cpp - shards with reductions: errors -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ReductionDifferentialTest compares shards with the whole; these are the ways
// to get them wrong.
//
//===----------------------------------------------------------------------===//

#include "optimc-c/Compiler.h"
#include "optimc-c/Runtime.h"
#include <gtest/gtest.h>
#include <vector>

namespace {
const char spec[] = R"(
optim.optimizer @clipped(%p, %g) {
  %sum = reduce sum_sq %g to model
  %scale = expr 1 / sqrt(%sum)
  %p_t = expr %p - %scale * %g
  commit %p = %p_t
})";

const char rowSpec[] = R"(
optim.optimizer @rows(%p, %g) {
  %mean = reduce mean_sq %g to row
  %p_t = expr %p - %g * %mean
  commit %p = %p_t
})";

int give(void *context, uint64_t *, uint64_t) {
  return *static_cast<int *>(context);
}

class ExchangeTest : public testing::Test {
protected:
  void open(const char *text) {
    optimc_compile_options options = OPTIMC_COMPILE_OPTIONS_INIT;
    ASSERT_EQ(OPTIMC_OK, optimc_compile_text(text, &options, &compiled, &error))
        << error.message;
    ASSERT_EQ(OPTIMC_OK, optimc_create(optimc_compiled_program(compiled),
                                       nullptr, &optimizer, &error));
    optimc_group group;
    ASSERT_EQ(OPTIMC_OK, optimc_add_group(optimizer, "all", &group, &error));
  }
  ~ExchangeTest() override {
    optimc_destroy(optimizer);
    optimc_compiled_destroy(compiled);
  }

  optimc_status add(int64_t start, int64_t count) {
    static const int64_t shape[] = {256, 100};
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    desc.name = "w";
    desc.rank = 2;
    desc.shape = shape;
    desc.shard_start = start;
    desc.shard_count = count;
    desc.param = params.data();
    desc.grad = grads.data();
    optimc_tensor tensor;
    return optimc_add_tensor(optimizer, 0, &desc, &tensor, &error);
  }
  optimc_status connect() {
    return optimc_set_exchange(optimizer, give, &code, &error);
  }

  int code = 0;
  optimc_compiled *compiled = nullptr;
  optimc_optimizer *optimizer = nullptr;
  optimc_error error = {};
  std::vector<float> params = std::vector<float>(25600, 1);
  std::vector<float> grads = std::vector<float>(25600, 0.5f);
};
} // namespace

TEST_F(ExchangeTest, ComesBeforeTheFirstShard) {
  open(spec);
  EXPECT_EQ(OPTIMC_WRONG_ORDER, add(4096, 4096));
  EXPECT_STREQ("tensor 'w' is a shard of 4096 of 25600 elements, and 'clipped' "
               "reduces over whole tensors: give the means to combine the "
               "parts with optimc_set_exchange first",
               error.message);
  EXPECT_EQ(OPTIMC_OK, connect());
  EXPECT_EQ(OPTIMC_OK, add(4096, 4096)) << error.message;
  EXPECT_EQ(OPTIMC_WRONG_ORDER,
            optimc_set_exchange(optimizer, nullptr, nullptr, &error));
  EXPECT_STREQ("tensor 'w' is a shard; the exchange cannot be taken away",
               error.message);
}

TEST_F(ExchangeTest, BlocksOfElementsStayWhole) {
  open(spec);
  EXPECT_EQ(OPTIMC_OK, connect());
  EXPECT_EQ(OPTIMC_INVALID_ARGUMENT, add(4096, 5000));
  EXPECT_STREQ("the shard of tensor 'w' has the elements 4096 to 9096; "
               "'clipped' allows cuts at multiples of 4096",
               error.message);
  EXPECT_EQ(OPTIMC_OK, add(20480, 5120)) << error.message; // to the end
}

TEST_F(ExchangeTest, RowsStayWhole) {
  open(rowSpec);
  EXPECT_EQ(OPTIMC_OK, connect());
  EXPECT_EQ(OPTIMC_INVALID_ARGUMENT, add(0, 4096));
  EXPECT_STREQ("the shard of tensor 'w' has the elements 0 to 4096; 'rows' "
               "allows cuts at multiples of 6400",
               error.message);
  EXPECT_EQ(OPTIMC_OK, add(0, 0)) << error.message; // nothing is always fine
}

TEST_F(ExchangeTest, NotDuringAStep) {
  open(spec);
  EXPECT_EQ(OPTIMC_OK, add(0, OPTIMC_ALL));
  EXPECT_EQ(OPTIMC_OK, optimc_begin(optimizer, nullptr, &error));
  EXPECT_EQ(OPTIMC_WRONG_ORDER, connect());
}

TEST_F(ExchangeTest, FailureEndsTheStep) {
  open(spec);
  EXPECT_EQ(OPTIMC_OK, connect());
  EXPECT_EQ(OPTIMC_OK, add(0, 4096));
  code = 7;
  EXPECT_EQ(OPTIMC_IO_ERROR, optimc_step(optimizer, &error));
  EXPECT_STREQ("the exchange of 7 words of partial results between the shards "
               "failed with code 7; abort the step, and load a checkpoint if "
               "parameters have moved already",
               error.message);
  EXPECT_EQ(1, params[0]);
  double step = -1;
  EXPECT_EQ(OPTIMC_OK, optimc_get_scalar(optimizer, "step", OPTIMC_RATE_GROUP,
                                         0, &step, &error));
  EXPECT_EQ(0, step);
  code = 0;
  EXPECT_EQ(OPTIMC_OK, optimc_step(optimizer, &error)) << error.message;
  EXPECT_NE(1, params[0]);
}
