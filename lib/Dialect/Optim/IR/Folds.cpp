//===- Folds.cpp - folds ----------------------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Folds.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using llvm::APFloat;

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

//===----------------------------------------------------------------------===//
// Ops that return an operand
//===----------------------------------------------------------------------===//

static Attribute getLiteral(NumberAttr literal, Attribute operand) {
  return literal ? Attribute(literal) : operand;
}

/// Whether `1 - decay`, or `1 / count`, computed in float64 and rounded to the
/// precision of the result, is 1: the average is then its new value.
static bool isWholeWeight(Operation *op, Attribute attribute) {
  Rate rate = getRate(op->getResult(0));
  std::optional<APFloat> argument = getConstant(attribute, Rate::Const);
  if (!argument || rate == Rate::Any)
    return false;
  APFloat weight = APFloat::getOne(APFloat::IEEEdouble());
  if (isa<EmaOp>(op))
    weight.subtract(*argument, APFloat::rmNearestTiesToEven);
  else if (isa<MeanOp>(op))
    weight.divide(*argument, APFloat::rmNearestTiesToEven);
  else
    weight = *argument;
  return isConstant(NumberAttr::get(op->getContext(), weight.convertToDouble()),
                    rate, 1);
}

static Value findEqualLogic(Value lhs, Value rhs, Attribute constant,
                            bool neutral) {
  auto truth = dyn_cast_if_present<BoolAttr>(constant);
  if (lhs == rhs || (truth && truth.getValue() == neutral))
    return lhs;
  return {};
}

Value support::findEqualOperand(Operation *op, ArrayRef<Attribute> operands) {
  Rate rate = getRate(op->getResult(0));
  auto is = [&](unsigned i, double value) {
    return isConstant(operands[i], rate, value);
  };
  return llvm::TypeSwitch<Operation *, Value>(op)
      // x + -0 and x - 0 keep the sign of a zero; x + 0 does not.
      .Case([&](AddOp add) { return is(1, -0.0) ? add.getLhs() : Value(); })
      .Case([&](SubOp sub) { return is(1, 0.0) ? sub.getLhs() : Value(); })
      .Case([&](MulOp mul) { return is(1, 1) ? mul.getLhs() : Value(); })
      .Case([&](DivOp div) { return is(1, 1) ? div.getLhs() : Value(); })
      .Case([&](MinOp min) {
        return min.getLhs() == min.getRhs() || is(1, INFINITY) ? min.getLhs()
                                                               : Value();
      })
      .Case([&](MaxOp max) {
        return max.getLhs() == max.getRhs() || is(1, -INFINITY) ? max.getLhs()
                                                                : Value();
      })
      .Case([&](ClampOp clamp) {
        return is(1, -INFINITY) && is(2, INFINITY) ? clamp.getX() : Value();
      })
      .Case([&](NegOp neg) {
        auto inner = neg.getOperand().getDefiningOp<NegOp>();
        return inner ? inner.getOperand() : Value();
      })
      .Case([&](AbsOp abs) {
        auto inner = abs.getOperand().getDefiningOp<AbsOp>();
        return inner ? inner.getResult() : Value();
      })
      .Case([&](SignOp sign) {
        auto inner = sign.getOperand().getDefiningOp<SignOp>();
        return inner ? inner.getResult() : Value();
      })
      .Case<FloorOp, CeilOp>([&](auto round) {
        Operation *inner = round.getOperand().getDefiningOp();
        return isa_and_present<FloorOp, CeilOp>(inner) ? round.getOperand()
                                                       : Value();
      })
      .Case([&](AndOp op) {
        return findEqualLogic(op.getLhs(), op.getRhs(), operands[1], true);
      })
      .Case([&](OrOp op) {
        return findEqualLogic(op.getLhs(), op.getRhs(), operands[1], false);
      })
      .Case([&](NotOp op) {
        auto inner = op.getOperand().getDefiningOp<NotOp>();
        return inner ? inner.getOperand() : Value();
      })
      .Case([&](SelectOp select) -> Value {
        if (auto truth = dyn_cast_if_present<BoolAttr>(operands[0]))
          return truth.getValue() ? select.getOnTrue() : select.getOnFalse();
        return select.getOnTrue() == select.getOnFalse() ? select.getOnTrue()
                                                         : Value();
      })
      // Weight 1 is x by definition. Weight 0 is not `old`: an infinite x - old
      // makes fma(0, x - old, old) NaN.
      .Case([&](EmaOp ema) {
        Attribute decay = getLiteral(ema.getDecayLiteralAttr(),
                                     ema.getDecay() ? operands[2] : nullptr);
        return isWholeWeight(op, decay) ? ema.getX() : Value();
      })
      .Case([&](LerpOp lerp) {
        Attribute weight = getLiteral(lerp.getWeightLiteralAttr(),
                                      lerp.getWeight() ? operands[2] : nullptr);
        return isWholeWeight(op, weight) ? lerp.getX() : Value();
      })
      .Case([&](MeanOp mean) {
        Attribute count = getLiteral(mean.getCountLiteralAttr(),
                                     mean.getCount() ? operands[2] : nullptr);
        return isWholeWeight(op, count) ? mean.getX() : Value();
      })
      .Default([](Operation *) { return Value(); });
}

/// A constant, or an operand of the result's own rate. One of a coarser rate
/// needs a broadcast, which a fold cannot create: Canonicalize.cpp does.
static OpFoldResult simplify(Operation *op, ArrayRef<Attribute> operands) {
  if (Attribute constant = evaluate(op, operands))
    return constant;
  Value value = findEqualOperand(op, operands);
  if (value && value.getType() == op->getResult(0).getType())
    return value;
  return {};
}

//===----------------------------------------------------------------------===//
// The hooks
//===----------------------------------------------------------------------===//

#define FOLD(OP)                                                               \
  OpFoldResult OP::fold(FoldAdaptor adaptor) {                                 \
    return simplify(*this, adaptor.getOperands());                             \
  }
FOLD(AddOp)
FOLD(SubOp)
FOLD(MulOp)
FOLD(DivOp)
FOLD(FmaOp)
FOLD(MinOp)
FOLD(MaxOp)
FOLD(ModOp)
FOLD(ClampOp)
FOLD(NegOp)
FOLD(RecipOp)
FOLD(SignOp)
FOLD(FloorOp)
FOLD(CeilOp)
FOLD(EmaOp)
FOLD(LerpOp)
FOLD(MeanOp)
#undef FOLD

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }
OpFoldResult TruthOp::fold(FoldAdaptor) { return getValueAttr(); }

/// These forget their operand's sign.
template <typename OpTy>
static bool skipSign(OpTy op) {
  Operation *inner = op.getOperand().getDefiningOp();
  if (!isa_and_present<NegOp, AbsOp>(inner) ||
      inner->getOperand(0).getType() != op.getOperand().getType())
    return false;
  op.getOperandMutable().assign(inner->getOperand(0));
  return true;
}

OpFoldResult AbsOp::fold(FoldAdaptor adaptor) {
  if (OpFoldResult result = simplify(*this, adaptor.getOperands()))
    return result;
  return skipSign(*this) ? OpFoldResult(getResult()) : OpFoldResult();
}

OpFoldResult SquareOp::fold(FoldAdaptor adaptor) {
  if (OpFoldResult result = simplify(*this, adaptor.getOperands()))
    return result;
  return skipSign(*this) ? OpFoldResult(getResult()) : OpFoldResult();
}

OpFoldResult PowOp::fold(FoldAdaptor adaptor) {
  // By definition, NaN included (C99 Annex F). Nothing else of `pow` is exact.
  Rate rate = optimc::optim::getRate(getResult());
  if (isConstant(adaptor.getRhs(), rate, 0) ||
      isConstant(adaptor.getRhs(), rate, -0.0) ||
      isConstant(adaptor.getLhs(), rate, 1))
    return NumberAttr::get(getContext(), 1.0);
  return {};
}

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  // Equal numbers may be constants of different rates.
  Rate rate = optimc::optim::getRate(getResult());
  std::optional<APFloat> onTrue = getConstant(adaptor.getOnTrue(), rate),
                         onFalse = getConstant(adaptor.getOnFalse(), rate);
  if (onTrue && onFalse && onTrue->bitwiseIsEqual(*onFalse))
    return adaptor.getOnFalse();
  return simplify(*this, adaptor.getOperands());
}

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  if (isa_and_present<BoolAttr>(adaptor.getOperand()))
    return adaptor.getOperand();
  if (adaptor.getOperand() && getRate() != Rate::Any) {
    APFloat value = *getConstant(adaptor.getOperand(), getRate());
    bool isInexact;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                  &isInexact);
    // A scalar keeps its spelling.
    if (isScalarRate(getRate()))
      return adaptor.getOperand();
    return NumberAttr::get(getContext(), value.convertToDouble());
  }
  // The first crossing to float32 rounds, the second changes nothing.
  if (auto inner = getOperand().getDefiningOp<BroadcastOp>()) {
    getOperandMutable().assign(inner.getOperand());
    return getResult();
  }
  return {};
}

OpFoldResult CmpOp::fold(FoldAdaptor adaptor) {
  if (Attribute constant = evaluate(*this, adaptor.getOperands()))
    return constant;
  // x < x is false for NaN too; x <= x and x == x are not true for it.
  if (getLhs() == getRhs() &&
      (getKind() == Compare::LT || getKind() == Compare::GT))
    return BoolAttr::get(getContext(), false);
  return {};
}

/// `false and x` is false, `true or x` is true.
static OpFoldResult foldLogic(Operation *op, ArrayRef<Attribute> operands,
                              bool dominant) {
  for (Attribute operand : operands)
    if (auto truth = dyn_cast_if_present<BoolAttr>(operand);
        truth && truth.getValue() == dominant)
      return truth;
  Value value = findEqualOperand(op, operands);
  if (value && value.getType() == op->getResult(0).getType())
    return value;
  return {};
}

OpFoldResult AndOp::fold(FoldAdaptor adaptor) {
  return foldLogic(*this, adaptor.getOperands(), false);
}

OpFoldResult OrOp::fold(FoldAdaptor adaptor) {
  return foldLogic(*this, adaptor.getOperands(), true);
}

OpFoldResult NotOp::fold(FoldAdaptor adaptor) {
  if (auto truth = dyn_cast_if_present<BoolAttr>(adaptor.getOperand()))
    return BoolAttr::get(getContext(), !truth.getValue());
  Value value = findEqualOperand(*this, adaptor.getOperands());
  return value && value.getType() == getType() ? value : OpFoldResult();
}
