//===- OptimOps.td - all ops -*- tablegen -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_OPTIMOPS_TD
#define OPTIMC_DIALECT_OPTIM_IR_OPTIMOPS_TD

include "optimc/Dialect/Optim/IR/OptimArithmeticOps.td"
include "optimc/Dialect/Optim/IR/OptimLoweredOps.td"
include "optimc/Dialect/Optim/IR/OptimMixtureOps.td"
include "optimc/Dialect/Optim/IR/OptimStructureOps.td"

#endif // OPTIMC_DIALECT_OPTIM_IR_OPTIMOPS_TD
