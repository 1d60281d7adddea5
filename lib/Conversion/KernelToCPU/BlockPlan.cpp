//===- BlockPlan.cpp - what is computed before and after a maximum -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The codes of a block with one exponent wait for its largest magnitude. What
// the maximum depends on is early and kept in a buffer, which stays in the
// first-level cache; all the rest, with the divisions, is late. Values that are
// cheap to compute again, integer operations on what is kept, are not kept
// themselves.
//
//===----------------------------------------------------------------------===//

#include "KernelBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

bool KernelBuilder::readsBlocks() const {
  for (unsigned i = 0, e = layout.streams.size(); i != e; ++i)
    if ((reads >> i & 1) && getFormat(i).isBlockScaled())
      return true;
  return false;
}

/// Adds the stream that `argument` is loaded from, if it is loaded.
void KernelBuilder::addStream(Value argument, uint64_t &streams) const {
  unsigned number = cast<BlockArgument>(argument).getArgNumber();
  if (number < phase.streams.size())
    streams |= uint64_t(1) << phase.streams[number];
}

/// An early value that late ones need.
void KernelBuilder::spill(Value value) {
  if (isUniform(value) || perBlock.contains(value) || between.contains(value))
    return;
  Operation *op = value.getDefiningOp();
  if (!op)
    return addStream(value, lateReads);
  if (!early.contains(op))
    return;
  if (isa<FloatType>(value.getType())) {
    spilled.insert(value);
    return;
  }
  if (repeated.insert(op))
    for (Value operand : op->getOperands())
      spill(operand);
}

/// The number whose bits without the sign are `value`, else null.
static Value matchMagnitude(Value value) {
  auto mask = value.getDefiningOp<arith::AndIOp>();
  auto bits = mask ? mask.getLhs().getDefiningOp<arith::BitcastOp>()
                   : arith::BitcastOp();
  return bits ? bits.getIn() : Value();
}

/// What the maxima depend on.
void KernelBuilder::findEarly() {
  SmallVector<Value> worklist;
  for (BlockMaxOp top : blockMaxima)
    worklist.push_back(top.getOperand());
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (isUniform(value) || perBlock.contains(value))
      continue;
    Operation *op = value.getDefiningOp();
    if (!op)
      addStream(value, earlyReads);
    else if (early.insert(op).second)
      llvm::append_range(worklist, op->getOperands());
  }
}

void KernelBuilder::planBlocks() {
  if (!body)
    return;
  for (unsigned i = 0, e = kernel.getStreams().size(); i != e; ++i)
    if (kernel.getStreamFormat(i).isBlockScaled())
      perBlock.insert(body->getArgument(kernel.getAuxArgument(i)));
  for (Operation &op : body->without_terminator()) {
    if (op.getNumResults() == 0 || isUniform(op.getResult(0)))
      continue;
    if (auto top = dyn_cast<BlockMaxOp>(op)) {
      blockMaxima.push_back(top);
      between.insert(top);
      continue;
    }
    bool isScalar = true, waits = false;
    for (Value operand : op.getOperands()) {
      isScalar &= isUniform(operand) || perBlock.contains(operand) ||
                  between.contains(operand);
      waits |= between.contains(operand);
    }
    if (isScalar)
      (waits ? between : perBlock).insert(op.getResult(0));
  }
  findEarly();
  for (Operation &op : body->getOperations())
    if (isLate(op))
      llvm::for_each(op.getOperands(), [&](Value operand) { spill(operand); });
  for (const ElementWrite &write : phase.writes)
    if (std::optional<unsigned> source = layout.getStream(write.source))
      lateReads |= uint64_t(1) << *source;
  for (BlockMaxOp top : blockMaxima) {
    Value number = matchMagnitude(top.getOperand());
    if (!number || !spilled.contains(number))
      continue;
    for (Operation &op : body->without_terminator())
      if (isa<arith::SelectOp>(op) && matchNaNSelect(op.getResult(0)) == number)
        quieted.insert(&op);
  }
}

/// Of a body without maxima everything is late.
bool KernelBuilder::isLate(Operation &op) const {
  if (op.getNumResults() == 0)
    return op.hasTrait<OpTrait::IsTerminator>();
  Value result = op.getResult(0);
  return !isUniform(result) && !perBlock.contains(result) &&
         !between.contains(result) && !early.contains(&op);
}

/// Scalars of a block that its late part needs.
SmallVector<Value> KernelBuilder::findCarried() {
  llvm::SetVector<Value> carried;
  auto carry = [&](Value value) {
    if (perBlock.contains(value) || between.contains(value))
      carried.insert(value);
  };
  for (Operation &op : body->without_terminator())
    if (repeated.contains(&op) || isLate(op))
      llvm::for_each(op.getOperands(), carry);
  // Codes, where the numbers are the same for all elements.
  for (const ElementWrite &write : phase.writes)
    carry(getYielded(write));
  return carried.takeVector();
}
