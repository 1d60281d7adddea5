//===- MemoryKernels.cpp - tiles, tables and vector accesses --------------===//
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

PTXSIM_CORPUS_SUITE(MemoryKernels);

TEST_P(MemoryKernels, Transpose) {
  load("transpose");
  const int rows = 37, columns = 50;
  std::vector<float> x = uniform(rows * columns), expected(rows * columns);
  Buffer<float> out = allocate<float>(rows * columns);
  launch({4, 3}, {16, 4}, rows, columns, upload(x), out);
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column)
      expected[column * rows + row] = x[row * columns + column];
  expectSame(download(out), expected);
}

TEST_P(MemoryKernels, Matmul) {
  load("matmul");
  const int m = 19, n = 13, k = 21;
  std::vector<float> a = uniform(m * k), b = uniform(k * n), expected;
  Buffer<float> c = allocate<float>(m * n);
  launch({2, 3}, {8, 8}, m, n, k, upload(a), upload(b), c);
  for (int row = 0; row < m; ++row)
    for (int column = 0; column < n; ++column) {
      float sum = 0;
      // The kernel also adds the zeros that pad the last tile.
      for (int i = 0; i < 24; ++i)
        sum = i < k ? std::fma(a[row * k + i], b[i * n + column], sum)
                    : std::fma(0.0f, 0.0f, sum);
      expected.push_back(sum);
    }
  expectSame(download(c), expected);
}

TEST_P(MemoryKernels, Stencil) {
  load("stencil");
  const int width = 33, height = 17;
  std::vector<float> x = uniform(width * height), expected = x;
  Buffer<float> out = allocate<float>(width * height);
  launch({3, 3}, {16, 8}, width, height, upload(x), out);
  for (int row = 1; row + 1 < height; ++row)
    for (int column = 1; column + 1 < width; ++column) {
      int i = row * width + column;
      expected[i] = 0.5f * x[i] + 0.125f * (x[i - 1] + x[i + 1] + x[i - width] +
                                            x[i + width]);
    }
  expectSame(download(out), expected);
}

TEST_P(MemoryKernels, BitonicSort) {
  load("bitonic_sort");
  std::vector<int> keys = integers<int>(512);
  for (int i = 0; i < 512; i += 9)
    keys[i] = 5;
  Buffer<int> device = upload(keys);
  launch({1}, {256}, device);
  std::sort(keys.begin(), keys.end());
  expectSame(download(device), keys);
}

TEST_P(MemoryKernels, DynamicShared) {
  load("dynamic_shared");
  const int n = 100, blocks = 3;
  std::vector<double> x(n * blocks), expected;
  for (double &value : x)
    value = uniform(1)[0];
  std::vector<int> index(n);
  std::iota(index.begin(), index.end(), 0);
  std::shuffle(index.begin(), index.end(), random);
  Buffer<double> out = allocate<double>(n * blocks);
  launchShared({blocks}, {64}, n * (sizeof(double) + sizeof(int)), n, upload(x),
               upload(index), out);
  for (int i = 0; i < n * blocks; ++i) {
    const double *row = &x[i / n * n];
    expected.push_back(row[index[i % n]] + row[index[n - 1 - i % n]]);
  }
  expectSame(download(out), expected);
}

TEST_P(MemoryKernels, ConstantTable) {
  load("constant_table");
  const float levels[16] = {-1.0f,    -0.6962f, -0.5251f, -0.3949f,
                            -0.2844f, -0.1848f, -0.0911f, 0.0f,
                            0.0796f,  0.1609f,  0.2461f,  0.3379f,
                            0.4407f,  0.5626f,  0.7230f,  1.0f};
  const uint32_t weights[8] = {1, 3, 5, 7, 11, 13, 17, 65535};
  const int n = 150;
  const float scale = 0.37f;
  std::vector<uint8_t> codes = integers<uint8_t>(n);
  Buffer<float> out = allocate<float>(2 * n);
  Buffer<uint32_t> weighted = allocate<uint32_t>(n);
  launch({2}, {96}, n, upload(codes), scale, out, weighted);
  launch({2}, {96}, n, upload(codes), scale, out, weighted);
  std::vector<float> expected;
  std::vector<uint32_t> expectedWeighted;
  for (uint8_t code : codes) {
    expected.push_back(levels[code % 16] * scale);
    expected.push_back(levels[code / 16] * scale);
    expectedWeighted.push_back(2 * weights[7 - code % 8]);
  }
  expectSame(download(out), expected);
  expectSame(download(weighted), expectedWeighted);
  // A module variable keeps its value from launch to launch.
  expectSame(variable("calls"), {44, 0, 0, 0});
}

TEST_P(MemoryKernels, CpAsync) {
  load("cp_async");
  const int tiles = 5;
  std::vector<float> x = uniform(tiles * 256), expected(256);
  Buffer<float> out = allocate<float>(256);
  launch({1}, {64}, tiles, upload(x), out);
  for (int tile = 0; tile < tiles; ++tile)
    for (int i = 0; i < 256; ++i)
      expected[i] += x[tile * 256 + (63 - i / 4) * 4 + i % 4];
  expectSame(download(out), expected);
}

TEST_P(MemoryKernels, Life) {
  load("life");
  const int width = 64, height = 24;
  std::vector<uint8_t> cells(width * height), expected;
  for (uint8_t &cell : cells)
    cell = random() % 3 == 0;
  Buffer<uint8_t> out = allocate<uint8_t>(width * height);
  launch({2, 3}, {32, 8}, width, height, upload(cells), out);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      int count = -cells[y * width + x];
      for (int dy = height - 1; dy <= height + 1; ++dy)
        for (int dx = width - 1; dx <= width + 1; ++dx)
          count += cells[(y + dy) % height * width + (x + dx) % width];
      expected.push_back(count == 3 || (count == 2 && cells[y * width + x]));
    }
  expectSame(download(out), expected);
}

TEST_P(MemoryKernels, QuantizeInt8) {
  load("quantize_int8");
  const int groups = 5, n = 256 * groups;
  std::vector<float> x = uniform(n);
  std::fill(x.begin() + 512, x.begin() + 768, 0.0f);
  for (int i = 768; i < 1024; ++i)
    x[i] *= 1e-20f;
  Buffer<int8_t> codes = allocate<int8_t>(n);
  Buffer<float> scales = allocate<float>(groups), restored = allocate<float>(n);
  launch({groups}, {32}, upload(x), codes, scales, restored);
  std::vector<int8_t> expectedCodes;
  std::vector<float> expectedScales, expectedRestored;
  for (int group = 0; group < groups; ++group) {
    float largest = 0;
    for (int i = 0; i < 256; ++i)
      largest = std::fmax(largest, std::fabs(x[256 * group + i]));
    float scale = largest / 127.0f;
    float inverse = scale == 0 ? 0 : 1.0f / scale;
    expectedScales.push_back(scale);
    for (int i = 0; i < 256; ++i) {
      int code = static_cast<int>(std::nearbyint(x[256 * group + i] * inverse));
      code = std::clamp(code, -127, 127);
      expectedCodes.push_back(static_cast<int8_t>(code));
      expectedRestored.push_back(static_cast<float>(code) * scale);
    }
  }
  expectSame(download(codes), expectedCodes);
  expectSame(download(scales), expectedScales);
  expectSame(download(restored), expectedRestored);
}

TEST_P(MemoryKernels, Blackwell) {
  load("blackwell");
  const int n = 8 * 64;
  const float a = 0.75f;
  std::vector<float> x = anyFloats(n), expected;
  Buffer<float> y = allocate<float>(n);
  launch({2}, {32}, upload(x), y, a);
  for (int i = 0; i < n; ++i)
    expected.push_back((std::fma(x[i], a, x[i]) + (i % 2 ? -1.0f : 1.0f)) *
                       x[i]);
  expectSame(download(y), expected);
}

// Parameters as the C ABI lays them out.
struct Chunk {
  char kind;
  int16_t first[3];
  double scale;
  uint64_t out;
};
struct Table {
  Chunk chunks[4];
  uint8_t order[5];
};

TEST_P(MemoryKernels, StructParams) {
  load("struct_params");
  const int n = 40;
  Buffer<int> out = allocate<int>(4 * n);
  Table table = {};
  for (int i = 0; i < 4; ++i)
    table.chunks[i] = {static_cast<char>('a' + i),
                       {static_cast<int16_t>(-i), 20, static_cast<int16_t>(i)},
                       1.5 * i,
                       out.address + 4 * n * i};
  const uint8_t order[5] = {2, 0, 3, 1, 9};
  std::copy(order, order + 5, table.order);
  const char one = -3;
  const int16_t two = 1000;
  const long long three = 1ll << 20;
  const std::array<float, 4> four = {1, 8, 3, 4};
  launch({4}, {n}, one, table, two, three, four, true);
  std::vector<int> expected;
  for (const Chunk &chunk : table.chunks)
    for (int i = 0; i < n; ++i)
      expected.push_back(static_cast<int>(chunk.first[i % 3] + one * two +
                                          three + chunk.scale * 8 +
                                          chunk.kind));
  expectSame(download(out), expected);
}

TEST_P(MemoryKernels, Grid3d) {
  load("grid3d");
  const std::array<int, 3> size = {7, 9, 5};
  const Dim3 grid = {2, 3, 3}, block = {4, 3, 2};
  const int n = size[0] * size[1] * size[2];
  Buffer<uint32_t> places = allocate<uint32_t>(n),
                   lanes = allocate<uint32_t>(n);
  launch(grid, block, size, places, lanes);
  std::vector<uint32_t> expected, expectedLanes;
  for (int z = 0; z < size[2]; ++z)
    for (int y = 0; y < size[1]; ++y)
      for (int x = 0; x < size[0]; ++x) {
        uint32_t number = (z / 2 * 3 + y / 3) * 2 + x / 4;
        uint32_t thread = (z % 2 * 3 + y % 3) * 4 + x % 4;
        expected.push_back(number << 16 | thread);
        expectedLanes.push_back(thread % 32);
      }
  expectSame(download(places), expected);
  expectSame(download(lanes), expectedLanes);
}

} // namespace
} // namespace ptxsim::corpus
