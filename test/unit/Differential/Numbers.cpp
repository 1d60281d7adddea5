//===- Numbers.cpp - float32 numbers for tests -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Numbers.h"
#include "optimc-c/Program.h"
#include <cmath>
#include <cstring>
#include <limits>

using namespace optimc::test;

float Numbers::normal() {
  double scale = std::pow(10.0, uniform(-3, 1));
  return static_cast<float>(scale *
                            std::normal_distribution<double>(0, 1)(random));
}

float Numbers::bits() {
  using Limits = std::numeric_limits<float>;
  static const float special[] = {0.0f,
                                  Limits::infinity(),
                                  Limits::quiet_NaN(),
                                  Limits::denorm_min(),
                                  Limits::min(),
                                  Limits::max(),
                                  1.0f,
                                  0x1.fffffcp-127f,
                                  2.0f,
                                  0.5f};
  float value;
  uint32_t pattern = static_cast<uint32_t>(random());
  if (chance(0.4)) {
    value = special[below(10)];
    return pattern & 1 ? -value : value;
  }
  if (chance(0.2))
    pattern &= 0x807fffff; // a subnormal
  else if (chance(0.3))    // halfway between two bf16, or two f16 near 1
    pattern = pattern & 1 ? (pattern & 0xffff0000) | 0x8000
                          : (pattern & 0x87ffe000) | 0x38001000;
  std::memcpy(&value, &pattern, sizeof value);
  return value;
}

std::vector<float> Numbers::stream(size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = optimc_mix(i) & 1 ? normal() : bits();
  return values;
}
