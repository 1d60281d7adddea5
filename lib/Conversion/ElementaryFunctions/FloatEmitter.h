//===- FloatEmitter.h - ops of one floating-point shape ---------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The vocabulary in which the elementary functions are written: one method
// per op, over values that all have the operand's shape (scalar or vector)
// and width (32 or 64 bits), and the building blocks that the functions share
// (docs/ElementaryFunctions.md, sections 2 and 3).
//
// Calls that create ops are not nested as siblings: the order of evaluation
// of arguments would decide the order of the ops.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_ELEMENTARYFUNCTIONS_FLOATEMITTER_H
#define OPTIMC_LIB_CONVERSION_ELEMENTARYFUNCTIONS_FLOATEMITTER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/ArrayRef.h"

namespace optimc::elementary {

using mlir::Value;
using mlir::arith::CmpFPredicate;
using mlir::arith::CmpIPredicate;

/// An unevaluated sum; |lo| is small against |hi|.
struct Pair {
  Value hi, lo;
};

/// A rounded-to-integer value, as float and as integer of the same width.
struct Rounded {
  Value asFloat, asInteger;
};

/// Coefficients for both widths, degree 0 first. Every float32 value is
/// written as the float64 of equal value.
struct Coefficients {
  llvm::ArrayRef<double> single, wide;
};

class FloatEmitter {
public:
  FloatEmitter(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type);

  /// True when the element type is f64.
  bool isWide() const { return wide; }

  // Constants, splat over the shape.
  Value constant(double value);
  Value constant(double single, double wideValue) {
    return constant(wide ? wideValue : single);
  }
  Value integer(uint64_t bits, unsigned width);
  Value integer(uint64_t bits) { return integer(bits, width); }
  Value signBit() { return integer(uint64_t(1) << (width - 1)); }

  // Floating point. mulAdd is one fma in f32, two roundings in f64.
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value div(Value a, Value b);
  Value neg(Value a);
  Value mulAdd(Value a, Value b, Value c);
  Value compare(CmpFPredicate predicate, Value a, Value b);
  Value compare(CmpFPredicate predicate, Value a, double b);
  Value select(Value condition, Value a, Value b);
  /// `value` clamped to [low, high] by ordered compares: NaN stays.
  Value clamp(Value value, double low, double high);

  // Integers of any width; shifts never reach the width.
  Value addI(Value a, Value b);
  Value subI(Value a, Value b);
  Value mulI(Value a, Value b);
  Value andI(Value a, Value b);
  Value orI(Value a, Value b);
  Value xorI(Value a, Value b);
  Value shl(Value a, Value amount);
  Value shrU(Value a, Value amount);
  Value shl(Value a, unsigned amount);
  Value shrU(Value a, unsigned amount);
  Value shrS(Value a, unsigned amount);
  Value compareI(CmpIPredicate predicate, Value a, Value b);
  Value extend(Value a, unsigned toWidth);
  Value truncate(Value a, unsigned toWidth);

  // Between the two.
  Value bits(Value x);
  Value fromBits(Value i);
  Value toFloat(Value i);
  Value magnitude(Value x);
  /// `x`, its sign flipped where `sign` (an integer) has the sign bit set.
  Value flipSign(Value x, Value sign);

  // Section 2: error-free transformations and integers.
  Pair fastTwoSum(Value a, Value b);
  Pair twoProd(Value a, Value b);
  Value polynomial(Coefficients c, Value x);
  /// The integer in `shifted`, a value to which roundingMagic() was added.
  Rounded fromShifted(Value shifted);
  Value roundingMagic() { return constant(0x1.8p23, 0x1.8p52); }
  Value powerOfTwo(Value k);
  Value scale(Value x, Value k);

  // Section 3.
  Pair expCore(Pair u);
  Pair reduceExp(Value x, Rounded &k);

  // Section 4.1: x = 2^k m, m from `low` (given as bits) to twice that.
  Value splitExponent(Value x, uint64_t lowBits, Value &k);

  unsigned mantissaBits() const { return wide ? 52 : 23; }

private:
  Pair split(Value a);
  mlir::Type withElement(mlir::Type element) const;
  unsigned widthOf(Value i) const;

  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Type type;
  bool wide;
  unsigned width;
};

} // namespace optimc::elementary

#endif // OPTIMC_LIB_CONVERSION_ELEMENTARYFUNCTIONS_FLOATEMITTER_H
