//===- ReductionDifferentialTest.cpp - phases = interpreter -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reductions to every rate, slices, classes of tensors and rings: compiled
// programs give the interpreter's bits for every instruction set, number of
// threads, choice between storing and recomputing, and way of running a step.
//
//===----------------------------------------------------------------------===//

#include "ReductionRuns.h"
#include "ReductionSpecs.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "optimc-c/Compiler.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include "optimc/Pipelines/BuiltinSpecs.h"
#include "optimc/Pipelines/Pipelines.h"
#include "llvm/ADT/StringExtras.h"
#include <gtest/gtest.h>
#include <map>

using namespace mlir;
using namespace optimc;
using namespace optimc::test;

static constexpr uint64_t allIsas = ~uint64_t(0);
static constexpr Way ways[] = {
    {"v4", 0, allIsas, 1, false},
    {"v3, 2 threads", OPTIMC_COMPILE_RECOMPUTE, OPTIMC_ISA_X86_64_V3, 2, false},
    {"baseline", OPTIMC_COMPILE_STORE, 0, 1, false},
    {"3 threads, in parts", 0, allIsas, 3, true},
    {"store, 17 threads", OPTIMC_COMPILE_STORE, allIsas, 17, false},
    {"recompute, 8 threads, in parts", OPTIMC_COMPILE_RECOMPUTE, allIsas, 8,
     true}};

namespace {
class ReductionTest : public testing::Test {
protected:
  ReductionTest() {
    registerOptimcDialects(registry);
    context.appendDialectRegistry(registry);
  }
  /// Compares all ways with the interpreter; `store` is a storage plan.
  void check(const std::string &text, const Workload &work,
             const char *store = nullptr);
  /// Compares several processes that share the tensors with one that has all.
  void checkShards(const std::string &text, const Workload &work,
                   const char *store = nullptr);

  DialectRegistry registry;
  MLIRContext context{MLIRContext::Threading::DISABLED};
  Comparison result;
};
} // namespace

void ReductionTest::check(const std::string &text, const Workload &work,
                          const char *store) {
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(text, ParserConfig(&context));
  ASSERT_TRUE(module) << text;
  optim::OptimizerOp op;
  module->walk([&](optim::OptimizerOp each) { op = each; });
  if (store) {
    optim::OptimSetStorageOptions options;
    for (StringRef choice : llvm::split(store, ','))
      options.formats.push_back(choice.str());
    PassManager passes(&context);
    passes.addNestedPass<optim::OptimizerOp>(optim::createOptimExpandDelays());
    passes.addNestedPass<optim::OptimizerOp>(
        optim::createOptimSetStorage(options));
    ASSERT_TRUE(succeeded(passes.run(*module))) << text;
  }
  Record expected = interpret(op, work);
  std::map<uint32_t, optimc_compiled *> programs; // by flags
  for (const Way &way : ways) {
    auto [place, isNew] = programs.try_emplace(way.flags, nullptr);
    if (isNew) {
      optimc_compile_options options = OPTIMC_COMPILE_OPTIONS_INIT;
      options.flags = way.flags;
      options.store = store;
      optimc_error error = {};
      EXPECT_EQ(OPTIMC_OK, optimc_compile_text(text.c_str(), &options,
                                               &place->second, &error))
          << error.message << "\n"
          << text;
    }
    if (HasFailure())
      break;
    std::string failure;
    Record found = runCompiled(optimc_compiled_program(place->second), work,
                               way, getStates(op), failure);
    EXPECT_EQ("", failure) << way.name << "\n" << text;
    compare(expected, found, result);
    EXPECT_EQ("", result.difference) << way.name << "\n" << text;
    if (HasFailure())
      break;
  }
  for (auto &[flags, compiled] : programs)
    optimc_compiled_destroy(compiled);
}

void ReductionTest::checkShards(const std::string &text, const Workload &work,
                                const char *store) {
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(text, ParserConfig(&context));
  ASSERT_TRUE(module) << text;
  std::vector<std::string> states;
  module->walk([&](optim::OptimizerOp op) { states = getStates(op); });
  optimc_compile_options options = OPTIMC_COMPILE_OPTIONS_INIT;
  options.store = store;
  optimc_compiled *compiled = nullptr;
  optimc_error error = {};
  ASSERT_EQ(OPTIMC_OK,
            optimc_compile_text(text.c_str(), &options, &compiled, &error))
      << error.message;
  const optimc_program *program = optimc_compiled_program(compiled);
  std::string failure;
  Record expected = runCompiled(program, work, ways[0], states, failure);
  EXPECT_EQ("", failure) << text;
  for (unsigned processes : {2, 5}) {
    Record found =
        runSharded(program, work, processes, processes, states, failure);
    EXPECT_EQ("", failure) << text;
    compare(expected, found, result);
    EXPECT_EQ("", result.difference) << processes << " processes\n" << text;
    if (HasFailure())
      break;
  }
  optimc_compiled_destroy(compiled);
}

static std::vector<Shape> smallShapes() {
  return {{{}, 1},        {{1}, 1},
          {{0}, 4},       {{257}, 100},
          {{3, 5}, 4},    {{64, 16}, 16},
          {{65, 33}, 50}, {{4, 4097}, 999},
          {{2, 3, 7}, 5}, {{2, 130, 3, 19}, 64},
          {{3, 0, 5}, 2}, {{300, 1}, 4096}};
}

/// Large enough for threads to be woken, and for several blocks of everything.
static std::vector<Shape> largeShapes() {
  return {{{130, 1111}, 5000}, {{70000}, 4096}, {{3, 200, 150}, 777}};
}

/// Some can be cut by rows, some only by elements.
static std::vector<Shape> shardedShapes() {
  return {{{40000}, 4096}, {{256, 256}, 8192}, {{2, 128, 96}, 4096},
          {{3, 50}, 10},   {{0, 4}, 1},        {{}, 1},
          {{7, 4096}, 512}};
}

class RandomReductionTest : public ReductionTest,
                            public testing::WithParamInterface<unsigned> {};

TEST_P(RandomReductionTest, CompiledEqualsInterpreted) {
  ReductionSpecs specs(4200 + GetParam());
  for (unsigned i = 0; i != 3 && !HasFailure(); ++i) {
    std::string text = specs.generate();
    check(text, makeWorkload(smallShapes(), i, /*wild=*/i % 2));
  }
  std::string text = specs.generate();
  if (!HasFailure())
    check(text, makeWorkload(largeShapes(), 99, false));
  if (!HasFailure())
    checkShards(text, makeWorkload(shardedShapes(), 98, false));
  EXPECT_GT(result.values, 100000u);
  EXPECT_GE(result.numbers, result.values / 2);
}

/// Rows, columns and blocks of any length cut blocks with one exponent.
TEST_P(RandomReductionTest, StoredEqualsInterpreted) {
  static constexpr const char *plans[] = {"states=q8",
                                          "exp_avg=q8_sr,exp_avg_sq=q8",
                                          "exp_avg=bf16_sr,exp_avg_sq=q8_sr"};
  const char *plan = plans[GetParam() % 3];
  ReductionSpecs specs(8400 + GetParam());
  for (unsigned i = 0; i != 2 && !HasFailure(); ++i)
    check(specs.generate(), makeWorkload(smallShapes(), i, /*wild=*/i % 2),
          plan);
  std::string text = specs.generate();
  if (!HasFailure())
    check(text, makeWorkload(largeShapes(), 97, false), plan);
  if (!HasFailure())
    checkShards(text, makeWorkload(shardedShapes(), 96, false), plan);
  EXPECT_GE(result.numbers, result.values / 2);
}

INSTANTIATE_TEST_SUITE_P(Shard, RandomReductionTest, testing::Range(0u, 12u));

TEST(ReductionSpecsTest, CoverEveryReduction) {
  ReductionSpecs specs(4200);
  for (unsigned i = 0; i != 2000; ++i)
    specs.generate();
  int least = 1 << 30;
  unsigned pairs = 0;
  for (const auto &[what, count] : specs.getCounts()) {
    least = std::min(least, count);
    pairs += what.find(' ') != std::string::npos;
  }
  // 7 kinds, 18 pairs of rates; two windows of `delay`.
  EXPECT_EQ(7u * 18 + 2, pairs);
  EXPECT_GE(least, 20);
}

TEST_F(ReductionTest, BuiltinsEqualTheInterpreter) {
  for (const BuiltinSpec &spec : getBuiltinSpecs()) {
    check(spec.text.str(), makeWorkload(smallShapes(), 7, false));
    check(spec.text.str(), makeWorkload(largeShapes(), 8, false));
    check(spec.text.str(), makeWorkload(smallShapes(), 9, true), "states=q8");
    if (HasFailure())
      return;
  }
}

/// Each slot of a ring has blocks of its own, which start with it.
TEST_F(ReductionTest, StoredRingsEqualTheInterpreter) {
  constexpr const char *text = R"(
optim.optimizer @rings(%p, %g) hyper(%lr = 0.01 in [0, inf))
    state(%m "exp_avg", %r "row_avg" : row, %w "window" = 0.5 slots 3) {
  %m_t  = ema %m, %g decay 0.9
  %last = delay %m_t by 1 "last"
  %old  = delay %g by 2 "old"
  %rows = reduce mean_sq %w to row
  %r_t  = ema %r, %rows decay 0.5
  %u    = expr (%m_t - 0.5 * %last + %old - 0.25 * %w) / (sqrt(%r_t) + 0.5)
  %p_t  = expr %p - %lr * %u
  commit %p = %p_t, %m = %m_t, %r = %r_t, %w = %g
}
)";
  for (const char *store :
       {"states=q8", "window=q8_sr,old=bf16_sr,last=q8", "old=q8,last=f16"})
    check(text, makeWorkload(smallShapes(), 12, /*wild=*/true, /*steps=*/8),
          store);
  check(text, makeWorkload(largeShapes(), 13, false, 5), "states=q8_sr");
  EXPECT_GE(result.numbers, result.values / 3);
}

/// Per clock and per tensor, of values that are known before reductions and
/// after them.
TEST_F(ReductionTest, ScalarRingsEqualTheInterpreter) {
  constexpr const char *text = R"(
optim.optimizer @rings(%p, %g) hyper(%lr = 0.01 in [0, inf))
    state(%w "window" : tensor = 0.5 slots 3, %n "count" : tensor slots 2) {
  %t    = t
  %rate = expr %lr * sqrt(%t)
  %late = delay %rate by 2 "late"
  %sq   = reduce mean_sq %g to tensor
  %all  = reduce max_abs %g to model
  %old  = delay %all by 4 "old"
  %n_t  = expr %n + %t
  %p_t  = expr %p - (%rate + %late) * %g / (1 + sqrt(%w) + %old + 0.1 * %n)
  commit %p = %p_t, %w = %sq, %n = %n_t, "count" = %n_t
} entry "rewind" {
  %n_t = expr %n - 1
  commit %n = %n_t
}
)";
  check(text, makeWorkload(smallShapes(), 14, /*wild=*/false, /*steps=*/9));
  check(text, makeWorkload(smallShapes(), 15, /*wild=*/true, /*steps=*/6),
        "param=f32");
  EXPECT_GE(result.numbers, result.values / 2);
}

/// Templates reduce whatever they are called with.
TEST_F(ReductionTest, OwnRatesEqualTheInterpreter) {
  constexpr const char *text = R"(
optim.func @all(%x) {
  %a = reduce sum %x to row
  %b = reduce mean %x to row
  %c = reduce sum_sq %x to row
  %d = reduce mean_sq %x to row
  %e = reduce max %x to row
  %f = reduce min %x to row
  %h = reduce max_abs %x to row
  yield %a, %b, %c, %d, %e, %f, %h
}
optim.func @norm(%x) {
  %sum = reduce sum %x to tensor
  %sq  = reduce mean_sq %x to tensor
  %n   = expr sqrt(%sq) + 1 / %sum
  yield %n
}
optim.optimizer @own(%p, %g) hyper(%lr = 0.01 in [0, inf))
    state(%r : row, %a1 : row, %b1 : row, %c1 : row, %d1 : row, %e1 : row, %f1 : row, %h1 : row, %n : tensor) {
  %rows = reduce max %g to row
  %neg = expr -0 * abs(%rows)
  %a, %b, %c, %d, %e, %f, %h = call @all(%rows)
  %a2, %b2, %c2, %d2, %e2, %f2, %h2 = call @all(%neg)
  %r_t = expr %a + %b + %c + %d + %e + %f + %h
  %one = call @norm(%g)
  %two = call @norm(%one)
  %p_t = expr %p - %lr * (%g + %r_t * %two)
  commit %p = %p_t, %r = %r_t, %a1 = %a2, %b1 = %b2, %c1 = %c2, %d1 = %d2, %e1 = %e2, %f1 = %f2, %h1 = %h2, %n = %two
}
)";
  check(text, makeWorkload(smallShapes(), 16, /*wild=*/false));
  EXPECT_GE(result.numbers, result.values / 3);
}

TEST_F(ReductionTest, ShardsEqualTheWhole) {
  for (const BuiltinSpec &spec : getBuiltinSpecs()) {
    Workload work = makeWorkload(shardedShapes(), 6, false);
    checkShards(spec.text.str(), work);
    checkShards(spec.text.str(), work, "states=q8_sr");
    if (HasFailure())
      return;
  }
  EXPECT_GE(result.numbers, result.values / 2);
}
