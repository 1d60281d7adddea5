//===- Cost.cpp - bytes and operations of an update -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Analysis/Cost.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

void OpCounts::add(Operation *op) {
  if (isa<AddOp, SubOp, MulOp, SquareOp, MinOp, MaxOp>(op)) {
    ++flops;
  } else if (isa<FmaOp, ClampOp>(op)) {
    flops += 2;
  } else if (isa<DivOp, RecipOp>(op)) {
    ++flops;
    ++divisions;
  } else if (isa<SqrtOp>(op)) {
    ++flops;
    ++roots;
  } else if (isa<RsqrtOp>(op)) {
    flops += 2;
    ++divisions;
    ++roots;
  } else if (isa<ExpOp, LogOp, PowOp, TanhOp, SinOp, CosOp>(op)) {
    ++flops;
    ++elementary;
  } else if (isa<CmpOp, SelectOp, AndOp, OrOp, NotOp>(op)) {
    ++selects;
  } else if (isa<RandomOp>(op)) {
    ++randoms;
  }
}

/// Counts the kernel-rate ops of `block` that `values` depend on.
static OpCounts countOps(Block &block, ArrayRef<Value> values) {
  SelectResolution resolution(block, {});
  OpCounts counts;
  SmallVector<Value> worklist;
  DenseSet<Operation *> seen;
  auto push = [&](Value value) {
    worklist.push_back(resolution.resolve(value));
  };
  llvm::for_each(values, push);
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || isa<ReduceOp, HostOp>(op) || !seen.insert(op).second)
      continue;
    if (auto kernel = dyn_cast<KernelOp>(op)) {
      for (Operation &inner : kernel.getBody().getOps())
        counts.add(&inner);
      continue;
    }
    if (isKernelRate(getRate(op->getResult(0))))
      counts.add(op);
    llvm::for_each(op->getOperands(), push);
  }
  return counts;
}

BodyCost optimc::getCost(Region &body) {
  BodyCost cost;
  VariantsOp variants = getVariants(body);
  if (variants)
    llvm::append_range(cost.predicates, variants.getPredicates());
  for (unsigned i = 0, e = variants ? variants.getBodies().size() : 1; i != e;
       ++i) {
    VariantCost &variant = cost.variants.emplace_back();
    if (variants) {
      variant.mask = variants.getMasks()[i];
      variant.value = variants.getValues()[i];
    }
    SmallVector<Value> stored;
    for (auto [target, value] : getStores(body, i))
      if (target != value)
        stored.push_back(value);
    Block &block = variants ? variants.getBodies()[i].front() : body.front();
    variant.use = getStreamUse(body, i);
    variant.ops = countOps(block, stored);
  }
  return cost;
}

SmallVector<PassCost> optimc::getPasses(Region &body, unsigned leaf) {
  auto optimizer = cast<OptimizerOp>(body.getParentOp());
  SmallVector<KernelOp> kernels;
  for (Operation &op : body.front()) {
    if (auto kernel = dyn_cast<KernelOp>(op))
      kernels.push_back(kernel);
    if (auto variants = dyn_cast<VariantsOp>(op))
      llvm::append_range(kernels,
                         variants.getBodies()[leaf].front().getOps<KernelOp>());
  }
  llvm::stable_sort(kernels, [](KernelOp a, KernelOp b) {
    return a.getPhase() < b.getPhase();
  });
  // Where kernels' results are stored; later passes read them there.
  DenseMap<Value, unsigned> stored;
  auto commit = cast<CommitOp>(body.front().getTerminator());
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues()))
    stored[resolveInVariant(value, leaf)] =
        cast<BlockArgument>(target).getArgNumber();
  DenseMap<Value, unsigned> reduced;
  for (auto reduce : body.getOps<ReduceOp>())
    ++reduced[resolveInVariant(reduce.getOperand(), leaf)];

  SmallVector<PassCost> passes;
  for (KernelOp kernel : kernels) {
    PassCost &pass = passes.emplace_back();
    pass.stage = kernel.getPhase();
    pass.domain = getRate(kernel.getResult(0));
    pass.use.reads.resize(optimizer.getNumArguments());
    pass.use.writes.resize(optimizer.getNumArguments());
    for (Value operand : kernel.getStreams()) {
      Value source = resolveInVariant(operand, leaf);
      if (isStream(source))
        pass.use.reads.set(cast<BlockArgument>(source).getArgNumber());
      else if (auto it = stored.find(source); it != stored.end())
        pass.use.reads.set(it->second);
    }
    for (Value result : kernel.getResults()) {
      if (auto it = stored.find(result); it != stored.end())
        pass.use.writes.set(it->second);
      pass.reduced += reduced.lookup(result);
    }
    for (Operation &op : kernel.getBody().getOps())
      pass.ops.add(&op);
  }
  return passes;
}

double optimc::getStreamBytes(OptimizerOp optimizer,
                              const llvm::SmallBitVector &streams) {
  double bytes = 0;
  for (unsigned i : streams.set_bits())
    if (optimizer.getArgumentType(i).getRate() == Rate::Element)
      bytes += optimizer.getStorage(i).getBytes();
  return bytes;
}
