//===- Signs.cpp - states that are never negative -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Analysis/Signs.h"
#include "optimc/Dialect/Optim/IR/Expr.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

namespace {
/// What is known of one body, under the assumption that the states in
/// `assumed` are not negative. Ops are visited in order: no recursion.
class BodySigns {
public:
  BodySigns(OptimizerOp optimizer, const llvm::SmallBitVector &assumed)
      : optimizer(optimizer), assumed(assumed) {}
  void visit(Block &block);
  bool isNonNegative(Value value) const;

private:
  bool isNonNegative(OpFoldResult value) const;
  bool isAtMostOne(OpFoldResult value) const;
  bool isWeight(OpFoldResult value) const {
    return isNonNegative(value) && isAtMostOne(value);
  }
  bool isCount(OpFoldResult value) const;
  bool evaluate(Operation *op) const;
  bool evaluate(ExprOp op) const;
  bool evaluate(MixOp op) const;
  HyperAttr getHyper(Value value) const;

  OptimizerOp optimizer;
  const llvm::SmallBitVector &assumed;
  llvm::DenseSet<Value> known;     ///< not negative
  llvm::DenseSet<Value> fractions; ///< at most 1
};
} // namespace

static std::optional<double> getLiteral(OpFoldResult value) {
  if (auto attribute = dyn_cast_if_present<Attribute>(value))
    return cast<NumberAttr>(attribute).getValue();
  if (auto constant = dyn_cast<Value>(value).getDefiningOp<optim::ConstantOp>())
    return constant.getValue().getValue();
  return std::nullopt;
}

HyperAttr BodySigns::getHyper(Value value) const {
  OptimizerOp op = optimizer;
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner()->getParentOp() != optimizer ||
      argument.getArgNumber() < op.getFirstHyper() ||
      argument.getArgNumber() >= op.getFirstState())
    return {};
  return op.getHyper(argument.getArgNumber() - op.getFirstHyper());
}

bool BodySigns::isNonNegative(Value value) const {
  if (known.contains(value))
    return true;
  if (HyperAttr hyper = getHyper(value))
    return hyper.getLowValue() >= 0;
  OptimizerOp op = optimizer;
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner()->getParentOp() != optimizer ||
      argument.getArgNumber() < op.getFirstState() ||
      argument.getArgNumber() >= op.getFirstInput())
    return false;
  return assumed.test(argument.getArgNumber() - op.getFirstState());
}

bool BodySigns::isNonNegative(OpFoldResult value) const {
  if (std::optional<double> literal = getLiteral(value))
    return *literal >= 0;
  return isNonNegative(cast<Value>(value));
}

bool BodySigns::isAtMostOne(OpFoldResult value) const {
  if (std::optional<double> literal = getLiteral(value))
    return *literal <= 1;
  if (HyperAttr hyper = getHyper(cast<Value>(value)))
    return hyper.getHighValue() <= 1;
  return fractions.contains(cast<Value>(value));
}

/// Counts start at 1.
bool BodySigns::isCount(OpFoldResult value) const {
  if (std::optional<double> literal = getLiteral(value))
    return *literal >= 1;
  if (HyperAttr hyper = getHyper(cast<Value>(value)))
    return hyper.getLowValue() >= 1;
  return isa_and_present<StepOp, PeriodOp>(cast<Value>(value).getDefiningOp());
}

/// By the tree; a product of a leaf with itself is a square.
bool BodySigns::evaluate(ExprOp op) const {
  std::optional<SmallVector<ExprNode>> nodes =
      readExpr(op.getCode(), op.getOperands().size(), op.getLiterals().size());
  if (!nodes)
    return false;
  SmallVector<bool> signs;
  auto sameLeaf = [&](unsigned a, unsigned b) {
    const ExprNode &x = (*nodes)[a], &y = (*nodes)[b];
    return x.kind == ExprNode::Operand && y.kind == ExprNode::Operand &&
           op->getOperand(x.index) == op->getOperand(y.index);
  };
  for (const ExprNode &node : *nodes) {
    auto child = [&](unsigned i) { return signs[node.child[i]]; };
    bool sign = false;
    if (node.kind == ExprNode::Operand) {
      sign = isNonNegative(op->getOperand(node.index));
    } else if (node.kind == ExprNode::Literal) {
      sign = cast<NumberAttr>(op.getLiterals()[node.index]).getValue() >= 0;
    } else {
      switch (node.code) {
      case ExprCode::Abs:
      case ExprCode::Square:
      case ExprCode::Exp:
      case ExprCode::Sqrt:
        sign = true;
        break;
      case ExprCode::Mul:
        sign = sameLeaf(node.child[0], node.child[1]) || (child(0) && child(1));
        break;
      case ExprCode::Add:
      case ExprCode::Div:
      case ExprCode::Min:
        sign = child(0) && child(1);
        break;
      case ExprCode::Max:
        sign = child(0) || child(1);
        break;
      case ExprCode::Select:
        sign = child(1) && child(2);
        break;
      default:
        break;
      }
    }
    signs.push_back(sign);
  }
  return signs.back();
}

bool BodySigns::evaluate(MixOp op) const {
  auto terms = op.getValues();
  for (auto [coefficient, term] : llvm::zip(op.getMixedCoefficients(), terms))
    if (!isNonNegative(coefficient) || !isNonNegative(Value(term)))
      return false;
  return true;
}

bool BodySigns::evaluate(Operation *op) const {
  auto all = [&](ValueRange values) {
    return llvm::all_of(values, [&](Value value) {
      std::optional<double> literal = getLiteral(value);
      return literal ? *literal >= 0 : isNonNegative(value);
    });
  };
  if (isa<SquareOp, AbsOp, SqrtOp, ExpOp, StepOp, RandomOp, PeriodOp>(op))
    return true;
  if (auto product = dyn_cast<MulOp>(op);
      product && product.getLhs() == product.getRhs())
    return true;
  if (isa<AddOp, MulOp, DivOp, MinOp, FmaOp, BroadcastOp, ReduceOp>(op))
    return all(op->getOperands());
  if (isa<MaxOp>(op))
    return all(op->getOperand(0)) || all(op->getOperand(1));
  if (auto select = dyn_cast<SelectOp>(op))
    return all({select.getOnTrue(), select.getOnFalse()});
  if (auto ema = dyn_cast<EmaOp>(op))
    return all({ema.getOld(), ema.getX()}) && isWeight(ema.getMixedDecay());
  if (auto lerp = dyn_cast<LerpOp>(op))
    return all({lerp.getOld(), lerp.getX()}) && isWeight(lerp.getMixedWeight());
  if (auto mean = dyn_cast<MeanOp>(op))
    return all({mean.getOld(), mean.getX()}) && isCount(mean.getMixedCount());
  if (auto debias = dyn_cast<DebiasOp>(op))
    return all(debias.getX()) && isWeight(debias.getMixedDecay());
  if (auto delay = dyn_cast<DelayOp>(op))
    return all(delay.getX());
  if (auto mix = dyn_cast<MixOp>(op))
    return evaluate(mix);
  if (auto expr = dyn_cast<ExprOp>(op))
    return evaluate(expr);
  return false;
}

void BodySigns::visit(Block &block) {
  for (Operation &op : block.without_terminator()) {
    // Between two decays, whatever the step: a decay.
    if (auto schedule = dyn_cast<ScheduleOp>(op);
        schedule && (schedule.getKind() == ScheduleKind::HalfLife ||
                     schedule.getKind() == ScheduleKind::Linear)) {
      auto args = schedule.getMixedArgs();
      if (isNonNegative(args[0]) && isNonNegative(args[1]))
        known.insert(schedule);
      if (isAtMostOne(args[0]) && isAtMostOne(args[1]))
        fractions.insert(schedule);
    } else if (op.getNumResults() != 0 && op.getNumRegions() == 0 &&
               evaluate(&op)) {
      known.insert_range(op.getResults());
    }
  }
}

/// Whether a state starts at 0 or above.
static bool startsNonNegative(OptimizerOp op, StateAttr state) {
  if (state.getInit() == Init::Value)
    return !state.getValue() || state.getValue().getValue() >= 0;
  if (state.getInit() != Init::Hyper)
    return false;
  for (unsigned i = 0, e = op.getHypers().size(); i != e; ++i)
    if (op.getHyper(i).getName() == state.getHyper())
      return op.getHyper(i).getLowValue() >= 0;
  return false;
}

llvm::SmallBitVector optimc::getNonNegativeStates(OptimizerOp optimizer) {
  // The largest set that implies itself: what a step breaks is taken out until
  // nothing is.
  unsigned count = optimizer.getStates().size();
  llvm::SmallBitVector states(count);
  for (unsigned i = 0; i != count; ++i)
    if (startsNonNegative(optimizer, optimizer.getState(i)))
      states.set(i);
  for (bool changed = true; changed;) {
    changed = false;
    llvm::SmallBitVector assumed = states;
    for (Region &body : optimizer.getBodies()) {
      BodySigns signs(optimizer, assumed);
      signs.visit(body.front());
      auto commit = cast<CommitOp>(body.front().getTerminator());
      for (auto [target, value] :
           llvm::zip(commit.getTargets(), commit.getValues())) {
        unsigned argument = cast<BlockArgument>(target).getArgNumber();
        if (argument < optimizer.getFirstState())
          continue;
        unsigned state = argument - optimizer.getFirstState();
        if (!states.test(state) || signs.isNonNegative(value))
          continue;
        states.reset(state);
        changed = true;
      }
    }
  }
  return states;
}
