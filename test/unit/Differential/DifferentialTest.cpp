//===- DifferentialTest.cpp - compiled = interpreted, bit for bit -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Differential.h"
#include "SpecGenerator.h"
#include <gtest/gtest.h>

using namespace optimc;
using namespace optimc::test;

namespace {
constexpr unsigned shards = 16;

std::string checkOne(const DifferentialCase &test) {
  return checkCompiled(test);
}

/// Every shard has its own process under ctest.
class DifferentialTest : public testing::TestWithParam<unsigned> {};

TEST_P(DifferentialTest, CompiledEqualsInterpreted) {
  const std::vector<SpecSource> &specs = getRandomSpecs();
  ComparisonCounts counts;
  unsigned checked = 0, failed = 0;
  for (size_t i = GetParam(); i < specs.size(); i += shards) {
    DifferentialCase test = makeCase(specs[i], i);
    std::string failure = checkCompiled(test, &counts);
    ++checked;
    if (failure.empty())
      continue;
    ADD_FAILURE() << describeFailure(test, failure, checkOne);
    // Three specs are enough to see what they have in common.
    if (++failed == 3)
      return;
  }
  EXPECT_GE(checked, specs.size() / shards);
  std::printf("%u specs, %llu values compared with the interpreter, %.1f %% of "
              "them finite and nonzero\n",
              checked, static_cast<unsigned long long>(counts.values),
              100 * counts.getShare());
  EXPECT_GT(counts.values, 100000u);
  EXPECT_GE(counts.getShare(), 0.5);
}

INSTANTIATE_TEST_SUITE_P(Shard, DifferentialTest, testing::Range(0u, shards));

TEST(BuiltinDifferentialTest, CompiledEqualsInterpreted) {
  ComparisonCounts counts;
  unsigned number = 0;
  std::vector<SpecSource> specs = getBuiltinSources();
  for (const SpecSource &corner : getCornerSources())
    specs.push_back(corner);
  for (const SpecSource &spec : specs)
    for (unsigned repetition = 0; repetition < 2; ++repetition) {
      DifferentialCase test = makeCase(spec, 1000 + number++);
      std::string failure = checkCompiled(test, &counts);
      if (!failure.empty())
        ADD_FAILURE() << describeFailure(test, failure, checkOne);
    }
  EXPECT_GE(number, 20u);
  EXPECT_GE(counts.getShare(), 0.5);
}

TEST(GeneratorTest, CoversEveryOpAtEveryLegalRate) {
  SpecGenerator generator(20260101);
  EXPECT_GE(getRandomSpecs().size(), 300u);
  for (const SpecSource &spec : getRandomSpecs())
    EXPECT_EQ(spec.text, generator.generate());
  std::printf("%s", generator.coverage().table().c_str());
  EXPECT_GE(generator.coverage().least(), 20);
}

/// Real threads need tensors that are worth waking them.
class ThreadDifferentialTest : public testing::TestWithParam<unsigned> {};

TEST_P(ThreadDifferentialTest, ThreadsDoNotChangeBits) {
  const std::vector<SpecSource> &specs = getRandomSpecs();
  for (size_t i = GetParam(); i < specs.size(); i += 4 * 20) {
    DifferentialCase test = makeCase(specs[i], i);
    std::string failure = checkThreads(test);
    if (!failure.empty())
      FAIL() << describeFailure(test, failure, checkThreads);
  }
}

INSTANTIATE_TEST_SUITE_P(Shard, ThreadDifferentialTest,
                         testing::Range(0u, 80u, 20u));
} // namespace
