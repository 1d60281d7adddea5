//===- RandomHash.cpp - the hash of random and stochastic rounding -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/RandomHash.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

Value optimc::emitRandomHash(OpBuilder &builder, Location loc, Value index,
                             Value key0, Value key1) {
  auto integer = [&](uint32_t value) -> Value {
    return arith::ConstantOp::create(
        builder, loc, builder.getI32IntegerAttr(static_cast<int32_t>(value)));
  };
  auto multiply = [&](Value x, uint32_t factor) -> Value {
    Value constant = integer(factor);
    return arith::MulIOp::create(builder, loc, x, constant);
  };
  auto fold = [&](Value x, unsigned bits) -> Value {
    Value amount = integer(bits);
    Value shifted = arith::ShRUIOp::create(builder, loc, x, amount);
    return arith::XOrIOp::create(builder, loc, x, shifted);
  };
  Value spread = multiply(index, 0x9E3779B9);
  Value h = arith::AddIOp::create(builder, loc, spread, key0);
  h = multiply(fold(h, 16), 0x7FEB352D);
  h = arith::XOrIOp::create(builder, loc, h, key1);
  h = multiply(fold(h, 15), 0x846CA68B);
  return fold(h, 16);
}
