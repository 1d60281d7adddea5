//===- AsyncCopy.cpp - cp.async ---------------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AsyncCopy.h"
#include "Exec.h"
#include "MemoryAccess.h"

using namespace ptxsim;

// A copy is performed when the thread waits for it, or at the end of the
// thread: the latest time that PTX allows, so that a missing wait shows.

void ptxsim::finishCopies(ExecContext &c, uint32_t lanes, uint32_t keep,
                          bool all) {
  Warp &warp = *c.warp;
  std::vector<AsyncCopy> left, due;
  for (const AsyncCopy &copy : warp.copies) {
    bool isDue = lanes >> copy.lane & 1 &&
                 (all || (copy.committed &&
                          copy.group + keep < warp.copyGroups[copy.lane]));
    (isDue ? due : left).push_back(copy);
  }
  warp.copies.swap(left);
  for (const AsyncCopy &copy : due) {
    uint8_t data[16] = {};
    if (copy.sourceBytes) {
      MemoryAccess read(c, *copy.instr, StateSpace::Global, copy.sourceBytes,
                        MemoryAccess::Use::Load);
      const uint8_t *from = read.load(copy.lane, copy.source);
      if (!from)
        return;
      std::memcpy(data, from, copy.sourceBytes);
    }
    MemoryAccess write(c, *copy.instr, StateSpace::Shared, copy.bytes,
                       MemoryAccess::Use::Store);
    if (!write.store(copy.lane, copy.target, data))
      return;
  }
}

namespace {
uint64_t address(const ExecContext &c, const Instr &in, unsigned source,
                 unsigned bytes, unsigned lane) {
  return bytes == 8 ? c.src<uint64_t>(in, source)[lane]
                    : c.src<uint32_t>(in, source)[lane];
}

/// Sources: shared address, global address, size, optionally bytes to read and
/// a cache policy. Past the first level caches (.cg) 16 bytes are copied.
template <bool IsSmall>
void issue(ExecContext &c, const Instr &in) {
  const uint32_t *size = c.src<uint32_t>(in, 2);
  unsigned sizes = in.numSrc - in.mods.cacheHint;
  const uint32_t *sourceSize = sizes > 3 ? c.src<uint32_t>(in, 3) : nullptr;
  forLanes(c.mask, [&](unsigned lane) {
    AsyncCopy copy;
    copy.lane = lane;
    copy.instr = &in;
    copy.target = address(c, in, 0, in.addressBytes, lane) + uint64_t(in.imm);
    copy.source = address(c, in, 1, in.addressBytes2, lane) + uint64_t(in.imm2);
    copy.bytes = size[lane];
    copy.sourceBytes = sourceSize ? sourceSize[lane] : copy.bytes;
    bool isSmall = IsSmall && (copy.bytes == 4 || copy.bytes == 8);
    if ((copy.bytes != 16 && !isSmall) || copy.sourceBytes > copy.bytes)
      return c.fault(FaultKind::InvalidOperand, lane,
                     std::string("cp.async copies ") +
                         (IsSmall ? "4, 8 or 16 bytes" : "16 bytes with .cg") +
                         " and reads at most as many, not " +
                         std::to_string(copy.bytes) + " and " +
                         std::to_string(copy.sourceBytes));
    c.warp->copies.push_back(copy);
  });
}

void commit(ExecContext &c, const Instr &) {
  for (AsyncCopy &copy : c.warp->copies)
    if (c.mask >> copy.lane & 1 && !copy.committed) {
      copy.committed = true;
      copy.group = c.warp->copyGroups[copy.lane];
    }
  forLanes(c.mask, [&](unsigned lane) { ++c.warp->copyGroups[lane]; });
}

void waitGroup(ExecContext &c, const Instr &in) {
  finishCopies(c, c.mask, c.src<uint32_t>(in)[__builtin_ctz(c.mask)], false);
}
void waitAll(ExecContext &c, const Instr &) {
  finishCopies(c, c.mask, 0, true);
}
} // namespace

template <Exec exec>
static Exec only(Instr &) {
  return exec;
}
#define SPACES "shared|shared::cta global "
#define HINT "L2::cache_hint "
#define SIZES "m:shared m:global s:b32 s:b32?"
#define POLICY " s:b64"
#define PREFETCH "?L2::64B|L2::128B|L2::256B"
static constexpr InstructionClass kind = InstructionClass::Load;

static const Form forms[] = {
    {"cp", "async ca " SPACES PREFETCH, SIZES, kind, only<issue<true>>},
    {"cp", "async ca " SPACES HINT PREFETCH, SIZES POLICY, kind,
     only<issue<true>>},
    {"cp", "async cg " SPACES PREFETCH, SIZES, kind, only<issue<false>>},
    {"cp", "async cg " SPACES HINT PREFETCH, SIZES POLICY, kind,
     only<issue<false>>},
    {"cp", "async commit_group", "", kind, only<commit>},
    {"cp", "async wait_group", "s:b32", kind, only<waitGroup>},
    {"cp", "async wait_all", "", kind, only<waitAll>},
};

FormList ptxsim::asyncCopyForms() {
  return {std::begin(forms), std::end(forms)};
}
