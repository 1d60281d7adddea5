//===- OptimToArith.cpp - bodies of hosts and kernels as arith -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArithEmitter.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Conversion/Passes.h"

using namespace mlir;
using namespace optimc::optim;

namespace optimc {
#define GEN_PASS_DEF_OPTIMTOARITH
#include "optimc/Conversion/Passes.h.inc"

/// The pass that expands an op which is not elementary, or empty.
static StringRef getExpansion(Operation *op) {
  if (isa<ExprOp>(op))
    return "optim-expand-expr";
  if (isa<EmaOp, LerpOp, MeanOp, DebiasOp, MixOp, PeriodOp, EveryOp>(op))
    return "optim-expand-mixtures";
  if (isa<ScheduleOp>(op))
    return "optim-expand-schedules";
  if (isa<CallOp>(op))
    return "optim-inline";
  return {};
}

static InFlightDiagnostic emitNoArith(Operation *op, Type type) {
  InFlightDiagnostic error = op->emitOpError("has no ") << type << " form";
  if (StringRef pass = getExpansion(op); !pass.empty())
    error << "; run '" << pass << "' first";
  else if (isa<FloorOp, CeilOp, ModOp>(op))
    error << "; it is for scalar rates only";
  return error;
}

namespace {
/// Rewrites one body.
class BodyConverter {
public:
  BodyConverter(Region &region, FloatType type)
      : region(region), builder(region.getContext()), type(type),
        emitter(builder, type) {}
  LogicalResult run(ArrayRef<int32_t> randomIds);

private:
  void convertArguments(Block &from, Block &to, ArrayRef<int32_t> randomIds);
  LogicalResult convert(Operation &op);

  Region &region;
  OpBuilder builder;
  FloatType type;
  ArithEmitter emitter;
  IRMapping mapping;
  /// `random id`: the index and the two keys.
  DenseMap<int64_t, std::array<Value, 3>> keys; ///< by id
};
} // namespace

void BodyConverter::convertArguments(Block &from, Block &to,
                                     ArrayRef<int32_t> randomIds) {
  for (BlockArgument argument : from.getArguments()) {
    BlockArgument converted =
        to.addArgument(emitter.convert(argument.getType()), argument.getLoc());
    mapping.map(argument, converted);
  }
  if (randomIds.empty())
    return;
  Location loc = region.getLoc();
  auto addInteger = [&](const Twine &name) -> Value {
    Location named = NameLoc::get(builder.getStringAttr(name), loc);
    return to.addArgument(builder.getI32Type(), named);
  };
  Value index = addInteger("index_lo");
  for (int32_t id : randomIds) {
    Value key0 = addInteger("k0_" + Twine(id));
    Value key1 = addInteger("k1_" + Twine(id));
    keys[id] = {index, key0, key1};
  }
}

LogicalResult BodyConverter::convert(Operation &op) {
  SmallVector<Value> operands;
  for (Value operand : op.getOperands())
    operands.push_back(mapping.lookup(operand));
  if (isa<YieldOp>(op)) {
    YieldOp::create(builder, op.getLoc(), operands);
    return success();
  }
  if (auto random = dyn_cast<RandomOp>(op);
      random && keys.count(random.getId())) {
    auto [index, key0, key1] = keys.lookup(random.getId());
    Value value = emitter.emitRandom(op.getLoc(), index, key0, key1);
    mapping.map(random.getResult(), value);
    return success();
  }
  Value value = emitter.emit(&op, operands);
  if (!value)
    return emitNoArith(&op, type);
  mapping.map(op.getResult(0), value);
  return success();
}

LogicalResult BodyConverter::run(ArrayRef<int32_t> randomIds) {
  Block &from = region.front();
  Block &to = region.emplaceBlock();
  convertArguments(from, to, randomIds);
  builder.setInsertionPointToStart(&to);
  bool failed = false;
  for (Operation &op : from) {
    // One error is enough where an operand has none.
    if (llvm::any_of(op.getOperands(),
                     [&](Value operand) { return !mapping.contains(operand); }))
      continue;
    failed |= convert(op).failed();
  }
  if (failed) {
    to.erase();
    return failure();
  }
  from.erase();
  return success();
}

/// Whether a body is already arith.
static bool isConverted(Region &region) {
  return llvm::all_of(region.front(),
                      [](Operation &op) {
                        return isa<YieldOp>(op) ||
                               !isa<OptimDialect>(op.getDialect());
                      }) &&
         llvm::none_of(region.getArgumentTypes(),
                       [](Type type) { return isa<RatedType>(type); });
}

namespace {
struct OptimToArithPass : impl::OptimToArithBase<OptimToArithPass> {
  void runOnOperation() override;
  LogicalResult checkOutlined(Region &body);
};
} // namespace

/// What is left outside hosts and kernels is the frame around them.
LogicalResult OptimToArithPass::checkOutlined(Region &body) {
  bool failed = false;
  for (Operation &op : body.getOps()) {
    if (auto variants = dyn_cast<VariantsOp>(op)) {
      for (Region &region : variants.getBodies())
        failed |= checkOutlined(region).failed();
    } else if (!isa<HostOp, KernelOp, ReduceOp, StepOp, RankOp, CommitOp,
                    YieldOp>(op) &&
               !op.hasTrait<OpTrait::ConstantLike>()) {
      op.emitOpError("is outside hosts and kernels; run 'optim-split-host' and "
                     "'optim-make-kernels' first");
      failed = true;
    }
  }
  return failure(failed);
}

void OptimToArithPass::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  Builder builder(&getContext());
  bool failed = false;
  for (Region &body : optimizer.getBodies())
    failed |= checkOutlined(body).failed();
  if (failed)
    return signalPassFailure();
  unsigned hosts = 0, kernels = 0;
  optimizer.walk([&](Operation *op) {
    auto host = dyn_cast<HostOp>(op);
    auto kernel = dyn_cast<KernelOp>(op);
    if ((!host && !kernel) || isConverted(op->getRegion(0)))
      return;
    ArrayRef<int32_t> ids =
        kernel ? kernel.getRandomIds() : ArrayRef<int32_t>();
    FloatType type = host ? FloatType(builder.getF64Type())
                          : FloatType(builder.getF32Type());
    failed |= BodyConverter(op->getRegion(0), type).run(ids).failed();
    ++(host ? hosts : kernels);
  });
  if (failed)
    return signalPassFailure();
  remark::passed(optimizer.getLoc(),
                 remark::RemarkOpts::name("Arith").category("optim-to-arith"))
      << (Twine(hosts) + " scalar functions in float64, " + Twine(kernels) +
          " kernels in float32")
             .str();
}
} // namespace optimc
