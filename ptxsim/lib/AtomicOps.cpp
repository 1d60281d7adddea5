//===- AtomicOps.cpp - atom and red -----------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"
#include "FloatBits.h"
#include "HalfOps.h"
#include "MemoryAccess.h"

using namespace ptxsim;

namespace {
template <typename T>
T integerResult(Operation operation, T old, T b, T e) {
  switch (operation) {
  case Operation::Add:
    return T(std::make_unsigned_t<T>(old) + std::make_unsigned_t<T>(b));
  case Operation::Min:
    return old < b ? old : b;
  case Operation::Max:
    return old < b ? b : old;
  case Operation::And:
    return old & b;
  case Operation::Or:
    return old | b;
  case Operation::Xor:
    return old ^ b;
  case Operation::Exch:
    return b;
  case Operation::Cas:
    return old == b ? e : old;
  case Operation::Inc:
    return old >= b ? T(0) : T(old + 1);
  default: // Dec
    return old == 0 || old > b ? b : T(old - 1);
  }
}

/// Global f32 atomics flush subnormals, shared ones do not (PTX ISA, atom).
float addFloats(const LaunchState &launch, float a, float b, bool flush) {
  float sum = flush ? flushed(flushed(a) + flushed(b)) : a + b;
  return sum == sum ? sum : floatOf(launch.nan32);
}
double addFloats(const LaunchState &launch, double a, double b, bool) {
  double sum = a + b;
  return sum == sum ? sum : doubleOf(launch.nan64);
}

enum class Arithmetic : uint8_t { Integer, Float, Half };

/// Lanes in seeded order: PTX leaves it open.
template <typename F>
void inSomeOrder(ExecContext &c, F &&f) {
  unsigned start =
      c.launch->options->seed ? c.launch->random.below(warpSize) : 0;
  uint32_t low = start ? c.mask & ~(~uint32_t(0) << start) : 0;
  bool alive = true;
  for (uint32_t part : {c.mask & ~low, low})
    forLanes(part, [&](unsigned lane) { alive = alive && f(lane); });
}

template <typename T, Arithmetic Kind>
void atomic(ExecContext &c, const Instr &in) {
  MemoryAccess access(c, in, in.mods.space, sizeof(T),
                      MemoryAccess::Use::Atomic);
  const T *b = c.src<T>(in, 1);
  const T *e = c.src<T>(in, in.numSrc > 2 ? 2 : 1);
  T *d = in.numDst ? c.dst<T>(in) : nullptr;
  inSomeOrder(c, [&](unsigned lane) {
    uint64_t base = in.addressBytes == 8 ? c.src<uint64_t>(in)[lane]
                                         : c.src<uint32_t>(in)[lane];
    uint8_t *place = access.atomic(lane, base + uint64_t(in.imm));
    if (!place)
      return !c.launch->fault;
    T old, next;
    std::memcpy(&old, place, sizeof(T));
    if constexpr (Kind == Arithmetic::Float)
      next = addFloats(*c.launch, old, b[lane],
                       access.lastSpace() == StateSpace::Global);
    else if constexpr (Kind == Arithmetic::Half)
      next = T(addHalves(*c.launch, in.mods.type, old, b[lane]));
    else
      next = integerResult<T>(in.mods.operation, old, b[lane], e[lane]);
    std::memcpy(place, &next, sizeof(T));
    if (d)
      d[lane] = old;
    return true;
  });
}
} // namespace

static Exec selectAtomic(Instr &in) {
  switch (in.mods.type) {
  case Type::F32:
    return atomic<float, Arithmetic::Float>;
  case Type::F64:
    return atomic<double, Arithmetic::Float>;
  case Type::F16:
  case Type::BF16:
    return atomic<uint16_t, Arithmetic::Half>;
  case Type::F16x2:
  case Type::BF16x2:
    return atomic<uint32_t, Arithmetic::Half>;
  case Type::S32:
    return atomic<int32_t, Arithmetic::Integer>;
  case Type::S64:
    return atomic<int64_t, Arithmetic::Integer>;
  case Type::B16:
    return atomic<uint16_t, Arithmetic::Integer>;
  case Type::B64:
  case Type::U64:
    return atomic<uint64_t, Arithmetic::Integer>;
  default:
    return atomic<uint32_t, Arithmetic::Integer>;
  }
}

#define SCOPES "cta|cluster|gpu|sys "
#define SPACES "?global|shared|shared::cta "
#define HINT "?L2::cache_hint "
static constexpr InstructionClass kind = InstructionClass::Atomic;

// The scope may come before or after the space.
#define FORMS(OPCODE, ORDERS, OPERATIONS, OPERANDS)                            \
  {OPCODE, ORDERS "?" SCOPES SPACES OPERATIONS, OPERANDS, kind, selectAtomic}, \
  {                                                                            \
    OPCODE, ORDERS SPACES SCOPES OPERATIONS, OPERANDS, kind, selectAtomic      \
  }
#define ATOM(OPERATIONS, OPERANDS)                                             \
  FORMS("atom", "?relaxed|acquire|release|acq_rel ", OPERATIONS, OPERANDS)
#define BOTH(OPERATIONS)                                                       \
  ATOM(OPERATIONS, "d m s s:b64?"),                                            \
      FORMS("red", "?relaxed|release ", OPERATIONS, "m s s:b64?")

static const Form forms[] = {
    BOTH("add " HINT "u32|s32|u64|f32|f64"),
    BOTH("add noftz " HINT "f16|f16x2|bf16|bf16x2"),
    BOTH("min|max " HINT "u32|s32|u64|s64"),
    BOTH("and|or|xor " HINT "b32|b64"),
    BOTH("inc|dec " HINT "u32"),
    ATOM("exch " HINT "b32|b64", "d m s s:b64?"),
    ATOM("cas " HINT "b16|b32|b64", "d m s s s:b64?"),
};

FormList ptxsim::atomicForms() { return {std::begin(forms), std::end(forms)}; }
