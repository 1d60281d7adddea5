//===- Schedules.cpp - scalars that change with the step --------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedules.h"
#include "Scalars.h"

using namespace optimc::interp;
using optimc::optim::ScheduleKind;

/// The ends of a ramp are exact, and the end wins where both hold (T = 0).
static double clampRamp(double interior, double s, double a, double b,
                        double duration) {
  if (s >= duration)
    return b;
  return s <= 0 || a == b ? a : interior;
}

static double linear(double s, double a, double b, double duration) {
  double x = s / duration;
  return clampRamp(a + (b - a) * x, s, a, b, duration);
}

static double halfLife(double s, double a, double b, double duration) {
  double x = s / duration;
  double r = (1 - x) / logF64(a) + x / logF64(b);
  return clampRamp(expF64(1 / r), s, a, b, duration);
}

static double cosine(double s, double a, double b, double duration) {
  constexpr double pi = 3.14159265358979323846;
  double x = s / duration;
  double half = (1 + cosF64(pi * x)) * 0.5;
  return clampRamp(b + (a - b) * half, s, a, b, duration);
}

static double exponential(double s, double a, double b, double duration) {
  double x = s / duration;
  return clampRamp(a * powF64(b / a, x), s, a, b, duration);
}

static double polynomial(double s, double a, double b, double duration,
                         double power) {
  double x = s / duration;
  return clampRamp(b + (a - b) * powF64(1 - x, power), s, a, b, duration);
}

static double invSqrt(double s, double a, double duration) {
  if (duration <= 0)
    return a / std::sqrt(maximum(s, 1.0));
  if (s <= 0)
    return 0;
  return a * minimum(s / duration, std::sqrt(duration / s));
}

static double wsd(double s, llvm::ArrayRef<double> args) {
  double a = args[0], b = args[1], c = args[2];
  double warmup = args[3], stable = args[4], decay = args[5];
  if (s < warmup)
    return linear(s, a, b, warmup);
  double start = warmup + stable;
  return s <= start ? b : linear(s - start, b, c, decay);
}

static double oneCycle(double s, llvm::ArrayRef<double> args) {
  double a = args[0], b = args[1], c = args[2];
  double warmup = args[3], decay = args[4];
  return s < warmup ? cosine(s, a, b, warmup) : cosine(s - warmup, b, c, decay);
}

double optimc::interp::evaluateSchedule(ScheduleKind kind, double s,
                                        llvm::ArrayRef<double> args,
                                        unsigned points) {
  switch (kind) {
  case ScheduleKind::Constant:
    return args[0];
  case ScheduleKind::Linear:
    return linear(s, args[0], args[1], args[2]);
  case ScheduleKind::HalfLife:
    return halfLife(s, args[0], args[1], args[2]);
  case ScheduleKind::Cosine:
    return cosine(s, args[0], args[1], args[2]);
  case ScheduleKind::Exponential:
    return exponential(s, args[0], args[1], args[2]);
  case ScheduleKind::Polynomial:
    return polynomial(s, args[0], args[1], args[2], args[3]);
  case ScheduleKind::InvSqrt:
    return invSqrt(s, args[0], args[1]);
  case ScheduleKind::Step:
    return args[0] * powF64(args[1], std::floor(maximum(s, 0.0) / args[2]));
  case ScheduleKind::WSD:
    return wsd(s, args);
  case ScheduleKind::OneCycle:
    return oneCycle(s, args);
  case ScheduleKind::Piecewise:
  case ScheduleKind::Join: {
    double value = args[0];
    for (unsigned i = 1; i < points; ++i)
      if (s >= args[points + i - 1])
        value = args[i];
    return value;
  }
  }
  llvm_unreachable("unknown schedule");
}
