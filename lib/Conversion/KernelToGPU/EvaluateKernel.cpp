//===- EvaluateKernel.cpp - scalar functions on the device -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the runtime's `evaluate` does for one instance, by one thread. The
// functions are emitted from the same ops as on the host, so they have the same
// bits.
//
//===----------------------------------------------------------------------===//

#include "EvaluateKernel.h"

#include "optimc-c/Gpu.h"
#include "optimc-c/Program.h"
#include "optimc/Conversion/ScalarFunctions.h"
#include "optimc/Target/PTX.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <cstddef>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

// Scalar functions find their pointers in an instance where they find them in
// their arguments on the host.
#define SAME(FIELD)                                                            \
  static_assert(offsetof(optimc_gpu_instance, FIELD) ==                        \
                offsetof(optimc_scalar_args, FIELD))
SAME(hyper);
SAME(state);
SAME(next_state);
SAME(values);
SAME(scalars);
SAME(predicates);
#undef SAME

namespace {
class EvaluateBuilder {
public:
  EvaluateBuilder(const ProgramLayout &layout, const EntryLayout &entry,
                  OpBuilder &builder)
      : layout(layout), entry(entry), builder(builder),
        loc(CommitOp(entry.commit).getLoc()), i32(builder.getI32Type()),
        i64(builder.getI64Type()), f32(builder.getF32Type()),
        f64(builder.getF64Type()),
        pointer(LLVM::LLVMPointerType::get(builder.getContext(),
                                           /*addressSpace=*/1)) {}

  LLVM::LLVMFuncOp build(StringRef name);

private:
  void copyFrame();
  void evaluateRate(Rate rate);
  void setInputs(Rate rate);
  void setReduced(Rate rate);

  Value word(int64_t value, Type type);
  Value address(Value base, Type type, int64_t index);
  Value load(Type type, Value base, int64_t index);
  Value field(size_t offset) {
    return load(pointer, address(instance, builder.getI8Type(), offset), 0);
  }
  /// Code under a condition; the insertion point is in it while `emit` runs.
  void emitIf(Value condition, function_ref<void()> emit,
              function_ref<void()> emitElse = {});
  void emitIf(arith::CmpIPredicate predicate, Value a, Value b,
              function_ref<void()> emit) {
    Value condition = arith::CmpIOp::create(builder, loc, predicate, a, b);
    emitIf(condition, emit);
  }
  void forEach(unsigned count, function_ref<void(Value index)> emit);
  void copy(Value from, Value to, Type type, unsigned count);
  void clear(Value to, Type type, unsigned count);

  const ProgramLayout &layout;
  const EntryLayout &entry;
  OpBuilder &builder;
  Location loc;
  Type i32, i64, f32, f64, pointer;
  Value instance, stage;
};
} // namespace

//===----------------------------------------------------------------------===//
// Small pieces
//===----------------------------------------------------------------------===//

Value EvaluateBuilder::word(int64_t value, Type type) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getIntegerAttr(type, value));
}

Value EvaluateBuilder::address(Value base, Type type, int64_t index) {
  LLVM::GEPArg position = static_cast<int32_t>(index);
  return LLVM::GEPOp::create(builder, loc, pointer, type, base,
                             ArrayRef<LLVM::GEPArg>(position));
}

Value EvaluateBuilder::load(Type type, Value base, int64_t index) {
  Value place = address(base, type, index);
  return LLVM::LoadOp::create(builder, loc, type, place);
}

void EvaluateBuilder::emitIf(Value condition, function_ref<void()> emit,
                             function_ref<void()> emitElse) {
  auto branch = scf::IfOp::create(builder, loc, condition,
                                  /*withElseRegion=*/bool(emitElse));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  emit();
  if (!emitElse)
    return;
  builder.setInsertionPointToStart(branch.elseBlock());
  emitElse();
}

void EvaluateBuilder::forEach(unsigned count,
                              function_ref<void(Value index)> emit) {
  Value zero = word(0, i64), one = word(1, i64), end = word(count, i64);
  auto loop = scf::ForOp::create(builder, loc, zero, end, one);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  emit(loop.getInductionVar());
}

void EvaluateBuilder::copy(Value from, Value to, Type type, unsigned count) {
  forEach(count, [&](Value index) {
    Value source = LLVM::GEPOp::create(builder, loc, pointer, type, from,
                                       ValueRange(index));
    Value value = LLVM::LoadOp::create(builder, loc, type, source);
    Value target =
        LLVM::GEPOp::create(builder, loc, pointer, type, to, ValueRange(index));
    LLVM::StoreOp::create(builder, loc, value, target);
  });
}

void EvaluateBuilder::clear(Value to, Type type, unsigned count) {
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  forEach(count, [&](Value index) {
    Value target =
        LLVM::GEPOp::create(builder, loc, pointer, type, to, ValueRange(index));
    LLVM::StoreOp::create(builder, loc, zero, target);
  });
}

//===----------------------------------------------------------------------===//
// One instance
//===----------------------------------------------------------------------===//

/// What the coarser instance has, or nothing.
void EvaluateBuilder::copyFrame() {
  unsigned numScalars = entry.scalars.size();
  Value values = field(offsetof(optimc_gpu_instance, values));
  Value scalars = field(offsetof(optimc_gpu_instance, scalars));
  Value predicates = field(offsetof(optimc_gpu_instance, predicates));
  Value place = address(instance, builder.getI8Type(),
                        offsetof(optimc_gpu_instance, coarser));
  Value number = load(i64, place, 0), none = word(0, i64);
  Value exists = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                       number, none);
  emitIf(
      exists,
      [&] {
        Value coarser = load(pointer, place, 0);
        auto of = [&](size_t offset) {
          return load(pointer, address(coarser, builder.getI8Type(), offset),
                      0);
        };
        copy(of(offsetof(optimc_gpu_instance, values)), values, f64,
             entry.numValues);
        copy(of(offsetof(optimc_gpu_instance, scalars)), scalars, f32,
             numScalars);
        copy(of(offsetof(optimc_gpu_instance, predicates)), predicates, i64, 1);
      },
      [&] {
        clear(values, f64, entry.numValues);
        clear(scalars, f32, numScalars);
        clear(predicates, i64, 1);
      });
}

void EvaluateBuilder::setInputs(Rate rate) {
  Value inputs, values;
  OptimizerOp optimizer = layout.op;
  for (auto [slot, argument] : llvm::enumerate(layout.inputs)) {
    InputAttr input = optimizer.getInput(argument - optimizer.getFirstInput());
    if (input.getRate() != rate)
      continue;
    if (!inputs) {
      inputs = field(offsetof(optimc_gpu_instance, inputs));
      values = field(offsetof(optimc_gpu_instance, values));
    }
    Value value = load(f64, inputs, slot);
    Value target = address(values, f64, slot);
    LLVM::StoreOp::create(builder, loc, value, target);
  }
}

/// The results of reductions that are known in this stage.
void EvaluateBuilder::setReduced(Rate rate) {
  for (unsigned i = 0, e = entry.reductions.size(); i != e; ++i) {
    const ReductionLayout &reduction = entry.reductions[i];
    ReduceOp reduce = reduction.op;
    if (reduce.getRate() != rate)
      continue;
    unsigned target = entry.values.lookup(reduce.getResult());
    emitIf(arith::CmpIPredicate::uge, stage, word(reduction.stage, i32), [&] {
      Value reduced = field(offsetof(optimc_gpu_instance, reduced));
      Value values = field(offsetof(optimc_gpu_instance, values));
      Value value = load(f64, reduced, i);
      Value place = address(values, f64, target);
      LLVM::StoreOp::create(builder, loc, value, place);
    });
  }
}

void EvaluateBuilder::evaluateRate(Rate rate) {
  setInputs(rate);
  setReduced(rate);
  Value states = field(offsetof(optimc_gpu_instance, state));
  Value next = field(offsetof(optimc_gpu_instance, next_state));
  copy(states, next, f64, layout.getNumStates(rate));
  for (ScalarFunctionKey key : getScalarFunctionKeys(layout, entry)) {
    if (key.rate != rate)
      continue;
    auto emit = [&] {
      emitScalarFunction(
          layout, entry, key,
          {instance, cast<LLVM::LLVMPointerType>(pointer).getAddressSpace(),
           offsetof(optimc_gpu_instance, rank)},
          builder);
    };
    if (key.stage == 0)
      emit();
    else
      emitIf(arith::CmpIPredicate::uge, stage, word(key.stage, i32), emit);
  }
}

LLVM::LLVMFuncOp EvaluateBuilder::build(StringRef name) {
  MLIRContext *context = builder.getContext();
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context),
                                          {pointer, i32, i32, i32});
  auto function = LLVM::LLVMFuncOp::create(builder, loc, name, type);
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                    builder.getUnitAttr());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(function.addEntryBlock(builder));
  Value count = function.getArgument(1), rate = function.getArgument(2);
  stage = function.getArgument(3);
  Value thread = NVVM::ThreadIdXOp::create(builder, loc, i32);
  Value block = NVVM::BlockIdXOp::create(builder, loc, i32);
  Value threads = NVVM::BlockDimXOp::create(builder, loc, i32);
  Value before = arith::MulIOp::create(builder, loc, block, threads);
  Value number = arith::AddIOp::create(builder, loc, before, thread);
  emitIf(arith::CmpIPredicate::ult, number, count, [&] {
    Value wide = arith::ExtUIOp::create(builder, loc, i64, number);
    Value size = word(sizeof(optimc_gpu_instance), i64);
    Value offset = arith::MulIOp::create(builder, loc, wide, size);
    instance = LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(),
                                   function.getArgument(0), ValueRange(offset));
    copyFrame();
    for (Rate each : {Rate::Model, Rate::Group, Rate::Tensor})
      emitIf(arith::CmpIPredicate::eq, rate, word(int64_t(each), i32),
             [&] { evaluateRate(each); });
  });
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  PTXKernel expected;
  expected.doubles = PTXKernel::Doubles::All;
  expected.attach(function);
  return function;
}

LLVM::LLVMFuncOp optimc::buildEvaluateKernel(const ProgramLayout &layout,
                                             const EntryLayout &entry,
                                             StringRef name,
                                             OpBuilder &builder) {
  return EvaluateBuilder(layout, entry, builder).build(name);
}
