//===- RaceDetector.h - conflicting accesses without an order between them -*-
// C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_RACEDETECTOR_H
#define PTXSIM_LIB_RACEDETECTOR_H

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace ptxsim {

enum class AccessKind : uint8_t {
  Plain,
  Strong, // volatile, relaxed, acquire, release
  Atomic,
  NonCoherent, // a load that promises that nobody writes
};

/// Who accessed what, compressed: thread numbers are linear in the block.
struct AccessRecord {
  uint32_t block = 0;
  uint32_t clock = 0; // of the warp at the time of access
  uint32_t line = 0;
  uint16_t thread = 0;
  AccessKind kind = AccessKind::Plain;
  bool valid = false;
  bool blockScope = false; // an atomic or strong access with .cta
};

/// Decides whether an earlier access happened before the present one.
class HappensBefore {
public:
  virtual bool precedes(const AccessRecord &earlier,
                        const AccessRecord &now) const = 0;

protected:
  ~HappensBefore() = default;
};

/// The last write and up to two reads of every location of one address space,
/// in words of four bytes, or in bytes where somebody accessed less. Two reads
/// of different warps, where there are such, are enough to find a conflict with
/// a later write that is ordered after only some of the readers, in all
/// patterns that barriers make.
class RaceDetector {
public:
  enum class Verdict : uint8_t { None, Race, NonCoherent };

  /// Checks an access and records it. On a conflict, `other` is the earlier
  /// party. With `sameValue` a write-write conflict is none: all write the
  /// bytes that are there already.
  Verdict access(uint64_t address, unsigned bytes, bool isWrite, bool sameValue,
                 const AccessRecord &now, const HappensBefore &order,
                 AccessRecord &other);

  /// Forgets everything.
  void clear();

private:
  /// What the accesses of a warp by one instruction have in common. A record
  /// is packed into the number of its event and the lane; 0 is none.
  struct Event {
    uint32_t block, clock, line;
    uint16_t warp;
    AccessKind kind;
    bool blockScope;
  };
  using Packed = uint32_t;
  struct Cell {
    Packed write, reads[2];
  };
  struct Page {
    bool byBytes = false;
    Cell *cells = nullptr;
  };
  static constexpr uint64_t pageBytes = 256;

  Packed pack(const AccessRecord &record);
  AccessRecord unpack(Packed packed) const;
  Page &page(uint64_t index);
  Cell *allocateCells(size_t count);
  Verdict touch(Cell &cell, Packed packed, bool isWrite, bool sameValue,
                const AccessRecord &now, const HappensBefore &order,
                AccessRecord &other);

  std::vector<Event> events;
  std::unordered_map<uint64_t, Page> pages;
  struct CacheEntry {
    uint64_t index = ~uint64_t(0);
    Page *page = nullptr;
  };
  std::array<CacheEntry, 64> cache;
  /// Cells come from large zeroed pieces.
  std::vector<std::unique_ptr<Cell[]>> slabs;
  size_t slabUsed = 0;
};

} // namespace ptxsim

#endif // PTXSIM_LIB_RACEDETECTOR_H
