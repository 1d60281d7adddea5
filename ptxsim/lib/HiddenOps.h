//===- HiddenOps.h - executors that the decoder inserts ---------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_HIDDENOPS_H
#define PTXSIM_LIB_HIDDENOPS_H

#include "Program.h"

namespace ptxsim {

/// d = the special register Instr::imm, as u32 or u64.
Exec readSpecialRegister(Type type);
/// d = the address Instr::imm in the local memory of the frame.
Exec frameAddress(unsigned bytes);
/// {d0, d1, ...} = s and d = {s0, s1, ...}; elements of these bytes.
Exec unpackVector(unsigned elementBytes);
Exec packVector(unsigned elementBytes);

} // namespace ptxsim

#endif // PTXSIM_LIB_HIDDENOPS_H
