//===- Instructions.h - one instruction against host arithmetic -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_TEST_INSTRUCTIONS_H
#define PTXSIM_TEST_INSTRUCTIONS_H

#include "Simulate.h"
#include <cmath>
#include <cstring>
#include <functional>

namespace ptxsim::test {

/// How results are compared: by bits, or with all NaNs of a format equal.
enum class Result : uint8_t {
  Bits,
  F16,
  BF16,
  F32,
  F64,
  F16x2,
  BF16x2,
  F32x2,
};

using Reference = std::function<uint64_t(uint64_t, uint64_t, uint64_t)>;
/// From the operands of 32 lanes to their results.
using WarpReference = std::function<void(const uint64_t *a, const uint64_t *b,
                                         const uint64_t *c, uint64_t *d)>;

/// An instruction, or a few, from %a, %b, %c to %d; %p and %q are predicates.
struct Operation {
  std::string text;
  unsigned resultBytes;
  Result compare;
  Reference expected;
  /// Instead of `expected` where lanes exchange values.
  WarpReference expectedOfWarp = nullptr;
  /// Operands for which PTX leaves the result open.
  std::function<bool(uint64_t, uint64_t, uint64_t)> isOpen = nullptr;
};

/// Values of the three operands, of 2, 4 or 8 bytes each.
struct Operands {
  unsigned bytes[3] = {4, 4, 4};
  std::vector<uint64_t> values[3];

  size_t count() const { return values[0].size(); }
};

/// 2^20 operands by default: a third special values, a third random bits, a
/// third random values of close exponents (for the floating-point types).
enum class Domain : uint8_t { Integer, F16, BF16, F32, F64 };
Operands randomOperands(Domain domain, unsigned bytes,
                        size_t count = size_t(1) << 20);
/// All values of 16 bits as %a, with %b and %c random.
Operands allHalves(Domain domain);

/// The module that executes operations.
std::string operationModule(const std::vector<Operation> &operations,
                            const Operands &operands);

/// Runs all operations on all operands with one kernel and compares.
void expectOperations(const std::vector<Operation> &operations,
                      const Operands &operands, uint64_t seed = 0);

template <typename T>
T bitCast(uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}
template <typename T>
uint64_t toBits(T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  return bits;
}

/// Decoded by the definition of the formats, in double.
double halfValue(uint16_t bits);
double brainValue(uint16_t bits);
/// The nearer one of the two neighbours of |x| in ascending bit patterns of 16
/// bits, whose numbers are `value`; ties to even.
template <typename Value>
uint16_t nearest16(long double x, uint16_t infinity, Value value) {
  if (std::isnan(x))
    return 0x7fff;
  uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  long double magnitude = std::fabs(x);
  uint16_t low = 0, high = infinity;
  // value(low) <= magnitude < value(high)
  while (high - low > 1) {
    uint16_t middle = uint16_t((low + high) / 2);
    ((long double)value(middle) <= magnitude ? low : high) = middle;
  }
  if (std::isinf(magnitude))
    return sign | infinity;
  // Beyond the largest number the next one would be as far again.
  long double below = value(low), above = 2 * below - value(uint16_t(low - 1));
  if (high != infinity)
    above = value(high);
  long double down = magnitude - below, up = above - magnitude;
  bool takeHigh = up < down || (up == down && (low & 1));
  return sign | (takeHigh ? high : low);
}
/// Correctly rounded to nearest even by comparing neighbours: slow, obvious.
uint16_t nearestHalf(long double exact);
uint16_t nearestBrain(long double exact);

} // namespace ptxsim::test

#endif // PTXSIM_TEST_INSTRUCTIONS_H
