//===- Cfg.h - the order in which diverged threads run ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_CFG_H
#define PTXSIM_LIB_CFG_H

#include "Program.h"

namespace ptxsim {

/// Sets Instr::rank of every instruction. Of several groups of threads of a
/// warp the one with the lowest rank runs first. Ranks order the basic blocks
/// such that a block comes after all that lead to it and a loop comes, as a
/// whole, before what follows it (a weak topological order, Bourdoncle 1993):
/// threads that wait at a block of higher rank are caught up with, so that
/// diverged threads meet again at the immediate post-dominator or earlier
/// ("thread frontiers", Diamos et al. 2011). This is for speed only.
void rankBlocks(Function &function);

} // namespace ptxsim

#endif // PTXSIM_LIB_CFG_H
