//===- Engine.cpp - runs the blocks of a launch -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Engine.h"
#include <algorithm>
#include <numeric>

using namespace ptxsim;

void Frame::enter(const Function &f, const uint8_t *constantData,
                  uint32_t lanes) {
  function = &f;
  constants = constantData;
  size_t words = f.registerBytes / 8 + 16;
  if (storage.size() < words)
    storage.resize(words);
  auto address = reinterpret_cast<uintptr_t>(storage.data());
  registers = reinterpret_cast<uint8_t *>((address + 63) & ~uintptr_t(63));
  initialised.assign(f.numRegisters, 0);
  initialised[0] = ~uint32_t(0); // constants
  carry = 0;
  params.resize(f.paramBytes * warpSize);
  paramsInitialised.reset(f.paramBytes * warpSize);
  localBase = 0;
  caller = nullptr;
  callInstr = nullptr;
  depth = 0;
  live = lanes;
}

static uint32_t lanesBelow(uint32_t count) {
  return count >= warpSize ? ~uint32_t(0) : (uint32_t(1) << count) - 1;
}

void Engine::startBlock(Block &block, uint64_t number) {
  block.linear = static_cast<uint32_t>(number);
  block.id.x = static_cast<uint32_t>(number % launch.grid.x);
  block.id.y = static_cast<uint32_t>(number / launch.grid.x % launch.grid.y);
  block.id.z = static_cast<uint32_t>(number / launch.grid.x / launch.grid.y);
  const Dim3 &dim = launch.blockDim;
  block.threads = dim.x * dim.y * dim.z;
  block.exitedThreads = 0;
  block.shared.assign(launch.sharedBytes, 0);
  block.sharedInitialised.reset(launch.sharedBytes);
  block.races.clear();
  block.barriers.fill(Barrier());
  block.nextWarp = 0;
  size_t warps = (block.threads + warpSize - 1) / warpSize;
  block.warpKnown.assign(warps * warps, 0);
  block.acquired.clear();
  uint32_t index =
      launch.module->impl()
          ->kernelFunctions[launch.kernel - launch.module->kernels().data()];
  const Function &f = launch.program->functions[index];
  block.warps.resize(warps);
  for (size_t w = 0; w < warps; ++w) {
    if (!block.warps[w])
      block.warps[w] = std::make_unique<Warp>();
    Warp &warp = *block.warps[w];
    warp.index = static_cast<uint32_t>(w);
    warp.launched = lanesBelow(block.threads - uint32_t(w) * warpSize);
    warp.exited = 0;
    warp.turnsOfGroup = 0;
    warp.clock = 1;
    warp.allKnown = 0;
    warp.laneKnown.clear();
    warp.fences.fill(0);
    warp.copies.clear();
    warp.copyGroups.fill(0);
    for (auto &frame : warp.frames)
      warp.spareFrames.push_back(std::move(frame));
    warp.frames.clear();
    if (warp.spareFrames.empty())
      warp.spareFrames.push_back(std::make_unique<Frame>());
    warp.frames.push_back(std::move(warp.spareFrames.back()));
    warp.spareFrames.pop_back();
    Frame &frame = *warp.frames.back();
    frame.enter(f, launch.constants[index].data(), warp.launched);
    warp.localStride = f.localBytes;
    warp.local.assign(warp.localStride * warpSize, 0);
    warp.localInitialised.reset(warp.localStride * warpSize);
    Group group;
    group.mask = warp.launched;
    group.pc = f.code.data();
    group.frame = &frame;
    warp.groups.assign(1, group);
  }
  ++launch.counters.blocks;
}

/// The order of blocks: a seeded permutation.
uint64_t Engine::blockAt(uint64_t position) {
  return static_cast<uint64_t>(
      (static_cast<unsigned __int128>(position) * orderFactor + orderOffset) %
      launch.blockCount);
}

void Engine::run() {
  if (launch.options->seed && launch.blockCount > 1) {
    do
      orderFactor = 1 + launch.random.next() % (launch.blockCount - 1);
    while (std::gcd(orderFactor, launch.blockCount) != 1);
    orderOffset = launch.random.next() % launch.blockCount;
  }
  size_t most = std::max<uint32_t>(1, launch.options->maxResidentBlocks);
  std::vector<std::unique_ptr<Block>> resident, spare;
  uint64_t started = 0;
  size_t current = 0;
  while (!launch.fault && (started < launch.blockCount || !resident.empty())) {
    if (current == resident.size()) {
      if (started < launch.blockCount && resident.size() < most) {
        if (spare.empty())
          spare.push_back(std::make_unique<Block>());
        resident.push_back(std::move(spare.back()));
        spare.pop_back();
        startBlock(*resident.back(), blockAt(started++));
      } else {
        current = 0;
      }
    }
    uint64_t quantum =
        launch.options->seed ? 512 + launch.random.below(1 << 15) : 1 << 16;
    if (runBlock(*resident[current], quantum)) {
      spare.push_back(std::move(resident[current]));
      resident.erase(resident.begin() + static_cast<ptrdiff_t>(current));
    } else {
      ++current; // it may wait for another block
    }
  }
}

bool Engine::runBlock(Block &block, uint64_t quantum) {
  size_t count = block.warps.size();
  bool seeded = launch.options->seed != 0;
  for (uint64_t done = 0; done < quantum;) {
    size_t start =
        seeded ? launch.random.below(uint32_t(count)) : block.nextWarp;
    uint64_t ran = 0;
    bool alive = false;
    // The first warp from `start` on that can run.
    for (size_t i = 0; i < count && ran == 0; ++i) {
      size_t w = (start + i) % count;
      Warp &warp = *block.warps[w];
      if (warp.done())
        continue;
      alive = true;
      ran = runWarp(block, warp, seeded ? 1 + launch.random.below(128) : 1024);
      block.nextWarp = uint32_t(w + 1) % uint32_t(count);
      if (launch.fault)
        return false;
    }
    if (!alive)
      return true;
    if (ran == 0) {
      reportDeadlock(block);
      return false;
    }
    done += ran;
  }
  return false;
}

/// Nobody can run: says who waits where, and for whom.
void Engine::reportDeadlock(Block &block) {
  const Group *first = nullptr, *second = nullptr;
  const Warp *firstWarp = nullptr, *secondWarp = nullptr;
  // Prefer two groups of one warp that wait at different places.
  for (const auto &warp : block.warps)
    for (const Group &group : warp->groups) {
      bool isMismatch = first && firstWarp == warp.get();
      if (!first) {
        first = &group;
        firstWarp = warp.get();
      } else if (!second || (isMismatch && secondWarp != warp.get())) {
        if (second || first->pc != group.pc || isMismatch) {
          second = &group;
          secondWarp = warp.get();
        }
      }
    }
  c.block = &block;
  c.warp = const_cast<Warp *>(firstWarp);
  c.instr = first->pc;
  bool atBarrier = first->state == Group::State::AtBarrier;
  bool partial = atBarrier && first->pc->mods.aligned &&
                 launch.options->checks.divergentBarriers &&
                 (first->mask != firstWarp->launched);
  std::string detail;
  FaultKind kind = FaultKind::Deadlock;
  unsigned lane = unsigned(__builtin_ctz(first->mask));
  if (partial) {
    kind = FaultKind::DivergentBarrier;
    detail = "not all threads of the warp execute this barrier";
  } else if (atBarrier) {
    const Barrier &barrier = block.barriers[first->barrier];
    detail =
        "barrier " + std::to_string(first->barrier) + " has " +
        std::to_string(barrier.arrived) + " of " +
        std::to_string(barrier.expected ? barrier.expected
                                        : block.threads - block.exitedThreads) +
        " threads, and no other thread can run";
  } else {
    uint32_t gone = firstWarp->exited;
    detail = "the threads of the member mask can never all arrive";
    if (gone)
      detail += ": some have exited";
  }
  if (!second)
    return c.fault(kind, lane, detail);
  FaultParty party = makeParty(launch, block.linear,
                               secondWarp->index * warpSize +
                                   unsigned(__builtin_ctz(second->mask)),
                               second->pc->line);
  c.faultWith(kind, lane, detail, 0, party);
}
