//===- Memory.cpp - device memory -------------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptxsim/Memory.h"
#include "Allocation.h"
#include <map>

using namespace ptxsim;

struct Memory::Impl {
  std::map<uint64_t, std::unique_ptr<Allocation>> ranges; // by address
  std::vector<uint64_t> freed; // oldest first; their data are gone
  uint64_t next = lowest + guardBytes;
  uint64_t serial = 0;

  Allocation *containing(uint64_t address) const {
    auto after = ranges.upper_bound(address);
    if (after == ranges.begin())
      return nullptr;
    Allocation *found = std::prev(after)->second.get();
    return address - found->address < found->size ? found : nullptr;
  }

  /// The live allocation that holds a whole range.
  Expected<Allocation *> range(uint64_t address, uint64_t size,
                               const Memory &memory) const {
    Allocation *found = containing(address);
    if (!found || !found->live)
      return Error{"the address is invalid: " + memory.describe(address), {}};
    if (size > found->size - (address - found->address))
      return Error{std::to_string(size) + " bytes from " +
                       memory.describe(address) + " do not fit in its " +
                       std::to_string(found->size) + " bytes",
                   {}};
    return found;
  }
};

Memory::Memory(uint64_t capacityBytes)
    : impl(new Impl), capacityBytes(capacityBytes) {}
Memory::~Memory() = default;

Expected<uint64_t> Memory::allocate(uint64_t size, std::string name,
                                    uint64_t alignment) {
  if (size == 0)
    return Error{"an allocation needs at least 1 byte", {}};
  if (alignment == 0 || (alignment & (alignment - 1)) ||
      alignment > (uint64_t(1) << 30))
    return Error{"an alignment must be a power of two up to 2^30, not " +
                     std::to_string(alignment),
                 {}};
  if (alignment < minAlignment)
    alignment = minAlignment;
  if (size > capacityBytes - usedBytes)
    return Error{"out of device memory: " + std::to_string(size) +
                     " bytes wanted, " +
                     std::to_string(capacityBytes - usedBytes) + " of " +
                     std::to_string(capacityBytes) + " are free",
                 {}};
  uint64_t address = (impl->next + alignment - 1) & ~(alignment - 1);
  if (address > highest - guardBytes || size > highest - guardBytes - address)
    return Error{"out of device addresses", {}};
  auto allocation = std::make_unique<Allocation>();
  allocation->address = address;
  allocation->size = size;
  allocation->name = name.empty() ? "allocation " + std::to_string(impl->serial)
                                  : std::move(name);
  allocation->data = static_cast<uint8_t *>(std::calloc(size, 1));
  if (!allocation->data || !allocation->initialised.reset(size))
    return Error{"out of host memory for " + std::to_string(size) + " bytes",
                 {}};
  ++impl->serial;
  impl->next = address + size + guardBytes;
  usedBytes += size;
  impl->ranges.emplace(address, std::move(allocation));
  return address;
}

Status Memory::free(uint64_t address) {
  auto found = impl->ranges.find(address);
  if (found == impl->ranges.end())
    return Error{"cannot free " + describe(address) +
                     ": not the start of an allocation",
                 {}};
  Allocation &allocation = *found->second;
  if (!allocation.live)
    return Error{"cannot free '" + allocation.name + "' twice", {}};
  allocation.live = false;
  std::free(allocation.data);
  allocation.data = nullptr;
  usedBytes -= allocation.size;
  // Freed ranges are remembered for messages, up to a limit.
  constexpr size_t remembered = 4096;
  impl->freed.push_back(address);
  if (impl->freed.size() >= 2 * remembered) {
    for (size_t i = 0; i < remembered; ++i)
      impl->ranges.erase(impl->freed[i]);
    impl->freed.erase(impl->freed.begin(), impl->freed.begin() + remembered);
  }
  return {};
}

Status Memory::write(uint64_t address, const void *source, uint64_t size) {
  if (size == 0)
    return {};
  Expected<Allocation *> range = impl->range(address, size, *this);
  if (!range)
    return range.error();
  uint64_t offset = address - (*range)->address;
  std::memcpy((*range)->data + offset, source, size);
  (*range)->setInitialised(offset, size);
  return {};
}

Status Memory::read(uint64_t address, void *target, uint64_t size) const {
  if (size == 0)
    return {};
  Expected<Allocation *> range = impl->range(address, size, *this);
  if (!range)
    return range.error();
  std::memcpy(target, (*range)->data + (address - (*range)->address), size);
  return {};
}

Status Memory::copy(uint64_t target, uint64_t source, uint64_t size) {
  if (size == 0)
    return {};
  Expected<Allocation *> to = impl->range(target, size, *this);
  if (!to)
    return to.error();
  Expected<Allocation *> from = impl->range(source, size, *this);
  if (!from)
    return from.error();
  uint64_t toOffset = target - (*to)->address;
  uint64_t fromOffset = source - (*from)->address;
  std::memmove((*to)->data + toOffset, (*from)->data + fromOffset, size);
  if ((*from)->isInitialised(fromOffset, size)) {
    (*to)->setInitialised(toOffset, size);
    return {};
  }
  std::vector<bool> initialised(size);
  for (uint64_t i = 0; i < size; ++i)
    initialised[i] = (*from)->isInitialised(fromOffset + i, 1);
  if ((*to)->complete) {
    (*to)->initialised.set(0, (*to)->size);
    (*to)->complete = false;
  }
  for (uint64_t i = 0; i < size; ++i)
    if (initialised[i])
      (*to)->initialised.set(toOffset + i, 1);
    else
      (*to)->initialised.unset(toOffset + i, 1);
  return {};
}

Status Memory::fill(uint64_t address, uint32_t pattern, uint32_t patternBytes,
                    uint64_t count) {
  if (patternBytes != 1 && patternBytes != 2 && patternBytes != 4)
    return Error{"a pattern has 1, 2 or 4 bytes, not " +
                     std::to_string(patternBytes),
                 {}};
  uint64_t size;
  if (__builtin_mul_overflow(count, uint64_t(patternBytes), &size))
    return Error{"the size of the fill overflows", {}};
  if (size == 0)
    return {};
  Expected<Allocation *> range = impl->range(address, size, *this);
  if (!range)
    return range.error();
  uint64_t offset = address - (*range)->address;
  for (uint64_t i = 0; i < count; ++i)
    std::memcpy((*range)->data + offset + i * patternBytes, &pattern,
                patternBytes);
  (*range)->setInitialised(offset, size);
  return {};
}

void Memory::setReadOnly(uint64_t address, bool readOnly) {
  if (Allocation *found = impl->containing(address))
    found->readOnly = readOnly;
}

Expected<bool> Memory::isInitialised(uint64_t address, uint64_t size) const {
  if (size == 0)
    return true;
  Expected<Allocation *> range = impl->range(address, size, *this);
  if (!range)
    return range.error();
  return (*range)->isInitialised(address - (*range)->address, size);
}

static AllocationInfo infoOf(const Allocation &allocation) {
  return {allocation.name, allocation.address, allocation.size, allocation.live,
          allocation.readOnly};
}

bool Memory::find(uint64_t address, AllocationInfo &info) const {
  Allocation *found = impl->containing(address);
  if (!found || !found->live)
    return false;
  info = infoOf(*found);
  return true;
}

std::vector<AllocationInfo> Memory::allocations() const {
  std::vector<AllocationInfo> all;
  for (const auto &entry : impl->ranges)
    if (entry.second->live)
      all.push_back(infoOf(*entry.second));
  return all;
}

static std::string hex(uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof(text), "0x%llx",
                static_cast<unsigned long long>(value));
  return text;
}

std::string Memory::describe(uint64_t address) const {
  if (Allocation *found = impl->containing(address))
    return "'" + found->name + "' + " +
           std::to_string(address - found->address) +
           (found->live ? "" : " (freed)");
  if (address < lowest || address >= highest)
    return hex(address) + ", which is no device address";
  // The nearest allocation on either side.
  auto after = impl->ranges.upper_bound(address);
  const Allocation *below =
      after == impl->ranges.begin() ? nullptr : std::prev(after)->second.get();
  const Allocation *above =
      after == impl->ranges.end() ? nullptr : after->second.get();
  if (below && above &&
      above->address - address < address - below->address - below->size)
    below = nullptr;
  if (below)
    return hex(address) + ", " +
           std::to_string(address - below->address - below->size) +
           " bytes after the end of '" + below->name + "' (" +
           std::to_string(below->size) + " bytes" +
           (below->live ? ")" : ", freed)");
  if (above)
    return hex(address) + ", " + std::to_string(above->address - address) +
           " bytes before the start of '" + above->name + "' (" +
           std::to_string(above->size) + " bytes" +
           (above->live ? ")" : ", freed)");
  return hex(address) + ", but nothing is allocated";
}

Allocation *Memory::lookup(uint64_t address) const {
  return impl->containing(address);
}
