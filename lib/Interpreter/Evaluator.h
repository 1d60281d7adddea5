//===- Evaluator.h - executes the ops of one step ---------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ops run one after the other, each for all instances of its rate, so that
// reductions find every value of their operand. Rates come from the operands,
// not from the types alone: templates run at the rates of their call.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_INTERPRETER_EVALUATOR_H
#define OPTIMC_LIB_INTERPRETER_EVALUATOR_H

#include "Frame.h"
#include "Scalars.h"
#include "optimc/Dialect/Optim/IR/Expr.h"
#include "optimc/Interpreter/Interpreter.h"
#include "llvm/ADT/DenseMap.h"

namespace optimc::interp {

/// What a `delay` will store when the step commits.
struct PendingRing {
  std::string name;
  int64_t window;
  FieldRef value;
  std::vector<size_t> slots; ///< by instance of the value's rate
};

class Evaluator {
public:
  explicit Evaluator(Frame &frame) : frame(frame) {}

  /// Executes every op but the terminator. `names` collects scalars of the
  /// block (not of nested ones) where given.
  llvm::LogicalResult runBlock(mlir::Block &block,
                               std::vector<NamedScalar> *names = nullptr);

  FieldRef get(mlir::Value value) const { return values.at(value); }
  void set(mlir::Value value, FieldRef field) { values[value] = field; }

  /// The value at a finer rate, rounded where it crosses to float32.
  FieldRef convert(FieldRef field, Rate rate, bool isNumber = true);

  llvm::ArrayRef<PendingRing> getRings() const { return rings; }
  const std::string &getError() const { return error; }
  llvm::LogicalResult fail(mlir::Operation *op, const llvm::Twine &message);

private:
  using MapBody = llvm::function_ref<void(llvm::ArrayRef<View>, Array &)>;
  using FieldRefs = llvm::ArrayRef<FieldRef>;

  /// Runs `body` for each active instance of `rate`; the last argument has the
  /// size of the result.
  FieldRef map(Rate rate, FieldRefs args, MapBody body);
  View view(const Field &field, Rate rate, size_t instance, Array &scratch);
  /// The same with a function of numbers, in the precision of `rate`.
  template <class F>
  FieldRef numbers(Rate rate, FieldRefs args, F function);

  /// The rate of a result: its type's, or what a template's operands make it.
  Rate resultRate(mlir::Value result, FieldRefs args,
                  Rate atLeast = Rate::Const);
  FieldRef literal(double value);
  FieldRef getMixed(mlir::OpFoldResult mixed); ///< an operand or a literal

  llvm::LogicalResult run(mlir::Operation *op);
  llvm::LogicalResult define(mlir::Value result, FieldRef field);
  void recordNames(mlir::Operation *op, std::vector<NamedScalar> &names);

  // Arithmetic.cpp
  FieldRef compute(optim::ExprCode code, Rate rate, FieldRefs args);
  FieldRef compare(optim::Compare kind, Rate rate, FieldRefs args);
  llvm::LogicalResult runElementary(mlir::Operation *op, optim::ExprCode code);
  llvm::LogicalResult runPredicate(mlir::Operation *op);

  // Mixtures.cpp
  llvm::LogicalResult runMixture(mlir::Operation *op);
  llvm::LogicalResult runExpr(optim::ExprOp op);
  llvm::LogicalResult runMix(optim::MixOp op);
  llvm::LogicalResult runPeriod(optim::PeriodOp op);
  llvm::LogicalResult runSchedule(optim::ScheduleOp op);
  FieldRef lerp(Rate rate, FieldRef old, FieldRef x, FieldRef weight);
  FieldRef clock(); ///< `t`

  // Sources.cpp
  llvm::LogicalResult runRank(optim::RankOp op);
  llvm::LogicalResult runRandom(optim::RandomOp op);
  llvm::LogicalResult runReduce(optim::ReduceOp op);
  llvm::LogicalResult runDelay(optim::DelayOp op);
  void reduceInTensor(optim::ReduceOp op, const Field &operand, Field &result);

  // Regions.cpp
  llvm::LogicalResult runCall(optim::CallOp op);
  llvm::LogicalResult runCase(optim::CaseOp op);
  llvm::LogicalResult runVariants(optim::VariantsOp op);
  llvm::LogicalResult runHost(optim::HostOp op);
  llvm::LogicalResult runKernel(optim::KernelOp op);
  llvm::LogicalResult runClasses(mlir::Operation *op,
                                 llvm::ArrayRef<unsigned> classes);
  void bindRandom(optim::KernelOp op, unsigned firstArgument);
  FieldRef roundToSingle(FieldRef field);

  // StoredKernels.cpp
  llvm::LogicalResult bindStored(optim::KernelOp op, unsigned stream);
  FieldRef getStoredResult(optim::KernelOp op, unsigned result);
  llvm::LogicalResult runBlockMax(optim::BlockMaxOp op);

  // LoweredOps.cpp
  llvm::LogicalResult runLowered(mlir::Operation *op);

  using LastUses =
      llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Value, 2>>;
  const LastUses &getLastUses(mlir::Block &block);

  Frame &frame;
  llvm::DenseMap<mlir::Value, FieldRef> values;
  llvm::DenseMap<mlir::Block *, std::unique_ptr<LastUses>> lastUses;
  std::vector<PendingRing> rings;
  std::string error;
  unsigned depth = 0; ///< of calls
};

uint64_t getRandomKey(const Tensor &tensor, uint64_t seed, double t);
uint64_t getKernelKey(uint64_t key, uint32_t id, uint64_t index);
uint32_t getHash(uint64_t key, uint64_t index);

template <class F>
FieldRef Evaluator::numbers(Rate rate, FieldRefs args, F function) {
  auto loop = [&](auto precision) {
    using T = decltype(precision);
    return map(rate, args, [&](llvm::ArrayRef<View> views, Array &out) {
      auto number = [&](unsigned k, size_t i) {
        return T(toNumber(views[k].at(i)));
      };
      for (size_t i = 0, e = out.size(); i != e; ++i) {
        if constexpr (std::is_invocable_v<F, T>)
          out[i] = toWord(function(number(0, i)));
        else if constexpr (std::is_invocable_v<F, T, T>)
          out[i] = toWord(function(number(0, i), number(1, i)));
        else
          out[i] = toWord(function(number(0, i), number(1, i), number(2, i)));
      }
    });
  };
  return frame.model.isSingle(rate) ? loop(float()) : loop(double());
}

} // namespace optimc::interp

#endif // OPTIMC_LIB_INTERPRETER_EVALUATOR_H
