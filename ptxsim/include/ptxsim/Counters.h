//===- Counters.h - what a launch executed ----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_COUNTERS_H
#define PTXSIM_COUNTERS_H

#include "ptxsim/Module.h"
#include <array>
#include <cstdint>
#include <vector>

namespace ptxsim {

enum class InstructionClass : uint8_t {
  Integer,
  Float32,
  Float64,
  Half, // f16, bf16, packed
  Convert,
  Compare, // setp, set, selp, slct
  Move,
  Load,
  Store,
  Atomic,
  Special, // approximations: rcp, rsqrt, sin, cos, ex2, lg2, tanh
  Warp,    // shfl, vote, match, redux
  Barrier, // bar, membar, fence
  Control, // bra, call, ret, exit
};
constexpr unsigned numInstructionClasses = 14;
const char *instructionClassName(InstructionClass value);

struct AccessCounters {
  uint64_t accesses = 0; // warp-level instructions
  uint64_t bytes = 0;    // useful bytes, all threads
  /// Aligned 32-byte pieces touched, each once per warp-level access.
  uint64_t sectors = 0;
};

struct LineCounters {
  uint32_t line = 0;
  InstructionClass kind = InstructionClass::Integer;
  uint64_t warpInstructions = 0;
  uint64_t threadInstructions = 0;
  StateSpace space = StateSpace::Generic; // of memory instructions
  AccessCounters access;
};

struct Counters {
  uint64_t warpInstructions = 0;
  /// One per thread whose predicate is true.
  uint64_t threadInstructions = 0;
  std::array<uint64_t, numInstructionClasses> threadInstructionsByClass{};
  /// Indexed by StateSpace; generic accesses count where they land.
  std::array<AccessCounters, 6> loads{}, stores{}, atomics{};
  uint64_t barriers = 0; // completed block barriers
  uint64_t blocks = 0;
  std::vector<LineCounters> lines; // executed instructions in text order
};

} // namespace ptxsim

#endif // PTXSIM_COUNTERS_H
