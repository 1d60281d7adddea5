//===- Rewriting.h - small changes of IR -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TEST_LIB_FAULTS_REWRITING_H
#define OPTIMC_TEST_LIB_FAULTS_REWRITING_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "optimc/Dialect/Optim/IR/Names.h"
#include "optimc/Dialect/Optim/IR/Optim.h"

namespace optimc::test {

/// All ops of one kind, collected before anything is changed.
template <typename OpT>
llvm::SmallVector<OpT> collect(mlir::Operation *root) {
  llvm::SmallVector<OpT> ops;
  root->walk([&](OpT op) { ops.push_back(op); });
  return ops;
}

/// The name that a pass gave to a value: its suffix says which part it is.
inline bool isNamed(mlir::Value value, llvm::StringRef suffix) {
  return optim::getKeptNames(value.getLoc()).ends_with(suffix);
}

inline bool isElement(mlir::Value value) {
  return optim::isKernelRate(optim::getRate(value));
}

/// A literal of the optim dialect.
inline bool isLiteral(mlir::Value value, double number) {
  auto constant = value.getDefiningOp<optim::ConstantOp>();
  return constant && constant.getValueAttr().getValue() == number;
}

/// Replaces an op of one result by `build(builder)`, keeping its type.
template <typename BuildT>
void replaceWith(mlir::Operation *op, BuildT build) {
  mlir::OpBuilder builder(op);
  mlir::Value value = build(builder);
  // A new op may be inferred coarser than the one that it replaces.
  if (value.getDefiningOp() && value.use_empty())
    value.setType(op->getResult(0).getType());
  op->getResult(0).replaceAllUsesWith(value);
  op->erase();
}

inline void swapOperands(mlir::Operation *op, unsigned i, unsigned j) {
  mlir::Value first = op->getOperand(i);
  op->setOperand(i, op->getOperand(j));
  op->setOperand(j, first);
}

} // namespace optimc::test

#endif // OPTIMC_TEST_LIB_FAULTS_REWRITING_H
