//===- LoweredOps.cpp - arith and math --------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The bodies of hosts and kernels after `optim-to-arith`, and what is left of
// them: integers, constants, select.
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"
#include "Lowered.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::interp;

//===-- Integers ----------------------------------------------------------===//

static Word compareIntegers(arith::CmpIPredicate predicate, Word a, Word b,
                            unsigned width) {
  using P = arith::CmpIPredicate;
  int64_t x = toSigned(a, width), y = toSigned(b, width);
  switch (predicate) {
  case P::eq:
    return a == b;
  case P::ne:
    return a != b;
  case P::slt:
    return x < y;
  case P::sle:
    return x <= y;
  case P::sgt:
    return x > y;
  case P::sge:
    return x >= y;
  case P::ult:
    return a < b;
  case P::ule:
    return a <= b;
  case P::ugt:
    return a > b;
  case P::uge:
    return a >= b;
  }
  llvm_unreachable("unknown comparison");
}

WordFunction optimc::interp::getIntegerFunction(Operation *op) {
  using Binary = std::function<Word(Word, Word)>;
  if (op->getNumOperands() != 2 ||
      !isLoweredType(op->getOperand(0).getType()) ||
      isa<FloatType>(op->getOperand(0).getType()))
    return {};
  unsigned width = getWidth(op->getOperand(0).getType());
  auto wrap = [width](auto f) {
    return [=](Word a, Word b) { return truncate(f(a, b), width); };
  };
  auto choose = [width](auto isFirst) {
    return [=](Word a, Word b) {
      return isFirst(toSigned(a, width), toSigned(b, width), a, b) ? a : b;
    };
  };
  using S = int64_t;
  using U = Word;
  WordFunction function;
  function.binary =
      llvm::TypeSwitch<Operation *, Binary>(op)
          .Case<arith::AddIOp>(
              [&](auto) { return wrap([](U a, U b) { return a + b; }); })
          .Case<arith::SubIOp>(
              [&](auto) { return wrap([](U a, U b) { return a - b; }); })
          .Case<arith::MulIOp>(
              [&](auto) { return wrap([](U a, U b) { return a * b; }); })
          .Case<arith::AndIOp>(
              [&](auto) { return wrap([](U a, U b) { return a & b; }); })
          .Case<arith::OrIOp>(
              [&](auto) { return wrap([](U a, U b) { return a | b; }); })
          .Case<arith::XOrIOp>(
              [&](auto) { return wrap([](U a, U b) { return a ^ b; }); })
          // Shifts by the width or more have no result in `arith`; here it is
          // 0, or the sign.
          .Case<arith::ShLIOp>([&](auto) {
            return wrap([=](U a, U b) { return b >= width ? 0 : a << b; });
          })
          .Case<arith::ShRUIOp>([&](auto) {
            return wrap([=](U a, U b) { return b >= width ? 0 : a >> b; });
          })
          .Case<arith::ShRSIOp>([&](auto) {
            return wrap([=](U a, U b) {
              return U(toSigned(a, width) >> std::min<U>(b, width - 1));
            });
          })
          .Case<arith::MinSIOp>([&](auto) {
            return choose([](S x, S y, U, U) { return x < y; });
          })
          .Case<arith::MaxSIOp>([&](auto) {
            return choose([](S x, S y, U, U) { return x > y; });
          })
          .Case<arith::MinUIOp>([&](auto) {
            return choose([](S, S, U a, U b) { return a < b; });
          })
          .Case<arith::MaxUIOp>([&](auto) {
            return choose([](S, S, U a, U b) { return a > b; });
          })
          .Case([&](arith::CmpIOp cmp) {
            return [=, predicate = cmp.getPredicate()](Word a, Word b) {
              return compareIntegers(predicate, a, b, width);
            };
          })
          .Default([](auto) { return Binary(); });
  return function;
}

//===-- Constants and dispatch --------------------------------------------===//

/// The value of a constant as a word; nullopt for a type without one.
static std::optional<Word> getConstant(Attribute value) {
  if (auto number = dyn_cast<FloatAttr>(value)) {
    Type type = number.getType();
    if (type.isF32() || type.isF64())
      return toWord(number.getValueAsDouble());
  } else if (auto integer = dyn_cast<IntegerAttr>(value)) {
    if (isLoweredType(integer.getType()))
      return integer.getValue().getZExtValue();
  }
  return std::nullopt;
}

/// Whether an op may be computed otherwise than it says.
static bool hasFastMath(Operation *op) {
  auto fast = dyn_cast<arith::ArithFastMathInterface>(op);
  if (!fast)
    return false;
  // Conversions have no flags unless they were given some.
  arith::FastMathFlagsAttr flags = fast.getFastMathFlagsAttr();
  return flags && flags.getValue() != arith::FastMathFlags::none;
}

LogicalResult Evaluator::runLowered(Operation *op) {
  auto isSingleType = [](Type type) { return type.isF32(); };
  if (!frame.model.single &&
      (llvm::any_of(op->getResultTypes(), isSingleType) ||
       llvm::any_of(op->getOperandTypes(), isSingleType)))
    return fail(op, "is a float32 operation: lowered kernels run in single "
                    "precision only");
  if (hasFastMath(op))
    return fail(op, "has fast-math flags; every operation rounds once");
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    std::optional<Word> word = getConstant(constant.getValue());
    if (!word)
      return fail(op, "has a value that is no scalar");
    auto field = std::make_shared<Field>(Rate::Const);
    field->parts.front() = {*word};
    return define(constant, field);
  }
  SmallVector<FieldRef> args;
  Rate rate = Rate::Const;
  for (Value operand : op->getOperands()) {
    args.push_back(get(operand));
    rate = optim::join(rate, args.back()->rate);
  }
  // Numbers and truth values are the same words on both sides of a cast.
  if (isa<UnrealizedConversionCastOp>(op) && args.size() == 1 &&
      op->getNumResults() == 1)
    return define(op->getResult(0), op->getResult(0).getType().isF32()
                                        ? roundToSingle(args.front())
                                        : args.front());
  WordFunction function;
  if (isa<arith::SelectOp>(op))
    function.ternary = [](Word c, Word a, Word b) { return c ? a : b; };
  for (auto lookup : {getFloatFunction, getConversion, getIntegerFunction})
    if (!function)
      function = lookup(op);
  if (!function)
    return fail(op, "is not an operation that the interpreter knows");
  return define(
      op->getResult(0), map(rate, args, [&](ArrayRef<View> views, Array &out) {
        for (size_t i = 0, e = out.size(); i != e; ++i)
          out[i] = function.unary ? function.unary(views[0].at(i))
                   : function.binary
                       ? function.binary(views[0].at(i), views[1].at(i))
                       : function.ternary(views[0].at(i), views[1].at(i),
                                          views[2].at(i));
      }));
}
