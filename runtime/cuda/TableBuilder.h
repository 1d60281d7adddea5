//===- TableBuilder.h - laying out tables for kernels -----------*- C++ -*
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CUDA_TABLEBUILDER_H
#define OPTIMC_RUNTIME_CUDA_TABLEBUILDER_H

#include "core/Reduce.h"
#include "cuda/Tables.h"

#include <cstring>
#include <map>
#include <tuple>

namespace optimc::rt::cuda {

/// Fills the bytes of Tables. Addresses within them are offsets at first, which
/// `relocate` marks.
class TableBuilder {
public:
  TableBuilder(Tables &tables, const Optimizer &opt, const Frames &frames,
               uint32_t entry)
      : t(tables), opt(opt), frames(frames), entryIndex(entry),
        entry(opt.program.entries[entry]) {}

  optimc_status addTensors(const Diag &diag);
  optimc_status addPhases(const Diag &diag);
  void addReductions();
  /// Gives memory behind the tables to those who asked for it.
  void addScratch();

private:
  /// Memory that the word at `at` is to point to.
  struct Scratch {
    size_t at;
    uint64_t bytes;
  };
  struct Jobs {
    std::vector<SliceJob> slices;
    std::vector<ColumnJob> columns;
    std::vector<ScalarJob> scalars;
    std::vector<Unit> sliceUnits, columnUnits;
    std::vector<uint64_t> columnSums; // bytes, by column job
    std::vector<std::pair<uint32_t, uint32_t>> ofColumns; // slice, column job
  };

  uint64_t align(size_t to) {
    t.data.resize((t.data.size() + to - 1) / to * to);
    return t.data.size();
  }
  /// Appends; returns the offset.
  template <typename T>
  size_t add(const T &row) {
    size_t at = t.data.size();
    t.data.resize(at + sizeof row);
    memcpy(&t.data[at], &row, sizeof row);
    return at;
  }
  void relocate(size_t at) { t.relocations.push_back(at); }

  optimc_status addItems(size_t plan, const Phase &phase, Rows &out,
                         const Diag &diag);
  void addTensorJobs(uint32_t stage, Jobs &jobs);
  void addSlices(Jobs &jobs, const SliceJob &job, int64_t slices);
  void addColumns(Jobs &jobs, uint32_t reduction, const Tensor &tensor);
  void addJointJobs(uint32_t stage, Jobs &jobs);
  void addJoint(Jobs &jobs, uint32_t reduction, const Clock *clock);
  ScalarJob makeScalarJob(uint32_t op, bool isScalar,
                          std::vector<uint64_t> sources, uint64_t out,
                          double count);
  Rows addScalarJobs(const std::vector<ScalarJob> &jobs);

  Tables &t;
  const Optimizer &opt;
  const Frames &frames;
  uint32_t entryIndex;
  const Entry &entry;
  std::map<std::tuple<size_t, uint32_t, uint32_t>, Rows> items;
  std::vector<Scratch> scratches;
};

} // namespace optimc::rt::cuda

#endif // OPTIMC_RUNTIME_CUDA_TABLEBUILDER_H
