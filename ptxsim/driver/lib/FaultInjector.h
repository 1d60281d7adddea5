//===- FaultInjector.h - makes chosen calls fail ----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_DRIVER_FAULTINJECTOR_H
#define PTXSIM_DRIVER_FAULTINJECTOR_H

#include "CudaTypes.h"
#include <string>
#include <string_view>
#include <vector>

namespace ptxsim::cuda {

/// Counts the calls of the driver and lets chosen ones fail.
class FaultInjector {
public:
  /// Counts one call; what it should return instead of doing its work, or
  /// CUDA_SUCCESS.
  CUresult next(std::string_view function);
  /// The same for a kernel that is about to run; it is no call.
  CUresult nextKernel();

  /// Call `number`, counted from 1, fails.
  void failCall(uint64_t number, CUresult error);
  /// The `number`-th call of a function fails, counted from now. The version
  /// suffix of the name may be left out. "kernel" stands for kernels that run.
  void failFunction(std::string_view function, uint64_t number, CUresult error);
  /// "12=2", "cuMemAlloc#3=CUDA_ERROR_OUT_OF_MEMORY", several with commas.
  /// Returns what is wrong, or an empty string.
  std::string parse(std::string_view rules);

  uint64_t calls() const { return count; }
  void reset();

private:
  CUresult match(std::string_view name, bool isCall);
  struct Rule {
    std::string function; // empty: any
    uint64_t remaining;
    CUresult error;
  };
  std::vector<Rule> rules;
  uint64_t count = 0;
};

/// The value of "700" or "CUDA_ERROR_ILLEGAL_ADDRESS"; false if it is neither.
bool parseError(std::string_view text, CUresult &error);
/// Null for a number that is no error code.
const char *errorName(CUresult error);
const char *errorText(CUresult error);

} // namespace ptxsim::cuda

#endif // PTXSIM_DRIVER_FAULTINJECTOR_H
