//===- Lowered.h - functions of arith and math ops --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What an elementwise op does to the words of one value. The precision is that
// of the op's type; its rate only says how many values there are.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_INTERPRETER_LOWERED_H
#define OPTIMC_LIB_INTERPRETER_LOWERED_H

#include "Values.h"
#include <functional>

namespace optimc::interp {

/// One of them is set.
struct WordFunction {
  std::function<Word(Word)> unary;
  std::function<Word(Word, Word)> binary;
  std::function<Word(Word, Word, Word)> ternary;

  explicit operator bool() const { return unary || binary || ternary; }
};

/// Empty where the op is of another kind.
WordFunction getFloatFunction(mlir::Operation *op);
WordFunction getConversion(mlir::Operation *op);
WordFunction getIntegerFunction(mlir::Operation *op);

inline unsigned getWidth(mlir::Type type) {
  return type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
}
inline Word truncate(Word word, unsigned width) {
  return width >= 64 ? word : word & ((Word(1) << width) - 1);
}
inline int64_t toSigned(Word word, unsigned width) {
  unsigned shift = 64 - width;
  return static_cast<int64_t>(word << shift) >> shift;
}
/// f32, f64, index and integers of 1 to 64 bits.
inline bool isLoweredType(mlir::Type type) {
  return type.isF32() || type.isF64() || type.isIndex() ||
         (type.isSignlessInteger() && type.getIntOrFloatBitWidth() >= 1 &&
          type.getIntOrFloatBitWidth() <= 64);
}

} // namespace optimc::interp

#endif // OPTIMC_LIB_INTERPRETER_LOWERED_H
