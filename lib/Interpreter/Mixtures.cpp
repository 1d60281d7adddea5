//===- Mixtures.cpp - expressions, mixtures, schedules ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"
#include "Schedules.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::interp;
using namespace optimc::optim;

FieldRef Evaluator::clock() {
  auto field =
      std::make_shared<Field>(Rate::Group, frame.getInstances(Rate::Group));
  for (auto [tensor, part] : llvm::zip(frame.clocks, field->parts))
    part = {toWord(tensor->step + (frame.isStep ? 1 : 0))};
  return field;
}

//===----------------------------------------------------------------------===//
// expr
//===----------------------------------------------------------------------===//

namespace {
/// Evaluates a tree from the root; each node is computed once.
struct ExprReader {
  llvm::function_ref<FieldRef(ExprCode, Rate, ArrayRef<FieldRef>)> compute;
  ArrayRef<ExprNode> nodes;
  ArrayRef<FieldRef> leaves; ///< operands, then literals
  unsigned numOperands;
  SmallVector<Rate> rates; ///< by node

  bool isProduct(unsigned node, bool ofKernel) const {
    return nodes[node].kind == ExprNode::Operator &&
           nodes[node].code == ExprCode::Mul &&
           isKernelRate(rates[node]) == ofKernel;
  }
  FieldRef evaluate(unsigned node);
  FieldRef evaluateSum(const ExprNode &sum, Rate rate);
};
} // namespace

FieldRef ExprReader::evaluate(unsigned index) {
  const ExprNode &node = nodes[index];
  if (node.kind == ExprNode::Operand)
    return leaves[node.index];
  if (node.kind == ExprNode::Literal)
    return leaves[numOperands + node.index];
  if (node.code == ExprCode::Add || node.code == ExprCode::Sub)
    return evaluateSum(node, rates[index]);
  SmallVector<FieldRef, 3> args;
  for (unsigned i = 0, e = getArity(node.code); i != e; ++i)
    args.push_back(evaluate(node.child[i]));
  return compute(node.code, rates[index], args);
}

/// A product of the sum's precision is fused: the right one if both are.
FieldRef ExprReader::evaluateSum(const ExprNode &sum, Rate rate) {
  auto [left, right, unused] = sum.child;
  bool kernel = isKernelRate(rate), minus = sum.code == ExprCode::Sub;
  auto negated = [&](FieldRef x) { return compute(ExprCode::Neg, x->rate, x); };
  if (isProduct(right, kernel)) {
    FieldRef other = evaluate(left);
    FieldRef a = evaluate(nodes[right].child[0]);
    FieldRef b = evaluate(nodes[right].child[1]);
    return compute(ExprCode::Fma, rate, {minus ? negated(a) : a, b, other});
  }
  if (isProduct(left, kernel)) {
    FieldRef a = evaluate(nodes[left].child[0]);
    FieldRef b = evaluate(nodes[left].child[1]);
    FieldRef other = evaluate(right);
    return compute(ExprCode::Fma, rate, {a, b, minus ? negated(other) : other});
  }
  return compute(sum.code, rate, {evaluate(left), evaluate(right)});
}

LogicalResult Evaluator::runExpr(ExprOp op) {
  std::optional<SmallVector<ExprNode>> nodes =
      readExpr(op.getCode(), op.getInputs().size(), op.getLiterals().size());
  if (!nodes)
    return fail(op, "has a malformed tree");
  SmallVector<FieldRef> leaves;
  for (Value input : op.getInputs())
    leaves.push_back(get(input));
  for (Attribute literal : op.getLiterals())
    leaves.push_back(getMixed(literal));
  unsigned numOperands = op.getInputs().size();

  auto computeNode = [&](ExprCode code, Rate rate, FieldRefs args) {
    return compute(code, rate, args);
  };
  ExprReader reader{computeNode, *nodes, leaves, numOperands, {}};
  for (const ExprNode &node : *nodes) {
    Rate rate = Rate::Const;
    if (node.kind == ExprNode::Operand)
      rate = leaves[node.index]->rate;
    else if (node.kind == ExprNode::Operator)
      for (unsigned i = 0, e = getArity(node.code); i != e; ++i)
        rate = join(rate, reader.rates[node.child[i]]);
    bool hostOnly = node.kind == ExprNode::Operator &&
                    (node.code == ExprCode::Floor ||
                     node.code == ExprCode::Ceil || node.code == ExprCode::Mod);
    if (hostOnly && isKernelRate(rate))
      return fail(op, "computes " + getFunctionName(node.code) +
                          " up to tensor rate only, but its argument is " +
                          describeRate(rate));
    reader.rates.push_back(rate);
  }
  reader.rates.back() = resultRate(op, {}, reader.rates.back());
  FieldRef result = reader.evaluate(nodes->size() - 1);
  return define(op, convert(result, reader.rates.back()));
}

//===----------------------------------------------------------------------===//
// Mixtures
//===----------------------------------------------------------------------===//

FieldRef Evaluator::lerp(Rate rate, FieldRef old, FieldRef x, FieldRef weight) {
  return numbers(rate, {old, x, weight},
                 [](auto old, auto x, auto w) { return lerpOf(old, x, w); });
}

LogicalResult Evaluator::runMix(MixOp op) {
  SmallVector<FieldRef> args, coefficients;
  for (OpFoldResult coefficient : op.getMixedCoefficients())
    coefficients.push_back(getMixed(coefficient));
  for (Value value : op.getValues())
    args.push_back(get(value));
  SmallVector<FieldRef> all(args);
  all.append(coefficients);
  Rate rate = resultRate(op, all);
  FieldRef sum = literal(-0.0);
  for (auto [coefficient, value] : llvm::zip(coefficients, args))
    sum = numbers(rate, {coefficient, value, sum}, [](auto c, auto x, auto s) {
      return c == 0 ? s : fuse(c, x, s);
    });
  return define(op, convert(sum, rate));
}

LogicalResult Evaluator::runPeriod(PeriodOp op) {
  FieldRef length = getMixed(op.getMixedLength()), t = clock();
  Rate rate = resultRate(op.getJ(), {length, t});
  if (isKernelRate(rate))
    return fail(op, "has a length that is " + describeRate(rate) +
                        "; it may be per tensor at most");
  FieldRef j = numbers(rate, {t, length},
                       [](auto t, auto k) { return modulo(t - 1, k) + 1; });
  FieldRef n = numbers(rate, {t, length}, [](auto t, auto k) {
    return std::floor((t - 1) / k) + 1;
  });
  FieldRef last = compare(Compare::EQ, rate, {j, length});
  return failure(failed(define(op.getJ(), j)) || failed(define(op.getN(), n)) ||
                 failed(define(op.getLast(), last)));
}

LogicalResult Evaluator::runSchedule(ScheduleOp op) {
  SmallVector<FieldRef> args{clock()};
  for (OpFoldResult arg : op.getMixedArgs())
    args.push_back(getMixed(arg));
  Rate rate = resultRate(op, args);
  if (isKernelRate(rate))
    return fail(op, "has an argument that is " + describeRate(rate) +
                        "; it may be per tensor at most");
  auto evaluate = [&](ArrayRef<View> views, Array &out) {
    SmallVector<double> numbers;
    for (const View &view : views)
      numbers.push_back(toNumber(view.at(0)));
    ArrayRef<double> rest = ArrayRef(numbers).drop_front();
    double s = numbers.front();
    if (op.getHasAfter()) {
      s -= rest.back();
      rest = rest.drop_back();
    }
    out[0] = toWord(evaluateSchedule(op.getKind(), s, rest, op.getNPoints()));
  };
  return define(op, map(rate, args, evaluate));
}

LogicalResult Evaluator::runMixture(Operation *op) {
  FieldRef one = literal(1);
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](ExprOp expr) { return runExpr(expr); })
      .Case([&](MixOp mix) { return runMix(mix); })
      .Case([&](PeriodOp period) { return runPeriod(period); })
      .Case([&](ScheduleOp schedule) { return runSchedule(schedule); })
      .Case([&](EveryOp every) {
        FieldRef length = getMixed(every.getMixedLength()), t = clock();
        Rate rate = resultRate(every, {length, t});
        if (isKernelRate(rate))
          return fail(op, "has a length that is " + describeRate(rate) +
                              "; it may be per tensor at most");
        FieldRef rest = compute(ExprCode::Mod, rate, {t, length});
        return define(every, compare(Compare::EQ, rate, {rest, literal(0)}));
      })
      .Case([&](LerpOp lerpOp) {
        FieldRef old = get(lerpOp.getOld()), x = get(lerpOp.getX());
        FieldRef weight = getMixed(lerpOp.getMixedWeight());
        return define(
            lerpOp, lerp(resultRate(lerpOp, {old, x, weight}), old, x, weight));
      })
      .Case([&](EmaOp ema) {
        FieldRef old = get(ema.getOld()), x = get(ema.getX());
        FieldRef decay = getMixed(ema.getMixedDecay());
        FieldRef weight = compute(ExprCode::Sub, decay->rate, {one, decay});
        return define(ema,
                      lerp(resultRate(ema, {old, x, weight}), old, x, weight));
      })
      .Case([&](MeanOp mean) {
        FieldRef old = get(mean.getOld()), x = get(mean.getX());
        FieldRef count = getMixed(mean.getMixedCount());
        FieldRef weight = compute(ExprCode::Recip, count->rate, count);
        return define(mean,
                      lerp(resultRate(mean, {old, x, weight}), old, x, weight));
      })
      .Case([&](DebiasOp debias) {
        FieldRef x = get(debias.getX()),
                 decay = getMixed(debias.getMixedDecay());
        OpFoldResult mixed = debias.getMixedCount();
        FieldRef count = mixed ? getMixed(mixed) : clock();
        Rate rate = join(decay->rate, count->rate);
        FieldRef power = compute(ExprCode::Pow, rate, {decay, count});
        FieldRef factor = compute(ExprCode::Recip, rate,
                                  compute(ExprCode::Sub, rate, {one, power}));
        return define(debias,
                      compute(ExprCode::Mul, resultRate(debias, {x, factor}),
                              {x, factor}));
      });
}
