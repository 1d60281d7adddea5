//===- ByteSet.h - which bytes of a memory were written ---------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_BYTESET_H
#define PTXSIM_LIB_BYTESET_H

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace ptxsim {

/// One bit per byte, initially unset; the storage of large sets is not touched
/// before it is needed.
class ByteSet {
public:
  ByteSet() = default;
  ~ByteSet() { std::free(bits); }
  ByteSet(const ByteSet &) = delete;
  ByteSet &operator=(const ByteSet &) = delete;

  /// Makes a set of `size` unset bytes; false when memory is short.
  bool reset(uint64_t size) {
    std::free(bits);
    words = (size + 63) / 64;
    bits = static_cast<uint64_t *>(std::calloc(words + 1, 8));
    return bits;
  }
  void clear() { std::memset(bits, 0, words * 8); }

  void swap(ByteSet &other) {
    std::swap(bits, other.bits);
    std::swap(words, other.words);
  }

  void set(uint64_t at, uint64_t count) {
    forWords(at, count, [](uint64_t &word, uint64_t mask) {
      word |= mask;
      return true;
    });
  }
  void unset(uint64_t at, uint64_t count) {
    forWords(at, count, [](uint64_t &word, uint64_t mask) {
      word &= ~mask;
      return true;
    });
  }
  bool all(uint64_t at, uint64_t count) const {
    return forWords(at, count, [](uint64_t &word, uint64_t mask) {
      return (word & mask) == mask;
    });
  }
  bool test(uint64_t at) const { return bits[at / 64] >> (at % 64) & 1; }

private:
  template <typename F>
  bool forWords(uint64_t at, uint64_t count, F &&f) const {
    while (count) {
      unsigned shift = at % 64;
      uint64_t part = count < 64 - shift ? count : 64 - shift;
      uint64_t mask =
          part == 64 ? ~uint64_t(0) : ((uint64_t(1) << part) - 1) << shift;
      if (!f(bits[at / 64], mask))
        return false;
      at += part;
      count -= part;
    }
    return true;
  }

  uint64_t *bits = nullptr;
  uint64_t words = 0;
};

} // namespace ptxsim

#endif // PTXSIM_LIB_BYTESET_H
