//===- Compiler.cpp - compiling specs in this process -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc-c/Compiler.h"

#include "optimc/Dialect/Optim/IR/Optim.h"
#include "optimc/Pipelines/BuiltinSpecs.h"
#include "optimc/Pipelines/Pipelines.h"
#include "optimc/Target/Jit.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"
#include <atomic>
#include <cstddef>
#include <cstring>

using namespace mlir;
using namespace optimc;
using optim::OptimizerOp;

struct optimc_compiled {
  std::unique_ptr<LoadedObject> object;
  const optimc_program *program = nullptr;
};

static std::atomic<uint64_t> compileCount{0};

static optimc_status fail(optimc_error *error, optimc_status status,
                          StringRef message) {
  if (!error)
    return status;
  error->code = status;
  // A long report is cut between characters.
  size_t length = std::min(message.size(), sizeof(error->message) - 1);
  while (length != 0 && length < message.size() &&
         (message[length] & 0xC0) == 0x80)
    --length;
  memcpy(error->message, message.data(), length);
  error->message[length] = 0;
  return status;
}

static optimc_status succeed(optimc_error *error) {
  return fail(error, OPTIMC_OK, "");
}

static void splitList(const char *list, SmallVectorImpl<std::string> &out) {
  if (!list)
    return;
  SmallVector<StringRef> parts;
  StringRef(list).split(parts, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef part : parts)
    out.push_back(part.trim().str());
}

/// Keeps the optimizer that the caller wants; templates stay.
static LogicalResult selectOptimizer(ModuleOp module, const char *wanted,
                                     std::string &name) {
  SmallVector<OptimizerOp> optimizers(module.getOps<OptimizerOp>());
  std::string list;
  OptimizerOp chosen;
  for (OptimizerOp op : optimizers) {
    list += (list.empty() ? "" : ", ") + op.getSymName().str();
    if (!wanted || op.getSymName() == wanted)
      chosen = op;
  }
  if (optimizers.empty())
    return module.emitError("the spec has no optim.optimizer");
  if (!chosen)
    return module.emitError()
           << "the spec has no optimizer '" << wanted << "'; it has: " << list;
  if (!wanted && optimizers.size() > 1)
    return module.emitError() << "the spec has several optimizers (" << list
                              << "); say which one with options.optimizer";
  for (OptimizerOp op : optimizers)
    if (op != chosen)
      op.erase();
  name = chosen.getSymName().str();
  return success();
}

static optimc_status compileSpec(StringRef text, StringRef bufferName,
                                 const optimc_compile_options *given,
                                 optimc_compiled **out, optimc_error *error) {
  optimc_compile_options asked = OPTIMC_COMPILE_OPTIONS_INIT;
  if (given) {
    // The first version ended before `gpus`.
    if (given->size < offsetof(optimc_compile_options, gpus))
      return fail(error, OPTIMC_INVALID_ARGUMENT,
                  "options->size is smaller than optimc_compile_options; use "
                  "OPTIMC_COMPILE_OPTIONS_INIT");
    memcpy(&asked, given, std::min<size_t>(given->size, sizeof(asked)));
  }
  if (asked.flags & ~uint32_t(OPTIMC_COMPILE_NO_AMP | OPTIMC_COMPILE_RECOMPUTE |
                              OPTIMC_COMPILE_STORE))
    return fail(error, OPTIMC_INVALID_ARGUMENT,
                "options->flags has unknown bits; known: "
                "OPTIMC_COMPILE_NO_AMP, OPTIMC_COMPILE_RECOMPUTE, "
                "OPTIMC_COMPILE_STORE");
  CompileOptions options;
  options.amp = !(asked.flags & OPTIMC_COMPILE_NO_AMP);
  if (asked.flags & OPTIMC_COMPILE_RECOMPUTE)
    options.phases = PhasePolicy::Recompute;
  else if (asked.flags & OPTIMC_COMPILE_STORE)
    options.phases = PhasePolicy::Store;
  splitList(asked.freeze, options.freeze);
  splitList(asked.store, options.store);
  splitList(asked.cpus, options.cpus);
  splitList(asked.gpus, options.gpus);

  DialectRegistry registry;
  registerOptimcDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  std::string report;
  llvm::raw_string_ostream stream(report);
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(text, bufferName), llvm::SMLoc());
  SourceMgrDiagnosticHandler handler(*sources, &context, stream);

  std::string name;
  llvm::SmallVector<char> object;
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  if (!module || failed(selectOptimizer(*module, asked.optimizer, name)) ||
      failed(compileToObject(*module, options, object)))
    return fail(error, OPTIMC_INVALID_ARGUMENT,
                report.empty() ? StringRef("the spec cannot be compiled")
                               : StringRef(report).rtrim());
  auto compiled = std::make_unique<optimc_compiled>();
  auto loaded = LoadedObject::load(object);
  if (!loaded)
    return fail(error, OPTIMC_UNSUPPORTED,
                "the compiled program cannot be loaded: " +
                    llvm::toString(loaded.takeError()));
  auto program = (*loaded)->getProgram(name);
  if (!program)
    return fail(error, OPTIMC_UNSUPPORTED,
                "the compiled program cannot be loaded: " +
                    llvm::toString(program.takeError()));
  compiled->object = std::move(*loaded);
  compiled->program = *program;
  compileCount.fetch_add(1, std::memory_order_relaxed);
  *out = compiled.release();
  return succeed(error);
}

optimc_status optimc_compile(const char *spec,
                             const optimc_compile_options *options,
                             optimc_compiled **out, optimc_error *error) {
  if (!spec || !out)
    return fail(error, OPTIMC_INVALID_ARGUMENT,
                !spec ? "spec is NULL" : "out is NULL");
  llvm::Expected<SpecText> source = readSpec(spec);
  if (!source)
    return fail(error, OPTIMC_NOT_FOUND, llvm::toString(source.takeError()));
  return compileSpec(source->text, source->name, options, out, error);
}

optimc_status optimc_compile_text(const char *text,
                                  const optimc_compile_options *options,
                                  optimc_compiled **out, optimc_error *error) {
  if (!text || !out)
    return fail(error, OPTIMC_INVALID_ARGUMENT,
                !text ? "text is NULL" : "out is NULL");
  if (llvm::Error nested = checkNesting("<text>", text))
    return fail(error, OPTIMC_INVALID_ARGUMENT,
                llvm::toString(std::move(nested)));
  return compileSpec(text, "<text>", options, out, error);
}

const optimc_program *optimc_compiled_program(const optimc_compiled *compiled) {
  return compiled ? compiled->program : nullptr;
}

void optimc_compiled_destroy(optimc_compiled *compiled) { delete compiled; }

uint64_t optimc_compile_count(void) {
  return compileCount.load(std::memory_order_relaxed);
}
