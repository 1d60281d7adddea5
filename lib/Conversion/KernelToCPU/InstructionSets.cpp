//===- InstructionSets.cpp - what kernels are compiled for -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/InstructionSets.h"

#include "optimc-c/Program.h"

using namespace mlir;
using namespace optimc;

static constexpr llvm::StringLiteral featuresV3[] = {
    "+cx8",  "+fxsr", "+mmx",    "+sse",    "+sse2",   "+sse3",  "+ssse3",
    "+cx16", "+sahf", "+sse4.1", "+sse4.2", "+popcnt", "+avx",   "+avx2",
    "+bmi",  "+bmi2", "+f16c",   "+fma",    "+lzcnt",  "+movbe", "+xsave"};
static constexpr llvm::StringLiteral featuresV4[] = {
    "+cx8",      "+fxsr",    "+mmx",   "+sse",     "+sse2",     "+sse3",
    "+ssse3",    "+cx16",    "+sahf",  "+sse4.1",  "+sse4.2",   "+popcnt",
    "+avx",      "+avx2",    "+bmi",   "+bmi2",    "+f16c",     "+fma",
    "+lzcnt",    "+movbe",   "+xsave", "+avx512f", "+avx512bw", "+avx512cd",
    "+avx512dq", "+avx512vl"};

llvm::ArrayRef<InstructionSet> optimc::getAllInstructionSets() {
  static const InstructionSet sets[] = {
      {"x86-64-v4", OPTIMC_ISA_X86_64_V3 | OPTIMC_ISA_X86_64_V4, featuresV4,
       "512"},
      {"x86-64-v3", OPTIMC_ISA_X86_64_V3, featuresV3, "256"},
      {"baseline", 0, {}, ""}};
  return sets;
}

LogicalResult
optimc::getInstructionSets(ArrayRef<std::string> names,
                           SmallVectorImpl<const InstructionSet *> &sets,
                           function_ref<InFlightDiagnostic()> emitError) {
  ArrayRef<InstructionSet> all = getAllInstructionSets();
  for (StringRef name : names)
    if (llvm::none_of(all, [&](auto &set) { return set.name == name; }))
      return emitError() << "unknown instruction set '" << name
                         << "'; known: x86-64-v4, x86-64-v3, baseline";
  for (const InstructionSet &set : all)
    if (names.empty() || set.isa == 0 || llvm::is_contained(names, set.name))
      sets.push_back(&set);
  return success();
}
