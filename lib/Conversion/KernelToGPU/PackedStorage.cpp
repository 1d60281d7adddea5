//===- PackedStorage.cpp - formats of 16 and 8 bits in vectors -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The ops that formats expand to are one element's integer ops, the same for
// every target. GPUs have shorter ways to the same bits for some of them when a
// vector is computed: they keep two values of 16 bits in a register, round two
// numbers to bf16 in one instruction, and can skip what only a NaN needs.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "SimtKernel.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

/// The number that `value` rounds to bf16: docs/Numerics.md, 7.1. NaNs are
/// replaced by the caller.
static Value matchRoundedToBF16(Value value) {
  auto sum = matchBinary<arith::ShRUIOp>(value, 16);
  auto add = sum ? sum.getDefiningOp<arith::AddIOp>() : arith::AddIOp();
  if (!add)
    return Value();
  Value odd = matchBinary<arith::AddIOp>(add.getRhs(), 0x7FFF);
  Value high = matchBinary<arith::AndIOp>(odd, 1);
  if (matchBinary<arith::ShRUIOp>(high, 16) != add.getLhs())
    return Value();
  auto bits = add.getLhs().getDefiningOp<arith::BitcastOp>();
  return bits ? bits.getIn() : Value();
}

/// The number that `op` encodes as bf16.
static Value matchBF16(Operation &op) {
  auto narrow = dyn_cast<arith::TruncIOp>(op);
  if (!narrow || !narrow.getType().isInteger(16))
    return Value();
  Value number = matchNaNSelect(narrow.getIn());
  if (!number)
    return Value();
  auto select = narrow.getIn().getDefiningOp<arith::SelectOp>();
  return matchRoundedToBF16(select.getFalseValue()) == number ? number
                                                              : Value();
}

/// Whether only encodings as bf16 use the result.
static bool isOnlyForBF16(Operation &op) {
  return llvm::all_of(op.getUsers(),
                      [](Operation *user) { return bool(matchBF16(*user)); });
}

/// Two numbers per word, the first in its low half.
Value SimtKernel::widenHalves(Value halves) {
  auto type = cast<VectorType>(halves.getType());
  auto packed =
      VectorType::get(type.getNumElements() / 2, builder.getI32Type());
  Value words = vector::BitCastOp::create(builder, loc, packed, halves);
  auto splat = [&](int64_t value) -> Value {
    return vector::BroadcastOp::create(builder, loc, packed, constant32(value));
  };
  Value distance = splat(16), mask = splat(-(1 << 16));
  Value even = arith::ShLIOp::create(builder, loc, words, distance);
  Value odd = arith::AndIOp::create(builder, loc, words, mask);
  return vector::InterleaveOp::create(builder, loc, even, odd);
}

/// Together with what else has its NaNs asked for by the same numbers, in one
/// branch.
void SimtKernel::computeBF16(Operation &op, Value number,
                             MutableArrayRef<Elements> list) {
  Elements &first = list.front();
  Value witness = getNaNWitness(number, first);
  SmallVector<Value> results, numbers, codes;
  auto type = VectorType::get(width, builder.getBF16Type());
  for (Operation *each = &op; each; each = each->getNextNode()) {
    Value own = matchBF16(*each);
    if (!own || !first.varying.contains(own) ||
        getNaNWitness(own, first) != witness)
      continue;
    results.push_back(each->getResult(0));
    for (Elements &elements : list) {
      Value exact = use(own, elements);
      Value rounded = arith::TruncFOp::create(builder, loc, type, exact);
      Value code = arith::BitcastOp::create(
          builder, loc, type.clone(builder.getI16Type()), rounded);
      numbers.push_back(exact);
      codes.push_back(code);
    }
  }
  constexpr int64_t quietNaN = 0x7FC0;
  Value any = hasNaN(number, list), replacement = constant(quietNaN, 16);
  SmallVector<Value> stored = replaceNaNs(numbers, replacement, codes, any);
  ArrayRef<Value> rest = stored;
  for (Value result : results)
    for (Elements &elements : list) {
      elements.varying.map(result, rest.front());
      rest = rest.drop_front();
    }
}

/// False where the op needs no way of its own.
bool SimtKernel::computePacked(Operation &op, MutableArrayRef<Elements> list) {
  if (!list.front().vector || width % 2 != 0)
    return false;
  Value result = op.getResult(0);
  if (list.front().varying.contains(result))
    return true;
  if (auto wide = matchBinary<arith::ShLIOp>(result, 16)) {
    auto extension = wide.getDefiningOp<arith::ExtUIOp>();
    if (!extension || !extension.getIn().getType().isInteger(16))
      return false;
    for (Elements &elements : list) {
      Value halves = use(extension.getIn(), elements);
      elements.varying.map(result, widenHalves(halves));
    }
    return true;
  }
  if (Value number = matchBF16(op)) {
    computeBF16(op, number, list);
    return true;
  }
  if (Value number = matchNaNSelect(result))
    return isOnlyForBF16(op) ||
           computeQuieted(cast<arith::SelectOp>(op), number, list);
  return computeCodes(op, list);
}
