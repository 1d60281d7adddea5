//===- ProgramLayout.h - streams, slots and variants of an optimizer -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Numbers the parts of a lowered optimizer as optimc-c/Program.h does: streams,
// scalar states, slots of the frames, predicate bits, variants. A pure function
// of the op, so that the passes that write kernels and the one that writes the
// tables agree without talking to each other.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_PROGRAMLAYOUT_H
#define OPTIMC_CONVERSION_PROGRAMLAYOUT_H

#include "optimc/Dialect/Optim/IR/Optim.h"
#include "llvm/ADT/MapVector.h"
#include <optional>

namespace optimc {

/// One stream: argument `argument` of the bodies.
struct StreamLayout {
  std::string name;
  unsigned argument;
};

/// One scalar state; `index` counts within its rate, where the group's state 0
/// is "step".
struct ScalarStateLayout {
  unsigned argument;
  optim::Rate rate;
  unsigned index;
};

/// A stream gets the value `source`: a result of the variant's kernel, the old
/// value of another stream, or a scalar.
struct ElementWrite {
  unsigned stream;
  mlir::Value source;
};

/// What runs where (predicates & mask) == value.
struct VariantLayout {
  int64_t mask, value;
  optim::KernelOp kernel; ///< null if nothing is computed per element
  llvm::SmallVector<ElementWrite> writes;
};

using SlotMap = llvm::MapVector<mlir::Value, unsigned>;

struct EntryLayout {
  unsigned index; ///< of the body; 0 is the step
  mlir::Block *block;
  optim::CommitOp commit;
  llvm::SmallVector<optim::HostOp> hosts;
  llvm::SmallVector<mlir::Value> predicates; ///< bit k of the predicate frame
  SlotMap values;                            ///< float64 frame
  SlotMap scalars;                           ///< float32 frame
  llvm::SmallVector<VariantLayout> variants;

  bool isStep() const { return index == 0; }
  unsigned numValues = 0; ///< slots of the float64 frame, inputs included
};

struct ProgramLayout {
  /// Emits an error and fails where the op is not lowered far enough, or needs
  /// what the CPU back end does not compile.
  static mlir::FailureOr<ProgramLayout> get(optim::OptimizerOp op);

  optim::OptimizerOp op;
  llvm::SmallVector<StreamLayout> streams;
  llvm::SmallVector<ScalarStateLayout> states; ///< without "step"
  /// Arguments that are scalar inputs; input i is slot i of the value frame.
  llvm::SmallVector<unsigned> inputs;
  llvm::SmallVector<EntryLayout, 0> entries;

  std::optional<unsigned> getStream(mlir::Value value) const;
  const ScalarStateLayout *getState(mlir::Value value) const;
  std::optional<unsigned> getHyper(mlir::Value value) const;
  std::optional<unsigned> getInput(mlir::Value value) const;
  unsigned getNumStates(optim::Rate rate) const; ///< "step" included
};

/// The operand of explicit broadcasts.
mlir::Value lookThroughBroadcasts(mlir::Value value);

/// The rate of the scalar function that has `value` at hand, model at least.
optim::Rate getScalarFunctionRate(mlir::Value value);

/// Whether the scalar function of rate `rate` reads `value` straight from its
/// arguments, without a slot that a coarser function fills.
bool isDirectlyReadable(const ProgramLayout &layout, mlir::Value value,
                        optim::Rate rate);

} // namespace optimc

#endif // OPTIMC_CONVERSION_PROGRAMLAYOUT_H
