//===- SpecWriter.h - small random bodies -----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_UNIT_TRANSFORMS_SPECWRITER_H
#define OPTIMC_TEST_UNIT_TRANSFORMS_SPECWRITER_H

#include <string>

namespace optimc::test {

/// The text of a random optimizer that the CPU pipeline compiles, made to
/// exercise outlining: scalars of every rate, states of every rate, predicates
/// made of others, nested selects between old and new values, values that are
/// shared, copied or literal, outputs, an own clock, a gate and an entry. The
/// same seed gives the same text.
std::string writeSpec(unsigned seed);

} // namespace optimc::test

#endif // OPTIMC_TEST_UNIT_TRANSFORMS_SPECWRITER_H
