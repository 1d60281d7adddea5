//===- SpecGenerator.h - random specs with a coverage table -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_DIFFERENTIAL_SPECGENERATOR_H
#define OPTIMC_TEST_UNIT_DIFFERENTIAL_SPECGENERATOR_H

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace optimc::test {

/// How often each op was generated at each rate, and how often it should be.
class Coverage {
public:
  void add(const std::string &op, const std::string &rate) {
    ++counts[{op, rate}];
  }
  int count(const std::string &op, const std::string &rate) const {
    auto it = counts.find({op, rate});
    return it == counts.end() ? 0 : it->second;
  }
  /// The rarest pair and the whole table as text.
  int least() const;
  std::string table() const;

private:
  std::map<std::pair<std::string, std::string>, int> counts;
};

/// Writes random optimizers in the spec language, all ops that the CPU back end
/// compiles at all their legal rates. It prefers what is rare in the coverage
/// table, so that few specs cover everything. The same seed gives the same
/// specs.
class SpecGenerator {
public:
  explicit SpecGenerator(uint64_t seed);

  /// A module with one optimizer, @random, and the templates that it calls.
  std::string generate();

  const Coverage &coverage() const { return table; }

  /// Every (op, rate) that must appear; operators of `expr` are "expr:sqrt".
  static const std::vector<std::pair<std::string, std::string>> &required();

private:
  struct Body;
  Coverage table;
  std::mt19937_64 random;
};

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_DIFFERENTIAL_SPECGENERATOR_H
