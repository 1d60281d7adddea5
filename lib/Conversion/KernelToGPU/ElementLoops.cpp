//===- ElementLoops.cpp - threads over the elements of an item -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SimtKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace optimc;

/// Iterations take `count` times one element or vector, `step` elements apart,
/// and begin below `limit`. Returns where the thread ends.
SimtKernel::Place SimtKernel::buildLoop(const Place &from, Value limit,
                                        int64_t step, int64_t count,
                                        bool vector) {
  Stride stride = makeStride(step);
  Value whole = constant32(step * count);
  auto loop = scf::ForOp::create(builder, loc, from.offset, limit, whole,
                                 flatten(from));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Place place = unflatten(loop.getRegionIterArgs());
  SmallVector<Elements, 0> list;
  for (int64_t i = 0; i != count; ++i) {
    list.push_back(load(place, vector));
    place = advance(place, stride);
  }
  compute(list);
  for (Elements &elements : list)
    store(elements);
  scf::YieldOp::create(builder, loc, flatten(place));
  builder.setInsertionPointAfter(loop);
  return unflatten(loop.getResults());
}

/// Iterations that all threads make together, where they are shorter than
/// others; then vectors as long as they fit; then single elements: those that
/// are left, or all of them where memory is not aligned.
void SimtKernel::buildElementLoops() {
  Value zero = constant32(0), mask = constant32(-width);
  Value rounded = arith::AndIOp::create(builder, loc, count, mask);
  Value whole =
      arith::SelectOp::create(builder, loc, vectorised, rounded, zero);
  Value start = multiply(thread, constant32(width));
  moveOrigin(start);
  Place place = placeAt(start);
  place.offset = zero;
  int64_t step = numThreads * width;
  if (unusual || unroll > 1) {
    Value together = subtract(whole, constant32(step * unroll - 1));
    isUsual = bool(unusual);
    if (unusual)
      together = getUsualLimit(zero, together);
    place = buildLoop(place, together, step, unroll, /*vector=*/true);
    isUsual = false;
  }
  buildLoop(place, subtract(whole, start), step, 1, /*vector=*/true);
  Place rest = placeAt(add(whole, thread));
  buildLoop(rest, subtract(count, start), numThreads, 1, /*vector=*/false);
}
