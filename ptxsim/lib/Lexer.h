//===- Lexer.h - tokens of PTX text -----------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_LEXER_H
#define PTXSIM_LIB_LEXER_H

#include "ptxsim/Expected.h"
#include <string_view>

namespace ptxsim {

enum class TokenKind : uint8_t {
  End,
  Identifier, // name, $L__BB0_1, %r1
  Dotted,     // .f32, .entry, .L2::128B; text without the dot
  Integer,    // value in bits
  Float,      // value in bits, f32 or f64 by isDouble
  String,     // text without the quotes
  Punctuation,
  Invalid, // text is the reason
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::string_view text;
  SourceLocation where;
  uint64_t bits = 0;
  bool isDouble = false;
  bool isUnsigned = false; // an integer with suffix U, or too big for s64
  bool spaceBefore = false;

  bool is(char c) const {
    return kind == TokenKind::Punctuation && text[0] == c;
  }
  bool isDotted(std::string_view name) const {
    return kind == TokenKind::Dotted && text == name;
  }
};

/// Splits text into tokens on demand; comments are blanks.
class Lexer {
public:
  explicit Lexer(std::string_view text) : text(text) {}

  Token next();

private:
  /// False when a comment does not end.
  bool skipBlanks(bool &any);
  Token number();
  Token make(TokenKind kind, size_t begin, size_t end);
  Token invalid(std::string_view reason);

  std::string_view text;
  size_t at = 0;
  uint32_t line = 1;
  size_t lineStart = 0;
};

} // namespace ptxsim

#endif // PTXSIM_LIB_LEXER_H
