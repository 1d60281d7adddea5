//===- CarryIndices.cpp - vectors of indices from step to step -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/Passes.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include <optional>

namespace optimc {
#define GEN_PASS_DEF_OPTIMCARRYINDICES
#include "optimc/Conversion/Passes.h.inc"
} // namespace optimc

using namespace mlir;

namespace {
struct CarryIndices : optimc::impl::OptimCarryIndicesBase<CarryIndices> {
  void runOnOperation() override;
};

/// How scalars of a loop's body grow from one iteration to the next.
class Slopes {
public:
  explicit Slopes(scf::ForOp loop) : loop(loop) {}
  /// Modulo 2^64, of which narrower types take what they hold; nothing if it
  /// is not always the same.
  std::optional<uint64_t> get(Value value);

private:
  scf::ForOp loop;
};
} // namespace

std::optional<uint64_t> Slopes::get(Value value) {
  if (value == loop.getInductionVar())
    return getConstantIntValue(loop.getStep());
  if (loop.isDefinedOutsideOfLoop(value))
    return 0;
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != loop.getBody())
    return std::nullopt;
  if (isa<arith::TruncIOp>(op))
    return get(op->getOperand(0));
  if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op))
    return op->hasTrait<OpTrait::ConstantLike>() ? std::optional<uint64_t>(0)
                                                 : std::nullopt;
  std::optional<uint64_t> a = get(op->getOperand(0));
  if (!a)
    return std::nullopt;
  if (isa<arith::MulIOp>(op)) {
    std::optional<int64_t> factor = getConstantIntValue(op->getOperand(1));
    return factor ? std::optional<uint64_t>(*a * *factor) : std::nullopt;
  }
  std::optional<uint64_t> b = get(op->getOperand(1));
  if (!b)
    return std::nullopt;
  return isa<arith::AddIOp>(op) ? *a + *b : *a - *b;
}

/// The value that `value` has in the first iteration, computed before the loop.
static Value computeFirst(Value value, scf::ForOp loop, OpBuilder &builder) {
  BackwardSliceOptions options;
  options.inclusive = true;
  options.filter = [&](Operation *op) {
    return op->getBlock() == loop.getBody();
  };
  SetVector<Operation *> slice; // in the order of their dependences
  (void)getBackwardSlice(value, &slice, options);
  IRMapping first;
  first.map(loop.getInductionVar(), loop.getLowerBound());
  for (Operation *op : slice)
    builder.clone(*op, first);
  return first.lookup(value);
}

namespace {
/// A vector of indices, and what is added to each of them per iteration.
struct Index {
  arith::AddIOp sum;
  uint64_t slope;
};
} // namespace

/// Sums of a broadcast scalar that grows evenly and of different lanes.
static SmallVector<Index> findIndices(scf::ForOp loop) {
  SmallVector<Index> indices;
  Slopes slopes(loop);
  for (auto sum : loop.getBody()->getOps<arith::AddIOp>()) {
    auto base = sum.getLhs().getDefiningOp<vector::BroadcastOp>();
    if (!base || base->getBlock() != loop.getBody() ||
        !matchPattern(sum.getRhs(), m_Constant()))
      continue;
    std::optional<uint64_t> slope = slopes.get(base.getSource());
    if (slope && *slope != 0)
      indices.push_back({sum, *slope});
  }
  return indices;
}

static void carry(scf::ForOp loop, ArrayRef<Index> indices,
                  IRRewriter &rewriter) {
  SmallVector<Value> first, steps;
  rewriter.setInsertionPoint(loop);
  for (Index index : indices) {
    first.push_back(computeFirst(index.sum, loop, rewriter));
    auto type = cast<VectorType>(index.sum.getType());
    APInt lane(type.getElementTypeBitWidth(), index.slope,
               /*isSigned=*/false, /*implicitTrunc=*/true);
    Value step = arith::ConstantOp::create(rewriter, index.sum.getLoc(),
                                           DenseElementsAttr::get(type, lane));
    steps.push_back(step);
  }
  SmallVector<Operation *> sums = llvm::map_to_vector(
      indices, [](Index index) -> Operation * { return index.sum; });
  auto yieldNext = [&](OpBuilder &builder, Location loc,
                       ArrayRef<BlockArgument> carried) {
    SmallVector<Value> next;
    for (auto [now, step] : llvm::zip(carried, steps)) {
      Value sum = arith::AddIOp::create(builder, loc, now, step);
      next.push_back(sum);
    }
    return next;
  };
  FailureOr<LoopLikeOpInterface> replaced = loop.replaceWithAdditionalYields(
      rewriter, first, /*replaceInitOperandUsesInLoop=*/false, yieldNext);
  auto carried =
      cast<scf::ForOp>(*replaced).getRegionIterArgs().take_back(sums.size());
  for (auto [sum, now] : llvm::zip(sums, carried))
    rewriter.replaceOp(sum, now); // what it was the sum of dies with it
}

void CarryIndices::runOnOperation() {
  IRRewriter rewriter(&getContext());
  SmallVector<scf::ForOp> loops;
  getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
  for (scf::ForOp loop : loops)
    if (SmallVector<Index> indices = findIndices(loop); !indices.empty())
      carry(loop, indices, rewriter);
}
