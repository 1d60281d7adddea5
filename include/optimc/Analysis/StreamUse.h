//===- StreamUse.h - what a body reads and writes ---------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Streams are the values of kernel rate that live in memory: the parameter,
// the gradient, states and inputs. A stream is read if a new value depends on
// it and written if its new value is not its old one. Fixing predicates that
// the host knows can make both sets smaller; `optim-specialize` and
// `optimc report` ask how much.
//
// Streams are numbered by the optimizer's arguments (OptimizerOp).
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_ANALYSIS_STREAMUSE_H
#define OPTIMC_ANALYSIS_STREAMUSE_H

#include "optimc/Dialect/Optim/IR/Optim.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallBitVector.h"

namespace optimc {

/// Truth values of predicates that are known, in a deterministic order.
using Valuation = llvm::MapVector<mlir::Value, bool>;

/// What the ops of a block choose under a valuation: predicates through `not`,
/// `and`, `or`, `broadcast` and literals, and numbers through selects.
class SelectResolution {
public:
  SelectResolution(mlir::Block &block, const Valuation &known);

  /// The truth value, or nullopt if it is not known.
  std::optional<bool> getTruth(mlir::Value predicate) const;
  /// The value that a chain of selects chooses, or `value` itself. Arms that
  /// are the same value are chosen whatever the predicate. The rate may be
  /// coarser than that of `value`.
  mlir::Value resolve(mlir::Value value) const;

private:
  Valuation truths;
  llvm::DenseMap<mlir::Value, mlir::Value> chosen;
};

/// Whether `value` is an argument of kernel rate of an optimizer's body.
bool isStream(mlir::Value value);

struct StreamUse {
  llvm::SmallBitVector reads, writes; ///< by argument number

  bool operator==(const StreamUse &other) const {
    return reads == other.reads && writes == other.writes;
  }
  bool operator!=(const StreamUse &other) const { return !(*this == other); }
  bool none() const { return reads.none() && writes.none(); }
};

/// The streams that `values`, the new values of `targets`, read and write
/// under a valuation. `block` is the body of an optimizer or one region of its
/// `variants`. Scalar targets are skipped.
StreamUse getStreamUse(mlir::Block &block, mlir::ValueRange targets,
                       mlir::ValueRange values, const Valuation &known = {});

/// The same for one body of an optimizer, from its `commit`. Where the body
/// has a `variants` op, `region` chooses one of its regions.
StreamUse getStreamUse(mlir::Region &body, unsigned region = 0);

/// The `variants` op of a body, or null.
optim::VariantsOp getVariants(mlir::Region &body);

/// What a value is in region number `region` of `variants`: the operand of
/// broadcasts, and what the region yields for a result of `variants`.
mlir::Value resolveInVariant(mlir::Value value, unsigned region);

/// The pairs of kernel rate that `commit` stores, with results of a `variants`
/// op replaced by what its region number `region` yields.
llvm::MapVector<mlir::Value, mlir::Value> getStores(mlir::Region &body,
                                                    unsigned region = 0);

} // namespace optimc

#endif // OPTIMC_ANALYSIS_STREAMUSE_H
