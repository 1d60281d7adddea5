//===- PassDifferentialTest.cpp - no pass changes a bit -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Differential.h"
#include <gtest/gtest.h>

using namespace optimc;
using namespace optimc::test;

namespace {
constexpr unsigned shards = 4;

std::string checkOne(const DifferentialCase &test) { return checkPasses(test); }

/// Interpreted before and after every pass, up to arith.
class PassDifferentialTest : public testing::TestWithParam<unsigned> {};

TEST_P(PassDifferentialTest, InterpretationsAgree) {
  const std::vector<SpecSource> &specs = getRandomSpecs();
  unsigned interpretations = 0, checked = 0;
  // Every fourth random spec: 80 of them.
  for (size_t i = 4 * GetParam(); i < specs.size(); i += 4 * shards) {
    DifferentialCase test = makeCase(specs[i], i);
    test.scenario.sizes = {17, 255, 1};
    std::string failure = checkPasses(test, &interpretations);
    if (!failure.empty())
      FAIL() << describeFailure(test, failure, checkOne);
    ++checked;
  }
  std::printf("%u specs, interpreted after %u passes that changed them\n",
              checked, interpretations);
  EXPECT_GE(checked, 60 / shards);
  EXPECT_GE(interpretations, 8 * checked);
}

INSTANTIATE_TEST_SUITE_P(Shard, PassDifferentialTest,
                         testing::Range(0u, shards));

TEST(BuiltinPassDifferentialTest, InterpretationsAgree) {
  unsigned number = 0;
  for (const SpecSource &spec : getBuiltinSources())
    for (unsigned repetition = 0; repetition < 3; ++repetition) {
      DifferentialCase test = makeCase(spec, 2000 + number++);
      test.scenario.steps = 8;
      std::string failure = checkPasses(test);
      if (!failure.empty())
        ADD_FAILURE() << describeFailure(test, failure, checkOne);
    }
  EXPECT_GE(number, 24u);
}
} // namespace
