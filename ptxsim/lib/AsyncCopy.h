//===- AsyncCopy.h - cp.async -----------------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_ASYNCCOPY_H
#define PTXSIM_LIB_ASYNCCOPY_H

#include "Machine.h"

namespace ptxsim {

/// Performs the copies of the lanes that were committed before the last `keep`
/// groups; with `all` also those that were not committed.
void finishCopies(ExecContext &context, uint32_t lanes, uint32_t keep,
                  bool all);

} // namespace ptxsim

#endif // PTXSIM_LIB_ASYNCCOPY_H
