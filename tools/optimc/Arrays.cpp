//===- Arrays.cpp - NumPy files -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arrays.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <zip.h>

using namespace llvm;
using namespace optimc::tool;
namespace le = llvm::support::endian;

template <typename... Parts>
static Error makeError(const Parts &...parts) {
  std::string text;
  raw_string_ostream os(text);
  (os << ... << parts);
  return createStringError(inconvertibleErrorCode(), text);
}

//===----------------------------------------------------------------------===//
// .npy: magic, version, header length, a Python dict literal, raw data
//===----------------------------------------------------------------------===//

/// The text after `'key':` in a header, up to the next entry.
static StringRef headerField(StringRef header, StringRef key) {
  size_t at = header.find(("'" + key + "'").str());
  if (at == StringRef::npos)
    return {};
  return header.substr(at + key.size() + 2).ltrim(" :");
}

static Expected<Array> parseNpy(StringRef bytes, StringRef path) {
  auto fail = [&](const Twine &reason) {
    return makeError(path, ": not a usable .npy file: ", reason.str());
  };
  if (!bytes.starts_with("\x93NUMPY") || bytes.size() < 10)
    return fail("no NumPy signature");
  bool longHeader = bytes[6] >= 2;
  size_t start = longHeader ? 12 : 10;
  if (bytes.size() < start)
    return fail("truncated header");
  size_t length = longHeader ? le::read32le(bytes.data() + 8)
                             : le::read16le(bytes.data() + 8);
  if (length > bytes.size() - start)
    return fail("truncated header");
  StringRef header = bytes.substr(start, length);
  StringRef data = bytes.substr(start + length);

  if (!headerField(header, "fortran_order").starts_with("False"))
    return fail(
        "the array is in Fortran order; save it with np.ascontiguousarray");
  StringRef type =
      headerField(header, "descr").ltrim("'").take_until([](char c) {
        return c == '\'';
      });
  StringRef shape = headerField(header, "shape");
  if (!shape.consume_front("("))
    return fail("no shape");

  Array array;
  uint64_t count = 1;
  for (StringRef part :
       llvm::split(shape.take_until([](char c) { return c == ')'; }), ',')) {
    part = part.trim();
    if (part.empty())
      continue;
    uint64_t extent;
    bool overflow = false;
    if (part.getAsInteger(10, extent) || extent > uint64_t(INT64_MAX))
      return fail("malformed shape");
    count = SaturatingMultiply(count, extent, &overflow);
    if (overflow)
      return fail("its shape has too many elements");
    array.shape.push_back(extent);
  }
  struct Format {
    StringRef name;
    unsigned size;
  };
  static constexpr Format formats[] = {
      {"<f4", 4}, {"<f8", 8}, {"<i4", 4}, {"<i8", 8}, {"|b1", 1}};
  const Format *format = llvm::find_if(
      formats, [&](const Format &each) { return each.name == type; });
  if (format == std::end(formats))
    return fail("its dtype is '" + type +
                "'; allowed are float32, float64, int32, int64 and bool");
  if (data.size() / format->size < count)
    return fail("it has fewer bytes than its shape says");
  array.isFloat64 = type != "<f4";
  array.values.resize(count);
  for (uint64_t i = 0; i != count; ++i) {
    const char *at = data.data() + i * format->size;
    double &value = array.values[i];
    if (type == "<f4")
      value = llvm::bit_cast<float>(le::read32le(at));
    else if (type == "<f8")
      value = llvm::bit_cast<double>(le::read64le(at));
    else if (type == "<i4")
      value = static_cast<int32_t>(le::read32le(at));
    else if (type == "<i8")
      value = static_cast<double>(static_cast<int64_t>(le::read64le(at)));
    else
      value = *at != 0;
  }
  return array;
}

static std::string formatNpy(const Array &array) {
  std::string shape;
  for (int64_t extent : array.shape)
    shape += std::to_string(extent) + ",";
  std::string header = std::string("{'descr': '<f") +
                       (array.isFloat64 ? "8" : "4") +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  // The data starts at a multiple of 64 bytes.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  char size[2];
  le::write16le(size, header.size());
  bytes.append(size, 2);
  bytes += header;
  for (double value : array.values) {
    char word[8];
    if (array.isFloat64)
      le::write64le(word, llvm::bit_cast<uint64_t>(value));
    else
      le::write32le(word, llvm::bit_cast<uint32_t>(static_cast<float>(value)));
    bytes.append(word, array.isFloat64 ? 8 : 4);
  }
  return bytes;
}

//===----------------------------------------------------------------------===//
// .npz: a zip archive of .npy files
//===----------------------------------------------------------------------===//

static Expected<std::vector<Array>> parseNpz(StringRef bytes, StringRef path) {
  zip_error_t problem;
  zip_error_init(&problem);
  zip_source_t *source =
      zip_source_buffer_create(bytes.data(), bytes.size(), 0, &problem);
  zip_t *archive =
      source ? zip_open_from_source(source, ZIP_RDONLY, &problem) : nullptr;
  if (!archive) {
    zip_source_free(source);
    Error error = makeError(
        path, ": not a usable .npz file: ", zip_error_strerror(&problem));
    zip_error_fini(&problem);
    return error;
  }
  zip_error_fini(&problem);
  std::vector<Array> arrays;
  Error failure = Error::success();
  for (zip_int64_t i = 0, e = zip_get_num_entries(archive, 0); i != e; ++i) {
    zip_stat_t info;
    if (zip_stat_index(archive, i, 0, &info) || !(info.valid & ZIP_STAT_SIZE) ||
        !(info.valid & ZIP_STAT_NAME) || info.size > (uint64_t(1) << 34)) {
      failure = makeError(path, ": entry ", i, " cannot be read");
      break;
    }
    std::string content(info.size, '\0');
    zip_file_t *file = zip_fopen_index(archive, i, 0);
    bool whole = file && zip_fread(file, content.data(), content.size()) ==
                             static_cast<zip_int64_t>(content.size());
    if (file && zip_fclose(file))
      whole = false;
    if (!whole) {
      failure = makeError(path, ": entry '", info.name, "' is damaged");
      break;
    }
    StringRef name = info.name;
    Expected<Array> array = parseNpy(content, (path + ":" + name).str());
    if (!array) {
      failure = array.takeError();
      break;
    }
    name.consume_back(".npy");
    array->name = name.str();
    arrays.push_back(std::move(*array));
  }
  zip_discard(archive);
  if (failure)
    return std::move(failure);
  return arrays;
}

Expected<std::vector<Array>> optimc::tool::readArrays(StringRef path) {
  auto buffer = MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/false,
                                             /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError("cannot read '", path, "': ", buffer.getError().message());
  StringRef bytes = (*buffer)->getBuffer();
  if (bytes.starts_with("PK"))
    return parseNpz(bytes, path);
  Expected<Array> array = parseNpy(bytes, path);
  if (!array)
    return array.takeError();
  std::vector<Array> arrays;
  arrays.push_back(std::move(*array));
  return arrays;
}

Error optimc::tool::writeArrays(StringRef path,
                                const std::vector<Array> &arrays) {
  // libzip writes to a temporary file beside `path` and renames it on close.
  int code = 0;
  zip_t *archive =
      zip_open(path.str().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  auto message = [](zip_error_t *problem) {
    std::string text = zip_error_strerror(problem);
    zip_error_fini(problem);
    return text;
  };
  if (!archive) {
    zip_error_t problem;
    zip_error_init_with_code(&problem, code);
    return makeError("cannot write '", path, "': ", message(&problem));
  }
  std::vector<std::string> contents; // must outlive zip_close
  contents.reserve(arrays.size());
  for (const Array &array : arrays) {
    contents.push_back(formatNpy(array));
    zip_source_t *source = zip_source_buffer(archive, contents.back().data(),
                                             contents.back().size(), 0);
    zip_int64_t index =
        zip_file_add(archive, (array.name + ".npy").c_str(), source,
                     ZIP_FL_OVERWRITE | ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(source);
      std::string text = zip_strerror(archive);
      zip_discard(archive);
      return makeError("cannot write '", path, "': ", text);
    }
    zip_set_file_compression(archive, index, ZIP_CM_STORE, 0);
  }
  if (zip_close(archive)) {
    std::string text = zip_strerror(archive);
    zip_discard(archive);
    return makeError("cannot write '", path, "': ", text);
  }
  return Error::success();
}
