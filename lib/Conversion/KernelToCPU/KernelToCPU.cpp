//===- KernelToCPU.cpp - kernels become loops over memory -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "optimc/Conversion/KernelCode.h"
#include "optimc/Conversion/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/bit.h"

namespace optimc {
#define GEN_PASS_DEF_OPTIMKERNELTOCPU
#include "optimc/Conversion/Passes.h.inc"
} // namespace optimc

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

namespace {
struct KernelToCPU : optimc::impl::OptimKernelToCPUBase<KernelToCPU> {
  void runOnOperation() override {
    for (auto op : getOperation().getOps<OptimizerOp>()) {
      FailureOr<ProgramLayout> layout = ProgramLayout::get(op);
      if (failed(layout))
        return signalPassFailure();
      for (const EntryLayout &entry : layout->entries)
        for (unsigned i = 0, e = entry.variants.size(); i != e; ++i)
          if (failed(convert(*layout, entry, i)))
            return signalPassFailure();
    }
  }

  LogicalResult convert(const ProgramLayout &layout, const EntryLayout &entry,
                        unsigned number);
};
} // namespace

LogicalResult KernelToCPU::convert(const ProgramLayout &layout,
                                   const EntryLayout &entry, unsigned number) {
  const VariantLayout &variant = entry.variants[number];
  OptimizerOp optimizer = layout.op;
  CommitOp commit = entry.commit;
  auto remarkOptions = remark::RemarkOpts::name("KernelToCPU")
                           .category("optim-kernel-to-cpu")
                           .function(optimizer.getSymName());
  StringRef entryName = optimizer.getEntryName(entry.index);
  if (variant.phases.empty())
    remark::passed(commit.getLoc(), remarkOptions)
        << ("variant " + Twine(number) + " of '" + entryName +
            "' moves no element: no kernel")
               .str();
  for (auto [i, phase] : llvm::enumerate(variant.phases)) {
    std::string name =
        (optimizer.getSymName() + "." + entryName + "." + Twine(number)).str();
    if (variant.phases.size() > 1)
      name += "." + std::to_string(i);
    OpBuilder builder(&getContext());
    builder.setInsertionPointToEnd(getOperation().getBody());
    KernelBuilder kernel(layout, entry, phase, builder);
    FailureOr<LLVM::LLVMFuncOp> function = kernel.build(name);
    if (failed(function))
      return failure();
    KernelCode code;
    code.optimizer = optimizer.getSymName().str();
    code.entry = entry.index;
    code.variant = number;
    code.phase = i;
    code.reads = kernel.getReads();
    code.writes = kernel.getWrites();
    code.attach(*function);
    unsigned numReads = llvm::popcount(code.reads);
    unsigned numWrites = llvm::popcount(code.writes);
    remark::passed(function->getLoc(), remarkOptions)
        << ("one pass per " + stringifyRate(phase.domain) + ": " +
            Twine(numReads) + " streams read, " + Twine(numWrites) +
            " written, " + Twine(phase.reductions.size()) + " reduced")
               .str()
        << remark::metric("BytesPerElement", 4 * (numReads + numWrites));
  }
  return success();
}
