//===- Arena.h - memory of small tensors -----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_ARENA_H
#define OPTIMC_RUNTIME_CORE_ARENA_H

#include "core/Memory.h"

#include <memory>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define OPTIMC_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OPTIMC_ASAN 1
#endif
#endif

namespace optimc::rt {

/// Small buffers of the host side by side, in the order in which they are
/// asked for, which is the order of a step: the hardware then fetches a state
/// of the next tensor before anybody asks for it, and few pages hold many of
/// them. Nothing is given back before the arena is.
class Arena {
public:
  /// Larger buffers are not its business.
  static constexpr int64_t maxBytes = 64 * 1024;
  /// Not where the ends of buffers are watched.
#ifdef OPTIMC_ASAN
  static constexpr bool isUsed = false;
#else
  static constexpr bool isUsed = true;
#endif

  /// 64-byte aligned, up to maxBytes.
  optimc_status allocate(int64_t bytes, const std::string &what, void *&out,
                         const Diag &diag);

  struct Mark {
    size_t nSlabs;
    char *at;
    size_t left;
  };
  Mark mark() const { return {slabs.size(), at, left}; }
  /// Takes back what was allocated since.
  void rewind(const Mark &mark);

private:
  std::vector<std::unique_ptr<void, FreeMemory>> slabs;
  char *at = nullptr;
  size_t left = 0;
  size_t slabBytes = maxBytes; // of the next one
};

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_ARENA_H
