//===- HalfOps.h - sums of halves, for atomics ------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_HALFOPS_H
#define PTXSIM_LIB_HALFOPS_H

#include "Machine.h"

namespace ptxsim {

/// a + b of f16, bf16, f16x2 or bf16x2, rounded to nearest even.
uint32_t addHalves(const LaunchState &launch, Type type, uint32_t a,
                   uint32_t b);

} // namespace ptxsim

#endif // PTXSIM_LIB_HALFOPS_H
