//===- ConvertOps.cpp - cvt -------------------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"
#include "FloatBits.h"
#include "Rounding.h"

using namespace ptxsim;

namespace {
bool isFloatLike(Type type) {
  return isFloat(type) || type == Type::BF16 || type == Type::TF32 ||
         type == Type::E4M3x2 || type == Type::E5M2x2;
}

uint64_t loadBits(const uint8_t *from, unsigned bytes) {
  uint64_t bits = 0;
  std::memcpy(&bits, from, bytes);
  return bits;
}

/// The low bytes of a register as a 64-bit integer of the type.
uint64_t extended(uint64_t bits, Type type) {
  unsigned shift = 64 - 8 * typeBytes(type);
  bits <<= shift;
  return isSigned(type) ? uint64_t(int64_t(bits) >> shift) : bits >> shift;
}

/// The smallest and largest value of the target, for .sat between integers.
uint64_t saturateInteger(uint64_t value, Type from, Type to) {
  return clampToInteger(fromInteger(value, isSigned(from)), to, false);
}

struct Conversion {
  const Mods &mods;
  const LaunchState &launch;
  Type to, from;

  uint64_t nan() const {
    switch (to) {
    case Type::F16:
    case Type::BF16:
      return launch.nan16;
    case Type::F64:
      return launch.nan64;
    case Type::F32:
      return launch.nan32;
    default:
      return floatFormat(to).nan << floatFormat(to).shift;
    }
  }

  static bool isSubnormal(const ExactNumber &x, const FloatFormat &format) {
    return x.kind == ExactNumber::Kind::Finite &&
           x.significand < uint64_t(1) << (format.precision - 1) &&
           x.exponent <= format.minExponent() - int(format.precision) + 1;
  }

  uint64_t fromFloat(uint64_t bits) const {
    ExactNumber x = decodeFloat(bits, floatFormat(from));
    if (mods.ftz && from == Type::F32 && isSubnormal(x, floatFormat(from)))
      x.significand = 0;
    if (!isFloatLike(to)) {
      bool wide = from == Type::F64 || typeBytes(to) == 8;
      return clampToInteger(roundToIntegral(x, mods.round), to, wide);
    }
    if (x.kind == ExactNumber::Kind::NaN)
      return mods.sat ? 0 : nan();
    if (mods.round >= Round::RNI)
      x = roundToIntegral(x, mods.round);
    if (mods.sat) {
      // Below 0 or above 1 nothing is left to round.
      if (x.sign)
        return 0;
      ExactNumber one;
      one.significand = 1;
      if (x.kind == ExactNumber::Kind::Infinite ||
          clampToInteger(roundToIntegral(x, Round::RZ), Type::U32, false))
        x = one;
    }
    if (mods.relu && x.sign)
      return 0;
    Round round = mods.round >= Round::RNI ? Round::RZ : mods.round;
    uint64_t result = encodeFloat(x, floatFormat(to), round, mods.satfinite);
    if (mods.ftz && to == Type::F32)
      result = bitsOf(flushed(floatOf(uint32_t(result))));
    return result;
  }

  uint64_t run(uint64_t bits) const {
    if (isFloatLike(from))
      return fromFloat(bits);
    bits = extended(bits, from);
    if (isFloatLike(to)) {
      uint64_t result = encodeFloat(fromInteger(bits, isSigned(from)),
                                    floatFormat(to), mods.round);
      if (mods.sat)
        return isSigned(from) && int64_t(bits) < 0 ? 0
               : bits == 0 ? 0
                           : encodeFloat(fromInteger(1, false), floatFormat(to),
                                         Round::RN);
      return result;
    }
    return mods.sat ? saturateInteger(bits, from, to) : bits;
  }
};

void convert(ExecContext &c, const Instr &in) {
  Conversion conversion{in.mods, *c.launch, in.mods.type, in.mods.type2};
  const uint8_t *source = c.src<uint8_t>(in);
  uint8_t *target = c.dst<uint8_t>(in);
  unsigned fromBytes = typeBytes(in.mods.type2);
  bool extend = in.dstBytes > typeBytes(in.mods.type);
  forLanes(c.mask, [&](unsigned lane) {
    uint64_t bits =
        conversion.run(loadBits(source + lane * in.srcBytes, fromBytes));
    if (extend)
      bits = extended(bits, in.mods.type);
    std::memcpy(target + lane * in.dstBytes, &bits, in.dstBytes);
  });
}

/// Integers of 32 and 64 bits, which address arithmetic is full of.
template <typename R, typename A>
void convertInteger(ExecContext &c, const Instr &in) {
  map1<R, A>(c, in, [](A a) { return a; });
}

/// cvt.f32.bf16 and cvt.f32.f16 are exact.
void widenBf16(ExecContext &c, const Instr &in) {
  uint32_t nan = c.launch->nan32;
  map1<uint32_t, uint16_t>(c, in, [=](uint16_t a) {
    return (a & 0x7fff) > 0x7f80 ? nan : uint32_t(a) << 16;
  });
}

/// Two f32 to a register of two f16 or bf16; the first is the upper half.
void convertPacked(ExecContext &c, const Instr &in) {
  const uint32_t *a = c.src<uint32_t>(in, 0), *b = c.src<uint32_t>(in, 1);
  Mods mods = in.mods;
  Type element = mods.type == Type::F16x2    ? Type::F16
                 : mods.type == Type::BF16x2 ? Type::BF16
                                             : mods.type;
  Conversion conversion{mods, *c.launch, element, Type::F32};
  unsigned bits = 4 * typeBytes(mods.type);
  auto both = [&](unsigned l) {
    return uint32_t(conversion.fromFloat(a[l]) << bits |
                    conversion.fromFloat(b[l]));
  };
  if (bits == 16)
    forEachLane(c.mask, c.dst<uint32_t>(in), both);
  else
    forEachLane(c.mask, c.dst<uint16_t>(in), both);
}

/// Two 8-bit floats to two f16: exact.
void widenEight(ExecContext &c, const Instr &in) {
  Mods mods = in.mods;
  Conversion conversion{mods, *c.launch, Type::F16, mods.type2};
  map1<uint32_t, uint16_t>(c, in, [&](uint16_t a) {
    return uint32_t(conversion.fromFloat(a >> 8) << 16 |
                    conversion.fromFloat(a & 0xff));
  });
}

/// Two f16 to two 8-bit floats.
void narrowEight(ExecContext &c, const Instr &in) {
  Mods mods = in.mods;
  Conversion conversion{mods, *c.launch, mods.type, Type::F16};
  map1<uint16_t, uint32_t>(c, in, [&](uint32_t a) {
    return uint16_t(conversion.fromFloat(a >> 16) << 8 |
                    conversion.fromFloat(a & 0xffff));
  });
}
} // namespace

/// Which rounding modifiers a conversion needs or allows (PTX ISA, cvt).
static bool hasRightRounding(const Mods &m) {
  bool toFloat = isFloatLike(m.type), fromFloat = isFloatLike(m.type2);
  bool integral = m.round >= Round::RNI;
  bool toNearestEtc = m.round != Round::None && !integral;
  if (!toFloat && !fromFloat)
    return m.round == Round::None;
  if (!toFloat)
    return integral;
  if (!fromFloat)
    return toNearestEtc;
  if (m.type == m.type2)
    return m.round == Round::None || integral;
  bool widens =
      floatFormat(m.type).precision >= floatFormat(m.type2).precision &&
      floatFormat(m.type).maxExponent >= floatFormat(m.type2).maxExponent;
  return widens ? m.round == Round::None : toNearestEtc;
}

static Exec selectConvert(Instr &in) {
  const Mods &m = in.mods;
  if (!hasRightRounding(m))
    return nullptr;
  if (m.ftz && m.type != Type::F32 && m.type2 != Type::F32)
    return nullptr;
  if ((m.relu || m.satfinite) && m.type2 != Type::F32)
    return nullptr;
  if (!m.sat && !isFloatLike(m.type) && !isFloatLike(m.type2)) {
    // By the widths of the registers when these are those of the types.
    unsigned to = typeBytes(m.type), from = typeBytes(m.type2);
    if (in.dstBytes == to && in.srcBytes == from) {
      bool sign = isSigned(m.type2);
      if (to == 8 && from == 4)
        return sign ? convertInteger<int64_t, int32_t>
                    : convertInteger<uint64_t, uint32_t>;
      if (to == 4 && from == 8)
        return convertInteger<uint32_t, uint64_t>;
      if (to == 4 && from == 2)
        return sign ? convertInteger<int32_t, int16_t>
                    : convertInteger<uint32_t, uint16_t>;
      if (to == 2 && from == 4)
        return convertInteger<uint16_t, uint32_t>;
    }
  }
  if (m.type == Type::F32 && m.type2 == Type::BF16 && !m.sat && !m.ftz)
    return widenBf16;
  return convert;
}
static Exec selectPacked(Instr &) { return convertPacked; }
static Exec selectWidenEight(Instr &) { return widenEight; }
static Exec selectNarrowEight(Instr &) { return narrowEight; }

#define INT "u8|u16|u32|u64|s8|s16|s32|s64"
#define ROUNDINGS "?rn|rz|rm|rp|rni|rzi|rmi|rpi "
static constexpr InstructionClass kind = InstructionClass::Convert;

static const Form forms[] = {
    {"cvt",
     ROUNDINGS "?ftz ?sat " INT "|f16|f32|f64|bf16 " INT "|f16|f32|f64|bf16",
     "D S:2", kind, selectConvert},
    {"cvt", "rn|rz relu f16|bf16 f32", "D S:2", kind, selectConvert},
    {"cvt", "rn|rz ?relu satfinite f16|bf16 f32", "D S:2", kind, selectConvert},
    {"cvt", "rn|rz ?relu ?satfinite f16x2|bf16x2 f32", "d:b32 s:f32 s:f32",
     kind, selectPacked},
    {"cvt", "rna ?satfinite tf32 f32", "D:b32 S:f32", kind, selectConvert},
    {"cvt", "rn|rz ?relu ?satfinite tf32 f32", "D:b32 S:f32", kind,
     selectConvert},
    {"cvt", "rn satfinite ?relu e4m3x2|e5m2x2 f32", "d:b16 s:f32 s:f32", kind,
     selectPacked},
    {"cvt", "rn satfinite ?relu e4m3x2|e5m2x2 f16x2", "d:b16 s:b32", kind,
     selectNarrowEight},
    {"cvt", "rn ?relu f16x2 e4m3x2|e5m2x2", "d:b32 s:b16", kind,
     selectWidenEight},
};

FormList ptxsim::convertForms() { return {std::begin(forms), std::end(forms)}; }
