//===- Storage.cpp - how streams are stored -------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Storage.h"
#include "core/Error.h"
#include "cpu/FpEnvironment.h"

#include <algorithm>
#include <cstring>

using namespace optimc::rt;

//===----------------------------------------------------------------------===//
// Formats
//===----------------------------------------------------------------------===//

size_t Format::elementSize() const {
  switch (storage) {
  case OPTIMC_STORAGE_F32:
    return 4;
  case OPTIMC_STORAGE_Q8:
  case OPTIMC_STORAGE_Q8_SR:
    return 1;
  default:
    return 2;
  }
}

int64_t Format::auxCount(int64_t count) const {
  if (isBlockScaled())
    return count / storageBlock + (count % storageBlock != 0);
  return hasAux() ? count : 0;
}

UnshardedPlaces optimc::rt::unshardedPlaces(const Format &format, int64_t first,
                                            const void *stream,
                                            const void *aux) {
  auto place = [](const void *data, size_t bytesBefore) {
    return data ? reinterpret_cast<uintptr_t>(data) - bytesBefore : 0;
  };
  return {place(stream, static_cast<size_t>(first) * format.elementSize()),
          place(aux, static_cast<size_t>(format.auxCount(first)) *
                         sizeof(uint16_t))};
}

uint32_t Format::dtype() const {
  switch (storage) {
  case OPTIMC_STORAGE_F32:
    return OPTIMC_DTYPE_F32;
  case OPTIMC_STORAGE_F16:
    return OPTIMC_DTYPE_F16;
  case OPTIMC_STORAGE_Q8:
  case OPTIMC_STORAGE_Q8_SR:
    return isUnsigned ? OPTIMC_DTYPE_Q8_UNSIGNED : OPTIMC_DTYPE_Q8;
  default:
    return OPTIMC_DTYPE_BF16;
  }
}

const char *Format::fileDtype() const {
  switch (storage) {
  case OPTIMC_STORAGE_F32:
    return "F32";
  case OPTIMC_STORAGE_F16:
    return "F16";
  case OPTIMC_STORAGE_Q8:
  case OPTIMC_STORAGE_Q8_SR:
    return "U8";
  default:
    return "BF16";
  }
}

const char *Format::auxSuffix() const {
  return isBlockScaled() ? "exponent" : "low";
}

static const char *const names[] = {"f32", "bf16",  "bf16_sr", "f16",
                                    "q8",  "q8_sr", "split"};

std::string Format::name() const {
  return std::string(names[storage]) + (isUnsigned ? " unsigned" : "");
}

bool optimc::rt::parseFormat(std::string_view name, Format &out) {
  constexpr std::string_view suffix = " unsigned";
  out.isUnsigned = name.size() > suffix.size() &&
                   name.substr(name.size() - suffix.size()) == suffix;
  if (out.isUnsigned)
    name.remove_suffix(suffix.size());
  for (uint32_t i = 0; i < std::size(names); ++i)
    if (name == names[i]) {
      out.storage = i;
      return !out.isUnsigned || out.isBlockScaled();
    }
  return false;
}

const char *optimc::rt::dtypeName(uint32_t dtype) {
  static const char *const known[] = {"f32", "bf16", "f16",
                                      "f64", "q8",   "q8 unsigned"};
  return dtype < std::size(known) ? known[dtype] : "unknown";
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

static uint32_t toBits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (bits & 0x7FFFFFFF) > 0x7F800000 ? 0x7FC00000 : bits;
}

static float fromBits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// Half a unit is added; one less where the last kept bit is 0, so that ties
/// go to even.
static uint32_t roundShift(uint32_t bits, unsigned shift) {
  uint32_t half = (uint32_t(1) << (shift - 1)) - 1;
  return (bits + half + (bits >> shift & 1)) >> shift;
}

static uint16_t toHalf(float value) {
  uint32_t bits = toBits(value), magnitude = bits & 0x7FFFFFFF;
  uint16_t sign = bits >> 16 & 0x8000;
  if (magnitude > 0x7F800000)
    return 0x7E00;
  if (magnitude >= 0x47800000) // 2^16
    return sign | 0x7C00;
  if (magnitude >= 0x38800000) // 2^-14
    return sign | roundShift(magnitude - (uint32_t(127 - 15) << 23), 13);
  // Subnormal: a multiple of 2^-24.
  uint32_t exponent = magnitude >> 23;
  if (exponent < 102)
    return sign;
  uint32_t mantissa = (magnitude & 0x7FFFFF) | 0x800000;
  return sign | roundShift(mantissa, 126 - exponent);
}

static float fromHalf(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000) << 16;
  uint32_t exponent = half >> 10 & 31, mantissa = half & 0x3FF;
  if (exponent == 31)
    return fromBits(sign | 0x7F800000 | mantissa << 13);
  if (exponent)
    return fromBits(sign | (exponent + 112) << 23 | mantissa << 13);
  float small = static_cast<float>(mantissa) * 0x1p-24f;
  return sign ? -small : small;
}

static uint16_t encodeBlock(const Format &format, const float *values,
                            int64_t count, uint8_t *codes) {
  uint32_t top = format.isUnsigned ? 255 : 127, largest = 0;
  for (int64_t i = 0; i < count; ++i)
    largest = std::max(largest, toBits(values[i]) & 0x7FFFFFFF);
  uint32_t highest = (largest + 0xFFFFF) >> 20;
  uint32_t base = highest > top ? highest - top : 0;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits = toBits(values[i]), magnitude = bits & 0x7FFFFFFF;
    uint32_t step = (magnitude + 0x80000) >> 20;
    uint32_t code = step > base ? step - base : 0;
    if (format.isUnsigned)
      code = std::max<uint32_t>(code, magnitude != 0);
    else
      code |= bits >> 24 & 0x80;
    codes[i] = static_cast<uint8_t>(code);
  }
  return static_cast<uint16_t>(base);
}

static void decodeBlock(const Format &format, const uint8_t *codes,
                        uint16_t base, int64_t count, float *values) {
  uint32_t mask = format.isUnsigned ? 0xFF : 0x7F;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t code = codes[i] & mask, sign = codes[i] & ~mask & 0xFF;
    values[i] = fromBits((code ? (code + base) << 20 : 0) | sign << 24);
  }
}

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

void optimc::rt::encode(const Format &format, const float *values,
                        int64_t count, void *codes, uint16_t *aux) {
  if (count == 0)
    return;
  auto *halves = static_cast<uint16_t *>(codes);
  switch (format.storage) {
  case OPTIMC_STORAGE_F32:
    memmove(codes, values, count * sizeof(float));
    return;
  case OPTIMC_STORAGE_BF16:
  case OPTIMC_STORAGE_BF16_SR:
    for (int64_t i = 0; i < count; ++i)
      halves[i] = roundShift(toBits(values[i]), 16);
    return;
  case OPTIMC_STORAGE_F16:
    for (int64_t i = 0; i < count; ++i)
      halves[i] = toHalf(values[i]);
    return;
  case OPTIMC_STORAGE_SPLIT:
    for (int64_t i = 0; i < count; ++i) {
      halves[i] = toBits(values[i]) >> 16;
      aux[i] = toBits(values[i]) & 0xFFFF;
    }
    return;
  default:
    for (int64_t i = 0; i < count; i += storageBlock)
      aux[i / storageBlock] =
          encodeBlock(format, values + i, std::min(storageBlock, count - i),
                      static_cast<uint8_t *>(codes) + i);
  }
}

void optimc::rt::decode(const Format &format, const void *codes,
                        const uint16_t *aux, int64_t count, float *values) {
  if (count == 0)
    return;
  auto *halves = static_cast<const uint16_t *>(codes);
  switch (format.storage) {
  case OPTIMC_STORAGE_F32:
    memmove(values, codes, count * sizeof(float));
    return;
  case OPTIMC_STORAGE_BF16:
  case OPTIMC_STORAGE_BF16_SR:
    for (int64_t i = 0; i < count; ++i)
      values[i] = fromBits(uint32_t(halves[i]) << 16);
    return;
  case OPTIMC_STORAGE_F16:
    for (int64_t i = 0; i < count; ++i)
      values[i] = fromHalf(halves[i]);
    return;
  case OPTIMC_STORAGE_SPLIT:
    for (int64_t i = 0; i < count; ++i)
      values[i] = fromBits(uint32_t(halves[i]) << 16 | aux[i]);
    return;
  default:
    for (int64_t i = 0; i < count; i += storageBlock)
      decodeBlock(format, static_cast<const uint8_t *>(codes) + i,
                  aux[i / storageBlock], std::min(storageBlock, count - i),
                  values + i);
  }
}

//===----------------------------------------------------------------------===//
// For callers
//===----------------------------------------------------------------------===//

static optimc_status formatOf(uint32_t dtype, const void *from, int64_t count,
                              const void *to, Format &out, const Diag &diag) {
  if (dtype == OPTIMC_DTYPE_F32)
    out.storage = OPTIMC_STORAGE_F32;
  else if (dtype == OPTIMC_DTYPE_BF16)
    out.storage = OPTIMC_STORAGE_BF16;
  else if (dtype == OPTIMC_DTYPE_F16)
    out.storage = OPTIMC_STORAGE_F16;
  else
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "dtype %s cannot be converted; f32, bf16 and f16 can",
                     dtypeName(dtype));
  if (count < 0)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "%lld values cannot be converted",
                     static_cast<long long>(count));
  if (count && (!from || !to))
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "%s is NULL",
                     from ? "the place for the values" : "the array of values");
  return OPTIMC_OK;
}

optimc_status optimc_from_float32(uint32_t dtype, const float *from,
                                  int64_t count, void *to,
                                  optimc_error *error) {
  Diag diag(error);
  Format format;
  if (optimc_status s = formatOf(dtype, from, count, to, format, diag))
    return s;
  encode(format, from, count, to, nullptr);
  return OPTIMC_OK;
}

optimc_status optimc_to_float32(uint32_t dtype, const void *from, int64_t count,
                                float *to, optimc_error *error) {
  Diag diag(error);
  Format format;
  if (optimc_status s = formatOf(dtype, from, count, to, format, diag))
    return s;
  DefaultFpEnvironment environment; // subnormal halves are computed
  decode(format, from, nullptr, count, to);
  return OPTIMC_OK;
}
