//===- VerifyMixtures.cpp - constraints on mixtures -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include <cmath>

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

/// A whole number from 1 on that float64 counts exactly.
static bool isCount(double value) {
  return value >= 1 && value <= 0x1p53 && value == std::floor(value);
}

static bool isFinite(double value) { return std::isfinite(value); }

//===----------------------------------------------------------------------===//
// Averages
//===----------------------------------------------------------------------===//

LogicalResult EmaOp::verify() {
  StringRef what = "'ema' decay";
  if (failed(verifyOneOf(*this, getDecay(), getDecayLiteralAttr(), // ema_c3
                         what)))
    return failure();
  auto help = [&] {
    return "per-element weights: lerp " + quote(getOld()) + ", " +
           quote(getX()) + " weight %w";
  };
  if (failed(verifyScalar(*this, getDecay(), what, help))) // ema_c1
    return failure();
  return verifyLiteral( // ema_c2
      *this, getDecayLiteralAttr(), what,
      [](double value) { return value >= 0 && value <= 1; }, "in [0, 1]");
}

LogicalResult LerpOp::verify() {
  StringRef what = "'lerp' weight";
  if (failed(verifyOneOf(*this, getWeight(), getWeightLiteralAttr(), // lerp_c2
                         what)))
    return failure();
  return verifyLiteral(*this, getWeightLiteralAttr(), what, isFinite, // lerp_c1
                       "finite");
}

LogicalResult MeanOp::verify() {
  StringRef what = "'mean' count";
  if (failed(verifyOneOf(*this, getCount(), getCountLiteralAttr(), // mean_c3
                         what)) ||
      failed(verifyScalar(*this, getCount(), what))) // mean_c1
    return failure();
  return verifyLiteral( // mean_c2
      *this, getCountLiteralAttr(), what,
      [](double value) { return value >= 1 && std::isfinite(value); },
      "1 or more");
}

LogicalResult DebiasOp::verify() {
  StringRef decay = "'debias' decay", count = "'debias' count";
  if (failed(verifyOneOf(*this, getDecay(), getDecayLiteralAttr(), // debias_c5
                         decay)) ||
      failed(verifyScalar(*this, getDecay(), decay)) || // debias_c1
      failed(verifyLiteral(                             // debias_c2
          *this, getDecayLiteralAttr(), decay,
          [](double value) { return value >= 0 && value < 1; }, "in [0, 1)")))
    return failure();
  if (!getCount() && !getCountLiteralAttr())
    return success();
  if (failed(verifyOneOf(*this, getCount(), getCountLiteralAttr(), // debias_c5
                         count)) ||
      failed(verifyScalar(*this, getCount(), count))) // debias_c3
    return failure();
  return verifyLiteral( // debias_c4
      *this, getCountLiteralAttr(), count,
      [](double value) { return value >= 1 && std::isfinite(value); },
      "1 or more");
}

LogicalResult MixOp::verify() {
  StringRef what = "'mix' coefficients";
  if (failed(verifyMixedList(*this, getCoefficients(), // mix_c3
                             getCoefficientLiterals(), what)))
    return failure();
  size_t terms = getValues().size();
  if (terms == 0 || getCoefficientLiterals().size() != terms) // mix_c3
    return errorAt(getLoc())
           << "'mix' has a coefficient for each value, but "
           << getCoefficientLiterals().size() << " coefficients and " << terms
           << " values are given";
  for (auto [coefficient, value] :
       llvm::zip(getMixedCoefficients(), getValues())) {
    auto literal =
        dyn_cast_if_present<NumberAttr>(dyn_cast<Attribute>(coefficient));
    if (failed(verifyLiteral(*this, literal, "'mix' coefficient", isFinite,
                             "finite"))) // mix_c2
      return failure();
    Value term = value;
    auto help = [&] {
      return "a product of two values per element: expr %c * " + quote(term);
    };
    if (failed(verifyScalar(*this, dyn_cast<Value>(coefficient), // mix_c1
                            "'mix' coefficient", help)))
      return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Cycles and delays
//===----------------------------------------------------------------------===//

static LogicalResult verifyLength(Operation *op, Value value,
                                  NumberAttr literal, StringRef what) {
  if (failed(verifyOneOf(op, value, literal, what)) || // period_c3 every_c3
      failed(verifyScalar(op, value, what)))           // period_c1 every_c1
    return failure();
  return verifyLiteral(op, literal, what, isCount, // period_c2 every_c2
                       "a whole number from 1 on");
}

LogicalResult PeriodOp::verify() {
  return verifyLength(*this, getLength(), getLengthLiteralAttr(),
                      "'period' length");
}

LogicalResult EveryOp::verify() {
  return verifyLength(*this, getLength(), getLengthLiteralAttr(),
                      "'every' length");
}

LogicalResult DelayOp::verify() {
  constexpr int64_t maxWindow = 65536;
  if (getWindow() < 1 || getWindow() > int64_t(maxWindow)) // delay_c1
    return errorAt(getLoc()) << "'delay' is by 1 to " << maxWindow
                             << " steps, but by " << getWindow();
  if (getRate(getX()) == Rate::Const) // delay_c2
    return errorAt(getOperandLoc(*this, getX()))
           << "'delay' of " << quote(getX())
           << ", which is constant: it never had another value";
  if (!isIdentifier(getState()) || isReservedName(getState())) // delay_c3
    return errorAt(getLoc())
           << "'delay' state '" << getState()
           << "' is not a name for a state: use letters, digits and '_', and "
              "not step, param or grad";
  // delay_c4
  Region *region = (*this)->getParentRegion();
  while (region && isa<CaseOp, VariantsOp>(region->getParentOp()))
    region = region->getParentRegion();
  if (region && isa<OptimizerOp>(region->getParentOp()) &&
      region->getRegionNumber() == 0)
    return success();
  return errorAt(getLoc())
         << "'delay' remembers steps: it belongs in the body of an optimizer's "
            "step, not in an entry or a template";
}
