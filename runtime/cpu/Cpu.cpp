//===- Cpu.cpp - what this processor can run ------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cpu/Cpu.h"

#include "optimc-c/Program.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

using namespace optimc::rt;

#if defined(__x86_64__)
/// XCR0: which register files the operating system saves. Only valid when
/// cpuid reports OSXSAVE.
static uint64_t enabledRegisterFiles() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low | static_cast<uint64_t>(high) << 32;
}

static bool hasAll(uint32_t value, uint32_t bits) {
  return (value & bits) == bits;
}

static uint64_t detect() {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d))
    return 0;
  // SSE3, SSSE3, FMA, CX16, SSE4.1, SSE4.2, MOVBE, POPCNT, OSXSAVE, AVX, F16C.
  constexpr uint32_t basic = 1u << 0 | 1u << 9 | 1u << 12 | 1u << 13 |
                             1u << 19 | 1u << 20 | 1u << 22 | 1u << 23 |
                             1u << 27 | 1u << 28 | 1u << 29;
  if (!hasAll(c, basic))
    return 0;
  uint64_t saved = enabledRegisterFiles();
  constexpr uint64_t ymm = 0x6, zmm = 0xE6;
  if ((saved & ymm) != ymm)
    return 0;
  unsigned extendedA, extendedB, extendedC, extendedD;
  if (!__get_cpuid(0x80000001, &extendedA, &extendedB, &extendedC,
                   &extendedD) ||
      !hasAll(extendedC, 1u << 0 | 1u << 5)) // LAHF, LZCNT
    return 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) ||
      !hasAll(b, 1u << 3 | 1u << 5 | 1u << 8)) // BMI1, AVX2, BMI2
    return 0;
  uint64_t isa = OPTIMC_ISA_X86_64_V3;
  // AVX-512 F, DQ, CD, BW, VL.
  if (hasAll(b, 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31) &&
      (saved & zmm) == zmm)
    isa |= OPTIMC_ISA_X86_64_V4;
  return isa;
}
#else
static uint64_t detect() { return 0; }
#endif

uint64_t optimc::rt::availableIsa() {
  static const uint64_t isa = detect();
  return isa;
}

const char *optimc::rt::isaName(uint64_t isa) {
  return isa & OPTIMC_ISA_X86_64_V4   ? "x86-64-v4"
         : isa & OPTIMC_ISA_X86_64_V3 ? "x86-64-v3"
                                      : "baseline";
}
