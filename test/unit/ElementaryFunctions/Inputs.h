//===- Inputs.h - bit patterns to test with ---------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_ELEMENTARYFUNCTIONS_INPUTS_H
#define OPTIMC_TEST_ELEMENTARYFUNCTIONS_INPUTS_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace optimc::test {

template <typename T>
using BitsOf = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;

template <typename T>
BitsOf<T> toBits(T x) {
  BitsOf<T> bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

template <typename T>
T fromBits(BitsOf<T> bits) {
  T x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

/// Equal bits, NaN's sign and payload aside.
template <typename T>
bool same(T a, T b) {
  return (a != a && b != b) || toBits(a) == toBits(b);
}

/// Every kind of number, thresholds of the algorithms, and their neighbours,
/// with both signs.
template <typename T>
std::vector<T> specialValues() {
  using Limits = std::numeric_limits<T>;
  constexpr bool wide = sizeof(T) == 8;
  const T digits = std::ldexp(T(1), Limits::digits);
  std::vector<T> centers = {
      0, Limits::denorm_min(), Limits::min(), Limits::epsilon(), Limits::max(),
      Limits::infinity(), T(0.25), T(0.375), T(0.5), std::sqrt(T(0.5)),
      std::sqrt(T(0.75)), T(0x1.92p-1), T(0x1.921fb54442d18p-1), T(1),
      std::sqrt(T(1.5)), T(1.5), T(0x1.921fb54442d18p0), std::sqrt(T(2)),
      std::sqrt(T(3)), T(2), T(3), T(0x1.921fb54442d18p1), T(4), T(5), T(7),
      T(9), T(10), T(20), T(89), T(104), T(710), T(746),
      T(0x1.62e42fefa39efp-2), T(128), T(129), T(149), T(151), T(1024), T(1025),
      T(1074), T(1077), digits / 4, digits / 2, digits, digits * 2, T(0x1p33),
      T(0x1p65), T(1e10), T(1e30), std::log(Limits::max()),
      -std::log(Limits::min()), -std::log(Limits::denorm_min()),
      // The float32 and float64 closest to a multiple of pi/2.
      wide ? T(6381956970095103.0 * 0x1p797) : T(16367173.0f * 0x1p72f)};
  std::vector<T> values;
  for (T center : centers)
    for (T x : {std::nextafter(center, T(0)), center,
                std::nextafter(center, Limits::infinity())}) {
      values.push_back(x);
      values.push_back(-x);
    }
  values.push_back(Limits::quiet_NaN());
  values.push_back(-Limits::quiet_NaN());
  values.push_back(Limits::signaling_NaN());
  values.push_back(fromBits<T>(~BitsOf<T>(0)));
  return values;
}

/// Random operands: a third over all bit patterns, a third over exponents
/// near 1, a third uniform in [-range, range].
template <typename T>
class RandomInputs {
public:
  RandomInputs(uint64_t seed, T range) : engine(seed), range(range) {}

  T next() {
    uint64_t kind = engine() % 3, word = engine();
    if (kind == 0)
      return fromBits<T>(static_cast<BitsOf<T>>(word));
    T unit = std::ldexp(static_cast<T>(static_cast<int64_t>(word)), -63);
    if (kind == 1)
      return std::ldexp(unit, static_cast<int>(engine() % 24) - 12);
    return unit * range;
  }

  /// Operands of pow: a third independent, a third with a result inside the
  /// range of the type, the rest with small integer and half integer y.
  void next(T &x, T &y) {
    x = next();
    uint64_t kind = engine() % 3;
    if (kind == 0) {
      y = next();
    } else if (kind == 1) {
      T exponent = next();
      T reach = sizeof(T) == 4 ? T(152) : T(1080);
      y = std::fmod(exponent, reach) / std::log2(std::fabs(x));
    } else {
      y = (static_cast<T>(static_cast<int64_t>(engine() % 65)) - 32) / 2;
    }
  }

private:
  std::mt19937_64 engine;
  T range;
};

} // namespace optimc::test

#endif // OPTIMC_TEST_ELEMENTARYFUNCTIONS_INPUTS_H
