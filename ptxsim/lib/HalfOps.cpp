//===- HalfOps.cpp - f16 and bf16 arithmetic, single and packed -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HalfOps.h"
#include "Exec.h"
#include "FloatBits.h"
#include "Rounding.h"

using namespace ptxsim;

// Operands are widened to f64, where products are exact and sums are rounded
// to odd, so that the one rounding to the half format is the right one.

namespace {
enum class HalfOp : uint8_t { Add, Sub, Mul, Fma, Min, Max, Neg, Abs };

double widen(uint16_t bits, bool isBf16) {
  if (isBf16)
    return floatOf(uint32_t(bits) << 16);
  uint64_t sign = uint64_t(bits & 0x8000) << 48;
  uint64_t magnitude = bits & 0x7fff;
  if (magnitude >= 0x7c00)
    return doubleOf(sign | uint64_t(0x7ff) << 52 | magnitude << 42);
  double value = doubleOf(magnitude << 42) * 0x1p1008; // rebias, also of 0
  return doubleOf(sign | bitsOf(value));
}

struct HalfArithmetic {
  Mods mods;
  bool isBf16, ftz;
  uint16_t nan;
  bool zerosAreOrdered;
  const FloatFormat &format;

  HalfArithmetic(const LaunchState &launch, const Mods &mods)
      : mods(mods),
        isBf16(mods.type == Type::BF16 || mods.type == Type::BF16x2),
        ftz(mods.ftz), nan(launch.nan16),
        zerosAreOrdered(launch.negativeZeroIsLess),
        format(floatFormat(mods.type)) {}

  bool isNan(uint16_t x) const {
    return (x & 0x7fff) > (isBf16 ? 0x7f80 : 0x7c00);
  }
  uint16_t flush(uint16_t x) const {
    return ftz && (x & (isBf16 ? 0x7f80 : 0x7c00)) == 0 ? x & 0x8000 : x;
  }
  uint16_t narrow(double x) const {
    if (x != x)
      return mods.sat ? 0 : nan;
    if (mods.relu && std::signbit(x))
      return 0;
    if (mods.sat)
      x = saturatedToOne(x);
    ExactNumber number = decodeFloat(bitsOf(x), floatFormat(Type::F64));
    return flush(uint16_t(encodeFloat(number, format, Round::RN)));
  }
  uint16_t minMax(uint16_t a, uint16_t b, bool isMax) const {
    a = flush(a), b = flush(b);
    uint16_t sign = 0;
    if (mods.xorsign) {
      sign = (a ^ b) & 0x8000;
      a &= 0x7fff, b &= 0x7fff;
    }
    if (isNan(a) || isNan(b)) {
      if (mods.nan || (isNan(a) && isNan(b)))
        return nan;
      return (isNan(a) ? b : a) | sign;
    }
    double x = widen(a, isBf16), y = widen(b, isBf16);
    if (x == y && zerosAreOrdered)
      return (std::signbit(x) != isMax ? a : b) | sign;
    return ((isMax ? x > y : x < y) ? a : b) | sign;
  }

  template <HalfOp Op>
  uint16_t run(uint16_t a, uint16_t b, uint16_t e) const {
    if constexpr (Op == HalfOp::Min || Op == HalfOp::Max)
      return minMax(a, b, Op == HalfOp::Max);
    a = flush(a);
    if constexpr (Op == HalfOp::Neg)
      return a ^ 0x8000;
    if constexpr (Op == HalfOp::Abs)
      return a & 0x7fff;
    double x = widen(a, isBf16), y = widen(flush(b), isBf16);
    switch (Op) {
    case HalfOp::Add:
      return narrow(addToOdd(x, y));
    case HalfOp::Sub:
      return narrow(addToOdd(x, -y));
    case HalfOp::Mul:
      return narrow(x * y);
    default:
      return narrow(addToOdd(x * y, widen(flush(e), isBf16)));
    }
  }
};

template <HalfOp Op>
void single(ExecContext &c, const Instr &in) {
  HalfArithmetic half(*c.launch, in.mods);
  const uint16_t *s[3] = {};
  for (unsigned i = 0; i < 3; ++i)
    s[i] = c.src<uint16_t>(in, i < in.numSrc ? i : 0);
  forEachLane(c.mask, c.dst<uint16_t>(in), [&](unsigned l) {
    return half.run<Op>(s[0][l], s[1][l], s[2][l]);
  });
}

template <HalfOp Op>
void packed(ExecContext &c, const Instr &in) {
  HalfArithmetic half(*c.launch, in.mods);
  const uint32_t *s[3] = {};
  for (unsigned i = 0; i < 3; ++i)
    s[i] = c.src<uint32_t>(in, i < in.numSrc ? i : 0);
  forEachLane(c.mask, c.dst<uint32_t>(in), [&](unsigned l) {
    uint16_t low = half.run<Op>(s[0][l], s[1][l], s[2][l]);
    uint16_t high = half.run<Op>(s[0][l] >> 16, s[1][l] >> 16, s[2][l] >> 16);
    return low | uint32_t(high) << 16;
  });
}
} // namespace

uint32_t ptxsim::addHalves(const LaunchState &launch, Type type, uint32_t a,
                           uint32_t b) {
  Mods mods;
  mods.type = type;
  HalfArithmetic half(launch, mods);
  uint32_t low = half.run<HalfOp::Add>(a, b, 0);
  if (typeBytes(type) == 2)
    return low;
  return low | uint32_t(half.run<HalfOp::Add>(a >> 16, b >> 16, 0)) << 16;
}

template <HalfOp Op>
static Exec select(Instr &in) {
  return typeBytes(in.mods.type) == 2 ? single<Op> : packed<Op>;
}

#define HALVES "f16|f16x2"
#define BRAIN "bf16|bf16x2"
static constexpr InstructionClass kind = InstructionClass::Half;

static const Form forms[] = {
    {"add", "?rn ?ftz ?sat " HALVES, "d s s", kind, select<HalfOp::Add>},
    {"add", "?rn " BRAIN, "d s s", kind, select<HalfOp::Add>},
    {"sub", "?rn ?ftz ?sat " HALVES, "d s s", kind, select<HalfOp::Sub>},
    {"sub", "?rn " BRAIN, "d s s", kind, select<HalfOp::Sub>},
    {"mul", "?rn ?ftz ?sat " HALVES, "d s s", kind, select<HalfOp::Mul>},
    {"mul", "?rn " BRAIN, "d s s", kind, select<HalfOp::Mul>},
    {"fma", "rn ?ftz ?sat " HALVES, "d s s s", kind, select<HalfOp::Fma>},
    {"fma", "rn ?ftz relu " HALVES, "d s s s", kind, select<HalfOp::Fma>},
    {"fma", "rn ?relu " BRAIN, "d s s s", kind, select<HalfOp::Fma>},
    {"min", "?ftz ?NaN " HALVES, "d s s", kind, select<HalfOp::Min>},
    {"min", "?ftz ?NaN xorsign abs " HALVES, "d s s", kind,
     select<HalfOp::Min>},
    {"min", "?NaN " BRAIN, "d s s", kind, select<HalfOp::Min>},
    {"min", "?NaN xorsign abs " BRAIN, "d s s", kind, select<HalfOp::Min>},
    {"max", "?ftz ?NaN " HALVES, "d s s", kind, select<HalfOp::Max>},
    {"max", "?ftz ?NaN xorsign abs " HALVES, "d s s", kind,
     select<HalfOp::Max>},
    {"max", "?NaN " BRAIN, "d s s", kind, select<HalfOp::Max>},
    {"max", "?NaN xorsign abs " BRAIN, "d s s", kind, select<HalfOp::Max>},
    {"neg", "?ftz " HALVES, "d s", kind, select<HalfOp::Neg>},
    {"neg", BRAIN, "d s", kind, select<HalfOp::Neg>},
    {"abs", "?ftz " HALVES, "d s", kind, select<HalfOp::Abs>},
    {"abs", BRAIN, "d s", kind, select<HalfOp::Abs>},
};

FormList ptxsim::halfForms() { return {std::begin(forms), std::end(forms)}; }
