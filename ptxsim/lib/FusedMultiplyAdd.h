//===- FusedMultiplyAdd.h - 32 fused multiply-adds at once ------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_FUSEDMULTIPLYADD_H
#define PTXSIM_LIB_FUSEDMULTIPLYADD_H

namespace ptxsim {

/// d[i] = a[i] * b[i] + c[i] with one rounding, in the current mode, for the
/// 32 lanes of a warp.
void fusedMultiplyAdd(float *d, const float *a, const float *b, const float *c);
void fusedMultiplyAdd(double *d, const double *a, const double *b,
                      const double *c);

} // namespace ptxsim

#endif // PTXSIM_LIB_FUSEDMULTIPLYADD_H
