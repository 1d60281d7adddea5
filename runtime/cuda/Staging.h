//===- Staging.h - memory that copies to the device start in ----*- C++ -*
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CUDA_STAGING_H
#define OPTIMC_RUNTIME_CUDA_STAGING_H

#include "cuda/Driver.h"

#include <vector>

namespace optimc::rt::cuda {

/// Page-locked buffers, used again when the copy from them is done. The host
/// waits only when it is eight copies ahead of the device.
class Staging {
public:
  void open(const Driver &driver) { cu = &driver; }
  /// The context is current.
  void close();

  optimc_status copy(uint64_t to, const void *from, size_t bytes,
                     CUstream stream, const Diag &diag);

private:
  struct Slot {
    void *memory = nullptr;
    size_t size = 0;
    CUevent done = nullptr;
    bool inFlight = false;
    uint64_t turn = 0;
  };
  static constexpr size_t maxSlots = 8;

  optimc_status takeSlot(size_t bytes, Slot *&out, const Diag &diag);
  optimc_status fitSlot(Slot &slot, size_t bytes, const Diag &diag);

  const Driver *cu = nullptr;
  std::vector<Slot> slots;
  uint64_t turns = 0;
};

} // namespace optimc::rt::cuda

#endif // OPTIMC_RUNTIME_CUDA_STAGING_H
