//===- Phases.h - passes over the elements of a body ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A body with reductions runs in several phases, one per stage at least. What a
// later phase needs of an earlier one is computed again, from streams that have
// their old values still; or an early phase stores a new value, and later ones
// read it. `planPhases` chooses what is stored early, by bytes.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_ANALYSIS_PHASES_H
#define OPTIMC_ANALYSIS_PHASES_H

#include "optimc/Analysis/StreamUse.h"

namespace optimc {

/// What happens to values that more than one phase needs.
enum class PhasePolicy {
  Cheapest,  ///< whatever moves fewer bytes
  Recompute, ///< all stores in the last phase
  Store      ///< as many early stores as possible
};

struct PhasePlan {
  /// One more than the stage of the last phase.
  unsigned numStages = 1;
  /// By stage: the reductions of values of kernel rate that it feeds.
  llvm::SmallVector<llvm::SmallVector<optim::ReduceOp>> reduces;
  /// Targets of `commit` that are stored before the last stage, and when.
  llvm::MapVector<mlir::Value, unsigned> early;
  /// Bytes per element that all phases move with this choice, and with all
  /// stores in the last one.
  double bytes = 0, recomputeBytes = 0;

  unsigned getStoreStage(mlir::Value target) const {
    auto it = early.find(target);
    return it == early.end() ? numStages - 1 : it->second;
  }
};

/// Plans a body of elementary ops, after `optim-split-host`. `leaves` are the
/// valuations that will become variants; an early store is legal if it is in
/// each of them.
PhasePlan planPhases(mlir::Region &body, llvm::ArrayRef<Valuation> leaves,
                     PhasePolicy policy);

} // namespace optimc

#endif // OPTIMC_ANALYSIS_PHASES_H
