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

KernelBuilder::KernelBuilder(const ProgramLayout &layout,
                             const EntryLayout &entry,
                             const VariantLayout &variant, OpBuilder &builder)
    : layout(layout), variant(variant), entry(entry), kernel(variant.kernel),
      builder(builder), loc(builder.getUnknownLoc()) {
  CommitOp commit = entry.commit;
  loc = kernel ? kernel.getLoc() : commit.getLoc();
  if (kernel)
    body = &kernel.getBody().front();
  findStreams();
}

//===----------------------------------------------------------------------===//
// What the body needs
//===----------------------------------------------------------------------===//

void KernelBuilder::findStreams() {
  for (const ElementWrite &write : variant.writes) {
    writes |= uint64_t(1) << write.stream;
    if (std::optional<unsigned> source = layout.getStream(write.source))
      reads |= uint64_t(1) << *source;
  }
  if (!body)
    return;
  for (auto [i, operand] : llvm::enumerate(kernel.getStreams()))
    if (!body->getArgument(i).use_empty())
      reads |= uint64_t(1) << *layout.getStream(lookThroughBroadcasts(operand));
}

StorageAttr KernelBuilder::getFormat(unsigned stream) const {
  OptimizerOp optimizer = layout.op;
  return optimizer.getStorage(layout.streams[stream].argument);
}

Type KernelBuilder::getMemoryType(unsigned stream) const {
  StorageAttr storage = getFormat(stream);
  if (storage.getFormat() == StorageFormat::F32)
    return builder.getF32Type();
  return builder.getIntegerType(storage.getBits());
}

LogicalResult KernelBuilder::checkFormats() {
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i)
    if (((reads | writes) >> i & 1) &&
        getFormat(i).getFormat() != StorageFormat::F32 &&
        !(kernel && kernel.isStored()))
      return emitError(loc) << "'" << layout.streams[i].name
                            << "' is stored as " << getFormat(i).getText()
                            << "; run optim-expand-storage before "
                               "optim-kernel-to-cpu";
  return success();
}

LogicalResult KernelBuilder::findUniform() {
  if (!body)
    return success();
  unsigned numStreams = kernel.getStreams().size();
  unsigned index = numStreams + kernel.getScalars().size();
  unsigned firstAux = kernel.getAuxArgument(0);
  for (BlockArgument argument : body->getArguments().drop_front(numStreams))
    if (argument.getArgNumber() < firstAux &&
        (argument.getArgNumber() != index || kernel.getRandomIds().empty()))
      uniform.insert(argument);
  for (Operation &op : body->without_terminator()) {
    bool isConstant = op.hasTrait<OpTrait::ConstantLike>();
    if (!isConstant &&
        (!OpTrait::hasElementwiseMappableTraits(&op) ||
         op.getNumRegions() != 0) &&
        !isa<BlockMaxOp>(op))
      return op.emitOpError("is not elementwise; run optim-to-arith before "
                            "optim-kernel-to-cpu");
    // A maximum is known after the first loop only, whatever its operand.
    if (!isa<BlockMaxOp>(op) &&
        llvm::all_of(op.getOperands(),
                     [&](Value operand) { return uniform.contains(operand); }))
      uniform.insert_range(op.getResults());
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Small pieces
//===----------------------------------------------------------------------===//

Value KernelBuilder::constant(int64_t value, unsigned bits) {
  return arith::ConstantOp::create(
      builder, loc,
      builder.getIntegerAttr(builder.getIntegerType(bits), value));
}

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

Type KernelBuilder::widen(Type type, bool vector) {
  return vector ? Type(VectorType::get({width}, type)) : type;
}

//===----------------------------------------------------------------------===//
// Before the loops
//===----------------------------------------------------------------------===//

/// optimc_mix of Program.h.
Value KernelBuilder::mix(Value x) {
  auto shiftXor = [&](Value value, int64_t bits) -> Value {
    Value amount = constant(bits);
    Value shifted = arith::ShRUIOp::create(builder, loc, value, amount);
    return arith::XOrIOp::create(builder, loc, value, shifted);
  };
  auto multiply = [&](Value value, uint64_t factor) -> Value {
    Value c = constant(static_cast<int64_t>(factor));
    return arith::MulIOp::create(builder, loc, value, c);
  };
  Value increment = constant(static_cast<int64_t>(0x9E3779B97F4A7C15u));
  x = arith::AddIOp::create(builder, loc, x, increment);
  x = multiply(shiftXor(x, 30), 0xBF58476D1CE4E5B9u);
  x = multiply(shiftXor(x, 27), 0x94D049BB133111EBu);
  return shiftXor(x, 31);
}

/// The keys of `random`: a run stays within 2^32 elements, so its high index
/// bits, and with them the keys, are the same for all of its elements.
void KernelBuilder::buildKeys(Value run) {
  if (!body || kernel.getRandomIds().empty())
    return;
  Type i64 = builder.getI64Type(), i32 = builder.getI32Type();
  Value first = loadField(i64, run, offsetof(optimc_run, global_first));
  Value key = loadField(i64, run, offsetof(optimc_run, key));
  firstIndex = arith::TruncIOp::create(builder, loc, i32, first);
  Value half = constant(32);
  Value high = arith::ShRUIOp::create(builder, loc, first, half);
  unsigned argument =
      kernel.getStreams().size() + kernel.getScalars().size() + 1;
  for (int32_t id : kernel.getRandomIds()) {
    Value tag = constant(static_cast<int64_t>(uint64_t(uint32_t(id)) << 32));
    Value place = arith::OrIOp::create(builder, loc, tag, high);
    Value placed = mix(place);
    Value salted = arith::XOrIOp::create(builder, loc, key, placed);
    Value k = mix(salted);
    Value k0 = arith::TruncIOp::create(builder, loc, i32, k);
    Value kHigh = arith::ShRUIOp::create(builder, loc, k, half);
    Value k1 = arith::TruncIOp::create(builder, loc, i32, kHigh);
    scalars.map(body->getArgument(argument++), k0);
    scalars.map(body->getArgument(argument++), k1);
  }
}

void KernelBuilder::loadScalars(Value run) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value frame = loadField(pointer, run, offsetof(optimc_run, scalars));
  auto load = [&](Value scalar) -> Value {
    unsigned slot = entry.scalars.lookup(lookThroughBroadcasts(scalar));
    return loadField(builder.getF32Type(), frame, slot * sizeof(float));
  };
  if (body) {
    unsigned first = kernel.getStreams().size();
    for (auto [i, operand] : llvm::enumerate(kernel.getScalars())) {
      BlockArgument argument = body->getArgument(first + i);
      if (argument.use_empty())
        continue;
      Value scalar = load(operand);
      if (argument.getType().isInteger(1)) {
        Value zero =
            arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0));
        scalar = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNE,
                                       scalar, zero);
      }
      scalars.map(argument, scalar);
    }
  }
  for (const ElementWrite &write : variant.writes) {
    if (scalars.contains(write.source))
      continue;
    if (auto constant = write.source.getDefiningOp<ConstantOp>()) {
      // One rounding, where the scalar meets an element.
      auto attr = builder.getF32FloatAttr(
          static_cast<float>(constant.getValue().getValue()));
      Value number = arith::ConstantOp::create(builder, loc, attr);
      scalars.map(write.source, number);
    } else if (entry.scalars.contains(write.source)) {
      Value scalar = load(write.source);
      scalars.map(write.source, scalar);
    }
  }
}

/// Whatever does not depend on the element is computed once per run.
void KernelBuilder::computeUniform() {
  if (!body)
    return;
  for (Operation &op : body->without_terminator())
    if (op.getNumResults() != 0 && uniform.contains(op.getResult(0)))
      builder.clone(op, scalars);
}

void KernelBuilder::buildRun(Value run) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Type i64 = builder.getI64Type();
  Value table = loadField(pointer, run, offsetof(optimc_run, stream));
  Value first = loadField(i64, run, offsetof(optimc_run, first));
  Value count = loadField(i64, run, offsetof(optimc_run, count));
  bases.assign(layout.streams.size(), Value());
  auxBases.assign(layout.streams.size(), Value());
  Value auxTable;
  for (unsigned i = 0; i != bases.size(); ++i) {
    if (!((reads | writes) >> i & 1))
      continue;
    Value base = loadField(pointer, table, i * sizeof(void *));
    bases[i] = elementAddress(base, first, getMemoryType(i));
    StorageAttr storage = getFormat(i);
    if (!storage.hasAux())
      continue;
    if (!auxTable)
      auxTable = loadField(pointer, run, offsetof(optimc_run, aux));
    Value second = loadField(pointer, auxTable, i * sizeof(void *));
    Value position = first;
    if (storage.isBlockScaled()) {
      Value size = constant(BlockMaxOp::size);
      position = arith::DivUIOp::create(builder, loc, first, size);
    }
    auxBases[i] = elementAddress(second, position, builder.getI16Type());
  }
  loadScalars(run);
  buildKeys(run);
  computeUniform();
  if (!blockMaxima.empty() || readsBlocks())
    return buildBlocks(count);
  Value zero = constant(0);
  Value mask = constant(-width);
  Value whole = arith::AndIOp::create(builder, loc, count, mask);
  vectorLoop = buildLoop(zero, whole, width, /*vector=*/true);
  buildLoop(whole, count, 1, /*vector=*/false);
}

//===----------------------------------------------------------------------===//
// The loops
//===----------------------------------------------------------------------===//

scf::ForOp KernelBuilder::buildLoop(Value from, Value to, int64_t step,
                                    bool vector) {
  Value stride = constant(step);
  auto loop = scf::ForOp::create(builder, loc, from, to, stride);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  if (vector)
    vectorLoop = loop;
  buildIteration(loop.getInductionVar(), vector);
  return loop;
}

Value KernelBuilder::elementIndex(Value index, bool vector) {
  Type i32 = builder.getI32Type();
  Value low = arith::TruncIOp::create(builder, loc, i32, index);
  Value first = arith::AddIOp::create(builder, loc, firstIndex, low);
  if (!vector)
    return first;
  auto type = cast<VectorType>(widen(i32, true));
  SmallVector<int32_t> lanes(width);
  for (auto [i, lane] : llvm::enumerate(lanes))
    lane = i;
  Value steps = arith::ConstantOp::create(
      builder, loc, DenseIntElementsAttr::get(type, lanes));
  Value base = vector::BroadcastOp::create(builder, loc, type, first);
  return arith::AddIOp::create(builder, loc, base, steps);
}

/// The vector form of a value: computed in this iteration, or a scalar that is
/// broadcast once, before the loop.
Value KernelBuilder::vectorOf(Value value, const IRMapping &varying) {
  if (Value computed = varying.lookupOrNull(value))
    return computed;
  Value scalar = scalars.lookup(value);
  if (Value known = broadcasts.lookupOrNull(scalar))
    return known;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(vectorLoop);
  // A mask as wide as the data it selects: all parts of it are one register.
  bool isMask = scalar.getType().isInteger(1);
  Value lane = scalar;
  if (isMask)
    lane = arith::ExtSIOp::create(builder, loc, builder.getI32Type(), scalar);
  auto type = cast<VectorType>(widen(lane.getType(), true));
  Value splat = vector::BroadcastOp::create(builder, loc, type, lane);
  if (isMask) {
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
    splat = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, splat,
                                  zero);
  }
  broadcasts.map(scalar, splat);
  return splat;
}

void KernelBuilder::prefetch(Value address) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  LLVM::GEPArg ahead = static_cast<int32_t>(prefetchBytes);
  Value target = LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(),
                                     address, ArrayRef<LLVM::GEPArg>(ahead));
  LLVM::Prefetch::create(builder, loc, target, /*rw=*/0, /*hint=*/3,
                         /*cache=*/1);
}

/// Maps the streams and the element's index; all loads of an iteration come
/// before its stores.
void KernelBuilder::loadStreams(Value index, bool vector, IRMapping &varying) {
  SmallVector<Value> addresses(bases.size());
  for (auto [i, base] : llvm::enumerate(bases))
    if (base)
      addresses[i] = elementAddress(base, index, getMemoryType(i));
  if (vector)
    for (Value address : addresses)
      if (address)
        prefetch(address);
  auto load = [&](Type element, Value address) -> Value {
    unsigned alignment = element.getIntOrFloatBitWidth() / 8;
    return LLVM::LoadOp::create(builder, loc, widen(element, vector), address,
                                alignment);
  };
  olds.assign(bases.size(), Value());
  for (auto [i, address] : llvm::enumerate(addresses))
    if (reads >> i & 1)
      olds[i] = load(getMemoryType(i), address);
  if (!body)
    return;
  for (auto [i, operand] : llvm::enumerate(kernel.getStreams())) {
    unsigned stream = *layout.getStream(lookThroughBroadcasts(operand));
    if (!olds[stream])
      continue;
    varying.map(body->getArgument(i), olds[stream]);
    if (getFormat(stream).getFormat() == StorageFormat::Split) {
      Type half = builder.getI16Type();
      Value address = elementAddress(auxBases[stream], index, half);
      Value low = load(half, address);
      varying.map(body->getArgument(kernel.getAuxArgument(i)), low);
    }
  }
  if (!kernel.getRandomIds().empty()) {
    Value global = elementIndex(index, vector);
    unsigned first = kernel.getStreams().size() + kernel.getScalars().size();
    varying.map(body->getArgument(first), global);
  }
}

Value KernelBuilder::getClone(Value value, bool vector,
                              const IRMapping &varying) {
  if (vector)
    return vectorOf(value, varying);
  return varying.lookupOrDefault(scalars.lookupOrDefault(value));
}

void KernelBuilder::cloneOp(Operation &op, bool vector, IRMapping &varying) {
  OperationState state(op.getLoc(), op.getName());
  for (Value operand : op.getOperands())
    state.operands.push_back(getClone(operand, vector, varying));
  for (Type result : op.getResultTypes())
    state.types.push_back(widen(result, vector));
  state.attributes = op.getDiscardableAttrDictionary();
  state.propertiesAttr = op.getPropertiesAsAttribute();
  Operation *clone = builder.create(state);
  varying.map(op.getResults(), clone->getResults());
}

/// The body's value that a write stores, or the write's source itself.
Value KernelBuilder::getYielded(const ElementWrite &write) {
  auto result = dyn_cast<OpResult>(write.source);
  if (result && result.getOwner() == kernel)
    return body->getTerminator()->getOperand(result.getResultNumber());
  return write.source;
}

/// The same for the second array; null where the stream has none.
Value KernelBuilder::getYieldedAux(const ElementWrite &write) {
  if (!getFormat(write.stream).hasAux())
    return {};
  unsigned number = cast<OpResult>(write.source).getResultNumber();
  return body->getTerminator()->getOperand(kernel.getAuxYield(number));
}

void KernelBuilder::storeStream(const ElementWrite &write, Value index,
                                bool vector, IRMapping &varying) {
  auto store = [&](Value value, Value base, Type element) {
    Value address = elementAddress(base, index, element);
    unsigned alignment = element.getIntOrFloatBitWidth() / 8;
    LLVM::StoreOp::create(builder, loc, value, address, alignment);
  };
  Value value;
  if (std::optional<unsigned> source = layout.getStream(write.source))
    value = olds[*source];
  else
    value = getClone(getYielded(write), vector, varying);
  store(value, bases[write.stream], getMemoryType(write.stream));
  if (getFormat(write.stream).getFormat() == StorageFormat::Split) {
    Value low = getClone(getYieldedAux(write), vector, varying);
    store(low, auxBases[write.stream], builder.getI16Type());
  }
}

void KernelBuilder::buildIteration(Value index, bool vector) {
  IRMapping varying;
  loadStreams(index, vector, varying);
  if (body)
    for (Operation &op : body->without_terminator())
      if (op.getNumResults() != 0 && !uniform.contains(op.getResult(0)))
        cloneOp(op, vector, varying);
  for (const ElementWrite &write : variant.writes)
    storeStream(write, index, vector, varying);
}

FailureOr<LLVM::LLVMFuncOp> KernelBuilder::build(StringRef name) {
  if (failed(checkFormats()) || failed(findUniform()))
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
  Value zero = constant(0), one = constant(1);
  auto loop =
      scf::ForOp::create(builder, loc, zero, function.getArgument(1), one);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  builder.setInsertionPointToStart(loop.getBody());
  Value size = constant(sizeof(optimc_run));
  Value offset =
      arith::MulIOp::create(builder, loc, loop.getInductionVar(), size);
  Value run = LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(),
                                  function.getArgument(0), ValueRange(offset));
  buildRun(run);
  return function;
}
