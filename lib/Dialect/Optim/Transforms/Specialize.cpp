//===- Specialize.cpp - variants for host predicates -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outlining.h"
#include "VariantBuilder.h"
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
  Block &block = body.front();
  if (getVariants(body) || !body.getOps<KernelOp>().empty())
    return false;
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
  keepUnchanged(block, tree);
  SmallVector<Valuation> leaves;
  for (const VariantLeaf &leaf : tree.leaves)
    leaves.push_back(leaf.known);
  PhasePlan plan = planPhases(body, leaves, phases);
  createVariants(body, tree, plan);
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
    mergeEqualVariants(*body);
    report(*body);
  }
}
} // namespace optimc::optim
