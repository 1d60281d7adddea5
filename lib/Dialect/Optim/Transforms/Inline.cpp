//===- Inline.cpp - calls to the bodies of templates -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"

using namespace mlir;
using namespace optimc::optim;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMINLINE
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"
} // namespace optimc::optim

namespace {
struct Inline : optimc::optim::impl::OptimInlineBase<Inline> {
  void runOnOperation() override;

private:
  LogicalResult visitBlock(Block &block);
  LogicalResult visit(Operation *op);
  FailureOr<SmallVector<Value>> inlineCall(CallOp call);
};
} // namespace

/// Rates that were left open in the template, now that the operands have one.
static LogicalResult closeRates(Operation *op) {
  auto isOpen = [](Type type) {
    auto rated = dyn_cast<RatedType>(type);
    return rated && rated.getRate() == Rate::Any;
  };
  if (llvm::none_of(op->getResultTypes(), isOpen))
    return success();
  SmallVector<Type> types;
  if (auto infer = dyn_cast<InferTypeOpInterface>(op)) {
    if (failed(infer.inferReturnTypes(
            op->getContext(), op->getLoc(), op->getOperands(),
            op->getRawDictionaryAttrs(), op->getPropertiesStorage(),
            op->getRegions(), types)))
      return failure();
  } else if (auto classes = dyn_cast<CaseOp>(op)) {
    auto first = classes.getThenRegion().front().getTerminator();
    auto second = classes.getElseRegion().front().getTerminator();
    for (auto [a, b] : llvm::zip(first->getOperands(), second->getOperands()))
      types.push_back(
          RatedType::getNumber(op->getContext(), join(getRate(a), getRate(b))));
  } else {
    return op->emitOpError("has no rate of its own");
  }
  for (auto [result, type] : llvm::zip(op->getResults(), types))
    result.setType(type);
  return success();
}

/// A template may reduce what is of that rate already where it is called; a
/// spec does not say so itself.
static bool isOfOwnRate(Operation *op) {
  auto reduce = dyn_cast<ReduceOp>(op);
  return reduce && reduce.getRate() == getRate(reduce.getOperand());
}

/// Such a reduction is of one value: what a lane that holds the neutral value
/// takes in (docs/Reductions.md). Returns what replaces it.
static Value expandOwn(ReduceOp op) {
  Expansion e(op);
  Value x = op.getOperand(), taken = x;
  switch (op.getKind()) {
  case Reduction::Sum:
  case Reduction::Mean: {
    // Not `x`: the sum of +0 and -0 is +0.
    Value zero = e.getConstant(0);
    taken = e.create<AddOp>("taken", x, zero);
    break;
  }
  case Reduction::SumSq:
  case Reduction::MeanSq:
    taken = e.create<MulOp>("taken", x, x);
    break;
  case Reduction::Max:
  case Reduction::Min:
    break;
  case Reduction::MaxAbs:
    taken = e.create<AbsOp>("taken", x);
    break;
  }
  e.replace(cast<OpResult>(op.getResult()), taken);
  return taken;
}

/// Clones the template's body before the call and returns the results. The
/// verifier has refused recursion, unknown templates and wrong arities.
FailureOr<SmallVector<Value>> Inline::inlineCall(CallOp call) {
  auto callee =
      SymbolTable::lookupNearestSymbolFrom<FuncOp>(call, call.getCalleeAttr());
  OpBuilder builder(call);
  Operation *before = call->getPrevNode();
  IRMapping mapping;
  mapping.map(callee.getBody().getArguments(), call.getInputs());
  Block &body = callee.getBody().front();
  for (Operation &op : body.without_terminator()) {
    Operation *clone = builder.clone(op, mapping);
    clone->walk([&](Operation *inner) {
      inner->setLoc(CallSiteLoc::get(inner->getLoc(), call.getLoc()));
    });
    if (auto nested = dyn_cast<CallOp>(clone)) {
      FailureOr<SmallVector<Value>> values = inlineCall(nested);
      if (failed(values))
        return failure();
      mapping.map(op.getResults(), *values);
      nested.erase();
    } else if (isOfOwnRate(clone)) {
      mapping.map(op.getResult(0), expandOwn(cast<ReduceOp>(clone)));
      clone->erase();
    } else if (failed(visit(clone))) {
      return failure();
    }
  }
  ++inlined;

  // Results carry the names at the call, unless they are its arguments.
  auto isInlined = [&](Operation *op) {
    return op && op->getBlock() == call->getBlock() &&
           (!before || before->isBeforeInBlock(op));
  };
  SmallVector<Value> results;
  for (auto [result, yielded] :
       llvm::zip(call.getResults(), body.getTerminator()->getOperands())) {
    Value value = mapping.lookupOrDefault(yielded);
    Operation *definition = value.getDefiningOp();
    std::string name = getWrittenName(result);
    if (!name.empty() && isInlined(definition) &&
        definition->getNumResults() == 1 && !llvm::is_contained(results, value))
      definition->setLoc(rename(definition->getLoc(), name));
    results.push_back(value);
    result.replaceAllUsesWith(value);
  }
  return results;
}

LogicalResult Inline::visit(Operation *op) {
  if (auto call = dyn_cast<CallOp>(op)) {
    if (failed(inlineCall(call)))
      return failure();
    remark::passed(
        call.getLoc(),
        remark::RemarkOpts::name("CallInlined")
            .category(getArgument())
            .function(call->getParentOfType<OptimizerOp>().getSymName()))
        << remark::add("'@{0}' inlined", call.getCallee());
    call.erase();
    return success();
  }
  for (Region &region : op->getRegions())
    for (Block &block : region)
      if (failed(visitBlock(block)))
        return failure();
  return closeRates(op);
}

LogicalResult Inline::visitBlock(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block))
    if (isOfOwnRate(&op)) {
      expandOwn(cast<ReduceOp>(op));
      op.erase();
    } else if (failed(visit(&op))) {
      return failure();
    }
  return success();
}

void Inline::runOnOperation() {
  SmallVector<FuncOp> templates(getOperation().getOps<FuncOp>());
  for (OptimizerOp optimizer : getOperation().getOps<OptimizerOp>())
    if (failed(visit(optimizer)))
      return signalPassFailure();
  for (FuncOp each : templates)
    each.erase();
}
