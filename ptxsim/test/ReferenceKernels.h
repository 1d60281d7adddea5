//===- ReferenceKernels.h - kernels with results computed on the CPU -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_TEST_REFERENCEKERNELS_H
#define PTXSIM_TEST_REFERENCEKERNELS_H

#include "Simulate.h"

namespace ptxsim::test {

/// One way to call a reference kernel: buffers, and what they hold afterwards.
struct KernelInput {
  struct Buffer {
    std::vector<uint32_t> before, after;
  };
  uint32_t grid = 1, block = 64;
  std::vector<Buffer> buffers;   // parameters, in order; then
  std::vector<uint32_t> scalars; // 32-bit parameters
};

/// A kernel in PTX, and its inputs: a few for the test proper, and many more
/// (sizes, seeds, special values) to tell whether a change of it matters.
struct ReferenceKernel {
  const char *name;
  std::string text;
  std::vector<KernelInput> suite, more;
};

/// Block reduction through shared memory, warp reduction by shuffles, AdamW in
/// a grid-stride loop with 16-byte accesses and a tail, and bf16 conversion.
std::vector<ReferenceKernel> referenceKernels();

} // namespace ptxsim::test

#endif // PTXSIM_TEST_REFERENCEKERNELS_H
