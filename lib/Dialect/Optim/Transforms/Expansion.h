//===- Expansion.h - building what replaces an op -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_EXPANSION_H
#define OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_EXPANSION_H

#include "mlir/IR/Builders.h"
#include "optimc/Dialect/Optim/IR/Optim.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/Twine.h"
#include <optional>
#include <string>

namespace optimc::optim {

/// The name that the user gave to a value, or that a pass derived; empty if it
/// has none.
std::string getWrittenName(mlir::Value value);

/// `loc` under another name.
mlir::Location rename(mlir::Location loc, const llvm::Twine &name);

/// The value of a literal or a `constant`, if it is one.
std::optional<double> getConstantValue(mlir::OpFoldResult value);

/// `value` in the precision of `rate`.
double roundTo(Rate rate, double value);

/// The ops that replace one op: created before it, at its location, under names
/// derived from a base name (`m1`: `m1_w`, `m1_diff`).
class Expansion {
public:
  /// `base` is the name of the op's first result unless given.
  explicit Expansion(mlir::Operation *op, std::string base = {});

  mlir::Value get(mlir::OpFoldResult value);
  mlir::Value getConstant(double value);
  mlir::Value getStep();

  /// An op of one result, whose rate is inferred.
  template <typename OpTy, typename... Args>
  mlir::Value create(const llvm::Twine &suffix, Args &&...args) {
    auto created =
        OpTy::create(builder, getLoc(suffix), std::forward<Args>(args)...);
    owned.insert(created);
    return created->getResult(0);
  }
  /// `value` in the precision of `rate`: broadcast where that is a rounding.
  mlir::Value round(const llvm::Twine &name, mlir::Value value, Rate rate);

  /// Replaces a result of the op. A value that was created here takes the
  /// result's name and type; any other is broadcast where the rates differ.
  void replace(mlir::OpResult result, mlir::Value value);

private:
  mlir::Location getLoc(const llvm::Twine &suffix);

  mlir::Operation *op;
  mlir::OpBuilder builder;
  std::string base;
  llvm::SmallPtrSet<mlir::Operation *, 16> owned;
};

} // namespace optimc::optim

#endif // OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_EXPANSION_H
