//===- Compare.cpp - comparing results bit for bit --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Interpreter/Compare.h"
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstring>

using namespace optimc;

template <class Bits, class T>
static Bits toBits(T value) {
  static_assert(sizeof(Bits) == sizeof(T));
  Bits bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

template <class Bits, class T>
static bool sameBits(T a, T b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b);
  return toBits<Bits>(a) == toBits<Bits>(b);
}

bool interp::sameNumber(double a, double b) { return sameBits<uint64_t>(a, b); }
bool interp::sameNumber(float a, float b) { return sameBits<uint32_t>(a, b); }

template <class A, class B>
static std::optional<size_t> findFirst(llvm::ArrayRef<A> a,
                                       llvm::ArrayRef<B> b) {
  size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i != common; ++i)
    if (!interp::sameNumber(B(a[i]), b[i]))
      return i;
  if (a.size() != b.size())
    return common;
  return std::nullopt;
}

std::optional<size_t> interp::findDifference(llvm::ArrayRef<double> a,
                                             llvm::ArrayRef<double> b) {
  return findFirst(a, b);
}
std::optional<size_t> interp::findDifference(llvm::ArrayRef<float> a,
                                             llvm::ArrayRef<float> b) {
  return findFirst(a, b);
}
std::optional<size_t> interp::findDifference(llvm::ArrayRef<float> a,
                                             llvm::ArrayRef<double> b) {
  return findFirst(a, b);
}

std::string interp::describeNumber(double value) {
  char text[64];
  float single = static_cast<float>(value);
  if (single == value || std::isnan(value))
    std::snprintf(text, sizeof text, "%.9g (0x%08" PRIx32 ")", value,
                  toBits<uint32_t>(single));
  else
    std::snprintf(text, sizeof text, "%.17g (0x%016" PRIx64 ")", value,
                  toBits<uint64_t>(value));
  return text;
}
