//===- FloatOps.cpp - f32 and f64 arithmetic --------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"
#include "FloatBits.h"
#include "FloatEnvironment.h"
#include "FusedMultiplyAdd.h"

using namespace ptxsim;

namespace {
/// What .ftz and .sat do to operands and results.
template <typename T>
struct Finish {
  bool ftz, sat;
  T nan;

  Finish(const ExecContext &c, const Instr &in)
      : ftz(in.mods.ftz), sat(in.mods.sat), nan(generatedNan(*c.launch, T())) {}
  T operand(T x) const { return ftz ? flushed(x) : x; }
  T result(T x) const {
    if (x != x)
      x = nan;
    if (sat)
      x = saturatedToOne(x);
    return ftz ? flushed(x) : x;
  }
};

bool isSimple(const Instr &in) {
  return !in.mods.ftz && !in.mods.sat &&
         (in.mods.round == Round::RN || in.mods.round == Round::None);
}

template <typename T, typename F>
void binary(ExecContext &c, const Instr &in, F &&f) {
  T nan = generatedNan(*c.launch, T());
  if (isSimple(in))
    return map2<T, T, T>(c, in, [=](T a, T b) {
      T x = f(a, b);
      return x == x ? x : nan;
    });
  Finish<T> finish(c, in);
  RoundingScope rounding(in.mods.round);
  map2<T, T, T>(c, in, [&](T a, T b) {
    return finish.result(f(finish.operand(a), finish.operand(b)));
  });
}

template <typename T>
struct Add {
  static void run(ExecContext &c, const Instr &in) {
    binary<T>(c, in, [](T a, T b) { return a + b; });
  }
};
template <typename T>
struct Sub {
  static void run(ExecContext &c, const Instr &in) {
    binary<T>(c, in, [](T a, T b) { return a - b; });
  }
};
template <typename T>
struct Mul {
  static void run(ExecContext &c, const Instr &in) {
    binary<T>(c, in, [](T a, T b) { return a * b; });
  }
};
template <typename T>
struct Div {
  static void run(ExecContext &c, const Instr &in) {
    binary<T>(c, in, [](T a, T b) { return a / b; });
  }
};

template <typename T>
struct Fma {
  static void run(ExecContext &c, const Instr &in) {
    RoundingScope rounding(in.mods.round);
    T nan = generatedNan(*c.launch, T());
    const T *a = c.src<T>(in, 0), *b = c.src<T>(in, 1), *e = c.src<T>(in, 2);
    T *d = c.dst<T>(in);
    if (!in.mods.ftz && !in.mods.sat) {
      T result[warpSize];
      fusedMultiplyAdd(result, a, b, e);
      return forEachLane(c.mask, d, [&](unsigned l) {
        return result[l] == result[l] ? result[l] : nan;
      });
    }
    Finish<T> finish(c, in);
    forEachLane(c.mask, d, [&](unsigned l) {
      return finish.result(std::fma(finish.operand(a[l]), finish.operand(b[l]),
                                    finish.operand(e[l])));
    });
  }
};

template <typename T>
struct Sqrt {
  static void run(ExecContext &c, const Instr &in) {
    Finish<T> finish(c, in);
    RoundingScope rounding(in.mods.round);
    map1<T, T>(c, in, [&](T a) {
      return finish.result(std::sqrt(finish.operand(a)));
    });
  }
};
template <typename T>
struct Rcp {
  static void run(ExecContext &c, const Instr &in) {
    Finish<T> finish(c, in);
    RoundingScope rounding(in.mods.round);
    map1<T, T>(c, in,
               [&](T a) { return finish.result(T(1) / finish.operand(a)); });
  }
};

/// neg and abs change the sign bit; what they do to a NaN is open.
template <typename T>
struct Neg {
  static void run(ExecContext &c, const Instr &in) {
    bool ftz = in.mods.ftz;
    map1<T, T>(c, in, [=](T a) { return -(ftz ? flushed(a) : a); });
  }
};
template <typename T>
struct Abs {
  static void run(ExecContext &c, const Instr &in) {
    bool ftz = in.mods.ftz;
    map1<T, T>(c, in, [=](T a) { return std::fabs(ftz ? flushed(a) : a); });
  }
};

/// min and max: a NaN loses against a number unless .NaN is given. The order of
/// -0 and +0 is open.
template <typename T, bool IsMax>
T lesser(T a, T b, bool nanWins, T nan, bool zerosAreOrdered) {
  if (a != a || b != b) {
    if (nanWins || (a != a && b != b))
      return nan;
    return a != a ? b : a;
  }
  if (a == b && zerosAreOrdered)
    return std::signbit(a) != IsMax ? a : b;
  return (IsMax ? a > b : a < b) ? a : b;
}

template <typename T, bool IsMax>
void minMax(ExecContext &c, const Instr &in) {
  Finish<T> finish(c, in);
  bool nanWins = in.mods.nan, xorSign = in.mods.xorsign,
       ordered = c.launch->negativeZeroIsLess;
  T nan = generatedNan(*c.launch, T());
  auto one = [&](T a, T b) {
    a = finish.operand(a), b = finish.operand(b);
    if (!xorSign)
      return lesser<T, IsMax>(a, b, nanWins, nan, ordered);
    bool sign = std::signbit(a) != std::signbit(b);
    T x = lesser<T, IsMax>(std::fabs(a), std::fabs(b), nanWins, nan, ordered);
    return x != x ? x : std::copysign(x, sign ? T(-1) : T(1));
  };
  if (in.numSrc == 3)
    return map3<T, T, T, T>(c, in, [&](T a, T b, T e) {
      return lesser<T, IsMax>(one(a, b), finish.operand(e), nanWins, nan,
                              ordered);
    });
  map2<T, T, T>(c, in, one);
}
template <typename T>
struct Min {
  static void run(ExecContext &c, const Instr &in) { minMax<T, false>(c, in); }
};
template <typename T>
struct Max {
  static void run(ExecContext &c, const Instr &in) { minMax<T, true>(c, in); }
};

/// d = b with the sign of a.
template <typename T>
struct CopySign {
  static void run(ExecContext &c, const Instr &in) {
    map2<T, T, T>(c, in, [](T a, T b) { return std::copysign(b, a); });
  }
};

template <typename T>
struct TestProperty {
  static void run(ExecContext &c, const Instr &in) {
    const T *a = c.src<T>(in, 0);
    uint32_t result = 0;
    forLanes(c.mask, [&](unsigned l) {
      bool holds = false;
      switch (in.mods.mode) {
      case Mode::Finite:
        holds = std::isfinite(a[l]);
        break;
      case Mode::Infinite:
        holds = std::isinf(a[l]);
        break;
      case Mode::Number:
        holds = !std::isnan(a[l]);
        break;
      case Mode::NotANumber:
        holds = std::isnan(a[l]);
        break;
      case Mode::Normal:
        holds = std::isnormal(a[l]);
        break;
      default:
        holds = std::fpclassify(a[l]) == FP_SUBNORMAL;
      }
      result |= uint32_t(holds) << l;
    });
    c.setPredicate(in, 0, result);
  }
};

/// f32x2: two f32 in a 64-bit register.
template <typename F>
void mapPairs(ExecContext &c, const Instr &in, unsigned sources, F &&f) {
  Finish<float> finish(c, in);
  RoundingScope rounding(in.mods.round);
  const uint64_t *source[3] = {};
  for (unsigned i = 0; i < sources; ++i)
    source[i] = c.src<uint64_t>(in, i);
  forEachLane(c.mask, c.dst<uint64_t>(in), [&](unsigned l) {
    uint64_t result = 0;
    for (unsigned half = 0; half < 2; ++half) {
      float x[3] = {};
      for (unsigned i = 0; i < sources; ++i)
        x[i] = finish.operand(floatOf(uint32_t(source[i][l] >> 32 * half)));
      result |= uint64_t(bitsOf(finish.result(f(x)))) << 32 * half;
    }
    return result;
  });
}
void addPairs(ExecContext &c, const Instr &in) {
  mapPairs(c, in, 2, [](const float *x) { return x[0] + x[1]; });
}
void subPairs(ExecContext &c, const Instr &in) {
  mapPairs(c, in, 2, [](const float *x) { return x[0] - x[1]; });
}
void mulPairs(ExecContext &c, const Instr &in) {
  mapPairs(c, in, 2, [](const float *x) { return x[0] * x[1]; });
}
void fmaPairs(ExecContext &c, const Instr &in) {
  mapPairs(c, in, 3, [](const float *x) { return std::fma(x[0], x[1], x[2]); });
}
} // namespace

template <template <typename> class Op>
static Exec byType(Instr &in) {
  return in.mods.type == Type::F64 ? Op<double>::run : Op<float>::run;
}
template <Exec exec>
static Exec only(Instr &) {
  return exec;
}

#define ROUND "rn|rz|rm|rp "
static constexpr InstructionClass kind = InstructionClass::Float32;

static const Form forms[] = {
    {"add", "?" ROUND "?ftz ?sat f32", "d s s", kind, byType<Add>},
    {"add", "?" ROUND "f64", "d s s", kind, byType<Add>},
    {"add", "?" ROUND "?ftz f32x2", "d s s", kind, only<addPairs>},
    {"sub", "?" ROUND "?ftz ?sat f32", "d s s", kind, byType<Sub>},
    {"sub", "?" ROUND "f64", "d s s", kind, byType<Sub>},
    {"sub", "?" ROUND "?ftz f32x2", "d s s", kind, only<subPairs>},
    {"mul", "?" ROUND "?ftz ?sat f32", "d s s", kind, byType<Mul>},
    {"mul", "?" ROUND "f64", "d s s", kind, byType<Mul>},
    {"mul", "?" ROUND "?ftz f32x2", "d s s", kind, only<mulPairs>},
    {"fma", ROUND "?ftz ?sat f32", "d s s s", kind, byType<Fma>},
    {"fma", ROUND "f64", "d s s s", kind, byType<Fma>},
    {"fma", ROUND "?ftz f32x2", "d s s s", kind, only<fmaPairs>},
    {"mad", ROUND "?ftz ?sat f32", "d s s s", kind, byType<Fma>},
    {"mad", ROUND "f64", "d s s s", kind, byType<Fma>},
    {"div", ROUND "?ftz f32", "d s s", kind, byType<Div>},
    {"div", ROUND "f64", "d s s", kind, byType<Div>},
    {"sqrt", ROUND "?ftz f32", "d s", kind, byType<Sqrt>},
    {"sqrt", ROUND "f64", "d s", kind, byType<Sqrt>},
    {"rcp", ROUND "?ftz f32", "d s", kind, byType<Rcp>},
    {"rcp", ROUND "f64", "d s", kind, byType<Rcp>},
    {"neg", "?ftz f32", "d s", kind, byType<Neg>},
    {"neg", "f64", "d s", kind, byType<Neg>},
    {"abs", "?ftz f32", "d s", kind, byType<Abs>},
    {"abs", "f64", "d s", kind, byType<Abs>},
    {"min", "?ftz ?NaN f32", "d s s s?", kind, byType<Min>},
    {"min", "?ftz ?NaN xorsign abs f32", "d s s", kind, byType<Min>},
    {"min", "f64", "d s s", kind, byType<Min>},
    {"max", "?ftz ?NaN f32", "d s s s?", kind, byType<Max>},
    {"max", "?ftz ?NaN xorsign abs f32", "d s s", kind, byType<Max>},
    {"max", "f64", "d s s", kind, byType<Max>},
    {"copysign", "f32|f64", "d s s", kind, byType<CopySign>},
    {"testp", "finite|infinite|number|notanumber|normal|subnormal f32|f64",
     "d:pred s", kind, byType<TestProperty>},
};

FormList ptxsim::floatForms() { return {std::begin(forms), std::end(forms)}; }
