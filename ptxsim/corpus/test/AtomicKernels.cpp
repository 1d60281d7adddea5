//===- AtomicKernels.cpp - atomics whose results do not depend on order ---===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CorpusTest.h"
#include <algorithm>

namespace ptxsim::corpus {
namespace {

PTXSIM_CORPUS_SUITE(AtomicKernels);

TEST_P(AtomicKernels, Histogram) {
  load("histogram");
  const int n = 3000;
  std::vector<uint8_t> x = integers<uint8_t>(n);
  std::fill(x.begin(), x.begin() + 500, uint8_t(3));
  std::vector<uint32_t> expected(256, 10);
  Buffer<uint32_t> bins = upload(expected);
  launch({3}, {96}, n, upload(x), bins);
  for (uint8_t value : x)
    ++expected[value];
  expectSame(download(bins), expected);
}

TEST_P(AtomicKernels, CompareAndSwap) {
  load("atomic_cas");
  const int n = 100;
  std::vector<float> x = uniform(n);
  Buffer<float> maximum = upload(std::vector<float>{-5.0f});
  std::vector<uint64_t> products(3, 1);
  Buffer<uint64_t> product = upload(products);
  launch({2}, {64}, n, upload(x), maximum, product);
  for (int i = 0; i < n; ++i)
    products[i % 3] *= 2 * i + 1;
  expectSame(download(maximum), {*std::max_element(x.begin(), x.end())});
  expectSame(download(product), products);
}

TEST_P(AtomicKernels, EveryOperation) {
  load("atomics");
  const uint32_t n = 192;
  std::vector<uint32_t> x = integers<uint32_t>(n);
  std::vector<uint32_t> u = {5, 5, ~0u, 0,    ~0u,  0,    77,
                             4, 3, 0,   1000, 1001, 1002, 1003};
  u.resize(19);
  std::vector<int32_t> s = {0, 0};
  std::vector<uint64_t> wide = {1, 0, ~uint64_t(0), 12345};
  float f = 0.5f;
  double d = 0.25;
  Buffer<uint32_t> deviceU = upload(u), tickets = allocate<uint32_t>(n);
  Buffer<int32_t> deviceS = upload(s);
  Buffer<uint64_t> deviceWide = upload(wide);
  Buffer<float> deviceF = upload(std::vector<float>{f});
  Buffer<double> deviceD = upload(std::vector<double>{d});
  launch({3}, {64}, upload(x), deviceU, deviceS, deviceWide, deviceF, deviceD,
         tickets);
  for (uint32_t value : x) {
    u[0] += value;
    u[1] -= value;
    u[2] = std::min(u[2], value);
    u[3] = std::max(u[3], value);
    u[4] &= value | 0xff;
    u[5] |= value & 0xff0;
    u[6] ^= value;
    u[7] = u[7] >= 10 ? 0 : u[7] + 1;
    u[8] = u[8] == 0 || u[8] > 6 ? 6 : u[8] - 1;
    u[9] += 1;
    u[14] += 2;
    s[0] = std::min(s[0], static_cast<int32_t>(value));
    s[1] = std::max(s[1], static_cast<int32_t>(value));
    wide[0] += uint64_t(value) << 20;
    wide[1] = std::max(wide[1], uint64_t(value) * value);
    wide[2] = std::min(wide[2], uint64_t(value) * value);
    wide[3] ^= uint64_t(value) << 32 | value;
    f += static_cast<float>(value % 16);
    d += static_cast<double>(value % 1024) * 0.25;
  }
  for (int block = 0; block < 3; ++block)
    u[16 + block] += 64;
  // Every exchange hands on what the one before it left: tickets and the last
  // values together are the first values and all thread numbers.
  std::vector<uint32_t> seen = download(tickets),
                        all = {1000, 1001, 1002, 1003};
  std::vector<uint32_t> actual = download(deviceU);
  seen.insert(seen.end(), actual.data() + 10, actual.data() + 14);
  std::sort(seen.begin(), seen.end());
  for (uint32_t i = 0; i < n; ++i)
    all.push_back(i);
  std::sort(all.begin(), all.end());
  expectSame(seen, all);
  std::copy(actual.data() + 10, actual.data() + 14, u.data() + 10);
  expectSame(actual, u);
  expectSame(download(deviceS), s);
  expectSame(download(deviceWide), wide);
  expectSame(download(deviceF), {f});
  expectSame(download(deviceD), {d});
}

} // namespace
} // namespace ptxsim::corpus
