//===- KernelTest.cpp - compiled kernels against plain loops -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowered.h"

#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <random>

using namespace optimc::test;

namespace {
constexpr uint64_t v3 = OPTIMC_ISA_X86_64_V3, v4 = v3 | OPTIMC_ISA_X86_64_V4;
constexpr uint64_t allIsas[] = {v4, v3, 0};

/// Bits, but for the payload and the sign of NaN.
uint32_t bitsOf(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return x != x ? 0x7FC00000u : bits;
}

/// Any bit pattern, special values often.
class Patterns {
public:
  float next() {
    static const float special[] = {
        0.0f,  -0.0f,  INFINITY,       -INFINITY,       NAN,          1.0f,
        -1.0f, 1e-45f, 1.1754942e-38f, 1.17549435e-38f, 3.4028235e38f};
    if (random() % 8 == 0)
      return special[random() % std::size(special)];
    uint32_t bits = random();
    if (random() % 2)
      bits = (bits & 0x807FFFFFu) | (96 + bits % 64) << 23; // not so far from 1
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
  }

private:
  std::mt19937 random{7};
};

/// A buffer between guard bytes, at any float alignment.
class Guarded {
public:
  Guarded(size_t n, size_t shift, Patterns &patterns)
      : n(n), start(guard + shift), memory(n + 2 * guard + shift, pad) {
    for (size_t i = 0; i != n; ++i)
      data()[i] = patterns.next();
  }
  float *data() { return memory.data() + start; }
  bool isIntact() const {
    for (size_t i = 0; i != memory.size(); ++i)
      if ((i < start || i >= start + n) && memory[i] != pad)
        return false;
    return true;
  }

private:
  static constexpr size_t guard = 48;
  static constexpr float pad = 12345.5f;
  size_t n, start;
  std::vector<float> memory;
};
} // namespace

TEST(Kernel, SizesAlignmentsAndInstructionSets) {
  Lowered opt(optText, "opt");
  ASSERT_TRUE(opt.program) << opt.report;
  size_t ran = 0;
  for (bool last : {true, false})
    for (uint64_t isa : allIsas)
      for (size_t n : {0, 1, 15, 16, 17, 255, 4097})
        for (size_t shift : {0, 1, 3}) {
          Patterns patterns;
          Evaluation scalars(*opt.program);
          scalars.values[0] = 0.25;        // scale
          scalars.group[0] = last ? 7 : 0; // steps taken
          scalars.run(*opt.program);
          ASSERT_TRUE(scalars.variant);
          optimc_kernel_fn kernel = getKernel(*scalars.variant, isa);
          if (!kernel)
            continue;
          ++ran;
          Guarded p(n, shift, patterns), g(n, 0, patterns),
              m(n, shift, patterns);
          std::vector<float> p0(p.data(), p.data() + n),
              g0(g.data(), g.data() + n), m0(m.data(), m.data() + n);
          void *streams[] = {p.data(), g.data(), m.data()};
          // Two runs of one tensor: kernels take `first` into account.
          optimc_run runs[2] = {};
          size_t cut = n / 3;
          for (optimc_run &run : runs) {
            run.stream = streams;
            run.scalars = scalars.scalars.data();
          }
          runs[0].count = int64_t(cut);
          runs[1].first = int64_t(cut);
          runs[1].count = int64_t(n - cut);
          kernel(runs, 2);
          float rate = float(1e-3 * (1 / 0.25));
          for (size_t i = 0; i != n; ++i) {
            float kept = std::fma(rate, g0[i], m0[i]);
            float expected = p0[i];
            if (last) {
              float d = g0[i] / std::sqrt(kept);
              float h = d != d || kept != kept ? NAN
                        : d == kept            ? (std::signbit(d) ? d : kept)
                                               : std::min(d, kept);
              expected = p0[i] - h;
            }
            ASSERT_EQ(bitsOf(m.data()[i]), bitsOf(kept))
                << "isa " << isa << " n " << n << " i " << i;
            ASSERT_EQ(bitsOf(p.data()[i]), bitsOf(expected))
                << "isa " << isa << " n " << n << " i " << i;
          }
          EXPECT_TRUE(n == 0 ||
                      memcmp(g.data(), g0.data(), n * sizeof(float)) == 0);
          EXPECT_TRUE(p.isIntact() && g.isIntact() && m.isIntact());
        }
  EXPECT_GE(ran, 2u * 7 * 3);
}

TEST(Kernel, PredicateInsideTheKernel) {
  Lowered opt(optText, "opt");
  ASSERT_TRUE(opt.program) << opt.report;
  for (uint64_t isa : allIsas) {
    Evaluation scalars(*opt.program);
    scalars.values = {1, 1}; // scale, found_inf
    scalars.values.resize(opt.program->entries.data[0].n_values);
    scalars.group[0] = 9;
    scalars.run(*opt.program);
    optimc_kernel_fn kernel = getKernel(*scalars.variant, isa);
    if (!kernel)
      continue;
    std::vector<float> p(40, 1), g(40, 2), m(40, 3);
    void *streams[] = {p.data(), g.data(), m.data()};
    optimc_run run = {};
    run.stream = streams;
    run.scalars = scalars.scalars.data();
    run.count = 40;
    kernel(&run, 1);
    for (float x : m)
      EXPECT_EQ(x, 3.0f);
  }
}

TEST(Kernel, RandomFollowsProgramH) {
  Lowered noise(noiseText, "noise");
  ASSERT_TRUE(noise.program) << noise.report;
  Evaluation scalars(*noise.program);
  scalars.run(*noise.program);
  const int64_t starts[] = {0, 5, (int64_t(1) << 32) - 50, int64_t(7) << 32};
  for (uint64_t isa : allIsas)
    for (int64_t start : starts) {
      optimc_kernel_fn kernel = getKernel(*scalars.variant, isa);
      if (!kernel)
        continue;
      std::vector<float> p(50, 0), g(50, 1);
      auto place = [&](std::vector<float> &values) {
        auto address = reinterpret_cast<uintptr_t>(values.data());
        return reinterpret_cast<void *>(address - start * sizeof(float));
      };
      void *streams[] = {place(p), place(g)};
      optimc_run run = {};
      run.stream = streams;
      run.first = start;
      run.count = 50;
      run.key = 0x123456789ABCDEF0u;
      kernel(&run, 1);
      for (int64_t i = 0; i != 50; ++i) {
        uint64_t index = uint64_t(start + i);
        uint64_t k =
            optimc_mix(run.key ^ optimc_mix(uint64_t(3) << 32 | index >> 32));
        uint32_t h = uint32_t(index) * 0x9E3779B9u + uint32_t(k);
        h ^= h >> 16;
        h *= 0x7FEB352Du;
        h ^= uint32_t(k >> 32);
        h ^= h >> 15;
        h *= 0x846CA68Bu;
        h ^= h >> 16;
        ASSERT_EQ(p[size_t(i)], -float(h >> 8) * 0x1p-24f)
            << "isa " << isa << " start " << start << " i " << i;
      }
    }
}

TEST(Kernel, WritesWithoutComputing) {
  Lowered copy(copyText, "copy");
  ASSERT_TRUE(copy.program) << copy.report;
  Evaluation scalars(*copy.program);
  scalars.run(*copy.program);
  for (uint64_t isa : allIsas) {
    optimc_kernel_fn kernel = getKernel(*scalars.variant, isa);
    if (!kernel)
      continue;
    std::vector<float> p(37), g(37, 9), a(37), b(37), c(37);
    for (size_t i = 0; i != p.size(); ++i)
      p[i] = float(i);
    void *streams[] = {p.data(), g.data(), a.data(), b.data(), c.data()};
    optimc_run run = {};
    run.stream = streams;
    run.scalars = scalars.scalars.data();
    run.count = 37;
    kernel(&run, 1);
    EXPECT_EQ(a, p);
    EXPECT_EQ(b, std::vector<float>(37, 0.1f));
    EXPECT_EQ(c, std::vector<float>(37, 0.5f));
  }
}

//===----------------------------------------------------------------------===//
// fma without the instruction
//===----------------------------------------------------------------------===//

namespace {
class Fma : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_TRUE(lowered.program) << lowered.report;
    Evaluation scalars(*lowered.program);
    scalars.run(*lowered.program);
    kernel = getKernel(*scalars.variant, 0);
    ASSERT_TRUE(kernel);
  }
  void add(float a, float b, float c) {
    x.push_back(a);
    y.push_back(b);
    z.push_back(c);
  }
  void check() {
    std::vector<float> result = x;
    void *streams[] = {result.data(), y.data(), z.data()};
    optimc_run run = {};
    run.stream = streams;
    run.count = int64_t(x.size());
    kernel(&run, 1);
    for (size_t i = 0; i != x.size(); ++i)
      ASSERT_EQ(bitsOf(result[i]), bitsOf(std::fma(x[i], y[i], z[i])))
          << std::hexfloat << "fma(" << x[i] << ", " << y[i] << ", " << z[i]
          << ")";
    checked += x.size();
    x.clear();
    y.clear();
    z.clear();
  }

  Lowered lowered{fmaText, "fma"};
  optimc_kernel_fn kernel = nullptr;
  std::vector<float> x, y, z;
  size_t checked = 0;
};

float fromBits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
} // namespace

TEST_F(Fma, SpecialValues) {
  std::vector<float> values;
  for (uint32_t magnitude :
       {0x00000000u, 0x00000001u, 0x00000002u, 0x00000003u, 0x00400000u,
        0x007FFFFFu, 0x00800000u, 0x00800001u, 0x00FFFFFFu, 0x01000000u,
        0x1F800000u, 0x20000000u, 0x33800000u, 0x34000000u, 0x3EFFFFFFu,
        0x3F000000u, 0x3F7FFFFFu, 0x3F800000u, 0x3F800001u, 0x3FFFFFFFu,
        0x40000000u, 0x4B7FFFFFu, 0x4B800000u, 0x5F000000u, 0x5F7FFFFFu,
        0x7E800000u, 0x7F000000u, 0x7F7FFFFFu, 0x7F800000u, 0x7FC00000u})
    for (uint32_t sign : {0u, 0x80000000u})
      values.push_back(fromBits(magnitude | sign));
  for (float a : values)
    for (float b : values)
      for (float c : values)
        add(a, b, c);
  check();
}

TEST_F(Fma, RandomBitPatterns) {
  std::mt19937_64 random(11);
  while (checked < (size_t(1) << 24)) {
    for (size_t i = 0; i != size_t(1) << 18; ++i) {
      uint64_t a = random(), b = random();
      float u = fromBits(uint32_t(a)), v = fromBits(uint32_t(a >> 32)),
            w = fromBits(uint32_t(b));
      switch (b >> 32 & 7) {
      case 0: // anything
        break;
      case 1: // c near -a*b: cancellation
      case 2:
        w = -(u * v);
        w = fromBits([&] {
          uint32_t bits;
          memcpy(&bits, &w, sizeof bits);
          return bits + uint32_t(b >> 40 & 3) - 1;
        }());
        break;
      case 3: // c far below the last bit of a*b: ties that it breaks
        u = fromBits((uint32_t(a) & 0x807FF000u) | 0x3F800000u);
        v = fromBits((uint32_t(a >> 32) & 0x807FF000u) | 0x3F800000u);
        w = fromBits((uint32_t(b) & 0x80FFFFFFu) | uint32_t(b >> 40 & 63)
                                                       << 23);
        break;
      case 4: // results among the subnormals
        u = fromBits((uint32_t(a) & 0x807FFFFFu) | 40u << 23);
        v = fromBits((uint32_t(a >> 32) & 0x807FFFFFu) |
                     (70 + uint32_t(b >> 40 & 15)) << 23);
        w = fromBits(uint32_t(b) & 0x80FFFFFFu);
        break;
      default: // exponents near each other
        u = fromBits((uint32_t(a) & 0x807FFFFFu) |
                     (110 + uint32_t(b >> 40 & 31)) << 23);
        v = fromBits((uint32_t(a >> 32) & 0x807FFFFFu) |
                     (110 + uint32_t(b >> 45 & 31)) << 23);
        w = fromBits((uint32_t(b) & 0x807FFFFFu) |
                     (110 + uint32_t(b >> 50 & 31)) << 23);
        break;
      }
      add(u, v, w);
    }
    check();
    if (HasFatalFailure())
      return;
  }
}
