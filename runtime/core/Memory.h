//===- Memory.h - where buffers are ----------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_MEMORY_H
#define OPTIMC_RUNTIME_CORE_MEMORY_H

#include "core/Error.h"

#include <vector>

namespace optimc::rt {

/// The memory that an optimizer's buffers are in: the host's, or a device's,
/// which only copies reach.
class Memory {
public:
  virtual ~Memory() = default;

  virtual bool isHost() const = 0;
  /// 64-byte aligned; a device's is zero. `what` is for the complaint: "state
  /// 'exp_avg' of tensor 'w'".
  virtual optimc_status allocate(int64_t bytes, const std::string &what,
                                 void *&out, const Diag &diag) = 0;
  virtual void release(void *memory) = 0;
  /// Complains about a pointer that cannot be in this memory. Not null.
  virtual optimc_status checkAddress(const void *data, const char *stream,
                                     const char *tensor,
                                     const Diag &diag) const = 0;
  /// Between this memory and the host's; done, and what was submitted before
  /// it, when the call returns (`write`, `clear`: as far as anybody can tell).
  virtual optimc_status read(void *to, const void *from, int64_t bytes,
                             const Diag &diag) = 0;
  virtual optimc_status write(void *to, const void *from, int64_t bytes,
                              const Diag &diag) = 0;
  virtual optimc_status clear(void *to, int64_t bytes, const Diag &diag) = 0;

  /// The bytes at `data` for the host to read: themselves, or a copy in
  /// `scratch`.
  optimc_status view(const void *data, int64_t bytes,
                     std::vector<char> &scratch, const void *&out,
                     const Diag &diag) {
    out = data;
    if (isHost() || bytes == 0)
      return OPTIMC_OK;
    scratch.resize(bytes);
    out = scratch.data();
    return read(scratch.data(), data, bytes, diag);
  }
  /// Where the host may write what then goes to `data`.
  void *place(void *data, int64_t bytes, std::vector<char> &scratch) const {
    if (isHost() || bytes == 0)
      return data;
    scratch.resize(bytes);
    return scratch.data();
  }
};

Memory &hostMemory();

/// Gives memory back to where it came from.
struct FreeMemory {
  Memory *memory = &hostMemory();
  void operator()(void *data) const { memory->release(data); }
};

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_MEMORY_H
