//===- CarryOps.cpp - extended-precision integer arithmetic -----*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"

using namespace ptxsim;

// The condition code CC.CF is Frame::carry, one bit per lane. For subtraction
// it holds the borrow.

namespace {
template <typename T>
using Wide = std::conditional_t<sizeof(T) == 8, unsigned __int128, uint64_t>;

template <typename F>
void withCarry(ExecContext &c, const Instr &in, bool usesCarry, F &&f) {
  uint32_t carryIn = usesCarry ? c.frame->carry : 0, carryOut = 0;
  forLanes(c.mask, [&](unsigned lane) {
    carryOut |= uint32_t(f(lane, carryIn >> lane & 1)) << lane;
  });
  if (in.mods.carryOut)
    c.frame->carry = (c.frame->carry & ~c.mask) | carryOut;
}

template <typename T, bool Uses>
void add(ExecContext &c, const Instr &in) {
  const T *a = c.src<T>(in, 0), *b = c.src<T>(in, 1);
  T *d = c.dst<T>(in);
  withCarry(c, in, Uses, [=](unsigned l, unsigned carry) {
    Wide<T> sum = Wide<T>(a[l]) + b[l] + carry;
    d[l] = T(sum);
    return unsigned(sum >> (8 * sizeof(T)) & 1);
  });
}

template <typename T, bool Uses>
void sub(ExecContext &c, const Instr &in) {
  const T *a = c.src<T>(in, 0), *b = c.src<T>(in, 1);
  T *d = c.dst<T>(in);
  withCarry(c, in, Uses, [=](unsigned l, unsigned borrow) {
    Wide<T> difference = Wide<T>(a[l]) - b[l] - borrow;
    d[l] = T(difference);
    return unsigned(difference >> (8 * sizeof(T)) & 1);
  });
}

template <typename T, bool Uses>
void mad(ExecContext &c, const Instr &in) {
  using S = std::make_signed_t<T>;
  const T *a = c.src<T>(in, 0), *b = c.src<T>(in, 1), *e = c.src<T>(in, 2);
  T *d = c.dst<T>(in);
  bool isSignedType = isSigned(in.mods.type), high = in.mods.high;
  withCarry(c, in, Uses, [=](unsigned l, unsigned carry) {
    using SignedWide = std::conditional_t<sizeof(T) == 8, __int128, int64_t>;
    Wide<T> product = isSignedType ? Wide<T>(SignedWide(S(a[l])) * S(b[l]))
                                   : Wide<T>(a[l]) * b[l];
    T part = T(high ? product >> (8 * sizeof(T)) : product);
    Wide<T> sum = Wide<T>(part) + e[l] + carry;
    d[l] = T(sum);
    return unsigned(sum >> (8 * sizeof(T)) & 1);
  });
}
} // namespace

static bool is64(const Instr &in) { return typeBytes(in.mods.type) == 8; }

template <bool Uses>
static Exec selectAdd(Instr &in) {
  return is64(in) ? add<uint64_t, Uses> : add<uint32_t, Uses>;
}
template <bool Uses>
static Exec selectSub(Instr &in) {
  return is64(in) ? sub<uint64_t, Uses> : sub<uint32_t, Uses>;
}
template <bool Uses>
static Exec selectMad(Instr &in) {
  return is64(in) ? mad<uint64_t, Uses> : mad<uint32_t, Uses>;
}

#define TYPES "u32|s32|u64|s64"
static constexpr InstructionClass kind = InstructionClass::Integer;

static const Form forms[] = {
    {"add", "cc " TYPES, "d s s", kind, selectAdd<false>},
    {"addc", "?cc " TYPES, "d s s", kind, selectAdd<true>},
    {"sub", "cc " TYPES, "d s s", kind, selectSub<false>},
    {"subc", "?cc " TYPES, "d s s", kind, selectSub<true>},
    {"mad", "hi|lo cc " TYPES, "d s s s", kind, selectMad<false>},
    {"madc", "hi|lo ?cc " TYPES, "d s s s", kind, selectMad<true>},
};

FormList ptxsim::carryForms() { return {std::begin(forms), std::end(forms)}; }
