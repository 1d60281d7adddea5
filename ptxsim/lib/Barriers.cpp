//===- Barriers.cpp - waiting for other threads -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Engine.h"
#include "HappensBefore.h"
#include <algorithm>

using namespace ptxsim;

/// The member mask of a *.sync instruction: its last source. Lanes that the
/// block does not have are ignored.
uint32_t Engine::membersOf(const Frame &frame, const Instr &in,
                           unsigned lane) const {
  Slot slot = in.ops[in.numDst + in.numSrc - 1];
  const uint8_t *bank =
      slot.offset & Slot::constantBit ? frame.constants : frame.registers;
  uint32_t members;
  std::memcpy(&members, bank + (slot.offset & ~Slot::constantBit) + lane * 4,
              4);
  return members & c.warp->launched;
}

/// Runs a *.sync instruction for those member masks all lanes of which are
/// here; the other lanes wait.
bool Engine::synchronise(Group &group, const Instr &in, uint32_t mask) {
  Warp &warp = *c.warp;
  const Checks &checks = launch.options->checks;
  if (checks.uninitialisedRegisters && !checkReads(in, mask))
    return false;
  uint32_t waiting = 0, left = mask;
  while (left) {
    unsigned lane = unsigned(__builtin_ctz(left));
    uint32_t members = membersOf(*group.frame, in, lane), here = 0;
    if (members & warp.exited) {
      if (checks.divergentBarriers) {
        c.fault(FaultKind::InvalidMask, lane,
                "the member mask names lane " +
                    std::to_string(__builtin_ctz(members & warp.exited)) +
                    ", which has exited");
        return false;
      }
      members &= ~warp.exited;
    }
    forLanes(left, [&](unsigned other) {
      uint32_t its = membersOf(*group.frame, in, other);
      here |= uint32_t((its & ~warp.exited) == (members & ~warp.exited))
              << other;
    });
    if (here & ~members) {
      c.fault(FaultKind::InvalidMask, unsigned(__builtin_ctz(here & ~members)),
              "the member mask does not contain the thread itself");
      return false;
    }
    left &= ~here;
    if (here != members) {
      waiting |= here;
      continue;
    }
    if (!execute(in, here))
      return false;
    bool isBarrier = in.kind == InstructionClass::Barrier;
    if (isBarrier || checks.collectivesOrderMemory)
      synchroniseLanes(warp, here);
  }
  splitOff(group, group.mask & ~waiting, &in + 1);
  if (waiting == 0) {
    // All moved on: the group that was split off replaces this one.
    group = warp.groups.back();
    warp.groups.pop_back();
    return warp.groups.size() == 1;
  }
  group.mask = waiting;
  group.state = Group::State::AtSync;
  waitersChanged = true;
  return false;
}

/// bar.warp.sync may be reached at several places of the code.
void Engine::releaseWarpBarriers() {
  Warp &warp = *c.warp;
  auto waits = [](const Group &group) {
    return group.state == Group::State::AtSync &&
           group.pc->kind == InstructionClass::Barrier;
  };
  for (size_t i = 0; i < warp.groups.size(); ++i) {
    if (!waits(warp.groups[i]))
      continue;
    const Group first = warp.groups[i];
    uint32_t members =
        membersOf(*first.frame, *first.pc, unsigned(__builtin_ctz(first.mask)));
    uint32_t here = 0;
    for (const Group &group : warp.groups)
      if (waits(group))
        forLanes(group.mask, [&](unsigned lane) {
          here |= uint32_t(membersOf(*group.frame, *group.pc, lane) == members)
                  << lane;
        });
    if (here != members)
      continue;
    synchroniseLanes(warp, members);
    size_t count = warp.groups.size();
    for (size_t k = 0; k < count; ++k) {
      uint32_t released = warp.groups[k].mask & members;
      if (!waits(warp.groups[k]) || !released)
        continue;
      Group moved = warp.groups[k];
      moved.mask = released;
      moved.state = Group::State::Ready;
      ++moved.pc;
      warp.groups[k].mask &= ~released;
      if (warp.groups[k].mask)
        warp.groups.push_back(moved);
      else
        warp.groups[k] = moved;
    }
    return;
  }
}

bool Engine::arriveAtBarrier(Group &group, const Instr &in, uint32_t mask) {
  if (launch.options->checks.uninitialisedRegisters && !checkReads(in, mask))
    return false;
  c.mask = mask;
  Block &block = *c.block;
  Warp &warp = *c.warp;
  const Mods &mods = in.mods;
  bool reduces = mods.operation != Operation::None;
  const uint32_t *id = c.src<uint32_t>(in);
  bool hasCount = in.numSrc == (reduces ? 3 : 2);
  unsigned lane = unsigned(__builtin_ctz(mask));
  uint32_t number = id[lane];
  uint32_t count = hasCount ? c.src<uint32_t>(in, 1)[lane] : 0;
  bool uniform = true;
  forLanes(mask, [&](unsigned l) { uniform &= id[l] == number; });
  if (!uniform || number > 15 || (hasCount && (count == 0 || count % 32))) {
    c.fault(FaultKind::InvalidOperand, lane,
            !uniform      ? "the threads of a warp name different barriers"
            : number > 15 ? "barrier " + std::to_string(number) +
                                " does not exist: there are 0 to 15"
                          : "the number of threads of a barrier is a multiple "
                            "of 32, not " +
                                std::to_string(count));
    return false;
  }
  Barrier &barrier = block.barriers[number];
  const Instr *&earlier = barrier.at[warp.index];
  if (mods.aligned && launch.options->checks.divergentBarriers && earlier &&
      earlier != &in && barrier.lanes[warp.index]) {
    uint32_t there = barrier.lanes[warp.index];
    c.faultWith(
        FaultKind::DivergentBarrier, lane,
        "threads of one warp wait at different barrier instructions", 0,
        makeParty(launch, block.linear,
                  warp.index * warpSize + unsigned(__builtin_ctz(there)),
                  earlier->line));
    return false;
  }
  if (!barrier.arrived) {
    barrier.expected = count;
    barrier.first = &in;
  } else if (barrier.expected != count) {
    c.fault(FaultKind::InvalidOperand, lane,
            "barrier " + std::to_string(number) + " was entered with " +
                std::to_string(barrier.expected) + " threads, now with " +
                std::to_string(count));
    return false;
  }
  earlier = &in;
  barrier.lanes[warp.index] |= mask;
  barrier.givers |= uint32_t(1) << warp.index;
  barrier.arrived += unsigned(__builtin_popcount(mask));
  // The count of a barrier is in whole warps: lanes that the block does not
  // have come with the others.
  if (barrier.lanes[warp.index] == warp.launched)
    barrier.arrivedWarps += 1;
  if (reduces) {
    uint32_t p = c.predicate(in, in.numSrc - 1u);
    p = (mods.negated ? ~p : p) & mask;
    barrier.popc += unsigned(__builtin_popcount(p));
    barrier.all &= p == mask;
    barrier.any |= p != 0;
  }
  waitersChanged = true;
  if (mods.arrive) {
    ++group.pc;
    return false; // the block may go on
  }
  splitOff(group, group.mask & ~mask, &in + 1);
  group.state = Group::State::AtBarrier;
  group.barrier = number;
  return false;
}

void Engine::completeBarrier(unsigned id) {
  Block &block = *c.block;
  Barrier barrier = block.barriers[id];
  block.barriers[id] = Barrier();
  uint32_t takers = 0;
  for (auto &warp : block.warps) {
    uint32_t lanes = barrier.lanes[warp->index];
    const Instr *at = barrier.at[warp->index];
    if (lanes && at->mods.aligned && lanes != warp->launched &&
        launch.options->checks.divergentBarriers) {
      c.warp = warp.get();
      c.instr = at;
      uint32_t missing = warp->launched & ~lanes;
      return c.fault(FaultKind::DivergentBarrier,
                     unsigned(__builtin_ctz(lanes)),
                     "lane " + std::to_string(__builtin_ctz(missing)) +
                         " of the warp exited without executing the barrier");
    }
    for (Group &group : warp->groups) {
      if (group.state != Group::State::AtBarrier || group.barrier != id)
        continue;
      takers |= uint32_t(1) << warp->index;
      const Instr &in = *group.pc;
      if (in.numDst) {
        uint8_t *target = group.frame->registers + in.ops[0].offset;
        uint32_t result = in.mods.operation == Operation::Popc  ? barrier.popc
                          : in.mods.operation == Operation::And ? barrier.all
                                                                : barrier.any;
        if (in.mods.type == Type::Pred) {
          uint32_t p;
          std::memcpy(&p, target, 4);
          p = (p & ~group.mask) | (result ? group.mask : 0);
          std::memcpy(target, &p, 4);
        } else {
          forLanes(group.mask, [&](unsigned lane) {
            std::memcpy(target + 4 * lane, &result, 4);
          });
        }
        group.frame->initialised[in.ops[0].reg] |= group.mask;
      }
      ++group.pc;
      group.state = Group::State::Ready;
    }
  }
  synchroniseWarps(block, barrier.givers, takers);
  ++launch.counters.barriers;
}

void Engine::recheckBarriers() {
  Block &block = *c.block;
  for (unsigned id = 0; id < block.barriers.size(); ++id) {
    const Barrier &barrier = block.barriers[id];
    if (barrier.arrived == 0)
      continue;
    bool complete =
        barrier.expected
            ? std::max(barrier.arrivedWarps * warpSize, barrier.arrived) >=
                  barrier.expected
            : barrier.arrived + block.exitedThreads == block.threads;
    if (complete)
      completeBarrier(id);
    if (launch.fault)
      return;
  }
}
