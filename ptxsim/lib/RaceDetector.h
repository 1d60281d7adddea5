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
  /// Whether all that a whole warp did up to a clock happened before whatever
  /// this warp does now. False when it takes a closer look.
  virtual bool precedesWarp(uint32_t block, uint32_t warp,
                            uint32_t clock) const = 0;

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

  /// Plain and non-coherent accesses of the lanes of a warp by one instruction,
  /// one after the other. What is the same for the lanes is looked up once.
  class WarpAccess;

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
  /// 32 words that were only accessed by consecutive lanes, with 2^shift bytes
  /// each: the cell of the first word, all others follow from it.
  struct Half {
    Cell cell;
    uint8_t lane, shift;
  };
  /// Cells for words, or for bytes where somebody accessed less; none while the
  /// halves say it all.
  struct Page {
    bool byBytes = false;
    Cell *cells = nullptr;
    Half halves[2] = {};
  };
  static constexpr unsigned halfBytes = 128;
  static constexpr uint64_t pageBytes = 256;

  Packed pack(const AccessRecord &record);
  static Event eventOf(const AccessRecord &record);
  AccessRecord unpack(Packed packed) const;
  Page &page(uint64_t index);
  Page &pageOfCells(uint64_t index);
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

class RaceDetector::WarpAccess {
public:
  /// `now` is the access of lane 0.
  WarpAccess(RaceDetector &detector, const AccessRecord &now,
             const HappensBefore &order, bool isWrite)
      : detector(detector), now(now), order(order), isWrite(isWrite) {}

  /// As RaceDetector::access. `old` and `data` are what is in memory and what
  /// is about to be written there.
  Verdict access(unsigned lane, uint64_t address, unsigned bytes,
                 const uint8_t *old, const uint8_t *data, AccessRecord &other) {
    unsigned inPage = address % pageBytes;
    if (address / pageBytes != pageIndex || (address | bytes) % 4 ||
        bytes > pageBytes - inPage)
      return accessPage(lane, address, bytes, old, data, other);
    Cell *cell = &cells[inPage / 4], *end = cell + bytes / 4;
    for (; cell != end; ++cell)
      if (!(isWrite ? writeOwn(*cell, lane) : readOwn(*cell, lane)))
        return accessCells(cell, end, lane, bytes, old, data, other);
    return Verdict::None;
  }

  /// All lanes one after the other, from the address of lane 0 on; `old` and
  /// `data` likewise. `lane` is the one with the conflict.
  Verdict accessAll(uint64_t address, unsigned bytes, const uint8_t *old,
                    const uint8_t *data, AccessRecord &other, unsigned &lane);

private:
  /// What an earlier event means for the lanes of this warp.
  enum Flag : uint8_t { SameWarp = 1, Ordered = 2, NonCoherent = 4 };
  struct Known {
    uint32_t event = 0; // 0: none
    uint8_t flags = 0;
  };

  uint8_t flagsOf(uint32_t event) {
    Known &known = knownEvents[event % knownEvents.size()];
    if (known.event != event)
      known = {event, findFlags(event)};
    return known.flags;
  }
  uint8_t findFlags(uint32_t event) const;
  /// Nothing or an access that is ordered before that of the lane.
  bool isBefore(Packed packed, unsigned lane) {
    if (!packed)
      return true;
    uint8_t flags = flagsOf(packed >> 5);
    return (flags & Ordered) || ((flags & SameWarp) && (packed & 31) == lane);
  }
  /// The usual case: nobody else was there.
  bool isOwn(Packed packed, Packed own, unsigned lane) const {
    return !packed || packed == (own | lane);
  }
  bool writeOwn(Cell &cell, unsigned lane) const {
    if (!isOwn(cell.write, ownWrite, lane) || cell.reads[1] ||
        !isOwn(cell.reads[0], ownRead, lane))
      return false;
    cell = {first | lane, {0, 0}};
    return true;
  }
  bool readOwn(Cell &cell, unsigned lane) const {
    if (!isOwn(cell.write, ownWrite, lane) ||
        !isOwn(cell.reads[0], ownRead, lane))
      return false;
    cell.reads[0] = first | lane;
    return true;
  }
  /// Remembers a record of the lane itself that allows this access.
  void learn(Packed &own, Packed packed, unsigned lane) {
    if (packed && (packed & 31) == lane &&
        (flagsOf(packed >> 5) & (SameWarp | NonCoherent)) == SameWarp)
      own = packed & ~Packed(31);
  }

  bool accessHalf(uint64_t address, unsigned lane, unsigned bytes);
  Verdict accessPage(unsigned lane, uint64_t address, unsigned bytes,
                     const uint8_t *old, const uint8_t *data,
                     AccessRecord &other);
  Verdict accessCells(Cell *cell, Cell *end, unsigned lane, unsigned bytes,
                      const uint8_t *old, const uint8_t *data,
                      AccessRecord &other);
  AccessRecord recordOf(unsigned lane) const {
    AccessRecord own = now;
    own.thread = static_cast<uint16_t>(now.thread + lane);
    return own;
  }
  bool recordWrite(Cell &cell, Packed packed, unsigned lane);
  bool recordRead(Cell &cell, Packed packed, unsigned lane);

  RaceDetector &detector;
  AccessRecord now;
  const HappensBefore &order;
  bool isWrite;
  Packed first = 0; // of lane 0; 0 before the first access
  /// What the cells hold when the lane itself wrote or read them last, without
  /// the lane.
  Packed ownWrite = 0, ownRead = 0;
  /// The present page, when its cells are words.
  uint64_t pageIndex = ~uint64_t(0);
  Cell *cells = nullptr;
  std::array<Known, 8> knownEvents;
};

} // namespace ptxsim

#endif // PTXSIM_LIB_RACEDETECTOR_H
