//===- Memory.cpp - the host's memory -------------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

using namespace optimc::rt;

namespace {
class HostMemory final : public Memory {
public:
  bool isHost() const override { return true; }

  optimc_status allocate(int64_t count, const std::string &what, void *&out,
                         const Diag &diag) override {
    constexpr size_t hugePage = size_t(2) << 20;
    auto bytes = static_cast<size_t>(count);
    size_t alignment = bytes >= 2 * hugePage ? hugePage : 64;
    if (posix_memalign(&out, alignment, std::max<size_t>(bytes, 64)) != 0) {
      out = nullptr;
      return diag.fail(OPTIMC_OUT_OF_MEMORY, "no memory for %s", what.c_str());
    }
#ifdef MADV_HUGEPAGE
    // Only a hint: streaming over many states misses the TLB less.
    if (alignment == hugePage)
      madvise(out, bytes / hugePage * hugePage, MADV_HUGEPAGE);
#endif
    return OPTIMC_OK;
  }

  void release(void *memory) override { free(memory); }

  optimc_status checkAddress(const void *, const char *, const char *,
                             const Diag &) const override {
    return OPTIMC_OK;
  }

  optimc_status read(void *to, const void *from, int64_t bytes,
                     const Diag &) override {
    if (bytes && to != from)
      memcpy(to, from, bytes);
    return OPTIMC_OK;
  }
  optimc_status write(void *to, const void *from, int64_t bytes,
                      const Diag &diag) override {
    return read(to, from, bytes, diag);
  }
  optimc_status clear(void *to, int64_t bytes, const Diag &) override {
    if (bytes)
      memset(to, 0, bytes);
    return OPTIMC_OK;
  }
};
} // namespace

Memory &optimc::rt::hostMemory() {
  static HostMemory memory;
  return memory;
}
