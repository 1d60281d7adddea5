//===- InterpretControl.cpp - branches, calls and exits ---------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AsyncCopy.h"
#include "Engine.h"

using namespace ptxsim;

/// The lanes of a mask leave the group and go on elsewhere.
void Engine::splitOff(Group &group, uint32_t mask, const Instr *pc) {
  if (!mask)
    return;
  Group other = group;
  other.mask = mask;
  other.pc = pc;
  other.state = Group::State::Ready;
  group.mask &= ~mask;
  c.warp->groups.push_back(other);
}

bool Engine::branch(Group &group, const Instr &in, uint32_t mask) {
  const Instr *target = &group.frame->function->code[in.target];
  bool diverges = mask != group.mask;
  if (diverges)
    splitOff(group, group.mask & ~mask, &in + 1);
  group.pc = target;
  // Alone in the warp there is nobody to wait for.
  return !diverges && c.warp->groups.size() == 1;
}

bool Engine::branchIndexed(Group &group, const Instr &in, uint32_t mask) {
  const Function &f = *group.frame->function;
  const std::vector<uint32_t> &table = f.tables[static_cast<size_t>(in.imm)];
  if (launch.options->checks.uninitialisedRegisters && !checkReads(in, mask))
    return false;
  const uint32_t *selected = c.src<uint32_t>(in);
  splitOff(group, group.mask & ~mask, &in + 1);
  while (mask) {
    unsigned lane = unsigned(__builtin_ctz(mask));
    if (selected[lane] >= table.size()) {
      c.fault(FaultKind::InvalidOperand, lane,
              "brx.idx with index " + std::to_string(selected[lane]) +
                  " into " + std::to_string(table.size()) + " targets");
      return false;
    }
    uint32_t same = 0;
    forLanes(mask, [&](unsigned other) {
      same |= uint32_t(selected[other] == selected[lane]) << other;
    });
    mask &= ~same;
    const Instr *target = &f.code[table[selected[lane]]];
    if (mask)
      splitOff(group, same, target);
    else
      group.pc = target;
  }
  return c.warp->groups.size() == 1;
}

bool Engine::reserveLocal(Warp &warp, uint64_t bytes) {
  constexpr uint64_t most = 512 << 10; // per thread, as on devices
  if (bytes > most)
    return false;
  if (bytes <= warp.localStride)
    return true;
  uint64_t stride = std::max<uint64_t>(bytes, warp.localStride * 2);
  std::vector<uint8_t> data(stride * warpSize);
  ByteSet initialised;
  initialised.reset(stride * warpSize);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    for (uint64_t i = 0; i < warp.localStride; ++i) {
      data[lane * stride + i] = warp.local[lane * warp.localStride + i];
      if (warp.localInitialised.test(lane * warp.localStride + i))
        initialised.set(lane * stride + i, 1);
    }
  warp.local.swap(data);
  warp.localInitialised.swap(initialised);
  warp.localStride = stride;
  return true;
}

/// One value from a parameter area or register to another, with the knowledge
/// of what is initialised.
void Engine::copyParam(Frame &to, const ParamRange &toRange, Slot toReg,
                       Frame &from, const ParamRange &fromRange, Slot fromReg,
                       uint32_t mask) {
  uint64_t size = toRange.size; // also of a register
  uint64_t toStride = to.function->paramBytes;
  uint64_t fromStride = from.function->paramBytes;
  auto bank = [](Frame &frame, Slot slot) {
    return (slot.offset & Slot::constantBit
                ? const_cast<uint8_t *>(frame.constants)
                : frame.registers) +
           (slot.offset & ~Slot::constantBit);
  };
  bool fromRegister = fromRange.isRegister;
  uint32_t definedLanes = 0;
  forLanes(mask, [&](unsigned lane) {
    const uint8_t *source =
        fromRegister ? bank(from, fromReg) + lane * size
                     : &from.params[lane * fromStride + fromRange.offset];
    bool defined = fromRegister
                       ? from.initialised[fromReg.reg] >> lane & 1
                       : from.paramsInitialised.all(
                             lane * fromStride + fromRange.offset, size);
    definedLanes |= uint32_t(defined) << lane;
    if (toRange.isRegister) {
      std::memcpy(to.registers + toReg.offset + lane * size, source, size);
      return;
    }
    std::memcpy(&to.params[lane * toStride + toRange.offset], source, size);
    for (uint64_t i = 0; i < size; ++i) {
      uint64_t at = lane * toStride + toRange.offset + i;
      bool known = fromRegister ? defined
                                : from.paramsInitialised.test(
                                      lane * fromStride + fromRange.offset + i);
      known ? to.paramsInitialised.set(at, 1)
            : to.paramsInitialised.unset(at, 1);
    }
  });
  if (toRange.isRegister) {
    uint32_t &lanes = to.initialised[toReg.reg];
    lanes = (lanes & ~mask) | definedLanes;
  }
}

bool Engine::call(Group &group, const Instr &in, uint32_t mask) {
  Frame &caller = *group.frame;
  const CallSite &site = caller.function->calls[static_cast<size_t>(in.imm)];
  const Function &callee = launch.program->functions[site.callee];
  Warp &warp = *c.warp;
  if (launch.options->checks.uninitialisedRegisters && !checkReads(in, mask))
    return false;
  uint64_t localBase = caller.localBase + caller.function->localBytes;
  constexpr uint32_t maxDepth = 1024;
  if (caller.depth + 1 >= maxDepth ||
      !reserveLocal(warp, localBase + callee.localBytes)) {
    c.fault(FaultKind::StackOverflow, unsigned(__builtin_ctz(mask)),
            "calls of '" + callee.name + "' are nested " +
                std::to_string(caller.depth + 1) + " deep");
    return false;
  }
  splitOff(group, group.mask & ~mask, &in + 1);
  if (warp.spareFrames.empty())
    warp.spareFrames.push_back(std::make_unique<Frame>());
  warp.frames.push_back(std::move(warp.spareFrames.back()));
  warp.spareFrames.pop_back();
  Frame &frame = *warp.frames.back();
  frame.enter(callee, launch.constants[site.callee].data(), mask);
  frame.caller = &caller;
  frame.callInstr = &in;
  frame.depth = caller.depth + 1;
  frame.localBase = localBase;
  forLanes(mask, [&](unsigned lane) {
    warp.localInitialised.unset(lane * warp.localStride + localBase,
                                callee.localBytes);
  });
  for (size_t i = 0; i < site.arguments.size(); ++i)
    copyParam(frame, callee.params[i], callee.paramRegs[i], caller,
              site.arguments[i], site.argumentRegs[i], mask);
  group.frame = &frame;
  group.pc = callee.code.data();
  enter(group);
  return c.warp->groups.size() == 1;
}

bool Engine::returnFrom(Group &group, const Instr &in, uint32_t mask) {
  Frame &frame = *group.frame;
  if (!frame.caller)
    return exitThreads(group, mask);
  splitOff(group, group.mask & ~mask, &in + 1);
  Frame &caller = *frame.caller;
  const CallSite &site =
      caller.function->calls[static_cast<size_t>(frame.callInstr->imm)];
  for (size_t i = 0; i < site.results.size(); ++i)
    copyParam(caller, site.results[i], site.resultRegs[i], frame,
              frame.function->returns[i], frame.function->returnRegs[i], mask);
  group.frame = &caller;
  group.pc = frame.callInstr + 1;
  frame.live &= ~mask;
  if (frame.live == 0) {
    std::vector<std::unique_ptr<Frame>> &frames = c.warp->frames;
    for (size_t i = frames.size(); i-- > 0;)
      if (frames[i].get() == &frame) {
        c.warp->spareFrames.push_back(std::move(frames[i]));
        frames.erase(frames.begin() + static_cast<ptrdiff_t>(i));
        break;
      }
  }
  enter(group);
  return c.warp->groups.size() == 1;
}

bool Engine::exitThreads(Group &group, uint32_t mask) {
  if (!c.warp->copies.empty()) {
    c.mask = mask;
    finishCopies(c, mask, 0, true);
  }
  c.warp->exited |= mask;
  c.block->exitedThreads += unsigned(__builtin_popcount(mask));
  for (Frame *frame = group.frame; frame; frame = frame->caller)
    frame->live &= ~mask;
  group.mask &= ~mask;
  ++group.pc;
  waitersChanged = true;
  return group.mask != 0;
}
