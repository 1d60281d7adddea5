//===- Work.cpp - what streams and graphs do ------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Work.h"
#include "Driver.h"
#include <cstring>

namespace ptxsim::cuda {

bool isDeviceAddress(uint64_t address) {
  return address >= Memory::lowest && address < Memory::highest;
}

static CUresult errorOf(FaultKind kind) {
  switch (kind) {
  case FaultKind::OutOfBounds:
  case FaultKind::UseAfterFree:
  case FaultKind::ReadOnlyWrite:
    return CUDA_ERROR_ILLEGAL_ADDRESS;
  case FaultKind::Misaligned:
    return CUDA_ERROR_MISALIGNED_ADDRESS;
  case FaultKind::Deadlock:
  case FaultKind::InstructionBudget:
    return CUDA_ERROR_LAUNCH_TIMEOUT;
  case FaultKind::StackOverflow:
    return CUDA_ERROR_HARDWARE_STACK_ERROR;
  default:
    // What only the simulator notices, and a trap.
    return CUDA_ERROR_LAUNCH_FAILED;
  }
}

namespace {

struct Executor {
  Driver &driver;
  std::string &text;

  CUresult check(const Status &status, CUresult error) {
    if (status)
      return CUDA_SUCCESS;
    text = status.error().str();
    return error;
  }

  CUresult operator()(const MarkWork &) { return CUDA_SUCCESS; }

  CUresult operator()(const HostWork &) { return CUDA_SUCCESS; }

  CUresult operator()(const KernelWork &work) {
    const Function *function = driver.functions.find(work.function);
    if (!function) {
      text = "kernel '" + work.launch.kernel +
             "' was launched, and its module unloaded before it ran";
      return CUDA_ERROR_LAUNCH_FAILED;
    }
    if (CUresult fault = driver.injector.nextKernel()) {
      text = "kernel '" + work.launch.kernel + "' was made to fail";
      return fault;
    }
    LaunchConfig launch = work.launch;
    launch.options.checks = driver.config.checks;
    launch.options.instructionBudget = driver.config.instructionBudget;
    launch.options.countLines = false;
    // Another order of blocks and warps in each launch, unless the seed is 0.
    if (driver.config.seed)
      launch.options.seed =
          driver.config.seed + 0x9e3779b97f4a7c15 * driver.totals.launches;
    Expected<LaunchResult> result =
        driver.device->launch(*function->module, launch);
    if (!result) {
      text = result.error().str();
      return CUDA_ERROR_LAUNCH_FAILED;
    }
    driver.totals.add(result->counters);
    if (!result->fault)
      return CUDA_SUCCESS;
    text = result->fault->str();
    return errorOf(result->fault->kind);
  }

  CUresult operator()(const CopyWork &work) {
    Memory &memory = driver.device->memory();
    bool toDevice = isDeviceAddress(work.target);
    bool fromDevice = isDeviceAddress(work.source);
    const void *source = work.staged
                             ? work.staged->data()
                             : reinterpret_cast<const void *>(work.source);
    void *target = reinterpret_cast<void *>(work.target);
    driver.totals.copies += 1;
    driver.totals.copiedBytes += work.bytes;
    if (toDevice && fromDevice)
      return check(memory.copy(work.target, work.source, work.bytes),
                   CUDA_ERROR_ILLEGAL_ADDRESS);
    if (toDevice)
      return check(memory.write(work.target, source, work.bytes),
                   CUDA_ERROR_ILLEGAL_ADDRESS);
    if (fromDevice)
      return check(memory.read(work.source, target, work.bytes),
                   CUDA_ERROR_ILLEGAL_ADDRESS);
    std::memmove(target, source, work.bytes);
    return CUDA_SUCCESS;
  }

  CUresult operator()(const FillWork &work) {
    return check(driver.device->memory().fill(work.address, work.pattern,
                                              work.patternBytes, work.count),
                 CUDA_ERROR_ILLEGAL_ADDRESS);
  }

  CUresult operator()(const FreeWork &work) {
    return check(driver.device->memory().free(work.address),
                 CUDA_ERROR_ILLEGAL_ADDRESS);
  }
};

} // namespace

CUresult execute(Driver &driver, const Work &work, std::string &text) {
  return std::visit(Executor{driver, text}, work);
}

} // namespace ptxsim::cuda
