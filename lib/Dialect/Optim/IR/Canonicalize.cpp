//===- Canonicalize.cpp - rewrites that create ops --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Folds.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

using llvm::APFloat;

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

static Attribute getConstantOperand(Value value) {
  Attribute attribute;
  matchPattern(value, m_Constant(&attribute));
  return attribute;
}

/// Whether `op` has one result whose rate is the join of its operands', and
/// computes in the precision of that rate. Not `expr`, which computes its parts
/// in theirs.
static bool isElementwise(Operation *op) {
  return isa<AddOp, SubOp, MulOp, DivOp, FmaOp, MinOp, MaxOp, PowOp, ModOp,
             ClampOp, NegOp, AbsOp, SqrtOp, RsqrtOp, RecipOp, SquareOp, SignOp,
             ExpOp, LogOp, TanhOp, SinOp, CosOp, FloorOp, CeilOp, CmpOp, AndOp,
             OrOp, NotOp, SelectOp, EmaOp, LerpOp, MeanOp>(op);
}

namespace {
/// An op that returns an operand of a coarser rate is a broadcast of it.
struct ReplaceByBroadcast : RewritePattern {
  explicit ReplaceByBroadcast(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!isElementwise(op))
      return failure();
    SmallVector<Attribute> constants;
    for (Value operand : op->getOperands())
      constants.push_back(getConstantOperand(operand));
    Value value = findEqualOperand(op, constants);
    Rate rate = getRate(op->getResult(0));
    if (!value || value.getType() == op->getResult(0).getType() ||
        rate == Rate::Any || !isAtMost(getRate(value), rate))
      return failure();
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, value, rate);
    return success();
  }
};

/// Every op broadcasts its operands itself: the explicit form is needed only
/// where it alone makes the result as fine as it is.
struct AbsorbBroadcast : OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(BroadcastOp op,
                                PatternRewriter &rewriter) const override {
    bool changed = false;
    for (OpOperand &use : llvm::make_early_inc_range(op->getUses())) {
      Operation *user = use.getOwner();
      if (!isElementwise(user))
        continue;
      Rate rate = getRate(op.getOperand());
      for (OpOperand &other : user->getOpOperands())
        if (&other != &use)
          rate = join(rate, getRate(other.get()));
      if (rate != getRate(user->getResult(0)))
        continue;
      rewriter.modifyOpInPlace(user, [&] { use.set(op.getOperand()); });
      changed = true;
    }
    return success(changed);
  }
};

/// x * -1 and x / -1 are -x; a division by a power of two is a product.
template <typename OpTy>
struct ScaleByConstant : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    Rate rate = getRate(op.getResult());
    Attribute attribute = getConstantOperand(op.getRhs());
    Type type = op.getType();
    if (isConstant(attribute, rate, -1)) {
      rewriter.replaceOpWithNewOp<NegOp>(op, type, op.getLhs());
      return success();
    }
    std::optional<APFloat> divisor = getConstant(attribute, rate);
    APFloat inverse(0.0);
    if (!std::is_same_v<OpTy, DivOp> || !divisor || rate == Rate::Any ||
        !divisor->getExactInverse(&inverse))
      return failure();
    bool isInexact;
    inverse.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                    &isInexact);
    auto factor = ConstantOp::create(
        rewriter, op.getLoc(), inverse.convertToDouble(), getRate(op.getRhs()));
    rewriter.replaceOpWithNewOp<MulOp>(op, type, op.getLhs(), factor);
    return success();
  }
};

/// a + -b is a - b; a - -b is a + b; -0 - x is -x (0 - x is not, for x = 0).
struct AddOfNegation : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
    Value lhs = op.getLhs(), rhs = op.getRhs();
    if (lhs.getDefiningOp<NegOp>())
      std::swap(lhs, rhs);
    auto neg = rhs.getDefiningOp<NegOp>();
    if (!neg || neg.getOperand().getType() != rhs.getType())
      return failure();
    rewriter.replaceOpWithNewOp<SubOp>(op, op.getType(), lhs, neg.getOperand());
    return success();
  }
};

struct SubOfNegation : OpRewritePattern<SubOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SubOp op,
                                PatternRewriter &rewriter) const override {
    Value rhs = op.getRhs();
    if (isConstant(getConstantOperand(op.getLhs()), getRate(op.getResult()),
                   -0.0)) {
      rewriter.replaceOpWithNewOp<NegOp>(op, op.getType(), rhs);
      return success();
    }
    auto neg = rhs.getDefiningOp<NegOp>();
    if (!neg || neg.getOperand().getType() != rhs.getType())
      return failure();
    rewriter.replaceOpWithNewOp<AddOp>(op, op.getType(), op.getLhs(),
                                       neg.getOperand());
    return success();
  }
};

/// fma(a, b, -0) is a * b: an exact product of +0 plus -0 is +0, one of -0 is
/// -0, and any other is rounded once either way. With + 0 the sign of a zero
/// would change. fma(a, 1, c) is a + c and fma(a, -1, c) is c - a, since those
/// products are exact. In float64 the same holds of two roundings.
struct SimplifyFma : OpRewritePattern<FmaOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(FmaOp op,
                                PatternRewriter &rewriter) const override {
    Rate rate = getRate(op.getResult());
    Type type = op.getType();
    Value a = op.getA(), b = op.getB(), c = op.getC();
    if (isConstant(getConstantOperand(c), rate, -0.0)) {
      rewriter.replaceOpWithNewOp<MulOp>(op, type, a, b);
      return success();
    }
    if (getConstantOperand(a))
      std::swap(a, b);
    Attribute factor = getConstantOperand(b);
    if (isConstant(factor, rate, 1)) {
      rewriter.replaceOpWithNewOp<AddOp>(op, type, a, c);
      return success();
    }
    if (isConstant(factor, rate, -1)) {
      rewriter.replaceOpWithNewOp<SubOp>(op, type, c, a);
      return success();
    }
    return failure();
  }
};

/// Only `==` and `!=` are each other's opposites: NaN fails all other pairs.
struct NotOfCmp : OpRewritePattern<NotOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(NotOp op,
                                PatternRewriter &rewriter) const override {
    auto cmp = op.getOperand().getDefiningOp<CmpOp>();
    if (!cmp || (cmp.getKind() != Compare::EQ && cmp.getKind() != Compare::NE))
      return failure();
    Compare opposite = cmp.getKind() == Compare::EQ ? Compare::NE : Compare::EQ;
    rewriter.replaceOpWithNewOp<CmpOp>(
        op, op.getType(), CompareAttr::get(op.getContext(), opposite),
        cmp.getLhs(), cmp.getRhs());
    return success();
  }
};

struct SelectOfNot : OpRewritePattern<SelectOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SelectOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getCondition().getDefiningOp<NotOp>();
    if (!inner)
      return failure();
    rewriter.replaceOpWithNewOp<SelectOp>(op, op.getType(), inner.getOperand(),
                                          op.getOnFalse(), op.getOnTrue());
    return success();
  }
};

/// A term with coefficient 0 contributes nothing, by definition; one term with
/// coefficient 1 is fma(1, x, -0), which is x.
struct SimplifyMix : OpRewritePattern<MixOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(MixOp op,
                                PatternRewriter &rewriter) const override {
    Rate rate = getRate(op.getResult());
    SmallVector<Value> values, coefficients;
    SmallVector<Attribute> literals;
    bool isUnit = false;
    for (auto [coefficient, value] :
         llvm::zip(op.getMixedCoefficients(), op.getValues())) {
      auto argument = dyn_cast<Value>(coefficient);
      Attribute constant = argument ? getConstantOperand(argument)
                                    : cast<Attribute>(coefficient);
      if (isConstant(constant, rate, 0) || isConstant(constant, rate, -0.0))
        continue;
      isUnit = isConstant(constant, rate, 1);
      values.push_back(value);
      literals.push_back(argument ? Attribute(rewriter.getUnitAttr())
                                  : constant);
      if (argument)
        coefficients.push_back(argument);
    }
    if (rate == Rate::Any)
      return failure();
    if (values.empty()) {
      rewriter.replaceOpWithNewOp<ConstantOp>(op, -0.0, rate);
      return success();
    }
    if (values.size() == 1 && isUnit) {
      rewriter.replaceOpWithNewOp<BroadcastOp>(op, values.front(), rate);
      return success();
    }
    // The rest may be coarser; it must stay in the result's precision.
    if (values.size() == op.getValues().size() ||
        join(joinRates(values), joinRates(coefficients)) != rate)
      return failure();
    rewriter.replaceOpWithNewOp<MixOp>(op, op.getType(), values, coefficients,
                                       rewriter.getArrayAttr(literals));
    return success();
  }
};

/// A gate that is always open is none.
struct DropOpenGate : OpRewritePattern<CommitOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CommitOp op,
                                PatternRewriter &rewriter) const override {
    auto gate =
        op.getGate()
            ? dyn_cast_if_present<BoolAttr>(getConstantOperand(op.getGate()))
            : BoolAttr();
    if (!gate || !gate.getValue())
      return failure();
    rewriter.modifyOpInPlace(op, [&] { op.getGateMutable().clear(); });
    return success();
  }
};
} // namespace

void OptimDialect::getCanonicalizationPatterns(
    RewritePatternSet &patterns) const {
  patterns.add<ReplaceByBroadcast, AbsorbBroadcast, ScaleByConstant<MulOp>,
               ScaleByConstant<DivOp>, AddOfNegation, SubOfNegation,
               SimplifyFma, NotOfCmp, SelectOfNot, SimplifyMix, DropOpenGate>(
      patterns.getContext());
}
