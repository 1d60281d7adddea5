//===- Schedule.h - tensors cut into chunks of equal work ------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One region per phase; a region is a list of chunks that threads take one by
// one; a chunk is one kernel call on a few runs. Large tensors are cut where
// the phase allows it, small ones share a chunk. Nothing is allocated when
// a schedule of the same size is built again. A step reads the schedule's
// arrays front to back and no tensor: with a thousand of them each miss would
// count.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CPU_SCHEDULE_H
#define OPTIMC_RUNTIME_CPU_SCHEDULE_H

#include "core/Extent.h"
#include "core/Program.h"
#include "cpu/Parts.h"
#include "cpu/Threads.h"
#include "cpu/Trial.h"

namespace optimc::rt {

/// What is to be done to one tensor.
struct ScheduleItem {
  const Variant *variant;
  void *const *stream; // [streams of the program], likewise aux
  void *const *aux;
  void *const *partials; // [reductions of the entry]
  const float *scalars;
  Extent extent;
  uint32_t granule;
  bool aligned; // every base in use is 64-byte aligned
  uint64_t keyBase;
  const std::vector<double> *clock; // its first state is the step count
};

class Schedule {
public:
  struct Chunk {
    optimc_kernel_fn fn;
    size_t first, n; // runs
  };
  struct KeySource {
    uint64_t base;
    const std::vector<double> *clock;
    uint32_t item;
  };
  struct Region {
    uint32_t stage = 0;
    int64_t total = 0; // values
    std::vector<optimc_run> runs;
    std::vector<KeySource> keys; // by run
    std::vector<Chunk> chunks;
    Trial trial; // survives being built again with as many values
  };

  /// `threads` sets the size of the chunks and who begins with which.
  void build(const ScheduleItem *items, size_t n, const Program &program,
             uint32_t nStages, uint32_t threads);

  /// Prepares for the step that is `ahead` of what the clocks count: keys of
  /// the runs, slots of the rings.
  void setStep(double ahead);

  /// Runs the regions of a stage in order, each in parallel, in the default
  /// floating-point environment. Small ones stay on this thread, as do larger
  /// ones that are not faster on several.
  void execute(const ThreadChoice &threads, uint32_t stage);

  size_t size() const { return nRegions; }
  const Region &operator[](size_t i) const { return regions[i]; }

private:
  struct Ring {
    size_t pointer; // in `pointers`: the stream, or its second array
    char *base;
    size_t stride; // bytes of a slot
    uint32_t slots;
    const std::vector<double> *clock;
  };

  bool buildRegion(size_t region, uint32_t stage, size_t number,
                   const ScheduleItem *items, size_t n);
  void addItem(Region &region, const ScheduleItem *items, uint32_t index,
               const Phase &phase);
  void placeStreams(const ScheduleItem &item, size_t index,
                    const Program &program);
  void addRings(const ScheduleItem &item, size_t index, const Program &program);
  void closeChunk(Region &region, optimc_kernel_fn fn);
  void runRegion(size_t region, const ThreadChoice &threads, bool shares);

  std::vector<Region> regions; // the first nRegions are in use
  size_t nRegions = 0;
  int64_t target = 0;
  int64_t weight = 0;    // of the open chunk
  size_t chunkFirst = 0; // its first run
  std::vector<optimc_kernel_fn> kernels;
  std::vector<void *> pointers; // all stream and aux arrays, one after another
  std::vector<Ring> rings;
  Parts parts;
  double ahead = 0;
  uint32_t nStreams = 0;
};

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CPU_SCHEDULE_H
