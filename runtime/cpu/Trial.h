//===- Trial.h - whether to share work, by trying both ways -----*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CPU_TRIAL_H
#define OPTIMC_RUNTIME_CPU_TRIAL_H

#include <algorithm>
#include <cstdint>

namespace optimc::rt {

/// Some tens of microseconds of work are worth other threads if these still
/// spin, and not if they sleep or their processor does: which it is depends on
/// what the program does between two steps. So both ways are timed, and again
/// from time to time. Results do not depend on it.
class Trial {
public:
  /// The way to take now; `isLikely` is for the first time.
  bool shares(bool isLikely) const {
    if (count < first)
      return isLikely ^ (count / steps & 1);
    bool isFaster = best[true] < best[false];
    return count % period >= period - steps ? !isFaster : isFaster;
  }

  void note(bool shared, double seconds) {
    // The least of recent times: interruptions only ever add.
    best[shared] =
        seen[shared] ? std::min(seconds, best[shared] * 1.05) : seconds;
    seen[shared] = true;
    ++count;
  }

private:
  /// A trial takes some steps: the first ones find values in the caches of
  /// other cores.
  static constexpr uint32_t steps = 3, first = 4 * steps, period = 128;

  double best[2] = {0, 0};
  bool seen[2] = {false, false};
  uint32_t count = 0;
};

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CPU_TRIAL_H
