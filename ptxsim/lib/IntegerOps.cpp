//===- IntegerOps.cpp - integer arithmetic ----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"
#include <limits>

using namespace ptxsim;

namespace {
template <typename T>
using Unsigned = std::make_unsigned_t<T>;

/// Arithmetic wraps: it is done without sign, in at least 32 bits.
template <typename T>
using Work = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
template <typename T>
using Wide = std::conditional_t<
    sizeof(T) == 8,
    std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>,
    std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>;

template <typename T>
T saturated(Wide<T> value) {
  constexpr T low = std::numeric_limits<T>::min();
  constexpr T high = std::numeric_limits<T>::max();
  return value < low ? low : value > high ? high : T(value);
}

template <typename T>
struct Add {
  static void run(ExecContext &c, const Instr &in) {
    if (in.mods.sat)
      return map2<T, T, T>(
          c, in, [](T a, T b) { return saturated<T>(Wide<T>(a) + b); });
    map2<T, T, T>(c, in, [](T a, T b) { return T(Work<T>(a) + Work<T>(b)); });
  }
};

template <typename T>
struct Sub {
  static void run(ExecContext &c, const Instr &in) {
    if (in.mods.sat)
      return map2<T, T, T>(
          c, in, [](T a, T b) { return saturated<T>(Wide<T>(a) - b); });
    map2<T, T, T>(c, in, [](T a, T b) { return T(Work<T>(a) - Work<T>(b)); });
  }
};

/// Both halves of a register.
template <typename T, typename F>
void mapHalves(ExecContext &c, const Instr &in, F &&f) {
  map2<uint32_t, uint32_t, uint32_t>(c, in, [&](uint32_t a, uint32_t b) {
    uint16_t low = uint16_t(f(T(a), T(b)));
    uint16_t high = uint16_t(f(T(a >> 16), T(b >> 16)));
    return low | uint32_t(high) << 16;
  });
}

void addHalves(ExecContext &c, const Instr &in) {
  mapHalves<uint16_t>(c, in, [](uint16_t a, uint16_t b) { return a + b; });
}
template <typename T>
void minHalves(ExecContext &c, const Instr &in) {
  mapHalves<T>(c, in, [](T a, T b) { return a < b ? a : b; });
}
template <typename T>
void maxHalves(ExecContext &c, const Instr &in) {
  mapHalves<T>(c, in, [](T a, T b) { return a < b ? b : a; });
}

template <typename T>
T highProduct(T a, T b) {
  return T(Wide<T>(a) * b >> (8 * sizeof(T)));
}

template <typename T>
struct MulLow {
  static void run(ExecContext &c, const Instr &in) {
    map2<T, T, T>(c, in, [](T a, T b) { return T(Work<T>(a) * Work<T>(b)); });
  }
};
template <typename T>
struct MulHigh {
  static void run(ExecContext &c, const Instr &in) {
    map2<T, T, T>(c, in, highProduct<T>);
  }
};
template <typename T>
struct MadLow {
  static void run(ExecContext &c, const Instr &in) {
    map3<T, T, T, T>(c, in, [](T a, T b, T e) {
      return T(Work<T>(a) * Work<T>(b) + Work<T>(e));
    });
  }
};
template <typename T>
struct MadHigh {
  static void run(ExecContext &c, const Instr &in) {
    if (in.mods.sat)
      return map3<T, T, T, T>(c, in, [](T a, T b, T e) {
        return saturated<T>(Wide<T>(highProduct(a, b)) + e);
      });
    map3<T, T, T, T>(c, in, [](T a, T b, T e) {
      return T(Work<T>(highProduct(a, b)) + Work<T>(e));
    });
  }
};

template <typename T>
struct MulWide {
  static void run(ExecContext &c, const Instr &in) {
    if constexpr (sizeof(T) <= 4) {
      using R = std::conditional_t<
          sizeof(T) == 2,
          std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>, Wide<T>>;
      map2<R, T, T>(c, in, [](T a, T b) { return R(Wide<T>(a) * b); });
    }
  }
};
template <typename T>
struct MadWide {
  static void run(ExecContext &c, const Instr &in) {
    if constexpr (sizeof(T) <= 4) {
      using R = std::conditional_t<sizeof(T) == 2, uint32_t, uint64_t>;
      map3<R, T, T, R>(c, in,
                       [](T a, T b, R e) { return R(R(Wide<T>(a) * b) + e); });
    }
  }
};

/// mul24 and mad24 use the low 24 bits of their factors.
template <typename T>
int64_t low24(T value) {
  uint32_t bits = uint32_t(value) << 8;
  return std::is_signed_v<T> ? int64_t(int32_t(bits) >> 8) : int64_t(bits >> 8);
}
template <typename T>
struct Mul24 {
  static void run(ExecContext &c, const Instr &in) {
    unsigned shift = in.mods.high ? 16 : 0;
    map2<T, T, T>(c, in,
                  [=](T a, T b) { return T((low24(a) * low24(b)) >> shift); });
  }
};
template <typename T>
struct Mad24 {
  static void run(ExecContext &c, const Instr &in) {
    bool sat = in.mods.sat;
    unsigned shift = in.mods.high ? 16 : 0;
    map3<T, T, T, T>(c, in, [=](T a, T b, T e) {
      T product = T((low24(a) * low24(b)) >> shift);
      return sat ? saturated<T>(Wide<T>(product) + e)
                 : T(Work<T>(product) + Work<T>(e));
    });
  }
};

/// Division by zero gives all ones, the remainder the dividend, as GPUs do;
/// PTX leaves both open. The most negative number by -1 wraps.
template <typename T>
struct Div {
  static void run(ExecContext &c, const Instr &in) {
    map2<T, T, T>(c, in, [](T a, T b) {
      if (b == 0)
        return T(-1);
      if (std::is_signed_v<T> && b == T(-1))
        return T(Work<T>(0) - Work<T>(a));
      return T(a / b);
    });
  }
};
template <typename T>
struct Rem {
  static void run(ExecContext &c, const Instr &in) {
    map2<T, T, T>(c, in, [](T a, T b) {
      if (b == 0)
        return a;
      if (std::is_signed_v<T> && b == T(-1))
        return T(0);
      return T(a % b);
    });
  }
};

template <typename T>
struct Abs {
  static void run(ExecContext &c, const Instr &in) {
    map1<T, T>(c, in,
               [](T a) { return a < 0 ? T(Work<T>(0) - Work<T>(a)) : a; });
  }
};
template <typename T>
struct Neg {
  static void run(ExecContext &c, const Instr &in) {
    map1<T, T>(c, in, [](T a) { return T(Work<T>(0) - Work<T>(a)); });
  }
};
template <typename T>
struct Min {
  static void run(ExecContext &c, const Instr &in) {
    bool relu = in.mods.relu;
    map2<T, T, T>(c, in, [=](T a, T b) {
      T least = a < b ? a : b;
      return relu && least < 0 ? T(0) : least;
    });
  }
};
template <typename T>
struct Max {
  static void run(ExecContext &c, const Instr &in) {
    bool relu = in.mods.relu;
    map2<T, T, T>(c, in, [=](T a, T b) {
      T most = a < b ? b : a;
      return relu && most < 0 ? T(0) : most;
    });
  }
};

/// d = c + |a - b|
template <typename T>
struct Sad {
  static void run(ExecContext &c, const Instr &in) {
    map3<T, T, T, T>(c, in, [](T a, T b, T e) {
      Work<T> distance =
          a < b ? Work<T>(b) - Work<T>(a) : Work<T>(a) - Work<T>(b);
      return T(Work<T>(e) + distance);
    });
  }
};

/// dp4a and dp2a: signedness of a and b by the two types.
int64_t part(uint32_t word, unsigned bits, unsigned index, bool isSigned) {
  uint32_t value = word >> (index * bits) & ((1u << bits) - 1);
  if (isSigned && value >> (bits - 1))
    return int64_t(value) - (int64_t(1) << bits);
  return value;
}
void dp4a(ExecContext &c, const Instr &in) {
  bool signedA = isSigned(in.mods.type), signedB = isSigned(in.mods.type2);
  map3<uint32_t, uint32_t, uint32_t, uint32_t>(
      c, in, [=](uint32_t a, uint32_t b, uint32_t e) {
        int64_t sum = 0;
        for (unsigned i = 0; i < 4; ++i)
          sum += part(a, 8, i, signedA) * part(b, 8, i, signedB);
        return e + uint32_t(sum);
      });
}
void dp2a(ExecContext &c, const Instr &in) {
  bool signedA = isSigned(in.mods.type), signedB = isSigned(in.mods.type2);
  unsigned first = in.mods.high ? 2 : 0;
  map3<uint32_t, uint32_t, uint32_t, uint32_t>(
      c, in, [=](uint32_t a, uint32_t b, uint32_t e) {
        int64_t sum = 0;
        for (unsigned i = 0; i < 2; ++i)
          sum += part(a, 16, i, signedA) * part(b, 8, first + i, signedB);
        return e + uint32_t(sum);
      });
}
} // namespace

template <template <typename> class Op>
static Exec byType(Instr &in) {
  return selectInteger<Op>(in.mods.type);
}
static Exec selectMul(Instr &in) {
  if (in.mods.wide)
    return selectInteger<MulWide>(in.mods.type);
  return in.mods.high ? selectInteger<MulHigh>(in.mods.type)
                      : selectInteger<MulLow>(in.mods.type);
}
static Exec selectMad(Instr &in) {
  if (in.mods.wide)
    return selectInteger<MadWide>(in.mods.type);
  return in.mods.high ? selectInteger<MadHigh>(in.mods.type)
                      : selectInteger<MadLow>(in.mods.type);
}
static Exec selectAddHalves(Instr &) { return addHalves; }
static Exec selectMinHalves(Instr &in) {
  return in.mods.type == Type::S16x2 ? minHalves<int16_t> : minHalves<uint16_t>;
}
static Exec selectMaxHalves(Instr &in) {
  return in.mods.type == Type::S16x2 ? maxHalves<int16_t> : maxHalves<uint16_t>;
}
static Exec selectDp4a(Instr &) { return dp4a; }
static Exec selectDp2a(Instr &) { return dp2a; }

#define ALL "u16|u32|u64|s16|s32|s64"
static constexpr InstructionClass kind = InstructionClass::Integer;

static const Form forms[] = {
    {"add", ALL, "d s s", kind, byType<Add>},
    {"add", "sat s32", "d s s", kind, byType<Add>},
    {"add", "u16x2|s16x2", "d s s", kind, selectAddHalves},
    {"sub", ALL, "d s s", kind, byType<Sub>},
    {"sub", "sat s32", "d s s", kind, byType<Sub>},
    {"mul", "hi|lo " ALL, "d s s", kind, selectMul},
    {"mul", "wide u16|u32|s16|s32", "d:w s s", kind, selectMul},
    {"mad", "hi|lo " ALL, "d s s s", kind, selectMad},
    {"mad", "hi sat s32", "d s s s", kind, selectMad},
    {"mad", "wide u16|u32|s16|s32", "d:w s s s:w", kind, selectMad},
    {"mul24", "hi|lo u32|s32", "d s s", kind, byType<Mul24>},
    {"mad24", "hi|lo u32|s32", "d s s s", kind, byType<Mad24>},
    {"mad24", "hi sat s32", "d s s s", kind, byType<Mad24>},
    {"div", ALL, "d s s", kind, byType<Div>},
    {"rem", ALL, "d s s", kind, byType<Rem>},
    {"abs", "s16|s32|s64", "d s", kind, byType<Abs>},
    {"neg", "s16|s32|s64", "d s", kind, byType<Neg>},
    {"min", ALL, "d s s", kind, byType<Min>},
    {"min", "relu s32", "d s s", kind, byType<Min>},
    {"min", "u16x2|s16x2", "d s s", kind, selectMinHalves},
    {"max", ALL, "d s s", kind, byType<Max>},
    {"max", "relu s32", "d s s", kind, byType<Max>},
    {"max", "u16x2|s16x2", "d s s", kind, selectMaxHalves},
    {"sad", ALL, "d s s s", kind, byType<Sad>},
    {"dp4a", "u32|s32 u32|s32", "d:b32 s:b32 s:b32 s:b32", kind, selectDp4a},
    {"dp2a", "hi|lo u32|s32 u32|s32", "d:b32 s:b32 s:b32 s:b32", kind,
     selectDp2a},
};

FormList ptxsim::integerForms() { return {std::begin(forms), std::end(forms)}; }
