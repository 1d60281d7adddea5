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
// Elements are found from addresses of the thread, by an offset that is the
// same for all of its streams: one multiplication and addition each.
//
//===----------------------------------------------------------------------===//

#include "SimtKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace optimc;

SimtKernel::Place SimtKernel::placeAt(Value index) {
  Place place;
  place.index = index;
  place.offset = origin ? subtract(index, origin) : index;
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
  next.offset = place.offset;
  next.ahead = place.ahead + stride.length;
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
  Value offset = place.offset;
  if (place.ahead != 0)
    offset = add(offset, constant32(place.ahead));
  SmallVector<Value> values = {offset};
  if (place.row)
    values.append({place.row, place.inRow});
  if (place.block)
    values.append({place.block, place.inBlock});
  return values;
}

SimtKernel::Place SimtKernel::unflatten(ValueRange values) {
  Place place;
  place.offset = values.front();
  place.index = origin ? add(origin, place.offset) : place.offset;
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

/// Puts the thread's bases `by` values behind those of the item.
void SimtKernel::moveOrigin(Value by) {
  origin = by;
  Value wide = widenIndex(by);
  for (unsigned i = 0, e = bases.size(); i != e; ++i) {
    if (!bases[i] || layout.streams[i].rate != phase.domain)
      continue;
    bases[i] = elementAddress(bases[i], wide, getMemoryType(i));
    if (auxBases[i] && !getFormat(i).isBlockScaled())
      auxBases[i] = elementAddress(auxBases[i], wide, builder.getI16Type());
  }
}

Value SimtKernel::elementAddress(Value base, Value index, Type type) {
  return LLVM::GEPOp::create(builder, loc, getPointer(), type, base,
                             ValueRange(index));
}

/// Offsets are below 2^30, and below 0 only where the thread has an origin of
/// its own. What is ahead is a constant of the access.
Value SimtKernel::placeAddress(Value base, const Place &place, Type type) {
  Value address = elementAddress(
      base, origin ? place.offset : widenIndex(place.offset), type);
  if (place.ahead == 0)
    return address;
  LLVM::GEPArg ahead = static_cast<int32_t>(place.ahead);
  return LLVM::GEPOp::create(builder, loc, getPointer(), type, address,
                             ArrayRef<LLVM::GEPArg>(ahead));
}
