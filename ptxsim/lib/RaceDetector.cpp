//===- RaceDetector.cpp - conflicting accesses without an order between them -*-
// C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RaceDetector.h"
#include <algorithm>
#include <cstring>

using namespace ptxsim;

static constexpr size_t slabCells = 8192;

RaceDetector::Cell *RaceDetector::allocateCells(size_t count) {
  if (slabs.empty() || slabUsed + count > slabCells) {
    slabs.push_back(std::make_unique<Cell[]>(slabCells));
    slabUsed = 0;
  }
  Cell *cells = slabs.back().get() + slabUsed;
  slabUsed += count;
  return cells;
}

RaceDetector::Page &RaceDetector::page(uint64_t index) {
  CacheEntry &entry = cache[(index ^ index >> 6 ^ index >> 12) % cache.size()];
  if (entry.index == index)
    return *entry.page;
  Page &found = pages[index];
  entry = {index, &found};
  return found;
}

RaceDetector::Page &RaceDetector::pageOfCells(uint64_t index) {
  Page &found = page(index);
  if (found.cells)
    return found;
  found.cells = allocateCells(pageBytes / 4);
  for (unsigned i = 0; i < pageBytes / 4; ++i) {
    const Half &half = found.halves[4 * i / halfBytes];
    unsigned lane = half.lane + (4 * i % halfBytes >> half.shift);
    auto of = [&](Packed packed) {
      return packed ? (packed & ~Packed(31)) | lane : 0;
    };
    found.cells[i] = {of(half.cell.write),
                      {of(half.cell.reads[0]), of(half.cell.reads[1])}};
  }
  return found;
}

void RaceDetector::clear() {
  pages.clear();
  cache.fill(CacheEntry());
  events.clear();
  slabs.clear();
}

RaceDetector::Event RaceDetector::eventOf(const AccessRecord &record) {
  return {record.block, record.clock,
          record.line,  static_cast<uint16_t>(record.thread / 32),
          record.kind,  record.blockScope};
}

RaceDetector::Packed RaceDetector::pack(const AccessRecord &record) {
  Event event = eventOf(record);
  auto isSame = [&](const Event &other) {
    return other.block == event.block && other.warp == event.warp &&
           other.clock == event.clock && other.line == event.line &&
           other.kind == event.kind && other.blockScope == event.blockScope;
  };
  // The lanes of a warp come one after the other.
  if (events.empty() || !isSame(events.back())) {
    // 27 bits number the events; should they run out, older ones are forgotten.
    if (events.size() == (size_t(1) << 27) - 1)
      clear();
    events.push_back(event);
  }
  return static_cast<Packed>(events.size()) << 5 | (record.thread & 31);
}

AccessRecord RaceDetector::unpack(Packed packed) const {
  AccessRecord record;
  if (!packed)
    return record;
  const Event &event = events[(packed >> 5) - 1];
  record.block = event.block;
  record.clock = event.clock;
  record.line = event.line;
  record.thread = static_cast<uint16_t>(event.warp * 32 + (packed & 31));
  record.kind = event.kind;
  record.blockScope = event.blockScope;
  record.valid = true;
  return record;
}

static bool isSameThread(const AccessRecord &a, const AccessRecord &b) {
  return a.block == b.block && a.thread == b.thread;
}

static bool isSameWarp(const AccessRecord &a, const AccessRecord &b) {
  return a.block == b.block && a.thread / 32 == b.thread / 32;
}

/// Atomic and strong accesses of sufficient scope do not race.
static bool areBothStrong(const AccessRecord &a, const AccessRecord &b) {
  auto isStrong = [](const AccessRecord &x) {
    return x.kind == AccessKind::Atomic || x.kind == AccessKind::Strong;
  };
  return isStrong(a) && isStrong(b) &&
         (a.block == b.block || (!a.blockScope && !b.blockScope));
}

static bool conflicts(const AccessRecord &earlier, const AccessRecord &now,
                      const HappensBefore &order) {
  return earlier.valid && !isSameThread(earlier, now) &&
         !areBothStrong(earlier, now) && !order.precedes(earlier, now);
}

RaceDetector::Verdict RaceDetector::touch(Cell &cell, Packed packed,
                                          bool isWrite, bool sameValue,
                                          const AccessRecord &now,
                                          const HappensBefore &order,
                                          AccessRecord &other) {
  if (isWrite) {
    for (Packed read : cell.reads) {
      if (!read || read == packed)
        continue;
      AccessRecord earlier = unpack(read);
      if (earlier.kind != AccessKind::NonCoherent &&
          !conflicts(earlier, now, order))
        continue;
      other = earlier;
      return earlier.kind == AccessKind::NonCoherent ? Verdict::NonCoherent
                                                     : Verdict::Race;
    }
    bool keeps = false;
    if (cell.write && cell.write != packed) {
      AccessRecord earlier = unpack(cell.write);
      if (!sameValue && conflicts(earlier, now, order)) {
        other = earlier;
        return Verdict::Race;
      }
      // An atomic does not hide the thread's own plain write before it.
      keeps = isSameThread(earlier, now) && earlier.clock == now.clock &&
              earlier.kind == AccessKind::Plain &&
              now.kind != AccessKind::Plain;
    }
    cell = {keeps ? cell.write : packed, {0, 0}};
    return Verdict::None;
  }
  if (cell.write) {
    AccessRecord earlier = unpack(cell.write);
    bool isRace = conflicts(earlier, now, order);
    if (isRace || now.kind == AccessKind::NonCoherent) {
      other = earlier;
      return isRace && now.kind != AccessKind::NonCoherent
                 ? Verdict::Race
                 : Verdict::NonCoherent;
    }
  }
  Packed &first = cell.reads[0], &second = cell.reads[1];
  if (!first || first == packed) {
    first = packed;
    return Verdict::None;
  }
  // Keep readers of two warps where possible, and a non-coherent one.
  AccessRecord a = unpack(first), b = unpack(second);
  if (isSameThread(a, now) && a.kind != AccessKind::NonCoherent)
    first = packed;
  else if (!second || isSameThread(b, now) || isSameWarp(b, now) ||
           !isSameWarp(a, now))
    second = packed;
  else
    first = packed;
  return Verdict::None;
}

RaceDetector::Verdict RaceDetector::access(uint64_t address, unsigned bytes,
                                           bool isWrite, bool sameValue,
                                           const AccessRecord &now,
                                           const HappensBefore &order,
                                           AccessRecord &other) {
  Packed packed = pack(now);
  while (bytes) {
    Page &p = pageOfCells(address / pageBytes);
    unsigned inPage = address % pageBytes;
    unsigned part = std::min<uint64_t>(bytes, pageBytes - inPage);
    bool words = inPage % 4 == 0 && part % 4 == 0;
    if (!words && !p.byBytes) {
      Cell *cells = allocateCells(pageBytes);
      for (unsigned i = 0; i < pageBytes; ++i)
        cells[i] = p.cells[i / 4];
      p.cells = cells;
      p.byBytes = true;
    }
    unsigned unit = p.byBytes ? 1 : 4;
    Cell *cell = &p.cells[inPage / unit];
    for (unsigned i = 0; i < part; i += unit, ++cell) {
      Verdict verdict =
          touch(*cell, packed, isWrite, sameValue, now, order, other);
      if (verdict != Verdict::None)
        return verdict;
    }
    address += part;
    bytes -= part;
  }
  return Verdict::None;
}

uint8_t RaceDetector::WarpAccess::findFlags(uint32_t event) const {
  const Event &earlier = detector.events[event - 1];
  uint8_t flags = 0;
  if (earlier.block == now.block && earlier.warp == now.thread / 32)
    flags |= SameWarp;
  if (order.precedesWarp(earlier.block, earlier.warp, earlier.clock))
    flags |= Ordered;
  if (earlier.kind == AccessKind::NonCoherent)
    flags |= NonCoherent;
  return flags;
}

/// False when touch() has to decide; nothing has changed then.
bool RaceDetector::WarpAccess::recordWrite(Cell &cell, Packed packed,
                                           unsigned lane) {
  for (Packed read : cell.reads)
    if (read && (!isBefore(read, lane) || (flagsOf(read >> 5) & NonCoherent)))
      return false;
  if (!isBefore(cell.write, lane))
    return false;
  cell = {packed, {0, 0}};
  return true;
}

bool RaceDetector::WarpAccess::recordRead(Cell &cell, Packed packed,
                                          unsigned lane) {
  if (cell.write &&
      (now.kind == AccessKind::NonCoherent || !isBefore(cell.write, lane)))
    return false;
  Packed &a = cell.reads[0], &b = cell.reads[1];
  if (!a || a == packed) {
    a = packed;
    return true;
  }
  uint8_t flags = flagsOf(a >> 5);
  bool isOwn = (flags & SameWarp) && (a & 31) == lane;
  if (isOwn && !(flags & NonCoherent))
    a = packed;
  else if (!b || (flagsOf(b >> 5) & SameWarp) || !(flags & SameWarp))
    b = packed;
  else
    a = packed;
  return true;
}

RaceDetector::Verdict
RaceDetector::WarpAccess::accessPage(unsigned lane, uint64_t address,
                                     unsigned bytes, const uint8_t *old,
                                     const uint8_t *data, AccessRecord &other) {
  if (!first)
    first = detector.pack(now);
  unsigned inPage = address % pageBytes;
  if ((address | bytes) % 4 == 0 && bytes <= pageBytes - inPage) {
    Page &page = detector.pageOfCells(address / pageBytes);
    if (!page.byBytes) {
      pageIndex = address / pageBytes;
      cells = page.cells;
      Cell *cell = cells + inPage / 4;
      return accessCells(cell, cell + bytes / 4, lane, bytes, old, data, other);
    }
  }
  // The page may get cells for every byte.
  pageIndex = ~uint64_t(0);
  bool sameValue = data && std::memcmp(old, data, bytes) == 0;
  return detector.access(address, bytes, isWrite, sameValue, recordOf(lane),
                         order, other);
}

RaceDetector::Verdict RaceDetector::WarpAccess::accessCells(
    Cell *cell, Cell *end, unsigned lane, unsigned bytes, const uint8_t *old,
    const uint8_t *data, AccessRecord &other) {
  Packed packed = first | lane;
  for (; cell != end; ++cell) {
    Cell before = *cell;
    if (isWrite ? recordWrite(*cell, packed, lane)
                : recordRead(*cell, packed, lane)) {
      learn(ownRead, before.reads[0], lane);
      if (now.kind != AccessKind::NonCoherent)
        learn(ownWrite, before.write, lane);
      continue;
    }
    bool sameValue = data && std::memcmp(old, data, bytes) == 0;
    Verdict verdict = detector.touch(*cell, packed, isWrite, sameValue,
                                     recordOf(lane), order, other);
    if (verdict != Verdict::None)
      return verdict;
  }
  return Verdict::None;
}

/// 32 words, where all of them are in the same state, and change in the same
/// way; false when something has to be looked at more closely.
bool RaceDetector::WarpAccess::accessHalf(uint64_t address, unsigned lane,
                                          unsigned bytes) {
  Page &page = detector.page(address / pageBytes);
  if (page.cells)
    return false;
  Half &half = page.halves[address % pageBytes / halfBytes];
  unsigned shift = static_cast<unsigned>(__builtin_ctz(bytes));
  bool isNew = !half.cell.write && !half.cell.reads[0] && !half.cell.reads[1];
  if (!isNew && (half.lane != lane || half.shift != shift))
    return false;
  half.lane = static_cast<uint8_t>(lane);
  half.shift = static_cast<uint8_t>(shift);
  return isWrite ? recordWrite(half.cell, first | lane, lane)
                 : recordRead(half.cell, first | lane, lane);
}

RaceDetector::Verdict
RaceDetector::WarpAccess::accessAll(uint64_t address, unsigned bytes,
                                    const uint8_t *old, const uint8_t *data,
                                    AccessRecord &other, unsigned &lane) {
  if (!first)
    first = detector.pack(now);
  bool inHalves = bytes >= 4 && address % halfBytes == 0;
  unsigned perHalf = halfBytes / bytes;
  for (lane = 0; lane < 32; ++lane) {
    uint64_t at = uint64_t(lane) * bytes;
    if (inHalves && lane % perHalf == 0 &&
        accessHalf(address + at, lane, bytes)) {
      lane += perHalf - 1;
      continue;
    }
    Verdict verdict = access(lane, address + at, bytes, old + at,
                             data ? data + at : nullptr, other);
    if (verdict != Verdict::None)
      return verdict;
  }
  return Verdict::None;
}
