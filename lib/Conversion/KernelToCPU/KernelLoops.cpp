//===- KernelLoops.cpp - vector and scalar loops of a kernel -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

//===----------------------------------------------------------------------===//
// Conditions that a whole loop shares
//===----------------------------------------------------------------------===//

/// Such as that of an average whose weight is 1, which takes over its input.
bool KernelBuilder::isRareSelect(Operation &op) const {
  auto select = dyn_cast<arith::SelectOp>(op);
  return select && !isUniform(select.getResult()) &&
         isUniform(select.getCondition());
}

void KernelBuilder::cloneOp(Operation &op, bool vector, IRMapping &varying) {
  if (!quieted.contains(&op) && !(isCommonCase && isRareSelect(op)))
    return KernelBody::cloneOp(op, vector, varying);
  Value other = cast<arith::SelectOp>(op).getFalseValue();
  varying.map(op.getResult(0), getClone(other, vector, varying));
}

/// Selects cost registers and, on AVX2, as much as three other operations each:
/// where none is needed there are loops without them.
void KernelBuilder::buildLoops(Value count) {
  Value isRare = anyCondition([&](Operation &op) { return isRareSelect(op); });
  if (!isRare)
    return buildPlainLoops(count);
  Value yes = constant(1, /*bits=*/1);
  Value isCommon = arith::XOrIOp::create(builder, loc, isRare, yes);
  auto branch = scf::IfOp::create(builder, loc, isCommon, /*hasElse=*/true);
  OpBuilder::InsertionGuard guard(builder);
  IRMapping outside = scalars;
  for (Block *block : {branch.thenBlock(), branch.elseBlock()}) {
    builder.setInsertionPointToStart(block);
    isCommonCase = block == branch.thenBlock();
    broadcasts.clear();
    buildPlainLoops(count);
    scalars = outside;
  }
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// A vector loop, and a scalar one for the rest.
void KernelBuilder::buildPlainLoops(Value count) {
  if (!blockMaxima.empty() || readsBlocks())
    return buildBlocks(count);
  Value zero = constant(0);
  Value mask = constant(-width);
  Value whole = arith::AndIOp::create(builder, loc, count, mask);
  buildLoop(zero, whole, width, /*vector=*/true);
  reloadScalars();
  buildLoop(whole, count, 1, /*vector=*/false);
}

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

/// Once, before the loop.
Value KernelBuilder::broadcast(Value scalar) {
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

void KernelBuilder::prefetch(Value address, int64_t offset) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  LLVM::GEPArg ahead = static_cast<int32_t>(offset);
  Value target = LLVM::GEPOp::create(builder, loc, pointer, builder.getI8Type(),
                                     address, ArrayRef<LLVM::GEPArg>(ahead));
  LLVM::Prefetch::create(builder, loc, target, /*rw=*/0, /*hint=*/3,
                         /*cache=*/1);
}

/// Maps the streams in `wanted` and the element's index; all loads of an
/// iteration come before its stores. Of two loops over the same elements, each
/// prefetches what it is the first to touch.
void KernelBuilder::loadStreams(Value index, bool vector, IRMapping &varying,
                                uint64_t wanted, bool isFirst) {
  SmallVector<Value> addresses(bases.size());
  for (auto [i, base] : llvm::enumerate(bases))
    if (base)
      addresses[i] = elementAddress(base, index, getMemoryType(i));
  if (vector)
    for (auto [i, address] : llvm::enumerate(addresses))
      // Slices are in cache.
      if (address && layout.streams[i].rate == phase.domain &&
          (earlyReads >> i & 1) == isFirst)
        prefetch(address, prefetchBytes);
  auto load = [&](Type element, Value address) -> Value {
    unsigned alignment = element.getIntOrFloatBitWidth() / 8;
    return LLVM::LoadOp::create(builder, loc, widen(element, vector), address,
                                alignment);
  };
  olds.assign(bases.size(), Value());
  for (auto [i, address] : llvm::enumerate(addresses))
    if (address && (wanted >> i & 1))
      olds[i] = load(getMemoryType(i), address);
  if (!body)
    return;
  for (auto [i, stream] : llvm::enumerate(phase.streams)) {
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
  if (getIndexArgument()) {
    Value number =
        arith::TruncIOp::create(builder, loc, builder.getI32Type(), index);
    Value global = elementIndex(number, vector);
    varying.map(getIndexArgument(), global);
  }
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
  loadStreams(index, vector, varying, reads, /*isFirst=*/false);
  if (body)
    for (Operation &op : body->without_terminator())
      if (op.getNumResults() != 0 &&
          getLevel(op.getResult(0)) == Level::Element)
        cloneOp(op, vector, varying);
  for (const ElementWrite &write : phase.writes)
    storeStream(write, index, vector, varying);
  accumulate(index, vector, varying);
}

/// Hands what is reduced to the lanes.
void KernelBuilder::accumulate(Value index, bool vector, IRMapping &varying) {
  for (auto [partial, own] : llvm::zip(phase.reductions, lanes)) {
    Value x = getClone(body->getTerminator()->getOperand(partial.result),
                       vector, varying);
    Value place = elementAddress(own.place, index, builder.getF32Type());
    own.accumulate(builder, loc, x, place, own.fresh);
  }
}
