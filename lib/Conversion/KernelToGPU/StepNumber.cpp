//===- StepNumber.cpp - the number of a step, in integers -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepNumber.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

Value optimc::emitStepNumber(OpBuilder &builder, Location loc, Value bits,
                             bool isNext) {
  constexpr uint64_t fractionMask = (uint64_t(1) << 52) - 1,
                     hidden = uint64_t(1) << 52, limit = uint64_t(1) << 53,
                     limitBits = 0x4340000000000000; // 2^53
  auto word = [&](uint64_t value) -> Value {
    return arith::ConstantOp::create(
        builder, loc, builder.getI64IntegerAttr(static_cast<int64_t>(value)));
  };
  auto compare = [&](arith::CmpIPredicate predicate, Value a,
                     uint64_t b) -> Value {
    Value right = word(b);
    return arith::CmpIOp::create(builder, loc, predicate, a, right);
  };
  auto select = [&](Value condition, Value a, Value b) -> Value {
    return arith::SelectOp::create(builder, loc, condition, a, b);
  };
  auto bitAnd = [&](Value a, uint64_t b) -> Value {
    Value right = word(b);
    return arith::AndIOp::create(builder, loc, a, right);
  };
  auto add = [&](Value a, uint64_t b) -> Value {
    Value right = word(b);
    return arith::AddIOp::create(builder, loc, a, right);
  };

  // The whole part of a count from 0 to 2^53: the significand is shifted by 0
  // to 53 bits, or away.
  Value magnitude = bitAnd(bits, ~uint64_t(0) >> 1);
  Value fraction = bitAnd(bits, fractionMask), position = word(52);
  Value exponent = arith::ShRUIOp::create(builder, loc, magnitude, position);
  Value significand = add(fraction, hidden), bias = word(1023 + 52);
  Value distance = arith::SubIOp::create(builder, loc, bias, exponent);
  Value zero = word(0), most = word(53);
  Value right = arith::MaxSIOp::create(builder, loc, distance, zero);
  right = arith::MinSIOp::create(builder, loc, right, most);
  Value whole = arith::ShRUIOp::create(builder, loc, significand, right);
  Value isLimit = compare(arith::CmpIPredicate::eq, magnitude, limitBits);
  whole = select(isLimit, word(limit), whole);
  Value isNegative = compare(arith::CmpIPredicate::slt, bits, 0);
  Value isZero = compare(arith::CmpIPredicate::eq, magnitude, 0);
  Value isLarge = compare(arith::CmpIPredicate::ugt, magnitude, limitBits);
  if (!isNext) {
    Value negative = select(isZero, whole, zero);
    whole = select(isNegative, negative, whole);
    return select(isLarge, zero, whole);
  }
  // The sum is rounded to nearest even: upwards to the next whole number where
  // all bits of the fraction are set and the sum has one bit less for it.
  constexpr uint64_t half = 0x3FE0000000000000, // 1/2
      roundsDown = 0x4320000000000000,          // 2^51
      smallest = 0x3C90000000000000;            // 2^-54
  Value allSet = compare(arith::CmpIPredicate::eq, fraction, fractionMask);
  Value fromHalf = compare(arith::CmpIPredicate::uge, magnitude, half);
  Value hasFraction = compare(arith::CmpIPredicate::ult, magnitude, roundsDown);
  Value carries = arith::AndIOp::create(builder, loc, allSet, fromHalf);
  carries = arith::AndIOp::create(builder, loc, carries, hasFraction);
  Value next = add(whole, 1);
  next = select(carries, add(whole, 2), next);
  next = select(isLimit, word(limit), next);
  // Slightly less than 0 is 1 still.
  Value isTiny = compare(arith::CmpIPredicate::ule, magnitude, smallest);
  Value negative = select(isTiny, word(1), zero);
  next = select(isNegative, negative, next);
  return select(isLarge, zero, next);
}
