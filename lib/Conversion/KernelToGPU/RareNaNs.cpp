//===- RareNaNs.cpp - NaNs that formats replace -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Formats store one NaN for all. NaNs are rare: vectors are asked once whether
// they have any, with two numbers per comparison, and replace them in a branch
// that is not taken without one. Of numbers of which one keeps the NaNs of the
// other, only that one is asked.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"
#include "SimtKernel.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

//===----------------------------------------------------------------------===//
// Ask
//===----------------------------------------------------------------------===//

/// Whether a NaN in any operand makes the result one.
static bool keepsNaN(Operation &op) {
  return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
             arith::NegFOp, arith::MaximumFOp, arith::MinimumFOp, math::FmaOp,
             math::SqrtOp, math::AbsFOp>(op);
}

static bool isBefore(Value a, Value b) {
  Operation *first = a.getDefiningOp(), *second = b.getDefiningOp();
  return second && (!first || first->isBeforeInBlock(second));
}

/// The last computed number that formats ask about and that is a NaN wherever
/// `number` is one.
Value SimtKernel::getNaNWitness(Value number, Elements &elements) {
  llvm::SmallPtrSet<Value, 16> followers = {number};
  Value witness = number;
  for (Operation &op : body->without_terminator()) {
    if (isUsual && isUniformSelect(op)) {
      if (followers.contains(op.getOperand(2)))
        followers.insert(op.getResult(0));
    } else if (keepsNaN(op)) {
      if (llvm::any_of(op.getOperands(),
                       [&](Value x) { return followers.contains(x); }))
        followers.insert(op.getResult(0));
    } else if (auto test = dyn_cast<arith::CmpFOp>(op)) {
      Value asked = test.getLhs();
      if (test.getPredicate() == arith::CmpFPredicate::UNO &&
          asked == test.getRhs() && followers.contains(asked) &&
          elements.varying.contains(asked) && isBefore(witness, asked))
        witness = asked;
    }
  }
  return witness;
}

/// i1: whether any of the numbers, or of those that follow from them, is a NaN;
/// two per comparison.
Value SimtKernel::hasNaN(Value number, MutableArrayRef<Elements> list) {
  Value any, witness = getNaNWitness(number, list.front());
  for (Elements &elements : list) {
    SmallVector<Value> parts = unpack(use(witness, elements));
    for (size_t i = 0, e = parts.size(); i != e; i += 2) {
      Value either = arith::CmpFOp::create(
          builder, loc, arith::CmpFPredicate::UNO, parts[i], parts[i + 1]);
      any =
          any ? Value(arith::OrIOp::create(builder, loc, any, either)) : either;
    }
  }
  return any;
}

/// What the largest value of a block is asked of: the magnitudes of `bits`.
static arith::AndIOp findRawMagnitude(Value bits) {
  for (Operation *user : bits.getUsers())
    if (auto magnitude = dyn_cast<arith::AndIOp>(user))
      if (llvm::any_of(magnitude->getUsers(), llvm::IsaPred<BlockMaxOp>))
        return magnitude;
  return arith::AndIOp();
}

/// Whether any of the warp's numbers is a NaN, where the encoding of a block
/// has asked for that. Else null.
Value SimtKernel::findBlockNaN(Value bits, Elements &elements) {
  arith::AndIOp magnitude = findRawMagnitude(bits);
  if (!magnitude)
    return Value();
  for (Operation *largest : magnitude->getUsers())
    for (Operation *test : largest->getUsers()) {
      auto compare = dyn_cast<arith::CmpIOp>(test);
      if (isa<BlockMaxOp>(largest) && compare &&
          compare.getPredicate() == arith::CmpIPredicate::sgt &&
          isConstant(compare.getRhs(), infinityBits))
        return elements.segment.lookupOrNull(compare.getResult());
    }
  return Value();
}

//===----------------------------------------------------------------------===//
// Replace
//===----------------------------------------------------------------------===//

/// `values`, replaced where the one of `numbers` at the same place is a NaN;
/// `any` says whether one is.
SmallVector<Value> SimtKernel::replaceNaNs(ArrayRef<Value> numbers,
                                           Value replacement,
                                           ArrayRef<Value> values, Value any) {
  auto type = cast<VectorType>(values.front().getType());
  SmallVector<Type> types(values.size(), type);
  auto branch = scf::IfOp::create(builder, loc, types, any,
                                  /*addThenBlock=*/true, /*addElseBlock=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(builder, loc, values);
  builder.setInsertionPointToStart(branch.thenBlock());
  Value quiet = vector::BroadcastOp::create(builder, loc, type, replacement);
  SmallVector<Value> replaced;
  for (auto [number, value] : llvm::zip(numbers, values)) {
    Value isNaN = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNO,
                                        number, number);
    Value kept = arith::SelectOp::create(builder, loc, isNaN, quiet, value);
    replaced.push_back(kept);
  }
  scf::YieldOp::create(builder, loc, replaced);
  return SmallVector<Value>(branch.getResults());
}

/// A select that replaces the NaNs of numbers, and the magnitudes of a block.
bool SimtKernel::computeQuieted(arith::SelectOp select, Value number,
                                MutableArrayRef<Elements> list) {
  APInt replacement;
  if (select->use_empty() || !select.getType().isInteger(32) ||
      !matchPattern(select.getTrueValue(), m_ConstantInt(&replacement)))
    return false;
  Value bits = select.getFalseValue();
  // Magnitudes are there already, and often nothing else is asked for.
  arith::AndIOp raw = findRawMagnitude(bits);
  SmallVector<Value> replaced;
  bool isMagnitudeEnough = bool(raw);
  for (Operation *user : select->getUsers()) {
    Value result = user->getResult(0);
    if (raw && matchBinary<arith::AndIOp>(result, magnitudeMask))
      replaced.push_back(result);
    else
      isMagnitudeEnough = false;
  }
  SmallVector<Value> sources, values, numbers;
  if (!replaced.empty())
    sources.push_back(raw);
  if (!isMagnitudeEnough) {
    sources.push_back(bits);
    replaced.push_back(select);
  }
  for (Value source : sources)
    for (Elements &elements : list) {
      values.push_back(use(source, elements));
      numbers.push_back(use(number, elements));
    }
  Value any = findBlockNaN(bits, list.front());
  if (!any)
    any = hasNaN(number, list);
  Value quiet = constant32(replacement.getSExtValue());
  SmallVector<Value> results = replaceNaNs(numbers, quiet, values, any);
  for (Value value : replaced)
    for (auto [i, elements] : llvm::enumerate(list)) {
      bool isLast = value == select.getResult();
      size_t offset = isLast ? (sources.size() - 1) * list.size() : 0;
      elements.varying.map(value, results[offset + i]);
    }
  return true;
}
