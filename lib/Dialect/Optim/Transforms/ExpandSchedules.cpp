//===- ExpandSchedules.cpp - schedules to elementary ops -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The formulas, their order of evaluation and their edges are those of
// docs/Numerics.md, "Schedules".
//
//===----------------------------------------------------------------------===//

#include "Expansion.h"
#include "mlir/IR/Remarks.h"
#include "optimc/Dialect/Optim/Transforms/Passes.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace optimc::optim;

namespace optimc::optim {
#define GEN_PASS_DEF_OPTIMEXPANDSCHEDULES
#include "optimc/Dialect/Optim/Transforms/Passes.h.inc"
} // namespace optimc::optim

namespace {
struct ExpandSchedules
    : optimc::optim::impl::OptimExpandSchedulesBase<ExpandSchedules> {
  void runOnOperation() override;
};

/// Rewrites one schedule.
class ScheduleExpansion {
public:
  explicit ScheduleExpansion(ScheduleOp op) : op(op), e(op) {}
  void run();

private:
  Value value(Value s);
  using Shape = Value (ScheduleExpansion::*)(Value, Value, Value);
  Value ramp(Shape shape, const Twine &part, Value s, Value from, Value to,
             Value over);
  Value linear(Value from, Value to, Value x);
  Value halfLife(Value from, Value to, Value x);
  Value cosine(Value from, Value to, Value x);
  Value exponential(Value from, Value to, Value x);
  Value polynomial(Value from, Value to, Value x);
  Value inverseSqrt(Value s);
  Value step(Value s);
  Value wsd(Value s);
  Value oneCycle(Value s);
  Value piecewise(Value s);

  /// Argument `i`, where it is first used.
  Value arg(unsigned i) {
    if (!args[i])
      args[i] = e.get(mixed[i]);
    return args[i];
  }
  Value compare(const Twine &name, Compare kind, Value a, Value b) {
    return e.create<CmpOp>(name, kind, a, b);
  }

  ScheduleOp op;
  Expansion e;
  SmallVector<OpFoldResult> mixed;
  SmallVector<Value> args;
};
} // namespace

//===----------------------------------------------------------------------===//
// Ramps
//===----------------------------------------------------------------------===//

Value ScheduleExpansion::linear(Value from, Value to, Value x) {
  Value range = e.create<SubOp>("range", to, from);
  Value term = e.create<MulOp>("term", range, x);
  return e.create<AddOp>("inner", from, term);
}

Value ScheduleExpansion::halfLife(Value from, Value to, Value x) {
  Value one = e.getConstant(1);
  Value left = e.create<SubOp>("left", one, x);
  Value logFrom = e.create<LogOp>("log_from", from);
  Value logTo = e.create<LogOp>("log_to", to);
  Value a = e.create<DivOp>("from_term", left, logFrom);
  Value b = e.create<DivOp>("to_term", x, logTo);
  Value rate = e.create<AddOp>("horizon", a, b);
  Value log = e.create<RecipOp>("log", rate);
  return e.create<ExpOp>("inner", log);
}

Value ScheduleExpansion::cosine(Value from, Value to, Value x) {
  Value pi = e.getConstant(llvm::numbers::pi);
  Value angle = e.create<MulOp>("angle", pi, x);
  Value cos = e.create<CosOp>("cos", angle);
  Value one = e.getConstant(1);
  Value shifted = e.create<AddOp>("shifted", one, cos);
  Value half = e.getConstant(0.5);
  Value share = e.create<MulOp>("share", shifted, half);
  Value range = e.create<SubOp>("range", from, to);
  Value term = e.create<MulOp>("term", range, share);
  return e.create<AddOp>("inner", to, term);
}

Value ScheduleExpansion::exponential(Value from, Value to, Value x) {
  Value ratio = e.create<DivOp>("ratio", to, from);
  Value power = e.create<PowOp>("pow", ratio, x);
  return e.create<MulOp>("inner", from, power);
}

Value ScheduleExpansion::polynomial(Value from, Value to, Value x) {
  Value one = e.getConstant(1);
  Value left = e.create<SubOp>("left", one, x);
  Value power = e.create<PowOp>("pow", left, arg(3));
  Value range = e.create<SubOp>("range", from, to);
  Value term = e.create<MulOp>("term", range, power);
  return e.create<AddOp>("inner", to, term);
}

/// From A at `s <= 0` to B from `s >= over` on, both exactly; A throughout if
/// they are equal. The end is tested last, so a ramp over 0 steps is B at once.
Value ScheduleExpansion::ramp(Shape shape, const Twine &part, Value s,
                              Value from, Value to, Value over) {
  std::optional<double> first = getConstantValue(from),
                        last = getConstantValue(to);
  if (first && last &&
      llvm::bit_cast<uint64_t>(*first) == llvm::bit_cast<uint64_t>(*last))
    return from;
  Value x = e.create<DivOp>(part + "x", s, over);
  Value inner = (this->*shape)(from, to, x);
  Value equal = compare(part + "equal", Compare::EQ, from, to);
  Value flat = e.create<SelectOp>(part + "flat", equal, from, inner);
  Value zero = e.getConstant(0);
  Value before = compare(part + "before", Compare::LE, s, zero);
  Value low = e.create<SelectOp>(part + "low", before, from, flat);
  Value after = compare(part + "after", Compare::GE, s, over);
  return e.create<SelectOp>(part + "ramp", after, to, low);
}

//===----------------------------------------------------------------------===//
// The other shapes
//===----------------------------------------------------------------------===//

/// T <= 0 ? A / sqrt(max(s, 1)) : s <= 0 ? 0 : A * min(s / T, sqrt(T / s))
Value ScheduleExpansion::inverseSqrt(Value s) {
  Value peak = arg(0), warmup = arg(1);
  Value x = e.create<DivOp>("x", s, warmup);
  Value inverse = e.create<DivOp>("inverse", warmup, s);
  Value decay = e.create<SqrtOp>("decay", inverse);
  Value share = e.create<MinOp>("share", x, decay);
  Value inner = e.create<MulOp>("inner", peak, share);
  Value zero = e.getConstant(0), one = e.getConstant(1);
  Value before = compare("before", Compare::LE, s, zero);
  Value low = e.create<SelectOp>("low", before, zero, inner);
  Value steps = e.create<MaxOp>("steps", s, one);
  Value root = e.create<SqrtOp>("root", steps);
  Value plain = e.create<DivOp>("plain", peak, root);
  Value cold = compare("cold", Compare::LE, warmup, zero);
  return e.create<SelectOp>("value", cold, plain, low);
}

/// A * F^floor(max(s, 0) / K)
Value ScheduleExpansion::step(Value s) {
  Value zero = e.getConstant(0);
  Value steps = e.create<MaxOp>("steps", s, zero);
  Value ratio = e.create<DivOp>("ratio", steps, arg(2));
  Value count = e.create<FloorOp>("count", ratio);
  Value power = e.create<PowOp>("pow", arg(1), count);
  return e.create<MulOp>("value", arg(0), power);
}

/// s < W ? linear A -> B over W : s <= W + S ? B : linear B -> C over D
Value ScheduleExpansion::wsd(Value s) {
  Value start = arg(0), peak = arg(1), end = arg(2), warmup = arg(3),
        stable = arg(4), decay = arg(5);
  Value rise =
      ramp(&ScheduleExpansion::linear, "rise_", s, start, peak, warmup);
  Value turn = e.create<AddOp>("turn", warmup, stable);
  Value since = e.create<SubOp>("since", s, turn);
  Value fall =
      ramp(&ScheduleExpansion::linear, "fall_", since, peak, end, decay);
  Value early = compare("early", Compare::LE, s, turn);
  Value late = e.create<SelectOp>("late", early, peak, fall);
  Value warm = compare("warming", Compare::LT, s, warmup);
  return e.create<SelectOp>("value", warm, rise, late);
}

/// s < W ? cosine A -> B over W : cosine B -> C over D
Value ScheduleExpansion::oneCycle(Value s) {
  Value start = arg(0), peak = arg(1), end = arg(2), warmup = arg(3),
        decay = arg(4);
  Value rise =
      ramp(&ScheduleExpansion::cosine, "rise_", s, start, peak, warmup);
  Value since = e.create<SubOp>("since", s, warmup);
  Value fall =
      ramp(&ScheduleExpansion::cosine, "fall_", since, peak, end, decay);
  Value warm = compare("warming", Compare::LT, s, warmup);
  return e.create<SelectOp>("value", warm, rise, fall);
}

/// The value after the last boundary in the list that has been reached.
Value ScheduleExpansion::piecewise(Value s) {
  unsigned points = op.getNPoints();
  Value value = arg(0);
  for (unsigned i = 1; i < points; ++i) {
    std::string number = std::to_string(i);
    Value reached =
        compare("reached" + number, Compare::GE, s, arg(points + i - 1));
    value = e.create<SelectOp>("value" + number, reached, arg(i), value);
  }
  return value;
}

Value ScheduleExpansion::value(Value s) {
  auto simple = [&](Shape shape) {
    Value from = arg(0), to = arg(1), over = arg(2);
    return ramp(shape, "", s, from, to, over);
  };
  switch (op.getKind()) {
  case ScheduleKind::Constant:
    return arg(0);
  case ScheduleKind::Linear:
    return simple(&ScheduleExpansion::linear);
  case ScheduleKind::HalfLife:
    return simple(&ScheduleExpansion::halfLife);
  case ScheduleKind::Cosine:
    return simple(&ScheduleExpansion::cosine);
  case ScheduleKind::Exponential:
    return simple(&ScheduleExpansion::exponential);
  case ScheduleKind::Polynomial:
    return simple(&ScheduleExpansion::polynomial);
  case ScheduleKind::InvSqrt:
    return inverseSqrt(s);
  case ScheduleKind::Step:
    return step(s);
  case ScheduleKind::WSD:
    return wsd(s);
  case ScheduleKind::OneCycle:
    return oneCycle(s);
  case ScheduleKind::Piecewise:
  case ScheduleKind::Join:
    return piecewise(s);
  }
  llvm_unreachable("unknown schedule");
}

void ScheduleExpansion::run() {
  mixed = op.getMixedArgs();
  args.resize(mixed.size());
  Value s;
  if (op.getKind() != ScheduleKind::Constant) {
    s = e.getStep();
    if (op.getHasAfter())
      s = e.create<SubOp>("since", s, arg(args.size() - 1));
  }
  e.replace(cast<OpResult>(op.getResult()), value(s));
  op.erase();
}

void ExpandSchedules::runOnOperation() {
  OptimizerOp optimizer = getOperation();
  SmallVector<ScheduleOp> schedules;
  optimizer.walk([&](ScheduleOp op) { schedules.push_back(op); });
  for (ScheduleOp op : schedules)
    ScheduleExpansion(op).run();
}
