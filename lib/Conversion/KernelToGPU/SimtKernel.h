//===- SimtKernel.h - one kernel for blocks of threads ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_KERNELTOGPU_SIMTKERNEL_H
#define OPTIMC_LIB_CONVERSION_KERNELTOGPU_SIMTKERNEL_H

#include "optimc/Conversion/KernelBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace optimc {

/// Builds the kernel of optimc-c/Gpu.h for one phase: a loop over items, one
/// block of threads each, in it loops over the item's values.
///
/// Threads take vectors of adjacent elements, neighbours beside each other, and
/// load everything that they need in an iteration before they compute.
class SimtKernel : public KernelBody {
public:
  static constexpr int64_t numThreads = 256, warpSize = 32;

  SimtKernel(const ProgramLayout &layout, const EntryLayout &entry,
             const PhaseLayout &phase, mlir::OpBuilder &builder);

  /// At the builder's insertion point; fails where the body has an op that is
  /// not elementwise.
  mlir::FailureOr<mlir::LLVM::LLVMFuncOp> build(llvm::StringRef name);

  int64_t getWidth() const { return width; }   ///< elements per access
  int64_t getUnroll() const { return unroll; } ///< vectors at once

private:
  /// An element of the item, or the first of a vector of them. What no stream
  /// needs is null.
  struct Place {
    mlir::Value index;          ///< in the item; i32
    mlir::Value offset;         ///< from the thread's origin; i32, signed
    int64_t ahead = 0;          ///< further on than `offset`
    mlir::Value row, inRow;     ///< i64
    mlir::Value block, inBlock; ///< i64
  };
  /// How far a place moves.
  struct Stride {
    int64_t length;
    mlir::Value rows, inRow, blocks, inBlock;
  };
  /// One element, or a vector of them, while it is computed.
  struct Elements {
    Place place;
    bool vector;
    llvm::SmallVector<mlir::Value> olds; ///< by stream
    mlir::IRMapping varying;
    mlir::IRMapping segment; ///< what depends on the row or block; scalars
    mlir::Value exists;      ///< i1; null where it is certain
  };

  bool usesRows() const {
    return usesRate(optim::Rate::Row) || usesRate(optim::Rate::Col);
  }
  bool usesBlocks() const { return usesRate(optim::Rate::Block); }
  unsigned getNumSlots(unsigned stream) const;
  void chooseShape();
  mlir::Value broadcast(mlir::Value scalar) override;

  // Items (SimtKernel.cpp).
  mlir::LLVM::LLVMFuncOp createFunction(llvm::StringRef name);
  void buildItems(mlir::LLVM::LLVMFuncOp function);
  void buildItem();
  void describe(mlir::LLVM::LLVMFuncOp function);
  void loadScalars();
  void loadKeys();
  void placeStreams();
  void placeRing(unsigned stream);
  mlir::Value getCountOf(optim::Rate rate);
  mlir::Value getStepNumber();
  void requireMultiple(mlir::Value value, int64_t divisor);
  void checkVectors();

  // Places (Places.cpp).
  Place placeAt(mlir::Value index);
  Place advance(const Place &place, const Stride &stride);
  Stride makeStride(int64_t length);
  llvm::SmallVector<mlir::Value> flatten(const Place &place);
  Place unflatten(mlir::ValueRange values);
  void moveOrigin(mlir::Value by);

  // One iteration (Elements.cpp).
  void
  forEachInput(llvm::function_ref<void(unsigned stream, bool isAux)> visit);
  mlir::Value getSliceIndex(const Place &place, optim::Rate rate);
  llvm::SmallVector<mlir::Value> loadInputs(const Place &place, bool vector);
  Elements bind(const Place &place, bool vector,
                llvm::ArrayRef<mlir::Value> inputs);
  Elements load(const Place &place, bool vector);
  Elements loadIf(mlir::Value exists, const Place &place);
  void compute(llvm::MutableArrayRef<Elements> list);
  void computeShared(mlir::Operation &op, Elements &elements);
  void store(Elements &elements);
  mlir::Value use(mlir::Value value, Elements &elements);
  mlir::Value getStored(const ElementWrite &write, Elements &elements);

  // Loops for usual scalars (UniformSelects.cpp).
  bool isUniformSelect(mlir::Operation &op) const;
  mlir::Value getUsualLimit(mlir::Value from, mlir::Value limit);

  // Shorter ways for vectors of stored values (PackedStorage.cpp).
  bool computePacked(mlir::Operation &op, llvm::MutableArrayRef<Elements> list);
  void computeBF16(mlir::Operation &op, mlir::Value number,
                   llvm::MutableArrayRef<Elements> list);
  mlir::Value widenHalves(mlir::Value halves);

  // Codes of 8 bits (PackedCodes.cpp).
  bool computeCodes(mlir::Operation &op, llvm::MutableArrayRef<Elements> list);
  mlir::Value permuteBytes(mlir::Value low, mlir::Value high, int64_t selector);
  mlir::Value decodeSigned(mlir::Value codes, mlir::Value exponent);
  llvm::SmallVector<mlir::Value> raiseCodes(llvm::ArrayRef<mlir::Value> sums,
                                            llvm::ArrayRef<mlir::Value> lowest);
  mlir::Value packCodes(mlir::Value sums, mlir::Value bits);

  // NaNs that formats replace (RareNaNs.cpp).
  mlir::Value getNaNWitness(mlir::Value number, Elements &elements);
  mlir::Value hasNaN(mlir::Value number, llvm::MutableArrayRef<Elements> list);
  mlir::Value findBlockNaN(mlir::Value bits, Elements &elements);
  bool computeQuieted(mlir::arith::SelectOp select, mlir::Value number,
                      llvm::MutableArrayRef<Elements> list);
  llvm::SmallVector<mlir::Value>
  replaceNaNs(llvm::ArrayRef<mlir::Value> numbers, mlir::Value replacement,
              llvm::ArrayRef<mlir::Value> values, mlir::Value any);

  // Loops of threads over elements (ElementLoops.cpp).
  void buildElementLoops();
  Place buildLoop(const Place &from, mlir::Value limit, int64_t step,
                  int64_t count, bool vector);

  // Loops of warps over rows of 256 elements (WarpRows.cpp).
  void buildWarpUnits();
  void buildUnit(mlir::Value start, mlir::Value end, mlir::Value partial);
  void buildWarpRows();
  mlir::Value getWarp();
  Place buildWholeRows(const Place &from, mlir::Value end, int64_t atOnce,
                       int64_t distance,
                       llvm::SmallVectorImpl<mlir::Value> &lanes);
  void buildPartRows(mlir::Value start, mlir::Value end, int64_t distance,
                     llvm::SmallVectorImpl<mlir::Value> &lanes);
  void finishRow(llvm::MutableArrayRef<Elements> list, mlir::Value row,
                 unsigned count, llvm::MutableArrayRef<mlir::Value> lanes);
  llvm::SmallVector<mlir::Value> makeLanes(unsigned count, bool vector);
  void accumulate(llvm::MutableArrayRef<Elements> list, unsigned count,
                  llvm::MutableArrayRef<mlir::Value> lanes);
  mlir::Value halve(optim::Reduction kind, llvm::ArrayRef<mlir::Value> lanes);
  void storePartials(llvm::ArrayRef<mlir::Value> results, mlir::Value index);

  // Loops of blocks over panels of 64 rows (ColumnPanels.cpp).
  void createShared(llvm::StringRef kernelName);
  void buildColumnPanels();
  void buildColumns(mlir::Value begin, mlir::Value end, mlir::Value partial);
  void buildColumnsAndRows(mlir::Value begin, mlir::Value end,
                           mlir::Value partial);
  void buildRowGranule(mlir::Value row, mlir::Value from, mlir::Value to,
                       mlir::Value isFresh, mlir::Value partial);
  mlir::Value halveBlock(optim::Reduction kind, mlir::Value lane);
  Place placeIn(mlir::Value row, mlir::Value column);
  void buildCarryingLoop(
      mlir::Value from, mlir::Value to, int64_t step,
      llvm::SmallVectorImpl<mlir::Value> &carried,
      llvm::function_ref<void(mlir::Value index,
                              llvm::SmallVectorImpl<mlir::Value> &carried)>
          emit);

  // Exchange within a warp (Warps.cpp).
  bool usesColumns() const { return reducesTo(optim::Rate::Col); }
  bool usesWarps() const {
    return !usesColumns() && (!phase.reductions.empty() || usesBlockScales());
  }
  void shareExponents();
  void loadExponents(mlir::Value row, llvm::MutableArrayRef<Elements> list);
  void storeExponents(mlir::Value row, Elements &elements);
  mlir::Value getExponentAddress(unsigned stream, mlir::Value row);
  mlir::Value getOwnExponentAddress(unsigned stream, const Place &place);
  mlir::Value getLargest(optim::BlockMaxOp op,
                         llvm::MutableArrayRef<Elements> list);
  mlir::Value shuffleDown(mlir::Value value, int64_t distance);
  mlir::Value isFirstLane();
  mlir::Value getPartials(const PartialReduction &partial);
  llvm::SmallVector<mlir::Value> unpack(mlir::Value vector);

  mlir::Type getPointer() const;
  mlir::Value constant32(int64_t value) { return constant(value, 32); }
  mlir::Value widenIndex(mlir::Value index);         ///< to i64, unsigned
  mlir::Value isBelow(mlir::Value a, mlir::Value b); ///< signed
  /// Of a table that no kernel of this launch writes.
  mlir::Value loadField(mlir::Type type, mlir::Value base, int64_t offset);
  mlir::Value elementAddress(mlir::Value base, mlir::Value index,
                             mlir::Type type);
  mlir::Value placeAddress(mlir::Value base, const Place &place,
                           mlir::Type type);
  mlir::Value loadValues(mlir::Type type, mlir::Value address, bool vector);
  void storeValues(mlir::Value values, mlir::Value address);

  int64_t unroll = 1;
  std::string sharedName; ///< of an array in shared memory
  mlir::Value thread;     ///< number in its block; i32
  mlir::Value lane;       ///< number in its warp; i32

  // Of the item.
  mlir::Value tensor;       ///< record
  mlir::Value first, count; ///< i64, i32
  mlir::Value rows, cols, block;
  mlir::Value vectorised; ///< i1: whether vectors of elements may be accessed
  mlir::Value unusual;    ///< i1: whether scalars change formulas; or null
  bool isUsual = false;   ///< whether the loop takes it that they do not
  llvm::SmallVector<mlir::Value> bases;    ///< by stream; null if untouched
  llvm::SmallVector<mlir::Value> auxBases; ///< likewise; of second arrays
  /// The value of the item at which the bases of streams over the phase's
  /// domain are; i32, null for the first.
  mlir::Value origin;
};

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_KERNELTOGPU_SIMTKERNEL_H
