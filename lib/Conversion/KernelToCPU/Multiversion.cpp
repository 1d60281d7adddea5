//===- Multiversion.cpp - one clone per instruction set -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/InstructionSets.h"
#include "optimc/Conversion/KernelCode.h"
#include "optimc/Conversion/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Remarks.h"

namespace optimc {
#define GEN_PASS_DEF_OPTIMMULTIVERSION
#include "optimc/Conversion/Passes.h.inc"
} // namespace optimc

using namespace mlir;
using namespace optimc;

namespace {
struct Multiversion : optimc::impl::OptimMultiversionBase<Multiversion> {
  using OptimMultiversionBase::OptimMultiversionBase;
  void runOnOperation() override;
};
} // namespace

void Multiversion::runOnOperation() {
  SmallVector<const InstructionSet *> sets;
  SmallVector<std::string> names(cpus.begin(), cpus.end());
  if (failed(getInstructionSets(names, sets,
                                [&] { return getOperation().emitError(); })))
    return signalPassFailure();
  SmallVector<LLVM::LLVMFuncOp> kernels;
  for (auto function : getOperation().getOps<LLVM::LLVMFuncOp>())
    if (KernelCode::get(function))
      kernels.push_back(function);
  for (LLVM::LLVMFuncOp kernel : kernels) {
    KernelCode code = *KernelCode::get(kernel);
    OpBuilder builder(kernel);
    std::string list;
    for (const InstructionSet *set : sets) {
      auto clone = cast<LLVM::LLVMFuncOp>(builder.clone(*kernel));
      clone.setSymName((kernel.getSymName() + "." + set->name).str());
      SmallVector<StringRef> features(set->features.begin(),
                                      set->features.end());
      if (!features.empty())
        clone.setTargetFeaturesAttr(
            LLVM::TargetFeaturesAttr::get(&getContext(), features));
      if (!set->preferVectorWidth.empty())
        clone.setPreferVectorWidth(set->preferVectorWidth);
      code.isa = set->isa;
      code.attach(clone);
      list += (list.empty() ? "" : ", ") + set->name.str();
    }
    remark::passed(kernel.getLoc(), remark::RemarkOpts::name("Multiversion")
                                        .category("optim-multiversion")
                                        .function(kernel.getSymName()))
        << "versions, best first: " + list;
    kernel.erase();
  }
}
