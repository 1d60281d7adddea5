//===- CompareOps.cpp - comparison and selection ----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"
#include "FloatBits.h"

using namespace ptxsim;

namespace {
template <typename T>
bool compareIntegers(Compare how, T a, T b) {
  using U = std::make_unsigned_t<T>;
  switch (how) {
  case Compare::Eq:
    return a == b;
  case Compare::Ne:
    return a != b;
  case Compare::Lt:
    return a < b;
  case Compare::Le:
    return a <= b;
  case Compare::Gt:
    return a > b;
  case Compare::Ge:
    return a >= b;
  case Compare::Lo:
    return U(a) < U(b);
  case Compare::Ls:
    return U(a) <= U(b);
  case Compare::Hi:
    return U(a) > U(b);
  default:
    return U(a) >= U(b);
  }
}

template <typename T>
bool compareFloats(Compare how, T a, T b) {
  bool unordered = a != a || b != b;
  switch (how) {
  case Compare::Eq:
    return a == b;
  case Compare::Ne:
    return !unordered && a != b;
  case Compare::Lt:
    return a < b;
  case Compare::Le:
    return a <= b;
  case Compare::Gt:
    return a > b;
  case Compare::Ge:
    return a >= b;
  case Compare::Equ:
    return unordered || a == b;
  case Compare::Neu:
    return a != b;
  case Compare::Ltu:
    return unordered || a < b;
  case Compare::Leu:
    return unordered || a <= b;
  case Compare::Gtu:
    return unordered || a > b;
  case Compare::Geu:
    return unordered || a >= b;
  case Compare::Num:
    return !unordered;
  default:
    return unordered;
  }
}

template <typename T>
uint32_t integerMask(const ExecContext &c, const Instr &in) {
  const T *a = c.src<T>(in, 0), *b = c.src<T>(in, 1);
  uint32_t result = 0;
  Compare how = in.mods.compare;
  for (unsigned l = 0; l < warpSize; ++l)
    result |= uint32_t(compareIntegers(how, a[l], b[l])) << l;
  return result;
}

template <typename T>
uint32_t floatMask(const ExecContext &c, const Instr &in) {
  const T *a = c.src<T>(in, 0), *b = c.src<T>(in, 1);
  uint32_t result = 0;
  Compare how = in.mods.compare;
  bool ftz = in.mods.ftz;
  for (unsigned l = 0; l < warpSize; ++l)
    result |= uint32_t(ftz ? compareFloats(how, flushed(a[l]), flushed(b[l]))
                           : compareFloats(how, a[l], b[l]))
              << l;
  return result;
}

/// One half of the operands, both widened to f32.
float widenHalf(uint16_t bits, bool isBf16, bool ftz) {
  if (isBf16)
    return floatOf(uint32_t(bits) << 16);
  uint32_t sign = uint32_t(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
  if (magnitude >= 0x7c00)
    return floatOf(sign | 0x7f800000 | magnitude << 13);
  if (ftz && magnitude < 0x400)
    magnitude = 0;
  return floatOf(sign | bitsOf(floatOf(magnitude << 13) * 0x1p112f));
}

uint32_t halfMask(const ExecContext &c, const Instr &in, unsigned half) {
  unsigned stride = typeBytes(in.mods.type) / 2;
  const uint16_t *a = c.src<uint16_t>(in, 0), *b = c.src<uint16_t>(in, 1);
  bool isBf16 = in.mods.type == Type::BF16 || in.mods.type == Type::BF16x2;
  uint32_t result = 0;
  forLanes(c.mask, [&](unsigned l) {
    result |= uint32_t(compareFloats(
                  in.mods.compare,
                  widenHalf(a[l * stride + half], isBf16, in.mods.ftz),
                  widenHalf(b[l * stride + half], isBf16, in.mods.ftz)))
              << l;
  });
  return result;
}

uint32_t combine(Operation how, uint32_t a, uint32_t b) {
  return how == Operation::And ? a & b : how == Operation::Or ? a | b : a ^ b;
}

using MaskOf = uint32_t (*)(const ExecContext &, const Instr &);

/// setp: p = t op c, q = !t op c.
void writePredicates(ExecContext &c, const Instr &in, uint32_t t, uint32_t q) {
  if (in.mods.operation != Operation::None) {
    uint32_t other = c.predicate(in, 2);
    if (in.mods.negated)
      other = ~other;
    t = combine(in.mods.operation, t, other);
    q = combine(in.mods.operation, q, other);
  }
  c.setPredicate(in, 0, t);
  c.setPredicate(in, 1, q);
}

template <MaskOf maskOf>
void setp(ExecContext &c, const Instr &in) {
  uint32_t t = maskOf(c, in);
  writePredicates(c, in, t, ~t);
}
void setpHalf(ExecContext &c, const Instr &in) {
  uint32_t t = halfMask(c, in, 0);
  // Packed: the second predicate belongs to the upper half.
  writePredicates(c, in, t,
                  typeBytes(in.mods.type) == 4 ? halfMask(c, in, 1) : ~t);
}

/// set: all ones or 1.0 where true.
template <MaskOf maskOf>
void set(ExecContext &c, const Instr &in) {
  // The types are those of the result and of the operands.
  Instr compare = in;
  compare.mods.type = in.mods.type2;
  uint32_t t = maskOf(c, compare);
  if (in.mods.operation != Operation::None) {
    uint32_t other = c.predicate(in, 2);
    t = combine(in.mods.operation, t, in.mods.negated ? ~other : other);
  }
  uint32_t yes = in.mods.type == Type::F32 ? 0x3f800000 : 0xffffffff;
  forEachLane(c.mask, c.dst<uint32_t>(in),
              [=](unsigned l) { return t >> l & 1 ? yes : 0; });
}

/// set with halves: per half where the operands are packed.
void setHalf(ExecContext &c, const Instr &in) {
  Instr compare = in;
  compare.mods.type = in.mods.type2;
  bool packed = typeBytes(in.mods.type2) == 4;
  uint32_t t[2] = {halfMask(c, compare, 0),
                   packed ? halfMask(c, compare, 1) : 0};
  if (in.mods.operation != Operation::None) {
    uint32_t other = c.predicate(in, 2);
    for (uint32_t &mask : t)
      mask = combine(in.mods.operation, mask, in.mods.negated ? ~other : other);
  }
  uint32_t yes = 0xffffffff;
  if (in.mods.type == Type::F16 || in.mods.type == Type::F16x2)
    yes = 0x3c003c00;
  else if (in.mods.type == Type::BF16 || in.mods.type == Type::BF16x2)
    yes = 0x3f803f80;
  else if (in.mods.type == Type::F32)
    yes = 0x3f800000;
  if (packed)
    return forEachLane(c.mask, c.dst<uint32_t>(in), [=, &t](unsigned l) {
      return (t[0] >> l & 1 ? yes & 0xffff : 0) |
             (t[1] >> l & 1 ? yes & 0xffff0000 : 0);
    });
  if (typeBytes(in.mods.type) == 2)
    return forEachLane(c.mask, c.dst<uint16_t>(in), [=, &t](unsigned l) {
      return uint16_t(t[0] >> l & 1 ? yes : 0);
    });
  forEachLane(c.mask, c.dst<uint32_t>(in),
              [=, &t](unsigned l) { return t[0] >> l & 1 ? yes : 0; });
}

template <typename T>
struct Selp {
  static void run(ExecContext &c, const Instr &in) {
    const T *a = c.src<T>(in, 0), *b = c.src<T>(in, 1);
    uint32_t p = c.predicate(in, 2);
    forEachLane(c.mask, c.dst<T>(in),
                [=](unsigned l) { return p >> l & 1 ? a[l] : b[l]; });
  }
};

template <typename T>
struct Slct {
  static void run(ExecContext &c, const Instr &in) {
    if (in.mods.type2 == Type::S32)
      return map3<T, T, T, int32_t>(
          c, in, [](T a, T b, int32_t e) { return e >= 0 ? a : b; });
    bool ftz = in.mods.ftz;
    map3<T, T, T, float>(c, in, [=](T a, T b, float e) {
      return (ftz ? flushed(e) : e) >= 0 ? a : b;
    });
  }
};
} // namespace

static MaskOf maskFor(Type type) {
  switch (type) {
  case Type::B16:
  case Type::U16:
    return integerMask<uint16_t>;
  case Type::S16:
    return integerMask<int16_t>;
  case Type::B32:
  case Type::U32:
    return integerMask<uint32_t>;
  case Type::S32:
    return integerMask<int32_t>;
  case Type::B64:
  case Type::U64:
    return integerMask<uint64_t>;
  case Type::S64:
    return integerMask<int64_t>;
  case Type::F32:
    return floatMask<float>;
  default:
    return floatMask<double>;
  }
}

template <MaskOf maskOf, bool IsSet>
static constexpr Exec execFor = IsSet ? set<maskOf> : setp<maskOf>;

template <bool IsSet>
static Exec select(Instr &in) {
  MaskOf maskOf = maskFor(IsSet ? in.mods.type2 : in.mods.type);
  // Executors are plain functions: one per mask function.
  if (maskOf == integerMask<uint16_t>)
    return execFor<integerMask<uint16_t>, IsSet>;
  if (maskOf == integerMask<int16_t>)
    return execFor<integerMask<int16_t>, IsSet>;
  if (maskOf == integerMask<uint32_t>)
    return execFor<integerMask<uint32_t>, IsSet>;
  if (maskOf == integerMask<int32_t>)
    return execFor<integerMask<int32_t>, IsSet>;
  if (maskOf == integerMask<uint64_t>)
    return execFor<integerMask<uint64_t>, IsSet>;
  if (maskOf == integerMask<int64_t>)
    return execFor<integerMask<int64_t>, IsSet>;
  if (maskOf == floatMask<float>)
    return execFor<floatMask<float>, IsSet>;
  return execFor<floatMask<double>, IsSet>;
}
static Exec selectHalf(Instr &) { return setpHalf; }
static Exec selectSetHalf(Instr &) { return setHalf; }
static Exec selectSelp(Instr &in) { return selectBits<Selp>(in.mods.type); }
static Exec selectSlct(Instr &in) { return selectBits<Slct>(in.mods.type); }

#define ORDERED "eq|ne|lt|le|gt|ge"
#define UNSIGNED_ORDER "eq|ne|lt|le|gt|ge|lo|ls|hi|hs"
#define FLOAT_ORDER "eq|ne|lt|le|gt|ge|equ|neu|ltu|leu|gtu|geu|num|nan"
#define BOOLEAN " and|or|xor "
#define ANY "b16|b32|b64|u16|u32|u64|s16|s32|s64|f32|f64"
static constexpr InstructionClass kind = InstructionClass::Compare;

static const Form forms[] = {
    {"setp", "eq|ne b16|b32|b64", "d|:pred s s", kind, select<false>},
    {"setp", ORDERED " s16|s32|s64", "d|:pred s s", kind, select<false>},
    {"setp", UNSIGNED_ORDER " u16|u32|u64", "d|:pred s s", kind, select<false>},
    {"setp", FLOAT_ORDER " ?ftz f32|f64", "d|:pred s s", kind, select<false>},
    {"setp", FLOAT_ORDER " ?ftz f16|f16x2", "d|:pred s s", kind, selectHalf},
    {"setp", FLOAT_ORDER " bf16|bf16x2", "d|:pred s s", kind, selectHalf},
    {"setp", "eq|ne" BOOLEAN "b16|b32|b64", "d|:pred s s !", kind,
     select<false>},
    {"setp", ORDERED BOOLEAN "s16|s32|s64", "d|:pred s s !", kind,
     select<false>},
    {"setp", UNSIGNED_ORDER BOOLEAN "u16|u32|u64", "d|:pred s s !", kind,
     select<false>},
    {"setp", FLOAT_ORDER BOOLEAN "?ftz f32|f64", "d|:pred s s !", kind,
     select<false>},
    {"setp", FLOAT_ORDER BOOLEAN "?ftz f16|f16x2", "d|:pred s s !", kind,
     selectHalf},
    {"setp", FLOAT_ORDER BOOLEAN "bf16|bf16x2", "d|:pred s s !", kind,
     selectHalf},
    {"set", "eq|ne u32|s32|f32 b16|b32|b64", "d s:2 s:2", kind, select<true>},
    {"set", ORDERED " u32|s32|f32 s16|s32|s64", "d s:2 s:2", kind,
     select<true>},
    {"set", UNSIGNED_ORDER " u32|s32|f32 u16|u32|u64", "d s:2 s:2", kind,
     select<true>},
    {"set", FLOAT_ORDER " ?ftz u32|s32|f32 f32|f64", "d s:2 s:2", kind,
     select<true>},
    {"set", "eq|ne" BOOLEAN "u32|s32|f32 b16|b32|b64", "d s:2 s:2 !", kind,
     select<true>},
    {"set", ORDERED BOOLEAN "u32|s32|f32 s16|s32|s64", "d s:2 s:2 !", kind,
     select<true>},
    {"set", UNSIGNED_ORDER BOOLEAN "u32|s32|f32 u16|u32|u64", "d s:2 s:2 !",
     kind, select<true>},
    {"set", FLOAT_ORDER BOOLEAN "?ftz u32|s32|f32 f32|f64", "d s:2 s:2 !", kind,
     select<true>},
    {"set", FLOAT_ORDER " ?ftz u16|s16|u32|s32|f16|f32 f16", "d s:2 s:2", kind,
     selectSetHalf},
    {"set", FLOAT_ORDER " u16|s16|u32|s32|bf16|f32 bf16", "d s:2 s:2", kind,
     selectSetHalf},
    {"set", FLOAT_ORDER " ?ftz u32|s32|f16x2 f16x2", "d s:2 s:2", kind,
     selectSetHalf},
    {"set", FLOAT_ORDER " u32|s32|bf16x2 bf16x2", "d s:2 s:2", kind,
     selectSetHalf},
    {"set", FLOAT_ORDER BOOLEAN "?ftz u16|s16|u32|s32|f16|f32 f16",
     "d s:2 s:2 !", kind, selectSetHalf},
    {"set", FLOAT_ORDER BOOLEAN "u16|s16|u32|s32|bf16|f32 bf16", "d s:2 s:2 !",
     kind, selectSetHalf},
    {"set", FLOAT_ORDER BOOLEAN "?ftz u32|s32|f16x2 f16x2", "d s:2 s:2 !", kind,
     selectSetHalf},
    {"set", FLOAT_ORDER BOOLEAN "u32|s32|bf16x2 bf16x2", "d s:2 s:2 !", kind,
     selectSetHalf},
    {"selp", ANY, "d s s s:pred", kind, selectSelp},
    {"slct", ANY " s32", "d s s s:s32", kind, selectSlct},
    {"slct", "?ftz " ANY " f32", "d s s s:f32", kind, selectSlct},
};

FormList ptxsim::compareForms() { return {std::begin(forms), std::end(forms)}; }
