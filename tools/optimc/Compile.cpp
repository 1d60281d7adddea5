//===- Compile.cpp - optimc compile -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Remarks.h"
#include "Spec.h"
#include "optimc/Pipelines/Pipelines.h"
#include "optimc/Target/CHeader.h"
#include "optimc/Target/MachineCode.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace optimc;
using namespace optimc::tool;

/// The phase up to which each output needs the pipeline.
static Expected<CompileOptions> getOptions(const CompileArgs &args) {
  CompileOptions options;
  options.freeze.assign(args.freeze.begin(), args.freeze.end());
  options.store.assign(args.store.begin(), args.store.end());
  options.amp = args.amp;
  options.phases = args.phases == "recompute" ? PhasePolicy::Recompute
                   : args.phases == "store"   ? PhasePolicy::Store
                                              : PhasePolicy::Cheapest;
  options.until = args.until;
  options.gpus.assign(args.gpus.begin(), args.gpus.end());
  if (args.emit == "ptx") {
    if (args.gpus.size() != 1)
      return createStringError("--emit=ptx needs one architecture, such as "
                               "--gpu=sm_90, but %zu are given",
                               args.gpus.size());
    options.until = "emit-ptx";
  }
  if (args.cpus.size() == 1 && args.cpus.front() == "none")
    options.cpus.push_back("baseline");
  else
    options.cpus.assign(args.cpus.begin(), args.cpus.end());
  if (!args.until.empty() && args.emit != "mlir")
    return createStringError("--until needs --emit=mlir, but --emit is '%s'",
                             args.emit.c_str());
  if (args.until.empty() && args.emit == "header")
    options.until = "to-arith";
  return options;
}

static Error write(StringRef path, function_ref<Error(raw_ostream &)> print) {
  std::error_code code;
  ToolOutputFile file(path, code, sys::fs::OF_None);
  if (code)
    return createStringError("cannot write '%s': %s", path.str().c_str(),
                             code.message().c_str());
  if (Error error = print(file.os()))
    return error;
  file.os().flush();
  if (file.os().has_error()) {
    code = file.os().error();
    file.os().clear_error();
    return createStringError("cannot write '%s': %s", path.str().c_str(),
                             code.message().c_str());
  }
  file.keep();
  return Error::success();
}

static Error emit(const CompileArgs &args, mlir::ModuleOp module) {
  // An empty error: the diagnostic is printed already.
  auto failed = [] { return createStringError(""); };
  if (args.emit == "mlir")
    return write(args.output, [&](raw_ostream &os) {
      module.print(os);
      os << "\n";
      return Error::success();
    });
  if (args.emit == "ptx")
    return write(args.output, [&](raw_ostream &os) {
      os << getPTX(module);
      return Error::success();
    });
  if (args.emit == "header")
    return write(args.output, [&](raw_ostream &os) {
      return mlir::failed(emitCHeader(module, os)) ? failed()
                                                   : Error::success();
    });

  LLVMContext context;
  std::unique_ptr<Module> llvmModule = emitLLVMIR(module, context);
  if (!llvmModule)
    return failed();
  if (args.emit == "llvm")
    return write(args.output, [&](raw_ostream &os) {
      llvmModule->print(os, nullptr);
      return Error::success();
    });
  SmallVector<char> bytes;
  auto emitBytes = args.emit == "asm" ? emitAssembly : emitObject;
  if (mlir::failed(emitBytes(*llvmModule, module.getLoc(), bytes)))
    return failed();
  if (args.emit == "shared") {
    if (args.output == "-")
      return createStringError("--emit=shared needs a file: -o FILE");
    return mlir::failed(linkSharedLibrary(bytes, args.output, module.getLoc()))
               ? failed()
               : Error::success();
  }
  return write(args.output, [&](raw_ostream &os) {
    os.write(bytes.data(), bytes.size());
    return Error::success();
  });
}

int optimc::tool::runCompile(const CompileArgs &args) {
  auto options = getOptions(args);
  if (!options)
    return reportError(options.takeError());
  auto spec = loadSpec(args);
  if (!spec)
    return reportError(spec.takeError());
  if (args.remarks)
    enableRemarks(*spec->context, [&](const RemarkText &remark) {
      errs() << remark.kind << ": " << remark.pass << ": " << remark.text
             << "\n";
    });
  if (mlir::failed(runPipeline(*spec->module, *options)))
    return ExitUserError;
  if (Error error = emit(args, *spec->module))
    return reportError(std::move(error));
  return ExitSuccess;
}
