//===- VerifySchedules.cpp - constraints on schedules -----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Diagnostics.h"
#include "llvm/ADT/DenseMap.h"
#include <cmath>

using namespace mlir;
using namespace optimc::optim;
using namespace optimc::optim::support;

/// What an argument of a schedule is, for its range.
enum class Role { Value, HalfLife, Positive, Duration, Cycle, Boundary };

/// The roles in the order of the text; points first for piecewise kinds.
static SmallVector<Role> getRoles(ScheduleKind kind, size_t points) {
  switch (kind) {
  case ScheduleKind::Constant:
    return {Role::Value};
  case ScheduleKind::Linear:
  case ScheduleKind::Cosine:
    return {Role::Value, Role::Value, Role::Duration};
  case ScheduleKind::HalfLife:
    return {Role::HalfLife, Role::HalfLife, Role::Duration};
  case ScheduleKind::Exponential:
    return {Role::Positive, Role::Positive, Role::Duration};
  case ScheduleKind::Polynomial:
    return {Role::Value, Role::Value, Role::Duration, Role::Positive};
  case ScheduleKind::InvSqrt:
    return {Role::Value, Role::Duration};
  case ScheduleKind::Step:
    return {Role::Value, Role::Value, Role::Cycle};
  case ScheduleKind::WSD:
    return {Role::Value,    Role::Value,    Role::Value,
            Role::Duration, Role::Duration, Role::Duration};
  case ScheduleKind::OneCycle:
    return {Role::Value, Role::Value, Role::Value, Role::Duration,
            Role::Duration};
  case ScheduleKind::Piecewise:
  case ScheduleKind::Join:
    break;
  }
  SmallVector<Role> roles(points, Role::Value);
  roles.append(points - 1, Role::Boundary);
  return roles;
}

static StringRef describe(Role role) {
  switch (role) {
  case Role::Value:
  case Role::Boundary:
    return "finite";
  case Role::HalfLife:
    return "a decay in [0, 1]";
  case Role::Positive:
    return "positive and finite";
  case Role::Duration:
    return "0 or more steps";
  case Role::Cycle:
    return "1 or more steps";
  }
  llvm_unreachable("unknown role");
}

static bool allows(Role role, double value) {
  switch (role) {
  case Role::Value:
  case Role::Boundary:
    return std::isfinite(value);
  case Role::HalfLife:
    return value >= 0 && value <= 1;
  case Role::Positive:
    return value > 0 && std::isfinite(value);
  case Role::Duration:
    return value >= 0 && std::isfinite(value);
  case Role::Cycle:
    return value >= 1 && std::isfinite(value);
  }
  llvm_unreachable("unknown role");
}

LogicalResult ScheduleOp::verify() {
  StringRef kind = stringifyScheduleKind(getKind());
  if (failed(verifyMixedList(*this, getArgs(), getLiterals(), // schedule_c3
                             "'schedule' arguments")))
    return failure();
  bool isPiecewise =
      getKind() == ScheduleKind::Piecewise || getKind() == ScheduleKind::Join;
  size_t given = getLiterals().size() - getHasAfter();
  // The checks keep hostile counts out of the arithmetic below.
  int64_t points = int32_t(getNPoints());
  if (isPiecewise ? points < 2 : points != 0) // schedule_c4
    return errorAt(getLoc())
           << "'schedule " << kind << "' "
           << (isPiecewise ? "chooses among two or more values, but has "
                           : "is not a list of values, but has ")
           << points;
  if (isPiecewise && given != size_t(2 * points - 1)) // schedule_c5
    return errorAt(getLoc())
           << "'schedule " << kind << "' of " << points << " values needs "
           << points - 1 << (points == 2 ? " boundary" : " boundaries")
           << " after 'at', but has " << int64_t(given) - points;
  SmallVector<Role> roles = getRoles(getKind(), points);
  if (given != roles.size()) // schedule_c3
    return errorAt(getLoc()) << "'schedule " << kind << "' takes "
                             << roles.size() << " arguments, but has " << given;
  if (getHasAfter())
    roles.push_back(Role::Value);

  double lastBoundary = -INFINITY;
  llvm::DenseMap<Attribute, unsigned> spelled;
  for (auto [role, argument] : llvm::zip(roles, getMixedArgs())) {
    if (failed(verifyScalar(*this, dyn_cast<Value>(argument), // schedule_c2
                            "'schedule' argument")))
      return failure();
    auto literal =
        dyn_cast_if_present<NumberAttr>(dyn_cast<Attribute>(argument));
    Role each = role;
    if (failed(verifyLiteral( // schedule_c6
            *this, literal, ("'schedule " + kind + "' argument").str(),
            [each](double value) { return allows(each, value); },
            describe(role), literal ? spelled[literal]++ : 0)))
      return failure();
    if (role != Role::Boundary || !literal)
      continue;
    if (literal.getValue() <= lastBoundary) // schedule_c7
      return errorAt(getTokenLoc(*this, literal.getSpelling(),
                                 spelled[literal] - 1))
             << "boundaries of 'schedule " << kind << "' increase, but "
             << literal.getSpelling() << " follows "
             << NumberAttr::get(getContext(), lastBoundary).getSpelling();
    lastBoundary = literal.getValue();
  }
  return success();
}
