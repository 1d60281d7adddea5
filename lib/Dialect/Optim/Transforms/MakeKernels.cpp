//===- MakeKernels.cpp - outline kernel-rate ops into kernels -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelOutliner.h"
#include "Outlining.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Analysis/Stages.h"
#include "optimc/Analysis/ValueNames.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include <cmath>

using namespace mlir;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMMAKEKERNELS
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"

namespace {
struct MakeKernelsPass : impl::OptimMakeKernelsBase<MakeKernelsPass> {
  using OptimMakeKernelsBase::OptimMakeKernelsBase;
  void runOnOperation() override;

private:
  void outlineBody(Region &body);
  void outlineVariants(VariantsOp variants, unsigned stage);
  void report(StringRef entry, ArrayRef<KernelOp> kernels);
};
} // namespace

void MakeKernelsPass::report(StringRef entry, ArrayRef<KernelOp> kernels) {
  remark::RemarkOpts options =
      remark::RemarkOpts::name("Kernel").category("optim-make-kernels");
  Location loc = getOperation().getLoc();
  if (kernels.empty())
    remark::passed(loc, options)
        << ("'" + entry + "': nothing to do, no kernel").str();
  for (KernelOp op : kernels) {
    KernelOp kernel = op;
    Block &body = kernel.getBody().front();
    size_t ops = std::distance(body.begin(), body.end()) - 1;
    StringRef over = stringifyRate(getRate(kernel.getResult(0)));
    remark::passed(loc, options)
        << ("'" + entry + "', stage " + Twine(kernel.getPhase()) + ", per " +
            over + ": one pass of " + Twine(ops) + " ops reads " +
            describeValues(kernel.getStreams()) + ", makes " +
            describeValues(kernel.getResults()) + ", with " +
            Twine(kernel.getScalars().size()) + " scalars")
               .str();
  }
}

/// What `variants` yields goes to reductions, or is stored.
void MakeKernelsPass::outlineVariants(VariantsOp variants, unsigned stage) {
  OptimizerOp optimizer = getOperation();
  StringRef entry =
      optimizer.getEntryName(variants->getParentRegion()->getRegionNumber());
  for (Region &region : variants.getBodies()) {
    Operation *yield = region.front().getTerminator();
    SmallVector<Sink> sinks;
    for (OpResult result : variants->getResults()) {
      OpOperand &operand = yield->getOpOperand(result.getResultNumber());
      for (OpOperand &use : result.getUses()) {
        if (auto reduce = dyn_cast<ReduceOp>(use.getOwner())) {
          // Zero stands for what this leaf does not need.
          if (!operand.get().getDefiningOp<ConstantOp>())
            sinks.push_back({&operand, result.getType(), getCut(reduce)});
        } else if (auto commit = dyn_cast<CommitOp>(use.getOwner())) {
          Value target = commit.getTargets()[use.getOperandNumber() -
                                             commit.getTargets().size()];
          if (operand.get() != target)
            sinks.push_back(
                {&operand, target.getType(), Cut::Anywhere, target});
        }
      }
    }
    DenseMap<Value, Value> stored; // results of `variants`, which are in memory
    report(entry, outlineKernels(region.front(), yield, sinks, stored, stage));
    eraseDeadOps(region.front());
  }
}

void MakeKernelsPass::outlineBody(Region &body) {
  OptimizerOp optimizer = getOperation();
  auto commit = cast<CommitOp>(body.front().getTerminator());
  PhasePlan plan = planPhases(body, Valuation(), phases);
  // Of the values before any of them is replaced.
  DenseMap<Value, unsigned> storeStages;
  for (Value target : commit.getTargets())
    storeStages[target] = plan.getStoreStage(target);
  if (!plan.early.empty())
    remark::passed(
        optimizer.getLoc(),
        remark::RemarkOpts::name("StoredEarly").category("optim-make-kernels"))
        << ("'" + optimizer.getEntryName(body.getRegionNumber()) +
            "': " + Twine(plan.early.size()) +
            " new states are stored by the phase "
            "that computes them: " +
            std::to_string(std::lround(plan.bytes)) +
            " bytes per element, against " +
            std::to_string(std::lround(plan.recomputeBytes)) +
            " if later phases computed them again")
               .str();
  SmallVector<KernelOp> all;
  DenseMap<Value, Value> stored;
  for (unsigned stage = 0; stage != plan.numStages; ++stage) {
    SmallVector<Sink> sinks;
    Operation *position = commit;
    for (ReduceOp reduce : plan.reduces[stage]) {
      sinks.push_back({&reduce.getOperandMutable(),
                       reduce.getOperand().getType(), getCut(reduce)});
      if (reduce->isBeforeInBlock(position))
        position = reduce;
    }
    for (auto [target, value] :
         llvm::zip(commit.getTargets(), commit.getValuesMutable()))
      if (isStream(target) && value.get() != target &&
          storeStages.lookup(target) == stage)
        sinks.push_back({&value, target.getType(), Cut::Anywhere, target});
    SmallVector<KernelOp> kernels =
        outlineKernels(body.front(), position, sinks, stored, stage);
    // Later phases read what this one stores.
    for (const Sink &sink : sinks)
      if (sink.target && stage + 1 != plan.numStages)
        stored[sink.original] = sink.operand->get();
    all.append(kernels);
  }
  report(optimizer.getEntryName(body.getRegionNumber()), all);
}

void MakeKernelsPass::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  for (Region &body : optimizer.getBodies()) {
    if (!body.getOps<KernelOp>().empty())
      continue;
    dropUnchanged(cast<CommitOp>(body.front().getTerminator()));
    SmallVector<VariantsOp> variants(body.getOps<VariantsOp>());
    if (variants.empty())
      outlineBody(body);
    StageAnalysis stages(body);
    unsigned stage = 0;
    for (VariantsOp op : variants) {
      stage = std::max(stage, stages.getStage(op));
      outlineVariants(op, stage);
    }
    eraseDeadOps(body.front());
  }
}
} // namespace optimc::optim
