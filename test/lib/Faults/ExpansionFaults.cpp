//===- ExpansionFaults.cpp - faults of wrappers and expansions -*- C++ -*-===//
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

//===----------------------------------------------------------------------===//
// optim-wrap-amp, optim-expand-gates
//===----------------------------------------------------------------------===//

static unsigned dropUnscaling(ModuleOp module) {
  unsigned places = 0;
  for (MulOp op : collect<MulOp>(module))
    if (isNamed(op.getResult(), "_unscaled")) {
      op.replaceAllUsesWith(op.getLhs());
      ++places;
    }
  return places;
}

static unsigned invertFoundInf(ModuleOp module) {
  unsigned places = 0;
  for (CmpOp op : collect<CmpOp>(module))
    if (isNamed(op.getResult(), "finite")) {
      op.setKind(Compare::NE);
      ++places;
    }
  return places;
}

static unsigned gateForgetsClock(ModuleOp module) {
  unsigned places = 0;
  for (CommitOp commit : collect<CommitOp>(module)) {
    Value clock = commit.getClock();
    auto select = clock ? clock.getDefiningOp<SelectOp>() : SelectOp();
    if (!select || !isNamed(select.getResult(), "t_gated"))
      continue;
    commit.getClockMutable().assign(select.getOnTrue());
    ++places;
  }
  return places;
}

static unsigned gateForgetsState(ModuleOp module) {
  unsigned places = 0;
  for (CommitOp commit : collect<CommitOp>(module))
    for (OpOperand &value : commit.getValuesMutable()) {
      auto select = value.get().getDefiningOp<SelectOp>();
      if (!select || !isNamed(select.getResult(), "_gated") || places)
        continue;
      value.set(select.getOnTrue());
      ++places;
    }
  return places;
}

static unsigned invertGate(ModuleOp module) {
  unsigned places = 0;
  for (SelectOp op : collect<SelectOp>(module))
    if (isNamed(op.getResult(), "_gated") &&
        !isNamed(op.getResult(), "t_gated")) {
      swapOperands(op, 1, 2);
      ++places;
    }
  return places;
}

//===----------------------------------------------------------------------===//
// optim-expand-expr
//===----------------------------------------------------------------------===//

/// x - a*b becomes x + a*b.
static unsigned dropProductSign(ModuleOp module) {
  unsigned places = 0;
  for (FmaOp op : collect<FmaOp>(module))
    if (auto neg = op.getA().getDefiningOp<NegOp>()) {
      op->setOperand(0, neg.getOperand());
      ++places;
    }
  return places;
}

/// a*b - x becomes a*b + x.
static unsigned dropSumSign(ModuleOp module) {
  unsigned places = 0;
  for (FmaOp op : collect<FmaOp>(module))
    if (auto neg = op.getC().getDefiningOp<NegOp>()) {
      op->setOperand(2, neg.getOperand());
      ++places;
    }
  return places;
}

static unsigned unfuseProducts(ModuleOp module) {
  unsigned places = 0;
  for (FmaOp op : collect<FmaOp>(module)) {
    if (!isElement(op.getResult()))
      continue;
    replaceWith(op, [&](OpBuilder &builder) -> Value {
      auto product = MulOp::create(builder, op.getLoc(), op.getA(), op.getB());
      auto sum =
          AddOp::create(builder, op.getLoc(), product.getResult(), op.getC());
      return sum;
    });
    ++places;
  }
  return places;
}

/// Of two products the right one is rounded, and the left one fused.
static unsigned fuseLeftProduct(ModuleOp module) {
  unsigned places = 0;
  for (FmaOp op : collect<FmaOp>(module)) {
    auto left = op.getC().getDefiningOp<MulOp>();
    if (!left || !isElement(op.getResult()))
      continue;
    replaceWith(op, [&](OpBuilder &builder) -> Value {
      auto right = MulOp::create(builder, op.getLoc(), op.getA(), op.getB());
      auto sum = FmaOp::create(builder, op.getLoc(), left.getLhs(),
                               left.getRhs(), right.getResult());
      return sum;
    });
    ++places;
  }
  return places;
}

/// Products of scalars in float32 instead of float64.
static unsigned scalarPartsInSingle(ModuleOp module) {
  unsigned places = 0;
  for (MulOp op : collect<MulOp>(module)) {
    bool meetsElements = llvm::any_of(op->getUsers(), [](Operation *user) {
      return isa<FmaOp, AddOp, SubOp, MulOp, DivOp>(user) &&
             isElement(user->getResult(0));
    });
    if (isElement(op.getResult()) || !meetsElements)
      continue;
    OpBuilder builder(op);
    builder.setInsertionPointAfter(op);
    auto rounded =
        MulOp::create(builder, op.getLoc(), op.getLhs(), op.getRhs());
    rounded.getResult().setType(
        RatedType::getNumber(op.getContext(), Rate::Element));
    for (OpOperand &use : llvm::make_early_inc_range(op->getUses()))
      if (isa<FmaOp, AddOp, SubOp, MulOp, DivOp>(use.getOwner()) &&
          isElement(use.getOwner()->getResult(0)))
        use.set(rounded);
    ++places;
  }
  return places;
}

//===----------------------------------------------------------------------===//
// optim-expand-mixtures
//===----------------------------------------------------------------------===//

static unsigned forgetWeightOne(ModuleOp module) {
  unsigned places = 0;
  for (SelectOp op : collect<SelectOp>(module))
    if (isNamed(op.getOnFalse(), "_moved")) {
      op.replaceAllUsesWith(op.getOnFalse());
      ++places;
    }
  return places;
}

static bool isEmaWeight(SubOp op) {
  return isNamed(op.getResult(), "_w") && isLiteral(op.getLhs(), 1);
}

static unsigned decayAsWeight(ModuleOp module) {
  unsigned places = 0;
  for (SubOp op : collect<SubOp>(module))
    if (isEmaWeight(op)) {
      op.replaceAllUsesWith(op.getRhs());
      ++places;
    }
  return places;
}

/// `value` as a float32 computation, for what elements use of it.
static unsigned computeInSingle(Operation *op) {
  OpBuilder builder(op);
  Operation *single = builder.clone(*op);
  single->getResult(0).setType(
      RatedType::getNumber(op->getContext(), Rate::Element));
  unsigned uses = 0;
  for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
    Operation *user = use.getOwner();
    if (auto broadcast = dyn_cast<BroadcastOp>(user)) {
      broadcast.getResult().replaceAllUsesWith(single->getResult(0));
      ++uses;
    } else if (isa<FmaOp, MulOp>(user) && isElement(user->getResult(0))) {
      use.set(single->getResult(0));
      ++uses;
    }
  }
  return uses;
}

static unsigned weightInSingle(ModuleOp module) {
  unsigned places = 0;
  for (SubOp op : collect<SubOp>(module))
    if (isEmaWeight(op) && !isElement(op.getResult()))
      places += computeInSingle(op) != 0;
  return places;
}

static unsigned reverseDifference(ModuleOp module) {
  unsigned places = 0;
  for (SubOp op : collect<SubOp>(module))
    if (isNamed(op.getResult(), "_diff")) {
      swapOperands(op, 0, 1);
      ++places;
    }
  return places;
}

/// old + w (x - old) as old (1 - w) + w x.
static unsigned averageAsSumOfProducts(ModuleOp module) {
  unsigned places = 0;
  for (FmaOp op : collect<FmaOp>(module)) {
    auto diff = op.getB().getDefiningOp<SubOp>();
    if (!isNamed(op.getResult(), "_moved") || !diff ||
        !isElement(op.getResult()))
      continue;
    replaceWith(op, [&](OpBuilder &builder) -> Value {
      Location loc = op.getLoc();
      auto one = ConstantOp::create(builder, loc, 1.0);
      auto rest = SubOp::create(builder, loc, one.getResult(), op.getA());
      auto kept = MulOp::create(builder, loc, op.getC(), rest.getResult());
      auto sum = FmaOp::create(builder, loc, op.getA(), diff.getLhs(),
                               kept.getResult());
      return sum;
    });
    ++places;
  }
  return places;
}

/// 1 - decay^(t - 1).
static unsigned debiasStepBefore(ModuleOp module) {
  unsigned places = 0;
  for (PowOp op : collect<PowOp>(module)) {
    if (!isNamed(op.getResult(), "_pow") ||
        !op.getRhs().getDefiningOp<StepOp>())
      continue;
    OpBuilder builder(op);
    auto one = ConstantOp::create(builder, op.getLoc(), 1.0);
    auto before =
        SubOp::create(builder, op.getLoc(), op.getRhs(), one.getResult());
    op->setOperand(1, before);
    ++places;
  }
  return places;
}

static unsigned debiasInSingle(ModuleOp module) {
  unsigned places = 0;
  for (RecipOp op : collect<RecipOp>(module))
    if (isNamed(op.getResult(), "_scale") && !isElement(op.getResult()))
      places += computeInSingle(op) != 0;
  return places;
}

/// The sum of a mix starts from +0: a product of -0 becomes +0.
static unsigned mixFromPlusZero(ModuleOp module) {
  unsigned places = 0;
  for (MulOp op : collect<MulOp>(module)) {
    if (!isNamed(op.getResult(), "_term1") || !isElement(op.getResult()))
      continue;
    replaceWith(op, [&](OpBuilder &builder) -> Value {
      auto zero = ConstantOp::create(builder, op.getLoc(), 0.0);
      auto sum = FmaOp::create(builder, op.getLoc(), op.getLhs(), op.getRhs(),
                               zero.getResult());
      return sum;
    });
    ++places;
  }
  return places;
}

/// 0 * infinity takes part.
static unsigned mixZeroTerms(ModuleOp module) {
  unsigned places = 0;
  for (SelectOp op : collect<SelectOp>(module)) {
    llvm::StringRef name = getKeptNames(op.getCondition().getLoc());
    size_t at = name.rfind("_no");
    unsigned number;
    if (at == llvm::StringRef::npos ||
        name.drop_front(at + 3).getAsInteger(10, number))
      continue;
    op.replaceAllUsesWith(op.getOnFalse());
    ++places;
  }
  return places;
}

/// Positions 0 ... K-1 instead of 1 ... K.
static unsigned periodFromZero(ModuleOp module) {
  unsigned places = 0;
  for (AddOp op : collect<AddOp>(module)) {
    auto mod = op.getLhs().getDefiningOp<ModOp>();
    if (!mod || !isNamed(mod.getResult(), "_mod") || !isLiteral(op.getRhs(), 1))
      continue;
    op.replaceAllUsesWith(mod.getResult());
    ++places;
  }
  return places;
}

static unsigned everyAfterOne(ModuleOp module) {
  unsigned places = 0;
  for (CmpOp op : collect<CmpOp>(module)) {
    auto mod = op.getLhs().getDefiningOp<ModOp>();
    if (!mod || !isNamed(mod.getResult(), "_mod") || !isLiteral(op.getRhs(), 0))
      continue;
    OpBuilder builder(op);
    auto one = ConstantOp::create(builder, op.getLoc(), 1.0);
    op->setOperand(1, one);
    ++places;
  }
  return places;
}

llvm::ArrayRef<Fault> optimc::test::getExpansionFaults() {
  static const Fault faults[] = {
      {"amp-scale-ignored", "optim-wrap-amp",
       "the gradient is not divided by grad_scale", dropUnscaling},
      {"amp-gate-inverted", "optim-wrap-amp",
       "commits happen only if found_inf is set", invertFoundInf},
      {"gate-forgets-clock", "optim-expand-gates",
       "the clock moves on skipped steps", gateForgetsClock},
      {"gate-forgets-state", "optim-expand-gates",
       "one value moves on skipped steps", gateForgetsState},
      {"gate-inverted", "optim-expand-gates",
       "old and new values are exchanged", invertGate},
      {"expr-product-sign", "optim-expand-expr", "x - a*b is x + a*b",
       dropProductSign},
      {"expr-sum-sign", "optim-expand-expr", "a*b - x is a*b + x", dropSumSign},
      {"expr-unfused", "optim-expand-expr", "products are rounded before sums",
       unfuseProducts},
      {"expr-fused-left", "optim-expand-expr",
       "of two products the left one is fused", fuseLeftProduct},
      {"expr-scalars-in-f32", "optim-expand-expr",
       "products of scalars are computed in float32", scalarPartsInSingle},
      {"ema-weight-one", "optim-expand-mixtures",
       "weight 1 computes fma(1, x - old, old)", forgetWeightOne},
      {"ema-decay-as-weight", "optim-expand-mixtures",
       "the weight is the decay", decayAsWeight},
      {"ema-weight-in-f32", "optim-expand-mixtures",
       "1 - decay is computed in float32", weightInSingle},
      {"ema-difference-reversed", "optim-expand-mixtures",
       "old - x for x - old", reverseDifference},
      {"ema-as-products", "optim-expand-mixtures",
       "old (1 - w) + w x: another rounding", averageAsSumOfProducts},
      {"debias-step-before", "optim-expand-mixtures", "decay^(t-1)",
       debiasStepBefore},
      {"debias-in-f32", "optim-expand-mixtures",
       "the factor is divided in float32", debiasInSingle},
      {"mix-from-plus-zero", "optim-expand-mixtures",
       "the sum starts from +0 instead of -0", mixFromPlusZero},
      {"mix-zero-terms", "optim-expand-mixtures",
       "terms with coefficient 0 take part", mixZeroTerms},
      {"period-from-zero", "optim-expand-mixtures", "positions count from 0",
       periodFromZero},
      {"every-after-one", "optim-expand-mixtures", "t mod K == 1",
       everyAfterOne}};
  return faults;
}
