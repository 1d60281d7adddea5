//===- ControlKernels.cpp - branches, calls and local memory --------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CorpusTest.h"
#include <algorithm>
#include <array>
#include <numeric>

namespace ptxsim::corpus {
namespace {

PTXSIM_CORPUS_SUITE(ControlKernels);

TEST_P(ControlKernels, Divergent) {
  load("divergent");
  const int n = 200;
  std::vector<uint32_t> x(n), expectedGcds;
  std::vector<int> expectedLengths;
  for (int i = 0; i < n; ++i)
    x[i] = i < 100 ? i : static_cast<uint32_t>(random() % 1000000);
  Buffer<int> lengths = allocate<int>(n);
  Buffer<uint32_t> gcds = allocate<uint32_t>(n);
  launch({2}, {128}, n, upload(x), lengths, gcds);
  for (int i = 0; i < n; ++i) {
    uint32_t value = x[i], b, a = x[i];
    int length = 0;
    for (; value != 1; ++length) {
      if (value == 0 || length == 200) {
        length = -1;
        break;
      }
      value = value % 2 ? 3 * value + 1 : value / 2;
    }
    expectedLengths.push_back(length);
    b = length + 1;
    if (length < 0)
      a = 0;
    else if (a % 3)
      a = std::gcd(a, b);
    else {
      for (int j = 0; j < length; ++j)
        b = j % 5 == 2 ? b : b * 31 + (j ^ a);
      a = b;
    }
    expectedGcds.push_back(a);
  }
  expectSame(download(lengths), expectedLengths);
  expectSame(download(gcds), expectedGcds);
}

uint32_t reversed(uint32_t value) {
  uint32_t result = 0;
  for (int bit = 0; bit < 32; ++bit)
    result |= (value >> bit & 1) << (31 - bit);
  return result;
}

TEST_P(ControlKernels, SwitchOps) {
  load("switch_ops");
  const int n = 64, steps = 37;
  std::vector<uint8_t> program = integers<uint8_t>(steps);
  std::vector<uint32_t> x = integers<uint32_t>(n), expected;
  Buffer<uint32_t> out = allocate<uint32_t>(n);
  launch({1}, {n}, steps, upload(program), upload(x), out);
  for (uint32_t value : x) {
    for (int step = 0; step < steps; ++step) {
      uint32_t op = (program[step] + value) % 9;
      if (op == 0)
        value += 0x9e3779b9u;
      else if (op == 1)
        value ^= value >> 15;
      else if (op == 2)
        value *= 0x85ebca6bu;
      else if (op == 3)
        value = reversed(value);
      else if (op == 4)
        value = value << 7 | value >> 25;
      else if (op == 5)
        value = ~(value - step);
      else if (op == 6)
        value = ~value;
      else if (op == 7)
        value = value / 7 + 3;
      else
        value = __builtin_popcount(value) * 0x01010101u;
    }
    expected.push_back(value);
  }
  expectSame(download(out), expected);
}

TEST_P(ControlKernels, IndexedBranch) {
  load("indexed_branch");
  const int n = 96, steps = 23;
  std::vector<uint32_t> x = integers<uint32_t>(n), expected;
  Buffer<uint32_t> out = allocate<uint32_t>(n);
  launch({1}, {n}, steps, upload(x), out);
  for (uint32_t value : x) {
    for (int step = 0; step < steps; ++step) {
      uint32_t index = value >> (step & 15) & 3;
      const uint32_t results[] = {value + 3, value * 3, ~value,
                                  value << 11 | value >> 21};
      value = results[index];
    }
    expected.push_back(value);
  }
  expectSame(download(out), expected);
}

struct Summary {
  int32_t count;
  double total;
  char tag;
};

TEST_P(ControlKernels, DeviceCall) {
  load("device_call");
  const int n = 64, power = 4;
  std::vector<float> x = uniform(2 * n);
  Buffer<float> powers = allocate<float>(2 * n);
  // The padding of a Summary stays as it was.
  Buffer<Summary> summaries = upload(std::vector<Summary>(n));
  Buffer<int64_t> mixed = allocate<int64_t>(n);
  launch({2}, {n / 2}, power, upload(x), powers, summaries, mixed);
  std::vector<float> expectedPowers;
  std::vector<int64_t> expectedMixed;
  std::vector<Summary> actual = download(summaries);
  for (int i = 0; i < n; ++i) {
    float re = 1, im = 0;
    int count = 0;
    double total = 0;
    char tag = 'a';
    uint64_t hash = i;
    for (int j = 0; j < power + i % 3; ++j) {
      float baseRe = x[2 * i], baseIm = x[2 * i + 1];
      float nextRe = std::fma(re, baseRe, -(im * baseIm));
      im = std::fma(re, baseIm, im * baseRe);
      re = nextRe;
      total += re;
      tag = static_cast<char>(tag ^ ++count);
      hash = (hash ^ j) * 31 +
             static_cast<uint64_t>(static_cast<int16_t>(i * 1000));
    }
    expectedPowers.insert(expectedPowers.end(), {re, im});
    expectedMixed.push_back(static_cast<int64_t>(hash));
    EXPECT_EQ(actual[i].count, count);
    EXPECT_EQ(actual[i].total, total);
    EXPECT_EQ(actual[i].tag, tag);
  }
  expectSame(download(powers), expectedPowers);
  expectSame(download(mixed), expectedMixed);
}

int ackermann(int m, int n) {
  if (m == 0)
    return n + 1;
  return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

TEST_P(ControlKernels, Recursion) {
  load("recursion");
  Buffer<uint32_t> fibonaccis = allocate<uint32_t>(32);
  Buffer<int> ackermanns = allocate<int>(32);
  launch({1}, {32}, fibonaccis, ackermanns);
  std::vector<uint32_t> sequence = {0, 1}, expected;
  std::vector<int> expectedAckermanns;
  for (int i = 0; i < 32; ++i) {
    if (i >= 2)
      sequence.push_back(sequence[i - 1] + sequence[i - 2]);
    expected.push_back(sequence[i % 12]);
    expectedAckermanns.push_back(ackermann(i % 3, i % 5));
  }
  expectSame(download(fibonaccis), expected);
  expectSame(download(ackermanns), expectedAckermanns);
}

TEST_P(ControlKernels, LocalArray) {
  load("local_array");
  const int n = 40;
  std::vector<int16_t> x = integers<int16_t>(16 * n), expected;
  std::vector<uint8_t> expectedOrder;
  for (int i = 0; i < 16 * n; i += 5)
    x[i] = 7; // equal keys keep their order
  Buffer<int16_t> sorted = allocate<int16_t>(16 * n);
  Buffer<uint8_t> permutations = allocate<uint8_t>(16 * n);
  launch({2}, {n / 2}, upload(x), sorted, permutations);
  for (int i = 0; i < n; ++i) {
    std::array<uint8_t, 16> order;
    std::iota(order.begin(), order.end(), uint8_t(0));
    std::sort(order.begin(), order.end(), [&](int a, int b) {
      return std::pair(x[16 * i + a], a) < std::pair(x[16 * i + b], b);
    });
    for (uint8_t place : order) {
      expected.push_back(x[16 * i + place]);
      expectedOrder.push_back(place);
    }
  }
  expectSame(download(sorted), expected);
  expectSame(download(permutations), expectedOrder);
}

TEST_P(ControlKernels, Mandelbrot) {
  load("mandelbrot");
  const int width = 50, height = 20, limit = 60;
  const std::array<float, 2> corner = {-2.0f, -1.0f};
  const float step = 0.06f;
  Buffer<uint8_t> image = allocate<uint8_t>(width * height);
  launch({1, height}, {64}, width, limit, corner, step, image);
  std::vector<uint8_t> expected;
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column) {
      float re = corner[0] + static_cast<float>(column) * step;
      float im = corner[1] + static_cast<float>(row) * step;
      float x = 0, y = 0;
      int count = 0;
      for (; count < limit && x * x + y * y <= 4.0f; ++count) {
        float next = x * x - y * y + re;
        y = 2.0f * x * y + im;
        x = next;
      }
      expected.push_back(static_cast<uint8_t>(count));
    }
  expectSame(download(image), expected);
}

struct Pair {
  int32_t key;
  float value;
};

TEST_P(ControlKernels, Unoptimized) {
  load("unoptimized");
  const int n = 90;
  std::vector<Pair> in(n);
  for (Pair &pair : in)
    pair = {static_cast<int>(random() % 9), uniform(1)[0]};
  Buffer<float> out = allocate<float>(n);
  launch({3}, {32}, n, upload(in), out);
  in.resize(96);
  std::vector<float> expected;
  for (int i = 0; i < n; ++i) {
    float sum = 0;
    for (int j = 0; j < 3; ++j) {
      const Pair &pair = in[i / 32 * 32 + (i + j) % 32];
      if (pair.key % 2 == 0 || pair.value > 0.5f)
        sum += pair.value * static_cast<float>(pair.key);
    }
    expected.push_back(sum);
  }
  expectSame(download(out), expected);
}

} // namespace
} // namespace ptxsim::corpus
