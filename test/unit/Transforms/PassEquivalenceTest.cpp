//===- PassEquivalenceTest.cpp - every pass keeps every bit -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Interprets specs before and after each pass of the lowering, up to arith,
// and compares the parameter, states, clocks and outputs bit for bit.
//
//===----------------------------------------------------------------------===//

#include "PassRun.h"
#include "SpecWriter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "optimc/Dialect/Optim/IR/Optim.h"
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

using namespace optimc;
using namespace optimc::optim;
using namespace optimc::test;

namespace {
constexpr unsigned numSteps = 4;

/// What the outlining passes promise about the form that they leave.
void checkForm(Spec &spec) {
  spec.getModule().walk([](mlir::Operation *op) {
    mlir::Operation *parent = op->getParentOp();
    if (!parent)
      return;
    if (llvm::isa<HostOp, KernelOp>(parent) && !llvm::isa<YieldOp>(op)) {
      EXPECT_TRUE((llvm::isa<mlir::arith::ArithDialect>(op->getDialect())) ||
                  (llvm::isa<mlir::math::FmaOp, mlir::math::SqrtOp>(op)))
          << op->getName().getStringRef().str();
      if (auto fast = llvm::dyn_cast<mlir::arith::ArithFastMathInterface>(op))
        EXPECT_EQ(fast.getFastMathFlagsAttr().getValue(),
                  mlir::arith::FastMathFlags::none);
    } else if (llvm::isa<OptimizerOp, VariantsOp>(parent)) {
      EXPECT_TRUE(
          (llvm::isa<HostOp, KernelOp, VariantsOp, StepOp, CommitOp, YieldOp>(
              op)) ||
          op->hasTrait<mlir::OpTrait::ConstantLike>())
          << op->getName().getStringRef().str();
    }
  });
}

/// Runs pass after pass; compares with the first run.
void checkEveryPass(Spec &spec, unsigned seed, const std::string &what) {
  SCOPED_TRACE(what);
  Trace before = spec.interpret(seed, numSteps);
  for (const std::string &pass : getPassSequence()) {
    std::string form = spec.print();
    ASSERT_TRUE(spec.run(pass)) << what;
    std::string difference =
        compareTraces(before, spec.interpret(seed, numSteps));
    ASSERT_EQ(difference, "") << "after " << pass << "; before:\n"
                              << form << "\nafter:\n"
                              << spec.print();
  }
  checkForm(spec);
}

// What the other tests rest on: a wrong bit is seen.
TEST(Traces, DifferencesAreFound) {
  auto interpret = [](const char *op) {
    Spec spec("optim.optimizer @f(%p, %g) {\n  %p_t = " + std::string(op) +
              " %p, %g\n  commit %p = %p_t\n}");
    EXPECT_TRUE(spec.isValid());
    return spec.interpret(1, numSteps);
  };
  EXPECT_EQ(compareTraces(interpret("sub"), interpret("sub")), "");
  EXPECT_NE(compareTraces(interpret("sub"), interpret("add")), "");
  EXPECT_NE(compareTraces(interpret("min"), interpret("max")), "");
}

std::string readFile(const std::string &name) {
  std::ifstream file(std::string(OPTIMC_SPEC_DIR "/") + name + ".mlir");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class BuiltinSpecs : public testing::TestWithParam<const char *> {};

TEST_P(BuiltinSpecs, EveryPassKeepsTheBits) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    Spec spec(readFile(GetParam()));
    ASSERT_TRUE(spec.isValid());
    checkEveryPass(spec, seed, GetParam());
  }
}

TEST_P(BuiltinSpecs, AmpAndFrozenHyperparameters) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    Spec spec(readFile(GetParam()));
    ASSERT_TRUE(spec.isValid());
    ASSERT_TRUE(spec.run("optim.optimizer(optim-wrap-amp)"));
    ASSERT_TRUE(spec.run("optim.optimizer(optim-freeze{values=lr=0.25})"));
    checkEveryPass(spec, seed, GetParam());
  }
}

INSTANTIATE_TEST_SUITE_P(Optimizers, BuiltinSpecs,
                         testing::Values("sgd", "adam", "adamw", "ademamix",
                                         "lion", "signum", "adamw_pma",
                                         "lion_pma"));

class RandomSpecs : public testing::TestWithParam<unsigned> {};

TEST_P(RandomSpecs, EveryPassKeepsTheBits) {
  for (unsigned i = 0; i < 40; ++i) {
    unsigned seed = GetParam() * 1000 + i;
    std::string text = writeSpec(seed);
    Spec spec(text);
    ASSERT_TRUE(spec.isValid()) << text;
    checkEveryPass(spec, seed, text);
    if (HasFatalFailure())
      return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomSpecs, testing::Range(0u, 4u));
} // namespace
