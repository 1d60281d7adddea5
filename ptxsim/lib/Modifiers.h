//===- Modifiers.h - what each modifier means -------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_MODIFIERS_H
#define PTXSIM_LIB_MODIFIERS_H

#include "Program.h"

namespace ptxsim {

/// Records one modifier ("rn", "ftz", "f32"). The first, second and third type
/// name go to Mods::type, type2 and type3.
void applyModifier(std::string_view name, Mods &mods);

} // namespace ptxsim

#endif // PTXSIM_LIB_MODIFIERS_H
