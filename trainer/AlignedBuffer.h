//===- AlignedBuffer.h - 64-byte aligned floats -----------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_ALIGNEDBUFFER_H
#define OPTIMC_TRAINER_ALIGNEDBUFFER_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

namespace optimc::trainer {

/// A fixed number of floats, zero at first, on a cache line boundary.
class AlignedBuffer {
public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(int64_t count)
      : count(count),
        memory(static_cast<float *>(::operator new(
            sizeof(float) * static_cast<size_t>(count), alignment))) {
    clear();
  }
  float *data() { return memory.get(); }
  const float *data() const { return memory.get(); }
  int64_t size() const { return count; }
  void clear() { std::memset(memory.get(), 0, sizeof(float) * count); }

private:
  static constexpr std::align_val_t alignment{64};
  struct Free {
    void operator()(float *p) const { ::operator delete(p, alignment); }
  };
  int64_t count = 0;
  std::unique_ptr<float, Free> memory;
};

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_ALIGNEDBUFFER_H
