//===- InstructionSets.h - what kernels are compiled for --------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_INSTRUCTIONSETS_H
#define OPTIMC_CONVERSION_INSTRUCTIONSETS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace optimc {

/// One level of the x86-64 psABI. The features are spelled out: names of
/// processors mean different things on different machines.
struct InstructionSet {
  llvm::StringRef name;
  uint64_t isa; ///< OPTIMC_ISA_* of Program.h
  llvm::ArrayRef<llvm::StringLiteral> features;
  llvm::StringRef preferVectorWidth;
};

/// All of them, best first; the last one runs anywhere.
llvm::ArrayRef<InstructionSet> getAllInstructionSets();

/// The named sets (all of them if `names` is empty), best first. The baseline
/// is always among them: a program must run on every machine.
mlir::LogicalResult
getInstructionSets(llvm::ArrayRef<std::string> names,
                   llvm::SmallVectorImpl<const InstructionSet *> &sets,
                   llvm::function_ref<mlir::InFlightDiagnostic()> emitError);

} // namespace optimc

#endif // OPTIMC_CONVERSION_INSTRUCTIONSETS_H
