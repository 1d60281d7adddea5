//===- Error.h - status codes with messages --------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_ERROR_H
#define OPTIMC_RUNTIME_CORE_ERROR_H

#include "optimc-c/Runtime.h"

#include <string>

namespace optimc::rt {

/// Where a function of the C API reports to. OPTIMC_OK is 0, so that callers
/// write `if (optimc_status s = check(...)) return s;`.
class Diag {
public:
  /// Clears the caller's error; `out` may be null.
  explicit Diag(optimc_error *out);
  /// Reports to the same place, with `note` at the end of the message.
  Diag(const Diag &diag, std::string note)
      : out(diag.out), note(std::move(note)) {}

  /// Writes the message and returns `code`.
  optimc_status fail(optimc_status code, const char *format, ...) const
      __attribute__((format(printf, 3, 4)));

private:
  optimc_error *out;
  std::string note;
};

/// printf into a string.
std::string format(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_ERROR_H
