//===- StorageEmitter.cpp - decode and encode one value -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StorageEmitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static constexpr uint32_t magnitudeMask = 0x7FFFFFFF, infinity = 0x7F800000,
                          quietNaN = 0x7FC00000;

//===----------------------------------------------------------------------===//
// Small pieces
//===----------------------------------------------------------------------===//

Value StorageEmitter::integer(uint32_t value) {
  return arith::ConstantOp::create(
      builder, loc, builder.getI32IntegerAttr(static_cast<int32_t>(value)));
}

Value StorageEmitter::number(float value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getF32FloatAttr(value));
}

Value StorageEmitter::resize(Value value, unsigned bits, bool fits) {
  Type type = builder.getIntegerType(bits);
  if (value.getType().getIntOrFloatBitWidth() < bits)
    return arith::ExtUIOp::create(builder, loc, type, value);
  // What is stored fits, except the low half of a number.
  auto flags = fits ? arith::IntegerOverflowFlags::nuw
                    : arith::IntegerOverflowFlags::none;
  return arith::TruncIOp::create(builder, loc, type, value, flags);
}

Value StorageEmitter::toBits(Value number) {
  return arith::BitcastOp::create(builder, loc, builder.getI32Type(), number);
}

Value StorageEmitter::toNumber(Value bits) {
  return arith::BitcastOp::create(builder, loc, builder.getF32Type(), bits);
}

/// Magnitudes have no sign bit, and signed comparison is cheap everywhere.
Value StorageEmitter::isAbove(Value magnitude, uint32_t limit) {
  Value bound = integer(limit);
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sgt,
                               magnitude, bound);
}

Value StorageEmitter::isNaN(Value number) {
  return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNO, number,
                               number);
}

template <typename OpTy>
Value StorageEmitter::create(Value a, Value b) {
  return OpTy::create(builder, loc, a, b);
}

Value StorageEmitter::select(Value condition, Value a, Value b) {
  return arith::SelectOp::create(builder, loc, condition, a, b);
}

//===----------------------------------------------------------------------===//
// Half floats
//===----------------------------------------------------------------------===//

/// To nearest even: half a step, or just below it if the result is even.
Value StorageEmitter::encodeBF16(Value number) {
  Value bits = toBits(number);
  Value high = create<arith::ShRUIOp>(bits, 16);
  Value odd = create<arith::AndIOp>(high, 1);
  Value half = create<arith::AddIOp>(odd, 0x7FFF);
  Value rounded = create<arith::AddIOp>(bits, half);
  Value code = create<arith::ShRUIOp>(rounded, 16);
  Value isNaN = this->isNaN(number);
  return select(isNaN, integer(quietNaN >> 16), code);
}

/// The low half of an infinity is 0: no draw moves it.
Value StorageEmitter::encodeBF16SR(Value number, Value draw) {
  Value sum = create<arith::AddIOp>(toBits(number), draw);
  Value code = create<arith::ShRUIOp>(sum, 16);
  Value isNaN = this->isNaN(number);
  return select(isNaN, integer(quietNaN >> 16), code);
}

Value StorageEmitter::encodeF16(Value number) {
  constexpr uint32_t smallestNormal = 0x38800000, // 2^-14
      overflow = 0x47800000;                      // 2^16
  Value bits = toBits(number);
  Value magnitude = create<arith::AndIOp>(bits, magnitudeMask);
  Value signBits = create<arith::ShRUIOp>(bits, 16);
  Value sign = create<arith::AndIOp>(signBits, 0x8000);
  // Normal results: the exponent moves from bias 127 to bias 15.
  Value step = create<arith::ShRUIOp>(magnitude, 13);
  Value odd = create<arith::AndIOp>(step, 1);
  Value half = create<arith::AddIOp>(odd, 0xFFF);
  Value rounded = create<arith::AddIOp>(magnitude, half);
  Value moved = create<arith::SubIOp>(rounded, uint32_t(127 - 15) << 23);
  Value normal = create<arith::ShRUIOp>(moved, 13);
  // Subnormal results: 2^-24 is the last bit of numbers from 1/2 to 1.
  Value absolute = toNumber(magnitude), onehalf = this->number(0.5f);
  Value raised = arith::AddFOp::create(builder, loc, absolute, onehalf);
  Value raisedBits = toBits(raised);
  Value subnormal = create<arith::SubIOp>(raisedBits, 0x3F000000);
  Value isNormal = isAbove(magnitude, smallestNormal - 1);
  Value finite = select(isNormal, normal, subnormal);
  Value isLarge = isAbove(magnitude, overflow - 1);
  Value limited = select(isLarge, integer(0x7C00), finite);
  Value signedCode = create<arith::OrIOp>(limited, sign);
  Value isNaN = isAbove(magnitude, infinity);
  return select(isNaN, integer(0x7E00), signedCode);
}

Value StorageEmitter::decodeF16(Value code) {
  constexpr uint32_t moveBias = uint32_t(127 - 15) << 23,
                     smallestNormal = 0x38800000;
  Value wide = resize(code, 32);
  Value signBit = create<arith::AndIOp>(wide, 0x8000);
  Value sign = create<arith::ShLIOp>(signBit, 16);
  Value magnitude = create<arith::AndIOp>(wide, 0x7FFF);
  Value mantissa = create<arith::ShLIOp>(magnitude, 13);
  Value normal = create<arith::AddIOp>(mantissa, moveBias);
  // Infinity and NaN have the largest exponent in both formats.
  Value special = create<arith::AddIOp>(normal, moveBias);
  Value isSpecial = isAbove(magnitude, 0x7BFF);
  Value large = select(isSpecial, special, normal);
  // The smallest normal number plus the subnormal one is exact.
  Value raised = create<arith::AddIOp>(mantissa, smallestNormal);
  Value sum = toNumber(raised), offset = toNumber(integer(smallestNormal));
  Value subnormal = arith::SubFOp::create(builder, loc, sum, offset);
  Value isNormal = isAbove(magnitude, 0x3FF);
  Value bits = select(isNormal, large, toBits(subnormal));
  return toNumber(create<arith::OrIOp>(bits, sign));
}

//===----------------------------------------------------------------------===//
// q8
//===----------------------------------------------------------------------===//

StoredValue StorageEmitter::encodeQ8(StorageAttr storage, Value number,
                                     Value draw) {
  constexpr uint32_t stepBits = 20, almostStep = (1u << stepBits) - 1;
  bool isUnsigned = storage.getIsUnsigned();
  // The maximum is looked at once per block: a NaN is larger than any number
  // and becomes the quiet one there, too.
  Value bits = toBits(number);
  Value raw = create<arith::AndIOp>(bits, magnitudeMask);
  Value largestRaw = BlockMaxOp::create(builder, loc, raw);
  Value anyNaN = isAbove(largestRaw, infinity);
  Value largest = select(anyNaN, integer(quietNaN), largestRaw);
  Value isNaN = this->isNaN(number);
  bits = select(isNaN, integer(quietNaN), bits);
  Value magnitude = create<arith::AndIOp>(bits, magnitudeMask);
  // A second moment that is not 0 never becomes 0.
  Value lowest = isUnsigned ? create<arith::MinUIOp>(magnitude, 1) : integer(0);
  // Rounded up: no code lies above the last one, whatever the rounding.
  Value raised = create<arith::AddIOp>(largest, almostStep);
  Value top = create<arith::ShRUIOp>(raised, stepBits);
  Value distance = create<arith::SubIOp>(top, isUnsigned ? 255 : 127);
  Value base = create<arith::MaxSIOp>(distance, 0u);
  // The base is a whole number of steps: it is taken off before the shift, and
  // once per block where the other summand is a constant.
  Value baseBits = create<arith::ShLIOp>(base, stepBits);
  Value added = create<arith::SubIOp>(integer(0), baseBits);
  if (draw) {
    magnitude = create<arith::AddIOp>(magnitude, draw);
  } else {
    added = create<arith::AddIOp>(added, uint32_t(1) << (stepBits - 1));
  }
  Value sum = create<arith::AddIOp>(magnitude, added);
  Value offset = create<arith::ShRSIOp>(sum, stepBits);
  Value code = create<arith::MaxSIOp>(offset, lowest);
  if (!isUnsigned) {
    Value signBits = create<arith::ShRUIOp>(bits, 24);
    Value sign = create<arith::AndIOp>(signBits, 0x80);
    code = create<arith::OrIOp>(code, sign);
  }
  return {resize(code, 8), resize(base, 16)};
}

Value StorageEmitter::decodeQ8(StorageAttr storage, Value code, Value base) {
  constexpr uint32_t stepBits = 20;
  bool isUnsigned = storage.getIsUnsigned();
  // Extended by its sign, a code has the number's sign in place.
  Value wide = isUnsigned ? resize(code, 32)
                          : Value(arith::ExtSIOp::create(
                                builder, loc, builder.getI32Type(), code));
  Value shifted = create<arith::ShLIOp>(wide, stepBits);
  Value steps = isUnsigned
                    ? shifted
                    : create<arith::AndIOp>(shifted, uint32_t(127) << stepBits);
  Value baseBits = create<arith::ShLIOp>(resize(base, 32), stepBits);
  Value zero = integer(0);
  Value isZero = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                       steps, zero);
  Value added = select(isZero, zero, baseBits);
  Value kept = create<arith::AddIOp>(steps, added);
  if (isUnsigned)
    return toNumber(kept);
  Value sign = create<arith::AndIOp>(wide, ~magnitudeMask);
  return toNumber(create<arith::OrIOp>(kept, sign));
}

//===----------------------------------------------------------------------===//
// All formats
//===----------------------------------------------------------------------===//

Value StorageEmitter::decode(StorageAttr storage, Value code, Value aux) {
  switch (storage.getFormat()) {
  case StorageFormat::F32:
    return code;
  case StorageFormat::BF16:
  case StorageFormat::BF16SR:
    return toNumber(create<arith::ShLIOp>(resize(code, 32), 16));
  case StorageFormat::F16:
    return decodeF16(code);
  case StorageFormat::Q8:
  case StorageFormat::Q8SR:
    return decodeQ8(storage, code, aux);
  case StorageFormat::Split: {
    Value high = create<arith::ShLIOp>(resize(code, 32), 16);
    Value low = resize(aux, 32);
    return toNumber(create<arith::OrIOp>(high, low));
  }
  }
  llvm_unreachable("all formats are covered");
}

StoredValue StorageEmitter::encode(StorageAttr storage, Value number,
                                   Value draw) {
  switch (storage.getFormat()) {
  case StorageFormat::F32:
    return {number, Value()};
  case StorageFormat::BF16:
    return {resize(encodeBF16(number), 16), Value()};
  case StorageFormat::BF16SR:
    return {resize(encodeBF16SR(number, draw), 16), Value()};
  case StorageFormat::F16:
    return {resize(encodeF16(number), 16), Value()};
  case StorageFormat::Q8:
  case StorageFormat::Q8SR:
    return encodeQ8(storage, number, draw);
  case StorageFormat::Split: {
    Value bits = toBits(number);
    Value isNaN = this->isNaN(number);
    Value kept = select(isNaN, integer(quietNaN), bits);
    Value high = create<arith::ShRUIOp>(kept, 16);
    return {resize(high, 16), resize(kept, 16, /*fits=*/false)};
  }
  }
  llvm_unreachable("all formats are covered");
}
