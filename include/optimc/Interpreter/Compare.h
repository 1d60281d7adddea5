//===- Compare.h - comparing results bit for bit ----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the numerics contract promises: equal bits, the sign and payload of NaN
// aside. Signed zeros differ.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_INTERPRETER_COMPARE_H
#define OPTIMC_INTERPRETER_COMPARE_H

#include "llvm/ADT/ArrayRef.h"
#include <optional>
#include <string>

namespace optimc::interp {

bool sameNumber(double a, double b);
bool sameNumber(float a, float b);

/// The first place where two arrays part; an array that ends earlier differs at
/// its end.
std::optional<size_t> findDifference(llvm::ArrayRef<double> a,
                                     llvm::ArrayRef<double> b);
std::optional<size_t> findDifference(llvm::ArrayRef<float> a,
                                     llvm::ArrayRef<float> b);
std::optional<size_t> findDifference(llvm::ArrayRef<float> a,
                                     llvm::ArrayRef<double> b);

/// "0.5 (0x3f000000)": a number with its float32 bits, or with its float64 bits
/// where it is no float32.
std::string describeNumber(double value);

} // namespace optimc::interp

#endif // OPTIMC_INTERPRETER_COMPARE_H
