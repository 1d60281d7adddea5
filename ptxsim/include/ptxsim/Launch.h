//===- Launch.h - what to run, and what came of it --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LAUNCH_H
#define PTXSIM_LAUNCH_H

#include "ptxsim/Counters.h"
#include "ptxsim/Expected.h"
#include "ptxsim/Fault.h"
#include "ptxsim/Module.h"
#include <cstring>
#include <optional>
#include <vector>

namespace ptxsim {

/// Each check can be turned off. With bounds checks off, a stray read gives
/// zeros and a stray write is dropped.
struct Checks {
  bool bounds = true;
  bool alignment = true;
  bool uninitialisedRegisters = true;
  bool uninitialisedMemory = true;
  bool races = true;
  bool divergentBarriers = true;
  /// Only bar.warp.sync and block barriers order memory between the threads of
  /// a warp. True lets shfl, vote, match and redux do so, too.
  bool collectivesOrderMemory = false;

  static Checks none() {
    return {false, false, false, false, false, false, false};
  }
};

struct Options {
  /// Chooses everything that PTX leaves open: approximation errors, NaN
  /// payloads, min and max of zeros of both signs, the order of blocks, warps
  /// and diverged threads. Seed 0: the exactly rounded value, what hardware
  /// does, and ascending order.
  uint64_t seed = 0;
  Checks checks;
  /// Warp-level instructions after which a launch is stopped as hanging.
  uint64_t instructionBudget = uint64_t(1) << 32;
  /// Blocks that are alive at once at most; a further one starts when all of
  /// these wait for other blocks.
  uint32_t maxResidentBlocks = 64;
  bool countLines = true;
};

struct LaunchConfig {
  std::string kernel;
  Dim3 grid, block;
  uint64_t dynamicSharedBytes = 0;
  /// KernelInfo::paramBytes bytes; see ArgumentBuffer.
  std::vector<uint8_t> params;
  Options options;
};

struct LaunchResult {
  std::optional<Fault> fault;
  Counters counters;
};

/// Packs kernel arguments by the layout of the kernel.
class ArgumentBuffer {
public:
  explicit ArgumentBuffer(const KernelInfo &kernel)
      : kernel(&kernel), bytes(kernel.paramBytes) {}

  /// Appends the next argument; its size must be that of the parameter.
  template <typename T>
  ArgumentBuffer &add(const T &value) {
    addBytes(&value, sizeof(T));
    return *this;
  }
  void addBytes(const void *value, uint64_t size);
  /// The packed bytes, or what did not fit.
  Expected<std::vector<uint8_t>> take() const;

private:
  const KernelInfo *kernel;
  std::vector<uint8_t> bytes;
  size_t next = 0;
  std::optional<Error> failure;
};

} // namespace ptxsim

#endif // PTXSIM_LAUNCH_H
