//===- Values.h - what a value holds during a step --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A `Field` is one SSA value in one step: one array per instance of its rate,
// that is per clock at group rate, per tensor at tensor rate and finer. Every
// scalar occupies one 64-bit word: numbers as float64 (a float32 is exactly
// representable), truth values and integers as zero-extended bits.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_INTERPRETER_VALUES_H
#define OPTIMC_LIB_INTERPRETER_VALUES_H

#include "optimc/Dialect/Optim/IR/Optim.h"
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace optimc::interp {

using optim::Rate;

using Word = uint64_t;
using Array = std::vector<Word>;

inline double toNumber(Word word) {
  double number;
  std::memcpy(&number, &word, sizeof number);
  return number;
}

inline Word toWord(double number) {
  Word word;
  std::memcpy(&word, &number, sizeof word);
  return word;
}

struct Field {
  explicit Field(Rate rate, size_t instances = 1)
      : rate(rate), parts(instances) {}

  Rate rate; ///< never `any`: templates run at their call's rates
  std::vector<Array> parts; ///< by instance; empty where it did not run
};
using FieldRef = std::shared_ptr<const Field>;

/// One operand's words at the rate of an op: every word, or one for all.
struct View {
  const Word *words = nullptr;
  size_t stride = 0;
  Word at(size_t i) const { return words[i * stride]; }
};

} // namespace optimc::interp

#endif // OPTIMC_LIB_INTERPRETER_VALUES_H
