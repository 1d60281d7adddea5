//===- ArithEmitter.cpp - one elementary op as arith -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArithEmitter.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "optimc/Conversion/ElementaryFunctions.h"
#include "optimc/Conversion/RandomHash.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

Type ArithEmitter::convert(Type rated) const {
  if (cast<RatedType>(rated).isPredicate())
    return builder.getI1Type();
  return type;
}

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

Value ArithEmitter::number(double value) {
  // A scalar is rounded to float32 once, to nearest even, where it enters a
  // kernel.
  bool inexact;
  llvm::APFloat exact(value);
  exact.convert(type.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven,
                &inexact);
  auto constant =
      arith::ConstantOp::create(builder, loc, FloatAttr::get(type, exact));
  return constant;
}

Value ArithEmitter::integer(uint64_t value) {
  auto constant = arith::ConstantOp::create(
      builder, loc,
      builder.getIntegerAttr(builder.getIntegerType(type.getWidth()),
                             llvm::APInt(type.getWidth(), value)));
  return constant;
}

Value ArithEmitter::toBits(Value x) {
  auto bits = arith::BitcastOp::create(
      builder, loc, builder.getIntegerType(type.getWidth()), x);
  return bits;
}

Value ArithEmitter::fromBits(Value bits) {
  auto x = arith::BitcastOp::create(builder, loc, type, bits);
  return x;
}

Value ArithEmitter::add(Value a, Value b) {
  auto sum = arith::AddFOp::create(builder, loc, a, b);
  return sum;
}

Value ArithEmitter::sub(Value a, Value b) {
  auto difference = arith::SubFOp::create(builder, loc, a, b);
  return difference;
}

Value ArithEmitter::mul(Value a, Value b) {
  auto product = arith::MulFOp::create(builder, loc, a, b);
  return product;
}

Value ArithEmitter::div(Value a, Value b) {
  auto quotient = arith::DivFOp::create(builder, loc, a, b);
  return quotient;
}

Value ArithEmitter::fma(Value a, Value b, Value c) {
  // Fused in float32; in float64 the contract has two roundings.
  if (type.isF64())
    return add(mul(a, b), c);
  auto fused = math::FmaOp::create(builder, loc, a, b, c);
  return fused;
}

Value ArithEmitter::sqrt(Value x) {
  auto root = math::SqrtOp::create(builder, loc, x);
  return root;
}

Value ArithEmitter::abs(Value x) {
  Value bits = toBits(x);
  Value mask = integer(type.isF64() ? ~0ull >> 1 : 0x7fffffff);
  auto magnitude = arith::AndIOp::create(builder, loc, bits, mask);
  return fromBits(magnitude);
}

Value ArithEmitter::copySign(Value magnitude, Value sign) {
  Value signMask = integer(type.isF64() ? 1ull << 63 : 1u << 31);
  Value restMask = integer(type.isF64() ? ~0ull >> 1 : 0x7fffffff);
  Value magnitudeBits = toBits(magnitude), signBits = toBits(sign);
  auto rest = arith::AndIOp::create(builder, loc, magnitudeBits, restMask);
  auto bit = arith::AndIOp::create(builder, loc, signBits, signMask);
  auto bits = arith::OrIOp::create(builder, loc, rest, bit);
  return fromBits(bits);
}

Value ArithEmitter::sign(Value x) {
  Value zero = number(0), one = number(1);
  auto isZeroOrNaN =
      arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UEQ, x, zero);
  Value unit = copySign(one, x);
  auto result = arith::SelectOp::create(builder, loc, isZeroOrNaN, x, unit);
  return result;
}

Value ArithEmitter::floor(Value x) {
  // From 2^52 on every number is whole; below it fits an i64, so the
  // conversion is defined. The sign of a zero is that of x.
  Value limit = number(0x1p52), zero = number(0), one = number(1);
  Value magnitude = abs(x);
  auto isSmall = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT,
                                       magnitude, limit);
  auto small = arith::SelectOp::create(builder, loc, isSmall, x, zero);
  auto whole =
      arith::FPToSIOp::create(builder, loc, builder.getI64Type(), small);
  auto truncated = arith::SIToFPOp::create(builder, loc, type, whole);
  auto isAbove = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OGT,
                                       truncated, small);
  Value below = sub(truncated, one);
  auto rounded =
      arith::SelectOp::create(builder, loc, isAbove, below, truncated);
  Value signedResult = copySign(rounded, x);
  auto result = arith::SelectOp::create(builder, loc, isSmall, signedResult, x);
  return result;
}

Value ArithEmitter::ceil(Value x) {
  auto opposite = arith::NegFOp::create(builder, loc, x);
  Value below = floor(opposite);
  auto result = arith::NegFOp::create(builder, loc, below);
  return result;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

Value ArithEmitter::emitNumber(Operation *op, ValueRange x) {
  if (auto constant = dyn_cast<ConstantOp>(op))
    return number(constant.getValueAttr().getValue());
  if (isa<BroadcastOp>(op))
    return x[0];
  if (isa<AddOp>(op))
    return add(x[0], x[1]);
  if (isa<SubOp>(op))
    return sub(x[0], x[1]);
  if (isa<MulOp>(op))
    return mul(x[0], x[1]);
  if (isa<DivOp>(op))
    return div(x[0], x[1]);
  if (isa<FmaOp>(op))
    return fma(x[0], x[1], x[2]);
  if (isa<SquareOp>(op))
    return mul(x[0], x[0]);
  if (isa<RecipOp>(op))
    return div(number(1), x[0]);
  if (isa<SqrtOp>(op))
    return sqrt(x[0]);
  if (isa<RsqrtOp>(op)) {
    Value root = sqrt(x[0]);
    return div(number(1), root);
  }
  if (isa<NegOp>(op)) {
    auto negated = arith::NegFOp::create(builder, loc, x[0]);
    return negated;
  }
  if (isa<AbsOp>(op))
    return abs(x[0]);
  if (isa<SignOp>(op))
    return sign(x[0]);
  if (isa<MinOp>(op)) {
    auto least = arith::MinimumFOp::create(builder, loc, x[0], x[1]);
    return least;
  }
  if (isa<MaxOp>(op)) {
    auto greatest = arith::MaximumFOp::create(builder, loc, x[0], x[1]);
    return greatest;
  }
  if (isa<ClampOp>(op)) {
    auto raised = arith::MaximumFOp::create(builder, loc, x[0], x[1]);
    auto clamped = arith::MinimumFOp::create(builder, loc, raised, x[2]);
    return clamped;
  }
  if (isa<SelectOp>(op)) {
    auto selected = arith::SelectOp::create(builder, loc, x[0], x[1], x[2]);
    return selected;
  }
  if (!type.isF64())
    return {};
  if (isa<FloorOp>(op))
    return floor(x[0]);
  if (isa<CeilOp>(op))
    return ceil(x[0]);
  if (isa<ModOp>(op)) {
    Value quotient = div(x[0], x[1]);
    Value whole = floor(quotient);
    Value multiple = mul(x[1], whole);
    return sub(x[0], multiple);
  }
  return {};
}

Value ArithEmitter::emitElementary(Operation *op, ValueRange x) {
  if (isa<ExpOp>(op))
    return emitExp(builder, loc, x[0]);
  if (isa<LogOp>(op))
    return emitLog(builder, loc, x[0]);
  if (isa<PowOp>(op))
    return emitPow(builder, loc, x[0], x[1]);
  if (isa<TanhOp>(op))
    return emitTanh(builder, loc, x[0]);
  if (isa<SinOp>(op))
    return emitSin(builder, loc, x[0]);
  if (isa<CosOp>(op))
    return emitCos(builder, loc, x[0]);
  return {};
}

static arith::CmpFPredicate convertCompare(Compare kind) {
  switch (kind) {
  case Compare::EQ:
    return arith::CmpFPredicate::OEQ;
  case Compare::NE:
    return arith::CmpFPredicate::UNE;
  case Compare::LT:
    return arith::CmpFPredicate::OLT;
  case Compare::LE:
    return arith::CmpFPredicate::OLE;
  case Compare::GT:
    return arith::CmpFPredicate::OGT;
  case Compare::GE:
    return arith::CmpFPredicate::OGE;
  }
  llvm_unreachable("unknown comparison");
}

Value ArithEmitter::emitPredicate(Operation *op, ValueRange x) {
  auto truthConstant = [&](bool value) -> Value {
    auto constant =
        arith::ConstantOp::create(builder, loc, builder.getBoolAttr(value));
    return constant;
  };
  if (auto truth = dyn_cast<TruthOp>(op))
    return truthConstant(truth.getValue());
  if (auto compare = dyn_cast<CmpOp>(op)) {
    auto result = arith::CmpFOp::create(
        builder, loc, convertCompare(compare.getKind()), x[0], x[1]);
    return result;
  }
  if (isa<AndOp>(op)) {
    auto both = arith::AndIOp::create(builder, loc, x[0], x[1]);
    return both;
  }
  if (isa<OrOp>(op)) {
    auto either = arith::OrIOp::create(builder, loc, x[0], x[1]);
    return either;
  }
  if (isa<NotOp>(op)) {
    Value all = truthConstant(true);
    auto opposite = arith::XOrIOp::create(builder, loc, x[0], all);
    return opposite;
  }
  return {};
}

Value ArithEmitter::emit(Operation *op, ValueRange operands) {
  loc = op->getLoc();
  if (Value result = emitNumber(op, operands))
    return result;
  if (Value result = emitElementary(op, operands))
    return result;
  return emitPredicate(op, operands);
}

Value ArithEmitter::emitRandom(Location at, Value index, Value key0,
                               Value key1) {
  loc = at;
  Value h = emitRandomHash(builder, loc, index, key0, key1);
  // 24 bits: exact as float32, and signed conversion is the same and cheaper.
  Value bits = integer(8);
  auto high = arith::ShRUIOp::create(builder, loc, h, bits);
  auto whole = arith::SIToFPOp::create(builder, loc, type, high);
  Value unit = number(0x1p-24);
  return mul(whole, unit);
}
