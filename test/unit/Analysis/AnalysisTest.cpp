//===- AnalysisTest.cpp - stages, streams and costs -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "optimc/Analysis/Cost.h"
#include "optimc/Analysis/Stages.h"
#include "optimc/Analysis/ValueNames.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

namespace {
class AnalysisTest : public testing::Test {
protected:
  AnalysisTest() { context.loadDialect<OptimDialect>(); }

  Region &parse(const char *text) {
    module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module);
    return getOptimizer().getStep();
  }
  OptimizerOp getOptimizer() { return *module->getOps<OptimizerOp>().begin(); }
  Value find(StringRef name) {
    Value found;
    module->walk([&](Operation *op) {
      for (Value result : op->getResults())
        if (!found && getValueName(result) == name)
          found = result;
    });
    EXPECT_TRUE(found) << name.str();
    return found;
  }
  void run(std::unique_ptr<Pass> pass) {
    auto manager = PassManager::on<ModuleOp>(&context);
    manager.addNestedPass<OptimizerOp>(std::move(pass));
    EXPECT_TRUE(succeeded(manager.run(*module)));
  }
  std::string names(const llvm::SmallBitVector &streams) {
    std::string text;
    for (unsigned i : streams.set_bits())
      text += getOptimizer().getArgumentName(i).str() + " ";
    return text;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

const char *const reductions = R"(
optim.optimizer @clip(%p, %g) hyper(%lr = 0.1) {
  %scaled = mul %lr, %g
  %norm = reduce sum_sq %scaled to model
  %root = sqrt %norm
  %u = mul %root, %g
  %peak = reduce max_abs %u to tensor
  %v = mul %peak, %lr
  %w = mul %v, %u
  commit %p = %w
})";

TEST_F(AnalysisTest, StagesCountReductions) {
  Region &body = parse(reductions);
  StageAnalysis stages(body);
  for (auto [name, stage] : {std::pair("scaled", 0u),
                             {"norm", 1u},
                             {"root", 1u},
                             {"u", 1u},
                             {"peak", 2u},
                             {"v", 2u},
                             {"w", 2u}})
    EXPECT_EQ(stages.getStage(find(name)), stage) << name;
  EXPECT_EQ(stages.getStage(body.getArgument(0)), 0u);
  EXPECT_EQ(stages.getNumStages(), 3u);
}

TEST_F(AnalysisTest, StagesAreTheSameAfterSplittingHosts) {
  Region &body = parse(reductions);
  run(createOptimSplitHost());
  StageAnalysis stages(body);
  EXPECT_EQ(stages.getStage(find("u")), 1u);
  EXPECT_EQ(stages.getStage(find("w")), 2u);
  EXPECT_EQ(stages.getNumStages(), 3u);
}

const char *const periodic = R"(
optim.optimizer @periodic(%p, %g) hyper(%lr = 0.1, %x = 0)
    state(%a, %b, %n : group) {
  %zero = constant 0
  %last = cmp gt %x, %zero
  %sum = add %a, %g
  %root = sqrt %sum
  %u = div %g, %root
  %p_n = fma %lr, %u, %p
  %p_t = select %last, %p_n, %p
  %a_t = select %last, %zero, %sum
  commit %p = %p_t, %a = %a_t, %b = %b, %n = %x
})";

TEST_F(AnalysisTest, StreamsThatKeepTheirValueAreNotWritten) {
  Region &body = parse(periodic);
  StreamUse use = getStreamUse(body);
  EXPECT_EQ(names(use.reads), "p g a ");
  EXPECT_EQ(names(use.writes), "p a ");
}

TEST_F(AnalysisTest, KnownPredicatesRemoveStreams) {
  Region &body = parse(periodic);
  auto commit = cast<CommitOp>(body.front().getTerminator());
  auto useWhere = [&](bool last) {
    Valuation known;
    known[find("last")] = last;
    return getStreamUse(body.front(), commit.getTargets(), commit.getValues(),
                        known);
  };
  EXPECT_EQ(names(useWhere(false).reads), "g a ");
  EXPECT_EQ(names(useWhere(false).writes), "a ");
  EXPECT_EQ(names(useWhere(true).reads), "p g a ");
  EXPECT_EQ(names(useWhere(true).writes), "p a ");
}

TEST_F(AnalysisTest, SelectsOfEqualArmsNeedNoPredicate) {
  Region &body = parse(R"(
optim.optimizer @equal(%p, %g) hyper(%x = 0) {
  %c = cmp gt %g, %x
  %same = select %c, %p, %p
  %p_t = select %c, %same, %p
  commit %p = %p_t
})");
  EXPECT_TRUE(getStreamUse(body).none());
}

TEST_F(AnalysisTest, CostOfEachVariant) {
  Region &body = parse(periodic);
  BodyCost whole = getCost(body);
  ASSERT_EQ(whole.variants.size(), 1u);
  EXPECT_EQ(whole.variants[0].ops.flops, 5u); // add, sqrt, div, fma
  EXPECT_EQ(whole.variants[0].ops.divisions, 1u);
  EXPECT_EQ(whole.variants[0].ops.roots, 1u);
  EXPECT_EQ(whole.variants[0].ops.selects, 2u);
  EXPECT_EQ(getStreamBytes(getOptimizer(), whole.variants[0].use.reads), 12u);

  for (bool outlined : {false, true}) {
    if (outlined) {
      run(createOptimMakeKernels());
    } else {
      run(createOptimSplitHost());
      run(createOptimSpecialize());
    }
    BodyCost cost = getCost(body);
    ASSERT_EQ(cost.variants.size(), 2u);
    ASSERT_EQ(cost.predicates.size(), 1u);
    EXPECT_EQ(describeValue(cost.predicates[0]), "%last");
    const VariantCost &inner = cost.variants[0], &last = cost.variants[1];
    EXPECT_EQ(inner.mask, 1);
    EXPECT_EQ(inner.value, 0);
    EXPECT_EQ(names(inner.use.reads), "g a ");
    EXPECT_EQ(names(inner.use.writes), "a ");
    EXPECT_EQ(inner.ops.flops, 1u);
    EXPECT_EQ(last.value, 1);
    EXPECT_EQ(last.ops.flops, 5u);
    EXPECT_EQ(last.ops.selects, 0u);
    EXPECT_EQ(getStreamBytes(getOptimizer(), last.use.reads), 12u);
    EXPECT_EQ(getStreamBytes(getOptimizer(), last.use.writes), 8u);
  }
}

TEST_F(AnalysisTest, NamesSurviveOutlining) {
  parse(periodic);
  run(createOptimSplitHost());
  HostOp host = *getOptimizer().getStep().getOps<HostOp>().begin();
  EXPECT_EQ(describeValues(host.getResults()), "%lr, %last, %x");
}
} // namespace
