//===- Parser.cpp - tokens, errors and constant expressions -----*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parser.h"

using namespace ptxsim;

Parser::Parser(AstModule &module) : module(module), lexer(module.text) {
  scopes.emplace_back();
  advance();
}

std::optional<Error> Parser::run() {
  if (header())
    while (token.kind != TokenKind::End && moduleItem())
      ;
  return error;
}

bool Parser::fail(SourceLocation where, std::string message) {
  if (!error)
    error = Error{std::move(message), where};
  return false;
}

/// The current token, as messages show it.
std::string Parser::found() const {
  if (token.kind == TokenKind::End)
    return "the end of the text";
  std::string text(token.text.substr(0, 40));
  if (token.text.size() > 40)
    text += "...";
  return "'" + std::string(token.kind == TokenKind::Dotted ? "." : "") + text +
         "'";
}

bool Parser::failHere(const std::string &expected) {
  if (token.kind == TokenKind::Invalid)
    return fail(token.where, std::string(token.text));
  return fail(token.where, "expected " + expected + ", found " + found());
}

bool Parser::expect(char punctuation) {
  if (!token.is(punctuation))
    return failHere(std::string("'") + punctuation + "'");
  advance();
  return true;
}

bool Parser::accept(char punctuation) {
  if (!token.is(punctuation))
    return false;
  advance();
  return true;
}

bool Parser::identifier(std::string &name, const char *what) {
  if (token.kind != TokenKind::Identifier)
    return failHere(what);
  name = std::string(token.text);
  advance();
  return true;
}

/// .loc, .file and their like: all of a line.
void Parser::skipLine(uint32_t line) {
  while (token.kind != TokenKind::End && token.where.line == line)
    advance();
}

/// .section name { ... }: debug information, of which braces must balance.
bool Parser::skipSection() {
  while (token.kind != TokenKind::End && !token.is('{'))
    advance();
  for (unsigned depth = 0; token.kind != TokenKind::End;) {
    if (token.is('{'))
      ++depth;
    bool last = token.is('}') && --depth == 0;
    advance();
    if (last)
      return true;
  }
  return failHere("'}' at the end of the section");
}

static int precedence(const Token &token) {
  if (token.kind != TokenKind::Punctuation)
    return 0;
  switch (token.text[0]) {
  case '|':
    return 1;
  case '^':
    return 2;
  case '&':
    return 3;
  case '+':
  case '-':
    return 4;
  case '*':
  case '/':
  case '%':
    return 5;
  default:
    return 0;
  }
}

bool Parser::constantOperand(int64_t &value, const char *what) {
  // Prefixes are collected first, so that long runs of them need no stack.
  std::string prefixes;
  while (token.is('-') || token.is('~') || token.is('+') || token.is('!')) {
    prefixes += token.text[0];
    advance();
  }
  if (token.is('(')) {
    SourceLocation open = token.where;
    advance();
    if (prefixes.size() > 64)
      return fail(open, "more than 64 prefix operators");
    if (++constantDepth > 64)
      return fail(open, "more than 64 nested parentheses");
    if (!constant(value, what) || !expect(')'))
      return false;
    --constantDepth;
  } else if (token.kind == TokenKind::Integer) {
    value = static_cast<int64_t>(token.bits);
    advance();
  } else {
    return failHere(what);
  }
  for (size_t i = prefixes.size(); i-- > 0;)
    value = prefixes[i] == '-'   ? static_cast<int64_t>(-uint64_t(value))
            : prefixes[i] == '~' ? ~value
            : prefixes[i] == '!' ? value == 0
                                 : value;
  return true;
}

bool Parser::constant(int64_t &value, const char *what, int minPrecedence) {
  if (!constantOperand(value, what))
    return false;
  while (int level = precedence(token)) {
    if (level < minPrecedence)
      return true;
    char op = token.text[0];
    SourceLocation where = token.where;
    advance();
    int64_t right;
    if (!constant(right, what, level + 1))
      return false;
    uint64_t a = value, b = right;
    switch (op) {
    case '|':
      value = a | b;
      break;
    case '^':
      value = a ^ b;
      break;
    case '&':
      value = a & b;
      break;
    case '+':
      value = a + b;
      break;
    case '-':
      value = a - b;
      break;
    case '*':
      value = a * b;
      break;
    default:
      if (right == 0 || (right == -1 && value == INT64_MIN))
        return fail(where, "division by zero in a constant expression");
      value = op == '/' ? value / right : value % right;
    }
  }
  return true;
}

bool Parser::unsignedConstant(uint64_t &value, const char *what, uint64_t max) {
  SourceLocation where = token.where;
  int64_t given;
  if (!constant(given, what))
    return false;
  if (given < 0 || uint64_t(given) > max)
    return fail(where, std::string(what) + " must be between 0 and " +
                           std::to_string(max) + ", not " +
                           std::to_string(given));
  value = given;
  return true;
}
