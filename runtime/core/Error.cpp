//===- Error.cpp - status codes with messages -----------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Error.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

using namespace optimc::rt;

Diag::Diag(optimc_error *out) : out(out) {
  if (!out)
    return;
  out->code = OPTIMC_OK;
  out->message[0] = 0;
}

/// Removes a UTF-8 sequence that truncation has cut at the end of `text`.
static void trimPartialCharacter(char *text, size_t size) {
  size_t i = size;
  while (i > 0 && (static_cast<unsigned char>(text[i - 1]) & 0xC0) == 0x80)
    --i;
  if (i == 0)
    return;
  unsigned char lead = text[i - 1];
  size_t expected = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (size - (i - 1) < expected)
    text[i - 1] = 0;
}

optimc_status Diag::fail(optimc_status code, const char *format, ...) const {
  if (!out)
    return code;
  out->code = code;
  va_list args;
  va_start(args, format);
  int n = vsnprintf(out->message, sizeof out->message, format, args);
  va_end(args);
  auto used = static_cast<size_t>(n);
  if (n >= 0 && used < sizeof out->message && !note.empty())
    n += snprintf(out->message + used, sizeof out->message - used, "%s",
                  note.c_str());
  if (n < 0)
    out->message[0] = 0;
  else if (static_cast<size_t>(n) >= sizeof out->message)
    trimPartialCharacter(out->message, sizeof out->message - 1);
  return code;
}

std::string optimc::rt::format(const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int n = vsnprintf(nullptr, 0, format, args);
  va_end(args);
  std::string text(n > 0 ? n : 0, '\0');
  if (n > 0)
    vsnprintf(&text[0], text.size() + 1, format, again);
  va_end(again);
  return text;
}

const char *optimc_status_name(optimc_status status) {
  switch (status) {
  case OPTIMC_OK:
    return "OPTIMC_OK";
  case OPTIMC_INVALID_ARGUMENT:
    return "OPTIMC_INVALID_ARGUMENT";
  case OPTIMC_OUT_OF_RANGE:
    return "OPTIMC_OUT_OF_RANGE";
  case OPTIMC_NOT_FOUND:
    return "OPTIMC_NOT_FOUND";
  case OPTIMC_ALREADY_EXISTS:
    return "OPTIMC_ALREADY_EXISTS";
  case OPTIMC_WRONG_ORDER:
    return "OPTIMC_WRONG_ORDER";
  case OPTIMC_UNSUPPORTED:
    return "OPTIMC_UNSUPPORTED";
  case OPTIMC_BAD_PROGRAM:
    return "OPTIMC_BAD_PROGRAM";
  case OPTIMC_BAD_CHECKPOINT:
    return "OPTIMC_BAD_CHECKPOINT";
  case OPTIMC_IO_ERROR:
    return "OPTIMC_IO_ERROR";
  case OPTIMC_OUT_OF_MEMORY:
    return "OPTIMC_OUT_OF_MEMORY";
  case OPTIMC_DEVICE_ERROR:
    return "OPTIMC_DEVICE_ERROR";
  }
  return "unknown optimc_status";
}
