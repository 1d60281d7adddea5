//===- Storage.h - how streams are stored -----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/Numerics.md, "Storage": kernels encode and decode on their own; this is
// for initialisation, for reading and writing states as float32, and for the
// conversion of checkpoints. Always to nearest.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_STORAGE_H
#define OPTIMC_RUNTIME_CORE_STORAGE_H

#include "optimc-c/Runtime.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace optimc::rt {

constexpr int64_t storageBlock = 256; // values with one exponent

struct Format {
  uint32_t storage = OPTIMC_STORAGE_F32;
  bool isUnsigned = false; // of q8: no sign bit

  bool isBlockScaled() const {
    return storage == OPTIMC_STORAGE_Q8 || storage == OPTIMC_STORAGE_Q8_SR;
  }
  /// Whether there is a second array of 16-bit words: the exponents of q8, the
  /// low halves of split.
  bool hasAux() const {
    return isBlockScaled() || storage == OPTIMC_STORAGE_SPLIT;
  }
  bool operator==(const Format &other) const {
    return storage == other.storage && isUnsigned == other.isUnsigned;
  }

  size_t elementSize() const; // bytes of the stream's own array
  int64_t auxCount(int64_t count) const;
  uint32_t dtype() const;        // optimc_dtype of the own array
  const char *fileDtype() const; // its safetensors dtype
  const char *auxSuffix() const; // "exponent" or "low"
  std::string name() const;      // "q8_sr unsigned"
};

/// Where value 0 of the unsharded tensor would be, from where value `first` is:
/// kernels count as the unsharded tensor does. 0 for arrays that are not there.
struct UnshardedPlaces {
  uintptr_t stream, aux;
};
UnshardedPlaces unshardedPlaces(const Format &format, int64_t first,
                                const void *stream, const void *aux);

/// The format of a `name()`; false if there is none.
bool parseFormat(std::string_view name, Format &out);

/// "f32", ...; "unknown".
const char *dtypeName(uint32_t dtype);

/// `count` values from a block's start; `aux` is only used where there is one.
void encode(const Format &format, const float *values, int64_t count,
            void *codes, uint16_t *aux);
void decode(const Format &format, const void *codes, const uint16_t *aux,
            int64_t count, float *values);

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_STORAGE_H
