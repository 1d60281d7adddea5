//===- Cost.h - bytes and operations of an update ---------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What one step costs per element of a parameter: the streams that are read
// and written, the bytes of both, and the operations. Works on bodies of
// elementary ops, before and after `optim-split-host`, `optim-specialize` and
// `optim-make-kernels`.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_ANALYSIS_COST_H
#define OPTIMC_ANALYSIS_COST_H

#include "optimc/Analysis/StreamUse.h"

namespace optimc {

/// Operations per element. An fma counts as two flops, like a hardware
/// counter does; divisions, roots and elementary functions count as one each
/// and are also listed, because they bound the speed in cache.
struct OpCounts {
  unsigned flops = 0;
  unsigned divisions = 0;
  unsigned roots = 0;
  unsigned elementary = 0; ///< exp, log, pow, tanh, sin, cos
  unsigned selects = 0;    ///< comparisons, logic and selects: no flops
  unsigned randoms = 0;

  void add(mlir::Operation *op);
};

/// The cost where `(predicates & mask) == value`.
struct VariantCost {
  int64_t mask = 0, value = 0;
  StreamUse use;
  OpCounts ops;
};

struct BodyCost {
  mlir::SmallVector<mlir::Value> predicates; ///< bit k is number k
  mlir::SmallVector<VariantCost> variants;   ///< at least one
};

/// The cost of one body of an optimizer.
BodyCost getCost(mlir::Region &body);

/// One kernel after `optim-make-kernels`: a pass over all values of `domain`.
struct PassCost {
  unsigned stage = 0;
  optim::Rate domain = optim::Rate::Element;
  StreamUse use;
  OpCounts ops;
  unsigned reduced = 0; ///< reductions that it feeds
};

/// The passes of leaf number `leaf` of a body's variants, in order; nothing
/// before `optim-make-kernels`.
mlir::SmallVector<PassCost> getPasses(mlir::Region &body, unsigned leaf);

/// Bytes per element of a set of streams stored as float32. Streams of rows,
/// columns and blocks are not counted: they are small.
double getStreamBytes(optim::OptimizerOp optimizer,
                      const llvm::SmallBitVector &streams);

} // namespace optimc

#endif // OPTIMC_ANALYSIS_COST_H
