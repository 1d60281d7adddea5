//===- SpecialRegisters.h - %tid.x and the like -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_SPECIALREGISTERS_H
#define PTXSIM_LIB_SPECIALREGISTERS_H

#include "Types.h"
#include <string_view>
#include <vector>

namespace ptxsim {

enum class SpecialRegister : uint8_t {
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  NWarpId,
  SmId,
  NSmId,
  GridId,
  Clock,
  ClockHigh,
  Clock64,
  GlobalTimer,
  GlobalTimerLow,
  GlobalTimerHigh,
  LaneMaskEq,
  LaneMaskLe,
  LaneMaskLt,
  LaneMaskGe,
  LaneMaskGt,
  DynamicSharedBytes,
  TotalSharedBytes,
  Zero, // %envreg<0..31>
};

/// False when there is no special register of this name.
bool findSpecialRegister(std::string_view name, SpecialRegister &which,
                         Type &type);

/// The names of all but %envreg<0..31>.
std::vector<std::string_view> allSpecialRegisters();

} // namespace ptxsim

#endif // PTXSIM_LIB_SPECIALREGISTERS_H
