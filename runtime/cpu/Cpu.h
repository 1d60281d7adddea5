//===- Cpu.h - what this processor can run ---------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CPU_CPU_H
#define OPTIMC_RUNTIME_CPU_CPU_H

#include <cstdint>

namespace optimc::rt {

/// The OPTIMC_ISA_* bits of this processor and operating system, from feature
/// bits and XCR0, never from a processor's name. Measured once.
uint64_t availableIsa();

/// "x86-64-v4", "x86-64-v3" or "baseline".
const char *isaName(uint64_t isa);

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CPU_CPU_H
