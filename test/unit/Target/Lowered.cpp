//===- Lowered.cpp - hand-lowered specs, compiled -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowered.h"

#include "optimc/Conversion/Passes.h"
#include "optimc/Pipelines/Pipelines.h"
#include "optimc/Target/CHeader.h"
#include "optimc/Target/MachineCode.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::test;

const char *const optimc::test::optText = R"(
optim.optimizer @opt(%p, %g)
    hyper(%lr = 1e-3 in (0, inf), %k = 2 in [1, inf) integer)
    state(%m "exp_avg" observable, %c "count" : group = %lr, %q "peak" : model = 0.25)
    input(%s "scale" : model, %f "found_inf" : model = 0) {
  %inv, %ok, %q_t = host model 0 (%s, %f, %q) {
  ^bb0(%x: f64, %y: f64, %z: f64):
    %one = arith.constant 1.0 : f64
    %zero = arith.constant 0.0 : f64
    %r = arith.divf %one, %x : f64
    %o = arith.cmpf oeq, %y, %zero : f64
    %n = arith.maximumf %z, %x : f64
    yield %r, %o, %n : f64, i1, f64
  } : !optim.model, !optim.pred<model>, !optim.model
  %t = t
  %rate, %last, %c_t = host group 0 (%lr, %k, %inv, %t, %c) {
  ^bb0(%x: f64, %y: f64, %z: f64, %n: f64, %old: f64):
    %r = arith.mulf %x, %z : f64
    %b = arith.cmpf ogt, %n, %y : f64
    %new = arith.addf %old, %r : f64
    yield %r, %b, %new : f64, i1, f64
  } : !optim.group, !optim.pred<group>, !optim.group
  %p_t, %m_t = variants (%last) {
    %a, %b = kernel 0 streams(%p, %g, %m) scalars(%rate, %ok) {
    ^bb0(%x: f32, %y: f32, %z: f32, %s0: f32, %on: i1):
      %n = math.fma %s0, %y, %z : f32
      %kept = arith.select %on, %n, %z : f32
      %root = math.sqrt %kept : f32
      %d = arith.divf %y, %root : f32
      %h = arith.minimumf %d, %kept : f32
      %q0 = arith.subf %x, %h : f32
      yield %q0, %kept : f32, f32
    } : !optim.element, !optim.element
    yield %a, %b
  } case 1 == 1 else {
    %b = kernel 0 streams(%g, %m) scalars(%rate) {
    ^bb0(%y: f32, %z: f32, %s0: f32):
      %n = math.fma %s0, %y, %z : f32
      yield %n : f32
    } : !optim.element
    yield %p, %b
  } case 1 == 0 : !optim.element, !optim.element
  commit %p = %p_t, %m = %m_t, %c = %c_t, %q = %q_t, "rate" = %rate, "scale" = %s
} entry "reset" {
  %n = host group 0 (%lr) {
  ^bb0(%x: f64):
    %d = arith.addf %x, %x : f64
    yield %d : f64
  } : !optim.group
  %m_t = kernel 0 streams(%p) scalars(%n) {
  ^bb0(%x: f32, %s0: f32):
    %d = arith.mulf %x, %s0 : f32
    yield %d : f32
  } : !optim.element
  commit %m = %m_t
}
)";

const char *const optimc::test::fmaText = R"(
optim.optimizer @fma(%p, %g) state(%c) {
  %p_t = kernel 0 streams(%p, %g, %c) scalars() {
  ^bb0(%x: f32, %y: f32, %z: f32):
    %r = math.fma %x, %y, %z : f32
    yield %r : f32
  } : !optim.element
  commit %p = %p_t
}
)";

const char *const optimc::test::noiseText = R"(
optim.optimizer @noise(%p, %g) {
  %p_t = kernel 0 streams(%p, %g) scalars() random(3) {
  ^bb0(%x: f32, %y: f32, %i: i32, %k0: i32, %k1: i32):
    %a = arith.constant 0x9E3779B9 : i32
    %b = arith.constant 0x7FEB352D : i32
    %c = arith.constant 0x846CA68B : i32
    %s8 = arith.constant 8 : i32
    %s15 = arith.constant 15 : i32
    %s16 = arith.constant 16 : i32
    %unit = arith.constant 5.9604644775390625e-8 : f32
    %h0 = arith.muli %i, %a : i32
    %h1 = arith.addi %h0, %k0 : i32
    %h2 = arith.shrui %h1, %s16 : i32
    %h3 = arith.xori %h1, %h2 : i32
    %h4 = arith.muli %h3, %b : i32
    %h5 = arith.xori %h4, %k1 : i32
    %h6 = arith.shrui %h5, %s15 : i32
    %h7 = arith.xori %h5, %h6 : i32
    %h8 = arith.muli %h7, %c : i32
    %h9 = arith.shrui %h8, %s16 : i32
    %h10 = arith.xori %h8, %h9 : i32
    %h11 = arith.shrui %h10, %s8 : i32
    %u = arith.uitofp %h11 : i32 to f32
    %r = arith.mulf %u, %unit : f32
    %n = arith.mulf %y, %r : f32
    %d = arith.subf %x, %n : f32
    yield %d : f32
  } : !optim.element
  commit %p = %p_t
}
)";

const char *const optimc::test::trustText = R"(
optim.optimizer @trust(%p, %g) hyper(%lr = 0.5) state(%x "trust" : tensor = 1) {
  %t = t
  %r, %big = host group 0 (%lr, %t) {
  ^bb0(%a: f64, %n: f64):
    %two = arith.constant 2.0 : f64
    %s = arith.mulf %a, %n : f64
    %c = arith.cmpf ogt, %n, %two : f64
    yield %s, %c : f64, i1
  } : !optim.group, !optim.pred<group>
  %y = host tensor 0 (%r, %big, %x) {
  ^bb0(%a: f64, %c: i1, %old: f64):
    %s = arith.addf %old, %a : f64
    %n = arith.select %c, %s, %old : f64
    yield %n : f64
  } : !optim.tensor
  %p_t = kernel 0 streams(%p, %g) scalars(%y) {
  ^bb0(%a: f32, %b: f32, %s: f32):
    %d = arith.mulf %s, %b : f32
    %n = arith.subf %a, %d : f32
    yield %n : f32
  } : !optim.element
  commit %p = %p_t, %x = %y
}
)";

const char *const optimc::test::copyText = R"(
optim.optimizer @copy(%p, %g) hyper(%lr = 0.1) state(%a, %b, %c) {
  %rate = host group 0 (%lr) {
  ^bb0(%x: f64):
    yield %x : f64
  } : !optim.group
  %half = constant 0.5
  commit %a = %p, %b = %rate, %c = %half
}
)";

Lowered::Lowered(const char *text, const char *name) {
  DialectRegistry registry;
  registerOptimcDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  llvm::raw_string_ostream stream(report);
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBuffer(text, "lowered.mlir"), llvm::SMLoc());
  SourceMgrDiagnosticHandler handler(*sources, &context, stream);
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(sources, ParserConfig(&context));
  if (!module)
    return;
  llvm::raw_string_ostream headerStream(header);
  if (failed(emitCHeader(*module, headerStream)))
    return;
  PassManager passes(&context);
  CompileOptions options;
  options.from = "kernel-to-cpu";
  if (failed(buildPipeline(passes, options,
                           [&] { return module->emitError(); })) ||
      failed(passes.run(*module)))
    return;
  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> code = emitLLVMIR(*module, llvmContext);
  if (!code)
    return;
  // Code generation changes the module.
  std::unique_ptr<llvm::Module> copy = llvm::CloneModule(*code);
  if (failed(emitAssembly(*copy, module->getLoc(), assembly)) ||
      failed(emitObject(*code, module->getLoc(), object)))
    return;
  auto object = LoadedObject::load(this->object);
  if (!object) {
    report += llvm::toString(object.takeError());
    return;
  }
  loaded = std::move(*object);
  auto found = loaded->getProgram(name);
  if (!found) {
    report += llvm::toString(found.takeError());
    return;
  }
  program = *found;
}

Evaluation::Evaluation(const optimc_program &program) {
  for (uint32_t i = 0; i != program.hypers.count; ++i)
    hyper.push_back(program.hypers.data[i].initial);
  for (uint32_t i = 0; i != program.states.count; ++i) {
    const optimc_scalar_state &state = program.states.data[i];
    auto &list = state.rate == OPTIMC_RATE_MODEL ? model : group;
    list.resize(std::max<size_t>(list.size(), state.index + 1));
    list[state.index] = state.init == OPTIMC_INIT_HYPER
                            ? hyper[state.init_hyper]
                            : state.init_value;
  }
  const optimc_entry &step = program.entries.data[0];
  values.resize(step.n_values);
  scalars.resize(step.n_scalars);
  for (uint32_t i = 0; i != program.inputs.count; ++i)
    values[program.inputs.data[i].value] = program.inputs.data[i].initial;
}

void Evaluation::run(const optimc_program &program) {
  const optimc_entry &step = program.entries.data[0];
  nextModel = model;
  nextGroup = group;
  predicates = 0;
  for (uint32_t i = 0; i != step.scalars.count; ++i) {
    const optimc_scalars &scalar = step.scalars.data[i];
    bool ofModel = scalar.rate == OPTIMC_RATE_MODEL;
    optimc_scalar_args args = {ofModel ? nullptr : hyper.data(),
                               ofModel ? model.data() : group.data(),
                               ofModel ? nextModel.data() : nextGroup.data(),
                               values.data(),
                               scalars.data(),
                               &predicates,
                               /*rank=*/0};
    scalar.fn(&args);
  }
  variant = nullptr;
  const optimc_plan &plan = step.plans.data[0];
  for (uint32_t i = 0; i != plan.variants.count; ++i)
    if ((predicates & plan.variants.data[i].mask) ==
        plan.variants.data[i].value)
      variant = &plan.variants.data[i];
}

optimc_kernel_fn optimc::test::getKernel(const optimc_variant &variant,
                                         uint64_t isa) {
  if ((isa & OPTIMC_ISA_X86_64_V3) &&
      !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")))
    return nullptr;
  if ((isa & OPTIMC_ISA_X86_64_V4) && !__builtin_cpu_supports("avx512vl"))
    return nullptr;
  const optimc_phase &phase = variant.phases.data[0];
  for (uint32_t i = 0; i != phase.code.count; ++i)
    if (phase.code.data[i].isa == isa)
      return phase.code.data[i].fn;
  return nullptr;
}
