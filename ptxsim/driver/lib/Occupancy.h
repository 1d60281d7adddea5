//===- Occupancy.h - resources of kernels -----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_DRIVER_OCCUPANCY_H
#define PTXSIM_DRIVER_OCCUPANCY_H

#include "Config.h"
#include "Objects.h"
#include <algorithm>

namespace ptxsim::cuda {

/// The largest block that the directives of a kernel permit.
uint32_t maxThreads(const KernelInfo &kernel);

/// PTX has no allocated registers; this is the most that ptxas may use under
/// the directives of the kernel.
uint32_t registersPerThread(const KernelInfo &kernel);

/// Blocks of a kernel that fit on a multiprocessor at once; 0 if none does.
uint32_t residentBlocks(const Function &function, uint32_t blockSize,
                        uint64_t dynamicShared, uint32_t smVersion);

} // namespace ptxsim::cuda

#endif // PTXSIM_DRIVER_OCCUPANCY_H
