//===- KernelToGPU.cpp - kernels become code for threads -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EvaluateKernel.h"
#include "Extrema.h"
#include "SimtKernel.h"

#include "optimc/Conversion/GPUModule.h"
#include "optimc/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Remarks.h"

namespace optimc {
#define GEN_PASS_DEF_OPTIMKERNELTOGPU
#include "optimc/Conversion/Passes.h.inc"
} // namespace optimc

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

namespace {
struct KernelToGPU : optimc::impl::OptimKernelToGPUBase<KernelToGPU> {
  void runOnOperation() override {
    SmallVector<OptimizerOp> optimizers(getOperation().getOps<OptimizerOp>());
    for (OptimizerOp op : optimizers)
      if (failed(convert(op)))
        return signalPassFailure();
  }

  LogicalResult convert(OptimizerOp op);
  LogicalResult convertPhase(const ProgramLayout &layout,
                             const EntryLayout &entry, unsigned variant,
                             unsigned phase, OpBuilder &builder);
};
} // namespace

LogicalResult KernelToGPU::convertPhase(const ProgramLayout &layout,
                                        const EntryLayout &entry,
                                        unsigned variant, unsigned number,
                                        OpBuilder &builder) {
  OptimizerOp optimizer = layout.op;
  const PhaseLayout &phase = entry.variants[variant].phases[number];
  SimtKernel kernel(layout, entry, phase, builder);
  std::string name = getGPUKernelName(optimizer, entry.index, variant, number);
  FailureOr<LLVM::LLVMFuncOp> function = kernel.build(name);
  if (failed(function))
    return failure();
  orderZeros(*function);
  remark::passed(function->getLoc(), remark::RemarkOpts::name("KernelToGPU")
                                         .category("optim-kernel-to-gpu")
                                         .function(optimizer.getSymName()))
      << ("'" + name + "', per " + stringifyRate(phase.domain) + ": " +
          Twine(kernel.getUnroll()) + " times " + Twine(kernel.getWidth()) +
          " values per thread at once")
             .str();
  return success();
}

LogicalResult KernelToGPU::convert(OptimizerOp op) {
  FailureOr<ProgramLayout> layout = ProgramLayout::get(op);
  if (failed(layout))
    return failure();
  OpBuilder builder(&getContext());
  builder.setInsertionPointToEnd(getOperation().getBody());
  ModuleOp module = createGPUModule(op, builder);
  builder.setInsertionPointToEnd(module.getBody());
  for (const EntryLayout &entry : layout->entries) {
    for (auto [i, variant] : llvm::enumerate(entry.variants))
      for (unsigned k = 0, e = variant.phases.size(); k != e; ++k)
        if (failed(convertPhase(*layout, entry, i, k, builder)))
          return failure();
    buildEvaluateKernel(*layout, entry, getGPUEvaluateName(op, entry.index),
                        builder);
  }
  return success();
}
