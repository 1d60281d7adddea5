//===- RandomHash.cpp - the hash of random draws ---------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/RandomHash.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace {
/// Ops on i32 with constants.
struct Words {
  Value constant(uint32_t value) {
    return arith::ConstantOp::create(
        builder, loc, builder.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  Value multiply(Value x, uint32_t factor) {
    Value c = constant(factor);
    return arith::MulIOp::create(builder, loc, x, c);
  }
  Value shiftRight(Value x, unsigned bits) {
    Value amount = constant(bits);
    return arith::ShRUIOp::create(builder, loc, x, amount);
  }
  Value fold(Value x, unsigned bits) {
    Value shifted = shiftRight(x, bits);
    return arith::XOrIOp::create(builder, loc, x, shifted);
  }

  OpBuilder &builder;
  Location loc;
};
} // namespace

Value optimc::emitUnfoldedHash(OpBuilder &builder, Location loc, Value index,
                               Value key0, Value key1) {
  Words words{builder, loc};
  Value spread = words.multiply(index, 0x9E3779B9);
  Value h = arith::AddIOp::create(builder, loc, spread, key0);
  h = words.multiply(words.fold(h, 16), 0x7FEB352D);
  // fold(h ^ key1) is fold(h) ^ fold(key1), and the key's is loop invariant.
  Value mixed = words.fold(h, 15), key = words.fold(key1, 15);
  h = arith::XOrIOp::create(builder, loc, mixed, key);
  return words.multiply(h, 0x846CA68B);
}

Value optimc::emitRandomHash(OpBuilder &builder, Location loc, Value index,
                             Value key0, Value key1) {
  Value unfolded = emitUnfoldedHash(builder, loc, index, key0, key1);
  return Words{builder, loc}.fold(unfolded, 16);
}

Value optimc::emitHashHalf(OpBuilder &builder, Location loc, Value unfolded,
                           bool isUpper, unsigned shift) {
  Words words{builder, loc};
  Value bits = words.shiftRight(unfolded, 16 - shift);
  if (isUpper && shift == 0)
    return bits;
  if (!isUpper) {
    Value amount = words.constant(shift);
    Value own =
        shift == 0
            ? unfolded
            : arith::ShLIOp::create(builder, loc, unfolded, amount).getResult();
    bits = arith::XOrIOp::create(builder, loc, own, bits);
  }
  Value mask = words.constant(uint32_t(0xFFFF) << shift);
  return arith::AndIOp::create(builder, loc, bits, mask);
}

Value optimc::emitMix(OpBuilder &builder, Location loc, Value x) {
  auto word = [&](uint64_t value) -> Value {
    return arith::ConstantOp::create(
        builder, loc, builder.getI64IntegerAttr(static_cast<int64_t>(value)));
  };
  auto fold = [&](Value value, uint64_t bits) -> Value {
    Value amount = word(bits);
    Value shifted = arith::ShRUIOp::create(builder, loc, value, amount);
    return arith::XOrIOp::create(builder, loc, value, shifted);
  };
  auto multiply = [&](Value value, uint64_t factor) -> Value {
    Value c = word(factor);
    return arith::MulIOp::create(builder, loc, value, c);
  };
  Value increment = word(0x9E3779B97F4A7C15u);
  x = arith::AddIOp::create(builder, loc, x, increment);
  x = multiply(fold(x, 30), 0xBF58476D1CE4E5B9u);
  x = multiply(fold(x, 27), 0x94D049BB133111EBu);
  return fold(x, 31);
}

optimc::RandomKeys optimc::emitRandomKeys(OpBuilder &builder, Location loc,
                                          Value key, uint32_t id,
                                          Value highIndex) {
  Type i32 = builder.getI32Type();
  auto word = [&](uint64_t value) -> Value {
    return arith::ConstantOp::create(
        builder, loc, builder.getI64IntegerAttr(static_cast<int64_t>(value)));
  };
  Value tag = word(uint64_t(id) << 32), half = word(32);
  Value place = arith::OrIOp::create(builder, loc, tag, highIndex);
  Value placed = emitMix(builder, loc, place);
  Value salted = arith::XOrIOp::create(builder, loc, key, placed);
  Value k = emitMix(builder, loc, salted);
  Value k0 = arith::TruncIOp::create(builder, loc, i32, k);
  Value high = arith::ShRUIOp::create(builder, loc, k, half);
  Value k1 = arith::TruncIOp::create(builder, loc, i32, high);
  return {k0, k1};
}
