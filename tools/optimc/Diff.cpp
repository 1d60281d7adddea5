//===- Diff.cpp - optimc diff -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arrays.h"
#include "Commands.h"
#include "Spec.h"
#include "optimc/Interpreter/Compare.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace llvm;
using namespace optimc;
using namespace optimc::tool;

static bool same(double a, double b, double tolerance) {
  if (tolerance == 0)
    return interp::sameNumber(a, b);
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b);
  if (a == b) // infinities
    return true;
  return std::fabs(a - b) <= tolerance * std::max(std::fabs(a), std::fabs(b));
}

/// "[2, 0, 7]" for a flat index.
static std::string describeElement(ArrayRef<int64_t> shape, int64_t index) {
  SmallVector<int64_t> place(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    place[i] = index % shape[i];
    index /= shape[i];
  }
  std::string text;
  raw_string_ostream os(text);
  os << '[';
  interleaveComma(place, os);
  os << ']';
  return text;
}

int optimc::tool::runDiff(const DiffArgs &args) {
  auto first = readArrays(args.first);
  if (!first)
    return reportError(first.takeError());
  auto second = readArrays(args.second);
  if (!second)
    return reportError(second.takeError());

  // Pairs of streams; a stream of one run alone is a difference, but only of
  // interest where all common ones agree.
  std::vector<std::pair<const Array *, const Array *>> pairs;
  std::vector<std::string> alone;
  int64_t steps = INT64_MAX;
  for (const Array &a : *first) {
    auto b = find_if(*second,
                     [&](const Array &each) { return each.name == a.name; });
    if (b == second->end()) {
      alone.push_back(a.name + " (only in " + args.first + ")");
      continue;
    }
    if (a.shape.empty() || b->shape.empty() ||
        ArrayRef(a.shape).drop_front() != ArrayRef(b->shape).drop_front())
      return reportError(createStringError(
          "stream '%s' has different shapes in the two runs", a.name.c_str()));
    pairs.push_back({&a, &*b});
    steps = std::min({steps, a.shape[0], b->shape[0]});
  }
  for (const Array &b : *second)
    if (none_of(*first, [&](const Array &each) { return each.name == b.name; }))
      alone.push_back(b.name + " (only in " + args.second + ")");
  if (pairs.empty())
    return reportError(createStringError("the runs have no stream in common"));

  int64_t compared = 0;
  for (int64_t step = 0; step < steps; ++step)
    for (auto [a, b] : pairs) {
      int64_t count = a->size() / a->shape[0];
      for (int64_t i = 0; i < count; ++i, ++compared) {
        double x = a->values[step * count + i], y = b->values[step * count + i];
        if (same(x, y, args.tolerance))
          continue;
        outs() << "first difference: step " << step << ", stream " << a->name
               << ", element "
               << describeElement(ArrayRef(a->shape).drop_front(), i) << ": "
               << interp::describeNumber(x) << " and "
               << interp::describeNumber(y) << "\n";
        return ExitDifference;
      }
    }
  for (auto [a, b] : pairs)
    if (a->shape[0] != b->shape[0]) {
      outs() << "equal for " << steps - 1 << " steps; then one run ends\n";
      return ExitDifference;
    }
  if (!alone.empty()) {
    outs() << "equal where both have values; but not: " << join(alone, ", ")
           << "\n";
    return ExitDifference;
  }
  outs() << "equal: " << pairs.size() << " streams, " << steps - 1 << " steps, "
         << compared << " values\n";
  return ExitSuccess;
}
