//===- StreamUse.cpp - what a body reads and writes -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Analysis/StreamUse.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

SelectResolution::SelectResolution(Block &block, const Valuation &known)
    : truths(known) {
  // Forward over the block: chains may be long, so there is no recursion.
  for (Operation &op : block) {
    if (auto select = dyn_cast<SelectOp>(op)) {
      Value onTrue = resolve(select.getOnTrue());
      Value onFalse = resolve(select.getOnFalse());
      std::optional<bool> condition = getTruth(select.getCondition());
      if (condition)
        chosen[select] = *condition ? onTrue : onFalse;
      else if (onTrue == onFalse)
        chosen[select] = onTrue;
      continue;
    }
    std::optional<bool> truth;
    if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
      truth = getTruth(broadcast.getOperand());
    } else if (auto negation = dyn_cast<NotOp>(op)) {
      truth = getTruth(negation.getOperand());
      if (truth)
        truth = !*truth;
    } else if (isa<AndOp, OrOp>(op)) {
      std::optional<bool> lhs = getTruth(op.getOperand(0));
      std::optional<bool> rhs = getTruth(op.getOperand(1));
      // `false and x` and `true or x` do not depend on x.
      bool decisive = isa<OrOp>(op);
      if (lhs == decisive || rhs == decisive)
        truth = decisive;
      else if (lhs && rhs)
        truth = !decisive;
    }
    if (truth)
      truths.try_emplace(op.getResult(0), *truth);
  }
}

std::optional<bool> SelectResolution::getTruth(Value predicate) const {
  if (auto it = truths.find(predicate); it != truths.end())
    return it->second;
  if (auto truth = predicate.getDefiningOp<TruthOp>())
    return truth.getValue();
  return std::nullopt;
}

Value SelectResolution::resolve(Value value) const {
  auto it = chosen.find(value);
  return it == chosen.end() ? value : it->second;
}

bool optimc::isStream(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && isa<OptimizerOp>(argument.getOwner()->getParentOp()) &&
         isKernelRate(getRate(value));
}

StreamUse optimc::getStreamUse(Block &block, ValueRange targets,
                               ValueRange values, const Valuation &known) {
  StreamUse use;
  Operation *parent = block.getParentOp();
  auto optimizer = dyn_cast<OptimizerOp>(parent);
  if (!optimizer)
    optimizer = parent->getParentOfType<OptimizerOp>();
  unsigned size = optimizer.getNumArguments();
  use.reads.resize(size);
  use.writes.resize(size);
  SelectResolution resolution(block, known);
  SmallVector<Value> worklist;
  DenseSet<Value> seen;
  auto push = [&](Value value) {
    value = resolution.resolve(value);
    if (seen.insert(value).second)
      worklist.push_back(value);
  };
  for (auto [target, value] : llvm::zip(targets, values)) {
    if (!isStream(target) || resolution.resolve(value) == target)
      continue;
    use.writes.set(cast<BlockArgument>(target).getArgNumber());
    push(value);
  }
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (isStream(value))
      use.reads.set(cast<BlockArgument>(value).getArgNumber());
    Operation *op = value.getDefiningOp();
    // A predicate that is known needs nothing to be computed. Reductions are
    // phases of their own, and hosts read no streams.
    if (!op || resolution.getTruth(value) || isa<ReduceOp, HostOp>(op))
      continue;
    llvm::for_each(op->getOperands(), push);
  }
  return use;
}

VariantsOp optimc::getVariants(Region &body) {
  auto ops = body.getOps<VariantsOp>();
  return ops.empty() ? VariantsOp() : *ops.begin();
}

Value optimc::resolveInVariant(Value value, unsigned region) {
  while (true) {
    if (auto broadcast = value.getDefiningOp<BroadcastOp>())
      value = broadcast.getOperand();
    else if (auto variants = value.getDefiningOp<VariantsOp>())
      value = variants.getBodies()[region].front().getTerminator()->getOperand(
          cast<OpResult>(value).getResultNumber());
    else
      return value;
  }
}

llvm::MapVector<Value, Value> optimc::getStores(Region &body, unsigned region) {
  llvm::MapVector<Value, Value> stores;
  auto commit = cast<CommitOp>(body.front().getTerminator());
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues())) {
    if (!isStream(target))
      continue;
    Value stored = value;
    if (auto variants = value.getDefiningOp<VariantsOp>())
      stored = variants.getBodies()[region].front().getTerminator()->getOperand(
          cast<OpResult>(value).getResultNumber());
    stores[target] = stored;
  }
  return stores;
}

StreamUse optimc::getStreamUse(Region &body, unsigned region) {
  SmallVector<Value> targets, values;
  for (auto [target, value] : getStores(body, region)) {
    targets.push_back(target);
    values.push_back(value);
  }
  VariantsOp variants = getVariants(body);
  Block &block = variants ? variants.getBodies()[region].front() : body.front();
  return getStreamUse(block, targets, values);
}
