//===- ReduceTest.cpp - reductions on the device have the CPU's bits -------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Cuda.h"

#include "../Runtime/Harness.h"
#include "core/Reduce.h"
#include "cuda/Driver.h"
#include "cuda/Kernels.h"
#include "cuda/Modules.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace optimc::test;
using optimc::rt::divideUp;

namespace {
constexpr int64_t block = optimc::rt::reduceBlock;

/// Numbers with zeros of both signs, infinities and, rarely, NaN.
double numberAt(uint64_t seed, uint64_t i) {
  uint64_t bits = optimc_mix(seed * 977 + i);
  switch (bits % 61) {
  case 0:
    return 0.0;
  case 1:
    return -0.0;
  case 2:
    return seed % 5 == 3 ? std::numeric_limits<double>::infinity() : 1e300;
  case 3:
    return seed % 7 == 5 ? std::nan("") : -3e-310;
  default:
    return std::ldexp(static_cast<double>(static_cast<int64_t>(bits)),
                      static_cast<int>(bits >> 7 & 63) - 90);
  }
}

Combination kindOf(uint32_t op) {
  return op == OPTIMC_REDUCE_MAX || op == OPTIMC_REDUCE_MAX_ABS ? Maximum
         : op == OPTIMC_REDUCE_MIN                              ? Minimum
                                                                : Sum;
}
double neutralOf(uint32_t op) {
  double inf = std::numeric_limits<double>::infinity();
  return op == OPTIMC_REDUCE_MAX ? -inf : op == OPTIMC_REDUCE_MIN ? inf : 0;
}
uint32_t meanOf(uint32_t op) {
  bool isMean = op == OPTIMC_REDUCE_MEAN || op == OPTIMC_REDUCE_MEAN_SQ;
  return isMean ? uint32_t(Mean) : 0;
}

template <typename T>
bool same(T a, T b) {
  return (a != a && b != b) || !memcmp(&a, &b, sizeof a);
}

struct Reduce : CudaTest {
  void SetUp() override {
    CudaTest::SetUp();
    optimc_error error;
    optimc::rt::Diag diag(&error);
    ASSERT_EQ(OPTIMC_OK, Driver::get(driver, diag)) << error.message;
    ASSERT_EQ(OPTIMC_OK,
              module.load(*driver, context, reduceText, "Reduce.ptx", diag))
        << error.message;
  }
  void TearDown() override {
    module.reset();
    CudaTest::TearDown();
  }

  void launch(const char *name, size_t blocks, void **arguments) {
    CUfunction function = nullptr;
    optimc_error error;
    EXPECT_EQ(OPTIMC_OK, module.find(name, function, optimc::rt::Diag(&error)))
        << error.message;
    EXPECT_CU(driver->launchKernel(function, static_cast<unsigned>(blocks), 1,
                                   1, reduceThreads, 1, 1, 0, nullptr,
                                   arguments, nullptr));
    EXPECT_CU(cu().ctxSynchronize())
        << (cu().isSimulated() ? cu().lastFault() : "");
  }
  template <typename Job>
  void launchUnits(const char *name, const Job &job,
                   const std::vector<Unit> &units) {
    DeviceMemory jobs(std::vector<Job>{job}), table(units);
    void *arguments[] = {&jobs.address, &table.address};
    launch(name, units.size(), arguments);
  }

  void checkSlices(uint32_t op, int64_t slices, int64_t length, int64_t total);
  void checkColumns(uint32_t op, int64_t batches, int64_t rows, int64_t cols);
  void checkScalars(uint32_t op, bool isScalar, int64_t n);

  const Driver *driver = nullptr;
  Module module;
};
} // namespace

void Reduce::checkSlices(uint32_t op, int64_t slices, int64_t length,
                         int64_t total) {
  SCOPED_TRACE(testing::Message()
               << "op " << op << ", " << slices << " slices of " << length);
  int64_t stride = divideUp(length, block);
  std::vector<double> parts;
  for (int64_t i = 0; i < slices * stride; ++i)
    parts.push_back(numberAt(op + slices, i));
  std::vector<float> wanted(slices);
  optimc::rt::reduceSlices(op, parts.data(), slices, length, total,
                           wanted.data());
  DeviceMemory on(parts), out(std::vector<float>(slices, -7));
  SliceJob job = {on.address, out.address,   stride,     block,     length,
                  total,      neutralOf(op), kindOf(op), meanOf(op)};
  std::vector<Unit> units;
  int64_t step = stride <= 1 ? 300 : longSlices;
  for (int64_t first = 0; first < slices; first += step)
    units.push_back(
        {first, 0, static_cast<uint32_t>(std::min(step, slices - first))});
  launchUnits("optimc_reduce_slices", job, units);
  std::vector<float> found = out.download<float>(slices);
  for (int64_t i = 0; i < slices; ++i)
    EXPECT_TRUE(same(wanted[i], found[i]))
        << i << ": " << wanted[i] << " " << found[i];
  if (slices != 1)
    return;
  // A tensor as one slice, in float64.
  double result = optimc::rt::finishMean(
      op, optimc::rt::reducePartials(op, parts.data(), divideUp(total, block)),
      static_cast<double>(total));
  DeviceMemory again(parts), wide(std::vector<double>{-7});
  job.parts = again.address;
  job.out = wide.address;
  job.flags |= Wide;
  launchUnits("optimc_reduce_slices", job, units);
  EXPECT_TRUE(same(result, wide.download<double>(1)[0]));
}

TEST_F(Reduce, Slices) {
  for (uint32_t op = 0; op <= OPTIMC_REDUCE_MAX_ABS; ++op) {
    checkSlices(op, 1, 0, 0);
    checkSlices(op, 1, 5, 5);
    checkSlices(op, 1, block, block);
    checkSlices(op, 1, 3 * block + 1, 3 * block + 1);
    checkSlices(op, 1, 300 * block, 300 * block);
    checkSlices(op, 700, 40, 700 * 40);
    checkSlices(op, 19, 2 * block + 5, 19 * (2 * block + 5));
    // The last block is shorter, and has fewer partial results.
    checkSlices(op, 3, 5 * block, 10 * block + 3);
  }
}

TEST_F(Reduce, SlicesOfMoreThanOneLevel) {
  // More than 4096 partial results are reduced in turn.
  for (uint32_t op : {OPTIMC_REDUCE_SUM, OPTIMC_REDUCE_MAX})
    for (int64_t parts : {4096, 4097, 4 * 4096 + 300})
      checkSlices(op, 1, parts * block, parts * block);
}

void Reduce::checkColumns(uint32_t op, int64_t batches, int64_t rows,
                          int64_t cols) {
  SCOPED_TRACE(testing::Message() << "op " << op << ", " << batches << " x "
                                  << rows << " x " << cols);
  int64_t panels = divideUp(rows, optimc::rt::panelRows);
  int64_t groups = divideUp(panels, block);
  std::vector<float> parts;
  for (int64_t i = 0; i < batches * panels * cols; ++i)
    parts.push_back(static_cast<float>(numberAt(op + rows, i)));
  std::vector<float> wanted(batches * cols);
  optimc::rt::reduceColumns(op, parts.data(), batches, rows, cols,
                            wanted.data());
  DeviceMemory on(parts), out(std::vector<float>(batches * cols, -7));
  DeviceMemory sums(std::vector<double>(batches * cols * groups, -7));
  ColumnJob job = {on.address, sums.address,  panels,     groups,
                   cols,       neutralOf(op), kindOf(op), 0};
  std::vector<Unit> units;
  for (int64_t batch = 0; batch < batches; ++batch)
    for (int64_t first = 0; first < cols; first += unitColumns)
      units.push_back(
          {batch * cols + first, 0,
           static_cast<uint32_t>(std::min(unitColumns, cols - first))});
  launchUnits("optimc_reduce_columns", job, units);
  SliceJob slices = {sums.address,  out.address,
                     groups,        block * optimc::rt::panelRows,
                     rows,          rows * cols * batches,
                     neutralOf(op), kindOf(op),
                     meanOf(op)};
  launchUnits("optimc_reduce_slices", slices,
              {{0, 0, static_cast<uint32_t>(batches * cols)}});
  std::vector<float> found = out.download<float>(batches * cols);
  for (int64_t i = 0; i < batches * cols; ++i)
    EXPECT_TRUE(same(wanted[i], found[i]))
        << i << ": " << wanted[i] << " " << found[i];
}

TEST_F(Reduce, Columns) {
  for (uint32_t op = 0; op <= OPTIMC_REDUCE_MAX_ABS; ++op) {
    checkColumns(op, 1, 5, 7);
    checkColumns(op, 1, 64, 16);
    checkColumns(op, 3, 65, 17);
    checkColumns(op, 2, 64 * 300 + 1, 40);
  }
}

TEST_F(Reduce, ColumnsOfManyPanels) {
  checkColumns(OPTIMC_REDUCE_SUM, 1, 64 * 4096, 2);
  checkColumns(OPTIMC_REDUCE_MEAN_SQ, 1, 64 * 4096 + 1, 3);
}

void Reduce::checkScalars(uint32_t op, bool isScalar, int64_t n) {
  SCOPED_TRACE(testing::Message() << "op " << op << ", " << n
                                  << (isScalar ? " scalars" : " tensors"));
  std::vector<double> values;
  for (int64_t i = 0; i < n; ++i)
    values.push_back(numberAt(op + n, i));
  double result = isScalar ? optimc::rt::reduceScalars(op, values.data(), n)
                           : optimc::rt::reducePartials(op, values.data(), n);
  result = optimc::rt::finishMean(op, result, static_cast<double>(n));
  DeviceMemory on(values);
  std::vector<uint64_t> addresses;
  for (int64_t i = 0; i < n; ++i)
    addresses.push_back(on.address + i * sizeof(double));
  DeviceMemory sources(addresses), out(std::vector<double>{-7});
  DeviceMemory scratch(std::vector<double>(divideUp(n, block) + 1, -7));
  uint32_t flags = meanOf(op);
  if (isScalar) {
    flags |= Scalars;
    if (op == OPTIMC_REDUCE_SUM_SQ || op == OPTIMC_REDUCE_MEAN_SQ)
      flags |= Square;
    if (op == OPTIMC_REDUCE_MAX_ABS)
      flags |= Absolute;
  }
  DeviceMemory jobs(std::vector<ScalarJob>{
      {sources.address, scratch.address, out.address, n, static_cast<double>(n),
       neutralOf(op), kindOf(op), flags}});
  void *arguments[] = {&jobs.address};
  launch("optimc_reduce_scalars", 1, arguments);
  double found = out.download<double>(1)[0];
  EXPECT_TRUE(same(result, found)) << result << " " << found;
}

TEST_F(Reduce, Scalars) {
  for (uint32_t op = 0; op <= OPTIMC_REDUCE_MAX_ABS; ++op)
    for (bool isScalar : {false, true})
      for (int64_t n : {0, 1, 2, 256, 300, 4096, 4097, 9000})
        checkScalars(op, isScalar, n);
}
