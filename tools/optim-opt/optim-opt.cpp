//===- optim-opt.cpp - running passes on modules ----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Pipelines/Pipelines.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  optimc::registerOptimcPasses();
  mlir::DialectRegistry registry;
  optimc::registerOptimcDialects(registry);
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "optim-opt: optimc's pass driver\n", registry));
}
