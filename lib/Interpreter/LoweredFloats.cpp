//===- LoweredFloats.cpp - floating point and conversions -------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowered.h"
#include "Scalars.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace optimc::interp;

//===-- Floating point ----------------------------------------------------===//

template <class F>
static WordFunction onFloats(Type type, F f) {
  auto lift = [f](auto precision) {
    using T = decltype(precision);
    auto number = [](Word word) { return T(toNumber(word)); };
    WordFunction lifted;
    if constexpr (std::is_invocable_v<F, T>)
      lifted.unary = [=](Word a) { return toWord(f(number(a))); };
    else if constexpr (std::is_invocable_v<F, T, T>)
      lifted.binary = [=](Word a, Word b) {
        return toWord(f(number(a), number(b)));
      };
    else
      lifted.ternary = [=](Word a, Word b, Word c) {
        return toWord(f(number(a), number(b), number(c)));
      };
    return lifted;
  };
  return type.isF32() ? lift(float()) : lift(double());
}

static Word compareFloats(arith::CmpFPredicate predicate, double a, double b) {
  using P = arith::CmpFPredicate;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case P::AlwaysFalse:
    return false;
  case P::AlwaysTrue:
    return true;
  case P::OEQ:
    return a == b;
  case P::OGT:
    return a > b;
  case P::OGE:
    return a >= b;
  case P::OLT:
    return a < b;
  case P::OLE:
    return a <= b;
  case P::ONE:
    return !unordered && a != b;
  case P::ORD:
    return !unordered;
  case P::UEQ:
    return unordered || a == b;
  case P::UGT:
    return unordered || a > b;
  case P::UGE:
    return unordered || a >= b;
  case P::ULT:
    return unordered || a < b;
  case P::ULE:
    return unordered || a <= b;
  case P::UNE:
    return a != b;
  case P::UNO:
    return unordered;
  }
  llvm_unreachable("unknown comparison");
}

/// IEEE 754-2008 maxNum: the number if the other is NaN.
template <class T>
static T ignoreNaN(T a, T b, T (*choose)(T, T)) {
  return std::isnan(a) ? b : std::isnan(b) ? a : choose(a, b);
}

WordFunction optimc::interp::getFloatFunction(Operation *op) {
  using Result = WordFunction;
  Type type = op->getNumOperands() ? op->getOperand(0).getType() : Type();
  if (!type || !(type.isF32() || type.isF64()))
    return {};
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case<arith::AddFOp>([&](auto) {
        return onFloats(type, [](auto a, auto b) { return a + b; });
      })
      .Case<arith::SubFOp>([&](auto) {
        return onFloats(type, [](auto a, auto b) { return a - b; });
      })
      .Case<arith::MulFOp>([&](auto) {
        return onFloats(type, [](auto a, auto b) { return a * b; });
      })
      .Case<arith::DivFOp>([&](auto) {
        return onFloats(type, [](auto a, auto b) { return a / b; });
      })
      .Case<arith::NegFOp>(
          [&](auto) { return onFloats(type, [](auto a) { return -a; }); })
      .Case<arith::MinimumFOp>([&](auto) {
        return onFloats(type, [](auto a, auto b) { return minimum(a, b); });
      })
      .Case<arith::MaximumFOp>([&](auto) {
        return onFloats(type, [](auto a, auto b) { return maximum(a, b); });
      })
      .Case<arith::MinNumFOp>([&](auto) {
        return onFloats(type, [](auto a, auto b) {
          return ignoreNaN(a, b, minimum<decltype(a)>);
        });
      })
      .Case<arith::MaxNumFOp>([&](auto) {
        return onFloats(type, [](auto a, auto b) {
          return ignoreNaN(a, b, maximum<decltype(a)>);
        });
      })
      .Case<math::FmaOp>([&](auto) {
        return onFloats(
            type, [](auto a, auto b, auto c) { return std::fma(a, b, c); });
      })
      .Case<math::SqrtOp>([&](auto) {
        return onFloats(type, [](auto a) { return std::sqrt(a); });
      })
      .Case<math::AbsFOp>([&](auto) {
        return onFloats(type, [](auto a) { return std::fabs(a); });
      })
      .Case<math::CopySignOp>([&](auto) {
        return onFloats(type,
                        [](auto a, auto b) { return std::copysign(a, b); });
      })
      .Case<math::FloorOp>([&](auto) {
        return onFloats(type, [](auto a) { return std::floor(a); });
      })
      .Case<math::CeilOp>([&](auto) {
        return onFloats(type, [](auto a) { return std::ceil(a); });
      })
      .Case([&](arith::CmpFOp cmp) {
        WordFunction function;
        function.binary = [predicate = cmp.getPredicate()](Word a, Word b) {
          return compareFloats(predicate, toNumber(a), toNumber(b));
        };
        return function;
      })
      .Default([](auto) { return Result(); });
}

//===-- Conversions -------------------------------------------------------===//

/// Out of range there is no result in `arith`; here it is the nearest integer
/// of the type, and 0 for NaN.
static Word toInteger(double x, unsigned width, bool isSigned) {
  if (std::isnan(x))
    return 0;
  double low = isSigned ? -std::ldexp(1.0, width - 1) : 0;
  double end = std::ldexp(1.0, isSigned ? width - 1 : width);
  if (x <= low)
    return isSigned ? Word(1) << (width - 1) : 0;
  if (x >= end)
    return truncate(~Word(0), isSigned ? width - 1 : width);
  Word word = isSigned ? Word(static_cast<int64_t>(x)) : static_cast<Word>(x);
  return truncate(word, width);
}

static Word fromBits(Word word, Type type) {
  if (!type.isF32())
    return word;
  float single;
  uint32_t bits = word;
  std::memcpy(&single, &bits, sizeof single);
  return toWord(single);
}

static Word toBits(Word word, Type type) {
  if (!type.isF32())
    return word;
  float single = toNumber(word);
  uint32_t bits;
  std::memcpy(&bits, &single, sizeof bits);
  return bits;
}

WordFunction optimc::interp::getConversion(Operation *op) {
  using Unary = std::function<Word(Word)>;
  if (op->getNumOperands() != 1 || op->getNumResults() != 1)
    return {};
  Type from = op->getOperand(0).getType(), to = op->getResult(0).getType();
  if (!isLoweredType(from) || !isLoweredType(to))
    return {};
  unsigned fromWidth = getWidth(from), toWidth = getWidth(to);
  bool single = to.isF32();
  auto round = [single](double x) { return toWord(single ? float(x) : x); };
  WordFunction function;
  function.unary =
      llvm::TypeSwitch<Operation *, Unary>(op)
          .Case<arith::BitcastOp>([&](auto) {
            return [=](Word a) { return fromBits(toBits(a, from), to); };
          })
          .Case<arith::ExtUIOp, arith::IndexCastUIOp>([&](auto) {
            return [=](Word a) { return truncate(a, toWidth); };
          })
          .Case<arith::ExtSIOp, arith::IndexCastOp>([&](auto) {
            return [=](Word a) {
              return truncate(toSigned(a, fromWidth), toWidth);
            };
          })
          .Case<arith::TruncIOp>([&](auto) {
            return [=](Word a) { return truncate(a, toWidth); };
          })
          .Case<arith::ExtFOp>([&](auto) { return [](Word a) { return a; }; })
          .Case<arith::TruncFOp>(
              [&](auto) { return [=](Word a) { return round(toNumber(a)); }; })
          .Case<arith::FPToSIOp>([&](auto) {
            return
                [=](Word a) { return toInteger(toNumber(a), toWidth, true); };
          })
          .Case<arith::FPToUIOp>([&](auto) {
            return
                [=](Word a) { return toInteger(toNumber(a), toWidth, false); };
          })
          // From the integer in one rounding.
          .Case<arith::SIToFPOp>([&](auto) {
            return [=](Word a) {
              int64_t x = toSigned(a, fromWidth);
              return toWord(single ? float(x) : double(x));
            };
          })
          .Case<arith::UIToFPOp>([&](auto) {
            return
                [=](Word a) { return toWord(single ? float(a) : double(a)); };
          })
          .Default([](auto) { return Unary(); });
  return function;
}
