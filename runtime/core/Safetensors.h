//===- Safetensors.h - the file format -------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// u64 length of the header, little endian; the header, JSON; the data of all
// tensors, without holes. optimc adds a checksum of the whole file. It stands
// at a fixed place, so that it can be filled in last:
//
//     {"__metadata__":{"checksum":"0123456789abcdef", ...
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_SAFETENSORS_H
#define OPTIMC_RUNTIME_CORE_SAFETENSORS_H

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace optimc::rt {

constexpr char checksumPrefix[] = "{\"__metadata__\":{\"checksum\":\"";
constexpr size_t checksumOffset = 8 + sizeof checksumPrefix - 1;
constexpr size_t checksumDigits = 16;
constexpr uint64_t maxHeaderLength = 100'000'000; // as in other readers

/// Bytes of an element; 0 for a type that checkpoints do not have.
uint64_t sizeOfDtype(std::string_view dtype);

/// One tensor of a file: of F64, F32, BF16, F16, U16 or U8.
struct FileTensor {
  std::string name, dtype;
  std::vector<uint64_t> shape;
  uint64_t begin = 0, end = 0; // bytes of the data section
  bool taken = false;          // used by the loader
};

struct FileHeader {
  std::map<std::string, std::string, std::less<>> metadata;
  std::vector<FileTensor> tensors;
  uint64_t dataOffset = 0; // in the file

  FileTensor *find(std::string_view name);
  const std::string *findMetadata(std::string_view key) const;

private:
  friend bool parseHeader(const void *, uint64_t, FileHeader &, std::string &);
  std::map<std::string_view, FileTensor *> byName;
};

/// The text of the header, padded so that the data is 8-byte aligned; the
/// checksum is all zeros. Names must be UTF-8.
std::string
writeHeader(const std::vector<std::pair<std::string, std::string>> &metadata,
            const std::vector<FileTensor> &tensors);

/// Reads and validates a whole file in memory: lengths, JSON, duplicate keys,
/// dtypes, shapes, offsets without holes or overlaps, the checksum. On failure
/// `reason` says what is wrong.
bool parseHeader(const void *file, uint64_t size, FileHeader &header,
                 std::string &reason);

/// A checksum against accidents (not attacks): any change within eight bytes is
/// certain to be noticed, others with probability 1 - 2^-64.
class Checksum {
public:
  void add(const void *data, uint64_t size);
  /// 16 lower-case hex digits.
  std::string digits() const;

private:
  void addWord(uint64_t word);
  uint64_t lanes[4] = {1, 2, 3, 4};
  uint64_t partial = 0, length = 0;
};

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_SAFETENSORS_H
