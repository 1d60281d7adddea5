//===- Bandwidth.h - what this machine's memory can do ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Used by `optimc probe` and by the benchmarks; needs neither LLVM nor the
// compiler.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TOOLS_OPTIMC_BANDWIDTH_H
#define OPTIMC_TOOLS_OPTIMC_BANDWIDTH_H

#include <cstdint>

namespace optimc::tool {

struct BandwidthOptions {
  unsigned threads = 1;
  int64_t arrayBytes = 0; ///< of each of the three arrays; 0: getArrayBytes()
  int rounds = 9;         ///< of each pattern; the median counts
};

/// Bytes that the loops name, over time: GB/s (1e9). Copy and triad store past
/// the caches, so that nothing is read that is not named.
struct Bandwidth {
  double read = 0;   ///< sum of x, y and z
  double copy = 0;   ///< x = y
  double triad = 0;  ///< x = y + a z
  double update = 0; ///< x = x + a y, prefetched: an optimizer step's pattern,
                     ///< where all that is written was read

  double best() const;
};

/// Threads of this process's affinity mask.
unsigned getThreads();

/// Large enough that no array stays in a cache: twice the last-level cache, at
/// least 256 MiB, at most 1/32 of the memory.
int64_t getArrayBytes();

/// False where there is no memory for the arrays.
bool measureBandwidth(const BandwidthOptions &options, Bandwidth &out);

} // namespace optimc::tool

#endif // OPTIMC_TOOLS_OPTIMC_BANDWIDTH_H
