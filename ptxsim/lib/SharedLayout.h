//===- SharedLayout.h - where shared variables are --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_SHAREDLAYOUT_H
#define PTXSIM_LIB_SHAREDLAYOUT_H

#include "Program.h"

namespace ptxsim {

/// The shared variables of a kernel and of all that it calls.
struct SharedLayout {
  std::vector<const Variable *> variables;
  std::vector<uint64_t> offsets; // parallel to it
  uint64_t staticBytes = 0;      // where dynamic shared memory starts
  bool usesDynamic = false;
};
SharedLayout layOutShared(const Program &program, uint32_t kernel);

/// Indices of a function and all that it calls, ascending.
std::vector<uint32_t> reachableFunctions(const Program &program,
                                         uint32_t start);

} // namespace ptxsim

#endif // PTXSIM_LIB_SHAREDLAYOUT_H
