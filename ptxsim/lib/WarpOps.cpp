//===- WarpOps.cpp - exchange between the threads of a warp -----*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"
#include "FloatBits.h"

using namespace ptxsim;

// The scheduler runs the .sync forms when all lanes of the member mask, the
// last source operand, have arrived: they are ExecContext::mask.

namespace {
void shuffle(ExecContext &c, const Instr &in) {
  const uint32_t *a = c.src<uint32_t>(in, 0), *b = c.src<uint32_t>(in, 1),
                 *control = c.src<uint32_t>(in, 2);
  uint32_t result[warpSize], inRange = 0;
  forLanes(c.mask, [&](unsigned lane) {
    int offset = int(b[lane] & 31), clampTo = int(control[lane] & 31);
    int segment = int(control[lane] >> 8 & 31), self = int(lane);
    int most = (self & segment) | (clampTo & ~segment);
    int from = self;
    bool valid = false;
    switch (in.mods.mode) {
    case Mode::Up:
      from = self - offset;
      valid = from >= most;
      break;
    case Mode::Down:
      from = self + offset;
      valid = from <= most;
      break;
    case Mode::Butterfly:
      from = self ^ offset;
      valid = from <= most;
      break;
    default:
      from = (self & segment) | (offset & ~segment);
      valid = from <= most;
    }
    if (!valid)
      from = self;
    // What a lane that takes no part gives is undefined.
    if (from < 0 || from > 31 || !(c.mask >> from & 1)) {
      c.undefined |= uint32_t(1) << lane;
      result[lane] = uint32_t(mixBits(c.launch->options->seed + lane));
    } else {
      result[lane] = a[from];
    }
    inRange |= uint32_t(valid) << lane;
  });
  uint32_t *d = c.dst<uint32_t>(in);
  forLanes(c.mask, [&](unsigned lane) { d[lane] = result[lane]; });
  c.setPredicate(in, 1, inRange);
}

uint32_t votes(const ExecContext &c, const Instr &in) {
  uint32_t p = c.predicate(in, 0);
  return (in.mods.negated ? ~p : p) & c.mask;
}
void vote(ExecContext &c, const Instr &in) {
  uint32_t yes = votes(c, in);
  bool result = in.mods.mode == Mode::All   ? yes == c.mask
                : in.mods.mode == Mode::Any ? yes != 0
                                            : yes == c.mask || yes == 0;
  c.setPredicate(in, 0, result ? ~uint32_t(0) : 0);
}
void ballot(ExecContext &c, const Instr &in) {
  uint32_t yes = votes(c, in);
  forEachLane(c.mask, c.dst<uint32_t>(in), [=](unsigned) { return yes; });
}

template <typename T>
void matchAny(ExecContext &c, const Instr &in) {
  const T *a = c.src<T>(in);
  uint32_t result[warpSize];
  forLanes(c.mask, [&](unsigned lane) {
    result[lane] = 0;
    forLanes(c.mask, [&](unsigned other) {
      result[lane] |= uint32_t(a[lane] == a[other]) << other;
    });
  });
  uint32_t *d = c.dst<uint32_t>(in);
  forLanes(c.mask, [&](unsigned lane) { d[lane] = result[lane]; });
}
template <typename T>
void matchAll(ExecContext &c, const Instr &in) {
  const T *a = c.src<T>(in);
  T first = a[__builtin_ctz(c.mask)];
  bool same = true;
  forLanes(c.mask, [&](unsigned lane) { same &= a[lane] == first; });
  uint32_t result = same ? c.mask : 0;
  forEachLane(c.mask, c.dst<uint32_t>(in), [=](unsigned) { return result; });
  c.setPredicate(in, 1, same ? ~uint32_t(0) : 0);
}

template <typename T>
T reduce(Operation operation, T a, T b) {
  switch (operation) {
  case Operation::Add:
    return T(uint32_t(a) + uint32_t(b));
  case Operation::Min:
    return a < b ? a : b;
  case Operation::Max:
    return a < b ? b : a;
  case Operation::And:
    return a & b;
  case Operation::Or:
    return a | b;
  default:
    return a ^ b;
  }
}
template <typename T>
void reduceLanes(ExecContext &c, const Instr &in) {
  const T *a = c.src<T>(in);
  unsigned first = unsigned(__builtin_ctz(c.mask));
  T result = a[first];
  forLanes(c.mask & (c.mask - 1), [&](unsigned lane) {
    result = reduce(in.mods.operation, result, a[lane]);
  });
  forEachLane(c.mask, c.dst<T>(in), [=](unsigned) { return result; });
}
void reduceFloats(ExecContext &c, const Instr &in) {
  const float *a = c.src<float>(in);
  float nan = floatOf(c.launch->nan32);
  bool isMax = in.mods.operation == Operation::Max, anyNan = false;
  bool some = false;
  float result = nan;
  forLanes(c.mask, [&](unsigned lane) {
    float x = in.mods.abs ? std::fabs(a[lane]) : a[lane];
    if (x != x) {
      anyNan = true;
      return;
    }
    bool better = isMax ? x > result : x < result;
    if (x == result)
      better =
          std::signbit(x) != std::signbit(result) && std::signbit(x) != isMax;
    if (!some || better)
      result = x;
    some = true;
  });
  if (in.mods.nan && anyNan)
    result = nan;
  forEachLane(c.mask, c.dst<float>(in), [=](unsigned) { return result; });
}

/// The leader is the lowest lane.
void elect(ExecContext &c, const Instr &in) {
  uint32_t leader = uint32_t(__builtin_ctz(c.mask));
  forEachLane(c.mask, c.dst<uint32_t>(in), [=](unsigned) { return leader; });
  c.setPredicate(in, 1, uint32_t(1) << leader);
}
void activeMask(ExecContext &c, const Instr &in) {
  uint32_t mask = c.mask;
  forEachLane(mask, c.dst<uint32_t>(in), [=](unsigned) { return mask; });
}
void synchroniseOnly(ExecContext &, const Instr &) {}
} // namespace

template <Exec exec>
static Exec only(Instr &) {
  return exec;
}
static Exec selectMatch(Instr &in) {
  bool wide = typeBytes(in.mods.type) == 8;
  if (in.mods.mode == Mode::All)
    return wide ? matchAll<uint64_t> : matchAll<uint32_t>;
  return wide ? matchAny<uint64_t> : matchAny<uint32_t>;
}
static Exec selectReduce(Instr &in) {
  return isSigned(in.mods.type) ? reduceLanes<int32_t> : reduceLanes<uint32_t>;
}

static constexpr InstructionClass kind = InstructionClass::Warp;

static const Form forms[] = {
    {"shfl", "sync up|down|bfly|idx b32", "d| s s:b32 s:b32 s:b32", kind,
     only<shuffle>, Flow::Sync},
    {"shfl", "up|down|bfly|idx b32", "d| s s:b32 s:b32", kind, only<shuffle>},
    {"vote", "sync all|any|uni pred", "d ! s:b32", kind, only<vote>,
     Flow::Sync},
    {"vote", "all|any|uni pred", "d !", kind, only<vote>},
    {"vote", "sync ballot b32", "d ! s:b32", kind, only<ballot>, Flow::Sync},
    {"vote", "ballot b32", "d !", kind, only<ballot>},
    {"match", "any sync b32|b64", "d:b32 s s:b32", kind, selectMatch,
     Flow::Sync},
    {"match", "all sync b32|b64", "d|:b32 s s:b32", kind, selectMatch,
     Flow::Sync},
    {"redux", "sync add|min|max u32|s32", "d s s:b32", kind, selectReduce,
     Flow::Sync},
    {"redux", "sync and|or|xor b32", "d s s:b32", kind, selectReduce,
     Flow::Sync},
    {"redux", "sync min|max ?abs ?NaN f32", "d s s:b32", kind,
     only<reduceFloats>, Flow::Sync},
    {"elect", "sync", "d|:b32 s:b32", kind, only<elect>, Flow::Sync},
    {"activemask", "b32", "d", kind, only<activeMask>},
    {"bar", "warp sync", "s:b32", InstructionClass::Barrier,
     only<synchroniseOnly>, Flow::Sync},
};

FormList ptxsim::warpForms() { return {std::begin(forms), std::end(forms)}; }
