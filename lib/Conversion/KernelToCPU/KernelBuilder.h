//===- KernelBuilder.h - the loops of one kernel -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_KERNELTOCPU_KERNELBUILDER_H
#define OPTIMC_LIB_CONVERSION_KERNELTOCPU_KERNELBUILDER_H

#include "optimc/Conversion/ProgramLayout.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseSet.h"

namespace optimc {

/// Builds `void kernel(const optimc_run *runs, int64_t n)` for one variant:
/// a loop over runs, in it a vector loop and a scalar loop for the rest.
class KernelBuilder {
public:
  static constexpr int64_t width = 16;           ///< elements per iteration
  static constexpr int64_t prefetchBytes = 2048; ///< ahead, per stream

  KernelBuilder(const ProgramLayout &layout, const EntryLayout &entry,
                const VariantLayout &variant, mlir::OpBuilder &builder);

  /// At the builder's insertion point; fails where the body has an op that is
  /// not elementwise.
  mlir::FailureOr<mlir::LLVM::LLVMFuncOp> build(llvm::StringRef name);

  uint64_t getReads() const { return reads; }
  uint64_t getWrites() const { return writes; }

private:
  void findStreams();
  mlir::LogicalResult findUniform();
  void buildRun(mlir::Value run);
  void loadScalars(mlir::Value run);
  void buildKeys(mlir::Value run);
  mlir::Value mix(mlir::Value x);
  void computeUniform();
  mlir::scf::ForOp buildLoop(mlir::Value from, mlir::Value to, int64_t step,
                             bool vector);
  void buildIteration(mlir::Value index, bool vector);
  mlir::Value elementIndex(mlir::Value index, bool vector);
  mlir::Value vectorOf(mlir::Value value, const mlir::IRMapping &varying);
  mlir::Type widen(mlir::Type type, bool vector);

  mlir::Value constant(int64_t value, unsigned bits = 64);
  mlir::Value loadField(mlir::Type type, mlir::Value base, int64_t offset);
  mlir::Value elementAddress(mlir::Value base, mlir::Value index);

  const ProgramLayout &layout;
  const VariantLayout &variant;
  const EntryLayout &entry;
  optim::KernelOp kernel; ///< or null
  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::Block *body = nullptr; ///< of `kernel`

  uint64_t reads = 0, writes = 0;
  llvm::DenseSet<mlir::Value> uniform; ///< of the body: equal for all elements

  // Per run.
  llvm::SmallVector<mlir::Value> bases; ///< by stream; null if untouched
  mlir::IRMapping scalars;    ///< body value or write source -> scalar
  mlir::IRMapping broadcasts; ///< scalar -> vector, before the loop
  mlir::Operation *vectorLoop = nullptr;
  mlir::Value firstIndex; ///< low 32 bits of the first global index
};

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_KERNELTOCPU_KERNELBUILDER_H
