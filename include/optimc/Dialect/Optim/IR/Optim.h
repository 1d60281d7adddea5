//===- Optim.h - the optim dialect ------------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Types, attributes and ops of the optim dialect; docs/Spec.md says what they
// mean.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_DIALECT_OPTIM_IR_OPTIM_H
#define OPTIMC_DIALECT_OPTIM_IR_OPTIM_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "optimc/Dialect/Optim/IR/OptimDialect.h.inc"
#include "optimc/Dialect/Optim/IR/OptimEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "optimc/Dialect/Optim/IR/OptimAttributes.h.inc"
#define GET_TYPEDEF_CLASSES
#include "optimc/Dialect/Optim/IR/OptimTypes.h.inc"

#include "optimc/Dialect/Optim/IR/Rates.h"

#define GET_OP_CLASSES
#include "optimc/Dialect/Optim/IR/OptimOps.h.inc"

#endif // OPTIMC_DIALECT_OPTIM_IR_OPTIM_H
