//===- MachineCode.cpp - from the llvm dialect to objects -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Target/MachineCode.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace optimc;

void optimc::registerTarget(DialectRegistry &registry) {
  registry.insert<LLVM::LLVMDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

/// The host's triple where it is x86-64, so that objects suit the linker.
static llvm::Triple getTriple() {
  llvm::Triple host(llvm::sys::getDefaultTargetTriple());
  if (host.getArch() == llvm::Triple::x86_64 && host.isOSBinFormatELF())
    return host;
  return llvm::Triple("x86_64-unknown-linux-gnu");
}

/// One machine for all clones, which name their features themselves. Products
/// and sums are never contracted.
static std::unique_ptr<llvm::TargetMachine> createMachine(Location loc) {
  static const bool initialized = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser(); // for inline assembly
    return true;
  }();
  (void)initialized;
  llvm::Triple triple = getTriple();
  std::string error;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) {
    emitError(loc) << "LLVM has no back end for x86-64: " << error;
    return nullptr;
  }
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, "x86-64", /*Features=*/"", options, llvm::Reloc::PIC_,
      std::nullopt, llvm::CodeGenOptLevel::Default));
}

std::unique_ptr<llvm::Module> optimc::emitLLVMIR(ModuleOp module,
                                                 llvm::LLVMContext &context) {
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(module.getLoc());
  if (!machine)
    return nullptr;
  std::unique_ptr<llvm::Module> translated =
      translateModuleToLLVMIR(module, context, "optimc");
  if (!translated) {
    module.emitError("the module cannot be translated to LLVM IR");
    return nullptr;
  }
  translated->setDataLayout(machine->createDataLayout());
  translated->setTargetTriple(machine->getTargetTriple());
  translated->setPICLevel(llvm::PICLevel::BigPIC);
  return translated;
}

static LogicalResult emit(llvm::Module &module, Location loc,
                          llvm::CodeGenFileType type,
                          SmallVectorImpl<char> &out) {
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(loc);
  if (!machine)
    return failure();
  llvm::raw_svector_ostream stream(out);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, type))
    return emitError(loc, "LLVM cannot write this kind of file for x86-64");
  passes.run(module);
  return success();
}

LogicalResult optimc::emitAssembly(llvm::Module &module, Location loc,
                                   SmallVectorImpl<char> &out) {
  return emit(module, loc, llvm::CodeGenFileType::AssemblyFile, out);
}

/// Nothing may be left to a library: which one would it be?
static LogicalResult checkComplete(ArrayRef<char> object, Location loc) {
  llvm::MemoryBufferRef buffer(StringRef(object.data(), object.size()),
                               "object");
  auto file = llvm::object::ObjectFile::createObjectFile(buffer);
  if (!file)
    return emitError(loc) << "the object cannot be read back: "
                          << llvm::toString(file.takeError());
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    auto flags = symbol.getFlags();
    auto name = symbol.getName();
    if (!flags || !name) {
      llvm::consumeError(flags.takeError());
      llvm::consumeError(name.takeError());
      return emitError(loc, "the object has a damaged symbol");
    }
    if ((*flags & llvm::object::SymbolRef::SF_Undefined) && !name->empty())
      return emitError(loc) << "the object would need '" << *name
                            << "' from a library; this is a bug in optimc";
  }
  return success();
}

LogicalResult optimc::emitObject(llvm::Module &module, Location loc,
                                 SmallVectorImpl<char> &out) {
  size_t start = out.size();
  if (failed(emit(module, loc, llvm::CodeGenFileType::ObjectFile, out)))
    return failure();
  return checkComplete(ArrayRef<char>(out).drop_front(start), loc);
}
