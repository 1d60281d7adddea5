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

RaceDetector::Page &RaceDetector::page(uint64_t index) {
  CacheEntry &entry = cache[(index ^ index >> 6 ^ index >> 12) % cache.size()];
  if (entry.index == index)
    return *entry.page;
  std::unique_ptr<Page> &slot = pages[index];
  if (!slot) {
    slot = std::make_unique<Page>();
    slot->cells.resize(pageBytes / 4);
  }
  entry = {index, slot.get()};
  return *slot;
}

void RaceDetector::clear() {
  pages.clear();
  cache.fill(CacheEntry());
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

RaceDetector::Verdict RaceDetector::touch(Cell &cell, bool isWrite,
                                          bool sameValue,
                                          const AccessRecord &now,
                                          const HappensBefore &order,
                                          AccessRecord &other) {
  if (isWrite) {
    for (const AccessRecord &read : cell.reads)
      if (read.valid && read.kind == AccessKind::NonCoherent) {
        other = read;
        return Verdict::NonCoherent;
      } else if (conflicts(read, now, order)) {
        other = read;
        return Verdict::Race;
      }
    if (!sameValue && conflicts(cell.write, now, order)) {
      other = cell.write;
      return Verdict::Race;
    }
    cell.write = now;
    cell.reads[0].valid = cell.reads[1].valid = false;
    return Verdict::None;
  }
  if (cell.write.valid && now.kind == AccessKind::NonCoherent) {
    other = cell.write;
    return Verdict::NonCoherent;
  }
  if (conflicts(cell.write, now, order)) {
    other = cell.write;
    return Verdict::Race;
  }
  // Keep readers of two warps where possible; a non-coherent one stays.
  AccessRecord &first = cell.reads[0], &second = cell.reads[1];
  if (!first.valid || isSameThread(first, now))
    first = now;
  else if (!second.valid || isSameThread(second, now))
    second = now;
  else if (isSameWarp(second, now) || !isSameWarp(first, now))
    second = now;
  else
    first = now;
  return Verdict::None;
}

RaceDetector::Verdict RaceDetector::access(uint64_t address, unsigned bytes,
                                           bool isWrite, bool sameValue,
                                           const AccessRecord &now,
                                           const HappensBefore &order,
                                           AccessRecord &other) {
  while (bytes) {
    Page &p = page(address / pageBytes);
    unsigned inPage = address % pageBytes;
    unsigned part = std::min<uint64_t>(bytes, pageBytes - inPage);
    bool words = inPage % 4 == 0 && part % 4 == 0;
    if (!words && !p.byBytes) {
      std::vector<Cell> cells(pageBytes);
      for (unsigned i = 0; i < pageBytes; ++i)
        cells[i] = p.cells[i / 4];
      p.cells.swap(cells);
      p.byBytes = true;
    }
    unsigned unit = p.byBytes ? 1 : 4;
    Cell *cell = &p.cells[inPage / unit];
    for (unsigned i = 0; i < part; i += unit, ++cell) {
      Verdict verdict = touch(*cell, isWrite, sameValue, now, order, other);
      if (verdict != Verdict::None)
        return verdict;
    }
    address += part;
    bytes -= part;
  }
  return Verdict::None;
}
