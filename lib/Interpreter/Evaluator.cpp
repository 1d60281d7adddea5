//===- Evaluator.cpp - executes the ops of one step -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluator.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::interp;
using namespace optimc::optim;

LogicalResult Evaluator::fail(Operation *op, const Twine &message) {
  llvm::raw_string_ostream os(error);
  if (auto at = op->getLoc()->findInstanceOf<FileLineColLoc>())
    os << at.getFilename().getValue() << ':' << at.getLine() << ':'
       << at.getColumn() << ": ";
  os << '\'' << op->getName() << "': " << message;
  return failure();
}

//===----------------------------------------------------------------------===//
// Fields
//===----------------------------------------------------------------------===//

View Evaluator::view(const Field &field, Rate rate, size_t instance,
                     Array &scratch) {
  const Array &part = field.parts[frame.getParent(rate, instance, field.rate)];
  if (!isKernelRate(field.rate))
    return {part.data(), 0};
  if (field.rate == rate)
    return {part.data(), 1};
  // A row, column or block value at every element.
  const Shape &shape = frame.tensors[instance]->shape;
  scratch.resize(frame.getCount(rate, instance));
  for (size_t i = 0, e = scratch.size(); i != e; ++i)
    scratch[i] = part[shape.getIndex(field.rate, i)];
  return {scratch.data(), 1};
}

FieldRef Evaluator::map(Rate rate, FieldRefs args, MapBody body) {
  auto result = std::make_shared<Field>(rate, frame.getInstances(rate));
  for (size_t i = 0, e = result->parts.size(); i != e; ++i) {
    if (!frame.isActive(rate, i))
      continue;
    SmallVector<Array, 4> scratch(args.size());
    SmallVector<View, 4> views;
    for (auto [arg, space] : llvm::zip(args, scratch))
      views.push_back(view(*arg, rate, i, space));
    result->parts[i].resize(frame.getCount(rate, i));
    body(views, result->parts[i]);
  }
  return result;
}

FieldRef Evaluator::convert(FieldRef field, Rate rate, bool isNumber) {
  if (field->rate == rate)
    return field;
  if (isNumber)
    return numbers(rate, field, [](auto x) { return x; });
  return map(rate, field, [](ArrayRef<View> views, Array &out) {
    for (size_t i = 0, e = out.size(); i != e; ++i)
      out[i] = views[0].at(i);
  });
}

FieldRef Evaluator::literal(double value) {
  auto field = std::make_shared<Field>(Rate::Const);
  field->parts.front() = {toWord(value)};
  return field;
}

FieldRef Evaluator::getMixed(OpFoldResult mixed) {
  if (auto value = dyn_cast<Value>(mixed))
    return get(value);
  return literal(cast<NumberAttr>(cast<Attribute>(mixed)).getValue());
}

Rate Evaluator::resultRate(Value result, FieldRefs args, Rate atLeast) {
  Rate rate = atLeast;
  for (const FieldRef &arg : args)
    rate = join(rate, arg->rate);
  // A declared rate may be finer than the operands': folds make those coarser,
  // and the precision is that of the declaration.
  Rate declared = optim::getRate(result);
  return declared == Rate::Any ? rate : join(declared, rate);
}

LogicalResult Evaluator::define(Value result, FieldRef field) {
  Operation *op = result.getDefiningOp();
  if (field->rate == Rate::Block)
    for (size_t i = 0, e = frame.tensors.size(); i != e; ++i)
      if (frame.active[i] && frame.tensors[i]->shape.block == 0)
        return fail(op, "is per block, but tensor '" + frame.tensors[i]->name +
                            "' was registered without a block length");
  set(result, field);
  return success();
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

/// Large tensors make large arrays: each is kept until the last op that reads
/// it.
const Evaluator::LastUses &Evaluator::getLastUses(Block &block) {
  std::unique_ptr<LastUses> &uses = lastUses[&block];
  if (uses)
    return *uses;
  uses = std::make_unique<LastUses>();
  auto record = [&](Value value) {
    Operation *last = nullptr;
    for (Operation *user : value.getUsers())
      if (Operation *here = block.findAncestorOpInBlock(*user))
        if (!last || last->isBeforeInBlock(here))
          last = here;
    if (last)
      (*uses)[last].push_back(value);
  };
  for (BlockArgument argument : block.getArguments())
    record(argument);
  for (Operation &op : block)
    for (Value result : op.getResults())
      record(result);
  return *uses;
}

LogicalResult Evaluator::runBlock(Block &block,
                                  std::vector<NamedScalar> *names) {
  const LastUses &uses = getLastUses(block);
  for (Operation &op : block.without_terminator()) {
    if (failed(run(&op)))
      return failure();
    if (names)
      recordNames(&op, *names);
    if (auto last = uses.find(&op); last != uses.end())
      for (Value value : last->second)
        values.erase(value);
  }
  return success();
}

void Evaluator::recordNames(Operation *op, std::vector<NamedScalar> &names) {
  support::nameResults(op, [&](Value result, StringRef name) {
    const Field &field = *get(result);
    if (!isScalarRate(field.rate))
      return;
    bool isPredicate = cast<RatedType>(result.getType()).isPredicate();
    for (auto [i, part] : llvm::enumerate(field.parts)) {
      if (part.empty())
        continue;
      unsigned tensor = 0;
      if (field.rate == Rate::Group)
        tensor = frame.clocks[i] - frame.model.tensors.data();
      else if (field.rate == Rate::Tensor)
        tensor = frame.tensors[i] - frame.model.tensors.data();
      double value =
          isPredicate ? double(part.front()) : toNumber(part.front());
      names.push_back({name.str(), field.rate, isPredicate, value, tensor});
    }
  });
}

//===----------------------------------------------------------------------===//
// Dispatch
//===----------------------------------------------------------------------===//

/// The code under which `compute` knows an elementary op.
static std::optional<ExprCode> getElementaryCode(Operation *op) {
  using Result = std::optional<ExprCode>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case<AddOp>([](auto) { return ExprCode::Add; })
      .Case<SubOp>([](auto) { return ExprCode::Sub; })
      .Case<MulOp>([](auto) { return ExprCode::Mul; })
      .Case<DivOp>([](auto) { return ExprCode::Div; })
      .Case<FmaOp>([](auto) { return ExprCode::Fma; })
      .Case<MinOp>([](auto) { return ExprCode::Min; })
      .Case<MaxOp>([](auto) { return ExprCode::Max; })
      .Case<PowOp>([](auto) { return ExprCode::Pow; })
      .Case<ModOp>([](auto) { return ExprCode::Mod; })
      .Case<ClampOp>([](auto) { return ExprCode::Clamp; })
      .Case<NegOp>([](auto) { return ExprCode::Neg; })
      .Case<AbsOp>([](auto) { return ExprCode::Abs; })
      .Case<SqrtOp>([](auto) { return ExprCode::Sqrt; })
      .Case<RsqrtOp>([](auto) { return ExprCode::Rsqrt; })
      .Case<RecipOp>([](auto) { return ExprCode::Recip; })
      .Case<SquareOp>([](auto) { return ExprCode::Square; })
      .Case<SignOp>([](auto) { return ExprCode::Sign; })
      .Case<ExpOp>([](auto) { return ExprCode::Exp; })
      .Case<LogOp>([](auto) { return ExprCode::Log; })
      .Case<TanhOp>([](auto) { return ExprCode::Tanh; })
      .Case<SinOp>([](auto) { return ExprCode::Sin; })
      .Case<CosOp>([](auto) { return ExprCode::Cos; })
      .Case<FloorOp>([](auto) { return ExprCode::Floor; })
      .Case<CeilOp>([](auto) { return ExprCode::Ceil; })
      .Case<SelectOp>([](auto) { return ExprCode::Select; })
      .Default([](auto) { return std::nullopt; });
}

LogicalResult Evaluator::run(Operation *op) {
  if (std::optional<ExprCode> code = getElementaryCode(op))
    return runElementary(op, *code);
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](ConstantOp constant) {
        FieldRef value = literal(constant.getValueAttr().getValue());
        return define(constant, convert(value, resultRate(constant, {})));
      })
      .Case([&](BroadcastOp broadcast) {
        FieldRef operand = get(broadcast.getOperand());
        if (!isAtMost(operand->rate, broadcast.getRate()))
          return fail(op, "cannot go from " + describeRate(operand->rate) +
                              " to " + describeRate(broadcast.getRate()));
        bool isNumber = broadcast.getOperand().getType().isNumber();
        return define(broadcast,
                      convert(operand, broadcast.getRate(), isNumber));
      })
      .Case([&](StepOp t) { return define(t, clock()); })
      .Case([&](RankOp rank) { return runRank(rank); })
      .Case([&](RandomOp random) { return runRandom(random); })
      .Case([&](ReduceOp reduce) { return runReduce(reduce); })
      .Case([&](DelayOp delay) { return runDelay(delay); })
      .Case<TruthOp, CmpOp, AndOp, OrOp, NotOp>(
          [&](auto) { return runPredicate(op); })
      .Case<ExprOp, EmaOp, LerpOp, MeanOp, DebiasOp, MixOp, PeriodOp, EveryOp,
            ScheduleOp>([&](auto) { return runMixture(op); })
      .Case([&](CallOp call) { return runCall(call); })
      .Case([&](CaseOp classes) { return runCase(classes); })
      .Case([&](VariantsOp variants) { return runVariants(variants); })
      .Case([&](HostOp host) { return runHost(host); })
      .Case([&](KernelOp kernel) { return runKernel(kernel); })
      .Case([&](BlockMaxOp top) { return runBlockMax(top); })
      .Default([&](auto) { return runLowered(op); });
}
