//===- CudaPrepare.cpp - what a step needs on the device ------------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tables and numbers go to the device when they have changed and at no other
// time: a step that finds everything in its place only launches kernels.
//
//===----------------------------------------------------------------------===//
#include "cuda/CudaDevice.h"


using namespace optimc::rt;
using namespace optimc::rt::cuda;

optimc_status CudaDevice::prepareFrames(Optimizer &opt, const Diag &diag) {
  frames.layOut(opt);
  if (optimc_status s = reserve(frameMemory, frames.bytes, diag))
    return s;
  frames.base = frameMemory.address;
  std::vector<char> image = frames.image(opt);
  if (optimc_status s =
          staging.copy(frames.base, image.data(), image.size(), stream, diag))
    return s;
  if (CUresult error = cu.memsetD8Async(frames.base + image.size(), 0,
                                        frames.bytes - image.size(), stream))
    return cu.fail(error, "clearing scalars on the device", diag);
  params = frames.params(opt);
  ++framesVersion;
  framesAreStale = false;
  return OPTIMC_OK;
}

optimc_status CudaDevice::prepareBound(const Optimizer &opt, const Diag &diag) {
  boundVersion = 0;
  boundRows.clear();
  for (const BoundScalar &scalar : opt.bound)
    boundRows.push_back({reinterpret_cast<uintptr_t>(scalar.address),
                         frames.boundPlace(opt, scalar), scalar.isDouble, 0});
  size_t bytes = boundRows.size() * sizeof(BoundRow);
  if (optimc_status s = reserve(boundMemory, bytes, diag))
    return s;
  if (optimc_status s = staging.copy(boundMemory.address, boundRows.data(),
                                     bytes, stream, diag))
    return s;
  boundVersion = opt.boundVersion;
  boundFrames = framesVersion;
  return OPTIMC_OK;
}

optimc_status CudaDevice::prepareTables(const Optimizer &opt, Placed &placed,
                                        uint32_t entry, const uint32_t *list,
                                        size_t n, bool isWhole,
                                        const Diag &diag) {
  Tables &tables = placed.tables;
  if (tables.isCurrent(opt, entry, framesVersion, list, n, isWhole))
    return OPTIMC_OK;
  optimc_status status =
      tables.build(opt, frames, entry, framesVersion, list, n, diag);
  if (!status)
    status = reserve(placed.memory, tables.bytes(), diag);
  if (!status) {
    const std::vector<char> &image = tables.image(placed.memory.address);
    status =
        staging.copy(tables.base, image.data(), image.size(), stream, diag);
  }
  for (PhaseLaunch &launch : tables.phases)
    launch.function = phases[launch.kernel];
  if (status)
    tables.forget();
  return status;
}

optimc_status CudaDevice::prepare(Optimizer &opt, uint32_t entry, bool isWhole,
                                  const Diag &diag) {
  if (optimc_status s = findCapture(isCapturing, diag))
    return s;
  if (isCapturing && !isWhole)
    return diag.fail(OPTIMC_WRONG_ORDER,
                     "a step in parts cannot be captured; use optimc_step or "
                     "optimc_run_entry");
  if (isCapturing && opt.exchange && opt.program.entries[entry].nStages > 1)
    return diag.fail(OPTIMC_WRONG_ORDER,
                     "a step that exchanges partial results between shards "
                     "through the host cannot be captured");
  std::vector<double> given;
  if (!framesAreStale)
    given = frames.params(opt);
  bool newParams = framesAreStale || !sameBits(given, params);
  bool newBound = framesAreStale || boundVersion != opt.boundVersion ||
                  boundFrames != framesVersion;
  const uint32_t *all = opt.everyTensor.data();
  size_t n = opt.everyTensor.size();
  bool newTables =
      isWhole && n &&
      !whole[entry].tables.isCurrent(opt, entry, framesVersion, all, n, true);
  if (isCapturing && (newParams || newBound || newTables))
    return diag.fail(OPTIMC_WRONG_ORDER,
                     "%s changed since the last step like this one, and cannot "
                     "go to the device while the stream is being captured: "
                     "take one step before the capture",
                     framesAreStale || newTables
                         ? "tensors, buffers or scalar states have"
                         : "hyperparameters, inputs or what is bound has");
  if (framesAreStale) {
    if (optimc_status s = prepareFrames(opt, diag))
      return s;
  } else if (newParams) {
    if (optimc_status s =
            staging.copy(frames.base + frames.parameters, given.data(),
                         given.size() * sizeof(double), stream, diag))
      return s;
    params = std::move(given);
  }
  if (newBound)
    if (optimc_status s = prepareBound(opt, diag))
      return s;
  if (isWhole && n)
    return prepareTables(opt, whole[entry], entry, all, n, true, diag);
  return OPTIMC_OK;
}
