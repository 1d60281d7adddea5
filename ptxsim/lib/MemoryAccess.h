//===- MemoryAccess.h - checked access of one instruction to memory -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_MEMORYACCESS_H
#define PTXSIM_LIB_MEMORYACCESS_H

#include "Machine.h"

namespace ptxsim {

/// Checks and performs the accesses of the lanes of one instruction, and counts
/// bytes and sectors when it goes out of scope.
class MemoryAccess {
public:
  enum class Use : uint8_t { Load, Store, Atomic };

  MemoryAccess(const ExecContext &context, const Instr &in, StateSpace space,
               unsigned bytes, Use use);
  ~MemoryAccess();
  MemoryAccess(const MemoryAccess &) = delete;
  MemoryAccess &operator=(const MemoryAccess &) = delete;

  /// The bytes to read; null after a fault. With bounds checks off, zeros
  /// stand for what is nowhere.
  const uint8_t *load(unsigned lane, uint64_t address);
  /// False after a fault.
  bool store(unsigned lane, uint64_t address, const uint8_t *data);
  /// The bytes to read and write; null after a fault or when nowhere.
  uint8_t *atomic(unsigned lane, uint64_t address);

  /// Where the last access went.
  StateSpace lastSpace() const { return place.space; }

private:
  struct Place {
    StateSpace space = StateSpace::Global;
    uint8_t *data = nullptr;
    uint64_t offset = 0; // in the object that `initialised` describes
    Allocation *allocation = nullptr;
    ByteSet *initialised = nullptr; // null: always
  };

  bool locateRecent(uint64_t address);
  bool locate(unsigned lane, uint64_t address);
  bool locateGlobal(unsigned lane, uint64_t address);
  bool locateParam(unsigned lane, uint64_t offset, bool generic);
  bool outside(unsigned lane, uint64_t address, std::string what,
               FaultKind kind = FaultKind::OutOfBounds);
  bool checkInitialised(unsigned lane, uint64_t address);
  bool checkRace(unsigned lane, uint64_t address, const uint8_t *data);
  void setInitialised();
  void copyIn(const uint8_t *data);
  std::string describe(uint64_t address) const;

  const ExecContext &c;
  const Instr &in;
  StateSpace space;
  unsigned bytes;
  Use use;
  AccessKind kind = AccessKind::Plain;
  bool checksRaces;
  Place place;
  Allocation *recent = nullptr;
  unsigned count = 0;
  uint64_t addresses[warpSize];
};

} // namespace ptxsim

#endif // PTXSIM_LIB_MEMORYACCESS_H
