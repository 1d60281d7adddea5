//===- VariantTree.h - which predicates make variants -----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_VARIANTTREE_H
#define OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_VARIANTTREE_H

#include "optimc/Analysis/StreamUse.h"

namespace optimc::optim {

/// A region to be: it runs where `(predicates & mask) == value`.
struct VariantLeaf {
  int64_t mask = 0, value = 0;
  Valuation known; ///< predicates that are decided here, tested or implied
};

struct VariantTree {
  llvm::SmallVector<mlir::Value> predicates; ///< tested ones; bit k of masks
  llvm::SmallVector<VariantLeaf> leaves;     ///< exactly one matches
  llvm::SmallVector<mlir::Value> unused;     ///< remove nothing anywhere
  llvm::SmallVector<mlir::Value> beyondLimit;
};

/// Chooses among the host predicates of the element ops in `block` those whose
/// truth removes a stream from what `values`, the new values of `targets`, read
/// or write. Valuations that hosts cannot produce (`%a` with `not %a`) are not
/// considered. At most `maxLeaves` leaves.
VariantTree growVariants(mlir::Block &block, mlir::ValueRange targets,
                         mlir::ValueRange values, unsigned maxLeaves);

} // namespace optimc::optim

#endif // OPTIMC_LIB_DIALECT_OPTIM_TRANSFORMS_VARIANTTREE_H
