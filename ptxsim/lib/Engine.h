//===- Engine.h - runs the blocks of a launch -------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_ENGINE_H
#define PTXSIM_LIB_ENGINE_H

#include "Machine.h"

namespace ptxsim {

/// Blocks, warps and groups of threads take turns; every choice is seeded.
class Engine {
public:
  explicit Engine(LaunchState &launch) : launch(launch) {}

  /// Until all blocks are done or a fault is recorded.
  void run();

private:
  // Engine.cpp: blocks and warps.
  void startBlock(Block &block, uint64_t number);
  uint64_t blockAt(uint64_t position);
  /// Runs about `quantum` instructions; true when the block is done.
  bool runBlock(Block &block, uint64_t quantum);
  void reportDeadlock(Block &block);

  // Interpreter.cpp: the groups of a warp.
  uint64_t runWarp(Block &block, Warp &warp, uint64_t quantum);
  void mergeGroups(Warp &warp);
  int pickGroup(Warp &warp);
  uint64_t runGroup(size_t index, uint64_t limit);
  bool execute(const Instr &in, uint32_t mask);
  bool checkReads(const Instr &in, uint32_t mask);
  void markWritten(const Instr &in, uint32_t mask);
  void enter(const Group &group);

  // InterpretControl.cpp: what ends a straight run; each gives false when the
  // group cannot go on for now.
  bool branch(Group &group, const Instr &in, uint32_t mask);
  bool branchIndexed(Group &group, const Instr &in, uint32_t mask);
  bool call(Group &group, const Instr &in, uint32_t mask);
  bool returnFrom(Group &group, const Instr &in, uint32_t mask);
  bool exitThreads(Group &group, uint32_t mask);
  void splitOff(Group &group, uint32_t mask, const Instr *pc);
  void copyParam(Frame &to, const ParamRange &toRange, Slot toReg, Frame &from,
                 const ParamRange &fromRange, Slot fromReg, uint32_t mask);
  bool reserveLocal(Warp &warp, uint64_t bytes);

  // Barriers.cpp: waiting for other threads.
  bool synchronise(Group &group, const Instr &in, uint32_t mask);
  void releaseWarpBarriers();
  bool arriveAtBarrier(Group &group, const Instr &in, uint32_t mask);
  void completeBarrier(unsigned id);
  void recheckBarriers();
  uint32_t membersOf(const Frame &frame, const Instr &in, unsigned lane) const;

  LaunchState &launch;
  ExecContext c; // of the group that runs
  /// A group came to wait or threads exited: somebody may be released.
  bool waitersChanged = false;
  uint64_t orderFactor = 1, orderOffset = 0;
};

} // namespace ptxsim

#endif // PTXSIM_LIB_ENGINE_H
