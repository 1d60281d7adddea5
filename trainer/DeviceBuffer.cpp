//===- DeviceBuffer.cpp - floats on a CUDA device ---------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "DeviceBuffer.h"

#include <cstdlib>
#include <dlfcn.h>
#include <type_traits>

namespace optimc::trainer {
namespace {

/// The few functions of the driver API that copies need, so that no CUDA header
/// is. Names and types are those of CUDA 11 and later.
struct Driver {
  using Context = struct CUctx_st *;

  int (*init)(unsigned) = nullptr;
  int (*errorName)(int, const char **) = nullptr;
  int (*deviceGet)(int *, int) = nullptr;
  int (*primaryRetain)(Context *, int) = nullptr;
  int (*contextSet)(Context) = nullptr;
  int (*allocate)(uint64_t *, size_t) = nullptr;
  int (*free)(uint64_t) = nullptr;
  int (*toDevice)(uint64_t, const void *, size_t) = nullptr;
  int (*toHost)(void *, uint64_t, size_t) = nullptr;
  Context context = nullptr;
  std::string problem; // why it cannot be used; empty if it can

  Driver() {
    const char *given = secure_getenv("OPTIMC_LIBCUDA");
    const char *name = given && *given ? given : "libcuda.so.1";
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      const char *reason = dlerror();
      problem = std::string("there is no CUDA driver: ") +
                (reason ? reason : name) + "; train with --device cpu";
      return;
    }
    auto find = [&](auto &function, const char *symbol) {
      void *found = dlsym(library, symbol);
      function =
          reinterpret_cast<std::remove_reference_t<decltype(function)>>(found);
      if (!found)
        problem = std::string("'") + name + "' has no function " + symbol +
                  ": it is no CUDA driver";
    };
    find(init, "cuInit");
    find(errorName, "cuGetErrorName");
    find(deviceGet, "cuDeviceGet");
    find(primaryRetain, "cuDevicePrimaryCtxRetain");
    find(contextSet, "cuCtxSetCurrent");
    find(allocate, "cuMemAlloc_v2");
    find(free, "cuMemFree_v2");
    find(toDevice, "cuMemcpyHtoD_v2");
    find(toHost, "cuMemcpyDtoH_v2");
    int device = 0;
    if (problem.empty() &&
        check(init(0), "starting the CUDA driver", problem) &&
        check(deviceGet(&device, 0), "asking for CUDA device 0", problem))
      // Until the end of the process.
      check(primaryRetain(&context, device), "using CUDA device 0", problem);
  }

  bool check(int result, const char *doing, std::string &error) const {
    if (result == 0)
      return true;
    const char *name = nullptr;
    if (errorName(result, &name) || !name)
      name = "an unknown error";
    error = std::string(doing) + " failed: " + name + " (" +
            std::to_string(result) + ")";
    return false;
  }

  /// The driver, with its context current in this thread; null with `error`.
  static const Driver *enter(std::string &error) {
    static const Driver driver;
    if (!driver.problem.empty()) {
      error = driver.problem;
      return nullptr;
    }
    return driver.check(driver.contextSet(driver.context),
                        "choosing the CUDA context", error)
               ? &driver
               : nullptr;
  }
};

} // namespace

DeviceBuffer::~DeviceBuffer() {
  std::string error;
  if (address)
    if (const Driver *driver = Driver::enter(error))
      driver->free(address);
}

bool DeviceBuffer::allocate(int64_t count, std::string &error) {
  const Driver *driver = Driver::enter(error);
  bytes = static_cast<size_t>(count) * sizeof(float);
  return driver && driver->check(driver->allocate(&address, bytes),
                                 "allocating device memory", error);
}

bool DeviceBuffer::upload(const float *from, std::string &error) {
  const Driver *driver = Driver::enter(error);
  return driver && driver->check(driver->toDevice(address, from, bytes),
                                 "copying to the device", error);
}

bool DeviceBuffer::download(float *to, std::string &error) const {
  const Driver *driver = Driver::enter(error);
  return driver && driver->check(driver->toHost(to, address, bytes),
                                 "copying from the device", error);
}

} // namespace optimc::trainer
