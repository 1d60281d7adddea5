//===- EmitPTX.cpp - modules of kernels become texts -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/GPUModule.h"
#include "optimc/Conversion/Passes.h"
#include "optimc/Target/PTX.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Remarks.h"

namespace optimc {
#define GEN_PASS_DEF_OPTIMEMITPTX
#include "optimc/Conversion/Passes.h.inc"
} // namespace optimc

using namespace mlir;
using namespace optimc;

namespace {
struct EmitPTX : optimc::impl::OptimEmitPTXBase<EmitPTX> {
  using OptimEmitPTXBase::OptimEmitPTXBase;

  void runOnOperation() override {
    ModuleOp host = getOperation();
    SmallVector<GPUTarget> targets;
    for (const std::string &name : gpus) {
      FailureOr<GPUTarget> target =
          parseGPUTarget(name, [&] { return host.emitError(); });
      if (failed(target))
        return signalPassFailure();
      targets.push_back(*target);
    }
    llvm::sort(targets, [](const GPUTarget &a, const GPUTarget &b) {
      return a.sm < b.sm;
    });
    for (size_t i = 1; i < targets.size(); ++i)
      if (targets[i].sm == targets[i - 1].sm) {
        host.emitError("GPU architecture '")
            << targets[i].getName() << "' is listed twice";
        return signalPassFailure();
      }
    SmallVector<ModuleOp> modules(host.getOps<ModuleOp>());
    for (ModuleOp module : modules)
      if (!getGPUModuleOptimizer(module).empty() &&
          failed(convert(module, targets)))
        return signalPassFailure();
  }

  LogicalResult convert(ModuleOp module, ArrayRef<GPUTarget> targets);
};
} // namespace

LogicalResult EmitPTX::convert(ModuleOp module, ArrayRef<GPUTarget> targets) {
  SmallVector<PTXKernel> kernels;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    if (std::optional<PTXKernel> kernel = PTXKernel::get(function)) {
      kernels.push_back(*kernel);
      // LLVM IR has no word for it.
      PTXKernel::detach(function);
    }
  StringRef optimizer = getGPUModuleOptimizer(module);
  for (const GPUTarget &target : targets) {
    FailureOr<PTXCode> code = emitPTX(module, target);
    if (failed(code) || failed(checkPTX(code->text, kernels, [&] {
          return module.emitError() << target.getName() << ": ";
        })))
      return failure();
    OpBuilder builder(module);
    PTXText text;
    text.optimizer = optimizer.str();
    text.sm = target.sm;
    text.version = code->version;
    text.create(code->text, builder, module.getLoc());
    remark::passed(module.getLoc(), remark::RemarkOpts::name("EmitPTX")
                                        .category("optim-emit-ptx")
                                        .function(optimizer))
        << (Twine(kernels.size()) + " kernels for " + target.getName() +
            ", PTX " + Twine(code->version / 10) + "." +
            Twine(code->version % 10) + ", " + Twine(code->text.size()) +
            " bytes")
               .str();
  }
  module.erase();
  return success();
}
