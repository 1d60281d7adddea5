//===- HalfKernels.cpp - f16 and bf16, single and packed ------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CorpusTest.h"
#include "Formats.h"

namespace ptxsim::corpus {
namespace {

PTXSIM_CORPUS_SUITE(HalfKernels);

/// Two operands of a packed instruction: all results of one format.
template <typename Format>
struct Arithmetic {
  static uint16_t add(uint16_t a, uint16_t b) {
    return Format::encode(addToOdd(Format::decode(a), Format::decode(b)));
  }
  static uint16_t subtract(uint16_t a, uint16_t b) {
    return Format::encode(addToOdd(Format::decode(a), -Format::decode(b)));
  }
  static uint16_t multiply(uint16_t a, uint16_t b) {
    return Format::encode(Format::decode(a) * Format::decode(b));
  }
  static uint16_t fma(uint16_t a, uint16_t b, uint16_t c) {
    return Format::encode(
        addToOdd(Format::decode(a) * Format::decode(b), Format::decode(c)));
  }
  static uint16_t min(uint16_t a, uint16_t b) {
    return Format::encode(std::fmin(Format::decode(a), Format::decode(b)));
  }
  static uint16_t max(uint16_t a, uint16_t b) {
    return Format::encode(std::fmax(Format::decode(a), Format::decode(b)));
  }
};

template <typename Function>
uint32_t both(uint32_t a, uint32_t b, Function function) {
  return pack(function(lowHalf(a), lowHalf(b)),
              function(highHalf(a), highHalf(b)));
}

/// NaN of any payload as 0x7fff, so that words can be compared.
template <typename Format>
uint16_t canonical(uint16_t bits) {
  return (bits & 0x7fff) > Format::infinity ? 0x7fff : bits;
}
template <typename Format>
std::vector<uint32_t> canonical(std::vector<uint32_t> words) {
  for (uint32_t &word : words)
    word = pack(canonical<Format>(lowHalf(word)),
                canonical<Format>(highHalf(word)));
  return words;
}
template <typename Format>
std::vector<uint16_t> canonical(std::vector<uint16_t> words) {
  for (uint16_t &word : words)
    word = canonical<Format>(word);
  return words;
}

/// PTX leaves open which zero min and max choose; let both have one sign.
template <typename Format>
void alignZeros(std::vector<uint32_t> &x, const std::vector<uint32_t> &y) {
  for (size_t i = 0; i < x.size(); ++i) {
    if (((x[i] | y[i]) & 0x7fff) == 0)
      x[i] = (x[i] & ~0xffffu) | (y[i] & 0xffff);
    if (((x[i] | y[i]) & 0x7fff0000) == 0)
      x[i] = (x[i] & 0xffff) | (y[i] & 0xffff0000);
  }
}

/// Random words: half of them any bits, half of them close to one.
std::vector<uint32_t> words(std::mt19937_64 &random, size_t count,
                            uint32_t one) {
  std::vector<uint32_t> result(count);
  for (size_t i = 0; i < count; ++i) {
    result[i] = static_cast<uint32_t>(random());
    if (i % 2)
      result[i] = (result[i] & 0x83ff83ff) | one;
    if (i % 29 == 0)
      result[i] &= 0x8000ffff;
  }
  return result;
}

TEST_P(HalfKernels, Half2Math) {
  load("half2_math");
  using Op = Arithmetic<Half>;
  const int n = 1024;
  std::vector<uint32_t> x = words(random, n, 0x3c003800),
                        y = words(random, n, 0x38003c00), expected;
  std::vector<uint16_t> expectedScalars;
  alignZeros<Half>(x, y);
  Buffer<uint32_t> out = allocate<uint32_t>(8 * n);
  Buffer<uint16_t> scalars = allocate<uint16_t>(4 * n);
  launch({8}, {128}, upload(x), upload(y), out, scalars);
  for (int i = 0; i < n; ++i) {
    uint32_t a = x[i], b = y[i];
    auto fma = [](uint16_t p, uint16_t q) { return Op::fma(p, q, p); };
    auto greater = [](uint16_t p, uint16_t q) -> uint16_t {
      return Half::decode(p) > Half::decode(q) ? 0x3c00 : 0;
    };
    expected.insert(expected.end(),
                    {both(a, b, Op::add), both(a, b, Op::subtract),
                     both(a, b, Op::multiply), both(a, b, fma),
                     both(a, b, Op::min), both(a, b, Op::max), b | 0x80008000,
                     both(a, b, greater)});
    double sum = addToOdd(Half::decode(lowHalf(a)), Half::decode(lowHalf(b)));
    bool less = Half::decode(lowHalf(a)) < Half::decode(lowHalf(b));
    // Saturation makes zero of NaN and of negative values.
    double unit = sum > 0 ? std::fmin(sum, 1.0) : 0.0;
    expectedScalars.insert(expectedScalars.end(),
                           {Op::add(lowHalf(a), highHalf(b)),
                            Op::fma(highHalf(a), lowHalf(b), 0x3c00),
                            less ? lowHalf(a) : highHalf(a),
                            Half::encode(unit)});
  }
  expectSame(canonical<Half>(download(out)), canonical<Half>(expected));
  expectSame(canonical<Half>(download(scalars)),
             canonical<Half>(expectedScalars));
}

TEST_P(HalfKernels, Bfloat162Math) {
  load("bfloat162_math");
  using Op = Arithmetic<Brain>;
  const int n = 1024;
  std::vector<uint32_t> x = words(random, n, 0x3f803f00),
                        y = words(random, n, 0x3f003f80), expected;
  alignZeros<Brain>(x, y);
  Buffer<uint32_t> out = allocate<uint32_t>(7 * n);
  launch({8}, {128}, upload(x), upload(y), out);
  for (int i = 0; i < n; ++i) {
    uint32_t a = x[i], b = y[i];
    auto fma = [](uint16_t p, uint16_t q) { return Op::fma(p, q, q); };
    expected.insert(expected.end(),
                    {both(a, b, Op::add), both(a, b, Op::subtract),
                     both(a, b, Op::multiply), both(a, b, fma),
                     both(a, b, Op::min), both(a, b, Op::max), a | 0x80008000});
  }
  expectSame(canonical<Brain>(download(out)), canonical<Brain>(expected));
}

TEST_P(HalfKernels, PackConvert) {
  load("pack_convert");
  const int n = 1024;
  std::vector<float> x = anyFloats(2 * n);
  // Ties and the edges of f16's range.
  const float edges[] = {65504.0f, 65519.9f, 65520.0f, 0x1p-24f,
                         0x1p-25f, 0x3p-25f, 0x1p-14f, 1.00048828125f};
  for (int i = 0; i < 64; ++i)
    x[i] = i % 2 ? edges[i / 2 % 8] : -edges[i / 2 % 8];
  Buffer<uint32_t> half2s = allocate<uint32_t>(n),
                   bf162s = allocate<uint32_t>(n),
                   packed = allocate<uint32_t>(3 * n);
  Buffer<uint16_t> singles = allocate<uint16_t>(6 * n);
  launch({8}, {128}, upload(x), half2s, bf162s, singles, packed);
  std::vector<uint32_t> expectedHalf2s, expectedBf162s, expectedRelu,
      expectedZero, expectedTf32, relu, towardZero, tf32;
  std::vector<uint16_t> expectedHalfSingles, expectedBrainSingles, halfSingles,
      brainSingles;
  std::vector<uint32_t> actualPacked = download(packed);
  std::vector<uint16_t> actualSingles = download(singles);
  for (int i = 0; i < n; ++i) {
    float a = x[2 * i], b = x[2 * i + 1];
    expectedHalf2s.push_back(pack(Half::encode(a), Half::encode(b)));
    expectedBf162s.push_back(pack(Brain::encode(a), Brain::encode(b)));
    expectedHalfSingles.insert(
        expectedHalfSingles.end(),
        {Half::encode(a, Rounding::Zero), Half::encode(a, Rounding::Up),
         Half::encode(a, Rounding::Down), Half::encode(b)});
    expectedBrainSingles.insert(
        expectedBrainSingles.end(),
        {Brain::encode(b, Rounding::Zero), Brain::encode(b)});
    const uint16_t *row = &actualSingles[6 * i];
    halfSingles.insert(halfSingles.end(), {row[0], row[1], row[2], row[5]});
    brainSingles.insert(brainSingles.end(), {row[3], row[4]});

    // The first source of a packed conversion becomes the high half.
    auto positive = [](float value) { return value < 0 ? 0.0f : value; };
    expectedRelu.push_back(pack(Brain::encode(positive(b)) & 0x7fff,
                                Brain::encode(positive(a)) & 0x7fff));
    expectedZero.push_back(
        pack(Half::encode(b, Rounding::Zero), Half::encode(a, Rounding::Zero)));
    // tf32: 10 fraction bits kept, ties away from zero.
    uint32_t bits;
    std::memcpy(&bits, &a, sizeof(bits));
    if (std::isfinite(a))
      expectedTf32.push_back((bits + 0x1000) & ~0x1fffu);
    else
      expectedTf32.push_back(std::isnan(a) ? 0x7fffffff : bits);
    relu.push_back(actualPacked[3 * i]);
    towardZero.push_back(actualPacked[3 * i + 1]);
    tf32.push_back(actualPacked[3 * i + 2]);
    if (std::isnan(a) && (tf32.back() & 0x7fffffff) > 0x7f800000)
      tf32.back() = 0x7fffffff;
  }
  expectSame(canonical<Half>(download(half2s)),
             canonical<Half>(expectedHalf2s));
  expectSame(canonical<Brain>(download(bf162s)),
             canonical<Brain>(expectedBf162s));
  expectSame(canonical<Half>(halfSingles),
             canonical<Half>(expectedHalfSingles));
  expectSame(canonical<Brain>(brainSingles),
             canonical<Brain>(expectedBrainSingles));
  expectSame(canonical<Brain>(relu), canonical<Brain>(expectedRelu));
  expectSame(canonical<Half>(towardZero), canonical<Half>(expectedZero));
  expectSame(tf32, expectedTf32);
}

TEST_P(HalfKernels, HalfAtomics) {
  load("half_atomics");
  const int n = 256;
  std::vector<uint8_t> x = integers<uint8_t>(n);
  Buffer<uint32_t> halves = upload(std::vector<uint32_t>(4, 0)),
                   brains = upload(std::vector<uint32_t>(4, 0));
  Buffer<float> sums = allocate<float>(8);
  launch({2}, {128}, upload(x), halves, brains, sums);
  std::vector<int> counts(8);
  for (int i = 0; i < n; ++i)
    ++counts[i / 128 * 4 + x[i] % 4];
  std::vector<uint32_t> expectedHalves, expectedBrains;
  std::vector<float> expectedSums;
  for (int value = 0; value < 4; ++value) {
    int count = counts[value] + counts[value + 4];
    ASSERT_LE(count, 128); // every partial sum is exact
    expectedHalves.push_back(
        pack(Half::encode(count), Half::encode(count * value)));
    expectedBrains.push_back(
        pack(Brain::encode(count * 0.5), Brain::encode(count)));
  }
  for (int count : counts)
    expectedSums.push_back(static_cast<float>(count) * 0.25f);
  expectSame(download(halves), expectedHalves);
  expectSame(download(brains), expectedBrains);
  expectSame(download(sums), expectedSums);
}

} // namespace
} // namespace ptxsim::corpus
