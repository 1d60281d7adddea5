//===- Phases.cpp - passes over the elements of a body -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Analysis/Phases.h"

#include "optimc/Analysis/Cost.h"
#include "optimc/Analysis/Stages.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

/// So many candidates are tried in all combinations.
static constexpr unsigned maxCandidates = 8;

namespace {
class Planner {
public:
  Planner(Region &body, ArrayRef<Valuation> leaves);
  PhasePlan run(PhasePolicy policy);

private:
  void findStages();
  void findCandidates();
  /// The bytes that a set of early stores moves, or nothing if it is not legal.
  std::optional<double> getBytes(unsigned early) const;
  std::optional<double> getBytes(unsigned early,
                                 const SelectResolution &leaf) const;
  bool isEarly(Value target, unsigned early, unsigned &stage) const;

  Region &body;
  OptimizerOp optimizer;
  StageAnalysis stages;
  SmallVector<SelectResolution> leaves;
  SmallVector<std::pair<Value, Value>> stores; ///< target, new value
  SmallVector<Value> candidates;               ///< targets
  SmallVector<unsigned> candidateStages;
  PhasePlan plan;
};
} // namespace

Planner::Planner(Region &body, ArrayRef<Valuation> valuations)
    : body(body), optimizer(cast<OptimizerOp>(body.getParentOp())),
      stages(body) {
  for (const Valuation &valuation : valuations)
    leaves.emplace_back(body.front(), valuation);
  for (auto [target, value] : getStores(body))
    if (target != value)
      stores.push_back({target, value});
}

void Planner::findStages() {
  unsigned last = 0;
  for (auto [target, value] : stores)
    last = std::max(last, stages.getStage(value));
  for (auto reduce : body.getOps<ReduceOp>())
    if (isKernelRate(getRate(reduce.getOperand())))
      last = std::max(last, stages.getStage(reduce.getOperand()));
  plan.numStages = last + 1;
  plan.reduces.resize(plan.numStages);
  for (auto reduce : body.getOps<ReduceOp>())
    if (isKernelRate(getRate(reduce.getOperand())))
      plan.reduces[stages.getStage(reduce.getOperand())].push_back(reduce);
}

/// A new value that is known before the last stage, and computed per element.
void Planner::findCandidates() {
  for (auto [target, value] : stores) {
    unsigned stage = stages.getStage(value);
    // Stages without a reduction have no phase to store in.
    while (stage + 1 < plan.numStages && plan.reduces[stage].empty())
      ++stage;
    unsigned argument = cast<BlockArgument>(target).getArgNumber();
    bool isExact =
        optimizer.getStorage(argument).getFormat() == StorageFormat::F32;
    if (stage + 1 >= plan.numStages || !isExact ||
        getRate(target) != Rate::Element || getRate(value) != Rate::Element ||
        !value.getDefiningOp() || candidates.size() == maxCandidates)
      continue;
    candidates.push_back(target);
    candidateStages.push_back(stage);
  }
}

bool Planner::isEarly(Value target, unsigned early, unsigned &stage) const {
  for (auto [i, candidate] : llvm::enumerate(candidates))
    if (candidate == target && (early >> i & 1)) {
      stage = candidateStages[i];
      return true;
    }
  return false;
}

std::optional<double> Planner::getBytes(unsigned early,
                                        const SelectResolution &leaf) const {
  double bytes = 0;
  for (unsigned stage = 0; stage != plan.numStages; ++stage) {
    OptimizerOp op = optimizer;
    llvm::SmallBitVector reads(op.getNumArguments()), writes(reads);
    DenseMap<Value, Value> stored; // new value -> target, of earlier stages
    SmallVector<Value> worklist;
    DenseSet<Value> seen;
    auto push = [&](Value value) {
      value = leaf.resolve(value);
      if (seen.insert(value).second)
        worklist.push_back(value);
    };
    for (auto [target, value] : stores) {
      unsigned when = plan.numStages - 1;
      bool isFirst = isEarly(target, early, when);
      Value next = leaf.resolve(value);
      if (next == target)
        continue;
      if (isFirst && when < stage)
        stored[next] = target;
      if (when != stage)
        continue;
      writes.set(cast<BlockArgument>(target).getArgNumber());
      push(value);
    }
    for (ReduceOp reduce : plan.reduces[stage])
      push(reduce.getOperand());
    while (!worklist.empty()) {
      Value value = worklist.pop_back_val();
      if (Value target = stored.lookup(value)) {
        reads.set(cast<BlockArgument>(target).getArgNumber());
        continue;
      }
      if (isStream(value)) {
        unsigned when;
        // The old value is gone.
        if (isEarly(value, early, when) && when < stage)
          return std::nullopt;
        reads.set(cast<BlockArgument>(value).getArgNumber());
      }
      Operation *op = value.getDefiningOp();
      if (!op || leaf.getTruth(value) || isa<ReduceOp, HostOp>(op))
        continue;
      llvm::for_each(op->getOperands(), push);
    }
    bytes += getStreamBytes(optimizer, reads);
    bytes += getStreamBytes(optimizer, writes);
  }
  return bytes;
}

std::optional<double> Planner::getBytes(unsigned early) const {
  double total = 0;
  for (const SelectResolution &leaf : leaves) {
    std::optional<double> bytes = getBytes(early, leaf);
    if (!bytes)
      return std::nullopt;
    total += *bytes;
  }
  return total / leaves.size();
}

PhasePlan Planner::run(PhasePolicy policy) {
  findStages();
  findCandidates();
  plan.recomputeBytes = plan.bytes = *getBytes(0);
  if (policy == PhasePolicy::Recompute)
    return plan;
  unsigned best = 0;
  for (unsigned early = 1; early != 1u << candidates.size(); ++early) {
    std::optional<double> bytes = getBytes(early);
    if (!bytes)
      continue;
    bool isBetter = policy == PhasePolicy::Store
                        ? llvm::popcount(early) > llvm::popcount(best)
                        : *bytes < plan.bytes;
    if (isBetter) {
      best = early;
      plan.bytes = *bytes;
    }
  }
  for (auto [i, candidate] : llvm::enumerate(candidates))
    if (best >> i & 1)
      plan.early[candidate] = candidateStages[i];
  return plan;
}

PhasePlan optimc::planPhases(Region &body, ArrayRef<Valuation> leaves,
                             PhasePolicy policy) {
  return Planner(body, leaves).run(policy);
}
