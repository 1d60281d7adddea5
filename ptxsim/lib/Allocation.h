//===- Allocation.h - a piece of device memory ------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_ALLOCATION_H
#define PTXSIM_LIB_ALLOCATION_H

#include "ByteSet.h"
#include <memory>
#include <string>

namespace ptxsim {

struct Allocation {
  uint64_t address = 0, size = 0;
  std::string name;
  bool live = true;
  bool readOnly = false;
  /// All bytes are initialised: the set need not be asked.
  bool complete = false;
  uint8_t *data = nullptr;
  ByteSet initialised;

  Allocation() = default;
  Allocation(const Allocation &) = delete;
  Allocation &operator=(const Allocation &) = delete;
  ~Allocation() { std::free(data); }

  bool isInitialised(uint64_t offset, uint64_t bytes) const {
    return complete || initialised.all(offset, bytes);
  }
  void setInitialised(uint64_t offset, uint64_t bytes) {
    if (complete)
      return;
    initialised.set(offset, bytes);
    complete = bytes == size;
  }
};

} // namespace ptxsim

#endif // PTXSIM_LIB_ALLOCATION_H
