//===- Device.cpp - modules on a device -------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptxsim/Device.h"
#include "Program.h"
#include <algorithm>
#include <cstring>

using namespace ptxsim;

Device::Device(const DeviceConfig &config)
    : configuration(config), deviceMemory(config.memoryBytes) {
  configuration.multiprocessors = std::max(1u, config.multiprocessors);
}
Device::~Device() = default;

Expected<AllocationInfo>
LoadedModule::findVariable(std::string_view name) const {
  for (const AllocationInfo &info : variables)
    if (info.name == name)
      return info;
  return Error{"the module has no .global or .const variable '" +
                   std::string(name) + "'",
               {}};
}

static uint64_t addressOf(const std::vector<AllocationInfo> &variables,
                          const std::string &name) {
  for (const AllocationInfo &info : variables)
    if (info.name == name)
      return info.address;
  return 0;
}

Expected<LoadedModule *> Device::load(const Module &module) {
  if (module.smVersion() > configuration.smVersion)
    return Error{"the module is for " + module.target() +
                     ", the device is sm_" +
                     std::to_string(configuration.smVersion),
                 {}};
  auto loaded = std::unique_ptr<LoadedModule>(new LoadedModule(module));
  const AstModule &ast = module.impl()->ast;
  auto undo = [&](Error error) {
    for (const AllocationInfo &info : loaded->variables)
      (void)deviceMemory.free(info.address);
    return error;
  };
  for (const auto &v : ast.variables) {
    if (v->space != StateSpace::Global && v->space != StateSpace::Const)
      continue;
    if (v->isExtern)
      return undo(
          {"the extern variable '" + v->name + "' is not defined in the module",
           v->where});
    Expected<uint64_t> address = deviceMemory.allocate(
        std::max<uint64_t>(1, v->size), v->name, v->alignment);
    if (!address)
      return undo(address.error());
    loaded->variables.push_back(
        {v->name, *address, v->size, true, v->space == StateSpace::Const});
    // Variables without an initial value are zero.
    std::vector<uint8_t> bytes = v->initial;
    bytes.resize(v->size);
    Status written = deviceMemory.write(*address, bytes.data(), bytes.size());
    if (!written)
      return undo(written.error());
    deviceMemory.setReadOnly(*address, v->space == StateSpace::Const);
  }
  for (const auto &v : ast.variables)
    for (const InitialAddress &initial : v->addresses) {
      uint64_t value = addressOf(loaded->variables, initial.symbol) +
                       static_cast<uint64_t>(initial.addend);
      Status written = deviceMemory.write(
          addressOf(loaded->variables, v->name) + initial.offset, &value, 8);
      if (!written)
        return undo(written.error());
    }
  modules.push_back(std::move(loaded));
  return modules.back().get();
}

Status Device::unload(LoadedModule *module) {
  for (size_t i = 0; i < modules.size(); ++i) {
    if (modules[i].get() != module)
      continue;
    for (const AllocationInfo &info : module->variables)
      (void)deviceMemory.free(info.address);
    modules.erase(modules.begin() + static_cast<ptrdiff_t>(i));
    return {};
  }
  return Error{"the module is not loaded on this device", {}};
}
