//===- SlowAverages.cpp - averages that narrow storage cannot keep -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Analysis/SlowAverages.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

/// The largest number that a scalar can settle on, as far as it is known:
/// defaults of hyperparameters, literals, values at the ends of schedules.
static std::optional<double>
getLargest(OptimizerOp optimizer, OpFoldResult value, unsigned depth = 0) {
  if (auto attribute = dyn_cast_if_present<Attribute>(value))
    return cast<NumberAttr>(attribute).getValue();
  auto v = cast<Value>(value);
  if (auto constant = v.getDefiningOp<optim::ConstantOp>())
    return constant.getValue().getValue();
  if (auto argument = dyn_cast<BlockArgument>(v)) {
    unsigned number = argument.getArgNumber();
    if (number < optimizer.getFirstHyper() ||
        number >= optimizer.getFirstState())
      return std::nullopt;
    return optimizer.getHyper(number - optimizer.getFirstHyper())
        .getInitial()
        .getValue();
  }
  auto schedule = v.getDefiningOp<ScheduleOp>();
  constexpr unsigned maxDepth = 8; // of joined schedules
  if (!schedule || depth == maxDepth)
    return std::nullopt;
  auto args = schedule.getMixedArgs();
  size_t first = 0, count = 1;
  switch (schedule.getKind()) {
  case ScheduleKind::Linear:
  case ScheduleKind::HalfLife:
  case ScheduleKind::Cosine:
  case ScheduleKind::Exponential:
  case ScheduleKind::Polynomial:
    first = 1;
    break;
  case ScheduleKind::WSD:
  case ScheduleKind::OneCycle:
    first = 1;
    count = 2;
    break;
  case ScheduleKind::Piecewise:
  case ScheduleKind::Join:
    count = schedule.getNPoints();
    break;
  default:
    break;
  }
  std::optional<double> largest;
  for (OpFoldResult arg : ArrayRef(args).slice(first, count))
    if (std::optional<double> each = getLargest(optimizer, arg, depth + 1))
      largest = std::max(largest.value_or(*each), *each);
  return largest;
}

Average optimc::getSlowestAverage(OptimizerOp optimizer, unsigned state) {
  Average slowest;
  auto consider = [&](Operation *op, std::optional<double> weight) {
    if (weight && (!slowest.op || *weight < slowest.weight))
      slowest = {op, *weight};
  };
  for (Region &body : optimizer.getBodies()) {
    Value argument = body.getArgument(optimizer.getFirstState() + state);
    auto commit = cast<CommitOp>(body.front().getTerminator());
    SmallVector<Value> worklist;
    llvm::DenseSet<Value> seen;
    for (auto [target, value] :
         llvm::zip(commit.getTargets(), commit.getValues()))
      if (target == argument)
        worklist.push_back(value);
    // Selects choose among new values.
    while (!worklist.empty()) {
      Value value = worklist.pop_back_val();
      if (!seen.insert(value).second)
        continue;
      Operation *op = value.getDefiningOp();
      if (auto select = dyn_cast_or_null<SelectOp>(op)) {
        worklist.push_back(select.getOnTrue());
        worklist.push_back(select.getOnFalse());
      } else if (auto ema = dyn_cast_or_null<EmaOp>(op);
                 ema && ema.getOld() == argument) {
        if (auto decay = getLargest(optimizer, ema.getMixedDecay()))
          consider(op, 1 - *decay);
      } else if (auto mean = dyn_cast_or_null<MeanOp>(op);
                 mean && mean.getOld() == argument) {
        // Counts of steps grow without end; those of a period do not.
        std::optional<double> count =
            getLargest(optimizer, mean.getMixedCount());
        Value counter = mean.getCount();
        if (counter && counter.getDefiningOp<StepOp>())
          consider(op, 0);
        else if (count)
          consider(op, 1 / *count);
      }
    }
  }
  return slowest;
}

double optimc::getSmallestWeight(StorageFormat format) {
  auto of = [](int mantissaBits) { return std::ldexp(1.0, -mantissaBits - 2); };
  switch (format) {
  case StorageFormat::BF16:
    return of(7);
  case StorageFormat::F16:
    return of(10);
  case StorageFormat::Q8:
    return of(3);
  default:
    return 0;
  }
}

void optimc::findStalledStates(
    OptimizerOp optimizer,
    const std::function<void(Location, std::string)> &report) {
  for (unsigned i = 0, e = optimizer.getStates().size(); i != e; ++i) {
    StateAttr state = optimizer.getState(i);
    if (state.getRate() != Rate::Element)
      continue;
    StorageAttr storage = optimizer.getStorage(optimizer.getFirstState() + i);
    Average average = getSlowestAverage(optimizer, i);
    double limit = getSmallestWeight(storage.getFormat());
    if (!average.op || average.weight >= limit)
      continue;
    report(average.op->getLoc(),
           llvm::formatv(
               "state '{0}' stalls in {1}: a new value has the weight {2}, "
               "below {3} the change is rounded away; use {4} or f32",
               state.getName().getValue(),
               stringifyStorageFormat(storage.getFormat()),
               llvm::format("%.3g", average.weight),
               llvm::format("%.3g", limit),
               storage.getFormat() == StorageFormat::Q8 ? "q8_sr, bf16_sr"
                                                        : "bf16_sr")
               .str());
  }
}
