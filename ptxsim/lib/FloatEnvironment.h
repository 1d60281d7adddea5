//===- FloatEnvironment.h - rounding modes of the host ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_FLOATENVIRONMENT_H
#define PTXSIM_LIB_FLOATENVIRONMENT_H

#include "Program.h"
#include <cfenv>

namespace ptxsim {

/// Default arithmetic (to nearest, no flushing, no traps) for its lifetime,
/// whatever the caller had set.
class DefaultFloatEnvironment {
public:
  DefaultFloatEnvironment() {
    std::fegetenv(&saved);
    std::fesetenv(FE_DFL_ENV);
  }
  ~DefaultFloatEnvironment() { std::fesetenv(&saved); }
  DefaultFloatEnvironment(const DefaultFloatEnvironment &) = delete;
  DefaultFloatEnvironment &operator=(const DefaultFloatEnvironment &) = delete;

private:
  std::fenv_t saved;
};

/// A rounding mode for its lifetime. The file that computes must be compiled
/// with -frounding-math.
class RoundingScope {
public:
  explicit RoundingScope(Round mode) {
    if (mode != Round::RN && mode != Round::None)
      std::fesetround(mode == Round::RZ   ? FE_TOWARDZERO
                      : mode == Round::RM ? FE_DOWNWARD
                                          : FE_UPWARD);
    changed = mode != Round::RN && mode != Round::None;
  }
  ~RoundingScope() {
    if (changed)
      std::fesetround(FE_TONEAREST);
  }
  RoundingScope(const RoundingScope &) = delete;
  RoundingScope &operator=(const RoundingScope &) = delete;

private:
  bool changed = false;
};

} // namespace ptxsim

#endif // PTXSIM_LIB_FLOATENVIRONMENT_H
