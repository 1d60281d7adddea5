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

#include "Allocation.h"
#include "HappensBefore.h"

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

  /// All lanes at once, inactive ones with the address of an active one: true
  /// when all accesses are inside of one object, aligned and, to be read,
  /// initialised. Then readAll() or writeAll() may follow. Otherwise nothing
  /// has happened, and load() or store() find what is wrong. With `same` all
  /// addresses are known to be equal.
  bool prepare(const uint64_t *lanes, bool same);
  /// Checks the order of all reads; false after a fault.
  bool readAll();
  /// Writes what `fetch(lane, bytes)` gives; false after a fault.
  template <typename F>
  bool writeAll(F &&fetch);
  /// The bytes of a lane.
  uint8_t *at(unsigned lane) const {
    return view.data + (lanes[lane] - view.start + lane * view.laneStride);
  }
  /// All 32 lanes access the same bytes, or one after the other.
  bool isUniform() const { return uniform; }
  bool isContiguous() const { return contiguous; }
  bool needsOrder() const {
    return checksRaces && (place.space == StateSpace::Shared ||
                           (place.allocation && !place.allocation->readOnly));
  }

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

  /// Where the lanes of prepare() are.
  struct View {
    uint8_t *data = nullptr;
    uint64_t start = 0, size = 0; // addresses
    uint64_t laneStride = 0;      // where every lane has bytes of its own
  };

  unsigned countSectors();
  bool writeContiguous(const uint8_t *data);
  bool findView(uint64_t address);
  bool areInitialised(uint64_t low, uint64_t high) const;
  uint64_t offsetOf(unsigned lane) const {
    return lanes[lane] - view.start + lane * view.laneStride;
  }
  /// Where the race detector looks: addresses, or offsets in shared memory.
  RaceDetector &detector() const;
  uint64_t placeOf(unsigned lane) const {
    return place.allocation ? lanes[lane] : offsetOf(lane);
  }
  AccessRecord record(unsigned lane) const;
  bool raceFault(unsigned lane, uint64_t address, RaceDetector::Verdict verdict,
                 const AccessRecord &other);
  bool raceFaultOfAll(unsigned lane, RaceDetector::Verdict verdict,
                      const AccessRecord &other);

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
  View view;
  const uint64_t *lanes = nullptr; // of prepare()
  bool uniform = false, contiguous = false;
  unsigned count = 0;
  uint64_t addresses[warpSize];
};

template <typename F>
bool MemoryAccess::writeAll(F &&fetch) {
  if (contiguous) {
    uint8_t data[warpSize * 32];
    for (unsigned lane = 0; lane < warpSize; ++lane)
      fetch(lane, data + lane * bytes);
    return writeContiguous(data);
  }
  bool ordered = needsOrder();
  bool mark = place.allocation ? !place.allocation->complete
                               : place.initialised != nullptr;
  ThreadOrder order(*c.block, *c.warp);
  RaceDetector::WarpAccess access(detector(), record(0), order, true);
  AccessRecord other;
  for (uint32_t left = c.mask; left; left &= left - 1) {
    unsigned lane = static_cast<unsigned>(__builtin_ctz(left));
    uint8_t data[64];
    fetch(lane, data);
    place.data = at(lane);
    if (ordered) {
      RaceDetector::Verdict verdict =
          access.access(lane, placeOf(lane), bytes, place.data, data, other);
      if (verdict != RaceDetector::Verdict::None)
        return raceFaultOfAll(lane, verdict, other);
    }
    copyIn(data);
    if (mark) {
      place.offset = offsetOf(lane);
      setInitialised();
    }
  }
  return true;
}

} // namespace ptxsim

#endif // PTXSIM_LIB_MEMORYACCESS_H
