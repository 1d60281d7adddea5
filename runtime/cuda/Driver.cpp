//===- Driver.cpp - the CUDA driver, found at run time ---------------- -===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cuda/Driver.h"

#include <cstdlib>
#include <dlfcn.h>
#include <mutex>
#include <unistd.h>

using namespace optimc::rt;
using namespace optimc::rt::cuda;

namespace {
struct EntryPoint {
  const char *symbol;
  void *place; // of a pointer to a function
};

/// CUDA 11.0 brought PTX 7.0, which all kernels need.
constexpr int oldestVersion = 11000;
} // namespace

static optimc_status find(const Driver &driver, void *library,
                          const EntryPoint &entry, const Diag &diag) {
  void *symbol = dlsym(library, entry.symbol);
  *static_cast<void **>(entry.place) = symbol;
  if (symbol)
    return OPTIMC_OK;
  return diag.fail(OPTIMC_UNSUPPORTED,
                   "'%.300s' has no function %s: it is no CUDA driver, or one "
                   "older than CUDA %d.%d",
                   driver.library.c_str(), entry.symbol, oldestVersion / 1000,
                   oldestVersion % 1000 / 10);
}

static optimc_status findFunctions(Driver &driver, void *library,
                                   const Diag &diag) {
  // The version first: an old driver lacks some of the others.
  if (optimc_status s =
          find(driver, library,
               {"cuDriverGetVersion", &driver.driverGetVersion}, diag))
    return s;
  CUresult error = driver.driverGetVersion(&driver.version);
  if (!error && driver.version < oldestVersion)
    return diag.fail(OPTIMC_UNSUPPORTED,
                     "the CUDA driver '%.300s' is for CUDA %d.%d; CUDA %d.%d "
                     "or later is needed: update the driver",
                     driver.library.c_str(), driver.version / 1000,
                     driver.version % 1000 / 10, oldestVersion / 1000,
                     oldestVersion % 1000 / 10);
  const EntryPoint entryPoints[] = {
#define OPTIMC_CUDA_FUNCTION(name, symbol, ...) {#symbol, &driver.name},
#include "cuda/Functions.def"
  };
  for (const EntryPoint &entry : entryPoints)
    if (optimc_status s = find(driver, library, entry, diag))
      return s;
  return error ? driver.fail(error, "asking for the version of the CUDA driver",
                             diag)
               : OPTIMC_OK;
}

/// On failure the next call tries again.
static optimc_status load(Driver &driver, const Diag &diag) {
  const char *given = secure_getenv("OPTIMC_LIBCUDA");
  driver.library = given && *given ? given : "libcuda.so.1";
  void *library = dlopen(driver.library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    return diag.fail(OPTIMC_UNSUPPORTED,
                     "there is no CUDA driver: %.500s; install NVIDIA's "
                     "driver, or use OPTIMC_DEVICE_CPU",
                     reason ? reason : driver.library.c_str());
  }
  optimc_status status = findFunctions(driver, library, diag);
  if (!status)
    if (CUresult error = driver.init(0))
      status =
          diag.fail(error == CUDA_ERROR_OUT_OF_MEMORY ? OPTIMC_OUT_OF_MEMORY
                                                      : OPTIMC_UNSUPPORTED,
                    "the CUDA driver '%.300s' cannot be used: cuInit: %s",
                    driver.library.c_str(), driver.describe(error).c_str());
  if (status)
    dlclose(library);
  return status;
}

optimc_status Driver::get(const Driver *&out, const Diag &diag) {
  static std::mutex mutex;
  static Driver driver;
  std::lock_guard<std::mutex> lock(mutex);
  if (!driver.process) {
    if (optimc_status s = load(driver, diag)) {
      driver = {};
      return s;
    }
    driver.process = getpid();
  }
  out = &driver;
  return driver.checkFork(diag);
}

bool Driver::isForked() const { return process && process != getpid(); }

optimc_status Driver::checkFork(const Diag &diag) const {
  if (!isForked())
    return OPTIMC_OK;
  return diag.fail(OPTIMC_UNSUPPORTED,
                   "this process was forked from process %d after that had "
                   "initialised CUDA, which works in no child; fork before, or "
                   "start the child anew (Python: multiprocessing's 'spawn')",
                   process);
}

std::string Driver::describe(CUresult error) const {
  const char *name = nullptr, *text = nullptr;
  if (getErrorName(error, &name) || !name)
    return format("CUDA error %d", error);
  if (getErrorString(error, &text) || !text)
    text = "no description";
  return format("%s (%d): %s", name, error, text);
}

optimc_status Driver::fail(CUresult error, const char *doing,
                           const Diag &diag) const {
  bool isFault = error >= CUDA_ERROR_ILLEGAL_ADDRESS &&
                 error <= CUDA_ERROR_LAUNCH_FAILED &&
                 error != CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
  return diag.fail(error == CUDA_ERROR_OUT_OF_MEMORY ? OPTIMC_OUT_OF_MEMORY
                                                     : OPTIMC_DEVICE_ERROR,
                   "%s failed: %s%s", doing, describe(error).c_str(),
                   isFault ? "; a kernel has failed and the context with it: "
                             "what is on the device is lost, go on from a "
                             "checkpoint in a new process"
                           : "");
}
