//===- Ops.cpp - generated definitions --------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parsing.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace optimc::optim;
// The generated parsers and printers call the directives unqualified.
using namespace optimc::optim::support;

#define GET_OP_CLASSES
#include "optimc/Dialect/Optim/IR/OptimOps.cpp.inc"
