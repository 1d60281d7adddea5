//===- Data.cpp - the training text -----------------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Data.h"
#include "optimc-c/Program.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <lzma.h>

namespace optimc::trainer {

// Far above any text that these models can use; a guard against decompression
// bombs and special files without an end.
static constexpr size_t maxTextBytes = size_t(1) << 30;
static constexpr uint64_t maxDecoderMemory = uint64_t(1) << 28;

static bool readFile(const std::string &path, std::string &content,
                     std::string &error) {
  std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen(path.c_str(), "rb"),
                                              std::fclose);
  if (!file) {
    error = "cannot open text '" + path + "': " + std::strerror(errno);
    return false;
  }
  char block[1 << 16];
  while (size_t got = std::fread(block, 1, sizeof block, file.get())) {
    if (content.size() + got > maxTextBytes) {
      error = "text '" + path + "' is larger than 1 GiB";
      return false;
    }
    content.append(block, got);
  }
  if (std::ferror(file.get())) {
    error = "cannot read text '" + path + "': " + std::strerror(errno);
    return false;
  }
  return true;
}

static const char *describe(lzma_ret result) {
  switch (result) {
  case LZMA_MEMLIMIT_ERROR:
    return "it needs more than 256 MiB to decompress";
  case LZMA_OPTIONS_ERROR:
    return "it uses options that this liblzma does not know";
  case LZMA_BUF_ERROR:
    return "it is truncated";
  case LZMA_MEM_ERROR:
    return "out of memory";
  default:
    return "its data is damaged";
  }
}

static bool decompress(const std::string &path, const std::string &packed,
                       std::string &text, std::string &error) {
  lzma_stream stream = LZMA_STREAM_INIT;
  lzma_ret result = lzma_stream_decoder(&stream, maxDecoderMemory, 0);
  stream.next_in = reinterpret_cast<const uint8_t *>(packed.data());
  stream.avail_in = packed.size();
  uint8_t block[1 << 16];
  while (result == LZMA_OK && text.size() <= maxTextBytes) {
    stream.next_out = block;
    stream.avail_out = sizeof block;
    result = lzma_code(&stream, LZMA_FINISH);
    text.append(reinterpret_cast<char *>(block),
                sizeof block - stream.avail_out);
  }
  bool trailing = stream.avail_in != 0;
  lzma_end(&stream);
  if (text.size() > maxTextBytes) {
    error = "text '" + path + "' is larger than 1 GiB when decompressed";
    return false;
  }
  if (result != LZMA_STREAM_END || trailing) {
    error =
        "cannot decompress text '" + path + "': " +
        (result == LZMA_STREAM_END ? "data follows its end" : describe(result));
    return false;
  }
  return true;
}

bool readText(const std::string &path, std::string &text, std::string &error) {
  std::string content;
  if (!readFile(path, content, error))
    return false;
  static const char magic[6] = {'\xfd', '7', 'z', 'X', 'Z', '\0'};
  text.clear();
  if (content.compare(0, sizeof magic, magic, sizeof magic) == 0)
    return decompress(path, content, text, error);
  text = std::move(content);
  return true;
}

std::string findDefaultText() {
  for (const char *folder :
       {OPTIMC_TRAINER_SOURCE_DATA, OPTIMC_TRAINER_INSTALLED_DATA}) {
    std::string path = std::string(folder) + "/kjv.txt.xz";
    if (FILE *file = std::fopen(path.c_str(), "rb")) {
      std::fclose(file);
      return path;
    }
  }
  return {};
}

bool Corpus::build(const std::string &text, int64_t context,
                   std::string &error) {
  bool present[256] = {};
  uint8_t symbolOf[256] = {};
  textHash = 0xcbf29ce484222325u;
  for (unsigned char c : text) {
    present[c] = true;
    textHash = (textHash ^ c) * 0x100000001b3u;
  }
  bytes.clear();
  for (int c = 0; c < 256; ++c) {
    if (!present[c])
      continue;
    symbolOf[c] = static_cast<uint8_t>(bytes.size());
    bytes.push_back(static_cast<uint8_t>(c));
  }
  symbols.clear();
  symbols.reserve(text.size());
  for (unsigned char c : text)
    symbols.push_back(symbolOf[c]);
  this->context = context;
  trainEnd = size() - size() / 10;
  if (validationWindows() < 1) {
    error = "the text has " + std::to_string(text.size()) +
            " bytes; at least " + std::to_string(10 * (context + 1)) +
            " are needed: its last tenth must hold one window of " +
            std::to_string(context) + " bytes and the byte that follows";
    return false;
  }
  return true;
}

void Corpus::copyWindow(int64_t start, uint8_t *input, uint8_t *target) const {
  std::memcpy(input, symbols.data() + start, static_cast<size_t>(context));
  std::memcpy(target, symbols.data() + start + 1, static_cast<size_t>(context));
}

void Corpus::trainingBatch(uint64_t seed, int64_t step, int64_t batch,
                           uint8_t *inputs, uint8_t *targets) const {
  // A window must not reach into the held-out part, its last target included.
  uint64_t starts = static_cast<uint64_t>(trainEnd - context);
  uint64_t key = optimc_mix(optimc_mix(seed) ^ ~static_cast<uint64_t>(step));
  for (int64_t b = 0; b < batch; ++b) {
    uint64_t bits = optimc_mix(key ^ static_cast<uint64_t>(b));
    copyWindow(static_cast<int64_t>(bits % starts), inputs + b * context,
               targets + b * context);
  }
}

int64_t Corpus::validationWindows() const {
  return (size() - trainEnd - 1) / context;
}

void Corpus::validationBatch(int64_t first, int64_t stride, int64_t batch,
                             uint8_t *inputs, uint8_t *targets) const {
  for (int64_t b = 0; b < batch; ++b)
    copyWindow(trainEnd + (first + b * stride) * context, inputs + b * context,
               targets + b * context);
}

} // namespace optimc::trainer
