//===- CudaStep.cpp - steps on a CUDA device ------------------------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cuda/CudaDevice.h"

#include <cstring>

using namespace optimc::rt;
using namespace optimc::rt::cuda;

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

optimc_status CudaDevice::submit(CUfunction function, size_t blocks,
                                 unsigned threads, void **arguments,
                                 const Diag &diag) {
  if (blocks == 0)
    return OPTIMC_OK;
  CUresult error =
      cu.launchKernel(function, static_cast<unsigned>(blocks), 1, 1, threads, 1,
                      1, 0, stream, arguments, nullptr);
  return error ? cu.fail(error, "launching a kernel", diag) : OPTIMC_OK;
}

optimc_status CudaDevice::evaluate(uint32_t entry, uint64_t rows, uint32_t n,
                                   uint32_t rate, uint32_t stage,
                                   const Diag &diag) {
  constexpr unsigned threads = 64;
  void *arguments[] = {&rows, &n, &rate, &stage};
  return submit(evaluates[entry], divideUp(n, threads), threads, arguments,
                diag);
}

optimc_status CudaDevice::finishReductions(const Tables &tables, uint32_t stage,
                                           const Diag &diag) {
  const StageReductions &work = tables.stages[stage];
  uint64_t jobs = tables.base + work.columnJobs.offset,
           units = tables.base + work.columnUnits.offset;
  void *arguments[] = {&jobs, &units};
  if (optimc_status s = submit(reduceColumns, work.columnUnits.n, reduceThreads,
                               arguments, diag))
    return s;
  jobs = tables.base + work.sliceJobs.offset;
  units = tables.base + work.sliceUnits.offset;
  if (optimc_status s = submit(reduceSlices, work.sliceUnits.n, reduceThreads,
                               arguments, diag))
    return s;
  jobs = tables.base + work.scalarJobs.offset;
  return submit(reduceScalars, work.scalarJobs.n, reduceThreads, arguments,
                diag);
}

optimc_status CudaDevice::runStage(Optimizer &opt, const Tables &tables,
                                   const uint32_t *list, size_t n,
                                   uint32_t entry, uint32_t stage,
                                   const Diag &diag) {
  if (stage > 0) {
    if (opt.exchange)
      if (optimc_status s = exchangePartials(opt, opt.program.entries[entry],
                                             stage, list, n, diag))
        return s;
    if (optimc_status s = finishReductions(tables, stage, diag))
      return s;
    if (stage >= opt.program.entries[entry].jointStage) {
      if (optimc_status s =
              evaluate(entry, frames.row(0), 1, OPTIMC_RATE_MODEL, stage, diag))
        return s;
      if (optimc_status s =
              evaluate(entry, frames.row(frames.clock(0)), frames.nClocks,
                       OPTIMC_RATE_GROUP, stage, diag))
        return s;
    }
    if (optimc_status s =
            evaluate(entry, tables.base + tables.instances.offset,
                     tables.instances.n, OPTIMC_RATE_TENSOR, stage, diag))
      return s;
  }
  for (const PhaseLaunch &launch : tables.phases) {
    if (launch.stage != stage)
      continue;
    uint64_t tensors = tables.base + tables.tensors,
             items = tables.base + launch.items.offset, mask = launch.mask,
             value = launch.value;
    uint32_t nItems = launch.items.n;
    void *arguments[] = {&tensors, &items, &nItems, &mask, &value};
    if (optimc_status s = submit(launch.function, nItems, OPTIMC_GPU_THREADS,
                                 arguments, diag))
      return s;
    hasMoved = true;
  }
  return OPTIMC_OK;
}

//===----------------------------------------------------------------------===//
// Failures
//===----------------------------------------------------------------------===//

optimc_status CudaDevice::keepFault(optimc_status status,
                                    const optimc_error &error,
                                    const Diag &diag) {
  // What is captured has not run.
  if (!hasMoved || isCapturing)
    return diag.fail(status, "%s", error.message);
  fault = error.message;
  return diag.fail(status,
                   "%.700s; part of the step had been submitted, so that "
                   "parameters and states are half updated: load a checkpoint",
                   error.message);
}

optimc_status CudaDevice::checkFault(const Diag &diag) const {
  if (fault.empty())
    return OPTIMC_OK;
  return diag.fail(OPTIMC_DEVICE_ERROR,
                   "an earlier step failed after part of it had been "
                   "submitted, so that parameters and states are half updated: "
                   "load a checkpoint; it failed with: %.700s",
                   fault.c_str());
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

optimc_status CudaDevice::begin(Optimizer &opt, uint32_t entry, bool isWhole,
                                const Diag &diag) {
  CurrentContext current(cu);
  if (optimc_status s = current.enter(context, diag))
    return s;
  if (optimc_status s = checkFault(diag))
    return s;
  hasMoved = false;
  if (optimc_status s = prepare(opt, entry, isWhole, diag))
    return s;
  uint64_t rows = boundMemory.address;
  auto n = static_cast<uint32_t>(boundRows.size());
  void *arguments[] = {&rows, &n};
  if (optimc_status s = submit(gatherScalars, divideUp(n, gatherThreads),
                               gatherThreads, arguments, diag))
    return s;
  if (optimc_status s =
          evaluate(entry, frames.row(0), 1, OPTIMC_RATE_MODEL, 0, diag))
    return s;
  if (optimc_status s = evaluate(entry, frames.row(frames.clock(0)),
                                 frames.nClocks, OPTIMC_RATE_GROUP, 0, diag))
    return s;
  return evaluate(entry, frames.row(frames.firstTensor),
                  frames.size() - frames.firstTensor, OPTIMC_RATE_TENSOR, 0,
                  diag);
}

optimc_status CudaDevice::submitStages(Optimizer &opt, const uint32_t *list,
                                       size_t n, bool isWhole, uint32_t from,
                                       uint32_t to, const Diag &diag) {
  CurrentContext current(cu);
  if (optimc_status s = current.enter(context, diag))
    return s;
  uint32_t entry = opt.step.entry;
  Placed &placed = isWhole ? whole[entry] : part;
  if (optimc_status s =
          prepareTables(opt, placed, entry, list, n, isWhole, diag))
    return s;
  for (uint32_t stage = from; stage < to; ++stage)
    if (optimc_status s =
            runStage(opt, placed.tables, list, n, entry, stage, diag))
      return s;
  return OPTIMC_OK;
}

optimc_status CudaDevice::run(Optimizer &opt, const uint32_t *list, size_t n,
                              bool isWhole, uint32_t from, uint32_t to,
                              const Diag &diag) {
  if (n == 0)
    return OPTIMC_OK;
  if (optimc_status s = checkFault(diag))
    return s;
  optimc_error error;
  optimc_status status =
      submitStages(opt, list, n, isWhole, from, to, Diag(&error));
  return status ? keepFault(status, error, diag) : OPTIMC_OK;
}

optimc_status CudaDevice::submitCommit(bool isStep, const Diag &diag) {
  CurrentContext current(cu);
  if (optimc_status s = current.enter(context, diag))
    return s;
  CUresult error =
      cu.memcpyDtoDAsync(frames.base + frames.states, frames.base + frames.next,
                         frames.stateBytes, stream);
  if (!error && frames.outputBytes && isStep)
    error = cu.memcpyDtoDAsync(frames.base + frames.outputs,
                               frames.base + frames.values, frames.outputBytes,
                               stream);
  return error ? cu.fail(error, "committing a step", diag) : OPTIMC_OK;
}

optimc_status CudaDevice::commit(Optimizer &opt, const Diag &diag) {
  if (optimc_status s = checkFault(diag))
    return s;
  optimc_error error;
  if (optimc_status s = submitCommit(opt.program.entries[opt.step.entry].isStep,
                                     Diag(&error)))
    return keepFault(s, error, diag);
  isAhead = true;
  hasGraphs |= isCapturing;
  return OPTIMC_OK;
}

optimc_status CudaDevice::fetchNext(Optimizer &opt, const Diag &diag) {
  if (optimc_status s = checkFault(diag))
    return s;
  // States, outputs, next states and values lie side by side.
  std::vector<char> bytes(frames.values + frames.valueBytes - frames.states);
  optimc_error error;
  optimc_status status =
      read(bytes.data(), reinterpret_cast<void *>(frames.base + frames.states),
           static_cast<int64_t>(bytes.size()), Diag(&error));
  if (status)
    return keepFault(status, error, diag);
  if (isAhead || hasGraphs)
    frames.readStates(opt, bytes.data());
  frames.readNext(opt, bytes.data() + (frames.next - frames.states));
  return OPTIMC_OK;
}

//===----------------------------------------------------------------------===//
// The host's copy of the scalars
//===----------------------------------------------------------------------===//

void CudaDevice::changed() {
  framesAreStale = true;
  isAhead = false;
}

optimc_status CudaDevice::publish(Optimizer &opt, const Diag &diag) {
  if (!hasGraphs || !framesAreStale)
    return OPTIMC_OK;
  CurrentContext current(cu);
  if (optimc_status s = current.enter(context, diag))
    return s;
  if (optimc_status s = checkNotCapturing("changing scalar states", diag))
    return s;
  return prepareFrames(opt, diag);
}

optimc_status CudaDevice::readBound(Optimizer &opt, const Diag &diag) {
  for (const BoundScalar &scalar : opt.bound) {
    double wide = 0;
    float narrow = 0;
    if (optimc_status s =
            scalar.isDouble
                ? read(&wide, scalar.address, sizeof wide, diag)
                : read(&narrow, scalar.address, sizeof narrow, diag))
      return s;
    double value = scalar.isDouble ? wide : static_cast<double>(narrow);
    if (scalar.isHyper) {
      opt.groups[scalar.index].hypers[scalar.slot] = value;
      continue;
    }
    const ScalarSlot &input = opt.program.inputs[scalar.slot];
    inputsOf(opt, input.rate, scalar.index)[input.index] = {value, true};
  }
  return OPTIMC_OK;
}

optimc_status CudaDevice::pull(Optimizer &opt, const Diag &diag) {
  if (optimc_status s = checkFault(diag))
    return s;
  if (!framesAreStale && (isAhead || hasGraphs)) {
    std::vector<char> bytes(frames.outputs + frames.outputBytes -
                            frames.states);
    if (optimc_status s = read(
            bytes.data(), reinterpret_cast<void *>(frames.base + frames.states),
            static_cast<int64_t>(bytes.size()), diag))
      return s;
    frames.readStates(opt, bytes.data());
    isAhead = false;
  }
  return readBound(opt, diag);
}
