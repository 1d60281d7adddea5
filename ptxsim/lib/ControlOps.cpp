//===- ControlOps.cpp - branches, barriers and fences -----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Exec.h"
#include "HappensBefore.h"

using namespace ptxsim;

// What control flow and barriers do is in Interpreter*.cpp and Barriers.cpp;
// here is their syntax.

namespace {
void nothing(ExecContext &, const Instr &) {}
void fence(ExecContext &c, const Instr &in) {
  // One of block scope orders nothing between blocks.
  if (in.mods.scope != Scope::Block)
    noteFence(c);
}
} // namespace

template <Exec exec>
static Exec only(Instr &) {
  return exec;
}

/// All threads of a warp execute bar together; barrier says so with .aligned.
static Exec alignedBarrier(Instr &in) {
  in.mods.aligned = true;
  return nothing;
}

static constexpr InstructionClass control = InstructionClass::Control;
static constexpr InstructionClass barrier = InstructionClass::Barrier;

static const Form forms[] = {
    {"bra", "?uni", "L", control, nullptr, Flow::Branch},
    {"brx", "idx ?uni", "s:u32 T", control, nullptr, Flow::BranchIndexed},
    {"call", "?uni", "", control, nullptr, Flow::Call},
    {"ret", "?uni", "", control, nullptr, Flow::Return},
    {"exit", "", "", control, nullptr, Flow::Exit},
    {"trap", "", "", control, nullptr, Flow::Trap},
    {"nanosleep", "u32", "s", control, only<nothing>},
    {"griddepcontrol", "launch_dependents|wait", "", control, only<nothing>},

    {"bar", "?cta sync", "s:u32 s:u32?", barrier, alignedBarrier,
     Flow::Barrier},
    {"bar", "?cta arrive", "s:u32 s:u32", barrier, alignedBarrier,
     Flow::Barrier},
    {"bar", "?cta red popc u32", "d s s? !", barrier, alignedBarrier,
     Flow::Barrier},
    {"bar", "?cta red and|or pred", "d s:u32 s:u32? !", barrier, alignedBarrier,
     Flow::Barrier},
    {"barrier", "?cta sync ?aligned", "s:u32 s:u32?", barrier, nullptr,
     Flow::Barrier},
    {"barrier", "?cta arrive ?aligned", "s:u32 s:u32", barrier, nullptr,
     Flow::Barrier},
    {"barrier", "?cta red popc ?aligned u32", "d s s? !", barrier, nullptr,
     Flow::Barrier},
    {"barrier", "?cta red and|or ?aligned pred", "d s:u32 s:u32? !", barrier,
     nullptr, Flow::Barrier},
    {"membar", "cta|gl|sys", "", barrier, only<fence>},
    {"fence", "?sc|acq_rel cta|cluster|gpu|sys", "", barrier, only<fence>},
};

FormList ptxsim::controlForms() { return {std::begin(forms), std::end(forms)}; }
