//===- GPUTest.cpp - PTX = machine code, bit for bit -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Differential/Compilation.h"
#include "../Differential/ReductionSpecs.h"
#include "../Differential/StoragePlans.h"
#include "Simulate.h"
#include "optimc/Pipelines/BuiltinSpecs.h"
#include <gtest/gtest.h>

using namespace optimc;
using namespace optimc::test;

namespace {
constexpr unsigned shards = 4;

/// Compiles and runs; an empty result is success.
std::string check(const std::string &text, std::vector<std::string> store,
                  unsigned number, std::vector<int64_t> sizes,
                  SimulationCounts &counts) {
  // Packed arithmetic, which the newest architecture has, differs in form.
  static constexpr uint32_t architectures[] = {80, 90, 100};
  SimulationOptions options;
  options.sm = architectures[number % 3];
  options.sizes = std::move(sizes);
  CompileOptions compileOptions;
  compileOptions.gpus = {"sm_" + std::to_string(options.sm)};
  compileOptions.store.assign(store.begin(), store.end());
  llvm::Expected<CompiledSpec> compiled = compile(text, compileOptions);
  if (!compiled)
    return toString(compiled.takeError());
  for (uint64_t seed : {uint64_t(0), uint64_t(number + 1)}) {
    options.seed = seed;
    std::string failure = checkPTX(*compiled->program, options, counts);
    if (!failure.empty())
      return "seed " + std::to_string(seed) + ": " + failure;
  }
  return {};
}

std::string describe(const std::vector<std::string> &store) {
  std::string text;
  for (const std::string &format : store)
    text += " " + format;
  return text;
}

class GPUTest : public testing::TestWithParam<unsigned> {};

TEST_P(GPUTest, BuiltinSpecsEqualMachineCode) {
  SimulationCounts counts;
  unsigned number = 0;
  for (const BuiltinSpec &spec : getBuiltinSpecs()) {
    if (number++ % shards != GetParam())
      continue;
    std::string failure = check(spec.text.str(), {}, number,
                                {0, 1, 3, 255, 4096, 100003, 20000}, counts);
    EXPECT_EQ(failure, "") << spec.name.str();
  }
  EXPECT_GT(counts.phases, 0u);
  EXPECT_GT(counts.values, 1000000u);
}

/// Every format of every stream.
TEST_P(GPUTest, StoredSpecsEqualMachineCode) {
  SimulationCounts counts;
  unsigned number = 0;
  for (const SpecSource &spec : getBuiltinSources())
    for (const std::vector<std::string> &store : getPlans(spec.text)) {
      if (number++ % (2 * shards) != GetParam())
        continue;
      std::string failure =
          check(spec.text, store, number, {0, 1, 255, 513, 4096, 9001}, counts);
      EXPECT_EQ(failure, "") << spec.name << describe(store);
    }
  EXPECT_GT(counts.phases, 0u);
}

TEST_P(GPUTest, RandomSpecsEqualMachineCode) {
  SimulationCounts counts;
  const std::vector<SpecSource> &specs = getRandomSpecs();
  Numbers numbers(GetParam() + 99);
  for (size_t i = 4 * GetParam(); i < specs.size(); i += 4 * shards) {
    std::vector<std::string> store;
    if (i % 8 == 0)
      store = getRandomPlan(specs[i].text, numbers);
    std::string failure = check(specs[i].text, store, unsigned(i),
                                {0, 1, 255, 1031, 4096}, counts);
    EXPECT_EQ(failure, "") << specs[i].name << describe(store) << "\n"
                           << specs[i].text;
    if (!failure.empty())
      return;
  }
  EXPECT_GT(counts.evaluations, 0u);
}

/// Reductions between all rates, values per row, column and block, classes of
/// tensors, rings.
TEST_P(GPUTest, ReductionSpecsEqualMachineCode) {
  SimulationCounts counts;
  ReductionSpecs generator(20260303 + GetParam());
  Numbers numbers(GetParam() + 55);
  unsigned compiled = 0;
  for (unsigned i = 0; i < 8; ++i) {
    std::string text = generator.generate();
    std::vector<std::string> store;
    if (i >= 4)
      store = getRandomPlan(text, numbers);
    std::string failure =
        check(text, store, i, {0, 1, 255, 1031, 4096, 20011}, counts);
    EXPECT_EQ(failure, "") << describe(store) << "\n" << text;
    if (!failure.empty())
      return;
    ++compiled;
  }
  EXPECT_EQ(compiled, 8u);
}

INSTANTIATE_TEST_SUITE_P(Shard, GPUTest, testing::Range(0u, shards));
} // namespace
