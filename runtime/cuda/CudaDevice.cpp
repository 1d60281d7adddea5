//===- CudaDevice.cpp - opening and closing a CUDA device -----------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cuda/CudaDevice.h"

#include <algorithm>

using namespace optimc::rt;
using namespace optimc::rt::cuda;

/// The latest text that the device can run.
static const optimc_ptx *choosePtx(const Program &program, uint32_t sm) {
  const optimc_ptx *best = nullptr;
  for (const optimc_ptx &code : program.ptx)
    if (code.sm <= sm && (!best || code.sm > best->sm))
      best = &code;
  return best;
}

optimc_status CudaDevice::findContext(const Diag &diag) {
  const char *what = "looking for a CUDA context";
  if (CUresult error = cu.ctxGetCurrent(&context))
    return cu.fail(error, what, diag);
  if (!context) {
    if (CUresult error = cu.deviceGet(&device, 0))
      return cu.fail(error, "looking for CUDA device 0", diag);
    if (CUresult error = cu.primaryCtxRetain(&context, device))
      return cu.fail(error, "using the context of CUDA device 0", diag);
    isRetained = true;
  } else if (CUresult error = cu.ctxGetDevice(&device)) {
    return cu.fail(error, what, diag);
  }
  char text[256] = "";
  int major = 0, minor = 0;
  CUresult error = cu.deviceGetName(text, sizeof text, device);
  if (!error)
    error = cu.deviceGetAttribute(
        &major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device);
  if (!error)
    error = cu.deviceGetAttribute(
        &minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device);
  if (error)
    return cu.fail(error, "asking what the CUDA device is", diag);
  deviceName = text;
  architecture = static_cast<uint32_t>(10 * major + minor);
  return OPTIMC_OK;
}

optimc_status CudaDevice::loadKernels(const Program &from, const Diag &diag) {
  const char *name = from.source->name;
  const optimc_ptx *code = choosePtx(from, architecture);
  if (!code) {
    std::string list;
    for (const optimc_ptx &other : from.ptx)
      list += (list.empty() ? "sm_" : ", sm_") + std::to_string(other.sm);
    return diag.fail(OPTIMC_UNSUPPORTED,
                     "'%s' has PTX for %s, but the device (%s) is sm_%u: "
                     "compile it with `optimc compile --gpu=sm_%u ...`",
                     name, list.c_str(), deviceName.c_str(), architecture,
                     architecture);
  }
  if (optimc_status s = program.load(
          cu, context, code->text,
          format("the PTX of '%.200s' for sm_%u", name, code->sm), diag))
    return s;
  bool reduces = false;
  for (const Entry &entry : from.entries) {
    reduces |= !entry.reductions.empty();
    evaluates.emplace_back();
    if (optimc_status s =
            program.find(entry.ptxEvaluate, evaluates.back(), diag))
      return s;
    for (const Plan &plan : entry.plans)
      for (const Variant &variant : plan.variants)
        for (const Phase &phase : variant.phases)
          if (optimc_status s =
                  program.find(phase.ptxEntry, phases[phase.ptxEntry], diag))
            return s;
  }
  if (optimc_status s =
          gather.load(cu, context, gatherText, "the runtime's own PTX", diag))
    return s;
  if (optimc_status s = gather.find("optimc_gather", gatherScalars, diag))
    return s;
  if (!reduces)
    return OPTIMC_OK;
  if (optimc_status s =
          reduce.load(cu, context, reduceText, "the runtime's own PTX", diag))
    return s;
  struct {
    const char *name;
    CUfunction &function;
  } own[] = {{"optimc_reduce_columns", reduceColumns},
             {"optimc_reduce_slices", reduceSlices},
             {"optimc_reduce_scalars", reduceScalars}};
  for (auto &kernel : own)
    if (optimc_status s = reduce.find(kernel.name, kernel.function, diag))
      return s;
  return OPTIMC_OK;
}

optimc_status CudaDevice::open(const Program &from, const Diag &diag) {
  if (optimc_status s = findContext(diag))
    return s;
  CurrentContext current(cu);
  if (optimc_status s = current.enter(context, diag))
    return s;
  staging.open(cu);
  whole.resize(from.entries.size());
  if (optimc_status s = loadKernels(from, diag))
    return s;
  if (CUresult error = cu.eventCreate(&order, CU_EVENT_DISABLE_TIMING))
    return cu.fail(error, "creating an event", diag);
  return OPTIMC_OK;
}

CudaDevice::~CudaDevice() {
  // In a forked child nothing of this is ours.
  if (!context || cu.isForked())
    return;
  {
    CurrentContext current(cu);
    if (current.enter(context, Diag(nullptr)) == OPTIMC_OK) {
      staging.close();
      for (const Placed &placed : whole)
        if (placed.memory.address)
          cu.memFree(placed.memory.address);
      for (const Buffer &buffer : {part.memory, frameMemory, boundMemory})
        if (buffer.address)
          cu.memFree(buffer.address);
      if (order)
        cu.eventDestroy(order);
      for (Module *module : {&program, &reduce, &gather})
        module->reset();
    }
  }
  if (isRetained)
    cu.primaryCtxRelease(device);
}

optimc_status CudaDevice::findCapture(bool &out, const Diag &diag) const {
  int status = CU_STREAM_CAPTURE_STATUS_NONE;
  if (CUresult error = cu.streamIsCapturing(stream, &status))
    return cu.fail(error, "asking whether the stream is captured", diag);
  out = status != CU_STREAM_CAPTURE_STATUS_NONE;
  return OPTIMC_OK;
}

optimc_status CudaDevice::checkNotCapturing(const char *what,
                                            const Diag &diag) const {
  bool captured = false;
  if (optimc_status s = findCapture(captured, diag))
    return s;
  if (!captured)
    return OPTIMC_OK;
  return diag.fail(OPTIMC_WRONG_ORDER,
                   "%s is not possible while the stream is being captured",
                   what);
}

optimc_status CudaDevice::setStream(void *given, const Diag &diag) {
  CurrentContext current(cu);
  if (optimc_status s = current.enter(context, diag))
    return s;
  auto wanted = static_cast<CUstream>(given);
  if (wanted == stream)
    return OPTIMC_OK;
  if (optimc_status s = checkNotCapturing("setting another stream", diag))
    return s;
  // Null and the other default streams belong to whatever context is current.
  CUcontext owner = context;
  CUresult error = wanted ? cu.streamGetCtx(wanted, &owner) : CUDA_SUCCESS;
  if (error == CUDA_ERROR_INVALID_HANDLE || (!error && owner != context))
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "%p is no stream of the optimizer's CUDA context", given);
  if (error)
    return cu.fail(error, "looking at the stream", diag);
  CUstream old = stream;
  stream = wanted;
  optimc_status status = checkNotCapturing("setting a stream", diag);
  if (!status) {
    error = cu.eventRecord(order, old);
    if (!error)
      error = cu.streamWaitEvent(wanted, order, 0);
    if (error)
      status = cu.fail(error, "ordering the stream after the last one", diag);
  }
  if (status)
    stream = old;
  return status;
}

optimc_status optimc::rt::openCuda(const Program &program,
                                   std::unique_ptr<Device> &out,
                                   const Diag &diag) {
  if (program.ptx.empty())
    return diag.fail(OPTIMC_UNSUPPORTED,
                     "'%s' has no PTX: compile it with `optimc compile "
                     "--gpu=sm_80 ...` to run it on a GPU",
                     program.source->name);
  const Driver *driver;
  if (optimc_status s = Driver::get(driver, diag))
    return s;
  auto made = std::make_unique<CudaDevice>(*driver);
  if (optimc_status s = made->open(program, diag))
    return s;
  out = std::move(made);
  return OPTIMC_OK;
}
