//===- Staging.cpp - memory that copies to the device start in -----------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cuda/Staging.h"

#include <algorithm>
#include <cstring>

using namespace optimc::rt;
using namespace optimc::rt::cuda;

static const char preparing[] = "preparing a copy to the device";

optimc_status Staging::fitSlot(Slot &slot, size_t bytes, const Diag &diag) {
  if (!slot.done)
    if (CUresult error = cu->eventCreate(&slot.done, CU_EVENT_DISABLE_TIMING))
      return cu->fail(error, preparing, diag);
  if (slot.size >= bytes)
    return OPTIMC_OK;
  void *memory = nullptr;
  size_t size = std::max<size_t>((bytes + 4095) / 4096 * 4096, 16384);
  if (CUresult error = cu->memAllocHost(&memory, size))
    return cu->fail(error, "allocating page-locked memory", diag);
  if (slot.memory)
    cu->memFreeHost(slot.memory);
  slot.memory = memory;
  slot.size = size;
  return OPTIMC_OK;
}

/// A slot that nothing copies from any more, the smallest that is large enough.
optimc_status Staging::takeSlot(size_t bytes, Slot *&out, const Diag &diag) {
  out = nullptr;
  for (Slot &slot : slots) {
    if (slot.inFlight) {
      CUresult state = cu->eventQuery(slot.done);
      if (state == CUDA_ERROR_NOT_READY)
        continue;
      if (state)
        return cu->fail(state, preparing, diag);
      slot.inFlight = false;
    }
    bool fits = slot.size >= bytes;
    if (fits && (!out || out->size < bytes || slot.size < out->size))
      out = &slot;
    else if (!out)
      out = &slot;
  }
  if (!out && slots.size() < maxSlots) {
    slots.emplace_back();
    out = &slots.back();
  }
  if (!out) {
    out = &*std::min_element(
        slots.begin(), slots.end(),
        [](const Slot &a, const Slot &b) { return a.turn < b.turn; });
    if (CUresult error = cu->eventSynchronize(out->done))
      return cu->fail(error, preparing, diag);
    out->inFlight = false;
  }
  return fitSlot(*out, bytes, diag);
}

optimc_status Staging::copy(uint64_t to, const void *from, size_t bytes,
                            CUstream stream, const Diag &diag) {
  if (bytes == 0)
    return OPTIMC_OK;
  Slot *slot;
  if (optimc_status s = takeSlot(bytes, slot, diag))
    return s;
  memcpy(slot->memory, from, bytes);
  slot->turn = ++turns;
  CUresult error = cu->memcpyHtoDAsync(to, slot->memory, bytes, stream);
  if (!error) {
    error = cu->eventRecord(slot->done, stream);
    // Without its event the copy can only be waited for.
    slot->inFlight = !error;
    if (error)
      cu->streamSynchronize(stream);
  }
  return error ? cu->fail(error, "copying tables to the device", diag)
               : OPTIMC_OK;
}

void Staging::close() {
  for (Slot &slot : slots) {
    if (slot.memory)
      cu->memFreeHost(slot.memory);
    if (slot.done)
      cu->eventDestroy(slot.done);
  }
  slots.clear();
}
