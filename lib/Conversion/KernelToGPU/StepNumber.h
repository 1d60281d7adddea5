//===- StepNumber.h - the number of a step, in integers ---------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_KERNELTOGPU_STEPNUMBER_H
#define OPTIMC_LIB_CONVERSION_KERNELTOGPU_STEPNUMBER_H

#include "mlir/IR/Builders.h"

namespace optimc {

/// The number of the step (i64) of a clock whose count is the float64 with
/// these bits (i64): one more where `isNext`. Kernels have no float64
/// arithmetic, so the bits are taken apart; the result is that of the host's
/// `uint64_t(count + 1)` for every count, 0 where that is not between 0 and
/// 2^53.
mlir::Value emitStepNumber(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value bits, bool isNext);

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_KERNELTOGPU_STEPNUMBER_H
