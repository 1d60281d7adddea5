//===- Pipelines.cpp - from a spec to a program -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Pipelines/Pipelines.h"

#include "optimc/Conversion/GPUModule.h"
#include "optimc/Conversion/Passes.h"
#include "optimc/Conversion/SpecHash.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include "optimc/Target/MachineCode.h"
#include "optimc/Target/PTX.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/ConvertToLLVM/ToLLVMPass.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/IR/LLVMContext.h"

using namespace mlir;
using namespace optimc;
using optim::OptimizerOp;

namespace {
struct PhaseBuilder {
  Phase phase;
  void (*add)(OpPassManager &passes, const CompileOptions &options);
};
} // namespace

static void addInline(OpPassManager &passes, const CompileOptions &) {
  passes.addPass(optim::createOptimInline());
}

static void addWrap(OpPassManager &passes, const CompileOptions &options) {
  if (options.amp)
    passes.addNestedPass<OptimizerOp>(optim::createOptimWrapAmp());
}

static void addFreeze(OpPassManager &passes, const CompileOptions &options) {
  if (options.freeze.empty())
    return;
  optim::OptimFreezeOptions freeze;
  for (const std::string &value : options.freeze)
    freeze.values.push_back(value);
  passes.addNestedPass<OptimizerOp>(optim::createOptimFreeze(freeze));
}

static void addStore(OpPassManager &passes, const CompileOptions &options) {
  if (options.store.empty())
    return;
  optim::OptimSetStorageOptions storage;
  for (const std::string &format : options.store)
    storage.formats.push_back(format);
  // What a delay keeps is stored like other states.
  passes.addNestedPass<OptimizerOp>(optim::createOptimExpandDelays());
  passes.addNestedPass<OptimizerOp>(optim::createOptimSetStorage(storage));
}

static void addExpand(OpPassManager &passes, const CompileOptions &) {
  OpPassManager &nested = passes.nest<OptimizerOp>();
  nested.addPass(optim::createOptimExpandDelays());
  nested.addPass(optim::createOptimExpandScalarRings());
  nested.addPass(optim::createOptimExpandCases());
  nested.addPass(optim::createOptimExpandGates());
  nested.addPass(optim::createOptimExpandExpr());
  nested.addPass(optim::createOptimExpandMixtures());
  nested.addPass(optim::createOptimExpandSchedules());
}

static void addSimplify(OpPassManager &passes, const CompileOptions &) {
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addNestedPass<OptimizerOp>(optim::createOptimElideStates());
}

static void addSplitHost(OpPassManager &passes, const CompileOptions &) {
  passes.addNestedPass<OptimizerOp>(optim::createOptimSplitHost());
}

static void addSpecialize(OpPassManager &passes,
                          const CompileOptions &options) {
  optim::OptimSpecializeOptions specialize;
  specialize.phases = options.phases;
  passes.addNestedPass<OptimizerOp>(optim::createOptimSpecialize(specialize));
}

static void addMakeKernels(OpPassManager &passes,
                           const CompileOptions &options) {
  optim::OptimMakeKernelsOptions kernels;
  kernels.phases = options.phases;
  passes.addNestedPass<OptimizerOp>(optim::createOptimMakeKernels(kernels));
}

static void addToArith(OpPassManager &passes, const CompileOptions &) {
  passes.addNestedPass<OptimizerOp>(createOptimToArith());
  passes.addPass(createCSEPass());
}

static void addExpandStorage(OpPassManager &passes, const CompileOptions &) {
  passes.addNestedPass<OptimizerOp>(createOptimExpandStorage());
  passes.addPass(createCSEPass());
}

static void addLLVM(OpPassManager &passes, const CompileOptions &) {
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createConvertToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
}

static void addKernelToGPU(OpPassManager &passes,
                           const CompileOptions &options) {
  if (!options.gpus.empty())
    passes.addPass(createOptimKernelToGPU());
}

static void addEmitPTX(OpPassManager &passes, const CompileOptions &options) {
  if (options.gpus.empty())
    return;
  OpPassManager &nested = passes.nest<ModuleOp>();
  nested.addPass(createCSEPass());
  addLLVM(nested, options);
  OptimEmitPTXOptions emit;
  for (const std::string &gpu : options.gpus)
    emit.gpus.push_back(gpu);
  passes.addPass(createOptimEmitPTX(emit));
}

static void addKernelToCPU(OpPassManager &passes, const CompileOptions &) {
  passes.addPass(createOptimKernelToCPU());
  passes.addPass(createOptimCarryIndices());
}

static void addMultiversion(OpPassManager &passes,
                            const CompileOptions &options) {
  OptimMultiversionOptions versions;
  for (const std::string &cpu : options.cpus)
    versions.cpus.push_back(cpu);
  passes.addPass(createOptimMultiversion(versions));
  passes.addPass(createOptimExpandFMA());
  passes.addPass(createOptimShuffleHalves());
}

static void addEmitProgram(OpPassManager &passes, const CompileOptions &) {
  passes.addPass(createOptimEmitProgram());
}

static ArrayRef<PhaseBuilder> getPhaseBuilders() {
  static const PhaseBuilder phases[] = {
      {{"parse", "the spec as it is written"}, nullptr},
      {{"inline", "calls of templates replaced by their bodies"}, addInline},
      {{"wrap", "inputs grad_scale and found_inf added"}, addWrap},
      {{"freeze", "frozen hyperparameters bound"}, addFreeze},
      {{"store", "formats of streams chosen"}, addStore},
      {{"expand",
        "delays, cases, gates, expressions, mixtures and schedules as "
        "elementary ops"},
       addExpand},
      {{"simplify", "canonical, without unused states"}, addSimplify},
      {{"split-host", "scalar values outlined into host functions"},
       addSplitHost},
      {{"specialize", "variants for what the host knows"}, addSpecialize},
      {{"make-kernels", "element ops outlined into kernels"}, addMakeKernels},
      {{"to-arith", "bodies in arith, f64 on the host and f32 in kernels"},
       addToArith},
      {{"expand-storage", "kernels on what is in memory"}, addExpandStorage},
      {{"kernel-to-gpu", "kernels as code for GPU threads, where asked for"},
       addKernelToGPU},
      {{"emit-ptx", "that code as PTX"}, addEmitPTX},
      {{"kernel-to-cpu", "kernels as loops over memory"}, addKernelToCPU},
      {{"multiversion", "one clone per instruction set"}, addMultiversion},
      {{"emit-program", "tables and exported functions"}, addEmitProgram},
      {{"llvm", "everything in the llvm dialect"}, addLLVM}};
  return phases;
}

ArrayRef<Phase> optimc::getPhases() {
  static const SmallVector<Phase> phases = [] {
    SmallVector<Phase> list;
    for (const PhaseBuilder &builder : getPhaseBuilders())
      list.push_back(builder.phase);
    return list;
  }();
  return phases;
}

void optimc::registerOptimcDialects(DialectRegistry &registry) {
  registry
      .insert<optim::OptimDialect, arith::ArithDialect, cf::ControlFlowDialect,
              math::MathDialect, scf::SCFDialect, vector::VectorDialect>();
  arith::registerConvertArithToLLVMInterface(registry);
  cf::registerConvertControlFlowToLLVMInterface(registry);
  registerConvertMathToLLVMInterface(registry);
  vector::registerConvertVectorToLLVMInterface(registry);
  registerTarget(registry);
  registerGPUTarget(registry);
}

void optimc::registerOptimcPasses() {
  optim::registerOptimTransformsPasses();
  registerOptimConversionPasses();
  registerTransformsPasses();
  registerPass([] { return createSCFToControlFlowPass(); });
  registerPass([] { return createConvertToLLVMPass(); });
  registerPass([] { return createReconcileUnrealizedCastsPass(); });
}

/// The number of a phase; fails with a list of them.
static FailureOr<size_t>
findPhase(StringRef name, function_ref<InFlightDiagnostic()> emitError) {
  ArrayRef<PhaseBuilder> builders = getPhaseBuilders();
  for (auto [i, builder] : llvm::enumerate(builders))
    if (builder.phase.name == name)
      return i;
  InFlightDiagnostic error = emitError();
  error << "unknown phase '" << name << "'; known:";
  for (const PhaseBuilder &builder : builders)
    error << " " << builder.phase.name;
  return error;
}

LogicalResult
optimc::buildPipeline(OpPassManager &passes, const CompileOptions &options,
                      function_ref<InFlightDiagnostic()> emitError) {
  ArrayRef<PhaseBuilder> builders = getPhaseBuilders();
  size_t first = 0, last = builders.size() - 1;
  for (auto [name, number] :
       {std::pair(StringRef(options.from), &first), {options.until, &last}}) {
    if (name.empty())
      continue;
    FailureOr<size_t> found = findPhase(name, emitError);
    if (failed(found))
      return failure();
    *number = *found;
  }
  for (size_t i = first; i <= last; ++i)
    if (builders[i].add)
      builders[i].add(passes, options);
  return success();
}

/// What changes the math, besides the spec; instruction sets do not.
static std::string describeOptions(const CompileOptions &options) {
  std::string text = options.amp ? "amp" : "";
  for (const std::string &value : options.freeze)
    text += " " + value;
  for (const std::string &format : options.store)
    text += " store " + format;
  return text;
}

LogicalResult optimc::runPipeline(ModuleOp module,
                                  const CompileOptions &options) {
  PassManager passes(module.getContext());
  if (failed(
          buildPipeline(passes, options, [&] { return module.emitError(); })))
    return failure();
  // The hash belongs to the program; it would only be noise before.
  if (options.until.empty() || options.until == "emit-program" ||
      options.until == "llvm")
    stampSpecHash(module, describeOptions(options));
  return passes.run(module);
}

LogicalResult optimc::compileToObject(ModuleOp module,
                                      const CompileOptions &options,
                                      SmallVectorImpl<char> &object) {
  CompileOptions whole = options;
  whole.until.clear();
  if (failed(runPipeline(module, whole)))
    return failure();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code = emitLLVMIR(module, context);
  if (!code)
    return failure();
  return emitObject(*code, module.getLoc(), object);
}

std::string optimc::getPTX(ModuleOp module) {
  std::string text;
  for (auto global : module.getOps<LLVM::GlobalOp>())
    if (PTXText::get(global))
      text += PTXText::getText(global);
  return text;
}
