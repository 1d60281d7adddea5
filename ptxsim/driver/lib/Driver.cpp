//===- Driver.cpp - all state of the simulated driver ---------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Driver.h"
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace ptxsim::cuda {

/// The process that called cuInit; 0 before.
static std::atomic<pid_t> owner{0};

void Totals::add(const Counters &counters) {
  ++launches;
  threadInstructions += counters.threadInstructions;
  size_t global = static_cast<size_t>(StateSpace::Global);
  loadedBytes += counters.loads[global].bytes;
  storedBytes += counters.stores[global].bytes;
  loadedSectors += counters.loads[global].sectors;
  storedSectors += counters.stores[global].sectors;
}

Driver &Driver::instance() {
  // Never destroyed: other libraries may still call while the process exits.
  static Driver *driver = new Driver;
  return *driver;
}

bool Driver::forked() {
  pid_t process = owner.load(std::memory_order_relaxed);
  return process && process != getpid();
}

/// Before the first call, so that this one can fail, too.
static std::string readRules(FaultInjector &injector) {
  const char *rules = std::getenv("PTXSIM_CUDA_FAIL");
  return rules ? injector.parse(rules) : std::string();
}

Driver::Driver() : wrongRules(readRules(injector)) {}

CUresult Driver::initialise() {
  if (initialised)
    return CUDA_SUCCESS;
  std::string error = readEnvironment(config);
  if (error.empty())
    error = wrongRules;
  if (!error.empty()) {
    lastFault = error;
    std::fprintf(stderr, "ptxsim: %s\n", error.c_str());
    return CUDA_ERROR_INVALID_VALUE;
  }
  const DeviceProperties &chosen = properties(config.smVersion);
  DeviceConfig deviceConfig;
  deviceConfig.smVersion = chosen.smVersion;
  deviceConfig.multiprocessors = chosen.multiprocessors;
  deviceConfig.memoryBytes = chosen.memoryBytes;
  deviceConfig.maxSharedBytesPerBlock = chosen.sharedBytesPerBlockOptIn;
  device = std::make_unique<Device>(deviceConfig);
  owner = getpid();
  initialised = true;
  return CUDA_SUCCESS;
}

Context &Driver::createContext(unsigned flags, bool primary) {
  auto context = std::make_unique<Context>();
  Context &created = *context;
  created.flags = flags;
  created.primary = primary;
  contexts.add(std::move(context));
  auto stream = std::make_unique<Stream>();
  stream->context = created.handle;
  created.legacy = streams.add(std::move(stream));
  return created;
}

std::vector<OperationRef> Driver::pendingOf(CUcontext context) const {
  std::vector<OperationRef> result;
  for (const OperationRef &operation : queue.pending())
    if (operation->context == context)
      result.push_back(operation);
  return result;
}

void Driver::destroyContext(Context &context,
                            std::unique_lock<std::mutex> &lock) {
  CUcontext handle = context.handle;
  for (const OperationRef &operation : pendingOf(handle))
    queue.finish(operation, lock);
  auto belongs = [&](const auto &object) { return object.context == handle; };
  modules.forEach([&](const LoadedImage &image) {
    if (!belongs(image))
      return;
    functions.eraseIf(
        [&](const Function &f) { return f.owner == image.handle; });
    (void)device->unload(image.module);
  });
  modules.eraseIf(belongs);
  streams.eraseIf(belongs);
  events.eraseIf(belongs);
  graphs.eraseIf(belongs);
  graphExecs.eraseIf(belongs);
  for (auto entry = deviceAllocations.begin();
       entry != deviceAllocations.end();) {
    if (!belongs(entry->second)) {
      ++entry;
      continue;
    }
    (void)device->memory().free(entry->first);
    entry = deviceAllocations.erase(entry);
  }
  for (auto entry = hostAllocations.begin(); entry != hostAllocations.end();) {
    if (!belongs(entry->second)) {
      ++entry;
      continue;
    }
    if (!entry->second.registered)
      std::free(reinterpret_cast<void *>(entry->first));
    entry = hostAllocations.erase(entry);
  }
  if (primaryContext == handle)
    primaryContext = nullptr;
  contexts.erase(handle);
}

void Driver::reset() {
  queue.clear();
  for (const auto &allocation : hostAllocations)
    if (!allocation.second.registered)
      std::free(reinterpret_cast<void *>(allocation.first));
  contexts.clear();
  streams.clear();
  events.clear();
  functions.clear();
  modules.clear();
  graphs.clear();
  graphExecs.clear();
  deviceAllocations.clear();
  hostAllocations.clear();
  primaryContext = nullptr;
  primaryUsers = primaryFlags = 0;
  injector.reset();
  wrongRules = readRules(injector);
  totals = Totals();
  lastFault.clear();
  device.reset();
  initialised = false;
  owner = 0;
}

ptxsim_cuda_objects Driver::liveObjects() const {
  ptxsim_cuda_objects live = {};
  contexts.forEach([&](const Context &context) {
    live.contexts += !context.primary;
    // The default streams belong to the driver.
    live.streams -= 1 + context.perThread.size();
  });
  live.primary_context_users = primaryUsers;
  modules.forEach([&](const LoadedImage &image) {
    ++(image.isLibrary ? live.libraries : live.modules);
  });
  live.streams += streams.size();
  live.events = events.size();
  live.graphs = graphs.size();
  live.graph_execs = graphExecs.size();
  live.device_allocations = deviceAllocations.size();
  for (const auto &allocation : deviceAllocations)
    live.device_bytes += allocation.second.size;
  for (const auto &allocation : hostAllocations)
    ++(allocation.second.registered ? live.host_registrations
                                    : live.host_allocations);
  live.pending_operations = queue.pending().size();
  return live;
}

const std::pair<const CUdeviceptr, DeviceAllocation> *
Driver::findAllocation(CUdeviceptr address, uint64_t size) const {
  auto after = deviceAllocations.upper_bound(address);
  if (after == deviceAllocations.begin())
    return nullptr;
  const auto &entry = *std::prev(after);
  uint64_t offset = address - entry.first;
  if (offset >= entry.second.size || size > entry.second.size - offset)
    return nullptr;
  return &entry;
}

const std::pair<const uintptr_t, HostAllocation> *
Driver::findPinned(uintptr_t address, uint64_t size) const {
  auto after = hostAllocations.upper_bound(address);
  if (after == hostAllocations.begin())
    return nullptr;
  const auto &entry = *std::prev(after);
  uint64_t offset = address - entry.first;
  if (offset >= entry.second.size || size > entry.second.size - offset)
    return nullptr;
  return &entry;
}

bool Driver::isAccessible(CUdeviceptr address, uint64_t size) const {
  if (findAllocation(address, size))
    return true;
  // A variable of a module; allocations that are to be freed are in neither.
  AllocationInfo info;
  if (!device->memory().find(address, info) || info.name == "allocation")
    return false;
  return size <= info.size - (address - info.address);
}

CUdeviceptr Driver::allocate(Context &context, uint64_t size) {
  Expected<uint64_t> address = device->memory().allocate(size, "allocation");
  if (!address) {
    lastFault = address.error().str();
    return 0;
  }
  deviceAllocations[*address] = {context.handle, size, nextId++};
  return *address;
}

} // namespace ptxsim::cuda
