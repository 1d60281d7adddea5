//===- StorageTest.cpp - values as formats keep them ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers worked out from docs/Numerics.md, section 7.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

using namespace optimc::interp;
using namespace optimc::interp::test;

namespace {
std::string makeSpec(const std::string &format) {
  return "optim.optimizer @o(%p, %g) state(%m \"kept\" observable) "
         "storage(\"kept\" = " +
         format + ") { commit %m = %g }";
}

/// What a step keeps of `values`.
Numbers keep(const std::string &format, const Numbers &values,
             Options options = {}) {
  Program program(makeSpec(format), options);
  unsigned tensor =
      program.add("w", {int64_t(values.size())}, Numbers(values.size(), 0));
  llvm::cantFail(program->setGradient(tensor, values));
  llvm::cantFail(program->step());
  return llvm::cantFail(program->getState("kept", tensor));
}

void expectKept(const std::string &format, const Numbers &values,
                const Numbers &expected) {
  Numbers kept = keep(format, values);
  for (size_t i = 0; i != values.size(); ++i) {
    if (std::isnan(expected[i])) {
      EXPECT_TRUE(std::isnan(kept[i])) << format << " of " << values[i];
      continue;
    }
    EXPECT_EQ(expected[i], kept[i]) << format << " of " << values[i];
    EXPECT_EQ(std::signbit(expected[i]), std::signbit(kept[i]))
        << format << " of " << values[i];
  }
}

TEST(StorageTest, Bf16IsToNearestEven) {
  expectKept("bf16",
             {1 + 0x1p-8, 1 + 0x3p-8, 1 + 0x1p-8 + 0x1p-20, -0.0, 0x1p-133,
              0x1p-134, 0x1.8p-134, 0x1.fep127, 0x1.ffp127, inf, quietNaN},
             {1, 1 + 0x4p-8, 1 + 0x2p-8, -0.0, 0x1p-133, 0, 0x1p-133,
              0x1.fep127, inf, inf, quietNaN});
}

TEST(StorageTest, F16IsToNearestEven) {
  expectKept("f16",
             {1 + 0x1p-11, 1 + 0x3p-11, 65519, 65520, -65536, 0x1p-24, 0x1p-25,
              0x1.8p-25, 0x3p-25, 0x1.ff8p-15, 0x1.ffcp-15, -inf, quietNaN},
             {1, 1 + 0x4p-11, 65504, inf, -inf, 0x1p-24, 0, 0x1p-24, 0x1p-23,
              0x1.ff8p-15, 0x1p-14, -inf, quietNaN});
}

TEST(StorageTest, Q8HasThreeBitsOfABlock) {
  // 127 codes below the one of 1.5: the smallest is 15 octaves and 7/8 lower.
  expectKept("q8",
             {1.5, 1.0625, 1.0624, -1.1875, -0x1p-14, 0x1.8p-15, 0x1.cp-16,
              0x1p-40, -0.0},
             {1.5, 1.125, 1, -1.25, -0x1p-14, 0x1.8p-15, 0x1.cp-16, 0, -0.0});
  // The largest is rounded up to find the exponent, and to nearest itself.
  expectKept("q8", {1.01, 0.9}, {1, 0.875});
  expectKept("q8 unsigned", {1.5, 0x1p-30, 0x1p-60, 0, 0x1p-149},
             {1.5, 0x1p-30, 0x1.cp-32, 0, 0x1.cp-32});
  // NaN is the largest of all: the block loses everything else but infinities.
  expectKept("q8", {quietNaN, inf, 0x1p127, 1}, {quietNaN, inf, 0x1p127, 0});
  // Subnormal blocks have the exponent 0.
  expectKept("q8", {0x1p-126, 0x1p-129, 0x1p-131}, {0x1p-126, 0x1p-129, 0});
}

TEST(StorageTest, BlocksCountFromTheStart) {
  Numbers values(600, 1);
  values[0] = 0x1p40;
  values[599] = 0x1p80;
  Numbers kept = keep("q8", values);
  EXPECT_EQ(0, kept[255]);
  EXPECT_EQ(1, kept[256]);
  EXPECT_EQ(1, kept[511]);
  EXPECT_EQ(0, kept[512]);
  EXPECT_EQ(0x1p80, kept[599]);
}

TEST(StorageTest, StochasticRoundingTakesANeighbourAndKeepsWhatFits) {
  for (const char *format : {"bf16_sr", "q8_sr"}) {
    double unit = std::string(format) == "bf16_sr" ? 0x1p-7 : 0x1p-3;
    Numbers values(4096, 1 + 0.25 * unit);
    Numbers kept = keep(format, values);
    size_t up = 0;
    for (double value : kept) {
      EXPECT_TRUE(value == 1 || value == 1 + unit) << value;
      up += value != 1;
    }
    // A quarter, within 5 standard deviations.
    EXPECT_NEAR(1024, up, 5 * std::sqrt(4096 * .25 * .75)) << format;
    Numbers exact(4096, 1 + unit);
    EXPECT_EQ(exact, keep(format, exact));
  }
  expectKept("bf16_sr", {inf, -inf, quietNaN}, {inf, -inf, quietNaN});
}

TEST(StorageTest, DrawsAreDifferentHalves) {
  Options other;
  other.seed = 5;
  Numbers values(256, 1 + 0x1p-8);
  Numbers first = keep("bf16_sr", values), again = keep("bf16_sr", values);
  EXPECT_EQ(first, again);
  EXPECT_NE(first, keep("bf16_sr draw 1", values));
  EXPECT_NE(first, keep("bf16_sr draw 2", values));
  EXPECT_NE(first, keep("bf16_sr", values, other));
}

TEST(StorageTest, GivenValuesAreRoundedToo) {
  Program program("optim.optimizer @o(%p, %g) state(%m \"copy\" = param "
                  "observable) storage(param = bf16, grad = f16) "
                  "{ commit %p = %g, %m = %p }");
  unsigned tensor = program.add("w", {1}, {1 + 0x1p-9});
  EXPECT_EQ(Numbers({1}), program->getParam(tensor));
  EXPECT_EQ(Numbers({1}), llvm::cantFail(program->getState("copy", tensor)));
  llvm::cantFail(program->setGradient(tensor, {70000}));
  llvm::cantFail(program->step());
  EXPECT_EQ(Numbers({inf}), program->getParam(tensor));
}

TEST(StorageTest, SplitIsExactAfterRegistration) {
  Program program("optim.optimizer @o(%p, %g) storage(param = split) "
                  "{ commit %p = %g }");
  unsigned tensor = program.add("w", {1}, {1 + 0x1p-20});
  EXPECT_EQ(Numbers({1}), program->getParam(tensor));
  llvm::cantFail(program->setGradient(tensor, {1 + 0x1p-20}));
  llvm::cantFail(program->step());
  EXPECT_EQ(Numbers({1 + 0x1p-20}), program->getParam(tensor));
}

TEST(StorageTest, DoublePrecisionAndOptionIgnoreThePlan) {
  Options exact, without;
  exact.precision = Precision::Double;
  without.rounds = false;
  EXPECT_EQ(Numbers({0.1}), keep("q8", {0.1}, exact));
  EXPECT_EQ(Numbers({double(0.1f)}), keep("q8", {0.1}, without));
}
} // namespace
