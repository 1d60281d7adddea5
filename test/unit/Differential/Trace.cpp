//===- Trace.cpp - what a run computed -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Trace.h"
#include "optimc/Interpreter/Compare.h"
#include <cmath>

using namespace optimc;
using namespace optimc::test;

static bool isOutput(const std::string &name) {
  return name.find(" output ") != std::string::npos;
}

static std::string compareArrays(const std::string &name,
                                 const std::vector<double> &expected,
                                 const std::vector<double> &actual) {
  if (expected.size() != actual.size())
    return name + " has " + std::to_string(actual.size()) +
           " values instead of " + std::to_string(expected.size());
  std::optional<size_t> place = interp::findDifference(
      llvm::ArrayRef<double>(expected), llvm::ArrayRef<double>(actual));
  if (!place)
    return {};
  return name + "[" + std::to_string(*place) + " of " +
         std::to_string(expected.size()) + "] is " +
         interp::describeNumber(actual[*place]) + " instead of " +
         interp::describeNumber(expected[*place]);
}

std::string optimc::test::findDifference(const Trace &expected,
                                         const Trace &actual,
                                         ComparisonCounts *counts) {
  if (expected.size() != actual.size())
    return "the runs have different numbers of steps";
  for (size_t i = 0; i < actual.size(); ++i) {
    for (const auto &[name, values] : actual[i].values) {
      auto it = expected[i].values.find(name);
      std::string where = "step " + std::to_string(i + 1) + ", " + name;
      if (it == expected[i].values.end()) {
        if (isOutput(name) && expected[i].isSkipped)
          continue;
        return where + " is not expected";
      }
      std::string difference = compareArrays(where, it->second, values);
      if (!difference.empty())
        return difference;
      if (!counts)
        continue;
      counts->values += values.size();
      for (double value : values)
        counts->finiteNonzero += std::isfinite(value) && value != 0;
    }
  }
  return {};
}
