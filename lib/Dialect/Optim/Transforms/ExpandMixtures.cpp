//===- ExpandMixtures.cpp - ema, mix, debias, ... to elementary ops -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace optimc::optim;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMEXPANDMIXTURES
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"
} // namespace optimc::optim

namespace {
struct ExpandMixtures
    : optimc::optim::impl::OptimExpandMixturesBase<ExpandMixtures> {
  void runOnOperation() override;
};
} // namespace

//===----------------------------------------------------------------------===//
// lerp, ema, mean
//===----------------------------------------------------------------------===//

/// `w == 1` for the weight as the kernel sees it.
static Value isReplaced(Expansion &e, Value weight, Rate rate) {
  Value w = e.round("w", weight, rate), one = e.getConstant(1);
  return e.create<CmpOp>("replace", Compare::EQ, w, one);
}

/// The same on the host: the float64 values that round to 1 in float32 are
/// those from 1 - 2^-25 to 1 + 2^-24.
static Value isReplacedOnHost(Expansion &e, Value weight, Rate rate) {
  if (isKernelRate(getRate(weight)) || !isKernelRate(rate))
    return isReplaced(e, weight, rate);
  Value low = e.getConstant(1 - 0x1p-25), high = e.getConstant(1 + 0x1p-24);
  Value above = e.create<CmpOp>("w_ge", Compare::GE, weight, low);
  Value below = e.create<CmpOp>("w_le", Compare::LE, weight, high);
  return e.create<AndOp>("replace", above, below);
}

using Predicate = Value (*)(Expansion &, Value, Rate);

/// `x` where the weight is 1, else `fma(weight, x - old, old)`.
static Value expandLerp(Expansion &e, Value old, Value x, OpFoldResult weight,
                        Rate rate, Predicate isOne) {
  std::optional<double> known = getConstantValue(weight);
  if (known && roundTo(rate, *known) == 1)
    return x;
  Value w = e.get(weight);
  Value target = x;
  if (isScalarRate(getRate(old)))
    target = e.round("x", x, rate);
  Value difference = e.create<SubOp>("diff", target, old);
  Value moved = e.create<FmaOp>("moved", w, difference, old);
  if (known)
    return moved;
  Value replace = isOne(e, w, rate);
  return e.create<SelectOp>("select", replace, x, moved);
}

/// Averages are named for what they update: `m1_w`, `m1_diff`.
static std::string getBase(Value old, Value result) {
  std::string name = getWrittenName(old);
  return name.empty() ? getWrittenName(result) : name;
}

static void expand(LerpOp op) {
  Expansion e(op, getBase(op.getOld(), op.getResult()));
  Value value = expandLerp(e, op.getOld(), op.getX(), op.getMixedWeight(),
                           getRate(op.getResult()), isReplaced);
  e.replace(cast<OpResult>(op.getResult()), value);
}

static void expand(EmaOp op) {
  Expansion e(op, getBase(op.getOld(), op.getResult()));
  OpFoldResult weight;
  if (std::optional<double> decay = getConstantValue(op.getMixedDecay())) {
    weight = NumberAttr::get(op.getContext(), 1 - *decay);
  } else {
    Value one = e.getConstant(1);
    weight = e.create<SubOp>("w", one, op.getDecay());
  }
  Value value = expandLerp(e, op.getOld(), op.getX(), weight,
                           getRate(op.getResult()), isReplaced);
  e.replace(cast<OpResult>(op.getResult()), value);
}

static void expand(MeanOp op) {
  Expansion e(op, getBase(op.getOld(), op.getResult()));
  OpFoldResult weight;
  if (std::optional<double> count = getConstantValue(op.getMixedCount()))
    weight = NumberAttr::get(op.getContext(), 1 / *count);
  else
    weight = e.create<RecipOp>("w", op.getCount());
  // On the host: the first step of a cycle can become a variant, which does
  // not read the old mean.
  Value value = expandLerp(e, op.getOld(), op.getX(), weight,
                           getRate(op.getResult()), isReplacedOnHost);
  e.replace(cast<OpResult>(op.getResult()), value);
}

//===----------------------------------------------------------------------===//
// debias, mix
//===----------------------------------------------------------------------===//

static void expand(DebiasOp op) {
  Expansion e(op);
  Value decay = e.get(op.getMixedDecay());
  OpFoldResult given = op.getMixedCount();
  Value count = given ? e.get(given) : e.getStep();
  Value power = e.create<PowOp>("pow", decay, count);
  Value one = e.getConstant(1);
  Value mass = e.create<SubOp>("mass", one, power);
  Value scale = e.create<RecipOp>("scale", mass);
  Value value = e.create<MulOp>("mul", op.getX(), scale);
  e.replace(cast<OpResult>(op.getResult()), value);
}

static void expand(MixOp op) {
  Expansion e(op);
  Rate rate = getRate(op.getResult());
  Value sum; // null: -0, to which nothing has been added
  for (auto [i, x, coefficient] :
       llvm::enumerate(op.getValues(), op.getMixedCoefficients())) {
    std::string suffix = std::to_string(i + 1);
    std::optional<double> known = getConstantValue(coefficient);
    if (known && roundTo(rate, *known) == 0)
      continue;
    if (!sum && known && *known == 1 &&
        isKernelRate(getRate(x)) == isKernelRate(rate)) {
      sum = x;
      continue;
    }
    Value c = e.get(coefficient);
    // fma(c, x, -0) is the product, rounded once.
    Value next;
    if (sum) {
      next = e.create<FmaOp>("sum" + suffix, c, x, sum);
    } else {
      Value factor = e.round("x" + suffix, x, rate);
      next = e.create<MulOp>("term" + suffix, c, factor);
    }
    if (!known) {
      Value used = e.round("c" + suffix, c, rate);
      Value zero = e.getConstant(0);
      Value absent = e.create<CmpOp>("no" + suffix, Compare::EQ, used, zero);
      Value without = sum ? sum : e.getConstant(-0.0);
      next = e.create<SelectOp>("mix" + suffix, absent, without, next);
    }
    sum = next;
  }
  if (!sum)
    sum = e.getConstant(-0.0);
  e.replace(cast<OpResult>(op.getResult()), sum);
}

//===----------------------------------------------------------------------===//
// period, every
//===----------------------------------------------------------------------===//

static void expand(PeriodOp op) {
  std::string base;
  for (OpResult result : op->getResults())
    if (base.empty())
      base = getWrittenName(result);
  Expansion e(op, base);
  Value length = e.get(op.getMixedLength());
  Value t = e.getStep(), one = e.getConstant(1);
  Value done = e.create<SubOp>("done", t, one);
  Value position = e.create<ModOp>("mod", done, length);
  Value j = e.create<AddOp>("j", position, one);
  // j is used by `last` too: it takes its name last.
  if (!op.getN().use_empty()) {
    Value periods = e.create<DivOp>("periods", done, length);
    Value whole = e.create<FloorOp>("whole", periods);
    Value n = e.create<AddOp>("n", whole, one);
    e.replace(cast<OpResult>(op.getN()), n);
  }
  if (!op.getLast().use_empty()) {
    Value last = e.create<CmpOp>("last", Compare::EQ, j, length);
    e.replace(cast<OpResult>(op.getLast()), last);
  }
  e.replace(cast<OpResult>(op.getJ()), j);
}

static void expand(EveryOp op) {
  Expansion e(op);
  Value length = e.get(op.getMixedLength());
  Value t = e.getStep();
  Value position = e.create<ModOp>("mod", t, length);
  Value zero = e.getConstant(0);
  Value due = e.create<CmpOp>("due", Compare::EQ, position, zero);
  e.replace(cast<OpResult>(op.getResult()), due);
}

void ExpandMixtures::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  SmallVector<Operation *> ops;
  optimizer.walk([&](Operation *op) {
    if (isa<LerpOp, EmaOp, MeanOp, DebiasOp, MixOp, PeriodOp, EveryOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops) {
    llvm::TypeSwitch<Operation *>(op)
        .Case<LerpOp, EmaOp, MeanOp, DebiasOp, MixOp, PeriodOp, EveryOp>(
            [](auto each) { expand(each); });
    op->erase();
  }
}
