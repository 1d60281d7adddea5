//===- Extrema.h - minimum and maximum on GPUs ------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_CONVERSION_KERNELTOGPU_EXTREMA_H
#define OPTIMC_LIB_CONVERSION_KERNELTOGPU_EXTREMA_H

#include "mlir/IR/Operation.h"

namespace optimc {

/// Orders -0 before +0 in the float32 minima and maxima of `op`, where PTX
/// leaves it open: equal operands are joined bit by bit. LLVM does so for
/// float64.
void orderZeros(mlir::Operation *op);

} // namespace optimc

#endif // OPTIMC_LIB_CONVERSION_KERNELTOGPU_EXTREMA_H
