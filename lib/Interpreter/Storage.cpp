//===- Storage.cpp - storage formats, value by value -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Storage.h"
#include <algorithm>
#include <cmath>

using namespace optimc;
using namespace optimc::interp;
using namespace optimc::optim;

static constexpr size_t blockSize = 256;

static uint32_t getBits(Word word) {
  float value = static_cast<float>(toNumber(word));
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return std::isnan(value) ? 0x7FC00000u : bits;
}

static Word fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return toWord(value);
}

//===----------------------------------------------------------------------===//
// bf16, f16: a number is a whole number of steps
//===----------------------------------------------------------------------===//

namespace {
struct FloatFormat {
  int mantissaBits, minExponent, maxExponent;
};
} // namespace

static constexpr FloatFormat bf16 = {7, -126, 127}, f16 = {10, -14, 15};

/// The code of `x`: sign, exponent, mantissa. Counting steps from 0, the code
/// of a magnitude is the number of steps below it, whatever the exponent.
static Word encodeFloat(FloatFormat format, double x, double draw) {
  int width = 16 - 1 - format.mantissaBits; // of the exponent
  Word sign = std::signbit(x) ? 0x8000 : 0;
  Word infinity = ((Word(1) << width) - 1) << format.mantissaBits;
  if (std::isnan(x))
    return infinity | Word(1) << (format.mantissaBits - 1);
  double magnitude = std::fabs(x);
  if (std::isinf(x))
    return sign | infinity;
  if (magnitude == 0)
    return sign;
  int exponent = std::max(std::ilogb(magnitude), format.minExponent);
  double steps = std::ldexp(magnitude, format.mantissaBits - exponent);
  // Nearest even, or down after adding a fraction.
  steps = draw < 0 ? std::nearbyint(steps) : std::floor(steps + draw);
  Word below = Word(exponent - format.minExponent) << format.mantissaBits;
  return sign | std::min(below + static_cast<Word>(steps), infinity);
}

static double decodeFloat(FloatFormat format, Word code) {
  Word mask = (Word(1) << format.mantissaBits) - 1;
  Word biased = (code & 0x7FFF) >> format.mantissaBits, rest = code & mask;
  double sign = code & 0x8000 ? -1 : 1;
  if (biased == Word(format.maxExponent - format.minExponent + 2))
    return rest ? std::nan("") : sign * HUGE_VAL;
  if (biased != 0)
    rest += mask + 1;
  int exponent = std::max<int>(biased, 1) - 1 + format.minExponent;
  return sign * std::ldexp(double(rest), exponent - format.mantissaBits);
}

//===----------------------------------------------------------------------===//
// q8: blocks of 256 with one exponent
//===----------------------------------------------------------------------===//

static void encodeBlock(StorageAttr storage, llvm::ArrayRef<Word> values,
                        size_t first, DrawBits draw, Stored &stored) {
  constexpr int64_t unit = 1 << 20;
  int64_t top = storage.getIsUnsigned() ? 255 : 127;
  uint32_t largest = 0;
  for (Word word : values)
    largest = std::max(largest, getBits(word) & 0x7FFFFFFFu);
  int64_t base = std::max<int64_t>((largest + (unit - 1)) / unit - top, 0);
  stored.aux.push_back(base);
  for (auto [i, word] : llvm::enumerate(values)) {
    uint32_t bits = getBits(word);
    int64_t magnitude = bits & 0x7FFFFFFFu;
    int64_t added = draw && storage.isStochastic()
                        ? int64_t(draw(first + i)) * 16
                        : unit / 2;
    int64_t lowest = storage.getIsUnsigned() && magnitude != 0 ? 1 : 0;
    int64_t code = std::clamp((magnitude + added) / unit - base, lowest, top);
    if (!storage.getIsUnsigned() && bits >> 31)
      code += 128;
    stored.codes.push_back(code);
  }
}

static Word decodeCode(StorageAttr storage, Word code, Word base) {
  Word sign = storage.getIsUnsigned() ? 0 : code & 128;
  Word magnitude = code - sign;
  uint32_t bits = magnitude ? uint32_t(magnitude + base) << 20 : 0;
  return fromBits(bits | uint32_t(sign) << 24);
}

//===----------------------------------------------------------------------===//
// All formats
//===----------------------------------------------------------------------===//

Stored interp::encode(StorageAttr storage, llvm::ArrayRef<Word> values,
                      DrawBits draw) {
  Stored stored;
  size_t count = values.size();
  stored.codes.reserve(count);
  switch (storage.getFormat()) {
  case StorageFormat::F32:
    stored.codes.assign(values.begin(), values.end());
    break;
  case StorageFormat::BF16:
  case StorageFormat::BF16SR:
    for (size_t i = 0; i != count; ++i)
      stored.codes.push_back(
          encodeFloat(bf16, toNumber(values[i]),
                      draw && storage.isStochastic() ? draw(i) * 0x1p-16 : -1));
    break;
  case StorageFormat::F16:
    for (Word word : values)
      stored.codes.push_back(encodeFloat(f16, toNumber(word), -1));
    break;
  case StorageFormat::Q8:
  case StorageFormat::Q8SR:
    for (size_t i = 0; i < count; i += blockSize)
      encodeBlock(storage, values.slice(i, std::min(blockSize, count - i)), i,
                  draw, stored);
    break;
  case StorageFormat::Split:
    for (Word word : values) {
      uint32_t bits = getBits(word);
      stored.codes.push_back(bits / 65536);
      stored.aux.push_back(bits % 65536);
    }
    break;
  }
  return stored;
}

Array interp::decode(StorageAttr storage, const Stored &stored) {
  Array values;
  values.reserve(stored.codes.size());
  for (auto [i, code] : llvm::enumerate(stored.codes))
    switch (storage.getFormat()) {
    case StorageFormat::F32:
      values.push_back(code);
      break;
    case StorageFormat::BF16:
    case StorageFormat::BF16SR:
      values.push_back(toWord(decodeFloat(bf16, code)));
      break;
    case StorageFormat::F16:
      values.push_back(toWord(decodeFloat(f16, code)));
      break;
    case StorageFormat::Q8:
    case StorageFormat::Q8SR:
      values.push_back(decodeCode(storage, code, stored.aux[i / blockSize]));
      break;
    case StorageFormat::Split:
      values.push_back(fromBits(code << 16 | stored.aux[i]));
      break;
    }
  return values;
}

void interp::roundToStorage(StorageAttr storage, Array &values, DrawBits draw) {
  if (storage.getFormat() != StorageFormat::F32)
    values = decode(storage, encode(storage, values, draw));
}
