//===- Jit.cpp - the emitted functions as machine code ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Jit.h"

#include "optimc/Conversion/ElementaryFunctions.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace optimc::test;

std::unique_ptr<MLIRContext> optimc::test::makeContext() {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  auto context = std::make_unique<MLIRContext>(registry);
  context->loadDialect<arith::ArithDialect, func::FuncDialect,
                       math::MathDialect, LLVM::LLVMDialect>();
  return context;
}

static Value emit(llvm::StringRef function, OpBuilder &builder, Location loc,
                  ValueRange operands) {
  Value x = operands.front();
  if (function == "exp")
    return optimc::emitExp(builder, loc, x);
  if (function == "log")
    return optimc::emitLog(builder, loc, x);
  if (function == "tanh")
    return optimc::emitTanh(builder, loc, x);
  if (function == "sin")
    return optimc::emitSin(builder, loc, x);
  if (function == "cos")
    return optimc::emitCos(builder, loc, x);
  return optimc::emitPow(builder, loc, x, operands.back());
}

static func::FuncOp beginFunction(OpBuilder &builder, ModuleOp module,
                                  const llvm::Twine &name, FunctionType type) {
  builder.setInsertionPointToEnd(module.getBody());
  auto function =
      func::FuncOp::create(builder, builder.getUnknownLoc(), name.str(), type);
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  return function;
}

static void buildScalar(OpBuilder &builder, ModuleOp module,
                        llvm::StringRef name, Type type, bool binary) {
  llvm::StringRef suffix = type.isF32() ? "_f32" : "_f64";
  llvm::SmallVector<Type> inputs(binary ? 2 : 1, type);
  auto function = beginFunction(builder, module, name + suffix,
                                builder.getFunctionType(inputs, type));
  Value result =
      emit(name, builder, function.getLoc(), function.getArguments());
  func::ReturnOp::create(builder, function.getLoc(), result);
}

static void buildVector(OpBuilder &builder, ModuleOp module,
                        llvm::StringRef name, bool binary) {
  Location loc = builder.getUnknownLoc();
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Type vector = VectorType::get({16}, builder.getF32Type());
  llvm::SmallVector<Type> inputs(binary ? 3 : 2, pointer);
  auto function = beginFunction(builder, module, name + "_vector_f32",
                                builder.getFunctionType(inputs, {}));
  llvm::SmallVector<Value> operands;
  for (Value address : function.getArguments().drop_back()) {
    auto load = LLVM::LoadOp::create(builder, loc, vector, address, 4);
    operands.push_back(load);
  }
  Value result = emit(name, builder, loc, operands);
  LLVM::StoreOp::create(builder, loc, result, function.getArguments().back(),
                        4);
  func::ReturnOp::create(builder, loc);
}

OwningOpRef<ModuleOp> optimc::test::buildModule(MLIRContext &context) {
  OpBuilder builder(&context);
  OwningOpRef<ModuleOp> module(ModuleOp::create(builder.getUnknownLoc()));
  for (const char *name : {"exp", "log", "tanh", "sin", "cos", "pow"}) {
    bool binary = llvm::StringRef(name) == "pow";
    buildScalar(builder, *module, name, builder.getF32Type(), binary);
    buildScalar(builder, *module, name, builder.getF64Type(), binary);
    buildVector(builder, *module, name, binary);
  }
  return module;
}

void optimc::test::appendConstantCall(ModuleOp module, llvm::StringRef name,
                                      llvm::StringRef function, Type type,
                                      double x, double y) {
  OpBuilder builder(module.getContext());
  auto caller =
      beginFunction(builder, module, name, builder.getFunctionType({}, type));
  Location loc = caller.getLoc();
  llvm::SmallVector<Value> operands;
  for (double operand : {x, y}) {
    auto constant =
        arith::ConstantOp::create(builder, loc, FloatAttr::get(type, operand));
    operands.push_back(constant);
  }
  Value result = emit(function, builder, loc, operands);
  func::ReturnOp::create(builder, loc, result);
}

Jit::Jit() = default;
Jit::~Jit() = default;

std::unique_ptr<Jit> Jit::compile(ModuleOp module, unsigned optLevel,
                                  std::string &error) {
  static const bool initialized = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    return true;
  }();
  (void)initialized;

  OwningOpRef<ModuleOp> lowered(module.clone());
  PassManager passes(module.getContext());
  passes.addPass(createConvertMathToLLVMPass());
  passes.addPass(createArithToLLVMConversionPass());
  passes.addPass(createConvertFuncToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  if (failed(passes.run(*lowered))) {
    error = "lowering to the llvm dialect failed";
    return nullptr;
  }

  auto llvmContext = std::make_unique<llvm::LLVMContext>();
  std::unique_ptr<llvm::Module> llvmModule =
      translateModuleToLLVMIR(*lowered, *llvmContext);
  if (!llvmModule) {
    error = "translation to LLVM IR failed";
    return nullptr;
  }

  auto fail = [&error](llvm::Error reason) {
    error = llvm::toString(std::move(reason));
    return nullptr;
  };
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host)
    return fail(host.takeError());
  auto machine = host->createTargetMachine();
  if (!machine)
    return fail(machine.takeError());
  llvmModule->setDataLayout((*machine)->createDataLayout());
  llvmModule->setTargetTriple((*machine)->getTargetTriple());
  if (optLevel != 0) {
    auto optimize = makeOptimizingTransformer(optLevel, 0, machine->get());
    if (llvm::Error reason = optimize(llvmModule.get()))
      return fail(std::move(reason));
  }

  auto session = llvm::orc::LLJITBuilder()
                     .setJITTargetMachineBuilder(std::move(*host))
                     .create();
  if (!session)
    return fail(session.takeError());
  llvm::orc::ThreadSafeModule owned(std::move(llvmModule),
                                    std::move(llvmContext));
  if (llvm::Error reason = (*session)->addIRModule(std::move(owned)))
    return fail(std::move(reason));
  std::unique_ptr<Jit> jit(new Jit());
  jit->session = std::move(*session);
  return jit;
}

void *Jit::address(llvm::StringRef name) {
  auto symbol = session->lookup(name);
  if (!symbol) {
    llvm::consumeError(symbol.takeError());
    return nullptr;
  }
  return symbol->toPtr<void *>();
}
