//===- Arithmetic.cpp - elementary ops --------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each lambda is the definition of one op, for float32 and float64 alike.
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::interp;
using namespace optimc::optim;

FieldRef Evaluator::compute(ExprCode code, Rate rate, FieldRefs args) {
  switch (code) {
  case ExprCode::Add:
    return numbers(rate, args, [](auto a, auto b) { return a + b; });
  case ExprCode::Sub:
    return numbers(rate, args, [](auto a, auto b) { return a - b; });
  case ExprCode::Mul:
    return numbers(rate, args, [](auto a, auto b) { return a * b; });
  case ExprCode::Div:
    return numbers(rate, args, [](auto a, auto b) { return a / b; });
  case ExprCode::Neg:
    return numbers(rate, args, [](auto x) { return -x; });
  case ExprCode::Sqrt:
    return numbers(rate, args, [](auto x) { return std::sqrt(x); });
  case ExprCode::Abs:
    return numbers(rate, args, [](auto x) { return std::fabs(x); });
  case ExprCode::Sign:
    return numbers(rate, args, [](auto x) { return signOf(x); });
  case ExprCode::Square:
    return numbers(rate, args, [](auto x) { return x * x; });
  case ExprCode::Exp:
    return numbers(rate, args, [](auto x) { return expOf(x); });
  case ExprCode::Log:
    return numbers(rate, args, [](auto x) { return logOf(x); });
  case ExprCode::Rsqrt:
    return numbers(rate, args, [](auto x) { return 1 / std::sqrt(x); });
  case ExprCode::Recip:
    return numbers(rate, args, [](auto x) { return 1 / x; });
  case ExprCode::Tanh:
    return numbers(rate, args, [](auto x) { return tanhOf(x); });
  case ExprCode::Sin:
    return numbers(rate, args, [](auto x) { return sinOf(x); });
  case ExprCode::Cos:
    return numbers(rate, args, [](auto x) { return cosOf(x); });
  case ExprCode::Floor:
    return numbers(rate, args, [](auto x) { return std::floor(x); });
  case ExprCode::Ceil:
    return numbers(rate, args, [](auto x) { return std::ceil(x); });
  case ExprCode::Min:
    return numbers(rate, args, [](auto a, auto b) { return minimum(a, b); });
  case ExprCode::Max:
    return numbers(rate, args, [](auto a, auto b) { return maximum(a, b); });
  case ExprCode::Pow:
    return numbers(rate, args, [](auto a, auto b) { return powOf(a, b); });
  case ExprCode::Mod:
    return numbers(rate, args, [](auto a, auto b) { return modulo(a, b); });
  case ExprCode::Fma:
    return numbers(rate, args,
                   [](auto a, auto b, auto c) { return fuse(a, b, c); });
  case ExprCode::Clamp:
    return numbers(rate, args, [](auto x, auto low, auto high) {
      return minimum(maximum(x, low), high);
    });
  case ExprCode::Select: {
    FieldRef onTrue = convert(args[1], rate), onFalse = convert(args[2], rate);
    return map(rate, {args[0], onTrue, onFalse},
               [](ArrayRef<View> views, Array &out) {
                 for (size_t i = 0, e = out.size(); i != e; ++i)
                   out[i] = views[views[0].at(i) ? 1 : 2].at(i);
               });
  }
  case ExprCode::End:
    break;
  }
  llvm_unreachable("not an operator");
}

/// Floor, ceil and mod have no float32 form.
static bool isHostOnly(ExprCode code) {
  return code == ExprCode::Floor || code == ExprCode::Ceil ||
         code == ExprCode::Mod;
}

LogicalResult Evaluator::runElementary(Operation *op, ExprCode code) {
  SmallVector<FieldRef> args;
  for (Value operand : op->getOperands())
    args.push_back(get(operand));
  Rate rate = resultRate(op->getResult(0), args);
  if (isHostOnly(code) && isKernelRate(rate))
    return fail(op, "is computed up to tensor rate only, but an operand is " +
                        describeRate(rate));
  return define(op->getResult(0), compute(code, rate, args));
}

//===----------------------------------------------------------------------===//
// Predicates
//===----------------------------------------------------------------------===//

FieldRef Evaluator::compare(Compare kind, Rate rate, FieldRefs args) {
  auto holds = [kind](auto a, auto b) {
    switch (kind) {
    case Compare::EQ:
      return a == b;
    case Compare::NE:
      return a != b;
    case Compare::LT:
      return a < b;
    case Compare::LE:
      return a <= b;
    case Compare::GT:
      return a > b;
    case Compare::GE:
      return a >= b;
    }
    llvm_unreachable("unknown comparison");
  };
  // Both in the precision of the finer one.
  FieldRef lhs = convert(args[0], rate), rhs = convert(args[1], rate);
  return map(rate, {lhs, rhs}, [&](ArrayRef<View> views, Array &out) {
    for (size_t i = 0, e = out.size(); i != e; ++i)
      out[i] = holds(toNumber(views[0].at(i)), toNumber(views[1].at(i)));
  });
}

LogicalResult Evaluator::runPredicate(Operation *op) {
  Value result = op->getResult(0);
  SmallVector<FieldRef> args;
  for (Value operand : op->getOperands())
    args.push_back(get(operand));
  Rate rate = resultRate(result, args);
  if (auto cmp = dyn_cast<CmpOp>(op))
    return define(result, compare(cmp.getKind(), rate, args));
  if (auto truth = dyn_cast<TruthOp>(op))
    return define(result, map(rate, {}, [&](ArrayRef<View>, Array &out) {
                    std::fill(out.begin(), out.end(), truth.getValue());
                  }));
  bool isAnd = isa<AndOp>(op), isOr = isa<OrOp>(op);
  return define(
      result, map(rate, args, [&](ArrayRef<View> views, Array &out) {
        for (size_t i = 0, e = out.size(); i != e; ++i) {
          Word a = views[0].at(i);
          out[i] = isAnd ? a & views[1].at(i) : isOr ? a | views[1].at(i) : !a;
        }
      }));
}
