//===- BitKernels.cpp - shifts, carries and bit fields --------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CorpusTest.h"

namespace ptxsim::corpus {
namespace {

PTXSIM_CORPUS_SUITE(BitKernels);

using u128 = unsigned __int128;

TEST_P(BitKernels, FunnelShift) {
  load("funnel_shift");
  const int n = 256;
  std::vector<uint32_t> words = integers<uint32_t>(2 * n);
  std::vector<uint32_t> shifts(n), expected;
  for (int i = 0; i < n; ++i)
    shifts[i] = i < 100 ? i : static_cast<uint32_t>(random());
  Buffer<uint32_t> out = allocate<uint32_t>(6 * n);
  launch({2}, {128}, upload(words), upload(shifts), out);
  for (int i = 0; i < n; ++i) {
    uint32_t low = words[2 * i], s = shifts[i];
    uint64_t pair = uint64_t(words[2 * i + 1]) << 32 | low;
    uint32_t wrapped = s & 31, clamped = s < 32 ? s : 32;
    uint64_t right = pair >> (s & 63), left = pair << (-s & 63);
    expected.insert(expected.end(),
                    {static_cast<uint32_t>(pair << wrapped >> 32),
                     static_cast<uint32_t>(pair >> wrapped),
                     static_cast<uint32_t>(pair << clamped >> 32),
                     static_cast<uint32_t>(pair >> clamped),
                     wrapped ? low << wrapped | low >> (32 - wrapped) : low,
                     static_cast<uint32_t>(right ^ left)});
  }
  expectSame(download(out), expected);
}

TEST_P(BitKernels, CarryChain) {
  load("carry_chain");
  const int n = 64;
  std::vector<uint32_t> x = integers<uint32_t>(4 * n),
                        y = integers<uint32_t>(4 * n), expected;
  for (int i = 0; i < 4 * n; i += 5)
    x[i] = ~0u, y[i] = i % 2;
  Buffer<uint32_t> out = allocate<uint32_t>(13 * n);
  launch({1}, {n}, upload(x), upload(y), out);
  for (int i = 0; i < n; ++i) {
    u128 a = 0, b = 0;
    for (int word = 3; word >= 0; --word) {
      a = a << 32 | x[4 * i + word];
      b = b << 32 | y[4 * i + word];
    }
    u128 factor = y[4 * i];
    u128 low = (a & 0xffffffff) * factor, carry = low >> 32;
    for (u128 value : {a + b, a - b})
      for (int word = 0; word < 4; ++word)
        expected.push_back(static_cast<uint32_t>(value >> 32 * word));
    expected.push_back(static_cast<uint32_t>(low));
    for (int word = 1; word < 4; ++word) {
      carry += (a >> 32 * word & 0xffffffff) * factor;
      expected.push_back(static_cast<uint32_t>(carry));
      carry >>= 32;
    }
    expected.push_back(static_cast<uint32_t>(carry));
  }
  expectSame(download(out), expected);
}

uint64_t reversed(uint64_t value, int width) {
  uint64_t result = 0;
  for (int bit = 0; bit < width; ++bit)
    result |= (value >> bit & 1) << (width - 1 - bit);
  return result;
}

/// The highest bit set, or -1.
int highest(uint64_t value) {
  int bit = -1;
  for (; value; value >>= 1)
    ++bit;
  return bit;
}

uint32_t permuted(uint32_t a, uint32_t b, uint32_t selector) {
  uint64_t bytes = uint64_t(b) << 32 | a;
  uint32_t result = 0;
  for (int i = 0; i < 4; ++i)
    result |= static_cast<uint32_t>(bytes >> 8 * (selector >> 4 * i & 7) & 255)
              << 8 * i;
  return result;
}

TEST_P(BitKernels, BitTricks) {
  load("bit_tricks");
  const int n = 256;
  std::vector<uint32_t> x = integers<uint32_t>(n), y = integers<uint32_t>(n),
                        expected;
  for (int i = 0; i < 33; ++i)
    x[i] = i < 32 ? 1u << i : 0;
  y[32] = 0;
  Buffer<uint32_t> out = allocate<uint32_t>(16 * n);
  launch({2}, {128}, upload(x), upload(y), out);
  for (int i = 0; i < n; ++i) {
    uint32_t a = x[i], b = y[i];
    uint64_t wide = uint64_t(a) << 32 | b;
    auto count = [](uint64_t v) {
      return static_cast<uint32_t>(__builtin_popcountll(v));
    };
    auto first = [](uint64_t v) {
      return static_cast<uint32_t>(__builtin_ffsll(static_cast<long long>(v)));
    };

    // bfe.s32: `length` bits from `start`; bits past the top, and the fill,
    // are copies of the last bit of the field.
    uint32_t start = b & 31, length = b >> 8 & 31;
    uint32_t last = std::min(start + length - 1, 31u);
    bool sign = length && (a >> last & 1);
    uint32_t field = sign ? ~0u : 0;
    for (uint32_t bit = 0; bit < length && start + bit < 32; ++bit) {
      field &= ~(1u << bit);
      field |= (a >> (start + bit) & 1) << bit;
    }

    uint32_t inserted = b, at = b >> 3 & 31;
    for (uint32_t bit = 0; bit < length && at + bit < 32; ++bit) {
      inserted &= ~(1u << (at + bit));
      inserted |= (a >> bit & 1) << (at + bit);
    }

    // lop3 with table 0xd2: bit (a, b, c) of the table.
    uint32_t c = a + b, logic = 0;
    for (int bit = 0; bit < 32; ++bit) {
      int index = (a >> bit & 1) * 4 + (b >> bit & 1) * 2 + (c >> bit & 1);
      logic |= (0xd2u >> index & 1) << bit;
    }

    // bmsk.clamp: `width` ones from bit `from` on.
    uint64_t ones = (uint64_t(1) << std::min(b & 63, 32u)) - 1;
    uint32_t mask = static_cast<uint32_t>(ones << (a & 31));

    uint32_t averages = 0;
    for (int byte = 0; byte < 32; byte += 8)
      averages |= ((a >> byte & 255) + (b >> byte & 255) + 1) / 2 << byte;
    uint32_t halfSum = static_cast<uint32_t>((uint64_t(a) + b) / 2);

    expected.insert(
        expected.end(),
        {count(a) + count(wide),
         static_cast<uint32_t>(31 - highest(a) + 100 * (63 - highest(wide))),
         first(a) + 100 * first(wide), static_cast<uint32_t>(reversed(a, 32)),
         static_cast<uint32_t>(reversed(wide, 64) >> 16),
         permuted(a, b, 0x3715), permuted(a, b, b & 0x7777), a >> 5 & 0x7ff,
         static_cast<uint32_t>(static_cast<int32_t>(a << 9) >> 20), field,
         inserted, static_cast<uint32_t>(highest(a)), logic,
         (a < b ? b - a : a - b) + 5, mask, averages ^ halfSum});
  }
  expectSame(download(out), expected);
}

} // namespace
} // namespace ptxsim::corpus
