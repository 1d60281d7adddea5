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

/// One stream: an argument of the bodies, or values of one step per row, column
/// or block.
struct StreamLayout {
  std::string name;
  std::optional<unsigned> argument; ///< none: temporary
  optim::Rate rate;
};

/// One scalar state; `index` counts within its rate, where the group's state 0
/// is "step".
struct ScalarStateLayout {
  unsigned argument;
  optim::Rate rate;
  unsigned index;
};

/// A stream gets the value `source`: a result of the phase's kernel, the old
/// value of another stream, or a scalar.
struct ElementWrite {
  unsigned stream;
  mlir::Value source;
};

/// Result `result` of the phase's kernel is reduced to reduction `reduction`.
struct PartialReduction {
  unsigned reduction, result;
};

/// One pass over the values of one rate.
struct PhaseLayout {
  unsigned stage = 0;
  optim::Rate domain = optim::Rate::Element;
  optim::KernelOp kernel = {};              ///< null if nothing is computed
  llvm::SmallVector<unsigned> streams = {}; ///< of the kernel's operands
  llvm::SmallVector<ElementWrite> writes = {};
  llvm::SmallVector<PartialReduction> reductions = {};
};

/// What runs where (predicates & mask) == value.
struct VariantLayout {
  int64_t mask, value;
  llvm::SmallVector<PhaseLayout, 1> phases; ///< in the order of their stages
};

/// `reduce`, in the order of the body.
struct ReductionLayout {
  optim::ReduceOp op;
  unsigned stage; ///< of the result
};

/// A class of tensors and the variants that it can need.
struct PlanLayout {
  unsigned minRank, maxRank;
  llvm::SmallVector<unsigned> variants;
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
  llvm::SmallVector<ReductionLayout> reductions;
  llvm::DenseMap<mlir::Value, unsigned> slices; ///< results of `reduce`
  llvm::SmallVector<VariantLayout> variants;
  llvm::SmallVector<PlanLayout> plans;

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

  /// The stream of an argument.
  std::optional<unsigned> getStream(mlir::Value value) const;
  const ScalarStateLayout *getState(mlir::Value value) const;
  std::optional<unsigned> getHyper(mlir::Value value) const;
  std::optional<unsigned> getInput(mlir::Value value) const;
  unsigned getNumStates(optim::Rate rate) const; ///< "step" included
};

/// Which scalar function computes a value, or has it at hand: that of a rate
/// and a stage.
struct ScalarFunctionKey {
  optim::Rate rate; ///< model at least
  unsigned stage;
  bool operator==(const ScalarFunctionKey &other) const {
    return rate == other.rate && stage == other.stage;
  }
};

/// The operand of explicit broadcasts.
mlir::Value lookThroughBroadcasts(mlir::Value value);

/// The function that writes `value` into the frames. Results of `reduce` are
/// written by the runtime.
ScalarFunctionKey getScalarFunctionKey(mlir::Value value);

/// Whether a scalar function reads `value` straight from its arguments, without
/// a slot of the value frame.
bool isDirectlyReadable(const ProgramLayout &layout, mlir::Value value,
                        ScalarFunctionKey reader);

/// Whether the optimizer can have a plain step function, which sees one run of
/// elements: no reductions, no classes of tensors, no slices, no rings.
bool hasPlainStep(optim::OptimizerOp op);

} // namespace optimc

#endif // OPTIMC_CONVERSION_PROGRAMLAYOUT_H
