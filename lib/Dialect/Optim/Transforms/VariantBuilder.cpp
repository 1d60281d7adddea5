//===- VariantBuilder.cpp - regions for the leaves of a tree -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VariantBuilder.h"
#include "Outlining.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OperationSupport.h"
#include "optimc/Analysis/ValueNames.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

namespace {
/// What one region of `variants` computes.
struct RegionPlan {
  const Valuation &known;
  /// New values that an earlier phase has stored, and what stands for them.
  DenseMap<Value, Value> stored;
  SmallVector<Value> values; ///< to be yielded; null where nobody needs it
};
} // namespace

/// Copies what the values of `plan` need into the region, with selects on known
/// predicates resolved, and yields them in the types of `types`.
static void fillRegion(Region &region, Block &from, const RegionPlan &plan,
                       TypeRange types, Location loc) {
  OpBuilder builder(region.getContext());
  builder.createBlock(&region);
  SelectResolution resolution(from, plan.known);

  DenseSet<Operation *> needed;
  SmallVector<Value> worklist;
  auto push = [&](Value value) {
    if (value)
      worklist.push_back(resolution.resolve(value));
  };
  auto isOutlined = [&](Operation *op) {
    return op && op->getBlock() == &from && !isa<ReduceOp, VariantsOp>(op) &&
           !op->hasTrait<OpTrait::ConstantLike>() &&
           isKernelRate(getRate(op->getResult(0)));
  };
  llvm::for_each(plan.values, push);
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (plan.stored.contains(value) || !isOutlined(op) ||
        !needed.insert(op).second)
      continue;
    llvm::for_each(op->getOperands(), push);
  }

  IRMapping mapping;
  for (auto [value, stand] : plan.stored)
    mapping.map(value, stand);
  for (auto [predicate, truth] : plan.known) {
    auto literal =
        TruthOp::create(builder, predicate.getLoc(), truth, getRate(predicate));
    mapping.map(predicate, literal.getResult());
  }
  // A scalar that takes the place of an element value is rounded there.
  auto choose = [&](Value value, Type type) -> Value {
    if (!value) {
      auto zero = ConstantOp::create(builder, loc, 0.0, getRate(type));
      return zero;
    }
    Value chosen = resolution.resolve(value);
    chosen = mapping.lookupOrDefault(chosen);
    if (chosen.getType() == type)
      return chosen;
    auto broadcast =
        BroadcastOp::create(builder, value.getLoc(), chosen, getRate(type));
    return broadcast;
  };
  for (Operation &op : from) {
    if (!needed.contains(&op))
      continue;
    for (Value operand : op.getOperands())
      if (!mapping.contains(operand) && resolution.resolve(operand) != operand)
        mapping.map(operand, choose(operand, operand.getType()));
    builder.clone(op, mapping);
  }
  SmallVector<Value> yielded;
  for (auto [value, type] : llvm::zip(plan.values, types)) {
    Value chosen = choose(value, type);
    yielded.push_back(chosen);
  }
  YieldOp::create(builder, loc, yielded);
}

namespace {
/// Puts the element ops of a body into variants: one op per phase, in each of
/// them one region per leaf.
class VariantBuilder {
public:
  VariantBuilder(Region &body, const VariantTree &tree, const PhasePlan &plan);
  void run();

private:
  void findNeededReduces();
  void build(unsigned stage);

  Block &block;
  CommitOp commit;
  const VariantTree &tree;
  const PhasePlan &plan;
  /// The pairs of `commit` that are stored, as they were at first.
  SmallVector<std::pair<OpOperand *, Value>> stores;
  SmallVector<DenseSet<Operation *>> needed; ///< reductions, by leaf
  DenseMap<Value, Value> early; ///< new value, as at first -> stored one
};
} // namespace

VariantBuilder::VariantBuilder(Region &body, const VariantTree &tree,
                               const PhasePlan &plan)
    : block(body.front()), commit(cast<CommitOp>(block.getTerminator())),
      tree(tree), plan(plan) {
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValuesMutable()))
    if (isStream(target) && value.get() != target)
      stores.push_back({&value, target});
}

/// Pushes what result `value` of a host is computed from.
static void pushHostInputs(HostOp host, Value value,
                           SmallVectorImpl<Value> &worklist) {
  Block &body = host.getBody().front();
  SmallVector<Value> inner{body.getTerminator()->getOperand(
      cast<OpResult>(value).getResultNumber())};
  DenseSet<Value> seen;
  while (!inner.empty()) {
    Value next = inner.pop_back_val();
    if (!seen.insert(next).second)
      continue;
    if (auto argument = dyn_cast<BlockArgument>(next))
      worklist.push_back(host->getOperand(argument.getArgNumber()));
    else
      llvm::append_range(inner, next.getDefiningOp()->getOperands());
  }
}

/// The reductions that what a leaf stores depends on, or that a scalar does.
/// One that counts several tensors is needed by all leaves that they can be in.
void VariantBuilder::findNeededReduces() {
  for (const VariantLeaf &leaf : tree.leaves) {
    SelectResolution resolution(block, leaf.known);
    DenseSet<Operation *> &reduces = needed.emplace_back();
    SmallVector<Value> worklist(commit.getOutputs());
    if (commit.getClock())
      worklist.push_back(commit.getClock());
    for (auto [target, value] :
         llvm::zip(commit.getTargets(), commit.getValues()))
      if (resolution.resolve(value) != target)
        worklist.push_back(value);
    DenseSet<Value> seen;
    while (!worklist.empty()) {
      Value value = resolution.resolve(worklist.pop_back_val());
      Operation *op = value.getDefiningOp();
      if (!op || !seen.insert(value).second || resolution.getTruth(value))
        continue;
      if (auto host = dyn_cast<HostOp>(op)) {
        pushHostInputs(host, value, worklist);
        continue;
      }
      if (isa<ReduceOp>(op))
        reduces.insert(op);
      llvm::append_range(worklist, op->getOperands());
    }
  }
  for (auto reduce : block.getOps<ReduceOp>()) {
    if (reduce.getRate() >= Rate::Tensor)
      continue;
    int64_t common = 0; // predicates that all tensors which it counts share
    for (auto [k, predicate] : llvm::enumerate(tree.predicates))
      if (isAtMost(getRate(predicate), reduce.getRate()))
        common |= int64_t(1) << k;
    SmallVector<unsigned> users;
    for (auto [i, reduces] : llvm::enumerate(needed))
      if (reduces.contains(reduce))
        users.push_back(i);
    for (auto [i, leaf] : llvm::enumerate(tree.leaves))
      for (unsigned user : users) {
        const VariantLeaf &other = tree.leaves[user];
        int64_t both = common & leaf.mask & other.mask;
        if ((leaf.value & both) == (other.value & both))
          needed[i].insert(reduce);
      }
  }
}

void VariantBuilder::build(unsigned stage) {
  // A result for each reduction, even of the same value: their kernels may cut
  // tensors differently.
  ArrayRef<ReduceOp> reduces = plan.reduces[stage];
  SmallVector<Value> values;
  SmallVector<Type> types;
  for (ReduceOp reduce : reduces) {
    values.push_back(reduce.getOperand());
    types.push_back(reduce.getOperand().getType());
  }
  SmallVector<std::pair<OpOperand *, Value>> here;
  for (auto [operand, target] : stores)
    if (plan.getStoreStage(target) == stage) {
      here.push_back({operand, target});
      values.push_back(operand->get());
      types.push_back(target.getType());
    }
  if (values.empty())
    return;
  // What a later host computes from reductions is not needed yet.
  Operation *position = commit;
  for (ReduceOp reduce : reduces)
    if (reduce->isBeforeInBlock(position))
      position = reduce;
  OpBuilder builder(position);
  Location loc = nameLocation(commit.getLoc(), getValueNames(values));
  SmallVector<int64_t> masks, results;
  for (const VariantLeaf &leaf : tree.leaves) {
    masks.push_back(leaf.mask);
    results.push_back(leaf.value);
  }
  auto variants = VariantsOp::create(builder, loc, types, tree.predicates,
                                     masks, results, tree.leaves.size());
  for (auto [i, leaf] : llvm::enumerate(tree.leaves)) {
    SelectResolution resolution(block, leaf.known);
    RegionPlan region{leaf.known, DenseMap<Value, Value>(), values};
    for (auto [value, stored] : early)
      region.stored[resolution.resolve(value)] = stored;
    for (auto [k, reduce] : llvm::enumerate(reduces))
      if (!needed[i].contains(reduce))
        region.values[k] = Value();
    fillRegion(variants.getBodies()[i], block, region, types, commit.getLoc());
  }
  for (auto [k, op] : llvm::enumerate(reduces)) {
    ReduceOp reduce = op;
    reduce.getOperandMutable().assign(variants.getResult(k));
  }
  for (auto [k, store] : llvm::enumerate(here)) {
    Value result = variants.getResult(reduces.size() + k);
    if (stage + 1 != plan.numStages)
      early[store.first->get()] = result;
    store.first->set(result);
  }
}

void VariantBuilder::run() {
  findNeededReduces();
  for (unsigned stage = 0; stage != plan.numStages; ++stage)
    build(stage);
  eraseDeadOps(block);
}

void optim::createVariants(Region &body, const VariantTree &tree,
                           const PhasePlan &plan) {
  VariantBuilder(body, tree, plan).run();
}

void optim::mergeEqualVariants(Region &body) {
  SmallVector<VariantsOp> phases(body.getOps<VariantsOp>());
  if (phases.empty())
    return;
  SmallVector<int64_t> masks(phases.front().getMasks()),
      values(phases.front().getValues());
  SmallVector<SmallVector<Region *>> leaves(masks.size());
  for (VariantsOp phase : phases)
    for (auto [i, region] : llvm::enumerate(phase.getBodies()))
      leaves[i].push_back(&region);
  auto equal = [](ArrayRef<Region *> a, ArrayRef<Region *> b) {
    return llvm::all_of(llvm::zip(a, b), [](auto pair) {
      return OperationEquivalence::isRegionEquivalentTo(
          std::get<0>(pair), std::get<1>(pair),
          OperationEquivalence::IgnoreLocations);
    });
  };
  auto mergeOne = [&] {
    for (unsigned i = 0; i != leaves.size(); ++i)
      for (unsigned j = i + 1; j != leaves.size(); ++j) {
        int64_t difference = values[i] ^ values[j];
        if (masks[i] != masks[j] || !llvm::isPowerOf2_64(difference) ||
            !equal(leaves[i], leaves[j]))
          continue;
        masks[i] &= ~difference;
        values[i] &= ~difference;
        masks.erase(masks.begin() + j);
        values.erase(values.begin() + j);
        leaves.erase(leaves.begin() + j);
        return true;
      }
    return false;
  };
  bool changed = false;
  while (mergeOne())
    changed = true;
  if (!changed)
    return;
  for (auto [k, phase] : llvm::enumerate(phases)) {
    OpBuilder builder(phase);
    auto merged =
        VariantsOp::create(builder, phase.getLoc(), phase.getResultTypes(),
                           phase.getPredicates(), masks, values, leaves.size());
    for (auto [leaf, to] : llvm::zip(leaves, merged.getBodies()))
      to.takeBody(*leaf[k]);
    phase.replaceAllUsesWith(merged);
    phase.erase();
  }
}
