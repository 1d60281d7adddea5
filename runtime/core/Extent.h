//===- Extent.h - how many values a tensor has -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_EXTENT_H
#define OPTIMC_RUNTIME_CORE_EXTENT_H

#include "optimc-c/Program.h"

namespace optimc::rt {

constexpr int64_t reduceBlock = 4096, panelRows = 64; // see Program.h

inline int64_t divideUp(int64_t a, int64_t b) { return a / b + (a % b != 0); }

/// The view of Program.h and the local part: elements [shardStart, shardStart +
/// count) of globalCount. Rows, columns and blocks are those of the whole
/// tensor, wherever its elements are.
struct Extent {
  int64_t globalCount = 0, shardStart = 0, count = 0;
  int64_t batches = 1, rows = 1, cols = 0, block = 0;

  bool isShard() const { return count != globalCount; }

  /// All values of a rate.
  int64_t totalOf(uint32_t rate) const {
    switch (rate) {
    case OPTIMC_RATE_ROW:
      return batches * rows;
    case OPTIMC_RATE_COL:
      return batches * cols;
    case OPTIMC_RATE_BLOCK:
      return block ? divideUp(globalCount, block) : 0;
    default:
      return globalCount;
    }
  }
  /// Those that are local: all but elements.
  int64_t countOf(uint32_t rate) const {
    return rate == OPTIMC_RATE_ELEMENT ? count : totalOf(rate);
  }
  /// The number of the first one of them.
  int64_t firstOf(uint32_t rate) const {
    return rate == OPTIMC_RATE_ELEMENT ? shardStart : 0;
  }

  /// Where the elements may be cut for a phase with this optimc_cut: at
  /// multiples of this number, of `anywhere` if the phase does not mind.
  int64_t unitOf(uint32_t cut, int64_t anywhere = 1) const {
    switch (cut) {
    case OPTIMC_CUT_LINES:
      // Panels start anew in each batch.
      return (batches > 1 && rows % panelRows ? rows : panelRows) * cols;
    case OPTIMC_CUT_BLOCKS:
      return block;
    case OPTIMC_CUT_GRANULES:
      return reduceBlock;
    default:
      return anywhere;
    }
  }
};

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_EXTENT_H
