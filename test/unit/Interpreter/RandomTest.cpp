//===- RandomTest.cpp - keyed random numbers --------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Against the hash of optimc-c/Program.h, written once more from its text.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

using namespace optimc::interp;
using namespace optimc::interp::test;

namespace {

uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9u;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

double expectedUniform(uint64_t seed, const std::string &tensor, uint64_t step,
                       uint64_t id, uint32_t index) {
  uint64_t name = 14695981039346656037u;
  for (unsigned char c : tensor)
    name = (name ^ c) * 1099511628211u;
  uint64_t key = mix(mix(mix(seed) ^ name) ^ step);
  uint64_t k = mix(key ^ mix(id << 32));
  uint32_t h = index * 2654435769u + uint32_t(k);
  h = (h ^ h >> 16) * 2146121005u;
  h ^= uint32_t(k >> 32);
  h = (h ^ h >> 15) * 2221713035u;
  h ^= h >> 16;
  return (h >> 8) / 16777216.0;
}

TEST(Random, IsAFunctionOfSeedStepTensorElementAndId) {
  Options options;
  options.seed = 42;
  Program program(R"(optim.optimizer @o(%p, %g) state(%s) {
    %a = random 0
    %b = random 7
    commit %p = %a, %s = %b
  })",
                  options);
  unsigned first = program.add("layer.0.weight", Numbers(300, 0.0));
  unsigned second = program.add("layer.0.bias", Numbers(5, 0.0));
  for (uint64_t step = 1; step <= 2; ++step) {
    expectOk(program->step());
    for (auto [tensor, name] : {std::pair(first, "layer.0.weight"),
                                std::pair(second, "layer.0.bias")}) {
      Numbers a = program->getParam(tensor);
      Numbers b = get(program->getState("s", tensor));
      for (size_t i = 0; i != a.size(); ++i) {
        EXPECT_EQ(a[i], expectedUniform(42, name, step, 0, i));
        EXPECT_EQ(b[i], expectedUniform(42, name, step, 7, i));
      }
    }
  }
}

TEST(Random, IsUniform) {
  size_t size = 1 << 16;
  Numbers zeros(size, 0.0);
  Numbers values = runStep("optim.optimizer @o(%p, %g) {\n %r = random 1\n"
                           " commit %p = %r\n}",
                           zeros, zeros);
  double sum = 0, squares = 0;
  for (double x : values) {
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / size, 0.5, 0.006);
  EXPECT_NEAR(squares / size, 1.0 / 3, 0.006);
}

} // namespace
