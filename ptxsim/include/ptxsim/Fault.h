//===- Fault.h - what a kernel did wrong ------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_FAULT_H
#define PTXSIM_FAULT_H

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace ptxsim {

struct Dim3 {
  uint32_t x = 1, y = 1, z = 1;
};

enum class FaultKind : uint8_t {
  OutOfBounds,
  UseAfterFree,
  Misaligned,
  UninitialisedRegister,
  UninitialisedMemory,
  ReadOnlyWrite,
  DataRace,
  NonCoherentRead, // ld.global.nc of memory that the same launch writes
  DivergentBarrier,
  Deadlock,
  InvalidMask, // of a *.sync instruction
  InvalidOperand,
  InstructionBudget,
  StackOverflow,
  Trap,
  MissingReturn,
};
/// "out-of-bounds access", "data race", ...
const char *faultKindName(FaultKind kind);

struct ThreadId {
  Dim3 block{0, 0, 0}, thread{0, 0, 0};
};

/// One end of a data race, or one waiting party of a deadlock.
struct FaultParty {
  ThreadId where;
  uint32_t line = 0;
  std::string lineText;
};

struct Fault {
  FaultKind kind = FaultKind::Trap;
  std::string kernel;
  FaultParty at;
  std::optional<FaultParty> other;
  uint64_t address = 0; // 0 when there is none
  std::string detail;   // what was given and what is allowed

  /// Everything above as a message of one or two lines.
  std::string str() const;
};

} // namespace ptxsim

#endif // PTXSIM_FAULT_H
