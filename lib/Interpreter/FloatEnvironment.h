//===- FloatEnvironment.h - the default environment -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_INTERPRETER_FLOATENVIRONMENT_H
#define OPTIMC_LIB_INTERPRETER_FLOATENVIRONMENT_H

#include <cfenv>

namespace optimc::interp {

/// Round to nearest, subnormals kept, no traps; restores the caller's at the
/// end, without the exceptions that were raised in between.
class FloatEnvironment {
public:
  FloatEnvironment() {
    std::fegetenv(&saved);
    std::fesetenv(FE_DFL_ENV);
  }
  ~FloatEnvironment() { std::fesetenv(&saved); }
  FloatEnvironment(const FloatEnvironment &) = delete;
  FloatEnvironment &operator=(const FloatEnvironment &) = delete;

private:
  std::fenv_t saved;
};

} // namespace optimc::interp

#endif // OPTIMC_LIB_INTERPRETER_FLOATENVIRONMENT_H
