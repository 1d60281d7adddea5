//===- MoveOps.cpp - moves, special registers and address conversion -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"
#include "HiddenOps.h"
#include "SpecialRegisters.h"

using namespace ptxsim;

namespace {
template <typename T>
struct Move {
  static void run(ExecContext &c, const Instr &in) {
    map1<T, T>(c, in, [](T a) { return a; });
  }
};
void movePredicate(ExecContext &c, const Instr &in) {
  c.setPredicate(in, 0, c.predicate(in, 0));
}
struct Wide128 {
  uint64_t low, high;
};
void move128(ExecContext &c, const Instr &in) {
  const Wide128 *a = c.src<Wide128>(in);
  Wide128 *d = c.dst<Wide128>(in);
  forLanes(c.mask, [=](unsigned l) { d[l] = a[l]; });
}

template <unsigned Bytes>
void unpack(ExecContext &c, const Instr &in) {
  const uint8_t *whole = c.src<uint8_t>(in);
  unsigned count = in.numDst;
  // The source may be one of the destinations.
  uint8_t copy[warpSize * 16];
  std::memcpy(copy, whole, warpSize * Bytes * count);
  for (unsigned i = 0; i < count; ++i) {
    uint8_t *d = c.dst<uint8_t>(in, i);
    forLanes(c.mask, [=, &copy](unsigned l) {
      std::memcpy(d + l * Bytes, copy + (l * count + i) * Bytes, Bytes);
    });
  }
}
template <unsigned Bytes>
void pack(ExecContext &c, const Instr &in) {
  unsigned count = in.numSrc;
  uint8_t *d = c.dst<uint8_t>(in);
  for (unsigned i = 0; i < count; ++i) {
    const uint8_t *s = c.src<uint8_t>(in, i);
    forLanes(c.mask, [=](unsigned l) {
      std::memcpy(d + (l * count + i) * Bytes, s + l * Bytes, Bytes);
    });
  }
}

uint64_t specialValue(const ExecContext &c, SpecialRegister which,
                      unsigned lane) {
  const LaunchState &launch = *c.launch;
  uint32_t linear = c.warp->index * warpSize + lane;
  uint32_t laneBit = uint32_t(1) << lane;
  // One cycle of the clock is one instruction of a warp, one microsecond of
  // the timer a thousand of them.
  uint64_t clock = launch.instructions;
  switch (which) {
  case SpecialRegister::TidX:
    return threadIndex(launch, linear).x;
  case SpecialRegister::TidY:
    return threadIndex(launch, linear).y;
  case SpecialRegister::TidZ:
    return threadIndex(launch, linear).z;
  case SpecialRegister::NtidX:
    return launch.blockDim.x;
  case SpecialRegister::NtidY:
    return launch.blockDim.y;
  case SpecialRegister::NtidZ:
    return launch.blockDim.z;
  case SpecialRegister::CtaidX:
    return c.block->id.x;
  case SpecialRegister::CtaidY:
    return c.block->id.y;
  case SpecialRegister::CtaidZ:
    return c.block->id.z;
  case SpecialRegister::NctaidX:
    return launch.grid.x;
  case SpecialRegister::NctaidY:
    return launch.grid.y;
  case SpecialRegister::NctaidZ:
    return launch.grid.z;
  case SpecialRegister::LaneId:
    return lane;
  case SpecialRegister::WarpId:
    return c.warp->index;
  case SpecialRegister::NWarpId:
    return 64;
  case SpecialRegister::SmId:
    return c.block->linear % launch.device->config().multiprocessors;
  case SpecialRegister::NSmId:
    return launch.device->config().multiprocessors;
  case SpecialRegister::GridId:
    return launch.launchId;
  case SpecialRegister::Clock:
    return uint32_t(clock);
  case SpecialRegister::ClockHigh:
    return clock >> 32;
  case SpecialRegister::Clock64:
  case SpecialRegister::GlobalTimer:
    return clock;
  case SpecialRegister::GlobalTimerLow:
    return uint32_t(clock);
  case SpecialRegister::GlobalTimerHigh:
    return clock >> 32;
  case SpecialRegister::LaneMaskEq:
    return laneBit;
  case SpecialRegister::LaneMaskLe:
    return laneBit | (laneBit - 1);
  case SpecialRegister::LaneMaskLt:
    return laneBit - 1;
  case SpecialRegister::LaneMaskGe:
    return ~(laneBit - 1);
  case SpecialRegister::LaneMaskGt:
    return ~(laneBit | (laneBit - 1));
  case SpecialRegister::DynamicSharedBytes:
    return launch.dynamicShared;
  case SpecialRegister::TotalSharedBytes:
    return launch.sharedBytes;
  case SpecialRegister::Zero:
    return 0;
  }
  return 0;
}

template <typename T>
void readSpecial(ExecContext &c, const Instr &in) {
  auto which = static_cast<SpecialRegister>(in.imm);
  forEachLane(c.mask, c.dst<T>(in),
              [&](unsigned l) { return T(specialValue(c, which, l)); });
}

template <typename T>
void localAddress(ExecContext &c, const Instr &in) {
  T address = T(c.frame->localBase + uint64_t(in.imm));
  forEachLane(c.mask, c.dst<T>(in), [=](unsigned) { return address; });
}

uint64_t windowOf(StateSpace space) {
  switch (space) {
  case StateSpace::Shared:
    return sharedWindow;
  case StateSpace::Local:
    return localWindow;
  case StateSpace::Param:
    return paramWindow;
  default:
    return 0; // .global and .const addresses are generic ones
  }
}

void convertAddress(ExecContext &c, const Instr &in) {
  uint64_t window = windowOf(in.mods.space);
  if (!in.mods.to)
    return map1<uint64_t, uint64_t>(c, in,
                                    [=](uint64_t a) { return a + window; });
  const uint64_t *a = c.src<uint64_t>(in);
  uint64_t *d = c.dst<uint64_t>(in);
  forLanes(c.mask, [&](unsigned l) {
    uint64_t address = a[l];
    d[l] = address - window;
    bool fits = window ? address >> 48 == window >> 48
                       : address >> 48 < sharedWindow >> 48;
    if (!fits)
      c.fault(FaultKind::InvalidOperand, l,
              std::string("the generic address is not in .") +
                  stateSpaceName(in.mods.space),
              address);
  });
}

void isInSpace(ExecContext &c, const Instr &in) {
  const uint64_t *a = c.src<uint64_t>(in);
  uint64_t window = windowOf(in.mods.space) >> 48;
  uint32_t result = 0;
  forLanes(c.mask, [&](unsigned l) {
    bool inside = a[l] >> 48 == window;
    if (window == 0) {
      AllocationInfo info;
      bool found = c.launch->memory->find(a[l], info);
      inside = a[l] >> 48 == Memory::lowest >> 48 &&
               (in.mods.space == StateSpace::Const) == (found && info.readOnly);
    }
    result |= uint32_t(inside) << l;
  });
  c.setPredicate(in, 0, result);
}
} // namespace

Exec ptxsim::readSpecialRegister(Type type) {
  return typeBytes(type) == 8 ? readSpecial<uint64_t> : readSpecial<uint32_t>;
}
Exec ptxsim::frameAddress(unsigned bytes) {
  return bytes == 8 ? localAddress<uint64_t> : localAddress<uint32_t>;
}
Exec ptxsim::unpackVector(unsigned elementBytes) {
  switch (elementBytes) {
  case 1:
    return unpack<1>;
  case 2:
    return unpack<2>;
  case 4:
    return unpack<4>;
  default:
    return unpack<8>;
  }
}
Exec ptxsim::packVector(unsigned elementBytes) {
  switch (elementBytes) {
  case 1:
    return pack<1>;
  case 2:
    return pack<2>;
  case 4:
    return pack<4>;
  default:
    return pack<8>;
  }
}

static Exec selectMove(Instr &in) {
  if (in.mods.type == Type::Pred)
    return movePredicate;
  if (typeBytes(in.mods.type) == 16)
    return move128;
  return selectBits<Move>(in.mods.type);
}
static Exec selectConvertAddress(Instr &) { return convertAddress; }
static Exec selectIsInSpace(Instr &) { return isInSpace; }

#define SPACES "const|global|local|shared|shared::cta|param|param::entry "
static constexpr InstructionClass kind = InstructionClass::Move;

static const Form forms[] = {
    {"mov",
     "pred|b16|b32|b64|b128|u16|u32|u64|s16|s32|s64|f16|f16x2|bf16|bf16x2|f32|"
     "f64",
     "d s", kind, selectMove},
    {"cvta", SPACES "u64", "d s", kind, selectConvertAddress},
    {"cvta", "to " SPACES "u64", "d s", kind, selectConvertAddress},
    {"isspacep", SPACES, "d:pred s:u64", kind, selectIsInSpace},
};

FormList ptxsim::moveForms() { return {std::begin(forms), std::end(forms)}; }
