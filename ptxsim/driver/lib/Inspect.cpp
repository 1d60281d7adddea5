//===- Inspect.cpp - looking into the simulated driver --------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Driver.h"

using namespace ptxsim::cuda;

#define PTXSIM_EXPORT extern "C" __attribute__((visibility("default")))

PTXSIM_EXPORT void ptxsim_cuda_live(ptxsim_cuda_objects *objects) {
  Driver &driver = Driver::instance();
  std::lock_guard<std::mutex> lock(driver.mutex);
  *objects = driver.liveObjects();
}

PTXSIM_EXPORT void ptxsim_cuda_count(ptxsim_cuda_totals *totals) {
  Driver &driver = Driver::instance();
  std::lock_guard<std::mutex> lock(driver.mutex);
  const Totals &sums = driver.totals;
  *totals = {driver.injector.calls(), sums.launches,
             sums.graphLaunches,      sums.copies,
             sums.copiedBytes,        sums.threadInstructions,
             sums.loadedBytes,        sums.loadedSectors,
             sums.storedBytes,        sums.storedSectors};
}

PTXSIM_EXPORT const char *ptxsim_cuda_last_fault() {
  static thread_local std::string text;
  Driver &driver = Driver::instance();
  std::lock_guard<std::mutex> lock(driver.mutex);
  text = driver.lastFault;
  return text.c_str();
}

PTXSIM_EXPORT void ptxsim_cuda_fail_call(uint64_t number, int error) {
  Driver &driver = Driver::instance();
  std::lock_guard<std::mutex> lock(driver.mutex);
  driver.injector.failCall(number, static_cast<CUresult>(error));
}

PTXSIM_EXPORT void ptxsim_cuda_fail_function(const char *function,
                                             uint64_t number, int error) {
  Driver &driver = Driver::instance();
  std::lock_guard<std::mutex> lock(driver.mutex);
  driver.injector.failFunction(function, number, static_cast<CUresult>(error));
}

PTXSIM_EXPORT void ptxsim_cuda_reset() {
  Driver &driver = Driver::instance();
  std::lock_guard<std::mutex> lock(driver.mutex);
  driver.reset();
}
