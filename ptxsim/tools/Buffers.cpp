//===- Buffers.cpp - buffers and arguments from the command line -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Buffers.h"
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

using namespace ptxsim;
using namespace ptxsim::tool;

namespace {
struct TypeEntry {
  const char *name;
  unsigned bytes;
  char kind;         // f, b(f16), u, i
  const char *numpy; // descr in a .npy file
};
const TypeEntry types[] = {
    {"f32", 4, 'f', "<f4"},  {"f64", 8, 'f', "<f8"}, {"f16", 2, 'h', "<f2"},
    {"bf16", 2, 'b', "<u2"}, {"u8", 1, 'u', "|u1"},  {"s8", 1, 'i', "|i1"},
    {"u16", 2, 'u', "<u2"},  {"s16", 2, 'i', "<i2"}, {"u32", 4, 'u', "<u4"},
    {"s32", 4, 'i', "<i4"},  {"u64", 8, 'u', "<u8"}, {"s64", 8, 'i', "<i8"},
};
} // namespace

static const TypeEntry *findType(const std::string &name) {
  for (const TypeEntry &type : types)
    if (name == type.name)
      return &type;
  return nullptr;
}

static Error unknownType(const std::string &name) {
  std::string list;
  for (const TypeEntry &type : types)
    list += std::string(list.empty() ? "" : ", ") + type.name;
  return {"unknown type '" + name + "': expected one of " + list, {}};
}

Expected<unsigned> tool::elementBytes(const std::string &type) {
  const TypeEntry *entry = findType(type);
  if (!entry)
    return unknownType(type);
  return entry->bytes;
}

Expected<BufferSpec> tool::parseBuffer(const std::string &text) {
  size_t equal = text.find('='), open = text.find('[', equal),
         close = text.find(']', open);
  if (equal == std::string::npos || equal == 0 || open == std::string::npos ||
      close == std::string::npos ||
      (close + 1 < text.size() && text[close + 1] != ':'))
    return Error{"--buffer '" + text +
                     "': expected name=type[count]:contents, for example "
                     "x=f32[100]:random",
                 {}};
  BufferSpec spec;
  spec.name = text.substr(0, equal);
  spec.type = text.substr(equal + 1, open - equal - 1);
  if (!findType(spec.type))
    return unknownType(spec.type);
  std::string count = text.substr(open + 1, close - open - 1);
  char *end = nullptr;
  spec.count = std::strtoull(count.c_str(), &end, 0);
  if (count.empty() || *end || spec.count == 0 ||
      spec.count > (uint64_t(1) << 32))
    return Error{"--buffer '" + text + "': '" + count +
                     "' is no number of elements between 1 and 2^32",
                 {}};
  spec.contents = close + 2 <= text.size() ? text.substr(close + 2) : "none";
  return spec;
}

static uint16_t halfBits(float value) {
  // Through an integer significand, to nearest even; subnormals included.
  if (std::isnan(value))
    return 0x7fff;
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  float magnitude = std::fabs(value);
  if (magnitude >= 65520)
    return sign | 0x7c00;
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  exponent = std::max(exponent, -13);
  int fraction =
      static_cast<int>(std::nearbyint(std::ldexp(magnitude, 11 - exponent)));
  return static_cast<uint16_t>(sign + ((exponent + 13) << 10) + fraction);
}

static void store(const TypeEntry &type, double value, int64_t integer,
                  uint8_t *to) {
  uint64_t bits = static_cast<uint64_t>(integer);
  float narrow = static_cast<float>(value);
  uint32_t narrowBits;
  std::memcpy(&narrowBits, &narrow, 4);
  switch (type.kind) {
  case 'f':
    if (type.bytes == 8)
      std::memcpy(&bits, &value, 8);
    else
      bits = narrowBits;
    break;
  case 'h':
    bits = halfBits(narrow);
    break;
  case 'b':
    bits = (narrowBits + 0x7fff + (narrowBits >> 16 & 1)) >> 16;
    break;
  default:
    break;
  }
  std::memcpy(to, &bits, type.bytes);
}

/// Reads a number that fills all of the text.
static bool parseNumber(const TypeEntry &type, const std::string &text,
                        uint8_t *to) {
  char *end = nullptr;
  double value = 0;
  int64_t integer = 0;
  if (type.kind == 'u' || type.kind == 'i')
    integer = text[0] == '-'
                  ? std::strtoll(text.c_str(), &end, 0)
                  : static_cast<int64_t>(std::strtoull(text.c_str(), &end, 0));
  else
    value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end)
    return false;
  store(type, value, integer, to);
  return true;
}

Expected<std::vector<uint8_t>> tool::parseScalar(const std::string &text) {
  size_t colon = text.find(':');
  const TypeEntry *type =
      colon == std::string::npos ? nullptr : findType(text.substr(0, colon));
  if (!type)
    return Error{"--arg '" + text +
                     "': expected type:value, for example f32:1.5, or the name "
                     "of a buffer",
                 {}};
  std::vector<uint8_t> bytes(type->bytes);
  if (!parseNumber(*type, text.substr(colon + 1), bytes.data()))
    return Error{"--arg '" + text + "': '" + text.substr(colon + 1) +
                     "' is no number",
                 {}};
  return bytes;
}

static Expected<std::vector<uint8_t>> readNpy(const BufferSpec &spec,
                                              const TypeEntry &type) {
  std::ifstream file(spec.contents, std::ios::binary);
  std::stringstream stream;
  stream << file.rdbuf();
  std::string data = stream.str();
  if (!file)
    return Error{"cannot read '" + spec.contents + "'", {}};
  if (data.size() < 10 || data.compare(0, 6, "\x93NUMPY") != 0)
    return Error{"'" + spec.contents + "' is no .npy file", {}};
  size_t header = 10, length = uint8_t(data[8]) | uint8_t(data[9]) << 8;
  if (data[6] >= 2) {
    header = 12;
    length |= data.size() < 12 ? 0
                               : size_t(uint8_t(data[10])) << 16 |
                                     size_t(uint8_t(data[11])) << 24;
  }
  uint64_t size = spec.count * type.bytes;
  if (header + length > data.size() || data.size() - header - length != size)
    return Error{"'" + spec.contents + "' does not hold " +
                     std::to_string(spec.count) + " elements of " + spec.type,
                 {}};
  std::string text = data.substr(header, length);
  if (text.find(type.numpy) == std::string::npos ||
      text.find("'fortran_order': False") == std::string::npos)
    return Error{"'" + spec.contents + "' is no C-ordered array of " +
                     spec.type + " ('" + type.numpy + "')",
                 {}};
  return std::vector<uint8_t>(data.begin() + ptrdiff_t(header + length),
                              data.end());
}

Expected<std::vector<uint8_t>> tool::initialBytes(const BufferSpec &spec,
                                                  uint64_t seed) {
  const TypeEntry &type = *findType(spec.type);
  if (spec.contents == "none")
    return std::vector<uint8_t>();
  if (spec.contents.size() > 4 &&
      spec.contents.compare(spec.contents.size() - 4, 4, ".npy") == 0)
    return readNpy(spec, type);
  std::vector<uint8_t> bytes(spec.count * type.bytes);
  if (spec.contents == "zeros")
    return bytes;
  uint64_t state = seed * 0x9e3779b97f4a7c15 + spec.name.size() + 1;
  for (uint64_t i = 0; i < spec.count; ++i) {
    uint8_t *to = &bytes[i * type.bytes];
    if (spec.contents == "random") {
      // Floating-point values in [-1, 1), integers of any bits.
      state = state * 6364136223846793005u + 1442695040888963407u;
      int64_t integer = static_cast<int64_t>(state ^ state >> 29);
      store(type, static_cast<double>(integer) * 0x1p-63, integer, to);
    } else if (!parseNumber(type, spec.contents, to)) {
      return Error{"--buffer '" + spec.name + "': unknown contents '" +
                       spec.contents +
                       "': expected zeros, random, none, a number or a .npy "
                       "file",
                   {}};
    }
  }
  return bytes;
}

std::string tool::formatElement(const std::string &name, const uint8_t *bytes) {
  const TypeEntry &type = *findType(name);
  uint64_t bits = 0;
  std::memcpy(&bits, bytes, type.bytes);
  double value = 0;
  float narrow;
  uint32_t narrowBits = static_cast<uint32_t>(bits);
  switch (type.kind) {
  case 'u':
    return std::to_string(bits);
  case 'i': {
    unsigned shift = 64 - 8 * type.bytes;
    return std::to_string(static_cast<int64_t>(bits << shift) >> shift);
  }
  case 'b':
    narrowBits <<= 16;
    break;
  case 'h': {
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double magnitude = exponent == 31 ? (fraction ? NAN : INFINITY)
                       : exponent ? std::ldexp(1024 + fraction, exponent - 25)
                                  : std::ldexp(fraction, -24);
    narrow = static_cast<float>(bits & 0x8000 ? -magnitude : magnitude);
    std::memcpy(&narrowBits, &narrow, 4);
    break;
  }
  default:
    break;
  }
  std::memcpy(&narrow, &narrowBits, 4);
  value = narrow;
  if (type.bytes == 8)
    std::memcpy(&value, bytes, 8);
  char text[40];
  std::snprintf(text, sizeof(text), type.bytes == 8 ? "%.17g" : "%.9g", value);
  return text;
}

Status tool::writeNpy(const std::string &path, const BufferSpec &spec,
                      const std::vector<uint8_t> &bytes) {
  std::string header = std::string("{'descr': '") + findType(spec.type)->numpy +
                       "', 'fortran_order': False, 'shape': (" +
                       std::to_string(spec.count) + ",), }";
  header.resize((10 + header.size() + 64) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  file.write("\x93NUMPY\x01\x00", 8);
  file.put(static_cast<char>(header.size() & 255));
  file.put(static_cast<char>(header.size() >> 8));
  file << header;
  file.write(reinterpret_cast<const char *>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (!file.flush())
    return Error{"cannot write '" + path + "'", {}};
  return {};
}
