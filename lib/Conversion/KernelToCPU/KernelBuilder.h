//===- KernelBuilder.h - the loops of one kernel -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_KERNELTOCPU_KERNELBUILDER_H
#define OPTIMC_LIB_CONVERSION_KERNELTOCPU_KERNELBUILDER_H

#include "ReductionLanes.h"

#include "optimc/Conversion/KernelBody.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"
#include <optional>

namespace optimc {

/// Builds `void kernel(const optimc_run *runs, int64_t n)` for one phase: a
/// loop over runs, in it a vector loop and a scalar loop for the rest.
///
/// Where the kernel reads values per row, column or block, or feeds reductions,
/// a run is cut into segments first: within one, all rows and blocks are the
/// same, columns are contiguous, and so are the lanes of the reductions. Where
/// streams are stored in blocks with one exponent there is a loop over blocks,
/// in it two such pairs: the new values and their largest magnitude, then their
/// codes. What such kernels read per row, column or block is written out per
/// element first, so that its ends do not matter.
class KernelBuilder : public KernelBody {
public:
  static constexpr int64_t prefetchBytes = 2048; ///< ahead, per stream
  static constexpr int64_t runsAhead = 2, firstBytes = 256; ///< of other runs
  static constexpr int64_t cacheLine = 64;

  KernelBuilder(const ProgramLayout &layout, const EntryLayout &entry,
                const PhaseLayout &phase, mlir::OpBuilder &builder)
      : KernelBody(layout, entry, phase, /*width=*/16, builder) {}

  /// At the builder's insertion point; fails where the body has an op that is
  /// not elementwise.
  mlir::FailureOr<mlir::LLVM::LLVMFuncOp> build(llvm::StringRef name);

private:
  bool isSegmented() const;
  mlir::Value broadcast(mlir::Value scalar) override;

  // Per run (KernelBuilder.cpp).
  void prefetchRun(mlir::Value later);
  void buildRun();
  void loadScalars();
  void reloadScalars();
  void buildKeys(mlir::Value first);
  void placeStream(unsigned i, mlir::Value first);

  // Per segment (KernelSegments.cpp).
  void buildSegments(mlir::Value first, mlir::Value count);
  void buildSegment(mlir::Value start, mlir::Value next);
  void findPosition(mlir::Value start);
  mlir::Value cutAtSlices(mlir::Value limit);
  mlir::Value getSegmentEnd(mlir::Value start);
  mlir::Value getSlicePlace(unsigned i, mlir::Value start);
  void placeStreams(mlir::Value start);
  void beginReduction(unsigned number, mlir::Value start);
  void endReduction(unsigned number, mlir::Value start, mlir::Value next);
  mlir::Value getReductionPosition(optim::Rate to, mlir::Value start);

  // Loops (KernelLoops.cpp).
  void buildLoops(mlir::Value count);
  void buildPlainLoops(mlir::Value count);
  bool isRareSelect(mlir::Operation &op) const;
  void cloneOp(mlir::Operation &op, bool vector,
               mlir::IRMapping &varying) override;
  mlir::scf::ForOp buildLoop(mlir::Value from, mlir::Value to, int64_t step,
                             bool vector);
  void buildIteration(mlir::Value index, bool vector);
  void prefetch(mlir::Value address, int64_t offset);
  void loadStreams(mlir::Value index, bool vector, mlir::IRMapping &varying,
                   uint64_t wanted, bool isFirst);
  void storeStream(const ElementWrite &write, mlir::Value index, bool vector,
                   mlir::IRMapping &varying);
  void accumulate(mlir::Value index, bool vector, mlir::IRMapping &varying);

  // Slices beside block-scaled streams (ExpandedSlices.cpp).
  bool isExpanded(unsigned stream) const;
  void allocateSlices();
  void expandSlices(mlir::Value begin, mlir::Value end);
  void expandSegment(mlir::Value start, mlir::Value next, mlir::Value first);
  void copySlice(mlir::Value from, mlir::Value to, mlir::Value count);
  void fillSlice(mlir::Value value, mlir::Value to, mlir::Value count);

  // Block-scaled streams (BlockPlan.cpp, BlockLoops.cpp).
  void planBlocks();
  void findEarly();
  bool isLate(mlir::Operation &op) const;
  void addStream(mlir::Value argument, uint64_t &streams) const;
  void spill(mlir::Value value);
  llvm::SmallVector<mlir::Value> findCarried();
  bool readsBlocks() const;
  void allocateBuffers();
  llvm::SmallVector<mlir::Value> placeBuffers(mlir::Value begin);
  void loadExponents(mlir::Value block);
  void computeBetween(mlir::ValueRange largest, mlir::Value block);
  void quietNaNs(mlir::ValueRange largest, mlir::Value begin, mlir::Value end,
                 mlir::ValueRange places);
  llvm::SmallVector<mlir::Value> emitEarly(mlir::Value index, bool vector,
                                           mlir::ValueRange places,
                                           mlir::ValueRange known);
  void emitLate(mlir::Value index, bool vector, mlir::ValueRange places);
  llvm::SmallVector<mlir::Value> buildBlockLoop(
      mlir::Value from, mlir::Value to, bool vector, mlir::ValueRange known,
      llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value index,
                                                        mlir::ValueRange known)>
          emit);
  llvm::SmallVector<mlir::Value> buildEarlyLoop(mlir::Value from,
                                                mlir::Value to, bool vector,
                                                mlir::ValueRange places,
                                                mlir::ValueRange known);
  void buildLateLoop(mlir::Value from, mlir::Value to, bool vector,
                     mlir::ValueRange places);
  llvm::SmallVector<mlir::Value> getNoMaxima();
  llvm::SmallVector<mlir::Value> joinLanes(mlir::ValueRange lanes);
  void buildBlock(mlir::Value begin, mlir::Value end);
  llvm::SmallVector<mlir::Value>
  buildWholeBlock(mlir::Value begin, llvm::ArrayRef<mlir::Value> carried,
                  std::optional<mlir::ValueRange> before);
  void buildWholeBlocks(mlir::Value count);
  void buildBlocks(mlir::Value count);

  mlir::Value loadField(mlir::Type type, mlir::Value base, int64_t offset);
  mlir::Value elementAddress(mlir::Value base, mlir::Value index,
                             mlir::Type type);

  // Block-scaled streams.
  llvm::SmallVector<optim::BlockMaxOp> blockMaxima;
  llvm::DenseSet<mlir::Value> perBlock;    ///< follow from old exponents alone
  llvm::DenseSet<mlir::Value> between;     ///< follow from maxima alone
  llvm::DenseSet<mlir::Operation *> early; ///< what maxima depend on
  uint64_t earlyReads = 0, lateReads = 0;  ///< streams, by loop
  llvm::SetVector<mlir::Value> spilled;    ///< kept from the first loop
  llvm::SetVector<mlir::Operation *> repeated; ///< computed in both loops
  llvm::SmallVector<mlir::Value> buffers;      ///< of `spilled`
  llvm::DenseSet<mlir::Operation *> quieted;   ///< selects by `quietNaNs`
  llvm::SmallVector<std::pair<unsigned, mlir::Value>, 0>
      expanded; ///< slice streams and their buffers

  // Per run.
  mlir::Value run;             ///< the optimc_run
  mlir::Value table, auxTable; ///< of the streams' arrays
  mlir::Value rows, cols, block;
  mlir::Value end;            ///< of a segmented run
  mlir::Value partials;       ///< table of the partial results
  mlir::IRMapping broadcasts; ///< scalar -> vector, before the loop
  mlir::Operation *vectorLoop = nullptr;
  bool isCommonCase = false; ///< no condition that loops share holds
  llvm::SmallVector<ReductionLanes, 2> lanes; ///< by reduction of the phase

  // Per run, or per segment of one.
  mlir::Value origin;                      ///< what the loops begin with
  llvm::SmallVector<mlir::Value> bases;    ///< by stream; null if untouched
  llvm::SmallVector<mlir::Value> auxBases; ///< likewise; of second arrays
  llvm::SmallVector<mlir::Value> olds;     ///< by stream, in this iteration
  mlir::Value row, rowStart, blockIndex, blockStart; ///< `findPosition`
};

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_KERNELTOCPU_KERNELBUILDER_H
