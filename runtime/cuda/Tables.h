//===- Tables.h - what the kernels of a step read --------------*- C++ -* -===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CUDA_TABLES_H
#define OPTIMC_RUNTIME_CUDA_TABLES_H

#include "cuda/CudaTypes.h"
#include "cuda/Frames.h"
#include "cuda/Kernels.h"

namespace optimc::rt::cuda {

/// A table in device memory by its offset, and how many rows it has.
struct Rows {
  uint64_t offset = 0;
  uint32_t n = 0;
};

/// One launch of a kernel of the program.
struct PhaseLaunch {
  uint32_t stage;
  const char *kernel;
  CUfunction function; // once it is known
  Rows items;
  uint64_t mask, value;
};

/// The launches that finish the reductions of a stage, in this order.
struct StageReductions {
  Rows columnJobs, columnUnits; // n of the jobs is not used
  Rows sliceJobs, sliceUnits;
  Rows scalarJobs;
};

/// The tables of one entry for a list of tensors, in one piece of memory: the
/// tensors, their instances, the items of each phase, the jobs of reductions.
/// Nothing here talks to the device.
class Tables {
public:
  /// Whether they were built for this. `whole`: the list is all tensors.
  bool isCurrent(const Optimizer &opt, uint32_t entry, uint64_t framesVersion,
                 const uint32_t *list, size_t n, bool whole) const;
  /// Builds them anew; fails where a buffer is missing.
  optimc_status build(const Optimizer &opt, const Frames &frames,
                      uint32_t entry, uint64_t framesVersion,
                      const uint32_t *list, size_t n, const Diag &diag);
  /// The bytes for memory at `base`. Behind them, up to bytes(), is scratch.
  const std::vector<char> &image(uint64_t base);
  uint64_t bytes() const { return scratch; }

  uint64_t base = 0; // where they are
  uint64_t tensors = 0;
  Rows instances; // of tensors that have values of their own
  std::vector<PhaseLaunch> phases;
  std::vector<StageReductions> stages;

  void forget() { structure = 0; }

private:
  friend class TableBuilder;

  std::vector<char> data;
  /// The words of `data` that hold an offset and become addresses.
  std::vector<size_t> relocations;
  uint64_t relocatedTo = 0;
  uint64_t scratch = 0;

  uint64_t structure = 0; // 0: not built
  uint64_t version = 0;
  uint32_t entryIndex = none;
  std::vector<uint32_t> listed;
};

} // namespace optimc::rt::cuda

#endif // OPTIMC_RUNTIME_CUDA_TABLES_H
