//===- Expected.h - a value or an error -------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_EXPECTED_H
#define PTXSIM_EXPECTED_H

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace ptxsim {

/// A position in PTX text, both counted from 1; line 0 means "no position".
struct SourceLocation {
  uint32_t line = 0;
  uint32_t column = 0;
};

/// What went wrong, in words for people.
struct Error {
  std::string message;
  SourceLocation where;

  /// "12:7: message", or only the message when there is no position.
  std::string str() const {
    if (!where.line)
      return message;
    return std::to_string(where.line) + ":" + std::to_string(where.column) +
           ": " + message;
  }
};

/// A value or an error. Test it before use: `if (!x) ... x.error()`.
template <typename T>
class [[nodiscard]] Expected {
public:
  Expected(T value) : storage(std::in_place_index<0>, std::move(value)) {}
  Expected(Error error) : storage(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return storage.index() == 0; }
  T &operator*() { return *std::get_if<0>(&storage); }
  const T &operator*() const { return *std::get_if<0>(&storage); }
  T *operator->() { return std::get_if<0>(&storage); }
  const T *operator->() const { return std::get_if<0>(&storage); }
  const Error &error() const { return *std::get_if<1>(&storage); }

private:
  std::variant<T, Error> storage;
};

/// Success, or an error.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(Error error) : failure(std::move(error)) {}

  explicit operator bool() const { return !failure; }
  const Error &error() const { return *failure; }

private:
  std::optional<Error> failure;
};

} // namespace ptxsim

#endif // PTXSIM_EXPECTED_H
