//===- FpEnvironment.h - the default floating-point mode -------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CPU_FPENVIRONMENT_H
#define OPTIMC_RUNTIME_CPU_FPENVIRONMENT_H

#if defined(__x86_64__)
#include <cstdint>
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

namespace optimc::rt {

/// Round to nearest, subnormals kept, exceptions masked, for one scope on this
/// thread; then the caller's mode again, sticky flags included.
class DefaultFpEnvironment {
public:
#if defined(__x86_64__)
  DefaultFpEnvironment() : control(_mm_getcsr()) {
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    _mm_setcsr(0x1F80);
    if (x87 != defaultX87) {
      uint16_t word = defaultX87;
      __asm__ volatile("fldcw %0" : : "m"(word));
    }
  }
  ~DefaultFpEnvironment() {
    _mm_setcsr(control);
    if (x87 != defaultX87)
      __asm__ volatile("fldcw %0" : : "m"(x87));
  }

private:
  static constexpr uint16_t defaultX87 = 0x037F;
  uint32_t control;
  uint16_t x87;
#else
  DefaultFpEnvironment() {
    fegetenv(&saved);
    fesetenv(FE_DFL_ENV);
  }
  ~DefaultFpEnvironment() { fesetenv(&saved); }

private:
  fenv_t saved;
#endif

public:
  DefaultFpEnvironment(const DefaultFpEnvironment &) = delete;
  DefaultFpEnvironment &operator=(const DefaultFpEnvironment &) = delete;
};

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CPU_FPENVIRONMENT_H
