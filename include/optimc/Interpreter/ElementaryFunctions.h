//===- ElementaryFunctions.h - reference exp, log, pow, ... -----*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The reference interpreter's elementary functions, written from the text of
// docs/ElementaryFunctions.md alone. They depend on nothing but the C++
// standard library, and on no libm function but a correctly rounded fma.
//
// Every result equals, bit for bit, that of the IR which
// optimc/Conversion/ElementaryFunctions.h emits, the sign and payload of NaN
// aside. They need the default floating-point environment (round to nearest,
// subnormals kept) and translation with -ffp-contract=off.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_INTERPRETER_ELEMENTARYFUNCTIONS_H
#define OPTIMC_INTERPRETER_ELEMENTARYFUNCTIONS_H

namespace optimc::interp {

float expF32(float x);
float logF32(float x);
float powF32(float x, float y);
float tanhF32(float x);
float sinF32(float x);
float cosF32(float x);

double expF64(double x);
double logF64(double x);
double powF64(double x, double y);
double tanhF64(double x);
double sinF64(double x);
double cosF64(double x);

} // namespace optimc::interp

#endif // OPTIMC_INTERPRETER_ELEMENTARYFUNCTIONS_H
