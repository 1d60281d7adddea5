//===- ScheduleFaults.cpp - faults of schedules -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Faults.h"
#include "Rewriting.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::test;

/// Beyond the end the formula goes on.
static unsigned forgetEnd(ModuleOp module) {
  unsigned places = 0;
  for (SelectOp op : collect<SelectOp>(module))
    if (isNamed(op.getCondition(), "_after")) {
      op.replaceAllUsesWith(op.getOnFalse());
      ++places;
    }
  return places;
}

static unsigned forgetStart(ModuleOp module) {
  unsigned places = 0;
  for (SelectOp op : collect<SelectOp>(module))
    if (isNamed(op.getCondition(), "_before")) {
      op.replaceAllUsesWith(op.getOnFalse());
      ++places;
    }
  return places;
}

static unsigned boundaryIsLate(ModuleOp module) {
  unsigned places = 0;
  for (CmpOp op : collect<CmpOp>(module)) {
    StringRef name = getKeptNames(op.getLoc());
    if (op.getKind() != Compare::GE || !name.contains("_reached"))
      continue;
    op.setKind(Compare::GT);
    ++places;
  }
  return places;
}

static unsigned exchangeEnds(ModuleOp module) {
  unsigned places = 0;
  for (SubOp op : collect<SubOp>(module))
    if (isNamed(op.getResult(), "_range")) {
      swapOperands(op, 0, 1);
      ++places;
    }
  return places;
}

/// The first step is step 0.
static unsigned countFromZero(ModuleOp module) {
  unsigned places = 0;
  for (DivOp op : collect<DivOp>(module)) {
    if (!isNamed(op.getResult(), "_x"))
      continue;
    OpBuilder builder(op);
    auto one = ConstantOp::create(builder, op.getLoc(), 1.0);
    auto before =
        SubOp::create(builder, op.getLoc(), op.getLhs(), one.getResult());
    op->setOperand(0, before);
    ++places;
  }
  return places;
}

static unsigned roundPi(ModuleOp module) {
  unsigned places = 0;
  for (ConstantOp op : collect<ConstantOp>(module))
    if (op.getValueAttr().getValue() == llvm::numbers::pi) {
      float rounded = static_cast<float>(llvm::numbers::pi);
      op.setValueAttr(NumberAttr::get(op.getContext(), rounded));
      ++places;
    }
  return places;
}

static unsigned stepRoundsUp(ModuleOp module) {
  unsigned places = 0;
  for (FloorOp op : collect<FloorOp>(module)) {
    if (!isNamed(op.getResult(), "_count"))
      continue;
    replaceWith(op, [&](OpBuilder &builder) -> Value {
      auto up = CeilOp::create(builder, op.getLoc(), op.getOperand());
      return up;
    });
    ++places;
  }
  return places;
}

static unsigned halfLifeOfOtherEnd(ModuleOp module) {
  unsigned places = 0;
  for (LogOp from : collect<LogOp>(module)) {
    StringRef name = getKeptNames(from.getLoc());
    if (!name.consume_back("_log_from"))
      continue;
    for (LogOp to : collect<LogOp>(module))
      if (getKeptNames(to.getLoc()) == (name + "_log_to").str() &&
          from.getOperand().getType() == to.getOperand().getType()) {
        Value start = from.getOperand();
        // The end's logarithm may use a constant that is defined later.
        from->moveBefore(to);
        from->setOperand(0, to.getOperand());
        to->setOperand(0, start);
        ++places;
      }
  }
  return places;
}

static unsigned decayBeforeWarmup(ModuleOp module) {
  unsigned places = 0;
  for (MinOp op : collect<MinOp>(module)) {
    if (!isNamed(op.getResult(), "_share"))
      continue;
    replaceWith(op, [&](OpBuilder &builder) -> Value {
      auto larger =
          MaxOp::create(builder, op.getLoc(), op.getLhs(), op.getRhs());
      return larger;
    });
    ++places;
  }
  return places;
}

llvm::ArrayRef<Fault> optimc::test::getScheduleFaults() {
  static constexpr llvm::StringLiteral phase = "optim-expand-schedules";
  static const Fault faults[] = {
      {"schedule-never-ends", phase, "the formula goes on after the end",
       forgetEnd},
      {"schedule-before-start", phase, "the formula begins before its start",
       forgetStart},
      {"schedule-boundary-late", phase, "> instead of >= at a boundary",
       boundaryIsLate},
      {"schedule-ends-exchanged", phase, "the range has the other sign",
       exchangeEnds},
      {"schedule-from-zero", phase, "the first step counts as 0",
       countFromZero},
      {"schedule-pi-in-f32", phase, "pi is rounded to float32", roundPi},
      {"schedule-step-early", phase, "ceil instead of floor", stepRoundsUp},
      {"schedule-half-life-ends", phase, "ln A and ln B are exchanged",
       halfLifeOfOtherEnd},
      {"schedule-inv-sqrt-max", phase, "max instead of min of the two phases",
       decayBeforeWarmup}};
  return faults;
}
