//===- Data.h - the training text -------------------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_DATA_H
#define OPTIMC_TRAINER_DATA_H

#include <cstdint>
#include <string>
#include <vector>

namespace optimc::trainer {

/// Reads a plain file, or decompresses it if it is an .xz file (by content; its
/// check is verified). On failure returns false and says why in `error`.
bool readText(const std::string &path, std::string &text, std::string &error);

/// The King James text: beside the sources, or where it was installed. Returns
/// an empty path if it is in neither place.
std::string findDefaultText();

/// A text as symbols 0 .. vocabulary - 1, the different bytes in increasing
/// order. The last tenth is held out for validation.
class Corpus {
public:
  /// On failure (too short for `context`) returns false and says why.
  bool build(const std::string &text, int64_t context, std::string &error);

  int64_t vocabulary() const { return static_cast<int64_t>(bytes.size()); }
  uint8_t byteOf(uint8_t symbol) const { return bytes[symbol]; }
  int64_t size() const { return static_cast<int64_t>(symbols.size()); }
  int64_t trainSize() const { return trainEnd; }
  const uint8_t *data() const { return symbols.data(); }
  /// A hash of the text (FNV-1a): runs on different texts are never mixed.
  uint64_t hash() const { return textHash; }

  /// Fills [batch][context] inputs and targets (the following symbols) with the
  /// windows that step `step` of seed `seed` trains on, the same for everybody.
  void trainingBatch(uint64_t seed, int64_t step, int64_t batch,
                     uint8_t *inputs, uint8_t *targets) const;

  /// The number of whole validation windows.
  int64_t validationWindows() const;
  /// Fills a batch with validation windows first, first + stride, ...
  void validationBatch(int64_t first, int64_t stride, int64_t batch,
                       uint8_t *inputs, uint8_t *targets) const;

private:
  void copyWindow(int64_t start, uint8_t *input, uint8_t *target) const;

  std::vector<uint8_t> symbols, bytes;
  int64_t context = 0, trainEnd = 0;
  uint64_t textHash = 0;
};

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_DATA_H
