//===- Scalars.h - arithmetic of one scalar ---------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/Numerics.md for one float32 or float64. What is not here is the C++
// operator. Translated with -ffp-contract=off.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_INTERPRETER_SCALARS_H
#define OPTIMC_LIB_INTERPRETER_SCALARS_H

#include "optimc/Interpreter/ElementaryFunctions.h"
#include <cmath>

namespace optimc::interp {

/// One rounding in float32, two in float64.
inline float fuse(float a, float b, float c) { return std::fma(a, b, c); }
inline double fuse(double a, double b, double c) { return a * b + c; }

/// IEEE 754-2019 minimum and maximum: NaN if either is, -0 < +0.
template <class T>
T minimum(T a, T b) {
  if (std::isnan(a) || std::isnan(b))
    return a + b;
  if (a == b)
    return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
template <class T>
T maximum(T a, T b) {
  if (std::isnan(a) || std::isnan(b))
    return a + b;
  if (a == b)
    return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

template <class T>
T signOf(T x) {
  return x == 0 || std::isnan(x) ? x : std::copysign(T(1), x);
}

/// a - b * floor(a / b), three roundings.
inline double modulo(double a, double b) { return a - b * std::floor(a / b); }

#define OPTIMC_ELEMENTARY(NAME)                                                \
  inline float NAME##Of(float x) { return NAME##F32(x); }                      \
  inline double NAME##Of(double x) { return NAME##F64(x); }
OPTIMC_ELEMENTARY(exp)
OPTIMC_ELEMENTARY(log)
OPTIMC_ELEMENTARY(tanh)
OPTIMC_ELEMENTARY(sin)
OPTIMC_ELEMENTARY(cos)
#undef OPTIMC_ELEMENTARY
inline float powOf(float x, float y) { return powF32(x, y); }
inline double powOf(double x, double y) { return powF64(x, y); }

/// x moved from old by weight w: exactly x at w == 1.
template <class T>
T lerpOf(T old, T x, T w) {
  return w == 1 ? x : fuse(w, x - old, old);
}

} // namespace optimc::interp

#endif // OPTIMC_LIB_INTERPRETER_SCALARS_H
