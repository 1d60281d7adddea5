//===- IntegerKernels.cpp - integer arithmetic ----------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CorpusTest.h"
#include <array>
#include <string>

namespace ptxsim::corpus {
namespace {

PTXSIM_CORPUS_SUITE(IntegerKernels);

using u128 = unsigned __int128;

TEST_P(IntegerKernels, Lcg) {
  load("lcg");
  const uint64_t seed = 0x1234567890abcdef;
  const int n = 96, steps = 10;
  Buffer<uint32_t> small = allocate<uint32_t>(n);
  Buffer<uint64_t> large = allocate<uint64_t>(n);
  launch({3}, {32}, seed, steps, small, large);
  std::vector<uint32_t> expectedSmall;
  std::vector<uint64_t> expectedLarge;
  uint64_t state64 = seed;
  for (uint32_t thread = 0; thread < n; ++thread) {
    uint32_t state32 = static_cast<uint32_t>(seed) + thread;
    for (int step = 0; step < steps; ++step)
      state32 = state32 * 1664525u + 1013904223u;
    expectedSmall.push_back(state32);
    expectedLarge.push_back(state64);
    state64 = state64 * 6364136223846793005u + 1442695040888963407u;
  }
  expectSame(download(small), expectedSmall);
  expectSame(download(large), expectedLarge);
}

TEST_P(IntegerKernels, Philox) {
  load("philox");
  const int n = 64;
  Buffer<uint32_t> bits = allocate<uint32_t>(4 * n);
  Buffer<float> floats = allocate<float>(4 * n);
  // First with the counter and key whose result Random123 publishes.
  launch({1}, {n}, std::array<uint32_t, 2>{0, 0}, 0u, bits, floats);
  std::vector<uint32_t> first = download(bits);
  first.resize(4);
  expectSame(first, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});

  const std::array<uint32_t, 2> key = {0xdeadbeef, 42};
  launch({2}, {n / 2}, key, 7u, bits, floats);
  std::vector<uint32_t> expected;
  std::vector<float> expectedFloats;
  for (uint32_t thread = 0; thread < n; ++thread) {
    std::array<uint32_t, 4> c = {thread, 7, 0, 0};
    std::array<uint32_t, 2> k = key;
    for (int round = 0; round < 10; ++round) {
      uint64_t a = uint64_t(0xD2511F53) * c[0], b = uint64_t(0xCD9E8D57) * c[2];
      c = {static_cast<uint32_t>(b >> 32) ^ c[1] ^ k[0],
           static_cast<uint32_t>(b),
           static_cast<uint32_t>(a >> 32) ^ c[3] ^ k[1],
           static_cast<uint32_t>(a)};
      k[0] += 0x9E3779B9;
      k[1] += 0xBB67AE85;
    }
    for (uint32_t word : c) {
      expected.push_back(word);
      expectedFloats.push_back(static_cast<float>(word >> 8) * 0x1p-24f);
    }
  }
  expectSame(download(bits), expected);
  expectSame(download(floats), expectedFloats);
}

TEST_P(IntegerKernels, Int64Math) {
  load("int64_math");
  const int n = 512;
  std::vector<uint64_t> x = integers<uint64_t>(n), y = integers<uint64_t>(n);
  const uint64_t special[] = {0, 1, ~0ull, 1ull << 63, 63, 1ull << 32, 3};
  for (int i = 0; i < n; i += 3) {
    x[i] = i % 2 ? special[i % 7] : x[i] >> i % 64;
    y[i] = i % 4 ? special[i / 7 % 7] : y[i] >> i % 61;
  }
  Buffer<uint64_t> out = allocate<uint64_t>(14 * n);
  launch({4}, {128}, upload(x), upload(y), out);
  std::vector<uint64_t> expected;
  for (int i = 0; i < n; ++i) {
    uint64_t a = x[i], b = y[i];
    int64_t sa = static_cast<int64_t>(a), sb = static_cast<int64_t>(b);
    bool divides = b != 0 && b != ~0ull;
    __int128 product = static_cast<__int128>(sa) * sb;
    int64_t low = static_cast<int64_t>(static_cast<int32_t>(a)) *
                  static_cast<int64_t>(static_cast<int32_t>(b));
    expected.insert(
        expected.end(),
        {a + b, a - b, a * b, static_cast<uint64_t>((u128(a) * b) >> 64),
         static_cast<uint64_t>(product >> 64), b ? a / b : 0, b ? a % b : 0,
         divides ? static_cast<uint64_t>(sa / sb) : 0,
         divides ? static_cast<uint64_t>(sa % sb) : 0, a << (b & 63),
         static_cast<uint64_t>(sa >> (b & 63)), a >> (b & 63),
         static_cast<uint64_t>(std::min(sa, sb)) ^ std::min(a, b),
         static_cast<uint64_t>(static_cast<uint32_t>(a)) *
                 static_cast<uint32_t>(b) +
             static_cast<uint64_t>(low)});
  }
  expectSame(download(out), expected);
}

TEST_P(IntegerKernels, DotProduct) {
  load("dot_product");
  const int n = 256;
  std::vector<uint32_t> x = integers<uint32_t>(n), y = integers<uint32_t>(n);
  Buffer<int> out = allocate<int>(6 * n);
  launch({2}, {128}, upload(x), upload(y), out);
  std::vector<int> expected;
  for (int i = 0; i < n; ++i) {
    auto byte = [](uint32_t word, int index) {
      return word >> 8 * index & 255;
    };
    auto half = [](uint32_t word, int index) {
      return word >> 16 * index & 65535;
    };
    uint32_t all = i, allUnsigned = i, low = -i, high = -i, lowUnsigned = 7,
             highUnsigned = 7;
    for (int j = 0; j < 4; ++j) {
      all += static_cast<int8_t>(byte(x[i], j)) *
             static_cast<int8_t>(byte(y[i], j));
      allUnsigned += byte(x[i], j) * byte(y[i], j);
    }
    for (int j = 0; j < 2; ++j) {
      int signedHalf = static_cast<int16_t>(half(x[i], j));
      low += signedHalf * static_cast<int8_t>(byte(y[i], j));
      high += signedHalf * static_cast<int8_t>(byte(y[i], j + 2));
      lowUnsigned += half(x[i], j) * byte(y[i], j);
      highUnsigned += half(x[i], j) * byte(y[i], j + 2);
    }
    for (uint32_t value :
         {all, allUnsigned, low, high, lowUnsigned, highUnsigned})
      expected.push_back(static_cast<int>(value));
  }
  expectSame(download(out), expected);
}

TEST_P(IntegerKernels, NarrowTypes) {
  load("narrow_types");
  const int n = 256;
  std::vector<int8_t> x = integers<int8_t>(n);
  std::vector<uint8_t> y = integers<uint8_t>(n);
  std::vector<int16_t> z = integers<int16_t>(n);
  Buffer<int16_t> out = allocate<int16_t>(n);
  Buffer<uint8_t> bytes = allocate<uint8_t>(n);
  Buffer<uint16_t> words = allocate<uint16_t>(n);
  launch({2}, {128}, upload(x), upload(y), upload(z), out, bytes, words);
  std::vector<int16_t> expectedOut;
  std::vector<uint8_t> expectedBytes;
  std::vector<uint16_t> expectedWords;
  for (int i = 0; i < n; ++i) {
    int a = x[i], b = y[i], c = z[i];
    expectedOut.push_back(
        static_cast<int16_t>(a * b - c / (b | 1) + (c % 7) * 8));
    expectedBytes.push_back(static_cast<uint8_t>(
        b + static_cast<uint8_t>(x[i]) > 255 ? 255 : b ^ (a >> 1)));
    expectedWords.push_back(static_cast<uint16_t>(
        static_cast<uint32_t>(static_cast<uint16_t>(c)) * b >> (a & 7)));
  }
  expectSame(download(out), expectedOut);
  expectSame(download(bytes), expectedBytes);
  expectSame(download(words), expectedWords);
}

TEST_P(IntegerKernels, Crc32) {
  load("crc32");
  std::string text = "123456789";
  std::vector<uint32_t> start = {0, 9};
  for (int message = 1; message < 64; ++message) {
    for (int i = message * 3 % 17; i > 0; --i)
      text.push_back(static_cast<char>(random()));
    start.push_back(static_cast<uint32_t>(text.size()));
  }
  std::vector<uint8_t> bytes(text.begin(), text.end());
  Buffer<uint32_t> out = allocate<uint32_t>(64);
  launch({2}, {32}, upload(start), upload(bytes), out);
  std::vector<uint32_t> expected;
  for (int message = 0; message < 64; ++message) {
    uint32_t crc = ~0u;
    for (uint32_t i = start[message]; i < start[message + 1]; ++i) {
      crc ^= bytes[i];
      for (int bit = 0; bit < 8; ++bit)
        crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    expected.push_back(~crc);
  }
  ASSERT_EQ(expected[0], 0xcbf43926u); // the published check value
  expectSame(download(out), expected);
}

TEST_P(IntegerKernels, LineInfo) {
  load("line_info");
  const int n = 90;
  std::vector<int> x = integers<int>(n), expectedX;
  std::vector<uint64_t> y = integers<uint64_t>(n), expectedY;
  Buffer<int> outX = allocate<int>(n);
  Buffer<uint64_t> outY = allocate<uint64_t>(n);
  launch({3}, {32}, n, upload(x), upload(y), outX, outY);
  for (int i = 0; i < n; ++i) {
    uint32_t a = static_cast<uint32_t>(x[i]);
    expectedX.push_back(static_cast<int>(((2 * a - 3) * a + 5) * a - 7));
    expectedY.push_back(((2 * y[i] - 3) * y[i] + 5) * y[i] - 7);
  }
  expectSame(download(outX), expectedX);
  expectSame(download(outY), expectedY);
}

} // namespace
} // namespace ptxsim::corpus
