//===- Modifiers.cpp - what each modifier means -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Modifiers.h"

using namespace ptxsim;

using Apply = void (*)(Mods &);
#define SET(FIELD, VALUE) [](Mods &m) { m.FIELD = VALUE; }

// Modifiers without an entry are hints: caching, eviction, prefetch sizes.
static const std::unordered_map<std::string_view, Apply> &actions() {
  static const std::unordered_map<std::string_view, Apply> table = {
      {"rn", SET(round, Round::RN)},
      {"rz", SET(round, Round::RZ)},
      {"rm", SET(round, Round::RM)},
      {"rp", SET(round, Round::RP)},
      {"rna", SET(round, Round::RNA)},
      {"rni", SET(round, Round::RNI)},
      {"rzi", SET(round, Round::RZI)},
      {"rmi", SET(round, Round::RMI)},
      {"rpi", SET(round, Round::RPI)},
      {"ftz", SET(ftz, true)},
      {"noftz", SET(noftz, true)},
      {"sat", SET(sat, true)},
      {"satfinite", SET(satfinite, true)},
      {"relu", SET(relu, true)},
      {"NaN", SET(nan, true)},
      {"xorsign", SET(xorsign, true)},
      {"abs", SET(abs, true)},
      {"approx", SET(approx, true)},
      {"full", SET(full, true)},
      {"nc", SET(nonCoherent, true)},
      {"cc", SET(carryOut, true)},
      {"hi", [](Mods &m) { m.high = true, m.compare = Compare::Hi; }},
      {"lo", SET(compare, Compare::Lo)},
      {"wide", SET(wide, true)},
      {"clamp", SET(clamp, true)},
      {"shiftamt", SET(shiftAmount, true)},
      {"to", SET(to, true)},
      {"aligned", SET(aligned, true)},
      {"arrive", SET(arrive, true)},
      {"v2", SET(vector, 2)},
      {"v4", SET(vector, 4)},
      {"v8", SET(vector, 8)},
      {"L2::cache_hint", SET(cacheHint, true)},

      {"eq", SET(compare, Compare::Eq)},
      {"ne", SET(compare, Compare::Ne)},
      {"lt", SET(compare, Compare::Lt)},
      {"le", SET(compare, Compare::Le)},
      {"gt", SET(compare, Compare::Gt)},
      {"ge", SET(compare, Compare::Ge)},
      {"ls", SET(compare, Compare::Ls)},
      {"hs", SET(compare, Compare::Hs)},
      {"equ", SET(compare, Compare::Equ)},
      {"neu", SET(compare, Compare::Neu)},
      {"ltu", SET(compare, Compare::Ltu)},
      {"leu", SET(compare, Compare::Leu)},
      {"gtu", SET(compare, Compare::Gtu)},
      {"geu", SET(compare, Compare::Geu)},
      {"num", SET(compare, Compare::Num)},
      {"nan", SET(compare, Compare::Nan)},

      {"add", SET(operation, Operation::Add)},
      {"min", SET(operation, Operation::Min)},
      {"max", SET(operation, Operation::Max)},
      {"and", SET(operation, Operation::And)},
      {"or", SET(operation, Operation::Or)},
      {"xor", SET(operation, Operation::Xor)},
      {"exch", SET(operation, Operation::Exch)},
      {"cas", SET(operation, Operation::Cas)},
      {"inc", SET(operation, Operation::Inc)},
      {"dec", SET(operation, Operation::Dec)},
      {"popc", SET(operation, Operation::Popc)},

      {"weak", SET(order, Order::Weak)},
      {"volatile", SET(order, Order::Volatile)},
      {"relaxed", SET(order, Order::Relaxed)},
      {"acquire", SET(order, Order::Acquire)},
      {"release", SET(order, Order::Release)},
      {"acq_rel", SET(order, Order::AcquireRelease)},
      {"sc", SET(order, Order::AcquireRelease)},
      {"cta", SET(scope, Scope::Block)},
      {"cluster", SET(scope, Scope::Cluster)},
      {"gpu", SET(scope, Scope::Device)},
      {"gl", SET(scope, Scope::Device)},
      {"sys", SET(scope, Scope::System)},

      {"global", SET(space, StateSpace::Global)},
      {"shared", SET(space, StateSpace::Shared)},
      {"shared::cta", SET(space, StateSpace::Shared)},
      {"local", SET(space, StateSpace::Local)},
      {"const", SET(space, StateSpace::Const)},
      {"param", SET(space, StateSpace::Param)},
      {"param::entry", SET(space, StateSpace::Param)},
      {"param::func", SET(space, StateSpace::Param)},

      {"up", SET(mode, Mode::Up)},
      {"down", SET(mode, Mode::Down)},
      {"bfly", SET(mode, Mode::Butterfly)},
      {"idx", SET(mode, Mode::Index)},
      {"all", SET(mode, Mode::All)},
      {"any", SET(mode, Mode::Any)},
      {"uni", SET(mode, Mode::Uniform)},
      {"ballot", SET(mode, Mode::Ballot)},
      {"l", SET(mode, Mode::Left)},
      {"r", SET(mode, Mode::Right)},
      {"f4e", SET(mode, Mode::F4e)},
      {"b4e", SET(mode, Mode::B4e)},
      {"rc8", SET(mode, Mode::Rc8)},
      {"ecl", SET(mode, Mode::Ecl)},
      {"ecr", SET(mode, Mode::Ecr)},
      {"rc16", SET(mode, Mode::Rc16)},
      {"finite", SET(mode, Mode::Finite)},
      {"infinite", SET(mode, Mode::Infinite)},
      {"number", SET(mode, Mode::Number)},
      {"notanumber", SET(mode, Mode::NotANumber)},
      {"normal", SET(mode, Mode::Normal)},
      {"subnormal", SET(mode, Mode::Subnormal)},
  };
  return table;
}

void ptxsim::applyModifier(std::string_view name, Mods &mods) {
  Type type = parseType(name);
  if (type != Type::None) {
    (mods.type == Type::None    ? mods.type
     : mods.type2 == Type::None ? mods.type2
                                : mods.type3) = type;
    return;
  }
  auto action = actions().find(name);
  if (action != actions().end())
    action->second(mods);
}
