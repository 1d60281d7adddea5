//===- Schedules.h - scalars that change with the step ----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_INTERPRETER_SCHEDULES_H
#define OPTIMC_LIB_INTERPRETER_SCHEDULES_H

#include "optimc/Dialect/Optim/IR/Optim.h"

namespace optimc::interp {

/// The value of a schedule at `s` steps, in float64. `args` in the order of the
/// text without `after`; the first `points` of them are the values of
/// `piecewise` and `join`.
double evaluateSchedule(optim::ScheduleKind kind, double s,
                        llvm::ArrayRef<double> args, unsigned points);

} // namespace optimc::interp

#endif // OPTIMC_LIB_INTERPRETER_SCHEDULES_H
