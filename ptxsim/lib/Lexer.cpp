//===- Lexer.cpp - tokens of PTX text ---------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lexer.h"
#include <cstdlib>
#include <cstring>

using namespace ptxsim;

static bool isDigit(char c) { return c >= '0' && c <= '9'; }
static bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '$' || c == '%';
}
static bool isWord(char c) { return (isLetter(c) && c != '%') || isDigit(c); }

static int digitValue(char c) {
  if (isDigit(c))
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

bool Lexer::skipBlanks(bool &any) {
  while (at < text.size()) {
    char c = text[at];
    if (c == '\n') {
      ++line;
      lineStart = ++at;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
      ++at;
    } else if (text.compare(at, 2, "//") == 0) {
      while (at < text.size() && text[at] != '\n')
        ++at;
    } else if (text.compare(at, 2, "/*") == 0) {
      size_t end = text.find("*/", at + 2);
      if (end == std::string_view::npos)
        return false;
      for (; at < end + 2; ++at)
        if (text[at] == '\n') {
          ++line;
          lineStart = at + 1;
        }
    } else {
      break;
    }
    any = true;
  }
  return true;
}

Token Lexer::make(TokenKind kind, size_t begin, size_t end) {
  Token token;
  token.kind = kind;
  token.text = text.substr(begin, end - begin);
  token.where = {line, static_cast<uint32_t>(begin - lineStart + 1)};
  at = end;
  return token;
}

Token Lexer::invalid(std::string_view reason) {
  Token token = make(TokenKind::Invalid, at, at);
  token.text = reason;
  at = text.size(); // nothing more comes
  return token;
}

Token Lexer::number() {
  size_t begin = at, end = at;
  // 0f3F800000 and 0d3FF0000000000000: exact bits.
  if (text[at] == '0' && at + 1 < text.size() &&
      std::strchr("fFdD", text[at + 1])) {
    bool isDouble = text[at + 1] == 'd' || text[at + 1] == 'D';
    size_t digits = isDouble ? 16 : 8;
    uint64_t bits = 0;
    for (end = at + 2; end < text.size() && digitValue(text[end]) >= 0; ++end)
      bits = bits << 4 | static_cast<uint64_t>(digitValue(text[end]));
    if (end - at - 2 != digits || (end < text.size() && isWord(text[end])))
      return invalid(isDouble ? "a literal 0d needs 16 hexadecimal digits"
                              : "a literal 0f needs 8 hexadecimal digits");
    Token token = make(TokenKind::Float, begin, end);
    token.bits = bits;
    token.isDouble = isDouble;
    return token;
  }

  unsigned base = 10;
  size_t first = at;
  if (text[at] == '0' && at + 1 < text.size()) {
    char c = text[at + 1];
    if (c == 'x' || c == 'X')
      base = 16, first += 2;
    else if (c == 'b' || c == 'B')
      base = 2, first += 2;
    else if (isDigit(c))
      base = 8, first += 1;
  }
  uint64_t bits = 0;
  bool overflow = false;
  for (end = first; end < text.size(); ++end) {
    int digit = digitValue(text[end]);
    if (digit < 0 || digit >= static_cast<int>(base))
      break;
    overflow |= __builtin_mul_overflow(bits, uint64_t(base), &bits);
    overflow |= __builtin_add_overflow(bits, uint64_t(digit), &bits);
  }
  char after = end < text.size() ? text[end] : ' ';
  if (base == 10 && (after == '.' || after == 'e' || after == 'E')) {
    // A decimal floating-point literal is a double.
    size_t stop = end;
    if (text[stop] == '.')
      for (++stop; stop < text.size() && isDigit(text[stop]);)
        ++stop;
    if (stop < text.size() && (text[stop] == 'e' || text[stop] == 'E')) {
      ++stop;
      if (stop < text.size() && (text[stop] == '+' || text[stop] == '-'))
        ++stop;
      if (stop >= text.size() || !isDigit(text[stop]))
        return invalid("a decimal literal with an exponent without digits");
      while (stop < text.size() && isDigit(text[stop]))
        ++stop;
    }
    if (stop - begin > 400 || (stop < text.size() && isWord(text[stop])))
      return invalid("malformed floating-point literal");
    double value = std::strtod(
        std::string(text.substr(begin, stop - begin)).c_str(), nullptr);
    Token token = make(TokenKind::Float, begin, stop);
    std::memcpy(&token.bits, &value, sizeof(value));
    token.isDouble = true;
    return token;
  }
  if (end == first)
    return invalid("an integer literal without digits");
  bool isUnsigned = false;
  if (after == 'U') {
    isUnsigned = true;
    ++end;
  }
  if (end < text.size() && isWord(text[end]))
    return invalid("malformed integer literal");
  if (overflow)
    return invalid("an integer literal needs more than 64 bits");
  Token token = make(TokenKind::Integer, begin, end);
  token.bits = bits;
  token.isUnsigned = isUnsigned || bits >> 63;
  return token;
}

Token Lexer::next() {
  bool blanks = false;
  if (!skipBlanks(blanks))
    return invalid("a comment that does not end");
  if (at >= text.size())
    return make(TokenKind::End, at, at);
  char c = text[at];
  size_t end = at + 1;
  Token token;
  if (isDigit(c)) {
    token = number();
  } else if (isLetter(c)) {
    while (end < text.size() && isWord(text[end]))
      ++end;
    token = make(TokenKind::Identifier, at, end);
  } else if (c == '.' && end < text.size() && (isWord(text[end]))) {
    while (end < text.size() &&
           (isWord(text[end]) || (text.compare(end, 2, "::") == 0 && ++end)))
      ++end;
    token = make(TokenKind::Dotted, at, end);
    token.text.remove_prefix(1);
  } else if (c == '"') {
    while (end < text.size() && text[end] != '"' && text[end] != '\n')
      ++end;
    if (end >= text.size() || text[end] != '"')
      return invalid("a string that does not end on its line");
    token = make(TokenKind::String, at, end + 1);
    token.text = token.text.substr(1, token.text.size() - 2);
  } else if (std::strchr("{}[]()<>,;:@!|+-*/%&^~=?", c) && c) {
    token = make(TokenKind::Punctuation, at, end);
  } else {
    return invalid("a character that PTX does not use here");
  }
  token.spaceBefore = blanks;
  return token;
}
