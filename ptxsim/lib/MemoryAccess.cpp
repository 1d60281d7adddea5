//===- MemoryAccess.cpp - checked access of one instruction to memory -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MemoryAccess.h"
#include <algorithm>

using namespace ptxsim;

static uint8_t nowhere[64]; // zeros

MemoryAccess::MemoryAccess(const ExecContext &context, const Instr &in,
                           StateSpace space, unsigned bytes, Use use)
    : c(context), in(in), space(space), bytes(bytes), use(use),
      checksRaces(context.launch->options->checks.races) {
  if (use == Use::Atomic)
    kind = AccessKind::Atomic;
  else if (in.mods.nonCoherent)
    kind = AccessKind::NonCoherent;
  else if (in.mods.order != Order::Weak)
    kind = AccessKind::Strong;
}

/// The sectors in which accesses begin.
unsigned MemoryAccess::countSectors() {
  if (uniform)
    return 1;
  if (contiguous) // of at most a sector each
    return unsigned((lanes[count - 1] >> 5) - (lanes[0] >> 5) + 1);
  // Neighbours mostly share one or come in order.
  uint64_t sectors[warpSize];
  unsigned distinct = 0;
  bool sorted = true;
  for (unsigned i = 0; i < count; ++i) {
    uint64_t sector = addresses[i] >> 5;
    if (distinct && sectors[distinct - 1] == sector)
      continue;
    sorted &= !distinct || sectors[distinct - 1] < sector;
    sectors[distinct++] = sector;
  }
  if (sorted)
    return distinct;
  std::sort(sectors, sectors + distinct);
  return unsigned(std::unique(sectors, sectors + distinct) - sectors);
}

MemoryAccess::~MemoryAccess() {
  if (!count)
    return;
  unsigned perAccess = (bytes + 31) / 32, distinct = countSectors();
  AccessCounters delta{1, uint64_t(count) * bytes,
                       uint64_t(distinct) * perAccess};
  LaunchState &launch = *c.launch;
  auto &table = use == Use::Load    ? launch.counters.loads
                : use == Use::Store ? launch.counters.stores
                                    : launch.counters.atomics;
  for (AccessCounters *counters :
       {&table[unsigned(place.space)], &countersOf(c, in).access}) {
    counters->accesses += delta.accesses;
    counters->bytes += delta.bytes;
    counters->sectors += delta.sectors;
  }
}

std::string MemoryAccess::describe(uint64_t address) const {
  const LaunchState &launch = *c.launch;
  switch (place.space) {
  case StateSpace::Shared: {
    std::string best = "shared memory + " + std::to_string(address);
    for (size_t i = 0; i < launch.sharedVariables.size(); ++i) {
      const Variable &v = *launch.sharedVariables[i];
      uint64_t offset = launch.sharedOffsets[i];
      if (address >= offset &&
          (address - offset < v.size || (v.isExtern && v.size == 0)))
        best = "shared '" + v.name + "' + " + std::to_string(address - offset);
    }
    return best;
  }
  case StateSpace::Local:
    return "local memory + " + std::to_string(address);
  case StateSpace::Param:
    return "parameter bytes + " + std::to_string(address);
  default:
    return launch.memory->describe(address);
  }
}

bool MemoryAccess::outside(unsigned lane, uint64_t address, std::string what,
                           FaultKind kind) {
  place.data = nullptr;
  if (!c.launch->options->checks.bounds)
    return true;
  const char *verb = use == Use::Load    ? "read of "
                     : use == Use::Store ? "write of "
                                         : "atomic access of ";
  c.fault(kind, lane, verb + std::to_string(bytes) + " bytes at " + what,
          address);
  return false;
}

bool MemoryAccess::locateGlobal(unsigned lane, uint64_t address) {
  Allocation *a = recent;
  if (!a || address - a->address >= a->size)
    a = recent = c.launch->memory->lookup(address);
  if (!a || bytes > a->size - (address - a->address))
    return outside(lane, address,
                   a && a->live ? describe(address) + ", which has " +
                                      std::to_string(a->size) + " bytes"
                                : describe(address));
  if (!a->live)
    return outside(lane, address, describe(address), FaultKind::UseAfterFree);
  if (use != Use::Load && a->readOnly) {
    c.fault(FaultKind::ReadOnlyWrite, lane,
            "'" + a->name + "' is a .const variable", address);
    return false;
  }
  place.offset = address - a->address;
  place.data = a->data + place.offset;
  place.allocation = a;
  return true;
}

/// Formal parameters of a kernel are shared by all threads; those of functions
/// and of calls belong to the frame.
bool MemoryAccess::locateParam(unsigned lane, uint64_t offset, bool generic) {
  LaunchState &launch = *c.launch;
  const Function &f = *c.frame->function;
  if ((generic || f.isEntry) && offset < launch.params.size()) {
    if (bytes > launch.params.size() - offset)
      return outside(lane, offset,
                     describe(offset) + ", of " +
                         std::to_string(launch.params.size()));
    if (use != Use::Load) {
      c.fault(FaultKind::ReadOnlyWrite, lane,
              "the parameters of a kernel cannot be written", offset);
      return false;
    }
    place.data = launch.params.data() + offset;
    return true;
  }
  if (generic || offset >= f.paramBytes || bytes > f.paramBytes - offset)
    return outside(lane, offset,
                   describe(offset) + ", of " + std::to_string(f.paramBytes));
  place.offset = lane * f.paramBytes + offset;
  place.data = c.frame->params.data() + place.offset;
  place.initialised = &c.frame->paramsInitialised;
  return true;
}

/// The common case: the allocation of the lane before, and nothing to report.
bool MemoryAccess::locateRecent(uint64_t address) {
  if (!recent || !recent->live || bytes > recent->size ||
      address - recent->address > recent->size - bytes ||
      (address & (bytes - 1)) || (use != Use::Load && recent->readOnly))
    return false;
  addresses[count++] = address;
  place.offset = address - recent->address;
  place.data = recent->data + place.offset;
  return true;
}

bool MemoryAccess::locate(unsigned lane, uint64_t address) {
  if (locateRecent(address))
    return true;
  LaunchState &launch = *c.launch;
  place = Place();
  place.space = space;
  bool generic = space == StateSpace::Generic;
  if (generic) {
    uint64_t window = address >> 48 << 48;
    place.space = window == sharedWindow  ? StateSpace::Shared
                  : window == localWindow ? StateSpace::Local
                  : window == paramWindow ? StateSpace::Param
                                          : StateSpace::Global;
    if (place.space != StateSpace::Global)
      address -= window;
  }
  if (launch.options->checks.alignment && (address & (bytes - 1))) {
    c.fault(FaultKind::Misaligned, lane,
            std::to_string(bytes) + " bytes at " + describe(address) +
                ", which is not a multiple of " + std::to_string(bytes),
            address);
    return false;
  }
  addresses[count++] = address;
  switch (place.space) {
  case StateSpace::Shared: {
    Block &block = *c.block;
    if (address >= block.shared.size() || bytes > block.shared.size() - address)
      return outside(lane, address,
                     "shared memory + " + std::to_string(address) +
                         ", which has " + std::to_string(block.shared.size()) +
                         " bytes");
    place.offset = address;
    place.data = block.shared.data() + address;
    place.initialised = &block.sharedInitialised;
    return true;
  }
  case StateSpace::Local: {
    Warp &warp = *c.warp;
    uint64_t end = c.frame->localBase + c.frame->function->localBytes;
    if (address >= end || bytes > end - address)
      return outside(lane, address,
                     "local memory + " + std::to_string(address) + ", of " +
                         std::to_string(end) + " bytes in use");
    place.offset = lane * warp.localStride + address;
    place.data = warp.local.data() + place.offset;
    place.initialised = &warp.localInitialised;
    return true;
  }
  case StateSpace::Param:
    return locateParam(lane, address, generic);
  default:
    return locateGlobal(lane, address);
  }
}

bool MemoryAccess::checkInitialised(unsigned lane, uint64_t address) {
  if (place.allocation && place.allocation->complete)
    return true;
  if (!c.launch->options->checks.uninitialisedMemory)
    return true;
  bool known = place.allocation
                   ? place.allocation->isInitialised(place.offset, bytes)
               : place.initialised ? place.initialised->all(place.offset, bytes)
                                   : true;
  if (known)
    return true;
  if (space == StateSpace::Generic && place.space != StateSpace::Global)
    address &= (uint64_t(1) << 48) - 1;
  c.fault(FaultKind::UninitialisedMemory, lane,
          std::to_string(bytes) + " bytes at " + describe(address) +
              " are read, not all of which were written",
          address);
  return false;
}

/// With `data`, what a store is about to write.
bool MemoryAccess::checkRace(unsigned lane, uint64_t address,
                             const uint8_t *data) {
  if (!checksRaces && kind == AccessKind::Plain)
    return true;
  bool isGlobal = place.allocation && !place.allocation->readOnly;
  if (!isGlobal && place.space != StateSpace::Shared)
    return true;
  Warp &warp = *c.warp;
  if (isGlobal && in.mods.scope != Scope::Block &&
      (kind == AccessKind::Strong || kind == AccessKind::Atomic))
    noteSynchronisation(c, lane, address, use != Use::Store, use != Use::Load,
                        in.mods.order);
  if (!checksRaces)
    return true;
  bool sameValue = data && std::memcmp(place.data, data, bytes) == 0;
  AccessRecord other;
  if (!isGlobal)
    address = place.offset;
  RaceDetector::Verdict verdict =
      detector().access(address, bytes, use != Use::Load, sameValue,
                        record(lane), ThreadOrder(*c.block, warp), other);
  return verdict == RaceDetector::Verdict::None ||
         raceFault(lane, address, verdict, other);
}

RaceDetector &MemoryAccess::detector() const {
  return place.allocation ? c.launch->races : c.block->races;
}

AccessRecord MemoryAccess::record(unsigned lane) const {
  AccessRecord now;
  now.block = c.block->linear;
  now.clock = c.warp->clock;
  now.line = in.line;
  now.thread = static_cast<uint16_t>(c.warp->index * warpSize + lane);
  now.kind = kind;
  now.valid = true;
  now.blockScope = in.mods.scope == Scope::Block;
  return now;
}

bool MemoryAccess::raceFault(unsigned lane, uint64_t address,
                             RaceDetector::Verdict verdict,
                             const AccessRecord &other) {
  FaultParty party =
      makeParty(*c.launch, other.block, other.thread, other.line);
  if (verdict == RaceDetector::Verdict::NonCoherent)
    c.faultWith(FaultKind::NonCoherentRead, lane,
                describe(address) + " is read with .nc and written in the "
                                    "same launch",
                address, party);
  else
    c.faultWith(FaultKind::DataRace, lane,
                std::string(use == Use::Load ? "read" : "write") + " of " +
                    std::to_string(bytes) + " bytes at " + describe(address) +
                    " without an order between the two",
                address, party);
  return false;
}

void MemoryAccess::setInitialised() {
  if (place.allocation)
    place.allocation->setInitialised(place.offset, bytes);
  else if (place.initialised)
    place.initialised->set(place.offset, bytes);
}

void MemoryAccess::copyIn(const uint8_t *data) {
  // Known sizes need no call.
  switch (bytes) {
  case 4:
    std::memcpy(place.data, data, 4);
    break;
  case 8:
    std::memcpy(place.data, data, 8);
    break;
  case 16:
    std::memcpy(place.data, data, 16);
    break;
  default:
    std::memcpy(place.data, data, bytes);
  }
}

const uint8_t *MemoryAccess::load(unsigned lane, uint64_t address) {
  if (!locate(lane, address))
    return nullptr;
  if (!place.data)
    return nowhere;
  if (!checkInitialised(lane, address) || !checkRace(lane, address, nullptr))
    return nullptr;
  return place.data;
}

bool MemoryAccess::store(unsigned lane, uint64_t address, const uint8_t *data) {
  if (!locate(lane, address))
    return false;
  if (!place.data)
    return true;
  if (!checkRace(lane, address, data))
    return false;
  copyIn(data);
  setInitialised();
  return true;
}

uint8_t *MemoryAccess::atomic(unsigned lane, uint64_t address) {
  if (!locate(lane, address) || !place.data)
    return nullptr;
  if (!checkInitialised(lane, address) || !checkRace(lane, address, nullptr))
    return nullptr;
  return place.data;
}
