//===- Compilation.cpp - specs and programs for tests -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"
#include "SpecGenerator.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "optimc/Conversion/SpecHash.h"
#include "optimc/Pipelines/BuiltinSpecs.h"
#include "optimc/Target/MachineCode.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::test;

const std::vector<SpecSource> &optimc::test::getRandomSpecs() {
  static const std::vector<SpecSource> specs = [] {
    constexpr uint64_t seed = 20260101;
    constexpr unsigned count = 320;
    std::vector<SpecSource> list;
    SpecGenerator generator(seed);
    for (unsigned i = 0; i < count; ++i)
      list.push_back({"random spec " + std::to_string(i) + " of seed " +
                          std::to_string(seed),
                      generator.generate()});
    return list;
  }();
  return specs;
}

std::vector<SpecSource> optimc::test::getBuiltinSources() {
  std::vector<SpecSource> list;
  for (const BuiltinSpec &spec : getBuiltinSpecs())
    // Scenarios have vectors only, and give every tensor every state; classes
    // of tensors are in ReductionDifferentialTest.cpp.
    if (!spec.text.contains(" = case rank"))
      list.push_back({spec.name.str(), spec.text.str()});
  return list;
}

std::vector<SpecSource> optimc::test::getCornerSources() {
  return {{"a mix of one term", R"(
optim.optimizer @zeros(%p, %g) hyper(%beta1 = 0.9 in [0, 1])
    state(%m "exp_avg" observable, %h "halves" observable) {
  %half = constant 0.5
  %m_t = mix %half * %g
  %h_t = mix %beta1 * %g
  %p_t = expr 0.5 * %p + 0.25 * clamp(%m_t, -4, 4)
  commit %p = %p_t, %m = %m_t, %h = %h_t
})"},
          {"old values after new ones", R"(
optim.optimizer @late(%p, %g) hyper(%lr = 0.1 in [0, inf), %beta1 = 0.9 in [0, 1])
    state(%m "exp_avg", %h "slow" = param observable) {
  %m_t = ema %m, %g decay %beta1
  %h_t = expr %m_t + (%lr * %beta1) * %m
  %p_t = expr %p - 0.125 * clamp(%m, -4, 4)
  commit %p = %p_t, %m = %m_t, %h = %h_t
})"}};
}

MLIRContext &optimc::test::getContext() {
  static MLIRContext *context = [] {
    DialectRegistry registry;
    registerOptimcDialects(registry);
    auto *created = new MLIRContext(registry, MLIRContext::Threading::DISABLED);
    created->loadAllAvailableDialects();
    return created;
  }();
  return *context;
}

namespace {
/// Collects diagnostics instead of printing them.
class Diagnostics {
public:
  explicit Diagnostics(MLIRContext &context)
      : handler(&context, [this](Diagnostic &diagnostic) {
          text += (text.empty() ? "" : "\n") + diagnostic.str();
          return success();
        }) {}
  llvm::Error take() {
    return llvm::createStringError(text.empty() ? "failed without a message"
                                                : text);
  }

private:
  std::string text;
  ScopedDiagnosticHandler handler;
};

struct AfterPassHook : PassInstrumentation {
  explicit AfterPassHook(const AfterPass &afterPass) : afterPass(afterPass) {}

  void runAfterPass(Pass *pass, Operation *op) override {
    // Pipelines of nested ops are passes without an argument.
    if (pass->getArgument().empty())
      return;
    auto module = dyn_cast<ModuleOp>(op);
    if (!module)
      module = op->getParentOfType<ModuleOp>();
    afterPass(pass->getArgument(), module);
  }

  const AfterPass &afterPass;
};
} // namespace

llvm::Expected<OwningOpRef<ModuleOp>>
optimc::test::parseSpec(const std::string &text) {
  Diagnostics diagnostics(getContext());
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(text, &getContext(), "spec.mlir");
  if (!module)
    return diagnostics.take();
  return module;
}

optim::OptimizerOp optimc::test::getOptimizer(ModuleOp module) {
  auto optimizers = module.getOps<optim::OptimizerOp>();
  return optimizers.empty() ? optim::OptimizerOp() : *optimizers.begin();
}

llvm::Error optimc::test::lower(ModuleOp module, const CompileOptions &options,
                                const AfterPass &afterPass) {
  Diagnostics diagnostics(getContext());
  PassManager passes(module.getContext());
  if (failed(
          buildPipeline(passes, options, [&] { return module.emitError(); })))
    return diagnostics.take();
  if (afterPass)
    passes.addInstrumentation(std::make_unique<AfterPassHook>(afterPass));
  stampSpecHash(module, "");
  if (failed(passes.run(module)))
    return diagnostics.take();
  return llvm::Error::success();
}

llvm::Expected<CompiledSpec> optimc::test::emit(ModuleOp lowered,
                                                StringRef optimizer) {
  Diagnostics diagnostics(getContext());
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code = emitLLVMIR(lowered, context);
  SmallVector<char> object;
  if (!code || failed(emitObject(*code, lowered.getLoc(), object)))
    return diagnostics.take();
  CompiledSpec compiled;
  auto loaded = LoadedObject::load(object);
  if (!loaded)
    return loaded.takeError();
  compiled.object = std::move(*loaded);
  auto program = compiled.object->getProgram(optimizer);
  if (!program)
    return program.takeError();
  compiled.program = *program;
  return compiled;
}

llvm::Expected<CompiledSpec>
optimc::test::compile(const std::string &text, const CompileOptions &options) {
  llvm::Expected<OwningOpRef<ModuleOp>> module = parseSpec(text);
  if (!module)
    return module.takeError();
  std::string name = getOptimizer(**module).getSymName().str();
  if (llvm::Error error = lower(**module, options))
    return error;
  return emit(**module, name);
}

SmallVector<std::string>
optimc::test::getFreeze(const std::map<std::string, double> &frozen) {
  SmallVector<std::string> list;
  for (const auto &[name, value] : frozen)
    list.push_back(
        llvm::formatv("{0}={1}", name, llvm::format("%.17g", value)).str());
  return list;
}
