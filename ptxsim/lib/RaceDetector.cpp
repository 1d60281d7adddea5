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
  if (!found.cells)
    found.cells = allocateCells(pageBytes / 4);
  entry = {index, &found};
  return found;
}

void RaceDetector::clear() {
  pages.clear();
  cache.fill(CacheEntry());
  events.clear();
  slabs.clear();
}

RaceDetector::Packed RaceDetector::pack(const AccessRecord &record) {
  Event event{record.block, record.clock,
              record.line,  static_cast<uint16_t>(record.thread / 32),
              record.kind,  record.blockScope};
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
    Page &p = page(address / pageBytes);
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
