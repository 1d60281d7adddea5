//===- SplitHost.cpp - outline scalar values into host functions -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outlining.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Analysis/Stages.h"
#include "optimc/Analysis/ValueNames.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include "llvm/ADT/SetVector.h"
#include <map>

using namespace mlir;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMSPLITHOST
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"

namespace {

/// What names one scalar function. Hosts of a stage run from coarse to fine.
struct HostKey {
  unsigned stage;
  Rate rate;
  bool operator<(const HostKey &other) const {
    return std::tie(stage, rate) < std::tie(other.stage, other.rate);
  }
  bool operator==(const HostKey &other) const {
    return stage == other.stage && rate == other.rate;
  }
};

struct Host {
  SmallVector<Operation *> ops; ///< in the order of the body
  /// Values that others need: results of `ops`, or values of other hosts and
  /// sources that this host hands on.
  llvm::SetVector<Value> results;
  HostOp op;
};

/// Splits one body.
class Splitter {
public:
  Splitter(Region &body) : block(body.front()), stages(body) {}
  void run();

private:
  void classify();
  void collectNeeds();
  void need(Value value, Rate consumer);
  void handOn(Value value, Rate rate);
  bool isConstant(Value value) const {
    return llvm::is_contained(constants, value.getDefiningOp());
  }
  void build(HostKey key, Host &host);
  Value lookup(Value value, Rate consumer) const;
  void replaceOperands(Operation *op, Rate consumer);
  void replaceCommitOperands();
  void report(HostKey key, const Host &host) const;

  Block &block;
  StageAnalysis stages;
  SmallVector<Operation *> constants, sources, others;
  std::map<HostKey, Host> hosts;
  DenseMap<Operation *, HostKey> hostOf;
};

} // namespace

/// Constants of rate `const` belong to everybody; ops on them are of the model.
static Rate getHostRate(Value value) {
  return std::max(getRate(value), Rate::Model);
}

/// A scalar that has its own rate's memory and no copy at finer ones: scalar
/// functions read only the states of their rate (`optimc-c/Program.h`).
static bool isOwnRateSource(Value value) {
  if (isa_and_present<StepOp, RankOp>(value.getDefiningOp()))
    return true;
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument)
    return false;
  auto optimizer = cast<OptimizerOp>(argument.getOwner()->getParentOp());
  unsigned i = argument.getArgNumber();
  return i >= optimizer.getFirstState() && i < optimizer.getFirstInput();
}

void Splitter::classify() {
  for (Operation &op : block.without_terminator()) {
    if (op.hasTrait<OpTrait::ConstantLike>()) {
      constants.push_back(&op);
    } else if (isa<StepOp, RankOp>(op)) {
      sources.push_back(&op);
    } else if (isa<ReduceOp>(op) || isKernelRate(getRate(op.getResult(0)))) {
      others.push_back(&op);
    } else {
      for (Value result : op.getResults())
        if (auto type = cast<RatedType>(result.getType());
            type.getRate() == Rate::Const)
          result.setType(RatedType::get(type.getContext(), Rate::Model,
                                        type.getPredicate()));
      HostKey key{stages.getStage(&op), getRate(op.getResult(0))};
      hosts[key].ops.push_back(&op);
      hostOf.try_emplace(&op, key);
    }
  }
}

/// `value` is used by a scalar function of rate `consumer`, by an element op
/// (Rate::Element), or by a commit.
void Splitter::need(Value value, Rate consumer) {
  if (isKernelRate(getRate(value)) || isConstant(value))
    return;
  if (Operation *op = value.getDefiningOp(); op && hostOf.contains(op)) {
    hosts[hostOf.lookup(op)].results.insert(value);
    return;
  }
  // Sources: scalar functions read them directly where they can, kernels never.
  if (isKernelRate(consumer) ||
      (isOwnRateSource(value) && getRate(value) != consumer))
    handOn(value, getHostRate(value));
}

/// Makes `value` a result of the host of a rate that is not coarser.
void Splitter::handOn(Value value, Rate rate) {
  HostKey key{stages.getStage(value), rate};
  if (Operation *op = value.getDefiningOp();
      op && hostOf.contains(op) && hostOf.lookup(op) == key) {
    hosts[key].results.insert(value);
    return;
  }
  if (rate != getHostRate(value))
    need(value, rate);
  hosts[key].results.insert(value);
}

void Splitter::collectNeeds() {
  for (auto &[key, host] : hosts)
    for (Operation *op : host.ops)
      for (Value operand : op->getOperands())
        if (Operation *producer = operand.getDefiningOp();
            !producer || !hostOf.contains(producer) ||
            !(hostOf.lookup(producer) == key))
          need(operand, key.rate);
  for (Operation *op : others)
    for (Value operand : op->getOperands())
      need(operand, Rate::Element);
  // Every scalar that is committed comes from the host of its state's rate.
  auto commit = cast<CommitOp>(block.getTerminator());
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValues())) {
    if (target == value)
      continue;
    if (isScalarRate(getRate(target)))
      handOn(value, getRate(target));
    else
      need(value, Rate::Element);
  }
  if (Value clock = commit.getClock())
    handOn(clock, Rate::Group);
  for (Value output : commit.getOutputs())
    if (isScalarRate(getRate(output)))
      handOn(output, getHostRate(output));
}

/// The value that stands for a scalar outside the hosts: for a consumer of
/// rate `consumer`.
Value Splitter::lookup(Value value, Rate consumer) const {
  auto resultOf = [&](HostKey key) -> Value {
    auto it = hosts.find(key);
    if (it == hosts.end())
      return {};
    auto &results = it->second.results;
    auto position = llvm::find(results, value);
    if (position == results.end())
      return {};
    return it->second.op->getResult(position - results.begin());
  };
  if (isKernelRate(getRate(value)) || isConstant(value))
    return value;
  unsigned stage = stages.getStage(value);
  if (Operation *op = value.getDefiningOp(); op && hostOf.contains(op))
    return resultOf(hostOf.lookup(op));
  Rate rate = getHostRate(value);
  if (isKernelRate(consumer) || (isOwnRateSource(value) && rate != consumer))
    return resultOf({stage, rate});
  return value;
}

void Splitter::build(HostKey key, Host &host) {
  MLIRContext *context = block.getParentOp()->getContext();
  OpBuilder builder(block.getTerminator());
  Location loc = block.getParentOp()->getLoc();

  // What the body reads, in the order of its first use.
  llvm::SetVector<Value> inputs;
  auto addInput = [&](Value value) {
    Operation *op = value.getDefiningOp();
    bool own = op && hostOf.contains(op) && hostOf.lookup(op) == key;
    if (!own && !isConstant(value))
      inputs.insert(value);
  };
  for (Operation *op : host.ops)
    llvm::for_each(op->getOperands(), addInput);
  llvm::for_each(host.results, addInput);

  SmallVector<Value> operands;
  SmallVector<Type> types, argumentTypes;
  SmallVector<Location> argumentLocs;
  for (Value input : inputs) {
    Value operand = lookup(input, key.rate);
    operands.push_back(operand);
    argumentTypes.push_back(operand.getType());
    argumentLocs.push_back(nameLocation(loc, {getValueName(input)}));
  }
  for (Value result : host.results)
    types.push_back(RatedType::get(
        context, key.rate, cast<RatedType>(result.getType()).getPredicate()));
  Location named = nameLocation(loc, getValueNames(host.results.getArrayRef()));
  host.op = HostOp::create(builder, named, types, key.rate, int32_t(key.stage),
                           operands);

  Block *body =
      builder.createBlock(&host.op.getBody(), {}, argumentTypes, argumentLocs);
  IRMapping mapping;
  for (auto [input, argument] : llvm::zip(inputs, body->getArguments()))
    mapping.map(input, argument);
  auto cloneConstant = [&](Value value) {
    if (isConstant(value) && !mapping.contains(value))
      builder.clone(*value.getDefiningOp(), mapping);
  };
  for (Operation *op : host.ops) {
    llvm::for_each(op->getOperands(), cloneConstant);
    builder.clone(*op, mapping);
  }
  SmallVector<Value> yielded;
  for (auto [result, type] : llvm::zip(host.results, types)) {
    cloneConstant(result);
    Value value = mapping.lookup(result);
    if (value.getType() != type) {
      auto broadcast =
          BroadcastOp::create(builder, result.getLoc(), value, key.rate);
      value = broadcast;
    }
    yielded.push_back(value);
  }
  YieldOp::create(builder, loc, yielded);
  report(key, host);
}

void Splitter::replaceOperands(Operation *op, Rate consumer) {
  for (OpOperand &operand : op->getOpOperands())
    operand.set(lookup(operand.get(), consumer));
}

void Splitter::replaceCommitOperands() {
  auto commit = cast<CommitOp>(block.getTerminator());
  auto replace = [&](OpOperand &operand, Rate rate) {
    Value value = operand.get();
    auto &host = hosts.at({stages.getStage(value), rate});
    auto position = llvm::find(host.results, value);
    operand.set(host.op->getResult(position - host.results.begin()));
  };
  for (auto [target, value] :
       llvm::zip(commit.getTargets(), commit.getValuesMutable())) {
    if (target == value.get())
      continue;
    if (isScalarRate(getRate(target)))
      replace(value, getRate(target));
    else
      value.set(lookup(value.get(), Rate::Element));
  }
  for (OpOperand &clock : commit.getClockMutable())
    replace(clock, Rate::Group);
  for (OpOperand &output : commit.getOutputsMutable())
    if (isScalarRate(getRate(output.get())))
      replace(output, getHostRate(output.get()));
}

void Splitter::report(HostKey key, const Host &host) const {
  auto optimizer = cast<OptimizerOp>(block.getParentOp());
  remark::passed(optimizer.getLoc(),
                 remark::RemarkOpts::name("Host").category("optim-split-host"))
      << ("'" + optimizer.getEntryName(block.getParent()->getRegionNumber()) +
          "' " + describeRate(key.rate) + ", stage " + Twine(key.stage) + ": " +
          Twine(host.ops.size()) + " ops in float64; computes " +
          describeValues(host.results.getArrayRef()))
             .str();
}

void Splitter::run() {
  dropUnchanged(cast<CommitOp>(block.getTerminator()));
  eraseDeadOps(block);
  // One counter for all its readers.
  SmallVector<StepOp> readers(block.getOps<StepOp>());
  for (StepOp step : llvm::drop_begin(readers, readers.empty() ? 0 : 1)) {
    step.getResult().replaceAllUsesWith(readers.front().getResult());
    step.erase();
  }
  stages = StageAnalysis(*block.getParent());
  classify();
  collectNeeds();

  // Sources first, then stage by stage: hosts, then what runs in kernels.
  for (auto *list : {&constants, &sources})
    for (Operation *op : *list)
      op->moveBefore(block.getTerminator());
  unsigned stage = 0;
  auto moveOthers = [&](unsigned end) {
    for (; stage < end; ++stage)
      for (Operation *op : others)
        if (stages.getStage(op) == stage) {
          op->moveBefore(block.getTerminator());
          replaceOperands(op, Rate::Element);
        }
  };
  for (auto &[key, host] : hosts) {
    moveOthers(key.stage);
    build(key, host);
  }
  moveOthers(stages.getNumStages());
  replaceCommitOperands();
  for (auto &[key, host] : llvm::reverse(hosts))
    for (Operation *op : llvm::reverse(host.ops))
      op->erase();
  eraseDeadOps(block);
}

namespace {
struct SplitHostPass : impl::OptimSplitHostBase<SplitHostPass> {
  void runOnOperation() override {
    OptimizerOp optimizer = getOperation();
    if (failed(checkOutlinable(optimizer)))
      return signalPassFailure();
    for (Region &body : optimizer.getBodies())
      if (body.getOps<HostOp>().empty())
        Splitter(body).run();
  }
};
} // namespace
} // namespace optimc::optim
