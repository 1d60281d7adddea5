//===- Device.h - a simulated device ----------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_DEVICE_H
#define PTXSIM_DEVICE_H

#include "ptxsim/Launch.h"
#include "ptxsim/Memory.h"
#include "ptxsim/Module.h"

namespace ptxsim {

struct DeviceConfig {
  uint32_t smVersion = 80; // 80, 90, 100, ...
  uint32_t multiprocessors = 108;
  uint64_t memoryBytes = uint64_t(16) << 30;
  uint64_t maxSharedBytesPerBlock = 227 << 10; // static and dynamic
};

/// A module on a device: its variables have addresses. Owned by the device.
class LoadedModule {
public:
  const Module &module() const { return source; }
  /// Address and size of a .global or .const variable.
  Expected<AllocationInfo> findVariable(std::string_view name) const;

private:
  friend class Device;
  explicit LoadedModule(Module source) : source(std::move(source)) {}
  Module source;
  std::vector<AllocationInfo> variables;
};

/// Memory and modules. May be used by one thread at a time; different devices
/// are independent. Nothing here throws.
class Device {
public:
  explicit Device(const DeviceConfig &config = {});
  ~Device();
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

  const DeviceConfig &config() const { return configuration; }
  Memory &memory() { return deviceMemory; }
  const Memory &memory() const { return deviceMemory; }

  /// Allocates and initialises the variables. Fails when memory is short, an
  /// extern variable is not defined in the module, or the module needs a newer
  /// device. The pointer is valid until unload().
  Expected<LoadedModule *> load(const Module &module);
  Status unload(LoadedModule *module);

  /// Runs to the end, to the first fault or to the instruction budget. An
  /// Error means that the launch could not start: unknown kernel, wrong
  /// parameter size, impossible dimensions, too much shared memory.
  Expected<LaunchResult> launch(const LoadedModule &module,
                                const LaunchConfig &config);

private:
  DeviceConfig configuration;
  Memory deviceMemory;
  std::vector<std::unique_ptr<LoadedModule>> modules;
  uint64_t launches = 0;
};

} // namespace ptxsim

#endif // PTXSIM_DEVICE_H
