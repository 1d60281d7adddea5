//===- Fault.cpp - fault messages -------------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptxsim/Fault.h"
#include "Machine.h"

using namespace ptxsim;

const char *ptxsim::faultKindName(FaultKind kind) {
  switch (kind) {
  case FaultKind::OutOfBounds:
    return "out-of-bounds access";
  case FaultKind::UseAfterFree:
    return "use after free";
  case FaultKind::Misaligned:
    return "misaligned access";
  case FaultKind::UninitialisedRegister:
    return "uninitialised register";
  case FaultKind::UninitialisedMemory:
    return "uninitialised memory";
  case FaultKind::ReadOnlyWrite:
    return "write to read-only memory";
  case FaultKind::DataRace:
    return "data race";
  case FaultKind::NonCoherentRead:
    return "non-coherent read of written memory";
  case FaultKind::DivergentBarrier:
    return "divergent barrier";
  case FaultKind::Deadlock:
    return "deadlock";
  case FaultKind::InvalidMask:
    return "invalid member mask";
  case FaultKind::InvalidOperand:
    return "invalid operand";
  case FaultKind::InstructionBudget:
    return "instruction budget exceeded";
  case FaultKind::StackOverflow:
    return "stack overflow";
  case FaultKind::Trap:
    return "trap";
  case FaultKind::MissingReturn:
    return "missing return";
  }
  return "";
}

static std::string text(const Dim3 &d) {
  return "(" + std::to_string(d.x) + "," + std::to_string(d.y) + "," +
         std::to_string(d.z) + ")";
}

static std::string text(const FaultParty &party) {
  return "line " + std::to_string(party.line) + " (" + party.lineText +
         "), block " + text(party.where.block) + ", thread " +
         text(party.where.thread);
}

std::string Fault::str() const {
  std::string message = std::string(faultKindName(kind)) + " in '" + kernel +
                        "' at " + text(at) + ": " + detail;
  if (other)
    message += "\n  the other thread: " + text(*other);
  return message;
}

Dim3 ptxsim::threadIndex(const LaunchState &launch, uint32_t linear) {
  const Dim3 &dim = launch.blockDim;
  return {linear % dim.x, linear / dim.x % dim.y, linear / dim.x / dim.y};
}

InstrCounters &ptxsim::countersOf(const ExecContext &c, const Instr &in) {
  const Function &f = *c.frame->function;
  size_t index = static_cast<size_t>(&f - c.launch->program->functions.data());
  return c.launch
      ->instrCounters[index][static_cast<size_t>(&in - f.code.data())];
}

FaultParty ptxsim::makeParty(const LaunchState &launch, uint32_t blockLinear,
                             uint32_t thread, uint32_t line) {
  FaultParty party;
  party.where.block = {blockLinear % launch.grid.x,
                       blockLinear / launch.grid.x % launch.grid.y,
                       blockLinear / launch.grid.x / launch.grid.y};
  party.where.thread = threadIndex(launch, thread);
  party.line = line;
  party.lineText = std::string(launch.module->lineText(line));
  return party;
}

void ExecContext::fault(FaultKind kind, unsigned lane, std::string detail,
                        uint64_t address) const {
  if (launch->fault)
    return;
  Fault fault;
  fault.kind = kind;
  fault.kernel = launch->kernel->name;
  fault.at = makeParty(*launch, block->linear, warp->index * warpSize + lane,
                       instr->line);
  fault.address = address;
  fault.detail = std::move(detail);
  launch->fault = std::move(fault);
}

void ExecContext::faultWith(FaultKind kind, unsigned lane, std::string detail,
                            uint64_t address, FaultParty other) const {
  if (launch->fault)
    return;
  fault(kind, lane, std::move(detail), address);
  launch->fault->other = std::move(other);
}
