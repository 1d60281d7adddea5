//===- ModelKernels.cpp - the network for one instruction set ---*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// CMake compiles this file once per instruction set, with OPTIMC_TRAINER_ISA
// as its name. Nothing here may call an inline function of the C++ library that
// the linker could merge with another object's copy.
//
//===----------------------------------------------------------------------===//
#include "Network.h"

#define OPTIMC_TRAINER_NAME_(isa) #isa
#define OPTIMC_TRAINER_NAME(isa) OPTIMC_TRAINER_NAME_(isa)

namespace optimc::trainer::OPTIMC_TRAINER_ISA {

static double run(const ShardArgs<float> &args) {
  return Network<float>(args).run();
}

extern const ModelKernels modelKernels;
const ModelKernels modelKernels = {OPTIMC_TRAINER_NAME(OPTIMC_TRAINER_ISA), run,
                                   Network<float>::workspaceElements};

} // namespace optimc::trainer::OPTIMC_TRAINER_ISA
