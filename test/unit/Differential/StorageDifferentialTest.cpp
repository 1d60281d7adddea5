//===- StorageDifferentialTest.cpp - storage plans, bit for bit -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Differential.h"
#include "Numbers.h"
#include "StoragePlans.h"
#include <gtest/gtest.h>
#include <set>

using namespace optimc;
using namespace optimc::test;

namespace {
constexpr unsigned shards = 4;

DifferentialCase makeStoredCase(const SpecSource &spec, unsigned number,
                                std::vector<std::string> store) {
  DifferentialCase test = makeCase(spec, number);
  static constexpr int64_t sizes[] = {256, 257, 16, 17, 255, 1, 15, 0};
  test.scenario.sizes = {sizes[number % 8], number % 2 ? 4097 : 513,
                         sizes[(number + 3) % 8]};
  test.compile.store.assign(store.begin(), store.end());
  test.spec.name += " stored as";
  for (const std::string &format : store)
    test.spec.name += " " + format;
  return test;
}

std::string checkOne(const DifferentialCase &test) {
  return checkCompiled(test);
}

class StorageTest : public testing::TestWithParam<unsigned> {};

/// Every built-in spec in plans that have every format for every stream.
TEST_P(StorageTest, BuiltinSpecsEqualInterpreted) {
  ComparisonCounts counts;
  unsigned number = 0;
  for (const SpecSource &spec : getBuiltinSources())
    for (const std::vector<std::string> &store : getPlans(spec.text)) {
      if (number++ % shards != GetParam())
        continue;
      DifferentialCase test = makeStoredCase(spec, 3000 + number, store);
      std::string failure = checkCompiled(test, &counts);
      if (!failure.empty())
        FAIL() << describeFailure(test, failure, checkOne);
    }
  std::printf("%u cases, %llu values\n", number,
              static_cast<unsigned long long>(counts.values));
  EXPECT_GE(counts.getShare(), 0.4);
}

TEST_P(StorageTest, RandomSpecsEqualInterpreted) {
  const std::vector<SpecSource> &specs = getRandomSpecs();
  ComparisonCounts counts;
  Numbers numbers(GetParam() + 77);
  for (size_t i = 10 * GetParam() + 1; i < specs.size(); i += 10 * shards) {
    DifferentialCase test =
        makeStoredCase(specs[i], i, getRandomPlan(specs[i].text, numbers));
    std::string failure = checkCompiled(test, &counts);
    if (!failure.empty())
      FAIL() << describeFailure(test, failure, checkOne);
  }
  EXPECT_GT(counts.values, 10000u);
}

TEST_P(StorageTest, PassesKeepBits) {
  unsigned number = 0, interpretations = 0;
  for (const SpecSource &spec : getBuiltinSources())
    for (const std::vector<std::string> &store : getPlans(spec.text)) {
      if (number++ % (3 * shards) != GetParam())
        continue;
      DifferentialCase test = makeStoredCase(spec, 4000 + number, store);
      test.scenario.sizes = {17, 257, 1};
      std::string failure = checkPasses(test, &interpretations);
      if (!failure.empty())
        FAIL() << describeFailure(
            test, failure, [](const auto &each) { return checkPasses(each); });
    }
  EXPECT_GE(interpretations, 30u);
}

TEST_P(StorageTest, ThreadsDoNotChangeBits) {
  static const std::vector<std::string> plans[] = {
      {"param=bf16_sr", "grad=bf16", "states=q8_sr"},
      {"param=split", "states=bf16_sr"}};
  SpecSource spec = getBuiltinSources()[2 * GetParam()];
  for (const std::vector<std::string> &store : plans) {
    DifferentialCase test = makeStoredCase(spec, 5000 + GetParam(), store);
    std::string failure = checkThreads(test);
    if (!failure.empty())
      FAIL() << describeFailure(test, failure, checkThreads);
  }
}

INSTANTIATE_TEST_SUITE_P(Shard, StorageTest, testing::Range(0u, shards));

TEST(StoragePlansTest, CoverEveryFormatOfEveryRole) {
  std::set<std::string> seen;
  for (const SpecSource &spec : getBuiltinSources())
    for (const std::vector<std::string> &store : getPlans(spec.text))
      for (const std::string &choice : store) {
        auto [name, format] = llvm::StringRef(choice).split('=');
        bool isState = name != "param" && name != "grad" && name != "states";
        seen.insert((isState ? "state=" : name.str() + "=") + format.str());
      }
  for (const char *wanted :
       {"param=bf16", "param=bf16_sr", "param=f16", "param=split", "grad=bf16",
        "grad=f16", "state=bf16", "state=bf16_sr", "state=f16", "state=q8",
        "state=q8_sr", "state=f32", "states=q8"})
    EXPECT_TRUE(seen.count(wanted)) << wanted;
}
} // namespace
