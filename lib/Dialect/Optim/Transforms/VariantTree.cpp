//===- VariantTree.cpp - which predicates make variants -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "VariantTree.h"
#include "optimc/Analysis/Stages.h"
#include "llvm/ADT/SetVector.h"
#include <map>
#include <set>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

/// All valuations of this many independent predicates are enumerated.
static constexpr unsigned maxAtoms = 10;

/// Scalar predicates that element ops read and that are known before the first
/// phase, in the order of their first use.
static SmallVector<Value> collectCandidates(Block &block) {
  llvm::SetVector<Value> candidates;
  StageAnalysis stages(*block.getParent());
  for (Operation &op : block.without_terminator()) {
    if (isa<HostOp>(op) || op.getNumResults() == 0 ||
        !isKernelRate(getRate(op.getResult(0))))
      continue;
    for (Value operand : op.getOperands())
      if (auto type = cast<RatedType>(operand.getType());
          type.isPredicate() && isScalarRate(type.getRate()) &&
          stages.getStage(operand) == 0 && !operand.getDefiningOp<TruthOp>())
        candidates.insert(operand);
  }
  return candidates.takeVector();
}

/// Where a scalar is computed: through the results and arguments of hosts.
static Value trace(Value value) {
  while (true) {
    if (auto host = value.getDefiningOp<HostOp>())
      value = host.getBody().front().getTerminator()->getOperand(
          cast<OpResult>(value).getResultNumber());
    else if (auto broadcast = value.getDefiningOp<BroadcastOp>())
      value = broadcast.getOperand();
    else if (auto argument = dyn_cast<BlockArgument>(value);
             argument && isa<HostOp>(argument.getOwner()->getParentOp()))
      value = argument.getOwner()->getParentOp()->getOperand(
          argument.getArgNumber());
    else
      return value;
  }
}

namespace {
/// Which truth values the candidates can have together.
class ReachableSet {
public:
  explicit ReachableSet(ArrayRef<Value> candidates) {
    for (Value candidate : candidates)
      collect(candidate);
  }
  unsigned getNumAtoms() const { return atoms.size(); }
  /// Bit i: the truth of candidate i where atom k has bit k of `assignment`.
  int64_t evaluate(ArrayRef<Value> candidates, unsigned assignment) const;

private:
  void collect(Value predicate);
  Value getAtom(Value predicate) const;

  SmallVector<Value> order; ///< logic ops, operands before users
  llvm::SetVector<Value> atoms;
};
} // namespace

/// `a != b` is exactly `not (a == b)`: the `eq` beside an `ne`, if there is
/// one.
static Value findOpposite(CmpOp compare) {
  for (Operation &op : *compare->getBlock())
    if (auto other = dyn_cast<CmpOp>(op); other &&
                                          other.getKind() == Compare::EQ &&
                                          other.getLhs() == compare.getLhs() &&
                                          other.getRhs() == compare.getRhs())
      return other;
  return {};
}

/// The value whose opposite this is, or null.
static Value getNegated(Value value) {
  if (auto negation = value.getDefiningOp<NotOp>())
    return trace(negation.getOperand());
  if (auto compare = value.getDefiningOp<CmpOp>();
      compare && compare.getKind() == Compare::NE)
    return findOpposite(compare);
  return {};
}

void ReachableSet::collect(Value predicate) {
  // Post-order without recursion.
  SmallVector<std::pair<Value, bool>> stack{{trace(predicate), false}};
  llvm::DenseSet<Value> done(order.begin(), order.end());
  while (!stack.empty()) {
    auto [value, expanded] = stack.pop_back_val();
    if (done.contains(value) || atoms.contains(value))
      continue;
    SmallVector<Value, 2> operands;
    if (Value negated = getNegated(value))
      operands.push_back(negated);
    else if (Operation *op = value.getDefiningOp();
             isa_and_present<AndOp, OrOp>(op))
      operands = {trace(op->getOperand(0)), trace(op->getOperand(1))};
    else if (!value.getDefiningOp<TruthOp>())
      atoms.insert(value);
    if (expanded || operands.empty()) {
      if (!atoms.contains(value)) {
        order.push_back(value);
        done.insert(value);
      }
      continue;
    }
    stack.push_back({value, true});
    for (Value operand : operands)
      stack.push_back({operand, false});
  }
}

int64_t ReachableSet::evaluate(ArrayRef<Value> candidates,
                               unsigned assignment) const {
  llvm::DenseMap<Value, bool> truths;
  for (auto [k, atom] : llvm::enumerate(atoms))
    truths[atom] = assignment >> k & 1;
  for (Value value : order) {
    if (Value negated = getNegated(value)) {
      truths[value] = !truths.lookup(negated);
    } else if (auto truth = value.getDefiningOp<TruthOp>()) {
      truths[value] = truth.getValue();
    } else {
      Operation *op = value.getDefiningOp();
      bool lhs = truths.lookup(trace(op->getOperand(0)));
      bool rhs = truths.lookup(trace(op->getOperand(1)));
      truths[value] = isa<AndOp>(op) ? lhs && rhs : lhs || rhs;
    }
  }
  int64_t bits = 0;
  for (auto [i, candidate] : llvm::enumerate(candidates))
    bits |= int64_t(truths.lookup(trace(candidate))) << i;
  return bits;
}

/// The valuations of the candidates that hosts can produce, or all of them
/// where there are too many comparisons to enumerate.
static std::set<int64_t> enumerateValuations(ArrayRef<Value> candidates) {
  std::set<int64_t> valuations;
  ReachableSet reachable(candidates);
  bool traced = reachable.getNumAtoms() <= maxAtoms;
  unsigned count = traced ? reachable.getNumAtoms() : candidates.size();
  for (unsigned bits = 0; bits != 1u << count; ++bits)
    valuations.insert(traced ? reachable.evaluate(candidates, bits) : bits);
  return valuations;
}

namespace {
/// A set of valuations and what each reads and writes.
struct Node {
  int64_t mask = 0, value = 0; ///< over the candidates
  SmallVector<int64_t> valuations;
  SmallVector<const StreamUse *> uses;

  bool isUniform() const {
    return llvm::all_of(uses, [&](auto *use) { return *use == *uses.front(); });
  }
  /// The streams that one region for all valuations moves, over all of them.
  unsigned getTraffic() const {
    if (uses.empty())
      return 0;
    StreamUse all = *uses.front();
    for (const StreamUse *use : uses) {
      all.reads |= use->reads;
      all.writes |= use->writes;
    }
    return uses.size() * (all.reads.count() + all.writes.count());
  }
  Node split(unsigned candidate, bool truth) const {
    Node part;
    part.mask = mask | int64_t(1) << candidate;
    part.value = value | int64_t(truth) << candidate;
    for (auto [valuation, use] : llvm::zip(valuations, uses))
      if (bool(valuation >> candidate & 1) == truth) {
        part.valuations.push_back(valuation);
        part.uses.push_back(use);
      }
    return part;
  }
};

struct Split {
  unsigned leaf = 0, candidate = 0;
  int64_t saved = -1; ///< traffic; negative if there is nothing to split
};
} // namespace

/// The split of a leaf that saves most traffic.
static Split chooseSplit(ArrayRef<Node> leaves, unsigned numCandidates) {
  Split best;
  for (auto [number, leaf] : llvm::enumerate(leaves)) {
    if (leaf.isUniform())
      continue;
    for (unsigned i = 0; i != numCandidates; ++i) {
      Node no = leaf.split(i, false), yes = leaf.split(i, true);
      if (no.uses.empty() || yes.uses.empty())
        continue;
      int64_t saved =
          int64_t(leaf.getTraffic()) - no.getTraffic() - yes.getTraffic();
      if (saved > best.saved)
        best = {unsigned(number), i, saved};
    }
  }
  return best;
}

VariantTree optim::growVariants(Block &block, ValueRange targets,
                                ValueRange values, unsigned maxLeaves) {
  VariantTree tree;
  SmallVector<Value> candidates = collectCandidates(block);
  if (candidates.size() > maxAtoms) {
    tree.beyondLimit.append(candidates.begin() + maxAtoms, candidates.end());
    candidates.resize(maxAtoms);
  }

  Node root;
  std::map<int64_t, StreamUse> uses;
  for (int64_t valuation : enumerateValuations(candidates)) {
    Valuation known;
    for (auto [i, candidate] : llvm::enumerate(candidates))
      known[candidate] = valuation >> i & 1;
    auto [position, isNew] = uses.try_emplace(
        valuation, getStreamUse(block, targets, values, known));
    root.valuations.push_back(valuation);
    root.uses.push_back(&position->second);
  }

  SmallVector<Node> leaves{root};
  Split split = chooseSplit(leaves, candidates.size());
  while (split.saved >= 0 && leaves.size() < maxLeaves) {
    Node &leaf = leaves[split.leaf];
    Node yes = leaf.split(split.candidate, true);
    leaf = leaf.split(split.candidate, false);
    leaves.insert(leaves.begin() + split.leaf + 1, yes);
    split = chooseSplit(leaves, candidates.size());
  }
  llvm::SmallSetVector<Value, 8> beyond;
  for (Node &leaf : leaves)
    if (Split rest = chooseSplit(leaf, candidates.size()); rest.saved >= 0)
      beyond.insert(candidates[rest.candidate]);
  tree.beyondLimit.append(beyond.begin(), beyond.end());

  // Number the predicates that are tested.
  int64_t tested = 0, decided = 0;
  for (Node &leaf : leaves)
    tested |= leaf.mask;
  SmallVector<unsigned> bit(candidates.size());
  for (auto [i, candidate] : llvm::enumerate(candidates))
    if (tested >> i & 1) {
      bit[i] = tree.predicates.size();
      tree.predicates.push_back(candidate);
    }
  for (Node &node : leaves) {
    VariantLeaf &leaf = tree.leaves.emplace_back();
    int64_t all = ~int64_t(0), any = 0;
    for (int64_t valuation : node.valuations) {
      all &= valuation;
      any |= valuation;
    }
    for (auto [i, candidate] : llvm::enumerate(candidates)) {
      if (node.mask >> i & 1) {
        leaf.mask |= int64_t(1) << bit[i];
        leaf.value |= (node.value >> i & 1) << bit[i];
      }
      if ((all >> i & 1) || !(any >> i & 1)) {
        leaf.known[candidate] = all >> i & 1;
        decided |= int64_t(1) << i;
      }
    }
  }
  for (auto [i, candidate] : llvm::enumerate(candidates))
    if (!(decided >> i & 1) && !beyond.contains(candidate))
      tree.unused.push_back(candidate);
  return tree;
}
