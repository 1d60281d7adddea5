//===- KernelBuilder.cpp - the loops of one kernel -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "optimc-c/Program.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <cstddef>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static_assert(sizeof(void *) == 8, "the program ABI is laid out for 64 bits");

//===----------------------------------------------------------------------===//
// Small pieces
//===----------------------------------------------------------------------===//

Value KernelBuilder::loadField(Type type, Value base, int64_t offset) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  LLVM::GEPArg index = static_cast<int32_t>(offset);
  auto address = LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(),
                                     base, ArrayRef<LLVM::GEPArg>(index));
  return LLVM::LoadOp::create(builder, loc, type, address);
}

Value KernelBuilder::elementAddress(Value base, Value index, Type type) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  return LLVM::GEPOp::create(builder, loc, pointer, type, base,
                             ValueRange(index));
}

//===----------------------------------------------------------------------===//
// Before the loops
//===----------------------------------------------------------------------===//

void KernelBuilder::buildKeys(Value first) {
  if (!getIndexArgument())
    return;
  Type i64 = builder.getI64Type();
  Value key = loadField(i64, run, offsetof(optimc_run, key));
  mapKeys(first, key);
}

void KernelBuilder::loadScalars() {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value frame = loadField(pointer, run, offsetof(optimc_run, scalars));
  mapScalars([&](unsigned slot) {
    return loadField(builder.getF32Type(), frame, slot * sizeof(float));
  });
}

/// Loads again what loops of single elements need, so that it takes no vector
/// registers in the loop before them. Conditions take none.
void KernelBuilder::reloadScalars() {
  if (!body || isSegmented())
    return;
  IRMapping before = scalars;
  loadScalars();
  compute(Level::Run);
  for (auto [value, scalar] : before.getValueMap())
    if (scalar.getType().isInteger(1))
      scalars.map(value, scalar);
}

/// Finds the arrays of stream `i` where `first` is its first value in use.
void KernelBuilder::placeStream(unsigned i, Value first) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value base = loadField(pointer, table, i * sizeof(void *));
  bases[i] = elementAddress(base, first, getMemoryType(i));
  StorageAttr storage = getFormat(i);
  if (!storage.hasAux())
    return;
  Value second = loadField(pointer, auxTable, i * sizeof(void *));
  Value position = first;
  if (storage.isBlockScaled()) {
    Value size = constant(BlockMaxOp::size);
    position = arith::DivUIOp::create(builder, loc, first, size);
  }
  auxBases[i] = elementAddress(second, position, builder.getI16Type());
}

/// Nothing else announces the first values of a run, which are all that small
/// tensors have. `later` is an optimc_run.
void KernelBuilder::prefetchRun(Value later) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value first =
      loadField(builder.getI64Type(), later, offsetof(optimc_run, first));
  Value arrays = loadField(pointer, later, offsetof(optimc_run, stream));
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i) {
    // Slices are in cache.
    if (!isUsed(i) || layout.streams[i].rate != phase.domain)
      continue;
    Value base = loadField(pointer, arrays, i * sizeof(void *));
    Value address = elementAddress(base, first, getMemoryType(i));
    for (int64_t offset = 0; offset != firstBytes; offset += cacheLine)
      prefetch(address, offset);
  }
}

void KernelBuilder::buildRun() {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Type i64 = builder.getI64Type();
  table = loadField(pointer, run, offsetof(optimc_run, stream));
  auxTable = loadField(pointer, run, offsetof(optimc_run, aux));
  Value first = loadField(i64, run, offsetof(optimc_run, first));
  Value count = loadField(i64, run, offsetof(optimc_run, count));
  bases.assign(layout.streams.size(), Value());
  auxBases.assign(layout.streams.size(), Value());
  if (isSegmented() || !expanded.empty()) {
    rows = loadField(i64, run, offsetof(optimc_run, rows));
    cols = loadField(i64, run, offsetof(optimc_run, cols));
    block = loadField(i64, run, offsetof(optimc_run, block));
  }
  origin = first;
  loadScalars();
  buildKeys(first);
  compute(Level::Run);
  if (isSegmented())
    return buildSegments(first, count);
  for (unsigned i = 0, e = bases.size(); i != e; ++i)
    if (isUsed(i) && !isExpanded(i))
      placeStream(i, first);
  buildLoops(count);
}

FailureOr<LLVM::LLVMFuncOp> KernelBuilder::build(StringRef name) {
  if (failed(analyze("optim-kernel-to-cpu")))
    return failure();
  planBlocks();
  MLIRContext *context = builder.getContext();
  auto pointer = LLVM::LLVMPointerType::get(context);
  Type i64 = builder.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context),
                                          {pointer, i64});
  auto function = LLVM::LLVMFuncOp::create(builder, loc, name, type,
                                           LLVM::Linkage::Internal);
  function.setDsoLocal(true);
  OpBuilder::InsertionGuard guard(builder);
  Block *block = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  allocateBuffers();
  allocateSlices();
  for (const PartialReduction &partial : phase.reductions) {
    ReduceOp reduce = getReduce(partial);
    Value buffer;
    if (reduce.getRate() != Rate::Col) {
      Value size = constant(ReductionLanes::numLanes);
      buffer = LLVM::AllocaOp::create(builder, loc, pointer,
                                      builder.getF32Type(), size,
                                      /*alignment=*/64);
    }
    lanes.emplace_back(reduce.getKind(), reduce.getRate(), buffer);
  }
  Value zero = constant(0), one = constant(1);
  auto loop =
      scf::ForOp::create(builder, loc, zero, function.getArgument(1), one);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  builder.setInsertionPointToStart(loop.getBody());
  Value size = constant(sizeof(optimc_run)), minusOne = constant(-1),
        ahead = constant(runsAhead);
  auto getRun = [&](Value index) -> Value {
    Value offset = multiply(index, size);
    return LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(),
                               function.getArgument(0), ValueRange(offset));
  };
  run = getRun(loop.getInductionVar());
  Value last = add(function.getArgument(1), minusOne);
  Value later = add(loop.getInductionVar(), ahead);
  prefetchRun(getRun(least(later, last)));
  buildRun();
  return function;
}
