//===- Places.cpp - where an element is in rows and blocks -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Divisions of 64 bits are slow, so a thread divides once per item and then
// moves on by quotients and remainders that all threads have in common.
//
//===----------------------------------------------------------------------===//

#include "SimtKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace optimc;

SimtKernel::Place SimtKernel::placeAt(Value index) {
  Place place;
  place.index = index;
  if (!usesRows() && !usesBlocks())
    return place;
  Value element = add(first, widenIndex(index));
  if (usesRows()) {
    place.row = divide(element, cols);
    place.inRow = subtract(element, multiply(place.row, cols));
  }
  if (usesBlocks()) {
    place.block = divide(element, block);
    place.inBlock = subtract(element, multiply(place.block, block));
  }
  return place;
}

SimtKernel::Stride SimtKernel::makeStride(int64_t length) {
  Stride stride;
  stride.length = length;
  auto split = [&](Value by, Value &quotient, Value &remainder) {
    Value whole = constant(length);
    quotient = divide(whole, by);
    remainder = subtract(whole, multiply(quotient, by));
  };
  if (usesRows())
    split(cols, stride.rows, stride.inRow);
  if (usesBlocks())
    split(block, stride.blocks, stride.inBlock);
  return stride;
}

SimtKernel::Place SimtKernel::advance(const Place &place,
                                      const Stride &stride) {
  Place next;
  next.index = add(place.index, constant32(stride.length));
  auto move = [&](Value number, Value within, Value quotient, Value remainder,
                  Value length, Value &newNumber, Value &newWithin) {
    Value moved = add(within, remainder);
    Value wrapped = subtract(moved, length), zero = constant(0);
    Value stays = isBelow(wrapped, zero);
    newWithin = arith::SelectOp::create(builder, loc, stays, moved, wrapped);
    Value same = add(number, quotient), one = constant(1);
    Value further = add(same, one);
    newNumber = arith::SelectOp::create(builder, loc, stays, same, further);
  };
  if (place.row)
    move(place.row, place.inRow, stride.rows, stride.inRow, cols, next.row,
         next.inRow);
  if (place.block)
    move(place.block, place.inBlock, stride.blocks, stride.inBlock, block,
         next.block, next.inBlock);
  return next;
}

SmallVector<Value> SimtKernel::flatten(const Place &place) {
  SmallVector<Value> values = {place.index};
  if (place.row)
    values.append({place.row, place.inRow});
  if (place.block)
    values.append({place.block, place.inBlock});
  return values;
}

SimtKernel::Place SimtKernel::unflatten(ValueRange values) {
  Place place;
  place.index = values.front();
  values = values.drop_front();
  if (usesRows()) {
    place.row = values[0];
    place.inRow = values[1];
    values = values.drop_front(2);
  }
  if (usesBlocks()) {
    place.block = values[0];
    place.inBlock = values[1];
  }
  return place;
}
