//===- SpecialRegisters.cpp - %tid.x and the like ---------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SpecialRegisters.h"
#include <unordered_map>

using namespace ptxsim;

namespace {
using S = SpecialRegister;
struct Entry {
  S which;
  Type type = Type::U32;
};
} // namespace

static const std::unordered_map<std::string_view, Entry> &theTable() {
  static const std::unordered_map<std::string_view, Entry> table = {
      {"%tid.x", {S::TidX}},
      {"%tid.y", {S::TidY}},
      {"%tid.z", {S::TidZ}},
      {"%ntid.x", {S::NtidX}},
      {"%ntid.y", {S::NtidY}},
      {"%ntid.z", {S::NtidZ}},
      {"%ctaid.x", {S::CtaidX}},
      {"%ctaid.y", {S::CtaidY}},
      {"%ctaid.z", {S::CtaidZ}},
      {"%nctaid.x", {S::NctaidX}},
      {"%nctaid.y", {S::NctaidY}},
      {"%nctaid.z", {S::NctaidZ}},
      {"%laneid", {S::LaneId}},
      {"%warpid", {S::WarpId}},
      {"%nwarpid", {S::NWarpId}},
      {"%smid", {S::SmId}},
      {"%nsmid", {S::NSmId}},
      {"%gridid", {S::GridId, Type::U64}},
      {"%clock", {S::Clock}},
      {"%clock_hi", {S::ClockHigh}},
      {"%clock64", {S::Clock64, Type::U64}},
      {"%globaltimer", {S::GlobalTimer, Type::U64}},
      {"%globaltimer_lo", {S::GlobalTimerLow}},
      {"%globaltimer_hi", {S::GlobalTimerHigh}},
      {"%lanemask_eq", {S::LaneMaskEq}},
      {"%lanemask_le", {S::LaneMaskLe}},
      {"%lanemask_lt", {S::LaneMaskLt}},
      {"%lanemask_ge", {S::LaneMaskGe}},
      {"%lanemask_gt", {S::LaneMaskGt}},
      {"%dynamic_smem_size", {S::DynamicSharedBytes}},
      {"%total_smem_size", {S::TotalSharedBytes}},
  };
  return table;
}

bool ptxsim::findSpecialRegister(std::string_view name, SpecialRegister &which,
                                 Type &type) {
  const auto &table = theTable();
  auto found = table.find(name);
  if (found != table.end()) {
    which = found->second.which;
    type = found->second.type;
    return true;
  }
  if (name.substr(0, 7) != "%envreg" || name.size() < 8 || name.size() > 9)
    return false;
  unsigned number = 0;
  for (char c : name.substr(7)) {
    if (c < '0' || c > '9')
      return false;
    number = number * 10 + (c - '0');
  }
  which = S::Zero;
  type = Type::B32;
  return number < 32;
}

std::vector<std::string_view> ptxsim::allSpecialRegisters() {
  std::vector<std::string_view> names;
  for (const auto &entry : theTable())
    names.push_back(entry.first);
  return names;
}
