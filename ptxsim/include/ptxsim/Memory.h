//===- Memory.h - device memory ---------------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_MEMORY_H
#define PTXSIM_MEMORY_H

#include "ptxsim/Expected.h"
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace ptxsim {

/// A live or freed range of device memory, as messages name it.
struct AllocationInfo {
  std::string name;
  uint64_t address = 0;
  uint64_t size = 0; // bytes
  bool live = false;
  bool readOnly = false; // a .const variable
};

struct Allocation;

/// The global address space of a device. Addresses are outside of what a host
/// pointer can be (non-canonical on x86-64), are never reused, and allocations
/// are separated by guard zones, so that a stray access is always found. Every
/// byte knows whether it was ever written.
class Memory {
public:
  /// Addresses of device memory are in [lowest, highest).
  static constexpr uint64_t lowest = uint64_t(2) << 48;
  static constexpr uint64_t highest = uint64_t(3) << 48;
  static constexpr uint64_t guardBytes = 4096;
  static constexpr uint64_t minAlignment = 256;

  explicit Memory(uint64_t capacityBytes);
  ~Memory();
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;

  /// The address of `size` uninitialised bytes (at least 1), aligned to
  /// `minAlignment` or `alignment`, a power of two, if that is more.
  Expected<uint64_t> allocate(uint64_t size, std::string name,
                              uint64_t alignment = minAlignment);
  /// `address` must be the start of a live allocation.
  Status free(uint64_t address);

  /// Each range must lie in one live allocation. Reads do not require
  /// initialised bytes; copies copy which bytes are initialised. Writes from
  /// the host may also write read-only allocations.
  Status write(uint64_t address, const void *source, uint64_t size);
  Status read(uint64_t address, void *target, uint64_t size) const;
  Status copy(uint64_t target, uint64_t source, uint64_t size);
  /// Repeats a pattern of `patternBytes` (1, 2 or 4) bytes `count` times.
  Status fill(uint64_t address, uint32_t pattern, uint32_t patternBytes,
              uint64_t count);
  void setReadOnly(uint64_t address, bool readOnly);

  /// Whether every byte of the range was written.
  Expected<bool> isInitialised(uint64_t address, uint64_t size) const;

  /// The live allocation around an address; false when there is none.
  bool find(uint64_t address, AllocationInfo &info) const;
  /// All live allocations by ascending address.
  std::vector<AllocationInfo> allocations() const;
  /// "buffer 'x' + 16", or where the nearest allocation lies (freed ones
  /// included) when the address is in none.
  std::string describe(uint64_t address) const;

  uint64_t capacity() const { return capacityBytes; }
  uint64_t used() const { return usedBytes; }

  /// For the executor: the allocation around an address, or null.
  Allocation *lookup(uint64_t address) const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
  uint64_t capacityBytes;
  uint64_t usedBytes = 0;
};

} // namespace ptxsim

#endif // PTXSIM_MEMORY_H
