//===- KernelBody.h - the body of a kernel in loops -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the back ends have in common: which memory a phase touches, what of its
// body is the same for many elements, and cloning of its ops for one element or
// for a vector of adjacent ones.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_CONVERSION_KERNELBODY_H
#define OPTIMC_CONVERSION_KERNELBODY_H

#include "optimc/Conversion/ProgramLayout.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseMap.h"

namespace optimc {

/// The number of a select of something else where it is a NaN, else null.
mlir::Value matchNaNSelect(mlir::Value value);

class KernelBody {
public:
  KernelBody(const ProgramLayout &layout, const EntryLayout &entry,
             const PhaseLayout &phase, int64_t width, mlir::OpBuilder &builder);
  virtual ~KernelBody() = default;

  uint64_t getReads() const { return reads; }   ///< bit set of streams
  uint64_t getWrites() const { return writes; } ///< likewise

protected:
  /// What a value of the body depends on: nothing that changes in a run, the
  /// row or block, or the element.
  enum class Level { Run, Segment, Element };

  /// Finds the levels; an error names `pass` where the body is not lowered far
  /// enough for it.
  mlir::LogicalResult analyze(llvm::StringRef pass);
  Level getLevel(mlir::Value value) const { return levels.lookup(value); }
  bool isUniform(mlir::Value value) const {
    return getLevel(value) != Level::Element;
  }
  /// Whether adjacent elements of the loops have adjacent values of stream `i`.
  bool isContiguous(unsigned i) const;
  bool usesRate(optim::Rate rate) const; ///< elements read slices of it
  bool reducesTo(optim::Rate rate) const;
  bool usesSlices() const;      ///< `usesRate` of row, column or block
  bool usesBlockScales() const; ///< a stream in blocks with one exponent
  /// Whether the loops take whole blocks with one exponent. Rows and blocks of
  /// the caller's length would cut them: slices are values of elements then.
  bool takesWholeBlocks() const;
  bool isUsed(unsigned stream) const { return (reads | writes) >> stream & 1; }
  optim::StorageAttr getFormat(unsigned stream) const;
  mlir::Type getMemoryType(unsigned stream) const;
  optim::ReduceOp getReduce(const PartialReduction &partial) const {
    return entry.reductions[partial.reduction].op;
  }
  /// The body's value that a write stores, or the write's source itself.
  mlir::Value getYielded(const ElementWrite &write);
  /// The same for the second array; null where the stream has none.
  mlir::Value getYieldedAux(const ElementWrite &write);

  /// Maps the scalars of the phase; `load` reads a slot of the frame.
  void mapScalars(llvm::function_ref<mlir::Value(unsigned slot)> load);
  /// Maps the keys of `random`, where the body has any. A run stays within 2^32
  /// elements, so that they are the same for all of its elements.
  void mapKeys(mlir::Value globalFirst, mlir::Value key);
  /// The low 32 bits of the element's global index (a vector of them), from its
  /// number in the run or segment (i32).
  mlir::Value elementIndex(mlir::Value number, bool vector);
  mlir::BlockArgument
  getIndexArgument() const; ///< of the body; null without `random`
  /// Clones what has this level, once.
  void compute(Level level);
  /// i1: whether any of the selects that `counts` picks has a condition that
  /// holds; null if there are none. Their conditions must be computed by now.
  mlir::Value anyCondition(llvm::function_ref<bool(mlir::Operation &)> counts);

  virtual void cloneOp(mlir::Operation &op, bool vector,
                       mlir::IRMapping &varying);
  mlir::Value getClone(mlir::Value value, bool vector,
                       mlir::IRMapping &varying);
  /// The vector form of a scalar that many elements have in common.
  virtual mlir::Value broadcast(mlir::Value scalar) = 0;
  mlir::Type widen(mlir::Type type, bool vector) const;

  mlir::Value constant(int64_t value, unsigned bits = 64);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value subtract(mlir::Value a, mlir::Value b);
  mlir::Value multiply(mlir::Value a, mlir::Value b);
  mlir::Value divide(mlir::Value a, mlir::Value b); ///< both not negative
  mlir::Value divideUp(mlir::Value a, int64_t by);
  mlir::Value least(mlir::Value a, mlir::Value b);
  mlir::Value lowBits(mlir::Value a, int64_t modulus); ///< of a power of two
  mlir::Value isZero(mlir::Value a);

  const ProgramLayout &layout;
  const EntryLayout &entry;
  const PhaseLayout &phase;
  optim::KernelOp kernel; ///< or null
  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Block *body = nullptr; ///< of `kernel`
  int64_t width;               ///< elements per step of a vector loop

  uint64_t reads = 0, writes = 0;
  llvm::DenseMap<mlir::Value, Level> levels; ///< of the body's values
  mlir::IRMapping scalars; ///< body value or write source -> scalar
  mlir::Value firstIndex;  ///< low 32 bits of the first global index

private:
  /// A vector of which lane l has `base + l * step`.
  struct Progression {
    mlir::Value base;
    uint32_t step = 0;
  };
  mlir::Value spreadLanes(Progression progression);
  mlir::Value cloneProgression(mlir::Operation &op, mlir::IRMapping &varying);
  void findStreams();
  mlir::LogicalResult checkFormats(llvm::StringRef pass);
  mlir::LogicalResult checkBlocks();

  llvm::DenseMap<mlir::Value, Progression> progressions; ///< by vector
};

} // namespace optimc

#endif // OPTIMC_CONVERSION_KERNELBODY_H
