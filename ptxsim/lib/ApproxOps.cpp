//===- ApproxOps.cpp - approximate functions --------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"
#include "FloatBits.h"
#include "Rounding.h"
#include <algorithm>

using namespace ptxsim;

// PTX bounds the error of these functions and leaves the rest to the chip. The
// seed chooses an error within the bound, a function of the operands only, so
// that equal operands give equal results; seed 0 chooses none. The exact values
// come from the C library in f64, whose own error is far below the bounds.

namespace {
enum class Approx : uint8_t {
  Rcp,
  Rsqrt,
  Sqrt,
  Sin,
  Cos,
  Log2,
  Exp2,
  Tanh,
  Div,
};

/// The largest error that PTX allows, as a part of what it may be counted in.
struct Bound {
  double ulps = 0, relative = 0, absolute = 0;
};
Bound boundOf(Approx function, double value) {
  switch (function) {
  case Approx::Rcp:
    return {1, 0, 0};
  case Approx::Sqrt:
    return {0, 0x1p-23, 0};
  case Approx::Rsqrt:
    return {0, 0x1.125fbep-23, 0}; // 2^-22.9
  case Approx::Sin:
  case Approx::Cos:
    return {0, 0, 0x1.125fbep-21}; // 2^-20.9
  case Approx::Log2:
    // 2^-22.6 absolute in (0.5, 2), relative elsewhere.
    return std::fabs(value) < 1 ? Bound{0, 0, 0x1.51p-23}
                                : Bound{0, 0x1.51p-23, 0};
  case Approx::Exp2:
    return {2, 0, 0};
  case Approx::Tanh:
    return {0, 0x1p-11, 0};
  case Approx::Div:
    return {2, 0, 0};
  }
  return {};
}

double exact(Approx function, double a, double b) {
  switch (function) {
  case Approx::Rcp:
    return 1 / a;
  case Approx::Rsqrt:
    return 1 / std::sqrt(a);
  case Approx::Sqrt:
    return std::sqrt(a);
  case Approx::Sin:
    return std::sin(a);
  case Approx::Cos:
    return std::cos(a);
  case Approx::Log2:
    return std::log2(a);
  case Approx::Exp2:
    return std::exp2(a);
  case Approx::Tanh:
    return std::tanh(a);
  case Approx::Div:
    return a / b;
  }
  return 0;
}

/// -1 to 1 by the seed and the operands.
double errorFraction(uint64_t seed, Approx function, uint64_t a, uint64_t b) {
  uint64_t hash = mixBits(seed ^ mixBits(a ^ mixBits(b + uint64_t(function))));
  return static_cast<double>(int64_t(hash)) * 0x1p-63;
}

template <Approx Function>
float approximate(const LaunchState &launch, const Mods &mods, float a,
                  float b) {
  if (mods.ftz)
    a = flushed(a), b = flushed(b);
  // rcp, rsqrt and sin of results beyond the range, by PTX: div.approx gives 0
  // for divisors in (2^126, 2^128), which f64 would not.
  if (Function == Approx::Div && !mods.full && std::fabs(b) > 0x1p126f &&
      std::isfinite(b))
    return std::isinf(a) ? floatOf(launch.nan32)
           : a != a
               ? floatOf(launch.nan32)
               : std::copysign(0.0f, std::signbit(a) != std::signbit(b) ? -1.0f
                                                                        : 1.0f);
  double value = exact(Function, a, b);
  if (value != value)
    return floatOf(launch.nan32);
  float result = static_cast<float>(value);
  uint64_t seed = launch.options->seed;
  // Special results are exact.
  if (seed && std::isfinite(result) && result != 0 && a != 0) {
    Bound bound = boundOf(Function, value);
    double fraction = errorFraction(seed, Function, bitsOf(a),
                                    Function == Approx::Div ? bitsOf(b) : 0);
    double ulp = double(std::nextafter(std::fabs(result), INFINITY)) -
                 double(std::fabs(result));
    double most =
        bound.ulps * ulp + bound.relative * std::fabs(value) + bound.absolute;
    // The last rounding costs half a unit of it.
    double error = fraction * std::max(0.0, most - ulp / 2);
    float moved = static_cast<float>(value + error);
    bool isBounded = Function == Approx::Sin || Function == Approx::Cos ||
                     Function == Approx::Tanh;
    if (std::isfinite(moved) && !(isBounded && std::fabs(moved) > 1))
      result = moved;
  }
  return mods.ftz ? flushed(result) : result;
}

template <Approx Function>
void unary(ExecContext &c, const Instr &in) {
  map1<float, float>(c, in, [&](float a) {
    return approximate<Function>(*c.launch, in.mods, a, 0);
  });
}
void divide(ExecContext &c, const Instr &in) {
  map2<float, float, float>(c, in, [&](float a, float b) {
    return approximate<Approx::Div>(*c.launch, in.mods, a, b);
  });
}

/// rcp.approx.ftz.f64 and rsqrt.approx.f64 keep the upper 32 bits only.
template <Approx Function>
void unaryWide(ExecContext &c, const Instr &in) {
  map1<double, double>(c, in, [&](double a) {
    auto flush = [&](double x) {
      bool isTiny = std::fpclassify(x) == FP_SUBNORMAL;
      return in.mods.ftz && isTiny ? std::copysign(0.0, x) : x;
    };
    double value = flush(exact(Function, flush(a), 0));
    if (value != value)
      return doubleOf(c.launch->nan64);
    uint64_t bits = bitsOf(value) & 0xffffffff00000000;
    return doubleOf(bits);
  });
}

/// tanh and ex2 of halves: the f32 result, rounded.
template <Approx Function>
void halves(ExecContext &c, const Instr &in) {
  Type type = in.mods.type;
  const FloatFormat &format = floatFormat(type);
  // Only of bf16: subnormal numbers have an exponent field of 0.
  bool ftz = in.mods.ftz;
  auto flush = [=](uint64_t x) {
    return uint16_t(ftz && (x & 0x7f80) == 0 ? x & 0x8000 : x);
  };
  auto one = [&](uint16_t bits) -> uint16_t {
    bits = flush(bits);
    uint64_t wide = encodeFloat(decodeFloat(bits, format),
                                floatFormat(Type::F64), Round::RN);
    double value = exact(Function, doubleOf(wide), 0);
    if (value != value)
      return c.launch->nan16;
    return flush(encodeFloat(decodeFloat(bitsOf(value), floatFormat(Type::F64)),
                             format, Round::RN));
  };
  if (typeBytes(type) == 2)
    return map1<uint16_t, uint16_t>(c, in, one);
  map1<uint32_t, uint32_t>(c, in, [&](uint32_t a) {
    return one(uint16_t(a)) | uint32_t(one(uint16_t(a >> 16))) << 16;
  });
}
} // namespace

template <Exec exec>
static Exec only(Instr &) {
  return exec;
}

static constexpr InstructionClass kind = InstructionClass::Special;

static const Form forms[] = {
    {"rcp", "approx ?ftz f32", "d s", kind, only<unary<Approx::Rcp>>},
    {"rcp", "approx ftz f64", "d s", kind, only<unaryWide<Approx::Rcp>>},
    {"rsqrt", "approx ?ftz f32", "d s", kind, only<unary<Approx::Rsqrt>>},
    {"rsqrt", "approx ?ftz f64", "d s", kind, only<unaryWide<Approx::Rsqrt>>},
    {"sqrt", "approx ?ftz f32", "d s", kind, only<unary<Approx::Sqrt>>},
    {"sin", "approx ?ftz f32", "d s", kind, only<unary<Approx::Sin>>},
    {"cos", "approx ?ftz f32", "d s", kind, only<unary<Approx::Cos>>},
    {"lg2", "approx ?ftz f32", "d s", kind, only<unary<Approx::Log2>>},
    {"ex2", "approx ?ftz f32", "d s", kind, only<unary<Approx::Exp2>>},
    {"tanh", "approx f32", "d s", kind, only<unary<Approx::Tanh>>},
    {"ex2", "approx f16|f16x2", "d s", kind, only<halves<Approx::Exp2>>},
    {"ex2", "approx ftz bf16|bf16x2", "d s", kind, only<halves<Approx::Exp2>>},
    {"tanh", "approx f16|f16x2|bf16|bf16x2", "d s", kind,
     only<halves<Approx::Tanh>>},
    {"div", "approx ?ftz f32", "d s s", kind, only<divide>},
    {"div", "full ?ftz f32", "d s s", kind, only<divide>},
};

FormList ptxsim::approximateForms() {
  return {std::begin(forms), std::end(forms)};
}
