//===- Kernels.h - what the runtime's own kernels read -----*- C++ -* -===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Structures of Reduce.ptx and Gather.ptx in device memory. Pointers are device
// addresses of global memory.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CUDA_KERNELS_H
#define OPTIMC_RUNTIME_CUDA_KERNELS_H

#include <cstdint>

namespace optimc::rt::cuda {

/// How two results become one.
enum Combination : uint32_t { Sum = 0, Maximum = 1, Minimum = 2 };

enum JobFlag : uint32_t {
  Mean = 1,    // divide by the number of values
  Wide = 2,    // the results are float64, not float32
  Scalars = 4, // values that go through lanes even if there is one
  Square = 8,
  Absolute = 16
};

/// Slices: rows, blocks, columns, or all of a tensor as one.
struct SliceJob {
  uint64_t parts;     // double [slices][stride]; overwritten
  uint64_t out;       // float or double [slices]
  int64_t stride;     // results that a slice may have
  int64_t partLength; // values in one of them
  int64_t length;     // values in a slice; the last may be shorter
  int64_t total;      // values in all
  double neutral;
  uint32_t kind, flags;
};
static_assert(sizeof(SliceJob) == 64, "optimc_reduce_slices");

struct ColumnJob {
  uint64_t panels; // float [batches][nPanels][cols]
  uint64_t sums;   // double [batches][cols][nGroups]
  int64_t nPanels, nGroups, cols;
  double neutral;
  uint32_t kind, reserved;
};
static_assert(sizeof(ColumnJob) == 56, "optimc_reduce_columns");

/// Slices [first, first + count) or columns of a job, for one block.
struct Unit {
  int64_t first;
  uint32_t job, count;
};

/// Numbers that lie here and there.
struct ScalarJob {
  uint64_t sources; // const double *[n]
  uint64_t scratch; // double [ceil(n / 4096)]
  uint64_t out;     // double
  int64_t n;
  double count; // that a mean divides by
  double neutral;
  uint32_t kind, flags;
};
static_assert(sizeof(ScalarJob) == 56, "optimc_reduce_scalars");

struct BoundRow {
  uint64_t from, to; // float or double -> double
  uint32_t isDouble, reserved;
};
static_assert(sizeof(BoundRow) == 24, "optimc_gather");

/// Threads of a block: of all reductions, and of the other kernels.
constexpr unsigned reduceThreads = 256, gatherThreads = 128;
/// How much one block does.
constexpr int64_t shortSlices = 2048, longSlices = 8, unitColumns = 16;

/// The texts; they need sm_80.
extern const char reduceText[], gatherText[];

} // namespace optimc::rt::cuda

#endif // OPTIMC_RUNTIME_CUDA_KERNELS_H
