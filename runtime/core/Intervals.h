//===- Intervals.h - buffers that must not overlap -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_INTERVALS_H
#define OPTIMC_RUNTIME_CORE_INTERVALS_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace optimc::rt {

/// The bytes [begin, end) of one stream of one tensor.
struct Interval {
  uintptr_t begin, end;
  uint32_t tensor, stream;
};

/// A sorted set of disjoint intervals. Changes are prepared aside and committed
/// only when the caller knows that everything else is right too.
class Intervals {
public:
  /// Replaces the intervals of `removed` (tensor, stream) pairs, sorted, by
  /// `added`, in any order; empty ones are dropped. False when two overlap;
  /// then `first` and `second` are such a pair.
  bool prepare(const std::vector<Interval> &removed,
               std::vector<Interval> added, Interval &first, Interval &second);
  void commit() { current.swap(next); }

  size_t size() const { return current.size(); }

private:
  std::vector<Interval> current, next;
};

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_INTERVALS_H
