//===- Stages.cpp - scalars and reductions of each stage ------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Optimizer.h"
#include "core/Reduce.h"
#include "cpu/FpEnvironment.h"

#include <algorithm>
#include <atomic>

using namespace optimc::rt;

//===----------------------------------------------------------------------===//
// Scalar functions
//===----------------------------------------------------------------------===//

namespace {
/// One model, clock or tensor and what its functions read.
struct Owner {
  uint32_t rate;
  Instance &instance;
  const Frame *coarser;
  const std::vector<InputValue> &inputs;
  const double *hypers;
  int64_t rank;
};
} // namespace

/// Fills the frame up to a stage: what is coarser, inputs, results of
/// reductions, then the functions of all stages so far, which are pure.
static void evaluate(const Program &program, const Entry &entry, uint32_t stage,
                     const Owner &owner) {
  Instance &instance = owner.instance;
  Frame &frame = instance.frame;
  if (owner.coarser) {
    std::copy_n(owner.coarser->values.begin(), entry.nValues,
                frame.values.begin());
    std::copy_n(owner.coarser->scalars.begin(), entry.nScalars,
                frame.scalars.begin());
    frame.predicates = owner.coarser->predicates;
  } else {
    std::fill_n(frame.values.begin(), entry.nValues, 0.0);
    std::fill_n(frame.scalars.begin(), entry.nScalars, 0.0f);
    frame.predicates = 0;
  }
  for (const ScalarSlot &input : program.inputs)
    if (input.rate == owner.rate && input.value < entry.nValues)
      frame.values[input.value] = owner.inputs[input.index].value;
  for (size_t r = 0; r < entry.reductions.size(); ++r)
    if (entry.reductions[r].to_rate == owner.rate &&
        entry.reductions[r].stage <= stage)
      frame.values[entry.reductions[r].target] = instance.reduced[r];
  std::copy(instance.state.begin(), instance.state.end(),
            instance.next.begin());
  optimc_scalar_args args = {
      owner.hypers,        instance.state.data(), instance.next.data(),
      frame.values.data(), frame.scalars.data(),  &frame.predicates,
      owner.rank};
  const auto &functions = entry.fn[owner.rate];
  for (size_t s = 0; s < functions.size() && s <= stage; ++s)
    if (functions[s])
      functions[s](&args);
}

static void evaluateModel(Optimizer &opt, const Entry &entry, uint32_t stage) {
  evaluate(
      opt.program, entry, stage,
      {OPTIMC_RATE_MODEL, opt.model, nullptr, opt.modelInputs, nullptr, 0});
}

static void evaluateClock(Optimizer &opt, const Entry &entry, uint32_t stage,
                          Clock &clock) {
  const Group &group = opt.groups[clock.group];
  evaluate(opt.program, entry, stage,
           {OPTIMC_RATE_GROUP, clock, &opt.model.frame, group.inputs,
            group.hypers.data(), 0});
}

static void evaluateTensor(Optimizer &opt, const Entry &entry, uint32_t stage,
                           Tensor &tensor) {
  evaluate(opt.program, entry, stage,
           {OPTIMC_RATE_TENSOR, tensor.own, &tensor.clock->frame, tensor.inputs,
            opt.groups[tensor.group].hypers.data(),
            static_cast<int64_t>(tensor.shape.size())});
}

void optimc::rt::evaluateFirstStage(Optimizer &opt, const Entry &entry) {
  DefaultFpEnvironment environment;
  evaluateModel(opt, entry, 0);
  for (const auto &clock : opt.clocks)
    evaluateClock(opt, entry, 0, *clock);
  if (opt.program.tensorFrames)
    for (const auto &tensor : opt.tensors)
      evaluateTensor(opt, entry, 0, *tensor);
}

//===----------------------------------------------------------------------===//
// Within a tensor
//===----------------------------------------------------------------------===//

/// Puts the partial results of a tensor together. What goes to a group or the
/// model is one partial result of that still.
static void finishTensor(const Entry &entry, size_t index, uint32_t stage,
                         Tensor &tensor) {
  for (size_t r = 0; r < entry.reductions.size(); ++r) {
    const optimc_reduction &reduction = entry.reductions[r];
    if (reduction.stage != stage)
      continue;
    double &result = tensor.own.reduced[r];
    if (isScalarRate(reduction.from_rate)) {
      if (reduction.to_rate == OPTIMC_RATE_TENSOR)
        result = finishMean(
            reduction.op,
            reduceScalars(reduction.op,
                          &tensor.own.frame.values[reduction.source], 1),
            1);
      continue;
    }
    const void *partials = tensor.partials[index][r];
    auto *doubles = static_cast<const double *>(partials);
    int64_t values = tensor.totalOf(reduction.from_rate);
    float *slices = nullptr;
    if (!isScalarRate(reduction.to_rate)) {
      slices = static_cast<float *>(tensor.stream[reduction.target]);
      if (!slices)
        continue; // no kernel of this class of tensors reads them
    }
    switch (reduction.to_rate) {
    case OPTIMC_RATE_ROW:
      reduceSlices(reduction.op, doubles, tensor.countOf(OPTIMC_RATE_ROW),
                   tensor.cols, values, slices);
      break;
    case OPTIMC_RATE_BLOCK:
      reduceSlices(reduction.op, doubles, tensor.countOf(OPTIMC_RATE_BLOCK),
                   tensor.block, values, slices);
      break;
    case OPTIMC_RATE_COL:
      reduceColumns(reduction.op, static_cast<const float *>(partials),
                    tensor.batches, tensor.rows, tensor.cols, slices);
      break;
    default:
      result =
          reducePartials(reduction.op, doubles, divideUp(values, reduceBlock));
      if (reduction.to_rate == OPTIMC_RATE_TENSOR)
        result = finishMean(reduction.op, result, static_cast<double>(values));
    }
  }
}

namespace {
struct FinishWork {
  Optimizer *opt;
  const Entry *entry;
  size_t index;
  uint32_t stage;
  const uint32_t *tensors;
  size_t n;
  std::atomic<size_t> next{0};
};
} // namespace

static void finishTensors(void *data, uint32_t) {
  auto *work = static_cast<FinishWork *>(data);
  DefaultFpEnvironment environment;
  while (true) {
    size_t i = work->next.fetch_add(1, std::memory_order_relaxed);
    if (i >= work->n)
      return;
    finishTensor(*work->entry, work->index, work->stage,
                 *work->opt->tensors[work->tensors[i]]);
  }
}

//===----------------------------------------------------------------------===//
// Over several tensors
//===----------------------------------------------------------------------===//

/// The reduction of `stage` for one clock, or for the model (`clock` null).
static double finishJoint(Optimizer &opt, const optimc_reduction &reduction,
                          size_t r, const Clock *clock, const uint32_t *tensors,
                          size_t n) {
  std::vector<double> &values = opt.jointValues;
  values.clear();
  double count = 0;
  uint32_t from = reduction.from_rate;
  if (from <= reduction.to_rate) {
    // What is not finer is one value.
    values.push_back(
        (clock ? clock->frame : opt.model.frame).values[reduction.source]);
  } else {
    std::vector<const Clock *> &seen = opt.clockList;
    seen.clear();
    for (size_t i = 0; i < n; ++i) {
      const Tensor &tensor = *opt.tensors[tensors[i]];
      if (clock && tensor.clock != clock)
        continue;
      if (!isScalarRate(from)) {
        values.push_back(tensor.own.reduced[r]);
        count += static_cast<double>(tensor.totalOf(from));
      } else if (from == OPTIMC_RATE_TENSOR) {
        values.push_back(tensor.own.frame.values[reduction.source]);
      } else if (std::find(seen.begin(), seen.end(), tensor.clock) ==
                 seen.end()) {
        seen.push_back(tensor.clock);
        values.push_back(tensor.clock->frame.values[reduction.source]);
      }
    }
  }
  if (!isScalarRate(from))
    return finishMean(
        reduction.op,
        reducePartials(reduction.op, values.data(), values.size()), count);
  return finishMean(reduction.op,
                    reduceScalars(reduction.op, values.data(),
                                  static_cast<int64_t>(values.size())),
                    static_cast<double>(values.size()));
}

optimc_status optimc::rt::enterStage(Optimizer &opt, const Entry &entry,
                                     uint32_t stage, const uint32_t *tensors,
                                     size_t n, const Diag &diag) {
  if (opt.exchange)
    if (optimc_status s = exchangePartials(opt, entry, stage, tensors, n, diag))
      return s;
  DefaultFpEnvironment environment;
  size_t index = &entry - opt.program.entries.data();
  int64_t elements = 0;
  for (size_t i = 0; i < n; ++i)
    elements += opt.tensors[tensors[i]]->count;
  FinishWork work;
  work.opt = &opt;
  work.entry = &entry;
  work.index = index;
  work.stage = stage;
  work.tensors = tensors;
  work.n = n;
  if (n > 1 && elements >= parallelFrom)
    parallel(opt.threads, finishTensors, &work);
  finishTensors(&work, 0);
  if (stage >= entry.jointStage) {
    for (size_t r = 0; r < entry.reductions.size(); ++r) {
      const optimc_reduction &reduction = entry.reductions[r];
      if (reduction.stage != stage || reduction.to_rate >= OPTIMC_RATE_TENSOR)
        continue;
      if (reduction.to_rate == OPTIMC_RATE_MODEL)
        opt.model.reduced[r] =
            finishJoint(opt, reduction, r, nullptr, tensors, n);
      else
        for (const auto &clock : opt.clocks)
          clock->reduced[r] =
              finishJoint(opt, reduction, r, clock.get(), tensors, n);
    }
    evaluateModel(opt, entry, stage);
    for (const auto &clock : opt.clocks)
      evaluateClock(opt, entry, stage, *clock);
  }
  if (opt.program.tensorFrames)
    for (size_t i = 0; i < n; ++i)
      evaluateTensor(opt, entry, stage, *opt.tensors[tensors[i]]);
  return OPTIMC_OK;
}
