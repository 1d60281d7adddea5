//===- MakeKernels.cpp - outline element ops into kernels -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outlining.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Analysis/StreamUse.h"
#include "optimc/Analysis/ValueNames.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include "llvm/ADT/SetVector.h"
#include <set>

using namespace mlir;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMMAKEKERNELS
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"

namespace {
/// A value that a block stores, and the stream that it goes to.
struct Store {
  OpOperand *operand; ///< of `commit`, or of the terminator of a variant
  Value target;
};

/// Outlines the element ops of one block: a body, or a region of `variants`.
class Outliner {
public:
  Outliner(Block &block, ArrayRef<Store> stores)
      : block(block), stores(stores) {}
  /// Returns the kernel, or null if the block stores nothing.
  KernelOp run();

private:
  void collect();
  Value materialize(OpBuilder &builder, IRMapping &mapping, Value value,
                    Type type);

  Block &block;
  ArrayRef<Store> stores;
  DenseSet<Operation *> ops;
  SmallVector<Value> streams;
  llvm::SetVector<Value> scalars;
  std::set<int32_t> randomIds;
};
} // namespace

static bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && op->hasTrait<OpTrait::ConstantLike>();
}

/// Finds what the stores need. Scalars are numbered in the order of the ops
/// that use them.
void Outliner::collect() {
  SmallVector<Value> worklist;
  llvm::SmallSetVector<Value, 8> read;
  auto visit = [&](Value value) {
    if (isStream(value))
      read.insert(value);
    else if (isKernelRate(getRate(value)) && !isConstant(value))
      worklist.push_back(value);
  };
  for (const Store &store : stores)
    visit(store.operand->get());
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (ops.insert(op).second)
      llvm::for_each(op->getOperands(), visit);
  }
  streams = read.takeVector();
  llvm::sort(streams, [](Value a, Value b) {
    return cast<BlockArgument>(a).getArgNumber() <
           cast<BlockArgument>(b).getArgNumber();
  });
  auto addScalar = [&](Value value) {
    if (isScalarRate(getRate(value)) && !isConstant(value))
      scalars.insert(value);
  };
  for (Operation &op : block) {
    if (!ops.contains(&op))
      continue;
    llvm::for_each(op.getOperands(), addScalar);
    if (auto random = dyn_cast<RandomOp>(op))
      randomIds.insert(random.getId());
  }
  for (const Store &store : stores)
    addScalar(store.operand->get());
}

/// The copy of a value inside the kernel, at the rate of `type`.
Value Outliner::materialize(OpBuilder &builder, IRMapping &mapping, Value value,
                            Type type) {
  if (isConstant(value) && !mapping.contains(value))
    builder.clone(*value.getDefiningOp(), mapping);
  Value copy = mapping.lookup(value);
  if (copy.getType() == type)
    return copy;
  auto broadcast =
      BroadcastOp::create(builder, value.getLoc(), copy, getRate(type));
  return broadcast;
}

KernelOp Outliner::run() {
  if (stores.empty())
    return {};
  collect();
  Operation *terminator = block.getTerminator();
  Location loc = terminator->getLoc();
  OpBuilder builder(terminator);

  SmallVector<Value> results;
  SmallVector<Type> types;
  for (const Store &store : stores) {
    results.push_back(store.operand->get());
    types.push_back(store.target.getType());
  }
  Location named = nameLocation(loc, getValueNames(results));
  auto kernel = KernelOp::create(
      builder, named, types, /*phase=*/0, streams, scalars.getArrayRef(),
      SmallVector<int32_t>(randomIds.begin(), randomIds.end()));

  SmallVector<Type> argumentTypes;
  SmallVector<Location> argumentLocs;
  IRMapping mapping;
  for (Value operand : kernel.getOperands()) {
    argumentTypes.push_back(operand.getType());
    argumentLocs.push_back(nameLocation(loc, {getValueName(operand)}));
  }
  Block *body =
      builder.createBlock(&kernel.getBody(), {}, argumentTypes, argumentLocs);
  mapping.map(kernel.getOperands(), body->getArguments());
  for (Operation &op : block) {
    if (!ops.contains(&op))
      continue;
    for (Value operand : op.getOperands())
      materialize(builder, mapping, operand, operand.getType());
    builder.clone(op, mapping);
  }
  SmallVector<Value> yielded;
  for (auto [value, type] : llvm::zip(results, types)) {
    Value copy = materialize(builder, mapping, value, type);
    yielded.push_back(copy);
  }
  YieldOp::create(builder, loc, yielded);

  for (auto [store, result] : llvm::zip(stores, kernel.getResults()))
    store.operand->set(result);
  eraseDeadOps(block);
  return kernel;
}

/// What a body stores that is not the old value, per region of its variants.
static SmallVector<Store> getNewStores(CommitOp commit, VariantsOp variants,
                                       unsigned region) {
  SmallVector<Store> stores;
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValuesMutable())) {
    if (!isStream(target))
      continue;
    OpOperand *operand = &value;
    if (auto result = dyn_cast<OpResult>(value.get());
        variants && result && result.getOwner() == variants)
      operand =
          &variants.getBodies()[region].front().getTerminator()->getOpOperand(
              result.getResultNumber());
    if (operand->get() != target)
      stores.push_back({operand, target});
  }
  return stores;
}

static void report(OptimizerOp optimizer, StringRef entry, KernelOp kernel,
                   ArrayRef<Store> stores) {
  remark::RemarkOpts options =
      remark::RemarkOpts::name("Kernel").category("optim-make-kernels");
  if (!kernel) {
    remark::passed(optimizer.getLoc(), options)
        << ("'" + entry + "': nothing to do, no kernel").str();
    return;
  }
  SmallVector<Value> targets;
  for (const Store &store : stores)
    targets.push_back(store.target);
  size_t ops = std::distance(kernel.getBody().front().begin(),
                             kernel.getBody().front().end()) -
               1;
  remark::passed(optimizer.getLoc(), options)
      << ("'" + entry + "': one pass of " + Twine(ops) + " ops reads " +
          describeValues(kernel.getStreams()) + ", writes " +
          describeValues(targets) + ", with " +
          Twine(kernel.getScalars().size()) + " scalars")
             .str();
}

namespace {
struct MakeKernelsPass : impl::OptimMakeKernelsBase<MakeKernelsPass> {
  void runOnOperation() override;
};
} // namespace

void MakeKernelsPass::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  if (failed(checkElementwise(optimizer)))
    return signalPassFailure();
  for (Region &body : optimizer.getBodies()) {
    if (!body.getOps<KernelOp>().empty())
      continue;
    auto commit = cast<CommitOp>(body.front().getTerminator());
    dropUnchanged(commit);
    VariantsOp variants = getVariants(body);
    for (unsigned i = 0, e = variants ? variants.getBodies().size() : 1; i != e;
         ++i) {
      SmallVector<Store> stores = getNewStores(commit, variants, i);
      Block &block = variants ? variants.getBodies()[i].front() : body.front();
      KernelOp kernel = Outliner(block, stores).run();
      report(optimizer, optimizer.getEntryName(body.getRegionNumber()), kernel,
             stores);
    }
    eraseDeadOps(body.front());
  }
}
} // namespace optimc::optim
