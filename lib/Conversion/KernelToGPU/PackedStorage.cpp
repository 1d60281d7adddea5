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

#include "SimtKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static constexpr uint32_t infinity = 0x7F800000, magnitudeMask = 0x7FFFFFFF,
                          signMask = 0x80000000, stepBits = 20;

static bool isConstant(Value value, uint32_t bits) {
  APInt number;
  return matchPattern(value, m_ConstantInt(&number)) &&
         number.getZExtValue() == bits;
}

/// `x` of `OpTy(x, bits)`, null for anything else.
template <typename OpTy>
static Value matchBinary(Value value, uint32_t bits) {
  auto op = value ? value.getDefiningOp<OpTy>() : OpTy();
  return op && isConstant(op.getRhs(), bits) ? op.getLhs() : Value();
}

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

/// i1: two numbers per comparison.
Value SimtKernel::hasNaN(Value number, MutableArrayRef<Elements> list) {
  Value any;
  for (Elements &elements : list) {
    SmallVector<Value> parts = unpack(use(number, elements));
    for (size_t i = 0, e = parts.size(); i != e; i += 2) {
      Value either = arith::CmpFOp::create(
          builder, loc, arith::CmpFPredicate::UNO, parts[i], parts[i + 1]);
      any =
          any ? Value(arith::OrIOp::create(builder, loc, any, either)) : either;
    }
  }
  return any;
}

/// What the largest value of a block is asked of: the magnitudes of `bits`.
static arith::AndIOp findRawMagnitude(Value bits) {
  for (Operation *user : bits.getUsers())
    if (auto magnitude = dyn_cast<arith::AndIOp>(user))
      if (llvm::any_of(magnitude->getUsers(), llvm::IsaPred<BlockMaxOp>))
        return magnitude;
  return arith::AndIOp();
}

/// Whether any of the warp's numbers is a NaN, where the encoding of a block
/// has asked for that. Else null.
Value SimtKernel::findBlockNaN(Value bits, Elements &elements) {
  arith::AndIOp magnitude = findRawMagnitude(bits);
  if (!magnitude)
    return Value();
  for (Operation *largest : magnitude->getUsers())
    for (Operation *test : largest->getUsers()) {
      auto compare = dyn_cast<arith::CmpIOp>(test);
      if (isa<BlockMaxOp>(largest) && compare &&
          compare.getPredicate() == arith::CmpIPredicate::sgt &&
          isConstant(compare.getRhs(), infinity))
        return elements.segment.lookupOrNull(compare.getResult());
    }
  return Value();
}

/// NaNs are rare: they are replaced in a branch that is not taken without one.
/// `values` has one or more per element of `list`, in its order.
SmallVector<Value> SimtKernel::replaceNaNs(Value number, Value replacement,
                                           ArrayRef<Value> values, Value any,
                                           MutableArrayRef<Elements> list) {
  SmallVector<Value> numbers;
  for (Elements &elements : list)
    numbers.push_back(use(number, elements));
  auto type = cast<VectorType>(values.front().getType());
  SmallVector<Type> types(values.size(), type);
  auto branch = scf::IfOp::create(builder, loc, types, any,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(builder, loc, values);
  builder.setInsertionPointToStart(branch.thenBlock());
  Value quiet = vector::BroadcastOp::create(builder, loc, type, replacement);
  SmallVector<Value> replaced;
  for (auto [i, value] : llvm::enumerate(values)) {
    Value own = numbers[i % numbers.size()];
    Value isNaN = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNO,
                                        own, own);
    Value kept = arith::SelectOp::create(builder, loc, isNaN, quiet, value);
    replaced.push_back(kept);
  }
  scf::YieldOp::create(builder, loc, replaced);
  return SmallVector<Value>(branch.getResults());
}

void SimtKernel::computeBF16(Operation &op, Value number,
                             MutableArrayRef<Elements> list) {
  SmallVector<Value> codes;
  for (Elements &elements : list) {
    auto type = VectorType::get(width, builder.getBF16Type());
    Value rounded =
        arith::TruncFOp::create(builder, loc, type, use(number, elements));
    Value code = arith::BitcastOp::create(
        builder, loc, type.clone(builder.getI16Type()), rounded);
    codes.push_back(code);
  }
  constexpr int64_t quietNaN = 0x7FC0;
  Value any = hasNaN(number, list), replacement = constant(quietNaN, 16);
  SmallVector<Value> stored =
      replaceNaNs(number, replacement, codes, any, list);
  for (auto [elements, code] : llvm::zip(list, stored))
    elements.varying.map(op.getResult(0), code);
}

/// A select that replaces the NaNs of numbers, and the magnitudes of a block.
bool SimtKernel::computeQuieted(arith::SelectOp select, Value number,
                                MutableArrayRef<Elements> list) {
  APInt replacement;
  if (select->use_empty() || !select.getType().isInteger(32) ||
      !matchPattern(select.getTrueValue(), m_ConstantInt(&replacement)))
    return false;
  Value bits = select.getFalseValue();
  // Magnitudes are there already, and often nothing else is asked for.
  arith::AndIOp raw = findRawMagnitude(bits);
  SmallVector<Value> replaced;
  bool isMagnitudeEnough = bool(raw);
  for (Operation *user : select->getUsers()) {
    Value result = user->getResult(0);
    if (raw && matchBinary<arith::AndIOp>(result, magnitudeMask))
      replaced.push_back(result);
    else
      isMagnitudeEnough = false;
  }
  SmallVector<Value> sources, values;
  if (!replaced.empty())
    sources.push_back(raw);
  if (!isMagnitudeEnough) {
    sources.push_back(bits);
    replaced.push_back(select);
  }
  for (Value source : sources)
    for (Elements &elements : list)
      values.push_back(use(source, elements));
  Value any = findBlockNaN(bits, list.front());
  if (!any)
    any = hasNaN(number, list);
  Value quiet = constant32(replacement.getSExtValue());
  SmallVector<Value> results = replaceNaNs(number, quiet, values, any, list);
  for (Value value : replaced)
    for (auto [i, elements] : llvm::enumerate(list)) {
      bool isLast = value == select.getResult();
      size_t offset = isLast ? (sources.size() - 1) * list.size() : 0;
      elements.varying.map(value, results[offset + i]);
    }
  return true;
}

/// The word of four codes, once per number.
Value SimtKernel::spreadCodes(Value codes) {
  Type i32 = builder.getI32Type();
  Value word =
      vector::BitCastOp::create(builder, loc, VectorType::get(1, i32), codes);
  Value scalar =
      vector::ExtractOp::create(builder, loc, word, ArrayRef<int64_t>{0});
  return vector::BroadcastOp::create(builder, loc, VectorType::get(width, i32),
                                     scalar);
}

/// The steps of q8 codes, not yet shifted: the shift belongs to the addition
/// of the exponent, in one instruction. Null for anything else.
Value SimtKernel::getCodeSteps(Value steps, Elements &elements) {
  auto type = VectorType::get(width, builder.getI32Type());
  Value shifted = matchBinary<arith::AndIOp>(steps, 127u << stepBits);
  Value wide = matchBinary<arith::ShLIOp>(shifted ? shifted : steps, stepBits);
  if (!wide || width != 4)
    return Value();
  if (auto extension = wide.getDefiningOp<arith::ExtUIOp>())
    return extension.getIn().getType().isInteger(8) ? use(wide, elements)
                                                    : Value();
  auto extension = wide.getDefiningOp<arith::ExtSIOp>();
  if (!extension || !shifted || !extension.getIn().getType().isInteger(8))
    return Value();
  Value codes = use(extension.getIn(), elements);
  Value widened = arith::ExtUIOp::create(builder, loc, type, codes);
  Value mask = vector::BroadcastOp::create(builder, loc, type, constant32(127));
  return arith::AndIOp::create(builder, loc, widened, mask);
}

/// Decoding of q8 (docs/Numerics.md, 7.4).
bool SimtKernel::computeCodes(Operation &op, MutableArrayRef<Elements> list) {
  Value result = op.getResult(0);
  auto isZero = dyn_cast<arith::CmpIOp>(op);
  bool isTest = isZero && isZero.getPredicate() == arith::CmpIPredicate::eq &&
                isConstant(isZero.getRhs(), 0);
  Value wide = matchBinary<arith::AndIOp>(result, signMask);
  auto extension =
      wide ? wide.getDefiningOp<arith::ExtSIOp>() : arith::ExtSIOp();
  bool isSign = extension && extension.getIn().getType().isInteger(8);
  for (Elements &elements : list) {
    auto type = VectorType::get(width, builder.getI32Type());
    auto splat = [&](int64_t value) -> Value {
      return vector::BroadcastOp::create(builder, loc, type, constant32(value));
    };
    if (isSign && width == 4) {
      Value words = spreadCodes(use(extension.getIn(), elements));
      Value distances = arith::ConstantOp::create(
          builder, loc,
          DenseIntElementsAttr::get(type, ArrayRef<int32_t>{24, 16, 8, 0}));
      Value mask = splat(int32_t(signMask));
      Value moved = arith::ShLIOp::create(builder, loc, words, distances);
      Value sign = arith::AndIOp::create(builder, loc, moved, mask);
      elements.varying.map(result, sign);
      continue;
    }
    Value steps = getCodeSteps(isTest ? isZero.getLhs() : result, elements);
    if (!steps)
      return false;
    Value own;
    if (isTest) {
      own = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, steps,
                                  splat(0));
    } else {
      Value distance = splat(stepBits);
      own = arith::ShLIOp::create(builder, loc, steps, distance);
    }
    elements.varying.map(result, own);
  }
  return true;
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
