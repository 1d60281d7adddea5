//===- FoldFaults.cpp - faults of folds and common subexpressions -*-
// C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Faults.h"
#include "Rewriting.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::test;

static CommitOp getCommit(ModuleOp module) {
  OptimizerOp optimizer = *module.getOps<OptimizerOp>().begin();
  return cast<CommitOp>(optimizer.getStep().front().getTerminator());
}

/// Replaces every element op of one kind.
template <typename OpT, typename BuildT>
static unsigned replaceEach(ModuleOp module, BuildT build) {
  unsigned places = 0;
  for (OpT op : collect<OpT>(module)) {
    if (!isElement(op.getResult()))
      continue;
    replaceWith(op, [&](OpBuilder &builder) { return build(op, builder); });
    ++places;
  }
  return places;
}

static unsigned divideByReciprocal(ModuleOp module) {
  return replaceEach<DivOp>(module, [](DivOp op, OpBuilder &builder) -> Value {
    auto inverse = RecipOp::create(builder, op.getLoc(), op.getRhs());
    inverse.getResult().setType(op.getType());
    auto product =
        MulOp::create(builder, op.getLoc(), op.getLhs(), inverse.getResult());
    return product;
  });
}

static unsigned minForMax(ModuleOp module) {
  return replaceEach<MaxOp>(module, [](MaxOp op, OpBuilder &builder) -> Value {
    auto least = MinOp::create(builder, op.getLoc(), op.getLhs(), op.getRhs());
    return least;
  });
}

/// 0 - x is +0 for x = +0.
static unsigned negateFromZero(ModuleOp module) {
  return replaceEach<NegOp>(module, [](NegOp op, OpBuilder &builder) -> Value {
    auto zero = ConstantOp::create(builder, op.getLoc(), 0.0);
    auto negated =
        SubOp::create(builder, op.getLoc(), zero.getResult(), op.getOperand());
    return negated;
  });
}

/// x < 0 ? -x : x keeps -0.
static unsigned absByComparison(ModuleOp module) {
  return replaceEach<AbsOp>(module, [](AbsOp op, OpBuilder &builder) -> Value {
    Location loc = op.getLoc();
    auto zero = ConstantOp::create(builder, loc, 0.0);
    auto negative = CmpOp::create(builder, loc, Compare::LT, op.getOperand(),
                                  zero.getResult());
    auto negated = NegOp::create(builder, loc, op.getOperand());
    auto selected = SelectOp::create(builder, loc, negative.getResult(),
                                     negated.getResult(), op.getOperand());
    return selected;
  });
}

/// 1 for 0, and a sign for NaN.
static unsigned signByComparison(ModuleOp module) {
  return replaceEach<SignOp>(
      module, [](SignOp op, OpBuilder &builder) -> Value {
        Location loc = op.getLoc();
        auto zero = ConstantOp::create(builder, loc, 0.0);
        auto one = ConstantOp::create(builder, loc, 1.0);
        auto minusOne = ConstantOp::create(builder, loc, -1.0);
        auto positive = CmpOp::create(builder, loc, Compare::GE,
                                      op.getOperand(), zero.getResult());
        auto selected = SelectOp::create(builder, loc, positive.getResult(),
                                         one.getResult(), minusOne.getResult());
        return selected;
      });
}

/// max(min(x, high), low) is low where high < low.
static unsigned clampHighFirst(ModuleOp module) {
  return replaceEach<ClampOp>(
      module, [](ClampOp op, OpBuilder &builder) -> Value {
        auto low = MinOp::create(builder, op.getLoc(), op.getX(), op.getHigh());
        low.getResult().setType(op.getType());
        auto high =
            MaxOp::create(builder, op.getLoc(), low.getResult(), op.getLow());
        return high;
      });
}

static unsigned clampWithoutHigh(ModuleOp module) {
  return replaceEach<ClampOp>(
      module, [](ClampOp op, OpBuilder &builder) -> Value {
        auto raised =
            MaxOp::create(builder, op.getLoc(), op.getX(), op.getLow());
        return raised;
      });
}

/// a < b as not (a >= b): true for NaN.
static unsigned negateComparisons(ModuleOp module) {
  unsigned places = 0;
  for (CmpOp op : collect<CmpOp>(module)) {
    if (op.getKind() != Compare::LT && op.getKind() != Compare::GT)
      continue;
    OpBuilder builder(op);
    Compare opposite = op.getKind() == Compare::LT ? Compare::GE : Compare::LE;
    auto reversed =
        CmpOp::create(builder, op.getLoc(), opposite, op.getLhs(), op.getRhs());
    reversed.getResult().setType(op.getType());
    auto negated = NotOp::create(builder, op.getLoc(), reversed.getResult());
    op.replaceAllUsesWith(negated.getResult());
    op.erase();
    ++places;
  }
  return places;
}

static unsigned exchangeSelectArms(ModuleOp module) {
  unsigned places = 0;
  for (SelectOp op : collect<SelectOp>(module))
    if (isElement(op.getResult()) && !places) {
      swapOperands(op, 1, 2);
      ++places;
    }
  return places;
}

/// Old and new values of a state become one.
static unsigned mergeOldAndNew(ModuleOp module) {
  unsigned places = 0;
  CommitOp commit = getCommit(module);
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues())) {
    // Behind the gate.
    Value next = value;
    auto gated = value.getDefiningOp<SelectOp>();
    if (gated && isNamed(value, "_gated"))
      next = gated.getOnTrue();
    Operation *definition = next.getDefiningOp();
    if (!definition || !isElement(target) || next.getType() != target.getType())
      continue;
    for (OpOperand &use : llvm::make_early_inc_range(target.getUses()))
      if (use.getOwner() != commit && use.getOwner() != gated &&
          definition->isBeforeInBlock(use.getOwner())) {
        use.set(next);
        ++places;
      }
  }
  return places;
}

static unsigned mergeRandomIds(ModuleOp module) {
  unsigned places = 0;
  for (RandomOp op : collect<RandomOp>(module))
    if (op.getId() != 0) {
      op.setId(0);
      ++places;
    }
  return places;
}

llvm::ArrayRef<Fault> optimc::test::getFoldFaults() {
  static const Fault faults[] = {
      {"division-by-reciprocal", "canonicalize", "a / b is a * (1 / b)",
       divideByReciprocal},
      {"min-for-max", "canonicalize", "max is min", minForMax},
      {"neg-from-zero", "canonicalize", "-x is 0 - x", negateFromZero},
      {"abs-by-comparison", "canonicalize", "|-0| is -0", absByComparison},
      {"sign-by-comparison", "canonicalize", "sign(0) is 1", signByComparison},
      {"clamp-high-first", "canonicalize", "max(min(x, high), low)",
       clampHighFirst},
      {"clamp-without-high", "canonicalize", "the upper bound is missing",
       clampWithoutHigh},
      {"comparison-negated", "canonicalize", "a < b is not (a >= b)",
       negateComparisons},
      {"select-arms-exchanged", "canonicalize", "one select chooses wrongly",
       exchangeSelectArms},
      {"cse-old-and-new", "cse", "a state's old value is taken for its new one",
       mergeOldAndNew},
      {"cse-random-ids", "cse", "random numbers of two ids are taken for one",
       mergeRandomIds}};
  return faults;
}
