//===- Format.h - printf into a string --------------------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_FORMAT_H
#define OPTIMC_TRAINER_FORMAT_H

#include <cstdarg>
#include <cstdio>
#include <string>

namespace optimc::trainer {

__attribute__((format(printf, 1, 2))) inline std::string
format(const char *pattern, ...) {
  va_list args, copy;
  va_start(args, pattern);
  va_copy(copy, args);
  int length = std::vsnprintf(nullptr, 0, pattern, copy);
  va_end(copy);
  std::string text(length > 0 ? static_cast<size_t>(length) : 0, '\0');
  if (length > 0)
    std::vsnprintf(text.data(), text.size() + 1, pattern, args);
  va_end(args);
  return text;
}

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_FORMAT_H
