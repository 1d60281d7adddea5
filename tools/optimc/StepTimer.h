//===- StepTimer.h - how long compiled steps take ---------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TOOLS_OPTIMC_STEPTIMER_H
#define OPTIMC_TOOLS_OPTIMC_STEPTIMER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>

namespace optimc::tool {

struct TimedSpec {
  std::string text, optimizer; ///< a module, and which of its optimizers
  llvm::ArrayRef<std::string> freeze, store;
};

/// Seconds of one step on one tensor of `rows` times 256 made-up values, with
/// inputs that have no default bound to others: the median of `rounds` samples
/// after one that is not counted. A sample has so many steps that it takes a
/// while.
llvm::Expected<double> timeStep(const TimedSpec &spec, int64_t rows,
                                unsigned threads, int rounds);

/// Nanoseconds per parameter of each of `threads` threads, with a tensor of its
/// own in its caches: what two sizes differ by, so that nothing that is done
/// once per step counts.
llvm::Expected<double> timeInCache(const TimedSpec &spec, unsigned threads);

} // namespace optimc::tool

#endif // OPTIMC_TOOLS_OPTIMC_STEPTIMER_H
