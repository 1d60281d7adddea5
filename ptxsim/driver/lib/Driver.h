//===- Driver.h - all state of the simulated driver -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_DRIVER_DRIVER_H
#define PTXSIM_DRIVER_DRIVER_H

#include "../ptxsim_cuda.h"
#include "Config.h"
#include "FaultInjector.h"
#include "Objects.h"
#include "WorkQueue.h"
#include <condition_variable>
#include <map>
#include <mutex>

namespace ptxsim::cuda {

/// Sums over all launches since the last reset.
struct Totals {
  uint64_t launches = 0, graphLaunches = 0, copies = 0, copiedBytes = 0;
  uint64_t threadInstructions = 0, loadedBytes = 0, storedBytes = 0;
  uint64_t loadedSectors = 0, storedSectors = 0;
  void add(const Counters &counters);
};

/// One per process. Everything is guarded by `mutex`, which is let go only
/// while a host function of the program runs.
struct Driver {
  static Driver &instance();
  /// Whether cuInit was called in a process that this one was forked from.
  static bool forked();

  std::mutex mutex;
  bool initialised = false;
  Config config;
  FaultInjector injector;
  std::string wrongRules; // what is wrong with PTXSIM_CUDA_FAIL
  Totals totals;
  std::string lastFault;
  std::unique_ptr<Device> device;
  WorkQueue queue{*this};

  HandleTable<CUcontext, Context> contexts;
  HandleTable<CUstream, Stream> streams;
  HandleTable<CUevent, Event> events;
  HandleTable<CUmodule, LoadedImage> modules;
  HandleTable<CUfunction, Function> functions;
  HandleTable<CUgraph, Graph> graphs;
  HandleTable<CUgraphExec, GraphExec> graphExecs;
  std::map<CUdeviceptr, DeviceAllocation> deviceAllocations;
  std::map<uintptr_t, HostAllocation> hostAllocations;
  CUcontext primaryContext = nullptr;
  unsigned primaryUsers = 0, primaryFlags = 0;
  uint64_t nextId = 1; // of captures and buffers

  Driver();
  CUresult initialise();
  Context &createContext(unsigned flags, bool primary);
  /// Finishes the work of a context and frees all that belongs to it.
  void destroyContext(Context &context, std::unique_lock<std::mutex> &lock);
  /// Forgets everything: handles, memory, counters, injected faults.
  void reset();
  ptxsim_cuda_objects liveObjects() const;

  /// The stream of a handle, default ones included, if it belongs to the
  /// context; else null.
  Stream *findStream(Context &context, CUstream handle);
  /// Adds work to a stream, or to its graph while it is captured.
  CUresult submit(Stream &stream, Work work, std::unique_lock<std::mutex> &lock,
                  OperationRef *submitted = nullptr);
  /// What new work of a stream has to wait for.
  std::vector<OperationRef> dependencies(const Stream &stream) const;
  /// What all work of a context so far is.
  std::vector<OperationRef> pendingOf(CUcontext context) const;

  /// The live device allocation around a range, or null.
  const std::pair<const CUdeviceptr, DeviceAllocation> *
  findAllocation(CUdeviceptr address, uint64_t size) const;
  /// The pinned host range around a range, or null.
  const std::pair<const uintptr_t, HostAllocation> *
  findPinned(uintptr_t address, uint64_t size) const;
  /// Whether a range lies in one live allocation or variable of the device.
  bool isAccessible(CUdeviceptr address, uint64_t size) const;
  CUdeviceptr allocate(Context &context, uint64_t size);
};

} // namespace ptxsim::cuda

#endif // PTXSIM_DRIVER_DRIVER_H
