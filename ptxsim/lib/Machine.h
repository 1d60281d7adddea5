//===- Machine.h - the state of a launch ------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_MACHINE_H
#define PTXSIM_LIB_MACHINE_H

#include "ByteSet.h"
#include "Program.h"
#include "RaceDetector.h"
#include "Random.h"
#include "ptxsim/Device.h"

namespace ptxsim {

constexpr unsigned warpSize = 32;
constexpr uint64_t sharedWindow = uint64_t(3) << 48; // generic addresses
constexpr uint64_t localWindow = uint64_t(4) << 48;
constexpr uint64_t paramWindow = uint64_t(5) << 48;

/// The registers of one call, for the 32 lanes of a warp.
struct Frame {
  const Function *function = nullptr;
  const uint8_t *constants = nullptr;
  std::vector<uint64_t> storage; // registers, aligned to 64 bytes
  uint8_t *registers = nullptr;
  std::vector<uint32_t> initialised; // lanes, per register number
  uint32_t carry = 0;                // condition code, per lane
  /// Parameters of this function and of calls it makes: paramBytes per lane.
  std::vector<uint8_t> params;
  ByteSet paramsInitialised;
  uint64_t localBase = 0; // in the local memory of every lane
  Frame *caller = nullptr;
  const Instr *callInstr = nullptr; // in the caller
  uint32_t depth = 0;
  uint32_t live = 0; // lanes that have not returned

  /// Readies the frame for a call; keeps the storage of an earlier one.
  void enter(const Function &f, const uint8_t *constantData, uint32_t lanes);
};

/// Threads of a warp that are at the same instruction.
struct Group {
  enum class State : uint8_t { Ready, AtBarrier, AtSync };
  uint32_t mask = 0;
  State state = State::Ready;
  uint32_t barrier = 0; // where it waits
  const Instr *pc = nullptr;
  Frame *frame = nullptr;
};

/// cp.async that was issued and not waited for.
struct AsyncCopy {
  unsigned lane = 0;
  const Instr *instr = nullptr;
  uint64_t target = 0, source = 0; // shared offset, global address
  unsigned bytes = 0, sourceBytes = 0;
  bool committed = false;
  uint32_t group = 0;
};

struct Warp {
  uint32_t index = 0;
  uint32_t launched = 0, exited = 0; // lanes
  std::vector<Group> groups;
  std::vector<std::unique_ptr<Frame>> frames, spareFrames;
  uint32_t turnsOfGroup = 0; // since another group ran

  /// Local memory: localStride bytes per lane.
  std::vector<uint8_t> local;
  ByteSet localInitialised;
  uint64_t localStride = 0;

  /// Happens-before. The clock advances when threads of the warp synchronise;
  /// an access is ordered before lanes that synchronised with it later.
  uint32_t clock = 1;
  uint32_t allKnown = 0; // every lane knows all others up to this clock
  std::vector<uint32_t> laneKnown; // [lane * 32 + other], empty: only allKnown
  std::array<uint64_t, warpSize> fences{}; // number of the last fence, 0: none

  std::vector<AsyncCopy> copies;
  std::array<uint32_t, warpSize> copyGroups{}; // committed groups so far

  bool done() const { return groups.empty(); }
};

struct Barrier {
  uint32_t arrived = 0;  // threads
  uint32_t expected = 0; // 0: all of the block
  const Instr *first = nullptr;
  uint32_t popc = 0, all = 1, any = 0;      // of bar.red
  std::array<uint32_t, warpSize> lanes{};   // arrived, per warp
  std::array<const Instr *, warpSize> at{}; // per warp
  uint32_t arrivedWarps = 0;                // all lanes of which arrived
  uint32_t givers = 0;                      // warps that arrived
};

/// What one synchronising write to memory hands to its readers.
struct ReleaseStamp {
  uint32_t block, clock;
  uint16_t thread;
  std::shared_ptr<const std::vector<uint32_t>> known; // clocks, per warp
};

/// All that was released through one address, in order of time.
struct ReleaseLog {
  std::vector<ReleaseStamp> stamps;
  std::unordered_map<uint32_t, std::vector<uint32_t>> byBlock;
  /// Logs that an earlier releaser had acquired from: position here, log,
  /// position there.
  struct Link {
    uint32_t at;
    std::shared_ptr<ReleaseLog> log;
    uint32_t size;
  };
  std::vector<Link> links;
};

struct Block {
  uint32_t linear = 0;
  Dim3 id;
  std::vector<std::unique_ptr<Warp>> warps;
  uint32_t threads = 0, exitedThreads = 0;
  std::vector<uint8_t> shared;
  ByteSet sharedInitialised;
  RaceDetector races; // of shared memory
  std::array<Barrier, 16> barriers;
  uint32_t nextWarp = 0;
  /// warpKnown[w * warps + v]: the clock of warp v up to which w knows it.
  std::vector<uint32_t> warpKnown;
  std::vector<std::pair<std::shared_ptr<ReleaseLog>, uint32_t>> acquired;
};

/// Counts per instruction, parallel to Function::code.
struct InstrCounters {
  uint64_t warps = 0, threads = 0;
  AccessCounters access;
};

struct LaunchState {
  const Device *device = nullptr;
  Memory *memory = nullptr;
  const Module *module = nullptr;
  const KernelInfo *kernel = nullptr;
  const Program *program = nullptr;
  const Options *options = nullptr;
  Dim3 grid, blockDim;
  uint64_t blockCount = 0, launchId = 0;
  std::vector<uint8_t> params;
  uint64_t staticShared = 0, sharedBytes = 0, dynamicShared = 0;
  std::vector<const Variable *> sharedVariables;
  std::vector<uint64_t> sharedOffsets; // parallel to it
  /// Constants per function, with all addresses.
  std::vector<std::vector<uint8_t>> constants;
  std::vector<std::vector<InstrCounters>> instrCounters;
  Counters counters;
  std::optional<Fault> fault;
  Random random{0};
  uint64_t instructions = 0; // warp-level, so far
  RaceDetector races;        // of global memory
  std::unordered_map<uint64_t, std::shared_ptr<ReleaseLog>> releases;
  uint64_t fenceSerial = 0;

  /// NaNs that operations generate.
  uint32_t nan32 = 0x7fffffff;
  uint64_t nan64 = 0x7ff8000000000000;
  uint16_t nan16 = 0x7fff;        // f16 and bf16
  bool negativeZeroIsLess = true; // in min and max
};

/// What executors see.
struct ExecContext {
  uint32_t mask = 0;
  uint8_t *bank[2] = {nullptr, nullptr}; // registers, constants
  Frame *frame = nullptr;
  Warp *warp = nullptr;
  Block *block = nullptr;
  LaunchState *launch = nullptr;
  const Instr *instr = nullptr;
  /// Lanes whose result is undefined; set by executors.
  uint32_t undefined = 0;

  template <typename T>
  T *dst(const Instr &in, unsigned i = 0) const {
    return reinterpret_cast<T *>(bank[0] + in.ops[i].offset);
  }
  template <typename T>
  const T *src(const Instr &in, unsigned i = 0) const {
    Slot slot = in.ops[in.numDst + i];
    return reinterpret_cast<const T *>(bank[slot.offset >> 31] +
                                       (slot.offset & ~Slot::constantBit));
  }
  /// The mask of a predicate.
  uint32_t predicate(const Instr &in, unsigned i) const {
    return *src<uint32_t>(in, i);
  }
  void setPredicate(const Instr &in, unsigned i, uint32_t value) const {
    uint32_t *p = dst<uint32_t>(in, i);
    *p = (*p & ~mask) | (value & mask);
  }

  /// Stops the launch; only the first fault counts.
  void fault(FaultKind kind, unsigned lane, std::string detail,
             uint64_t address = 0) const;
  void faultWith(FaultKind kind, unsigned lane, std::string detail,
                 uint64_t address, FaultParty other) const;
};

/// Calls `f` for each lane of a mask, ascending.
template <typename F>
inline void forLanes(uint32_t mask, F &&f) {
  for (; mask; mask &= mask - 1)
    f(static_cast<unsigned>(__builtin_ctz(mask)));
}

/// The counters of the instruction in execution.
InstrCounters &countersOf(const ExecContext &context, const Instr &in);

Dim3 threadIndex(const LaunchState &launch, uint32_t linear);
ThreadId threadId(const ExecContext &context, unsigned lane);
FaultParty makeParty(const LaunchState &launch, uint32_t blockLinear,
                     uint32_t thread, uint32_t line);

} // namespace ptxsim

#endif // PTXSIM_LIB_MACHINE_H
