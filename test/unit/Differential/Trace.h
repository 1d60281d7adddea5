//===- Trace.h - what a run computed -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_DIFFERENTIAL_TRACE_H
#define OPTIMC_TEST_UNIT_DIFFERENTIAL_TRACE_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace optimc::test {

/// After one step: parameters, states and outputs by name ("tensor0 param",
/// "tensor0 output readout"). A float32 is the float64 that equals it.
struct StepTrace {
  std::map<std::string, std::vector<double>> values;
  /// found_inf was set and the run did not compute anything: no outputs.
  bool isSkipped = false;
};

using Trace = std::vector<StepTrace>;

/// What was compared, over many comparisons.
struct ComparisonCounts {
  uint64_t values = 0;
  uint64_t finiteNonzero = 0;

  double getShare() const {
    return values ? double(finiteNonzero) / double(values) : 0;
  }
};

/// The first place where `actual` has other bits than `expected` (the sign and
/// payload of NaN aside), as text; empty if there is none. States that
/// `actual` lacks were elided; what it has must be expected.
std::string findDifference(const Trace &expected, const Trace &actual,
                           ComparisonCounts *counts = nullptr);

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_DIFFERENTIAL_TRACE_H
