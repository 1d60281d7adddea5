//===- OutliningFaults.cpp - faults of states, hosts, variants, kernels -*-
// C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Faults.h"
#include "Rewriting.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::test;

static CommitOp getCommit(ModuleOp module) {
  OptimizerOp optimizer = *module.getOps<OptimizerOp>().begin();
  return cast<CommitOp>(optimizer.getStep().front().getTerminator());
}

//===----------------------------------------------------------------------===//
// optim-elide-states
//===----------------------------------------------------------------------===//

static unsigned dropCommit(ModuleOp module) {
  CommitOp commit = getCommit(module);
  for (unsigned i = 0, e = commit.getTargets().size(); i != e; ++i) {
    auto argument = dyn_cast<BlockArgument>(commit.getTargets()[i]);
    if (!argument || argument.getArgNumber() == 0)
      continue;
    commit.getTargetsMutable().erase(i);
    commit.getValuesMutable().erase(i);
    return 1;
  }
  return 0;
}

static unsigned exchangeCommits(ModuleOp module) {
  CommitOp commit = getCommit(module);
  MutableOperandRange values = commit.getValuesMutable();
  for (unsigned i = 1; i < values.size(); ++i)
    if (commit.getTargets()[i].getType() == commit.getTargets()[0].getType()) {
      Value first = values[0].get();
      values[0].set(values[i].get());
      values[i].set(first);
      return 1;
    }
  return 0;
}

static unsigned exchangeHypers(ModuleOp module) {
  OptimizerOp optimizer = *module.getOps<OptimizerOp>().begin();
  Block &block = optimizer.getStep().front();
  SmallVector<BlockArgument> used;
  for (unsigned i = optimizer.getFirstHyper(); i < optimizer.getFirstState();
       ++i)
    if (!block.getArgument(i).use_empty())
      used.push_back(block.getArgument(i));
  if (used.size() < 2)
    return 0;
  SmallVector<OpOperand *> uses;
  for (OpOperand &use : used[0].getUses())
    uses.push_back(&use);
  used[1].replaceAllUsesWith(used[0]);
  for (OpOperand *use : uses)
    use->set(used[1]);
  return 1;
}

static unsigned changeInitialValues(ModuleOp module) {
  unsigned places = 0;
  OptimizerOp optimizer = *module.getOps<OptimizerOp>().begin();
  SmallVector<Attribute> states;
  MLIRContext *context = module.getContext();
  for (unsigned i = 0, e = optimizer.getStates().size(); i != e; ++i) {
    StateAttr state = optimizer.getState(i);
    if (state.getInit() == Init::Value) {
      double old = state.getValue() ? state.getValue().getValue() : 0;
      state = StateAttr::get(context, state.getArgName(), state.getName(),
                             state.getRate(), Init::Value,
                             NumberAttr::get(context, old + 0.5),
                             state.getHyper(), state.getObservable(),
                             state.getSlots());
      ++places;
    }
    states.push_back(state);
  }
  optimizer.setStatesAttr(ArrayAttr::get(context, states));
  return places;
}

//===----------------------------------------------------------------------===//
// optim-split-host
//===----------------------------------------------------------------------===//

static unsigned exchangeHostResults(ModuleOp module) {
  for (HostOp host : collect<HostOp>(module))
    for (unsigned i = 1; i < host.getNumResults(); ++i) {
      Value first = host.getResult(0), other = host.getResult(i);
      if (first.getType() != other.getType())
        continue;
      SmallVector<OpOperand *> uses;
      for (OpOperand &use : first.getUses())
        uses.push_back(&use);
      other.replaceAllUsesWith(first);
      for (OpOperand *use : uses)
        use->set(other);
      return 1;
    }
  return 0;
}

static unsigned exchangeHostOperands(ModuleOp module) {
  for (HostOp host : collect<HostOp>(module))
    for (unsigned i = 1; i < host.getNumOperands(); ++i)
      if (host.getOperand(0).getType() == host.getOperand(i).getType()) {
        swapOperands(host, 0, i);
        return 1;
      }
  return 0;
}

//===----------------------------------------------------------------------===//
// optim-specialize
//===----------------------------------------------------------------------===//

static unsigned exchangeConditions(ModuleOp module) {
  unsigned places = 0;
  for (VariantsOp variants : collect<VariantsOp>(module)) {
    SmallVector<int64_t> masks(variants.getMasks());
    SmallVector<int64_t> values(variants.getValues());
    std::swap(masks[0], masks[1]);
    std::swap(values[0], values[1]);
    variants.setMasks(masks);
    variants.setValues(values);
    ++places;
  }
  return places;
}

/// Two regions that are not equal become one.
static unsigned joinVariants(ModuleOp module) {
  unsigned places = 0;
  for (VariantsOp variants : collect<VariantsOp>(module)) {
    Region &from = variants.getBodies()[0], &to = variants.getBodies()[1];
    to.getBlocks().clear();
    IRMapping mapping;
    from.cloneInto(&to, mapping);
    ++places;
  }
  return places;
}

/// A variant keeps the old value of a state that it should change.
static unsigned dropStoreOfVariant(ModuleOp module) {
  CommitOp commit = getCommit(module);
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues())) {
    auto result = dyn_cast<OpResult>(value);
    auto variants = value.getDefiningOp<VariantsOp>();
    if (!variants)
      continue;
    for (Region &region : variants.getBodies()) {
      Operation *yield = region.front().getTerminator();
      unsigned number = result.getResultNumber();
      if (yield->getOperand(number) == target)
        continue;
      yield->setOperand(number, target);
      return 1;
    }
  }
  return 0;
}

//===----------------------------------------------------------------------===//
// optim-make-kernels
//===----------------------------------------------------------------------===//

static unsigned exchange(MutableOperandRange operands) {
  for (unsigned i = 1; i < operands.size(); ++i) {
    Value first = operands[0].get(), other = operands[i].get();
    if (first.getType() != other.getType())
      continue;
    operands[0].set(other);
    operands[i].set(first);
    return 1;
  }
  return 0;
}

static unsigned exchangeStreams(ModuleOp module) {
  unsigned places = 0;
  for (KernelOp kernel : collect<KernelOp>(module))
    places += exchange(kernel.getStreamsMutable());
  return places;
}

static unsigned exchangeScalars(ModuleOp module) {
  unsigned places = 0;
  for (KernelOp kernel : collect<KernelOp>(module))
    places += exchange(kernel.getScalarsMutable());
  return places;
}

static unsigned exchangeResults(ModuleOp module) {
  unsigned places = 0;
  for (KernelOp kernel : collect<KernelOp>(module)) {
    auto yield = cast<YieldOp>(kernel.getBody().front().getTerminator());
    places += exchange(yield.getOperandsMutable());
  }
  return places;
}

llvm::ArrayRef<Fault> optimc::test::getOutliningFaults() {
  static const Fault faults[] = {
      {"commit-dropped", "optim-elide-states", "one state is not committed",
       dropCommit},
      {"commits-exchanged", "optim-elide-states",
       "two states get each other's values", exchangeCommits},
      {"hypers-exchanged", "optim-elide-states",
       "two hyperparameters are exchanged", exchangeHypers},
      {"initial-values", "optim-elide-states", "states start elsewhere",
       changeInitialValues},
      {"host-results-exchanged", "optim-split-host",
       "two results of a host are exchanged", exchangeHostResults},
      {"host-operands-exchanged", "optim-split-host",
       "two operands of a host are exchanged", exchangeHostOperands},
      {"variant-conditions", "optim-specialize",
       "two variants run in each other's place", exchangeConditions},
      {"variants-joined", "optim-specialize",
       "two variants are taken for equal", joinVariants},
      {"variant-store-dropped", "optim-specialize",
       "a variant keeps an old value", dropStoreOfVariant},
      {"kernel-streams", "optim-make-kernels", "two streams are exchanged",
       exchangeStreams},
      {"kernel-scalars", "optim-make-kernels", "two scalars are exchanged",
       exchangeScalars},
      {"kernel-results", "optim-make-kernels", "two results are exchanged",
       exchangeResults}};
  return faults;
}
