//===- VerifyArithmetic.cpp - constraints on elementary ops -----*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "optimc/Dialect/Optim/IR/Expr.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

//===----------------------------------------------------------------------===//
// Scalar rates only: kernels have no exact floor
//===----------------------------------------------------------------------===//

static LogicalResult verifyScalarOp(Operation *op, StringRef what) {
  for (Value operand : op->getOperands())
    if (failed(verifyScalar(op, operand, what)))
      return failure();
  Rate rate = getRate(op->getResult(0));
  if (isScalarRate(rate))
    return success();
  return errorAt(op->getLoc())
         << what << " must be a scalar, but the result is "
         << describeRate(rate);
}

LogicalResult ModOp::verify() { // mod_c1
  return verifyScalarOp(*this, "'mod' argument");
}

LogicalResult FloorOp::verify() { // floor_c1
  return verifyScalarOp(*this, "'floor' argument");
}

LogicalResult CeilOp::verify() { // ceil_c1
  return verifyScalarOp(*this, "'ceil' argument");
}

//===----------------------------------------------------------------------===//
// Rates
//===----------------------------------------------------------------------===//

LogicalResult BroadcastOp::verify() {
  auto from = cast<RatedType>(getOperand().getType());
  auto to = cast<RatedType>(getResult().getType());
  if (to.getRate() != getRate() || // broadcast_c2
      from.getPredicate() != to.getPredicate())
    return errorAt(getLoc())
           << "'broadcast' to " << stringifyRate(getRate()) << " of " << from
           << " cannot have the type " << to;
  if (!isAtMost(from.getRate(), getRate())) { // broadcast_c1
    InFlightDiagnostic error =
        errorAt(getOperandLoc(*this, getOperand()))
        << "'broadcast' goes to a finer rate, but " << quote(getOperand())
        << " is " << describeRate(from.getRate()) << ", not coarser than "
        << stringifyRate(getRate());
    noteHelp(error, "'reduce' goes to a coarser rate");
    return error;
  }
  return success();
}

LogicalResult ReduceOp::verify() {
  Rate from = optimc::optim::getRate(getOperand()), to = getRate();
  if (optimc::optim::getRate(getResult()) != to) // reduce_c4
    return errorAt(getLoc())
           << "'reduce' to " << stringifyRate(to) << " cannot have the type "
           << getResult().getType();
  if (to == Rate::Const) // reduce_c3
    return errorAt(getLoc())
           << "'reduce' needs a rate that data has; use model, group, tensor, "
              "row, col or block";
  if (from == Rate::Any || (from != to && isAtMost(to, from)))
    return success();
  InFlightDiagnostic error = errorAt(getOperandLoc(*this, getOperand()));
  error << "'reduce' goes to a coarser rate, but " << quote(getOperand())
        << " is " << describeRate(from);
  if (from == to) // reduce_c2
    error << " already";
  else
    error << ", not finer than " << stringifyRate(to);
  if (from != to && isAtMost(from, to))
    noteHelp(error, "'broadcast' goes to a finer rate");
  return error;
}

LogicalResult ConstantOp::verify() {
  if (optimc::optim::getRate(getResult()) == Rate::Any) // constant_c1
    return errorAt(getLoc()) << "a 'constant' has a rate: const to element";
  return success();
}

//===----------------------------------------------------------------------===//
// expr
//===----------------------------------------------------------------------===//

namespace {
struct NodeType {
  Rate rate;
  bool isPredicate;
};
} // namespace

/// An operand of a kernel's rate below `node`.
static Value findFineOperand(ExprOp op, ArrayRef<ExprNode> nodes,
                             const ExprNode &node) {
  SmallVector<const ExprNode *> stack{&node};
  while (!stack.empty()) {
    const ExprNode *next = stack.pop_back_val();
    if (next->kind == ExprNode::Operand) {
      Value operand = op.getInputs()[next->index];
      if (!isScalarRate(getRate(operand)))
        return operand;
    } else if (next->kind == ExprNode::Operator) {
      for (unsigned i = getArity(next->code); i-- > 0;)
        stack.push_back(&nodes[next->child[i]]);
    }
  }
  llvm_unreachable("an expression is as fine as one of its operands");
}

LogicalResult ExprOp::verify() {
  Location loc = getLoc();
  if (getCode().size() > maxExprSize) // expr_c2
    return errorAt(loc) << "'expr' has " << getCode().size()
                        << " terms and operators; at most " << maxExprSize
                        << " are allowed: name parts of it";
  std::optional<SmallVector<ExprNode>> nodes =
      readExpr(getCode(), getInputs().size(), getLiterals().size());
  if (!nodes) // expr_c1
    return errorAt(loc) << "'expr' code is not one expression over its "
                        << getInputs().size() << " operands and "
                        << getLiterals().size() << " literals";
  SmallVector<NodeType> types;
  for (const ExprNode &node : *nodes) {
    if (node.kind == ExprNode::Literal) {
      types.push_back({Rate::Const, false});
      continue;
    }
    if (node.kind == ExprNode::Operand) {
      auto type = cast<RatedType>(getInputs()[node.index].getType());
      types.push_back({type.getRate(), type.isPredicate()});
      continue;
    }
    Rate rate = Rate::Const;
    StringRef name = getFunctionName(node.code);
    for (unsigned i = 0, e = getArity(node.code); i != e; ++i) {
      NodeType child = types[node.child[i]];
      rate = join(rate, child.rate);
      bool wanted = node.code == ExprCode::Select && i == 0;
      if (child.isPredicate == wanted)
        continue;
      const ExprNode &inner = (*nodes)[node.child[i]];
      Location at = loc;
      std::string given = "a number";
      if (inner.kind == ExprNode::Operand) {
        Value value = getInputs()[inner.index];
        at = getOperandLoc(*this, value);
        given = quote(value) +
                (child.isPredicate ? ", a truth value" : ", a number");
      }
      if (wanted) // expr_c3
        return errorAt(at) << "'select' chooses by a truth value, but has "
                           << given;
      return errorAt(at) << "arithmetic needs numbers, but has " << given
                         << "; use select(condition, a, b)"; // expr_c3
    }
    bool isScalarOnly = node.code == ExprCode::Floor ||
                        node.code == ExprCode::Ceil ||
                        node.code == ExprCode::Mod;
    if (isScalarOnly && !isScalarRate(rate)) { // expr_c4
      Value cause = findFineOperand(*this, *nodes, node);
      InFlightDiagnostic error = errorAt(getTokenLoc(*this, name));
      error << "'" << name << "' argument must be a scalar, but "
            << quote(cause) << " is " << describeRate(getRate(cause));
      noteCause(error, cause, Rate::Tensor);
      return error;
    }
    types.push_back({rate, false});
  }
  if (types.back().isPredicate) // expr_c3
    return errorAt(loc) << "'expr' must be a number, but is a truth value";
  return success();
}
