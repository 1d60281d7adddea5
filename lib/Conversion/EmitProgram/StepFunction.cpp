//===- StepFunction.cpp - the plain function of an optimizer -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepFunction.h"

#include "optimc-c/Program.h"
#include "optimc/Conversion/PlainSignature.h"
#include "optimc/Conversion/RandomHash.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <cstddef>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

namespace {
class StepFunctionBuilder {
public:
  StepFunctionBuilder(const ProgramLayout &layout,
                      ArrayRef<ScalarFunction> scalars,
                      ArrayRef<VariantVersions> versions, OpBuilder &builder)
      : layout(layout), entry(layout.entries.front()), scalars(scalars),
        versions(versions), builder(builder), op(layout.op),
        signature(PlainSignature::get(op)), loc(op.getLoc()),
        pointer(LLVM::LLVMPointerType::get(builder.getContext())),
        f64(builder.getF64Type()), i64(builder.getI64Type()) {}

  void build(LLVM::LLVMFuncOp isa);

private:
  struct States {
    Value old, next;
  };
  void setEnvironment();
  void fillHypers();
  void fillInputs();
  void fillStates();
  void callScalarFunctions();
  void fillRun();
  void runVariant(const VariantLayout &variant, const KernelVersions &code,
                  Value predicates, Value isa);
  void writeBack();

  Value argumentOf(unsigned bodyArgument, bool isAux = false);
  Value reserve(Type type, uint64_t count);
  Value at(Value base, uint64_t byte);
  void store(Value value, Value base, uint64_t byte);
  Value number(double value);
  Value word(uint64_t value);

  const ProgramLayout &layout;
  const EntryLayout &entry;
  ArrayRef<ScalarFunction> scalars;
  ArrayRef<VariantVersions> versions;
  OpBuilder &builder;
  OptimizerOp op;
  PlainSignature signature;
  Location loc;
  Type pointer, f64, i64;
  LLVM::LLVMFuncOp function;
  Value environment, hypers, values, frame, predicateBits, run;
  States states[unsigned(Rate::Tensor) + 1];
};
} // namespace

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

Value StepFunctionBuilder::argumentOf(unsigned bodyArgument, bool isAux) {
  for (auto [i, argument] : llvm::enumerate(signature.arguments))
    if (argument.argument == bodyArgument &&
        (argument.kind == PlainArgument::Aux) == isAux)
      return function.getArgument(3 + i);
  return {};
}

/// Stack memory; never none, so that every pointer is a valid one.
Value StepFunctionBuilder::reserve(Type type, uint64_t count) {
  Value size = word(std::max<uint64_t>(count, 1));
  return LLVM::AllocaOp::create(builder, loc, pointer, type, size,
                                /*alignment=*/8);
}

Value StepFunctionBuilder::at(Value base, uint64_t byte) {
  LLVM::GEPArg position = static_cast<int32_t>(byte);
  return LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>(position));
}

void StepFunctionBuilder::store(Value value, Value base, uint64_t byte) {
  Value place = at(base, byte);
  LLVM::StoreOp::create(builder, loc, value, place);
}

Value StepFunctionBuilder::number(double value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getF64FloatAttr(value));
}

Value StepFunctionBuilder::word(uint64_t value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getI64IntegerAttr(int64_t(value)));
}

//===----------------------------------------------------------------------===//
// Before the kernels
//===----------------------------------------------------------------------===//

/// Round to nearest, subnormals kept, exceptions masked, whatever the caller
/// had; the caller's word comes back at the end.
void StepFunctionBuilder::setEnvironment() {
  Type i32 = builder.getI32Type();
  environment = reserve(i32, 1);
  Value own = reserve(i32, 1);
  LLVM::CallIntrinsicOp::create(builder, loc,
                                builder.getStringAttr("llvm.x86.sse.stmxcsr"),
                                ValueRange(environment));
  Value standard = arith::ConstantOp::create(builder, loc,
                                             builder.getI32IntegerAttr(0x1F80));
  LLVM::StoreOp::create(builder, loc, standard, own);
  LLVM::CallIntrinsicOp::create(builder, loc,
                                builder.getStringAttr("llvm.x86.sse.ldmxcsr"),
                                ValueRange(own));
}

void StepFunctionBuilder::fillHypers() {
  hypers = reserve(f64, op.getHypers().size());
  for (unsigned i = 0, e = op.getHypers().size(); i != e; ++i)
    if (op.getHyper(i).getFrozen())
      store(number(op.getHyper(i).getInitial().getValue()), hypers,
            i * sizeof(double));
  for (auto [i, hyper] : llvm::enumerate(signature.hypers)) {
    Value field = at(function.getArgument(0), i * sizeof(double));
    Value value = LLVM::LoadOp::create(builder, loc, f64, field);
    store(value, hypers, hyper.index * sizeof(double));
  }
}

void StepFunctionBuilder::fillInputs() {
  values = reserve(f64, entry.numValues);
  frame = reserve(builder.getF32Type(), entry.scalars.size());
  predicateBits = reserve(i64, 1);
  store(word(0), predicateBits, 0);
  for (auto [slot, argument] : llvm::enumerate(layout.inputs)) {
    Value given = argumentOf(argument);
    InputAttr input = op.getInput(argument - op.getFirstInput());
    if (!given)
      given = number(input.getInitial().getValue());
    store(given, values, slot * sizeof(double));
  }
}

void StepFunctionBuilder::fillStates() {
  for (Rate rate : {Rate::Model, Rate::Group, Rate::Tensor}) {
    unsigned count = layout.getNumStates(rate);
    states[unsigned(rate)] = {reserve(f64, count), reserve(f64, count)};
  }
  auto set = [&](Rate rate, unsigned index, Value value) {
    store(value, states[unsigned(rate)].old, index * sizeof(double));
    store(value, states[unsigned(rate)].next, index * sizeof(double));
  };
  // The clock has taken one step less than the one that is being taken.
  Value one = word(1);
  Value taken =
      arith::SubIOp::create(builder, loc, function.getArgument(1), one);
  Value steps = arith::SIToFPOp::create(builder, loc, f64, taken);
  set(Rate::Group, 0, steps);
  for (const ScalarStateLayout &state : layout.states) {
    Value value =
        LLVM::LoadOp::create(builder, loc, f64, argumentOf(state.argument));
    set(state.rate, state.index, value);
  }
}

void StepFunctionBuilder::callScalarFunctions() {
  Value args = reserve(builder.getI8Type(), sizeof(optimc_scalar_args));
  for (const ScalarFunction &scalar : scalars) {
    Value hyper = hypers;
    if (scalar.key.rate == Rate::Model)
      hyper = LLVM::ZeroOp::create(builder, loc, pointer);
    const States &own = states[unsigned(scalar.key.rate)];
    store(hyper, args, offsetof(optimc_scalar_args, hyper));
    store(own.old, args, offsetof(optimc_scalar_args, state));
    store(own.next, args, offsetof(optimc_scalar_args, next_state));
    store(values, args, offsetof(optimc_scalar_args, values));
    store(frame, args, offsetof(optimc_scalar_args, scalars));
    store(predicateBits, args, offsetof(optimc_scalar_args, predicates));
    store(word(1), args, offsetof(optimc_scalar_args, rank));
    LLVM::CallOp::create(builder, loc, scalar.function, ValueRange(args));
  }
}

void StepFunctionBuilder::fillRun() {
  Value table = reserve(pointer, layout.streams.size());
  Value null = LLVM::ZeroOp::create(builder, loc, pointer);
  for (auto [i, stream] : llvm::enumerate(layout.streams))
    store(stream.argument ? argumentOf(*stream.argument) : null, table,
          i * sizeof(void *));
  Value auxTable = reserve(pointer, layout.streams.size());
  for (auto [i, stream] : llvm::enumerate(layout.streams))
    if (Value second = stream.argument
                           ? argumentOf(*stream.argument, /*isAux=*/true)
                           : Value())
      store(second, auxTable, i * sizeof(void *));
  run = reserve(builder.getI8Type(), sizeof(optimc_run));
  store(table, run, offsetof(optimc_run, stream));
  store(auxTable, run, offsetof(optimc_run, aux));
  store(frame, run, offsetof(optimc_run, scalars));
  store(null, run, offsetof(optimc_run, partials));
  for (size_t offset :
       {offsetof(optimc_run, rows), offsetof(optimc_run, cols),
        offsetof(optimc_run, block), offsetof(optimc_run, flags)})
    store(word(0), run, offset);
  // Seed 0, tensor key 0.
  Value base = word(optimc_mix(optimc_mix(0)));
  Value salted =
      arith::XOrIOp::create(builder, loc, base, function.getArgument(1));
  Value key = emitMix(builder, loc, salted);
  store(key, run, offsetof(optimc_run, key));
}

//===----------------------------------------------------------------------===//
// The kernels
//===----------------------------------------------------------------------===//

void StepFunctionBuilder::runVariant(const VariantLayout &variant,
                                     const KernelVersions &code,
                                     Value predicates, Value isa) {
  OpBuilder::InsertionGuard guard(builder);
  if (variant.mask != 0) {
    Value mask = word(variant.mask), wanted = word(variant.value);
    Value bits = arith::AndIOp::create(builder, loc, predicates, mask);
    Value matches = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::eq, bits, wanted);
    auto guarded = scf::IfOp::create(builder, loc, matches,
                                     /*withElseRegion=*/false);
    builder.setInsertionPointToStart(&guarded.getThenRegion().front());
  }
  // The best version whose bits are all there; the last one needs none.
  Value best;
  for (auto &[what, kernel] : llvm::reverse(code)) {
    Value address = LLVM::AddressOfOp::create(builder, loc, kernel);
    if (!best) {
      best = address;
      continue;
    }
    Value needs = word(what.isa);
    Value there = arith::AndIOp::create(builder, loc, isa, needs);
    Value runs = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                       there, needs);
    best = arith::SelectOp::create(builder, loc, runs, address, best);
  }
  // A run stays within 2^32 elements.
  Value zero = word(0), segment = word(uint64_t(1) << 32);
  auto loop =
      scf::ForOp::create(builder, loc, zero, function.getArgument(2), segment);
  builder.setInsertionPointToStart(loop.getBody());
  Value first = loop.getInductionVar();
  Value left =
      arith::SubIOp::create(builder, loc, function.getArgument(2), first);
  Value count = arith::MinSIOp::create(builder, loc, left, segment);
  store(first, run, offsetof(optimc_run, first));
  store(count, run, offsetof(optimc_run, count));
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(builder.getContext()), {pointer, i64});
  Value one = word(1);
  LLVM::CallOp::create(builder, loc, type, ValueRange{best, run, one});
}

void StepFunctionBuilder::writeBack() {
  for (const ScalarStateLayout &state : layout.states) {
    Value place =
        at(states[unsigned(state.rate)].next, state.index * sizeof(double));
    Value value = LLVM::LoadOp::create(builder, loc, f64, place);
    LLVM::StoreOp::create(builder, loc, value, argumentOf(state.argument));
  }
  LLVM::CallIntrinsicOp::create(builder, loc,
                                builder.getStringAttr("llvm.x86.sse.ldmxcsr"),
                                ValueRange(environment));
}

void StepFunctionBuilder::build(LLVM::LLVMFuncOp isa) {
  SmallVector<Type> types = {pointer, i64, i64};
  for (const PlainArgument &argument : signature.arguments)
    types.push_back(argument.kind == PlainArgument::ScalarInput ? f64
                                                                : pointer);
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(builder.getContext()), types);
  function = LLVM::LLVMFuncOp::create(builder, loc,
                                      (op.getSymName() + "_step").str(), type);
  OpBuilder::InsertionGuard guard(builder);
  Block *block = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  setEnvironment();
  fillHypers();
  fillInputs();
  fillStates();
  callScalarFunctions();
  fillRun();
  auto detected = LLVM::CallOp::create(builder, loc, isa, ValueRange());
  Value predicates = LLVM::LoadOp::create(builder, loc, i64, predicateBits);
  for (auto [variant, code] : llvm::zip(entry.variants, versions))
    if (!code.empty())
      runVariant(variant, code.front(), predicates, detected.getResult());
  writeBack();
  LLVM::ReturnOp::create(builder, loc, ValueRange());
}

void optimc::buildStepFunction(const ProgramLayout &layout,
                               ArrayRef<ScalarFunction> scalars,
                               ArrayRef<VariantVersions> versions,
                               LLVM::LLVMFuncOp isa, OpBuilder &builder) {
  StepFunctionBuilder step(layout, scalars, versions, builder);
  step.build(isa);
}
