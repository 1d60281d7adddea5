//===- BitOps.cpp - logic, shifts and bit fields ----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"
#include <algorithm>

using namespace ptxsim;

namespace {
void andPredicates(ExecContext &c, const Instr &in) {
  c.setPredicate(in, 0, c.predicate(in, 0) & c.predicate(in, 1));
}
void orPredicates(ExecContext &c, const Instr &in) {
  c.setPredicate(in, 0, c.predicate(in, 0) | c.predicate(in, 1));
}
void xorPredicates(ExecContext &c, const Instr &in) {
  c.setPredicate(in, 0, c.predicate(in, 0) ^ c.predicate(in, 1));
}
void notPredicate(ExecContext &c, const Instr &in) {
  c.setPredicate(in, 0, ~c.predicate(in, 0));
}

template <typename T>
struct And {
  static void run(ExecContext &c, const Instr &in) {
    map2<T, T, T>(c, in, [](T a, T b) { return a & b; });
  }
};
template <typename T>
struct Or {
  static void run(ExecContext &c, const Instr &in) {
    map2<T, T, T>(c, in, [](T a, T b) { return a | b; });
  }
};
template <typename T>
struct Xor {
  static void run(ExecContext &c, const Instr &in) {
    map2<T, T, T>(c, in, [](T a, T b) { return a ^ b; });
  }
};
template <typename T>
struct Not {
  static void run(ExecContext &c, const Instr &in) {
    map1<T, T>(c, in, [](T a) { return ~a; });
  }
};
template <typename T>
struct Cnot {
  static void run(ExecContext &c, const Instr &in) {
    map1<T, T>(c, in, [](T a) { return a == 0 ? 1 : 0; });
  }
};

/// Shift amounts above the width count as the width.
template <typename T>
struct Shl {
  static void run(ExecContext &c, const Instr &in) {
    map2<T, T, uint32_t>(c, in, [](T a, uint32_t b) {
      return b >= 8 * sizeof(T) ? T(0) : T(uint64_t(a) << b);
    });
  }
};
template <typename T>
struct Shr {
  static void run(ExecContext &c, const Instr &in) {
    map2<T, T, uint32_t>(c, in, [](T a, uint32_t b) {
      if (b >= 8 * sizeof(T))
        return a < 0 ? T(-1) : T(0);
      return T(a >> b);
    });
  }
};
void funnelShift(ExecContext &c, const Instr &in) {
  bool clamp = in.mods.clamp, left = in.mods.mode == Mode::Left;
  map3<uint32_t, uint32_t, uint32_t, uint32_t>(
      c, in, [=](uint32_t low, uint32_t high, uint32_t amount) {
        uint32_t n = clamp ? std::min(amount, 32u) : amount & 31;
        uint64_t both = uint64_t(high) << 32 | low;
        return left ? uint32_t(both << n >> 32) : uint32_t(both >> n);
      });
}

void lop3(ExecContext &c, const Instr &in) {
  const uint32_t *table = c.src<uint32_t>(in, 3);
  const uint32_t *a = c.src<uint32_t>(in, 0), *b = c.src<uint32_t>(in, 1),
                 *e = c.src<uint32_t>(in, 2);
  forEachLane(c.mask, c.dst<uint32_t>(in), [=](unsigned l) {
    uint32_t result = 0;
    for (unsigned row = 0; row < 8; ++row)
      if (table[l] >> row & 1)
        result |= (row & 4 ? a[l] : ~a[l]) & (row & 2 ? b[l] : ~b[l]) &
                  (row & 1 ? e[l] : ~e[l]);
    return result;
  });
}

template <typename T>
struct Popc {
  static void run(ExecContext &c, const Instr &in) {
    map1<uint32_t, T>(c, in, [](T a) { return __builtin_popcountll(a); });
  }
};
template <typename T>
struct Clz {
  static void run(ExecContext &c, const Instr &in) {
    map1<uint32_t, T>(c, in, [](T a) {
      return a == 0 ? 8 * sizeof(T) : __builtin_clzll(a) - (64 - 8 * sizeof(T));
    });
  }
};
template <typename T>
struct Brev {
  static void run(ExecContext &c, const Instr &in) {
    map1<T, T>(c, in, [](T a) {
      T result = 0;
      for (unsigned i = 0; i < 8 * sizeof(T); ++i)
        result |= T(a >> i & 1) << (8 * sizeof(T) - 1 - i);
      return result;
    });
  }
};
/// The most significant bit that differs from the sign; ~0 when there is none.
template <typename T>
struct Bfind {
  static void run(ExecContext &c, const Instr &in) {
    bool shiftAmount = in.mods.shiftAmount;
    map1<uint32_t, T>(c, in, [=](T a) {
      std::make_unsigned_t<T> bits = a < 0 ? ~a : a;
      if (bits == 0)
        return ~uint32_t(0);
      uint32_t at = 63 - __builtin_clzll(bits);
      return shiftAmount ? uint32_t(8 * sizeof(T) - 1 - at) : at;
    });
  }
};
/// The n-th set bit from a base, upward or downward.
void fns(ExecContext &c, const Instr &in) {
  map3<uint32_t, uint32_t, uint32_t, int32_t>(
      c, in, [](uint32_t mask, uint32_t base, int32_t offset) {
        if (base > 31)
          return ~uint32_t(0);
        if (offset == 0)
          return mask >> base & 1 ? base : ~uint32_t(0);
        int64_t left = offset < 0 ? -int64_t(offset) : offset;
        int step = offset < 0 ? -1 : 1;
        for (int at = int(base); at >= 0 && at < 32; at += step)
          if (mask >> at & 1 && --left == 0)
            return uint32_t(at);
        return ~uint32_t(0);
      });
}

template <typename T>
struct Bfe {
  static void run(ExecContext &c, const Instr &in) {
    map3<T, T, uint32_t, uint32_t>(
        c, in, [](T a, uint32_t position, uint32_t length) {
          constexpr unsigned msb = 8 * sizeof(T) - 1;
          unsigned pos = position & 0xff, len = length & 0xff;
          using U = std::make_unsigned_t<T>;
          bool sign = std::is_signed_v<T> && len &&
                      (U(a) >> std::min(pos + len - 1, msb) & 1);
          U result = 0;
          for (unsigned i = 0; i <= msb; ++i) {
            bool bit = i < len && pos + i <= msb ? U(a) >> (pos + i) & 1 : sign;
            result |= U(bit) << i;
          }
          return T(result);
        });
  }
};
template <typename T>
struct Bfi {
  static void run(ExecContext &c, const Instr &in) {
    const T *a = c.src<T>(in, 0), *b = c.src<T>(in, 1);
    const uint32_t *position = c.src<uint32_t>(in, 2),
                   *length = c.src<uint32_t>(in, 3);
    forEachLane(c.mask, c.dst<T>(in), [=](unsigned l) {
      constexpr unsigned bits = 8 * sizeof(T);
      unsigned pos = position[l] & 0xff, len = length[l] & 0xff;
      T result = b[l];
      for (unsigned i = 0; i < len && pos + i < bits; ++i) {
        T one = T(1) << (pos + i);
        result = a[l] >> i & 1 ? result | one : result & ~one;
      }
      return result;
    });
  }
};
/// Ones from bit a on, b of them.
void bmsk(ExecContext &c, const Instr &in) {
  bool clamp = in.mods.clamp;
  map2<uint32_t, uint32_t, uint32_t>(c, in, [=](uint32_t a, uint32_t b) {
    if (!clamp)
      a &= 31, b &= 31;
    if (a >= 32 || b == 0)
      return uint32_t(0);
    uint64_t ones = b >= 32 ? 0xffffffff : (uint64_t(1) << b) - 1;
    return uint32_t(ones << a);
  });
}
/// Sign- or zero-extends the low b bits.
void szext(ExecContext &c, const Instr &in) {
  bool clamp = in.mods.clamp, isSignedType = in.mods.type == Type::S32;
  map2<uint32_t, uint32_t, uint32_t>(c, in, [=](uint32_t a, uint32_t b) {
    if (!clamp)
      b &= 31;
    if (b >= 32)
      return a;
    if (b == 0)
      return uint32_t(0);
    uint32_t low = a & ((1u << b) - 1);
    return isSignedType && low >> (b - 1) & 1 ? low | ~uint32_t(0) << b : low;
  });
}

uint32_t permute(uint64_t bytes, uint32_t selector) {
  uint32_t result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    unsigned nibble = selector >> (4 * i) & 15;
    uint8_t byte = uint8_t(bytes >> (8 * (nibble & 7)));
    if (nibble & 8)
      byte = byte & 0x80 ? 0xff : 0;
    result |= uint32_t(byte) << (8 * i);
  }
  return result;
}
/// Selectors of the named modes of prmt, by the low two bits of c.
uint32_t namedSelector(Mode mode, uint32_t control) {
  static const uint16_t table[6][4] = {
      {0x3210, 0x4321, 0x5432, 0x6543}, // f4e
      {0x5670, 0x6701, 0x7012, 0x0123}, // b4e
      {0x0000, 0x1111, 0x2222, 0x3333}, // rc8
      {0x3210, 0x3211, 0x3222, 0x3333}, // ecl
      {0x0000, 0x1110, 0x2210, 0x3210}, // ecr
      {0x1010, 0x3232, 0x1010, 0x3232}, // rc16
  };
  return table[unsigned(mode) - unsigned(Mode::F4e)][control & 3];
}
void prmt(ExecContext &c, const Instr &in) {
  Mode mode = in.mods.mode;
  map3<uint32_t, uint32_t, uint32_t, uint32_t>(
      c, in, [=](uint32_t a, uint32_t b, uint32_t control) {
        return permute(uint64_t(b) << 32 | a,
                       mode == Mode::None ? control
                                          : namedSelector(mode, control));
      });
}
} // namespace

template <template <typename> class Op>
static Exec byWidth(Instr &in) {
  return selectBits<Op>(in.mods.type);
}
template <template <typename> class Op>
static Exec byType(Instr &in) {
  return selectInteger<Op>(in.mods.type);
}
static Exec selectShr(Instr &in) {
  return isSigned(in.mods.type) ? selectInteger<Shr>(in.mods.type)
                                : selectBits<Shr>(in.mods.type);
}
template <Exec exec>
static Exec only(Instr &) {
  return exec;
}

#define BITS "b16|b32|b64"
#define FIELDS "u32|u64|s32|s64"
static constexpr InstructionClass kind = InstructionClass::Integer;

static const Form forms[] = {
    {"and", BITS, "d s s", kind, byWidth<And>},
    {"and", "pred", "d s s", kind, only<andPredicates>},
    {"or", BITS, "d s s", kind, byWidth<Or>},
    {"or", "pred", "d s s", kind, only<orPredicates>},
    {"xor", BITS, "d s s", kind, byWidth<Xor>},
    {"xor", "pred", "d s s", kind, only<xorPredicates>},
    {"not", BITS, "d s", kind, byWidth<Not>},
    {"not", "pred", "d s", kind, only<notPredicate>},
    {"cnot", BITS, "d s", kind, byWidth<Cnot>},
    {"shl", BITS, "d s s:u32", kind, byWidth<Shl>},
    {"shr", BITS "|u16|u32|u64|s16|s32|s64", "d s s:u32", kind, selectShr},
    {"shf", "l|r wrap|clamp b32", "d s s s:u32", kind, only<funnelShift>},
    {"lop3", "b32", "d s s s s:b32", kind, only<lop3>},
    {"popc", "b32|b64", "d:u32 s", kind, byWidth<Popc>},
    {"clz", "b32|b64", "d:u32 s", kind, byWidth<Clz>},
    {"brev", "b32|b64", "d s", kind, byWidth<Brev>},
    {"bfind", "?shiftamt " FIELDS, "d:u32 s", kind, byType<Bfind>},
    {"fns", "b32", "d s s:b32 s:s32", kind, only<fns>},
    {"bfe", FIELDS, "d s s:u32 s:u32", kind, byType<Bfe>},
    {"bfi", "b32|b64", "d s s s:u32 s:u32", kind, byWidth<Bfi>},
    {"bmsk", "clamp|wrap b32", "d s:u32 s:u32", kind, only<bmsk>},
    {"szext", "clamp|wrap u32|s32", "d s s:u32", kind, only<szext>},
    {"prmt", "b32 ?f4e|b4e|rc8|ecl|ecr|rc16", "d s s s:b32", kind, only<prmt>},
};

FormList ptxsim::bitForms() { return {std::begin(forms), std::end(forms)}; }
