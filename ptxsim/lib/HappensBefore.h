//===- HappensBefore.h - the order that barriers, fences and atomics make -*-
// C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_HAPPENSBEFORE_H
#define PTXSIM_LIB_HAPPENSBEFORE_H

#include "Machine.h"

namespace ptxsim {

/// Answers for the present access of a thread of a block.
class ThreadOrder final : public HappensBefore {
public:
  ThreadOrder(const Block &block, const Warp &warp)
      : block(block), warp(warp) {}
  bool precedes(const AccessRecord &earlier,
                const AccessRecord &now) const override;
  bool precedesWarp(uint32_t earlierBlock, uint32_t earlierWarp,
                    uint32_t clock) const override;

private:
  const Block &block;
  const Warp &warp;
};

/// The lanes synchronise: what any of them did is known to all of them.
void synchroniseLanes(Warp &warp, uint32_t lanes);

/// A barrier of the block: `takers` (warps) learn what `givers` knew.
void synchroniseWarps(Block &block, uint32_t givers, uint32_t takers);

/// A fence of device or system scope by the lanes of the context.
void noteFence(const ExecContext &context);

/// A strong or atomic access to an address by one thread: publishes what the
/// thread knew at its last fence, and learns what others published.
void noteSynchronisation(const ExecContext &context, unsigned lane,
                         uint64_t address, bool reads, bool writes,
                         Order order);

} // namespace ptxsim

#endif // PTXSIM_LIB_HAPPENSBEFORE_H
