//===- FloatForms.cpp - every form of f32 and f64 arithmetic --------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forms.h"
#include <cfenv>
#include <cmath>

using namespace ptxsim::test;

namespace {
template <typename T>
T flush(T x) {
  return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(T(0), x) : x;
}

int hostRounding(const std::string &name) {
  return name == "rz"   ? FE_TOWARDZERO
         : name == "rm" ? FE_DOWNWARD
         : name == "rp" ? FE_UPWARD
                        : FE_TONEAREST;
}

/// What the modifiers say about operands and result.
struct Rules {
  int mode;
  bool ftz, sat;
  explicit Rules(Variant &v)
      : mode(hostRounding(v.oneOf({"rn", "rz", "rm", "rp"}))),
        ftz(v.has("ftz")), sat(v.has("sat")) {}

  template <typename T>
  T finish(T x) const {
    if (sat)
      x = x > 1 ? T(1) : x > 0 ? x : T(0); // NaN becomes 0, too
    return ftz ? flush(x) : x;
  }

  template <typename T, typename F>
  Reference reference(F f) const {
    Rules rules = *this;
    return [rules, f](uint64_t a, uint64_t b, uint64_t c) {
      T x = bitCast<T>(a), y = bitCast<T>(b), z = bitCast<T>(c);
      if (rules.ftz)
        x = flush(x), y = flush(y), z = flush(z);
      if (rules.mode != FE_TONEAREST)
        std::fesetround(rules.mode);
      volatile T vx = x, vy = y, vz = z;
      volatile T result = f(vx, vy, vz);
      if (rules.mode != FE_TONEAREST)
        std::fesetround(FE_TONEAREST);
      return toBits<T>(rules.finish(T(result)));
    };
  }
};

Reference perFloat(Reference one) {
  return [one](uint64_t a, uint64_t b, uint64_t c) {
    return one(uint32_t(a), uint32_t(b), uint32_t(c)) |
           one(a >> 32, b >> 32, c >> 32) << 32;
  };
}

bool isExactFloat(Variant &v) {
  std::string type = v.type();
  return (type == "f32" || type == "f64" || type == "f32x2") &&
         !v.has("approx") && !v.has("full");
}

/// F works on float and double.
template <typename F>
Made arithmetic(Variant &v, std::vector<Case> &cases, F f) {
  if (!isExactFloat(v))
    return Made::Unknown;
  std::string type = v.type();
  Rules rules(v);
  Case c = makeCase(v);
  Reference reference =
      type == "f64" ? rules.reference<double>(f) : rules.reference<float>(f);
  setReference(c, resultOf(type),
               type == "f32x2" ? perFloat(reference) : reference);
  cases.push_back(c);
  return Made::Yes;
}
Made add(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases, [](auto a, auto b, auto) { return a + b; });
}
Made sub(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases, [](auto a, auto b, auto) { return a - b; });
}
Made mul(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases, [](auto a, auto b, auto) { return a * b; });
}
Made fma(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases,
                    [](auto a, auto b, auto c) { return std::fma(a, b, c); });
}
Made divide(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases, [](auto a, auto b, auto) { return a / b; });
}
Made squareRoot(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases, [](auto a, auto, auto) { return std::sqrt(a); });
}
Made reciprocal(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases, [](auto a, auto, auto) { return 1 / a; });
}
Made neg(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases, [](auto a, auto, auto) { return -a; });
}
Made abs(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases, [](auto a, auto, auto) { return std::fabs(a); });
}
Made copysign(Variant &v, std::vector<Case> &cases) {
  return arithmetic(v, cases,
                    [](auto a, auto b, auto) { return std::copysign(b, a); });
}

template <typename T>
T choose(T a, T b, bool isMax, bool nanWins) {
  if (std::isnan(a) || std::isnan(b))
    return nanWins ? T(NAN) : std::isnan(a) ? b : a;
  if (a == b) // -0 counts as less than +0
    return std::signbit(a) != isMax ? a : b;
  return (a < b) != isMax ? a : b;
}

template <bool IsMax>
Made minMax(Variant &v, std::vector<Case> &cases) {
  bool nan = v.has("NaN"), xorSign = v.has("xorsign");
  v.has("abs");
  bool three = v.roles.size() == 4;
  return arithmetic(v, cases, [=](auto a, auto b, auto c) {
    if (!xorSign) {
      auto x = choose(a, b, IsMax, nan);
      return three ? choose(x, c, IsMax, nan) : x;
    }
    auto x = choose(std::fabs(a), std::fabs(b), IsMax, nan);
    return std::signbit(a) != std::signbit(b) ? -x : x;
  });
}

template <typename T>
bool hasProperty(const std::string &what, T x) {
  int kind = std::fpclassify(x);
  return what == "finite"       ? kind != FP_NAN && kind != FP_INFINITE
         : what == "infinite"   ? kind == FP_INFINITE
         : what == "number"     ? kind != FP_NAN
         : what == "notanumber" ? kind == FP_NAN
         : what == "normal"     ? kind == FP_NORMAL
                                : kind == FP_SUBNORMAL;
}
Made testp(Variant &v, std::vector<Case> &cases) {
  std::string what = v.oneOf(
      {"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
  bool isDouble = v.type() == "f64";
  Case c = makeCase(v);
  setReference(c, Result::Bits, [=](uint64_t a, uint64_t, uint64_t) {
    return uint64_t(isDouble ? hasProperty(what, bitCast<double>(a))
                             : hasProperty(what, bitCast<float>(a)));
  });
  cases.push_back(c);
  return Made::Yes;
}

/// With seed 0 the approximations are the exact values, rounded once; what the
/// seed may add to them is SeedTest's. The reference has more bits than the
/// simulator's f64.
long double exactly(const std::string &opcode, long double a, long double b) {
  return opcode == "rcp"     ? 1 / a
         : opcode == "rsqrt" ? 1 / std::sqrt(a)
         : opcode == "sqrt"  ? std::sqrt(a)
         : opcode == "sin"   ? std::sin(a)
         : opcode == "cos"   ? std::cos(a)
         : opcode == "lg2"   ? std::log2(a)
         : opcode == "ex2"   ? std::exp2(a)
         : opcode == "tanh"  ? std::tanh(a)
                             : a / b;
}

Made approximate(Variant &v, std::vector<Case> &cases) {
  std::string type = v.type(), opcode = v.opcode;
  if (!v.has("approx") && !v.has("full"))
    return Made::Unknown;
  bool ftz = v.has("ftz"), full = v.has("full");
  std::string element = elementType(type);
  Case c = makeCase(v);
  if (element == "f16" || element == "bf16") {
    bool isBrain = element == "bf16";
    Reference one = [=](uint64_t a, uint64_t, uint64_t) -> uint64_t {
      double x = isBrain ? brainValue(uint16_t(a)) : halfValue(uint16_t(a));
      if (ftz)
        x = std::fabs(x) < 0x1p-126 ? std::copysign(0.0, x) : x;
      long double y = exactly(opcode, x, 0);
      uint64_t bits = isBrain ? nearestBrain(y) : nearestHalf(y);
      return ftz && (bits & 0x7f80) == 0 ? bits & 0x8000 : bits;
    };
    setReference(c, resultOf(type), isPackedType(type) ? perHalf(one) : one);
    if (isPackedType(type))
      c.count = 1 << 18;
  } else if (type == "f64") {
    // The upper words only.
    setReference(c, Result::F64, [=](uint64_t a, uint64_t, uint64_t) {
      double x = bitCast<double>(a);
      if (ftz)
        x = flush(x);
      double y = opcode == "rcp" ? 1 / x : 1 / std::sqrt(x);
      if (ftz)
        y = flush(y);
      return std::isnan(y) ? toBits(y) : toBits(y) & 0xffffffff00000000;
    });
  } else {
    setReference(c, Result::F32, [=](uint64_t a, uint64_t b, uint64_t) {
      float x = bitCast<float>(a), y = bitCast<float>(b);
      if (ftz)
        x = flush(x), y = flush(y);
      float result = float(exactly(opcode, x, y));
      // div.approx gives 0 for large divisors (PTX ISA, div).
      if (opcode == "div" && !full && std::fabs(y) > 0x1p126f &&
          std::isfinite(y))
        result = std::isfinite(x) ? std::copysign(0.0f, result) : NAN;
      return toBits(ftz ? flush(result) : result);
    });
  }
  cases.push_back(c);
  return Made::Yes;
}
} // namespace

const std::map<std::string, std::vector<Maker>> ptxsim::test::floatMakers = {
    {"add", {add}},
    {"sub", {sub}},
    {"mul", {mul}},
    {"fma", {fma}},
    {"mad", {fma}},
    {"div", {divide, approximate}},
    {"sqrt", {squareRoot, approximate}},
    {"rcp", {reciprocal, approximate}},
    {"rsqrt", {approximate}},
    {"sin", {approximate}},
    {"cos", {approximate}},
    {"lg2", {approximate}},
    {"ex2", {approximate}},
    {"tanh", {approximate}},
    {"neg", {neg}},
    {"abs", {abs}},
    {"min", {minMax<false>}},
    {"max", {minMax<true>}},
    {"copysign", {copysign}},
    {"testp", {testp}},
};
