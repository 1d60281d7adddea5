//===- ReductionKernels.cpp - sums, extrema and scans ---------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CorpusTest.h"
#include <algorithm>
#include <numeric>

namespace ptxsim::corpus {
namespace {

PTXSIM_CORPUS_SUITE(ReductionKernels);

TEST_P(ReductionKernels, BlockSum) {
  load("block_sum");
  const int n = 600, threads = 128, blocks = 5;
  std::vector<float> x = uniform(n);
  Buffer<float> sums = allocate<float>(blocks);
  launch({blocks}, {threads}, n, upload(x), sums);
  std::vector<float> expected;
  for (int block = 0; block < blocks; ++block) {
    std::vector<float> partial(threads);
    for (int i = 0; i < threads; ++i)
      partial[i] = block * threads + i < n ? x[block * threads + i] : 0.0f;
    for (int half = threads / 2; half > 0; half /= 2)
      for (int i = 0; i < half; ++i)
        partial[i] += partial[i + half];
    expected.push_back(partial[0]);
  }
  expectSame(download(sums), expected);
}

TEST_P(ReductionKernels, WarpSum) {
  load("warp_sum");
  const int n = 192;
  std::vector<float> x = uniform(n);
  std::vector<double> y(n);
  for (double &value : y)
    value = uniform(1)[0];
  Buffer<float> sums = allocate<float>(n);
  Buffer<double> maxima = allocate<double>(n / 8);
  launch({2}, {96}, upload(x), upload(y), sums, maxima);
  std::vector<float> expectedSums = x;
  for (int distance = 16; distance > 0; distance /= 2) {
    std::vector<float> previous = expectedSums;
    for (int i = 0; i < n; ++i)
      expectedSums[i] = previous[i] + previous[i ^ distance];
  }
  std::vector<double> expectedMaxima;
  for (int i = 0; i < n; i += 8)
    expectedMaxima.push_back(*std::max_element(&y[i], &y[i] + 8));
  expectSame(download(sums), expectedSums);
  expectSame(download(maxima), expectedMaxima);
}

TEST_P(ReductionKernels, Redux) {
  load("redux");
  const int n = 256;
  std::vector<uint32_t> x = integers<uint32_t>(n), expected;
  for (int i = 16; i < 48; ++i)
    x[i] |= 0x80001000;
  Buffer<uint32_t> results = allocate<uint32_t>(4 * n);
  launch({4}, {64}, upload(x), results);
  for (int i = 0; i < n; ++i) {
    const uint32_t *group = &x[i / 16 * 16], *end = group + 16;
    auto signedLess = [](uint32_t a, uint32_t b) {
      return static_cast<int32_t>(a) < static_cast<int32_t>(b);
    };
    uint32_t both = ~0u, either = 0, odd = 0;
    for (const uint32_t *value = group; value != end; ++value) {
      both &= *value;
      either |= *value;
      odd ^= *value;
    }
    if (i % 32 < 16)
      expected.insert(expected.end(),
                      {std::accumulate(group, end, 0u),
                       *std::min_element(group, end),
                       *std::max_element(group, end, signedLess), both});
    else
      expected.insert(expected.end(),
                      {odd, *std::min_element(group, end, signedLess),
                       *std::max_element(group, end), either});
  }
  expectSame(download(results), expected);
}

TEST_P(ReductionKernels, ScanBlock) {
  load("scan_block");
  std::vector<int> x = integers<int>(512), expected(512);
  Buffer<int> prefix = allocate<int>(512);
  launch({2}, {256}, upload(x), prefix);
  uint32_t sum = 0;
  for (int i = 0; i < 512; ++i) {
    sum = (i % 256 ? sum : 0) + static_cast<uint32_t>(x[i]);
    expected[i] = static_cast<int>(sum);
  }
  expectSame(download(prefix), expected);
}

TEST_P(ReductionKernels, ScanWarp) {
  load("scan_warp");
  std::vector<uint32_t> x = integers<uint32_t>(640), expected(640);
  Buffer<uint32_t> prefix = allocate<uint32_t>(640);
  launch({2}, {320}, upload(x), prefix);
  uint32_t sum = 0;
  for (int i = 0; i < 640; ++i) {
    sum = (i % 320 ? sum : 0) + x[i];
    expected[i] = sum;
  }
  expectSame(download(prefix), expected);
}

TEST_P(ReductionKernels, LastBlock) {
  load("last_block");
  const int n = 3000, blocks = 7;
  std::vector<int> x = integers<int>(n);
  Buffer<int64_t> partials = allocate<int64_t>(blocks);
  Buffer<int64_t> total = allocate<int64_t>(1);
  Buffer<uint32_t> finished = upload(std::vector<uint32_t>{0});
  // The counter is zero again after each launch.
  for (int run = 0; run < 2; ++run) {
    launch({blocks}, {64}, n, upload(x), partials, finished, total);
    expectSame(download(total),
               {std::accumulate(x.begin(), x.end(), int64_t(0))});
    expectSame(download(finished), {0u});
    x[5] ^= 1234;
  }
}

TEST_P(ReductionKernels, UnoptimizedReduce) {
  load("unoptimized_reduce");
  const int n = 300;
  std::vector<int> x(n);
  for (int &value : x)
    value = static_cast<int>(random() % 2001) - 1000;
  Buffer<int> sums = allocate<int>(3);
  launch({3}, {128}, n, upload(x), sums);
  expectSame(download(sums),
             {std::accumulate(x.begin(), x.begin() + 128, 0),
              std::accumulate(x.begin() + 128, x.begin() + 256, 0),
              std::accumulate(x.begin() + 256, x.end(), 0)});
}

TEST_P(ReductionKernels, Spmv) {
  load("spmv");
  const int rows = 21, columns = 40;
  std::vector<int> rowStart = {0}, column;
  std::vector<double> value, x(columns);
  for (double &element : x)
    element = uniform(1)[0];
  for (int row = 0; row < rows; ++row) {
    for (int count = random() % 70; count > 0; --count) {
      column.push_back(static_cast<int>(random() % columns));
      value.push_back(uniform(1)[0]);
    }
    rowStart.push_back(static_cast<int>(column.size()));
  }
  Buffer<double> y = allocate<double>(rows);
  launch({6}, {128}, rows, upload(rowStart), upload(column), upload(value),
         upload(x), y);
  std::vector<double> expected;
  for (int row = 0; row < rows; ++row) {
    std::vector<double> lanes(64, 0.0);
    for (int i = rowStart[row]; i < rowStart[row + 1]; ++i) {
      double &sum = lanes[(i - rowStart[row]) % 32];
      sum = std::fma(value[i], x[column[i]], sum);
    }
    // A lane past the warp reads its own value; lane 0 never uses it.
    for (int distance = 16; distance > 0; distance /= 2)
      for (int lane = 0; lane < 32 - distance; ++lane)
        lanes[lane] += lanes[lane + distance];
    expected.push_back(lanes[0]);
  }
  expectSame(download(y), expected);
}

} // namespace
} // namespace ptxsim::corpus
