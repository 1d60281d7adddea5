//===- MemoryOps.cpp - loads, stores and cache hints ------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"
#include "MemoryAccess.h"
#include <algorithm>

using namespace ptxsim;

namespace {
/// The addresses of all lanes, the first source; inactive ones get that of an
/// active one.
struct LaneAddresses {
  uint64_t of[warpSize];
  bool same; // a constant: the address of a variable or parameter

  LaneAddresses(const ExecContext &c, const Instr &in)
      : same(in.ops[in.numDst].offset & Slot::constantBit) {
    if (in.addressBytes == 8)
      add(c, c.src<uint64_t>(in), uint64_t(in.imm));
    else
      add(c, c.src<uint32_t>(in), uint64_t(in.imm));
  }

private:
  template <typename T>
  void add(const ExecContext &c, const T *base, uint64_t offset) {
    if (same) {
      std::fill_n(of, warpSize, *base + offset);
      return;
    }
    for (unsigned lane = 0; lane < warpSize; ++lane)
      of[lane] = base[lane] + offset;
    uint64_t active = of[__builtin_ctz(c.mask)];
    forLanes(~c.mask, [&](unsigned lane) { of[lane] = active; });
  }
};

/// Elements of E bytes into registers of the same size.
template <unsigned E>
void loadExact(ExecContext &c, const Instr &in) {
  unsigned count = in.mods.vector;
  MemoryAccess access(c, in, in.mods.space, E * count, MemoryAccess::Use::Load);
  LaneAddresses lanes(c, in);
  bool prepared = access.prepare(lanes.of, lanes.same);
  if (prepared && !access.readAll())
    return;
  if (prepared && count == 1 && access.isContiguous()) {
    std::memcpy(c.dst<uint8_t>(in), access.at(0), warpSize * E);
    return;
  }
  uint8_t *target[8];
  for (unsigned i = 0; i < count; ++i)
    target[i] = c.dst<uint8_t>(in, i);
  if (prepared && access.isUniform() && c.mask == ~uint32_t(0)) {
    for (unsigned i = 0; i < count; ++i)
      for (unsigned lane = 0; lane < warpSize; ++lane)
        std::memcpy(target[i] + lane * E, access.at(0) + i * E, E);
    return;
  }
  for (uint32_t left = c.mask; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    const uint8_t *from =
        prepared ? access.at(lane) : access.load(lane, lanes.of[lane]);
    if (!from)
      return;
    for (unsigned i = 0; i < count; ++i)
      std::memcpy(target[i] + lane * E, from + i * E, E);
  }
}

/// Elements that are extended to wider registers.
void loadExtended(ExecContext &c, const Instr &in) {
  unsigned count = in.mods.vector, bytes = typeBytes(in.mods.type);
  unsigned shift = 64 - 8 * bytes;
  bool sign = isSigned(in.mods.type);
  MemoryAccess access(c, in, in.mods.space, bytes * count,
                      MemoryAccess::Use::Load);
  LaneAddresses lanes(c, in);
  bool prepared = access.prepare(lanes.of, lanes.same);
  if (prepared && !access.readAll())
    return;
  for (uint32_t left = c.mask; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    const uint8_t *from =
        prepared ? access.at(lane) : access.load(lane, lanes.of[lane]);
    if (!from)
      return;
    for (unsigned i = 0; i < count; ++i) {
      uint64_t bits = 0;
      std::memcpy(&bits, from + i * bytes, bytes);
      bits <<= shift;
      bits = sign ? uint64_t(int64_t(bits) >> shift) : bits >> shift;
      std::memcpy(c.dst<uint8_t>(in, i) + lane * in.dstBytes, &bits,
                  std::min<unsigned>(in.dstBytes, 8));
    }
  }
}

/// Elements of E bytes from registers of `stride` bytes.
template <unsigned E>
void store(ExecContext &c, const Instr &in) {
  unsigned count = in.mods.vector, bytes = E;
  unsigned stride = in.srcBytes;
  MemoryAccess access(c, in, in.mods.space, bytes * count,
                      MemoryAccess::Use::Store);
  const uint8_t *source[8];
  for (unsigned i = 0; i < count; ++i)
    source[i] = c.src<uint8_t>(in, 1 + i);
  auto fetch = [&](unsigned lane, uint8_t *data) {
    for (unsigned i = 0; i < count; ++i)
      std::memcpy(data + i * E, source[i] + lane * stride, E);
  };
  LaneAddresses lanes(c, in);
  if (access.prepare(lanes.of, lanes.same)) {
    access.writeAll(fetch);
    return;
  }
  uint8_t data[64];
  for (uint32_t left = c.mask; left; left &= left - 1) {
    unsigned lane = unsigned(__builtin_ctz(left));
    fetch(lane, data);
    if (!access.store(lane, lanes.of[lane], data))
      return;
  }
}

void hint(ExecContext &, const Instr &) {}

/// createpolicy gives a handle that only cache hints use.
void createPolicy(ExecContext &c, const Instr &in) {
  forEachLane(c.mask, c.dst<uint64_t>(in), [](unsigned) { return 0; });
}
} // namespace

static bool fits(const Instr &in) {
  // Vectors of at most 32 bytes; more than 16 in .global only.
  unsigned bytes = typeBytes(in.mods.type) * in.mods.vector;
  return bytes <= (in.mods.space == StateSpace::Global ? 32 : 16);
}
static Exec selectLoad(Instr &in) {
  if (!fits(in))
    return nullptr;
  unsigned bytes = typeBytes(in.mods.type);
  if (in.dstBytes != bytes)
    return loadExtended;
  switch (bytes) {
  case 1:
    return loadExact<1>;
  case 2:
    return loadExact<2>;
  case 4:
    return loadExact<4>;
  case 8:
    return loadExact<8>;
  default:
    return loadExact<16>;
  }
}
static Exec selectStore(Instr &in) {
  if (!fits(in))
    return nullptr;
  switch (typeBytes(in.mods.type)) {
  case 1:
    return store<1>;
  case 2:
    return store<2>;
  case 4:
    return store<4>;
  case 8:
    return store<8>;
  default:
    return store<16>;
  }
}
static Exec selectHint(Instr &) { return hint; }
static Exec selectPolicy(Instr &) { return createPolicy; }

#define TYPES "b8|b16|b32|b64|b128|u8|u16|u32|u64|s8|s16|s32|s64|f32|f64"
#define SPACES                                                                 \
  "?global|shared|shared::cta|local|const|param|param::entry|param::func "
#define STORE_SPACES "?global|shared|shared::cta|local|param|param::func "
#define STRONG_SPACES "?global|shared|shared::cta|local "
#define EVICT                                                                  \
  "?L1::evict_normal|L1::evict_unchanged|L1::evict_first|L1::evict_last|"      \
  "L1::no_allocate ?L2::evict_normal|L2::evict_first|L2::evict_last "          \
  "?L2::cache_hint "
#define PREFETCH "?L2::64B|L2::128B|L2::256B "
#define VECTOR "?v2|v4|v8 "
#define SCOPES "cta|cluster|gpu|sys "
static constexpr InstructionClass load = InstructionClass::Load;
static constexpr InstructionClass save = InstructionClass::Store;

static const Form forms[] = {
    {"ld", "?weak " SPACES "?ca|cg|cs|lu|cv " EVICT PREFETCH VECTOR TYPES,
     "Dv m s:b64?", load, selectLoad},
    {"ld", "volatile " SPACES PREFETCH VECTOR TYPES, "Dv m", load, selectLoad},
    {"ld", "relaxed|acquire " SCOPES STRONG_SPACES EVICT PREFETCH VECTOR TYPES,
     "Dv m s:b64?", load, selectLoad},
    {"ld", "?weak global ?ca|cg|cs nc " EVICT PREFETCH VECTOR TYPES,
     "Dv m s:b64?", load, selectLoad},
    {"ldu", "?global " VECTOR TYPES, "Dv m", load, selectLoad},
    {"st", "?weak " STORE_SPACES "?wb|cg|cs|wt " EVICT VECTOR TYPES,
     "m Sv s:b64?", save, selectStore},
    {"st", "volatile " STORE_SPACES VECTOR TYPES, "m Sv", save, selectStore},
    {"st", "relaxed|release " SCOPES STRONG_SPACES EVICT VECTOR TYPES,
     "m Sv s:b64?", save, selectStore},
    {"prefetch", "?global|local|const|param L1|L2", "m", load, selectHint},
    {"prefetch", "global L2::evict_last|L2::evict_normal", "m", load,
     selectHint},
    {"prefetchu", "L1", "m", load, selectHint},
    {"applypriority", "?global L2::evict_normal", "m s:b32", load, selectHint},
    {"discard", "?global L2", "m s:b32", save, selectHint},
    {"createpolicy",
     "fractional L2::evict_last|L2::evict_normal|L2::evict_first|"
     "L2::evict_unchanged ?L2::evict_first|L2::evict_unchanged b64",
     "d s:f32?", InstructionClass::Move, selectPolicy},
};

FormList ptxsim::memoryForms() { return {std::begin(forms), std::end(forms)}; }
