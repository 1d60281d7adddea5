//===- ExpandExpr.cpp - infix expressions to elementary ops -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Dialect/Optim/IR/Expr.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"

using namespace mlir;
using namespace optimc::optim;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMEXPANDEXPR
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"
} // namespace optimc::optim

namespace {
struct ExpandExpr : optimc::optim::impl::OptimExpandExprBase<ExpandExpr> {
  void runOnOperation() override;
};

/// Rewrites one tree.
class TreeExpansion {
public:
  TreeExpansion(ExprOp op, ArrayRef<ExprNode> nodes);
  Value expandRoot() { return expand(nodes.size() - 1); }
  void replace(Value value) {
    expansion.replace(cast<OpResult>(op.getResult()), value);
  }
  unsigned getNumFused() const { return fused; }

private:
  Value expand(unsigned node);
  Value expandOperator(const ExprNode &node);
  Value expandSum(const ExprNode &node);
  bool isFusable(unsigned product, Rate sum) const;
  Value child(const ExprNode &node, unsigned i) {
    return expand(node.child[i]);
  }
  template <typename OpTy>
  Value unary(const ExprNode &node) {
    Value operand = child(node, 0);
    return expansion.create<OpTy>(OpTy::getOperationName().split('.').second,
                                  operand);
  }
  template <typename OpTy>
  Value binary(const ExprNode &node) {
    Value lhs = child(node, 0), rhs = child(node, 1);
    return expansion.create<OpTy>(OpTy::getOperationName().split('.').second,
                                  lhs, rhs);
  }

  ExprOp op;
  ArrayRef<ExprNode> nodes;
  Expansion expansion;
  SmallVector<Rate> rates; ///< of each node: the join of its leaves'
  unsigned fused = 0;
};
} // namespace

TreeExpansion::TreeExpansion(ExprOp op, ArrayRef<ExprNode> nodes)
    : op(op), nodes(nodes), expansion(op) {
  for (const ExprNode &node : nodes) {
    Rate rate = Rate::Const;
    if (node.kind == ExprNode::Operand)
      rate = getRate(op.getInputs()[node.index]);
    else if (node.kind == ExprNode::Operator)
      for (unsigned i = 0, e = getArity(node.code); i != e; ++i)
        rate = join(rate, rates[node.child[i]]);
    rates.push_back(rate);
  }
  // Folds may have made operands coarser than the result, which keeps its rate.
  rates.back() = getRate(op.getResult());
}

/// Whether a term is a product in the precision of its sum.
bool TreeExpansion::isFusable(unsigned product, Rate sum) const {
  const ExprNode &node = nodes[product];
  return node.kind == ExprNode::Operator && node.code == ExprCode::Mul &&
         isKernelRate(rates[product]) == isKernelRate(sum);
}

Value TreeExpansion::expandSum(const ExprNode &node) {
  Rate rate = rates[&node - nodes.data()];
  bool isSub = node.code == ExprCode::Sub;
  bool fuseRight = isFusable(node.child[1], rate);
  if (!fuseRight && !isFusable(node.child[0], rate))
    return isSub ? binary<SubOp>(node) : binary<AddOp>(node);

  // The operands are expanded in the order of the text.
  ++fused;
  Value other, a, b;
  if (fuseRight) {
    other = child(node, 0);
    const ExprNode &product = nodes[node.child[1]];
    a = child(product, 0);
    b = child(product, 1);
    if (isSub)
      a = expansion.create<NegOp>("neg", a);
  } else {
    const ExprNode &product = nodes[node.child[0]];
    a = child(product, 0);
    b = child(product, 1);
    other = child(node, 1);
    if (isSub)
      other = expansion.create<NegOp>("neg", other);
  }
  return expansion.create<FmaOp>("fma", a, b, other);
}

Value TreeExpansion::expandOperator(const ExprNode &node) {
  switch (node.code) {
  case ExprCode::Add:
  case ExprCode::Sub:
    return expandSum(node);
  case ExprCode::Mul:
    return binary<MulOp>(node);
  case ExprCode::Div:
    return binary<DivOp>(node);
  case ExprCode::Neg:
    return unary<NegOp>(node);
  case ExprCode::Sqrt:
    return unary<SqrtOp>(node);
  case ExprCode::Abs:
    return unary<AbsOp>(node);
  case ExprCode::Sign:
    return unary<SignOp>(node);
  case ExprCode::Square:
    return unary<SquareOp>(node);
  case ExprCode::Exp:
    return unary<ExpOp>(node);
  case ExprCode::Log:
    return unary<LogOp>(node);
  case ExprCode::Rsqrt:
    return unary<RsqrtOp>(node);
  case ExprCode::Recip:
    return unary<RecipOp>(node);
  case ExprCode::Tanh:
    return unary<TanhOp>(node);
  case ExprCode::Sin:
    return unary<SinOp>(node);
  case ExprCode::Cos:
    return unary<CosOp>(node);
  case ExprCode::Floor:
    return unary<FloorOp>(node);
  case ExprCode::Ceil:
    return unary<CeilOp>(node);
  case ExprCode::Min:
    return binary<MinOp>(node);
  case ExprCode::Max:
    return binary<MaxOp>(node);
  case ExprCode::Pow:
    return binary<PowOp>(node);
  case ExprCode::Mod:
    return binary<ModOp>(node);
  case ExprCode::Fma: {
    Value a = child(node, 0), b = child(node, 1), c = child(node, 2);
    return expansion.create<FmaOp>("fma", a, b, c);
  }
  case ExprCode::Clamp: {
    Value x = child(node, 0), low = child(node, 1), high = child(node, 2);
    return expansion.create<ClampOp>("clamp", x, low, high);
  }
  case ExprCode::Select: {
    Value condition = child(node, 0), onTrue = child(node, 1),
          onFalse = child(node, 2);
    return expansion.create<SelectOp>("select", condition, onTrue, onFalse);
  }
  case ExprCode::End:
    break;
  }
  llvm_unreachable("not an operator");
}

Value TreeExpansion::expand(unsigned index) {
  const ExprNode &node = nodes[index];
  switch (node.kind) {
  case ExprNode::Operand:
    return op.getInputs()[node.index];
  case ExprNode::Literal:
    return expansion.get(OpFoldResult(op.getLiterals()[node.index]));
  case ExprNode::Operator:
    return expandOperator(node);
  }
  llvm_unreachable("unknown node");
}

void ExpandExpr::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  SmallVector<ExprOp> exprs;
  optimizer.walk([&](ExprOp op) { exprs.push_back(op); });
  for (ExprOp op : exprs) {
    std::optional<SmallVector<ExprNode>> nodes =
        readExpr(op.getCode(), op.getInputs().size(), op.getLiterals().size());
    assert(nodes && "the verifier checks the tree");
    TreeExpansion tree(op, *nodes);
    Value value = tree.expandRoot();
    tree.replace(value);
    if (tree.getNumFused())
      remark::passed(op.getLoc(), remark::RemarkOpts::name("ProductFused")
                                      .category(getArgument())
                                      .function(optimizer.getSymName()))
          << remark::metric("fma", tree.getNumFused())
          << remark::add("products that are terms of a sum became fma");
    op.erase();
  }
}
