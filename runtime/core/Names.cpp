//===- Names.cpp - names and numbers in messages --------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Names.h"

#include <algorithm>
#include <charconv>

using namespace optimc::rt;

bool optimc::rt::isUtf8(std::string_view text) {
  size_t i = 0;
  auto continuation = [&](size_t at) {
    return at < text.size() &&
           (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  };
  while (i < text.size()) {
    unsigned char c = text[i];
    size_t length = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : 0;
    if (c >= 0xE0 && c < 0xF0)
      length = 3;
    else if (c >= 0xF0 && c < 0xF5)
      length = 4;
    if (length == 0)
      return false;
    for (size_t k = 1; k < length; ++k)
      if (!continuation(i + k))
        return false;
    if (length > 2) {
      unsigned char second = text[i + 1];
      if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second >= 0xA0) ||
          (c == 0xF0 && second < 0x90) || (c == 0xF4 && second >= 0x90))
        return false;
    }
    i += length;
  }
  return true;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

/// The number of single-character edits between two names, whatever their case.
static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t substitute = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

std::string optimc::rt::suggest(std::string_view given,
                                const std::vector<std::string_view> &known) {
  // Long or many names would cost more than the hint is worth.
  if (given.size() > 100 || known.empty() || known.size() > 2000)
    return "";
  size_t best = std::max<size_t>(1, given.size() / 3) + 1;
  std::string_view closest;
  for (std::string_view name : known) {
    if (name.size() > 100)
      continue;
    // A name that was cut short, such as 'lr' for 'lr_t', is close too.
    bool isPrefix = name.size() > given.size() && !given.empty() &&
                    name.substr(0, given.size()) == given;
    size_t distance = isPrefix ? 1 : editDistance(given, name);
    if (distance < best) {
      best = distance;
      closest = name;
    }
  }
  if (!closest.empty())
    return "; did you mean '" + std::string(closest) + "'?";
  if (known.size() > 12)
    return "";
  std::string text = known.size() == 1 ? "; there is" : "; there are";
  for (size_t i = 0; i < known.size(); ++i)
    text += (i ? ", '" : " '") + std::string(known[i].substr(0, 100)) + "'";
  return text;
}

std::string optimc::rt::number(double value) {
  char buffer[40];
  auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, result.ptr);
}

std::string optimc::rt::rangeText(const optimc_hyper &hyper) {
  std::string text(hyper.flags & OPTIMC_HYPER_LOW_OPEN ? "(" : "[");
  text += number(hyper.low) + ", " + number(hyper.high);
  text += hyper.flags & OPTIMC_HYPER_HIGH_OPEN ? ")" : "]";
  return text;
}

std::string optimc::rt::shapeText(const int64_t *shape, size_t rank) {
  std::string text = "[";
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

const char *optimc::rt::rateName(uint32_t rate) {
  static const char *const names[] = {"const", "model", "group", "tensor",
                                      "row",   "col",   "block", "element"};
  return rate < 8 ? names[rate] : "?";
}

bool optimc::rt::parseUnsigned(std::string_view text, uint64_t &out) {
  auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  return result.ec == std::errc() && !text.empty() &&
         result.ptr == text.data() + text.size();
}
