//===- WarpMemoryAccess.cpp - all lanes of an access at once --------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MemoryAccess.h"

using namespace ptxsim;

// What is checked here for a whole warp is what MemoryAccess.cpp checks lane by
// lane; whatever does not pass is left to it, with its message.

/// The object that an address is in, with its bounds.
bool MemoryAccess::findView(uint64_t address) {
  LaunchState &launch = *c.launch;
  place = Place();
  place.space = space;
  bool generic = space == StateSpace::Generic;
  uint64_t window = 0;
  if (generic) {
    window = address >> 48 << 48;
    place.space = window == sharedWindow  ? StateSpace::Shared
                  : window == localWindow ? StateSpace::Local
                  : window == paramWindow ? StateSpace::Param
                                          : StateSpace::Global;
  }
  switch (place.space) {
  case StateSpace::Shared:
    view = {c.block->shared.data(), window, c.block->shared.size(), 0};
    place.initialised = &c.block->sharedInitialised;
    return true;
  case StateSpace::Local:
    view = {c.warp->local.data(), window,
            c.frame->localBase + c.frame->function->localBytes,
            c.warp->localStride};
    place.initialised = &c.warp->localInitialised;
    return true;
  case StateSpace::Param: {
    const Function &f = *c.frame->function;
    if ((generic || f.isEntry) && address - window < launch.params.size()) {
      view = {launch.params.data(), window, launch.params.size(), 0};
      return use == Use::Load;
    }
    view = {c.frame->params.data(), 0, f.paramBytes, f.paramBytes};
    place.initialised = &c.frame->paramsInitialised;
    return !generic;
  }
  default:
    Allocation *a = launch.memory->lookup(address);
    if (!a || !a->live || (use != Use::Load && a->readOnly))
      return false;
    view = {a->data, a->address, a->size, 0};
    place.allocation = a;
    return true;
  }
}

bool MemoryAccess::areInitialised(uint64_t low, uint64_t high) const {
  if (!c.launch->options->checks.uninitialisedMemory ||
      (place.allocation && place.allocation->complete))
    return true;
  const ByteSet *set =
      place.allocation ? &place.allocation->initialised : place.initialised;
  if (!set)
    return true;
  // Mostly the lanes lie close together.
  if (view.laneStride == 0 && high - low < 2048 &&
      set->all(low - view.start, high - low + bytes))
    return true;
  for (uint32_t left = c.mask; left; left &= left - 1)
    if (!set->all(offsetOf(static_cast<unsigned>(__builtin_ctz(left))), bytes))
      return false;
  return true;
}

bool MemoryAccess::prepare(const uint64_t *laneAddresses, bool same) {
  // Strong accesses hand on knowledge, lane by lane.
  if (kind != AccessKind::Plain && kind != AccessKind::NonCoherent)
    return false;
  lanes = laneAddresses;
  uint64_t low = lanes[0], high = lanes[0], all = lanes[0], jumps = 1;
  if (!same) {
    jumps = 0;
    for (unsigned lane = 1; lane < warpSize; ++lane) {
      low = std::min(low, lanes[lane]);
      high = std::max(high, lanes[lane]);
      all |= lanes[lane];
      jumps |= lanes[lane] - lanes[lane - 1] - bytes;
    }
  }
  if ((all & (bytes - 1)) || !findView(low) || view.size < bytes ||
      low < view.start || high - view.start > view.size - bytes ||
      (use == Use::Load && !areInitialised(low, high)))
    return false;
  uniform = low == high && view.laneStride == 0;
  contiguous = jumps == 0 && view.laneStride == 0 && c.mask == ~uint32_t(0);
  count = static_cast<unsigned>(__builtin_popcount(c.mask));
  if (uniform || contiguous)
    return true;
  unsigned at = 0;
  forLanes(c.mask, [&](unsigned lane) {
    // As load() counts them: without the window of a generic address.
    addresses[at++] = place.allocation ? lanes[lane] : lanes[lane] - view.start;
  });
  return true;
}

bool MemoryAccess::raceFaultOfAll(unsigned lane, RaceDetector::Verdict verdict,
                                  const AccessRecord &other) {
  // The lanes after it have done nothing.
  count = static_cast<unsigned>(
      __builtin_popcount(c.mask & ~(~uint32_t(1) << lane)));
  return raceFault(lane, placeOf(lane), verdict, other);
}

bool MemoryAccess::writeContiguous(const uint8_t *data) {
  unsigned lane = warpSize;
  RaceDetector::Verdict verdict = RaceDetector::Verdict::None;
  AccessRecord other;
  if (needsOrder()) {
    ThreadOrder order(*c.block, *c.warp);
    RaceDetector::WarpAccess access(detector(), record(0), order, true);
    verdict = access.accessAll(placeOf(0), bytes, at(0), data, other, lane);
  }
  // Lanes before a conflict have written.
  uint64_t size = uint64_t(lane) * bytes;
  std::memcpy(at(0), data, size);
  if (place.allocation)
    place.allocation->setInitialised(offsetOf(0), size);
  else if (place.initialised)
    place.initialised->set(offsetOf(0), size);
  if (verdict == RaceDetector::Verdict::None)
    return true;
  place.data = at(lane);
  return raceFaultOfAll(lane, verdict, other);
}

bool MemoryAccess::readAll() {
  if (!needsOrder())
    return true;
  ThreadOrder order(*c.block, *c.warp);
  RaceDetector::WarpAccess access(detector(), record(0), order, false);
  AccessRecord other;
  if (contiguous) {
    unsigned lane;
    RaceDetector::Verdict verdict =
        access.accessAll(placeOf(0), bytes, at(0), nullptr, other, lane);
    return verdict == RaceDetector::Verdict::None ||
           raceFaultOfAll(lane, verdict, other);
  }
  for (uint32_t left = c.mask; left; left &= left - 1) {
    unsigned lane = static_cast<unsigned>(__builtin_ctz(left));
    RaceDetector::Verdict verdict =
        access.access(lane, placeOf(lane), bytes, nullptr, nullptr, other);
    if (verdict != RaceDetector::Verdict::None)
      return raceFaultOfAll(lane, verdict, other);
  }
  return true;
}
