//===- FloatMode.cpp - the caller's floating-point environment -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runs.h"
#include <cfenv>
#include <xmmintrin.h>

using namespace optimc::test;

namespace {
constexpr unsigned flushBits = 0x8040;   // FTZ and DAZ
constexpr unsigned controlBits = 0xFFC0; // all but the exception flags
} // namespace

std::string FloatMode::getName() const {
  std::string name = rounding == FE_DOWNWARD     ? "down"
                     : rounding == FE_UPWARD     ? "up"
                     : rounding == FE_TOWARDZERO ? "toward zero"
                                                 : "nearest";
  return name + (flushes ? ", flush to zero" : "");
}

FloatMode optimc::test::getFloatMode(unsigned number) {
  static const FloatMode modes[] = {{FE_TONEAREST, false},
                                    {FE_TONEAREST, true},
                                    {FE_DOWNWARD, false},
                                    {FE_UPWARD, true},
                                    {FE_TOWARDZERO, true}};
  return modes[number % 5];
}

FloatModeScope::FloatModeScope(const FloatMode &mode)
    : saved(_mm_getcsr()), savedRounding(fegetround()) {
  fesetround(mode.rounding);
  unsigned bits = _mm_getcsr() & ~flushBits;
  _mm_setcsr(mode.flushes ? bits | flushBits : bits);
  set = _mm_getcsr();
  setRounding = fegetround();
}

FloatModeScope::~FloatModeScope() {
  fesetround(savedRounding);
  _mm_setcsr(saved);
}

bool FloatModeScope::wasKept() const {
  return (_mm_getcsr() & controlBits) == (set & controlBits) &&
         fegetround() == setRounding;
}
