//===- Interpreter.cpp - the threads of a warp, group by group --*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Engine.h"

using namespace ptxsim;

/// Groups at the same instruction of the same call go on together.
void Engine::mergeGroups(Warp &warp) {
  std::vector<Group> &groups = warp.groups;
  for (size_t i = 0; i < groups.size(); ++i)
    for (size_t k = groups.size(); --k > i;)
      if (groups[k].pc == groups[i].pc && groups[k].frame == groups[i].frame &&
          groups[k].state != Group::State::AtBarrier &&
          groups[i].state != Group::State::AtBarrier) {
        groups[i].mask |= groups[k].mask;
        groups[i].state = Group::State::Ready;
        groups.erase(groups.begin() + static_cast<ptrdiff_t>(k));
      }
}

/// The ready group that is behind all others: deepest call, lowest rank. Now
/// and then another one, so that threads may wait for each other.
int Engine::pickGroup(Warp &warp) {
  int best = -1;
  unsigned ready = 0;
  for (size_t i = 0; i < warp.groups.size(); ++i) {
    const Group &g = warp.groups[i];
    if (g.state != Group::State::Ready)
      continue;
    ++ready;
    if (best < 0) {
      best = static_cast<int>(i);
      continue;
    }
    const Group &b = warp.groups[static_cast<size_t>(best)];
    bool behind = g.frame->depth != b.frame->depth
                      ? g.frame->depth > b.frame->depth
                  : g.pc->rank != b.pc->rank ? g.pc->rank < b.pc->rank
                                             : g.pc < b.pc;
    if (behind)
      best = static_cast<int>(i);
  }
  if (ready < 2) {
    warp.turnsOfGroup = 0;
    return best;
  }
  bool seeded = launch.options->seed != 0;
  bool another =
      seeded ? launch.random.below(8) == 0 : ++warp.turnsOfGroup % 64 == 0;
  if (!another)
    return best;
  uint32_t chosen =
      seeded ? launch.random.below(ready) : warp.turnsOfGroup / 64 % ready;
  for (size_t i = 0; i < warp.groups.size(); ++i)
    if (warp.groups[i].state == Group::State::Ready && chosen-- == 0)
      return static_cast<int>(i);
  return best;
}

uint64_t Engine::runWarp(Block &block, Warp &warp, uint64_t quantum) {
  c.block = &block;
  c.warp = &warp;
  c.launch = &launch;
  uint64_t ran = 0;
  while (ran < quantum && !launch.fault) {
    if (warp.groups.size() > 1)
      mergeGroups(warp);
    int index = pickGroup(warp);
    if (index < 0)
      break;
    ran += runGroup(static_cast<size_t>(index), quantum - ran);
  }
  return ran;
}

void Engine::enter(const Group &group) {
  c.frame = group.frame;
  c.bank[0] = group.frame->registers;
  c.bank[1] = const_cast<uint8_t *>(group.frame->constants);
}

bool Engine::checkReads(const Instr &in, uint32_t mask) {
  const std::vector<uint32_t> &initialised = c.frame->initialised;
  for (unsigned i = 0; i < in.numSrc; ++i) {
    uint32_t missing = mask & ~initialised[in.ops[in.numDst + i].reg];
    if (missing) {
      const std::string &name =
          c.frame->function->registerNames[in.ops[in.numDst + i].reg];
      c.fault(FaultKind::UninitialisedRegister,
              unsigned(__builtin_ctz(missing)),
              "'" + name + "' has no defined value");
      return false;
    }
  }
  return true;
}

void Engine::markWritten(const Instr &in, uint32_t mask) {
  std::vector<uint32_t> &initialised = c.frame->initialised;
  uint32_t defined = mask & ~c.undefined;
  if (in.copies)
    for (unsigned i = 0; i < in.numSrc; ++i)
      defined &= initialised[in.ops[in.numDst + i].reg];
  for (unsigned i = 0; i < in.numDst; ++i) {
    uint32_t &lanes = initialised[in.ops[i].reg];
    lanes = (lanes & ~mask) | defined;
  }
}

/// One instruction without control flow; false after a fault.
bool Engine::execute(const Instr &in, uint32_t mask) {
  if (!in.copies && launch.options->checks.uninitialisedRegisters &&
      !checkReads(in, mask))
    return false;
  c.mask = mask;
  c.undefined = 0;
  in.exec(c, in);
  markWritten(in, mask);
  return !launch.fault;
}

uint64_t Engine::runGroup(size_t index, uint64_t limit) {
  Warp &warp = *c.warp;
  Group g = warp.groups[index];
  enter(g);
  uint32_t startRank = g.pc->rank;
  uint64_t ran = 0;
  bool going = true;
  while (going && ran < limit) {
    const Instr &in = *g.pc;
    // Let groups meet where their paths do.
    if (in.rank != startRank && ran) {
      if (warp.groups.size() > 1)
        break;
      startRank = in.rank;
    }
    c.instr = &in;
    ++ran;
    if (++launch.instructions > launch.options->instructionBudget) {
      c.fault(FaultKind::InstructionBudget, unsigned(__builtin_ctz(g.mask)),
              "still running after " +
                  std::to_string(launch.options->instructionBudget) +
                  " warp instructions");
      break;
    }
    uint32_t mask = g.mask;
    if (in.guarded) {
      if (launch.options->checks.uninitialisedRegisters) {
        uint32_t missing = mask & ~g.frame->initialised[in.guard.reg];
        if (missing) {
          c.fault(FaultKind::UninitialisedRegister,
                  unsigned(__builtin_ctz(missing)),
                  "'" + g.frame->function->registerNames[in.guard.reg] +
                      "' has no defined value");
          break;
        }
      }
      uint32_t p;
      std::memcpy(&p, c.bank[0] + in.guard.offset, 4);
      mask &= in.guardNegated ? ~p : p;
    }
    if (!in.hidden) {
      InstrCounters &counters = countersOf(c, in);
      ++counters.warps;
      counters.threads += unsigned(__builtin_popcount(mask));
    }
    if (in.flow == Flow::Plain) {
      if (mask && !execute(in, mask))
        break;
      ++g.pc;
      continue;
    }
    if (mask == 0) {
      ++g.pc;
      continue;
    }
    switch (in.flow) {
    case Flow::Branch:
      going = branch(g, in, mask);
      break;
    case Flow::BranchIndexed:
      going = branchIndexed(g, in, mask);
      break;
    case Flow::Call:
      going = call(g, in, mask);
      break;
    case Flow::Return:
      going = returnFrom(g, in, mask);
      break;
    case Flow::Exit:
      going = exitThreads(g, mask);
      break;
    case Flow::Sync:
      going = synchronise(g, in, mask);
      break;
    case Flow::Barrier:
      going = arriveAtBarrier(g, in, mask);
      break;
    case Flow::Trap:
      c.fault(FaultKind::Trap, unsigned(__builtin_ctz(mask)),
              "the kernel executed trap");
      going = false;
      break;
    default:
      c.fault(FaultKind::MissingReturn, unsigned(__builtin_ctz(mask)),
              "control runs off the end of '" + g.frame->function->name + "'");
      going = false;
    }
    if (launch.fault)
      break;
  }
  // Others were only appended meanwhile, so that the index still holds.
  if (g.mask)
    warp.groups[index] = g;
  else
    warp.groups.erase(warp.groups.begin() + static_cast<ptrdiff_t>(index));
  if (waitersChanged && !launch.fault) {
    waitersChanged = false;
    releaseWarpBarriers();
    recheckBarriers();
  }
  return ran;
}
