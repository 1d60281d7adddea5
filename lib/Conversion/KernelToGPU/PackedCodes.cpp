//===- PackedCodes.cpp - codes of 8 bits in vectors -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Four codes of a block with one exponent are a word (docs/Numerics.md, 7.4).
// Bytes are moved by permutations, which also spread a bit over bytes: masks
// take the place of comparisons and selects.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "SimtKernel.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static constexpr unsigned stepBits = 20;

/// A selector of four bytes out of two words, the lowest first; `spread` asks
/// for the byte's sign in all of its bits.
static constexpr int64_t selectBytes(unsigned a, unsigned b, unsigned c,
                                     unsigned d) {
  return a | b << 4 | c << 8 | d << 12;
}
static constexpr unsigned spread = 8;

Value SimtKernel::permuteBytes(Value low, Value high, int64_t selector) {
  Value bytes = constant32(selector);
  return NVVM::PermuteOp::create(builder, loc, builder.getI32Type(), low, high,
                                 bytes, NVVM::PermuteMode::DEFAULT);
}

/// OpTy(word, bits)
template <typename OpTy>
static Value withConstant(OpBuilder &builder, Location loc, Value word,
                          uint32_t bits) {
  Value constant = arith::ConstantOp::create(
      builder, loc, builder.getI32IntegerAttr(static_cast<int32_t>(bits)));
  return OpTy::create(builder, loc, word, constant);
}

//===----------------------------------------------------------------------===//
// Decode
//===----------------------------------------------------------------------===//

/// The signed codes that `op` has decoded, and the block's exponent in place.
static std::pair<Value, Value> matchSignedNumber(Operation &op) {
  auto number = dyn_cast<arith::OrIOp>(op);
  Value wide =
      number ? matchBinary<arith::AndIOp>(number.getRhs(), signMask) : Value();
  auto extension =
      wide ? wide.getDefiningOp<arith::ExtSIOp>() : arith::ExtSIOp();
  if (!extension || !extension.getIn().getType().isInteger(8))
    return {};
  auto sum = number.getLhs().getDefiningOp<arith::AddIOp>();
  Value shifted =
      sum ? matchBinary<arith::AndIOp>(sum.getLhs(), 127u << stepBits)
          : Value();
  if (matchBinary<arith::ShLIOp>(shifted, stepBits) != wide)
    return {};
  auto exponent = sum.getRhs().getDefiningOp<arith::SelectOp>();
  if (!exponent || !isConstant(exponent.getTrueValue(), 0))
    return {};
  return {extension.getIn(), exponent.getFalseValue()};
}

/// The sign, eleven bits above the code, is moved with it.
Value SimtKernel::decodeSigned(Value codes, Value exponent) {
  Type i32 = builder.getI32Type();
  auto with = [&](auto op, Value word, uint32_t bits) {
    return withConstant<decltype(op)>(builder, loc, word, bits);
  };
  Value vector =
      vector::BitCastOp::create(builder, loc, VectorType::get(1, i32), codes);
  Value word =
      vector::ExtractOp::create(builder, loc, vector, ArrayRef<int64_t>{0});
  Value magnitudes = with(arith::AndIOp(), word, 0x7F7F7F7F);
  // The sign of a byte says whether its code is not 0.
  Value isCode = with(arith::AddIOp(), magnitudes, 0x7F7F7F7F);
  Value signs = with(arith::ShRUIOp(), word, 4);
  signs = with(arith::AndIOp(), signs, 0x08080808);
  SmallVector<Value> numbers;
  for (unsigned i = 0; i != 4; ++i) {
    Value code = permuteBytes(magnitudes, signs, selectBytes(i, 4 + i, i, i));
    Value steps = with(arith::ShLIOp(), code, stepBits);
    Value bits = add(steps, exponent);
    unsigned all = i | spread;
    Value mask = permuteBytes(isCode, isCode, selectBytes(all, all, all, all));
    mask = with(arith::OrIOp(), mask, signMask);
    Value number = arith::AndIOp::create(builder, loc, bits, mask);
    numbers.push_back(number);
  }
  return vector::FromElementsOp::create(builder, loc, VectorType::get(4, i32),
                                        numbers);
}

/// An unsigned code stays as it is until the exponent is added: one
/// instruction shifts and adds. Null for anything else.
static Value matchUnsignedSteps(Value steps) {
  Value wide = matchBinary<arith::ShLIOp>(steps, stepBits);
  auto extension =
      wide ? wide.getDefiningOp<arith::ExtUIOp>() : arith::ExtUIOp();
  return extension && extension.getIn().getType().isInteger(8) ? wide : Value();
}

//===----------------------------------------------------------------------===//
// Encode
//===----------------------------------------------------------------------===//

namespace {
/// What is encoded: the code is the top of `sum`, at least `lowest`.
struct Encoding {
  Value sum;
  Value lowest; ///< 1 for what is not 0; null if 0 for all
  Value bits;   ///< of the number, whose sign is kept; or null
};
} // namespace

static Encoding matchEncoding(Operation &op) {
  auto narrow = dyn_cast<arith::TruncIOp>(op);
  if (!narrow || !narrow.getType().isInteger(8))
    return {};
  Encoding encoding;
  Value code = narrow.getIn();
  if (auto joined = code.getDefiningOp<arith::OrIOp>()) {
    Value sign = matchBinary<arith::AndIOp>(joined.getRhs(), 0x80);
    encoding.bits = matchBinary<arith::ShRUIOp>(sign, 24);
    if (!encoding.bits)
      return {};
    code = joined.getLhs();
  }
  auto limited = code.getDefiningOp<arith::MaxSIOp>();
  if (!limited)
    return {};
  encoding.sum = matchBinary<arith::ShRSIOp>(limited.getLhs(), stepBits);
  bool isSigned = encoding.bits && isConstant(limited.getRhs(), 0);
  if (!encoding.bits && matchBinary<arith::MinUIOp>(limited.getRhs(), 1))
    encoding.lowest = limited.getRhs();
  return isSigned || encoding.lowest ? encoding : Encoding();
}

/// Codes below 1 are rare where only a zero has the code 0: they are looked for
/// together, and made 0 or 1 in a branch.
SmallVector<Value> SimtKernel::raiseCodes(ArrayRef<Value> sums,
                                          ArrayRef<Value> lowest) {
  Value least;
  for (Value sum : sums)
    for (Value part : unpack(sum))
      least = least ? Value(arith::MinSIOp::create(builder, loc, least, part))
                    : part;
  Value one = constant32(1 << stepBits);
  Value any = isBelow(least, one);
  SmallVector<Type> types(sums.size(), sums.front().getType());
  auto branch = scf::IfOp::create(builder, loc, types, any,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(builder, loc, sums);
  builder.setInsertionPointToStart(branch.thenBlock());
  Value distance = vector::BroadcastOp::create(builder, loc, types.front(),
                                               constant32(stepBits));
  SmallVector<Value> raised;
  for (auto [sum, low] : llvm::zip(sums, lowest)) {
    Value limit = arith::ShLIOp::create(builder, loc, low, distance);
    Value kept = arith::MaxSIOp::create(builder, loc, sum, limit);
    raised.push_back(kept);
  }
  scf::YieldOp::create(builder, loc, raised);
  return SmallVector<Value>(branch.getResults());
}

/// The four codes in bits 20 to 27 of `sums`: bytes in pairs, then shifted, two
/// at a time.
Value SimtKernel::packCodes(Value sums, Value bits) {
  Type i32 = builder.getI32Type();
  SmallVector<Value> parts = unpack(sums);
  constexpr int64_t highHalves = selectBytes(2, 3, 6, 7),
                    evenBytes = selectBytes(0, 2, 4, 6),
                    topBytes = selectBytes(3, 7, 3, 7),
                    lowHalves = selectBytes(0, 1, 4, 5);
  auto packPair = [&](Value first, Value second) {
    Value halves = permuteBytes(first, second, highHalves);
    return withConstant<arith::ShRUIOp>(builder, loc, halves, stepBits - 16);
  };
  Value low = packPair(parts[0], parts[1]), high = packPair(parts[2], parts[3]);
  Value word = permuteBytes(low, high, evenBytes);
  if (bits) {
    SmallVector<Value> numbers = unpack(bits);
    Value lowSigns = permuteBytes(numbers[0], numbers[1], topBytes);
    Value highSigns = permuteBytes(numbers[2], numbers[3], topBytes);
    Value tops = permuteBytes(lowSigns, highSigns, lowHalves);
    Value signs = withConstant<arith::AndIOp>(builder, loc, tops, 0x80808080);
    word = arith::OrIOp::create(builder, loc, word, signs);
  }
  Value vector =
      vector::BroadcastOp::create(builder, loc, VectorType::get(1, i32), word);
  return vector::BitCastOp::create(
      builder, loc, VectorType::get(4, builder.getI8Type()), vector);
}

//===----------------------------------------------------------------------===//
// Both
//===----------------------------------------------------------------------===//

bool SimtKernel::computeCodes(Operation &op, MutableArrayRef<Elements> list) {
  if (width != 4)
    return false;
  Value result = op.getResult(0);
  if (auto [codes, exponent] = matchSignedNumber(op); codes) {
    for (Elements &elements : list) {
      Value own = elements.segment.lookupOrNull(exponent);
      Value number = decodeSigned(use(codes, elements),
                                  own ? own : scalars.lookup(exponent));
      elements.varying.map(result, number);
    }
    return true;
  }
  if (auto isZero = dyn_cast<arith::CmpIOp>(op)) {
    Value wide = matchUnsignedSteps(isZero.getLhs());
    if (!wide || isZero.getPredicate() != arith::CmpIPredicate::eq ||
        !isConstant(isZero.getRhs(), 0))
      return false;
    for (Elements &elements : list) {
      Value codes = use(wide, elements);
      Value zero = broadcast(constant32(0));
      Value own = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                        codes, zero);
      elements.varying.map(result, own);
    }
    return true;
  }
  Encoding encoding = matchEncoding(op);
  if (!encoding.sum)
    return false;
  SmallVector<Value> sums, lowest;
  for (Elements &elements : list) {
    Value sum = use(encoding.sum, elements);
    if (encoding.lowest)
      lowest.push_back(use(encoding.lowest, elements));
    else
      sum = arith::MaxSIOp::create(builder, loc, sum, broadcast(constant32(0)));
    sums.push_back(sum);
  }
  if (encoding.lowest)
    sums = raiseCodes(sums, lowest);
  for (auto [elements, sum] : llvm::zip(list, sums)) {
    Value bits = encoding.bits ? use(encoding.bits, elements) : Value();
    elements.varying.map(result, packCodes(sum, bits));
  }
  return true;
}
