//===- Functions.h - the functions under test -------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_ELEMENTARYFUNCTIONS_FUNCTIONS_H
#define OPTIMC_TEST_ELEMENTARYFUNCTIONS_FUNCTIONS_H

#include "optimc/Interpreter/ElementaryFunctions.h"

#include <cmath>

namespace optimc::test {

/// The reference implementation of a unary function, and where it does
/// something other than saturate.
template <typename T>
struct Unary {
  const char *name;
  T (*reference)(T);
  T range;
};

inline const Unary<float> unaryF32[] = {{"exp", interp::expF32, 110.0f},
                                        {"log", interp::logF32, 4.0f},
                                        {"tanh", interp::tanhF32, 11.0f},
                                        {"sin", interp::sinF32, 1e5f},
                                        {"cos", interp::cosF32, 1e5f}};
inline const Unary<double> unaryF64[] = {{"exp", interp::expF64, 760.0},
                                         {"log", interp::logF64, 4.0},
                                         {"tanh", interp::tanhF64, 22.0},
                                         {"sin", interp::sinF64, 1e9},
                                         {"cos", interp::cosF64, 1e9}};

inline float referencePow(float x, float y) { return interp::powF32(x, y); }
inline double referencePow(double x, double y) { return interp::powF64(x, y); }

template <typename T>
auto &unaryFunctions() {
  if constexpr (sizeof(T) == 4)
    return unaryF32;
  else
    return unaryF64;
}

} // namespace optimc::test

#endif // OPTIMC_TEST_ELEMENTARYFUNCTIONS_FUNCTIONS_H
