//===- Probe.h - what predictions are made from -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TOOLS_OPTIMC_PROBE_H
#define OPTIMC_TOOLS_OPTIMC_PROBE_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace optimc::tool {

/// The number of arrays that the smallest probed step touches; there is one
/// more in each further one.
constexpr unsigned firstProbedArrays = 2, numProbedSteps = 5;

/// GB/s of memory.
struct MemoryProfile {
  /// Of steps over 2, 3, ... arrays; just one value where the user gave one.
  llvm::SmallVector<double> steps;
  double read = 0;      ///< of passes that write nothing; 0: not known
  unsigned threads = 0; ///< that these are for; 0: not known

  bool isMeasured() const { return threads != 0; }
  double getBandwidth(unsigned numArrays, bool writes) const;
};

/// A number of GB/s, or a file that `optimc probe --json` wrote.
llvm::Expected<MemoryProfile> readProfile(llvm::StringRef text);

} // namespace optimc::tool

#endif // OPTIMC_TOOLS_OPTIMC_PROBE_H
