//===- Counters.cpp - names of instruction classes --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptxsim/Counters.h"

using namespace ptxsim;

const char *ptxsim::instructionClassName(InstructionClass value) {
  static const char *const names[numInstructionClasses] = {
      "integer", "float32", "float64", "half",    "convert",
      "compare", "move",    "load",    "store",   "atomic",
      "special", "warp",    "barrier", "control",
  };
  return names[static_cast<unsigned>(value)];
}
