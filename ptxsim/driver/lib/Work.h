//===- Work.h - what streams and graphs do ----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_DRIVER_WORK_H
#define PTXSIM_DRIVER_WORK_H

#include "CudaTypes.h"
#include "ptxsim/Launch.h"
#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace ptxsim::cuda {

struct Driver;

struct KernelWork {
  CUfunction function;
  LaunchConfig launch; // with a copy of the arguments
};

struct CopyWork {
  uint64_t target = 0, source = 0;
  uint64_t bytes = 0;
  /// The contents of pageable memory when the copy was submitted.
  std::shared_ptr<const std::vector<uint8_t>> staged;
};

struct FillWork {
  CUdeviceptr address;
  uint32_t pattern, patternBytes;
  uint64_t count;
};

struct HostWork {
  CUhostFn function = nullptr;
  CUstreamCallback callback = nullptr;
  CUstream stream = nullptr;
  void *data = nullptr;
};

struct FreeWork {
  CUdeviceptr address;
};

/// Nothing: a recorded event, or the end of a graph.
struct MarkWork {};

using Work =
    std::variant<MarkWork, KernelWork, CopyWork, FillWork, HostWork, FreeWork>;

/// Work that was submitted and has run or will run.
struct Operation {
  CUcontext context;
  Work work;
  /// What must be done before; emptied when this is done.
  std::vector<std::shared_ptr<Operation>> after;
  bool running = false, done = false;
  std::chrono::steady_clock::time_point finished{};
};
using OperationRef = std::shared_ptr<Operation>;

/// Does the work, except that of HostWork. On an error `text` says more.
CUresult execute(Driver &driver, const Work &work, std::string &text);

/// Whether an address can only be one of the device.
bool isDeviceAddress(uint64_t address);

} // namespace ptxsim::cuda

#endif // PTXSIM_DRIVER_WORK_H
