//===- Specialize.cpp - variants for host predicates -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outlining.h"
#include "VariantTree.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OperationSupport.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "optimc/Analysis/ValueNames.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"

using namespace mlir;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMSPECIALIZE
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"

static remark::RemarkOpts remarkName(StringRef name) {
  return remark::RemarkOpts::name(name).category("optim-specialize");
}

/// Commits the old value of every stream that no leaf changes.
static void keepUnchanged(Block &block, const VariantTree &tree) {
  auto commit = cast<CommitOp>(block.getTerminator());
  SmallVector<SelectResolution> resolutions;
  for (const VariantLeaf &leaf : tree.leaves)
    resolutions.emplace_back(block, leaf.known);
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValuesMutable())) {
    Value old = target, next = value.get();
    if (isStream(old) &&
        llvm::all_of(resolutions, [&](const SelectResolution &resolution) {
          return resolution.resolve(next) == old;
        }))
      value.set(old);
  }
  dropUnchanged(commit);
}

/// Copies what `values` need into the region, with selects on known predicates
/// resolved, and yields them in the types of `types`.
static void fillRegion(Region &region, Block &from, const Valuation &known,
                       ValueRange values, TypeRange types, Location loc) {
  OpBuilder builder(region.getContext());
  builder.createBlock(&region);
  SelectResolution resolution(from, known);

  DenseSet<Operation *> needed;
  SmallVector<Value> worklist;
  auto push = [&](Value value) {
    worklist.push_back(resolution.resolve(value));
  };
  auto isOutlined = [&](Operation *op) {
    return op && op->getBlock() == &from &&
           !op->hasTrait<OpTrait::ConstantLike>() &&
           isKernelRate(getRate(op->getResult(0)));
  };
  llvm::for_each(values, push);
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!isOutlined(op) || !needed.insert(op).second)
      continue;
    llvm::for_each(op->getOperands(), push);
  }

  IRMapping mapping;
  for (auto [predicate, truth] : known) {
    auto literal =
        TruthOp::create(builder, predicate.getLoc(), truth, getRate(predicate));
    mapping.map(predicate, literal.getResult());
  }
  // A scalar that takes the place of an element value is rounded there.
  auto choose = [&](Value value, Type type) -> Value {
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
  for (auto [value, type] : llvm::zip(values, types)) {
    Value chosen = choose(value, type);
    yielded.push_back(chosen);
  }
  YieldOp::create(builder, loc, yielded);
}

/// Puts the element ops of a body into variants, one region per leaf.
static void createVariants(Block &block, const VariantTree &tree) {
  keepUnchanged(block, tree);
  auto commit = cast<CommitOp>(block.getTerminator());
  SmallVector<OpOperand *> stores;
  SmallVector<Value> values;
  SmallVector<Type> types;
  SmallVector<std::string> names;
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValuesMutable())) {
    if (!isStream(target) || value.get() == target)
      continue;
    stores.push_back(&value);
    values.push_back(value.get());
    types.push_back(target.getType());
    names.push_back(getValueName(value.get()));
  }
  OpBuilder builder(commit);
  Location loc = nameLocation(commit.getLoc(), names);
  SmallVector<int64_t> masks, results;
  for (const VariantLeaf &leaf : tree.leaves) {
    masks.push_back(leaf.mask);
    results.push_back(leaf.value);
  }
  auto variants = VariantsOp::create(builder, loc, types, tree.predicates,
                                     masks, results, tree.leaves.size());
  for (auto [leaf, region] : llvm::zip(tree.leaves, variants.getBodies()))
    fillRegion(region, block, leaf.known, values, types, commit.getLoc());
  for (auto [store, result] : llvm::zip(stores, variants.getResults()))
    store->set(result);
  eraseDeadOps(block);
}

/// Joins regions that are equal and whose conditions differ in one predicate.
static void mergeEqual(VariantsOp variants) {
  SmallVector<int64_t> masks(variants.getMasks()), values(variants.getValues());
  SmallVector<Region *> regions;
  for (Region &region : variants.getBodies())
    regions.push_back(&region);
  auto equal = [](Region *a, Region *b) {
    return OperationEquivalence::isRegionEquivalentTo(
        a, b, OperationEquivalence::IgnoreLocations);
  };
  auto mergeOne = [&] {
    for (unsigned i = 0; i != regions.size(); ++i)
      for (unsigned j = i + 1; j != regions.size(); ++j) {
        int64_t difference = values[i] ^ values[j];
        if (masks[i] != masks[j] || !llvm::isPowerOf2_64(difference) ||
            !equal(regions[i], regions[j]))
          continue;
        masks[i] &= ~difference;
        values[i] &= ~difference;
        masks.erase(masks.begin() + j);
        values.erase(values.begin() + j);
        regions.erase(regions.begin() + j);
        return true;
      }
    return false;
  };
  bool changed = false;
  while (mergeOne())
    changed = true;
  if (!changed)
    return;
  OpBuilder builder(variants);
  auto merged = VariantsOp::create(
      builder, variants.getLoc(), variants.getResultTypes(),
      variants.getPredicates(), masks, values, regions.size());
  for (auto [from, to] : llvm::zip(regions, merged.getBodies()))
    to.takeBody(*from);
  variants.replaceAllUsesWith(merged);
  variants.erase();
}

static std::string describeStreams(OptimizerOp optimizer,
                                   const llvm::SmallBitVector &streams) {
  if (streams.none())
    return "nothing";
  std::string text;
  for (unsigned i : streams.set_bits())
    text += (text.empty() ? "%" : ", %") + optimizer.getArgumentName(i).str();
  return text;
}

/// "%last and not %finite" for the condition of a region.
static std::string describeCondition(VariantsOp variants, unsigned region) {
  std::string text;
  for (auto [k, predicate] : llvm::enumerate(variants.getPredicates())) {
    if (!(variants.getMasks()[region] >> k & 1))
      continue;
    bool truth = variants.getValues()[region] >> k & 1;
    text += (text.empty() ? "" : " and ") + std::string(truth ? "" : "not ") +
            describeValue(predicate);
  }
  return text.empty() ? "always" : text;
}

static void report(Region &body) {
  auto optimizer = cast<OptimizerOp>(body.getParentOp());
  VariantsOp variants = getVariants(body);
  for (unsigned i = 0, e = variants.getBodies().size(); i != e; ++i) {
    StreamUse use = getStreamUse(body, i);
    remark::passed(optimizer.getLoc(), remarkName("Variant"))
        << ("'" + optimizer.getEntryName(body.getRegionNumber()) + "' where " +
            describeCondition(variants, i) + ": reads " +
            describeStreams(optimizer, use.reads) + "; writes " +
            describeStreams(optimizer, use.writes))
               .str();
  }
}

namespace {
struct SpecializePass : impl::OptimSpecializeBase<SpecializePass> {
  using OptimSpecializeBase::OptimSpecializeBase;
  void runOnOperation() override;
  bool specialize(Region &body);
};
} // namespace

bool SpecializePass::specialize(Region &body) {
  OptimizerOp optimizer = getOperation();
  Block &block = body.front();
  if (getVariants(body) || !body.getOps<KernelOp>().empty())
    return false;
  if (!body.getOps<ReduceOp>().empty()) {
    remark::missed(optimizer.getLoc(), remarkName("Phases"))
        << ("'" + optimizer.getEntryName(body.getRegionNumber()) +
            "' has reductions; its predicates stay selects")
               .str();
    return false;
  }
  SmallVector<Value> targets, values;
  for (auto [target, value] : getStores(body)) {
    targets.push_back(target);
    values.push_back(value);
  }
  VariantTree tree = growVariants(block, targets, values, maxVariants);
  for (Value predicate : tree.unused)
    remark::missed(predicate.getLoc(), remarkName("UniformSelect"))
        << (describeValue(predicate) +
            " removes no stream; it stays a uniform select");
  for (Value predicate : tree.beyondLimit)
    remark::missed(predicate.getLoc(), remarkName("VariantLimit"))
        << (describeValue(predicate) +
            " would remove streams, but the limit of " + Twine(maxVariants) +
            " variants is reached; it stays a uniform select")
               .str();
  if (tree.leaves.size() < 2)
    return false;
  createVariants(block, tree);
  return true;
}

void SpecializePass::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  SmallVector<Region *> specialized;
  for (Region &body : optimizer.getBodies())
    if (specialize(body))
      specialized.push_back(&body);
  if (specialized.empty())
    return;
  // With their predicates constant, regions become simpler, and some equal.
  OpPassManager cleanup(OptimizerOp::getOperationName());
  cleanup.addPass(createCanonicalizerPass());
  cleanup.addPass(createCSEPass());
  if (failed(runPipeline(cleanup, optimizer)))
    return signalPassFailure();
  for (Region *body : specialized) {
    mergeEqual(getVariants(*body));
    report(*body);
  }
}
} // namespace optimc::optim
