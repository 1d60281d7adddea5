//===- Safetensors.cpp - the file format ----------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Safetensors.h"

#include "core/Error.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

using namespace optimc::rt;
using Json = nlohmann::json;

//===----------------------------------------------------------------------===//
// Checksum
//===----------------------------------------------------------------------===//

void Checksum::addWord(uint64_t word) {
  // Bijective in the lane for every word, so that no single change gets lost.
  uint64_t &lane = lanes[length / 8 % 4];
  lane = (lane ^ word) * 0x9E3779B97F4A7C15u;
  lane ^= lane >> 29;
}

void Checksum::add(const void *data, uint64_t size) {
  const char *at = static_cast<const char *>(data);
  while (size > 0) {
    if (length % 8 == 0 && size >= 8) {
      uint64_t word;
      memcpy(&word, at, 8);
      addWord(word);
      length += 8;
      at += 8;
      size -= 8;
      continue;
    }
    uint64_t byte = static_cast<unsigned char>(*at);
    partial |= byte << (length % 8 * 8);
    if (length % 8 == 7) {
      addWord(partial);
      partial = 0;
    }
    ++length;
    ++at;
    --size;
  }
}

std::string Checksum::digits() const {
  uint64_t hash = optimc_mix(length ^ partial * 0xD6E8FEB86659FD93u);
  for (uint64_t lane : lanes)
    hash = optimc_mix(hash ^ lane);
  return format("%016llx", static_cast<unsigned long long>(hash));
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

std::string optimc::rt::writeHeader(
    const std::vector<std::pair<std::string, std::string>> &metadata,
    const std::vector<FileTensor> &tensors) {
  std::string text = checksumPrefix + std::string(checksumDigits, '0') + "\"";
  for (const auto &[key, value] : metadata)
    text += "," + Json(key).dump() + ":" + Json(value).dump();
  text += "}";
  for (const FileTensor &tensor : tensors) {
    text += "," + Json(tensor.name).dump() + ":{\"dtype\":\"" + tensor.dtype +
            "\",\"shape\":[";
    for (size_t i = 0; i < tensor.shape.size(); ++i)
      text += (i ? "," : "") + std::to_string(tensor.shape[i]);
    text += "],\"data_offsets\":[" + std::to_string(tensor.begin) + "," +
            std::to_string(tensor.end) + "]}";
  }
  text += "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {
/// Accepts exactly the header's form, as events: a tree would silently merge
/// duplicate keys.
class HeaderReader : public nlohmann::json_sax<Json> {
public:
  HeaderReader(FileHeader &header, std::string &reason)
      : header(header), reason(reason) {}

  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("a boolean"); }
  bool number_integer(number_integer_t) override {
    return refuse("a negative number");
  }
  bool number_float(number_float_t, const string_t &) override {
    return refuse("a fraction");
  }
  bool binary(binary_t &) override { return refuse("binary data"); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t &value) override;
  bool start_object(size_t) override;
  bool key(string_t &name) override;
  bool end_object() override;
  bool start_array(size_t) override;
  bool end_array() override;
  bool parse_error(size_t position, const std::string &,
                   const nlohmann::detail::exception &) override {
    reason = format("the header is not valid JSON at byte %zu", position);
    return false;
  }

private:
  enum State { Start, Top, Metadata, Tensor, Shape, Offsets, Done };
  bool refuse(const char *what) {
    reason = format("the header has %s where it does not belong, after "
                    "'%.200s'",
                    what, lastKey.c_str());
    return false;
  }

  FileHeader &header;
  std::string &reason;
  State state = Start;
  std::string lastKey;
  std::map<std::string, bool, std::less<>> seen; // tensor names
  bool hasMetadata = false;
  bool hasDtype = false, hasShape = false, hasOffsets = false;
  std::vector<uint64_t> numbers;
};
} // namespace

bool HeaderReader::start_object(size_t) {
  if (state == Start) {
    state = Top;
    return true;
  }
  if (state != Top)
    return refuse("an object");
  if (lastKey == "__metadata__") {
    state = Metadata;
    return true;
  }
  hasDtype = hasShape = hasOffsets = false;
  header.tensors.emplace_back();
  header.tensors.back().name = lastKey;
  state = Tensor;
  return true;
}

bool HeaderReader::key(string_t &name) {
  lastKey = name;
  bool isNew = true;
  if (state == Top && name == "__metadata__") {
    isNew = !hasMetadata;
    hasMetadata = true;
  } else if (state == Top) {
    isNew = seen.emplace(name, true).second;
  } else if (state == Metadata) {
    isNew = header.metadata.emplace(name, "").second;
  } else {
    bool *flag = name == "dtype"          ? &hasDtype
                 : name == "shape"        ? &hasShape
                 : name == "data_offsets" ? &hasOffsets
                                          : nullptr;
    if (!flag)
      return refuse("an unknown key");
    isNew = !*flag;
    *flag = true;
  }
  if (!isNew)
    reason = format("the header has the key '%.200s' twice", name.c_str());
  return isNew;
}

bool HeaderReader::string(string_t &value) {
  if (state == Metadata) {
    header.metadata[lastKey] = value;
    return true;
  }
  if (state != Tensor || lastKey != "dtype")
    return refuse("a string");
  header.tensors.back().dtype = value;
  return true;
}

bool HeaderReader::start_array(size_t) {
  if (state != Tensor || (lastKey != "shape" && lastKey != "data_offsets"))
    return refuse("an array");
  numbers.clear();
  state = lastKey == "shape" ? Shape : Offsets;
  return true;
}

bool HeaderReader::number_unsigned(number_unsigned_t value) {
  if (state != Shape && state != Offsets)
    return refuse("a number");
  numbers.push_back(value);
  return true;
}

bool HeaderReader::end_array() {
  FileTensor &tensor = header.tensors.back();
  if (state == Shape) {
    tensor.shape = numbers;
  } else {
    if (numbers.size() != 2)
      return refuse("a pair of offsets that is none");
    tensor.begin = numbers[0];
    tensor.end = numbers[1];
  }
  state = Tensor;
  return true;
}

bool HeaderReader::end_object() {
  if (state == Tensor && !(hasDtype && hasShape && hasOffsets)) {
    reason = format("tensor '%.200s' has no dtype, shape or data_offsets",
                    header.tensors.back().name.c_str());
    return false;
  }
  state = state == Top ? Done : Top;
  return true;
}

uint64_t optimc::rt::sizeOfDtype(std::string_view dtype) {
  if (dtype == "F64")
    return 8;
  if (dtype == "F32")
    return 4;
  if (dtype == "BF16" || dtype == "F16" || dtype == "U16")
    return 2;
  return dtype == "U8" ? 1 : 0;
}

/// Each tensor's bytes must follow from its dtype and shape, and the tensors
/// must tile the data section.
static bool checkTensors(const FileHeader &header, uint64_t dataSize,
                         std::string &reason) {
  std::vector<const FileTensor *> order;
  for (const FileTensor &tensor : header.tensors) {
    uint64_t size = sizeOfDtype(tensor.dtype);
    if (size == 0) {
      reason = format("tensor '%.200s' has dtype '%.20s'; F64, F32, BF16, F16, "
                      "U16 and U8 are allowed",
                      tensor.name.c_str(), tensor.dtype.c_str());
      return false;
    }
    bool fits = tensor.shape.size() <= OPTIMC_MAX_RANK;
    for (uint64_t extent : tensor.shape)
      fits &= !__builtin_mul_overflow(size, extent, &size);
    if (!fits || tensor.begin > tensor.end || tensor.end > dataSize ||
        tensor.end - tensor.begin != size) {
      reason = format("tensor '%.200s' has data_offsets [%llu, %llu], which do "
                      "not fit its shape or the file",
                      tensor.name.c_str(),
                      static_cast<unsigned long long>(tensor.begin),
                      static_cast<unsigned long long>(tensor.end));
      return false;
    }
    order.push_back(&tensor);
  }
  std::sort(order.begin(), order.end(),
            [](const FileTensor *a, const FileTensor *b) {
              return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
            });
  uint64_t at = 0;
  for (const FileTensor *tensor : order) {
    if (tensor->begin != at) {
      reason = format(
          "tensor '%.200s' starts at byte %llu of the data, but the "
          "one before it ends at %llu",
          tensor->name.c_str(), static_cast<unsigned long long>(tensor->begin),
          static_cast<unsigned long long>(at));
      return false;
    }
    at = tensor->end;
  }
  if (at != dataSize)
    reason =
        format("the file has %llu bytes of data, but its tensors have %llu",
               static_cast<unsigned long long>(dataSize),
               static_cast<unsigned long long>(at));
  return at == dataSize;
}

/// The checksum of a file whose checksum field counts as zeros.
static std::string checksumOf(const char *file, uint64_t size) {
  Checksum sum;
  sum.add(file, checksumOffset);
  sum.add(std::string(checksumDigits, '0').data(), checksumDigits);
  uint64_t rest = checksumOffset + checksumDigits;
  sum.add(file + rest, size - rest);
  return sum.digits();
}

bool optimc::rt::parseHeader(const void *file, uint64_t size,
                             FileHeader &header, std::string &reason) {
  const char *text = static_cast<const char *>(file);
  if (size < checksumOffset + checksumDigits) {
    reason =
        format("it has only %llu bytes", static_cast<unsigned long long>(size));
    return false;
  }
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i)
    length = length << 8 | static_cast<unsigned char>(text[i]);
  if (length > maxHeaderLength || length > size - 8) {
    reason = format("its header claims %llu bytes; the file has %llu",
                    static_cast<unsigned long long>(length),
                    static_cast<unsigned long long>(size));
    return false;
  }
  if (length < checksumOffset - 8 + checksumDigits ||
      memcmp(text + 8, checksumPrefix, sizeof checksumPrefix - 1)) {
    reason = "it is not a checkpoint that optimc wrote: its header does not "
             "start with a checksum";
    return false;
  }
  if (checksumOf(text, size) !=
      std::string_view(text + checksumOffset, checksumDigits)) {
    reason = "its checksum does not match: the file is damaged or was edited";
    return false;
  }
  HeaderReader reader(header, reason);
  if (!Json::sax_parse(text + 8, text + 8 + length, &reader)) {
    if (reason.empty())
      reason = "its header is not valid JSON";
    return false;
  }
  header.dataOffset = 8 + length;
  if (!checkTensors(header, size - header.dataOffset, reason))
    return false;
  for (FileTensor &tensor : header.tensors)
    header.byName.emplace(tensor.name, &tensor);
  return true;
}

FileTensor *FileHeader::find(std::string_view name) {
  auto found = byName.find(name);
  return found == byName.end() ? nullptr : found->second;
}

const std::string *FileHeader::findMetadata(std::string_view key) const {
  auto found = metadata.find(key);
  return found == metadata.end() ? nullptr : &found->second;
}
