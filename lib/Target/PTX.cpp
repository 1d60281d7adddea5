//===- PTX.cpp - from the llvm dialect to PTX text -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Target/PTX.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"

using namespace mlir;
using namespace optimc;

void optimc::registerGPUTarget(DialectRegistry &registry) {
  registry.insert<NVVM::NVVMDialect>();
  registerNVVMDialectTranslation(registry);
}

//===----------------------------------------------------------------------===//
// Expectations
//===----------------------------------------------------------------------===//

static constexpr llvm::StringLiteral kernelAttr = "optim.ptx_kernel";

void PTXKernel::attach(Operation *function) const {
  SmallVector<int32_t> numbers = {int32_t(doubles)};
  for (const Access &access : accesses)
    numbers.append(
        {int32_t(access.bytes), int32_t(access.loads), int32_t(access.stores)});
  function->setDiscardableAttr(
      kernelAttr, DenseI32ArrayAttr::get(function->getContext(), numbers));
}

std::optional<PTXKernel> PTXKernel::get(Operation *function) {
  auto attr = function->getAttrOfType<DenseI32ArrayAttr>(kernelAttr);
  auto symbol = dyn_cast<LLVM::LLVMFuncOp>(function);
  if (!attr || !symbol || attr.size() % 3 != 1 || attr[0] < 0 || attr[0] > 2)
    return std::nullopt;
  PTXKernel kernel;
  kernel.name = symbol.getSymName();
  kernel.doubles = Doubles(attr[0]);
  for (int64_t i = 1; i < attr.size(); i += 3)
    kernel.accesses.push_back(
        {unsigned(attr[i]), unsigned(attr[i + 1]), unsigned(attr[i + 2])});
  return kernel;
}

void PTXKernel::detach(Operation *function) {
  function->removeDiscardableAttr(kernelAttr);
}

//===----------------------------------------------------------------------===//
// The target machine
//===----------------------------------------------------------------------===//

/// Products and sums are never contracted.
static std::unique_ptr<llvm::TargetMachine>
createMachine(const GPUTarget &target,
              function_ref<InFlightDiagnostic()> emitError) {
  static const bool initialized = [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
    return true;
  }();
  (void)initialized;
  llvm::Triple triple("nvptx64-nvidia-cuda");
  std::string error;
  const llvm::Target *backEnd =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backEnd) {
    emitError() << "LLVM has no back end for PTX: " << error;
    return nullptr;
  }
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(backEnd->createTargetMachine(
      triple, target.getName(), /*Features=*/"", options, std::nullopt,
      std::nullopt, llvm::CodeGenOptLevel::Default));
}

FailureOr<GPUTarget>
optimc::parseGPUTarget(StringRef name,
                       function_ref<InFlightDiagnostic()> emitError) {
  constexpr unsigned oldest = 80;
  StringRef digits = name;
  GPUTarget target{0};
  if (!digits.consume_front("sm_") || digits.getAsInteger(10, target.sm))
    return emitError() << "'" << name
                       << "' is no GPU architecture; write sm_80, sm_90, "
                          "sm_100 or another number without a letter after it";
  if (target.sm < oldest)
    return emitError() << "'" << name << "' is too old: kernels need sm_"
                       << oldest << " or later";
  std::unique_ptr<llvm::TargetMachine> machine =
      createMachine(GPUTarget{oldest}, emitError);
  if (!machine)
    return failure();
  if (!machine->getMCSubtargetInfo()->isCPUStringValid(name))
    return emitError() << "LLVM does not know '" << name
                       << "'; PTX for an older one, such as sm_90, runs there, "
                          "too";
  return target;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// The back end ends the process where it meets what it cannot select.
static LogicalResult checkSelectable(ModuleOp module) {
  WalkResult result = module.walk([](Operation *op) {
    StringRef name = op->getName().getStringRef();
    if (auto function = dyn_cast<LLVM::LLVMFuncOp>(op)) {
      if (!function.isExternal())
        return WalkResult::advance();
      function.emitError("GPU code needs '")
          << function.getSymName() << "' from elsewhere";
      return WalkResult::interrupt();
    }
    static constexpr llvm::StringLiteral known[] = {
        "llvm.intr.fma",     "llvm.intr.sqrt",    "llvm.intr.fabs",
        "llvm.intr.maximum", "llvm.intr.minimum", "llvm.intr.smax",
        "llvm.intr.smin",    "llvm.intr.umax",    "llvm.intr.umin"};
    bool isIntrinsic = name.starts_with("llvm.intr.");
    bool isKnown = isIntrinsic ? llvm::is_contained(known, name)
                               : (name.starts_with("llvm.") ||
                                  name.starts_with("nvvm.")) &&
                                     !isa<LLVM::CallOp, LLVM::InvokeOp,
                                          LLVM::AllocaOp, LLVM::FRemOp>(op);
    if (isa<ModuleOp>(op) || isKnown)
      return WalkResult::advance();
    op->emitError("'") << name << "' has no instructions in PTX";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

/// The number after `.version`.
static unsigned getVersion(StringRef text) {
  StringRef line = text.split(".version").second.split('\n').first.trim();
  auto [major, minor] = line.split('.');
  unsigned majorNumber = 0, minorNumber = 0;
  if (major.getAsInteger(10, majorNumber) ||
      minor.getAsInteger(10, minorNumber))
    return 0;
  return 10 * majorNumber + minorNumber;
}

FailureOr<PTXCode> optimc::emitPTX(ModuleOp module, const GPUTarget &target) {
  auto emitError = [&] { return module.emitError(); };
  if (failed(checkSelectable(module)))
    return failure();
  std::unique_ptr<llvm::TargetMachine> machine =
      createMachine(target, emitError);
  if (!machine)
    return failure();
  // The alignment of loads and stores depends on it.
  llvm::DataLayout layout = machine->createDataLayout();
  module->setAttr(
      LLVM::LLVMDialect::getDataLayoutAttrName(),
      StringAttr::get(module.getContext(), layout.getStringRepresentation()));
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> translated =
      translateModuleToLLVMIR(module, context, "optimc");
  if (!translated)
    return module.emitError("the module cannot be translated to LLVM IR");
  translated->setDataLayout(layout);
  translated->setTargetTriple(machine->getTargetTriple());
  SmallVector<char> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, stream, nullptr,
                                   llvm::CodeGenFileType::AssemblyFile))
    return module.emitError("LLVM cannot write PTX");
  passes.run(*translated);
  PTXCode code;
  code.text = std::string(bytes.begin(), bytes.end());
  code.version = getVersion(code.text);
  if (code.version == 0)
    return module.emitError("the PTX text has no version");
  return code;
}
