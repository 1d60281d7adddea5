//===- ReductionTables.cpp - jobs that finish reductions ------------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The same cases as core/Stages.cpp, which does them on the host.
//
//===----------------------------------------------------------------------===//
#include "cuda/TableBuilder.h"

#include <algorithm>
#include <limits>

using namespace optimc::rt;
using namespace optimc::rt::cuda;

namespace {
Combination kindOf(uint32_t op) {
  switch (op) {
  case OPTIMC_REDUCE_MAX:
  case OPTIMC_REDUCE_MAX_ABS:
    return Maximum;
  case OPTIMC_REDUCE_MIN:
    return Minimum;
  default:
    return Sum;
  }
}

double neutralOf(uint32_t op) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  return op == OPTIMC_REDUCE_MAX ? -inf : op == OPTIMC_REDUCE_MIN ? inf : 0;
}

uint32_t meanOf(uint32_t op) {
  bool isMean = op == OPTIMC_REDUCE_MEAN || op == OPTIMC_REDUCE_MEAN_SQ;
  return isMean ? uint32_t(Mean) : 0;
}

uint64_t addressOf(const void *data) {
  return reinterpret_cast<uint64_t>(data);
}
} // namespace

void TableBuilder::addSlices(Jobs &jobs, const SliceJob &job, int64_t slices) {
  auto number = static_cast<uint32_t>(jobs.slices.size());
  int64_t step = job.stride <= 1 ? shortSlices : longSlices;
  for (int64_t first = 0; first < slices; first += step)
    jobs.sliceUnits.push_back(
        {first, number, static_cast<uint32_t>(std::min(step, slices - first))});
  jobs.slices.push_back(job);
}

/// Panels become sums of groups of panels, and these are slices.
void TableBuilder::addColumns(Jobs &jobs, uint32_t index,
                              const Tensor &tensor) {
  const optimc_reduction &reduction = entry.reductions[index];
  auto number = static_cast<uint32_t>(jobs.columns.size());
  int64_t panels = divideUp(tensor.rows, panelRows);
  int64_t groups = divideUp(panels, reduceBlock);
  int64_t columns = tensor.batches * tensor.cols;
  for (int64_t batch = 0; batch < tensor.batches && panels; ++batch)
    for (int64_t first = 0; first < tensor.cols; first += unitColumns)
      jobs.columnUnits.push_back(
          {batch * tensor.cols + first, number,
           static_cast<uint32_t>(std::min(unitColumns, tensor.cols - first))});
  jobs.columns.push_back({addressOf(tensor.partials[entryIndex][index]), 0,
                          panels, groups, tensor.cols, neutralOf(reduction.op),
                          kindOf(reduction.op), 0});
  jobs.columnSums.push_back(columns * groups * sizeof(double));
  jobs.ofColumns.emplace_back(jobs.slices.size(), number);
  SliceJob job = {};
  job.out = addressOf(tensor.stream[reduction.target]);
  job.stride = groups;
  job.partLength = reduceBlock * panelRows;
  job.length = tensor.rows;
  job.total = tensor.rows * columns;
  job.neutral = neutralOf(reduction.op);
  job.kind = kindOf(reduction.op);
  job.flags = meanOf(reduction.op);
  addSlices(jobs, job, columns);
}

/// What one tensor is enough for.
void TableBuilder::addTensorJobs(uint32_t stage, Jobs &jobs) {
  for (uint32_t r = 0; r < entry.reductions.size(); ++r) {
    const optimc_reduction &reduction = entry.reductions[r];
    if (reduction.stage != stage)
      continue;
    bool isScalar = isScalarRate(reduction.from_rate);
    for (uint32_t index : t.listed) {
      const Tensor &tensor = *opt.tensors[index];
      uint64_t result = frames.reducedOf(frames.reducedTensor(index), r);
      if (isScalar) {
        if (reduction.to_rate == OPTIMC_RATE_TENSOR)
          jobs.scalars.push_back(
              makeScalarJob(reduction.op, true,
                            {frames.value(frames.instanceOf(opt, tensor, index),
                                          reduction.source)},
                            result, 1));
        continue;
      }
      SliceJob job = {};
      job.parts = addressOf(tensor.partials[entryIndex][r]);
      job.partLength = reduceBlock;
      job.total = tensor.totalOf(reduction.from_rate);
      job.neutral = neutralOf(reduction.op);
      job.kind = kindOf(reduction.op);
      job.flags = meanOf(reduction.op);
      if (isScalarRate(reduction.to_rate)) {
        // One slice, also of nothing.
        job.out = result;
        job.length = job.total;
        job.stride = divideUp(job.total, reduceBlock);
        job.flags |= Wide;
        if (reduction.to_rate != OPTIMC_RATE_TENSOR)
          job.flags &= ~uint32_t(Mean);
        addSlices(jobs, job, 1);
        continue;
      }
      if (!tensor.stream[reduction.target])
        continue; // no kernel of this class of tensors reads them
      if (reduction.to_rate == OPTIMC_RATE_COL) {
        addColumns(jobs, r, tensor);
        continue;
      }
      job.out = addressOf(tensor.stream[reduction.target]);
      job.length =
          reduction.to_rate == OPTIMC_RATE_ROW ? tensor.cols : tensor.block;
      job.stride = divideUp(job.length, reduceBlock);
      addSlices(jobs, job, tensor.countOf(reduction.to_rate));
    }
  }
}

ScalarJob TableBuilder::makeScalarJob(uint32_t op, bool isScalar,
                                      std::vector<uint64_t> sources,
                                      uint64_t out, double count) {
  ScalarJob job = {};
  job.sources = align(8);
  for (uint64_t source : sources)
    add(source);
  job.out = out;
  job.n = static_cast<int64_t>(sources.size());
  job.count = count;
  job.neutral = neutralOf(op);
  job.kind = kindOf(op);
  job.flags = meanOf(op);
  if (isScalar) {
    job.flags |= Scalars;
    if (op == OPTIMC_REDUCE_SUM_SQ || op == OPTIMC_REDUCE_MEAN_SQ)
      job.flags |= Square;
    if (op == OPTIMC_REDUCE_MAX_ABS)
      job.flags |= Absolute;
  }
  return job;
}

/// For one clock, or for the model (`clock` null).
void TableBuilder::addJoint(Jobs &jobs, uint32_t index, const Clock *clock) {
  const optimc_reduction &reduction = entry.reductions[index];
  uint32_t from = reduction.from_rate;
  uint32_t owner = clock ? frames.clock(clock->number) : 0;
  std::vector<uint64_t> sources;
  double count = 0;
  if (from <= reduction.to_rate) {
    // What is not finer is one value.
    sources.push_back(frames.value(owner, reduction.source));
  } else {
    std::vector<bool> seen(frames.nClocks);
    for (uint32_t i : t.listed) {
      const Tensor &tensor = *opt.tensors[i];
      if (clock && tensor.clock != clock)
        continue;
      if (!isScalarRate(from)) {
        sources.push_back(frames.reducedOf(frames.reducedTensor(i), index));
        count += static_cast<double>(tensor.totalOf(from));
      } else if (from == OPTIMC_RATE_TENSOR) {
        sources.push_back(
            frames.value(frames.instanceOf(opt, tensor, i), reduction.source));
      } else if (!seen[tensor.clock->number]) {
        seen[tensor.clock->number] = true;
        sources.push_back(
            frames.value(frames.clock(tensor.clock->number), reduction.source));
      }
    }
  }
  bool isScalar = isScalarRate(from);
  if (isScalar)
    count = static_cast<double>(sources.size());
  jobs.scalars.push_back(makeScalarJob(reduction.op, isScalar, sources,
                                       frames.reducedOf(owner, index), count));
}

void TableBuilder::addJointJobs(uint32_t stage, Jobs &jobs) {
  for (uint32_t r = 0; r < entry.reductions.size(); ++r) {
    const optimc_reduction &reduction = entry.reductions[r];
    if (reduction.stage != stage || reduction.to_rate >= OPTIMC_RATE_TENSOR)
      continue;
    if (reduction.to_rate == OPTIMC_RATE_MODEL)
      addJoint(jobs, r, nullptr);
    else
      for (const auto &clock : opt.clocks)
        addJoint(jobs, r, clock.get());
  }
}

Rows TableBuilder::addScalarJobs(const std::vector<ScalarJob> &jobs) {
  Rows rows = {align(16), static_cast<uint32_t>(jobs.size())};
  for (const ScalarJob &job : jobs) {
    size_t at = add(job);
    relocate(at + offsetof(ScalarJob, sources));
    scratches.push_back(
        {at + offsetof(ScalarJob, scratch),
         (divideUp(job.n, reduceBlock) + 1) / 2 * 2 * sizeof(double)});
  }
  return rows;
}

void TableBuilder::addReductions() {
  t.stages.assign(entry.nStages, {});
  for (uint32_t stage = 1; stage < entry.nStages; ++stage) {
    Jobs jobs;
    addTensorJobs(stage, jobs);
    addJointJobs(stage, jobs);
    StageReductions &rows = t.stages[stage];
    auto addUnits = [&](const std::vector<Unit> &units) {
      Rows made = {align(16), static_cast<uint32_t>(units.size())};
      for (const Unit &unit : units)
        add(unit);
      return made;
    };
    rows.columnUnits = addUnits(jobs.columnUnits);
    rows.sliceUnits = addUnits(jobs.sliceUnits);
    rows.columnJobs = {align(16), static_cast<uint32_t>(jobs.columns.size())};
    std::vector<size_t> places;
    for (const ColumnJob &job : jobs.columns)
      places.push_back(add(job));
    rows.sliceJobs = {align(16), static_cast<uint32_t>(jobs.slices.size())};
    for (const SliceJob &job : jobs.slices)
      add(job);
    // The sums of columns are the parts of slices.
    for (auto [slice, column] : jobs.ofColumns) {
      size_t parts = rows.sliceJobs.offset + slice * sizeof(SliceJob) +
                     offsetof(SliceJob, parts);
      uint64_t bytes = (jobs.columnSums[column] + 15) / 16 * 16;
      scratches.push_back({places[column] + offsetof(ColumnJob, sums), 0});
      scratches.push_back({parts, bytes});
    }
    rows.scalarJobs = addScalarJobs(jobs.scalars);
  }
}
