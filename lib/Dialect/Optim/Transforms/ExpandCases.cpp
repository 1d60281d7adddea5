//===- ExpandCases.cpp - classes of tensors become selects -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"

using namespace mlir;
using namespace optimc::optim;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMEXPANDCASES
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"
} // namespace optimc::optim

namespace {
struct ExpandCases : optimc::optim::impl::OptimExpandCasesBase<ExpandCases> {
  void runOnOperation() override;
};
} // namespace

/// A reduction over tensors counts, in a class, those of the class only; a
/// select cannot say so.
static LogicalResult checkReductions(CaseOp op) {
  WalkResult result = op->walk([&](ReduceOp reduce) {
    if (reduce.getRate() >= Rate::Tensor)
      return WalkResult::advance();
    emitError(reduce.getLoc())
        << "'reduce' to '" << stringifyRate(reduce.getRate())
        << "' in a 'case', over the tensors of one class, is not compiled yet; "
           "'optimc run --engine=interpreter' executes it";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

static void expand(CaseOp op) {
  OpBuilder builder(op);
  auto predicate = RankOp::create(
      builder,
      rename(op.getLoc(), "rank_" + std::to_string(op.getMinRank()) + "_up"),
      op.getMinRankAttr());
  SmallVector<ValueRange> yielded;
  for (Region *region : {&op.getThenRegion(), &op.getElseRegion()}) {
    Block &block = region->front();
    yielded.push_back(block.getTerminator()->getOperands());
    for (Operation &inner :
         llvm::make_early_inc_range(block.without_terminator()))
      inner.moveBefore(op);
  }
  for (auto [result, then, other] :
       llvm::zip(op->getResults(), yielded[0], yielded[1])) {
    Value value = then;
    if (then != other) {
      auto select =
          SelectOp::create(builder, rename(op.getLoc(), getWrittenName(result)),
                           result.getType(), predicate, then, other);
      value = select;
    } else if (value.getType() != result.getType()) {
      auto broadcast =
          BroadcastOp::create(builder, op.getLoc(), value, getRate(result));
      value = broadcast;
    }
    result.replaceAllUsesWith(value);
  }
  op.erase();
}

void ExpandCases::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  for (Region &body : optimizer.getBodies()) {
    SmallVector<CaseOp> cases;
    // Inner ones first.
    body.walk<WalkOrder::PostOrder>([&](CaseOp op) { cases.push_back(op); });
    for (CaseOp op : cases) {
      if (failed(checkReductions(op)))
        return signalPassFailure();
      remark::passed(op.getLoc(), remark::RemarkOpts::name("CaseExpanded")
                                      .category(getArgument())
                                      .function(optimizer.getSymName()))
          << remark::add("a plan of its own for tensors of rank {0} and more",
                         op.getMinRank());
      expand(op);
    }
  }
}
