//===- ParseOperand.cpp - operands of instructions --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parser.h"

using namespace ptxsim;

using Kind = AstOperand::Kind;

/// The register of a name in the innermost scope that declares it; false, with
/// or without an error, when there is none.
bool Parser::registerNamed(AstFunction &f, const std::string &name,
                           uint32_t &index) {
  size_t digits = name.size();
  while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
    --digits;
  for (size_t level = scopes.size(); level-- > 0;) {
    const Scope &scope = scopes[level];
    Type type = Type::None;
    uint32_t owner = 0;
    if (auto found = scope.registers.find(name);
        found != scope.registers.end()) {
      type = found->second.first;
      owner = found->second.second;
    } else if (digits < name.size() && name.size() - digits < 10 &&
               (name[digits] != '0' || digits + 1 == name.size())) {
      auto range = scope.ranges.find(name.substr(0, digits));
      if (range != scope.ranges.end() &&
          std::stoul(name.substr(digits)) < range->second.count) {
        type = range->second.type;
        owner = range->second.serial;
      }
    }
    if (type == Type::None)
      continue;
    auto [used, isNew] =
        usedRegisters.emplace(std::to_string(owner) + ":" + name,
                              static_cast<uint32_t>(f.registers.size()));
    if (isNew)
      f.registers.push_back({name, type});
    index = used->second;
    return true;
  }
  return false;
}

bool Parser::resolve(AstFunction &f, const std::string &name,
                     AstOperand &result) {
  if (registerNamed(f, name, result.index)) {
    result.kind = Kind::Register;
    result.name = name;
    return true;
  }
  for (size_t level = scopes.size(); level-- > 0;) {
    auto found = scopes[level].variables.find(name);
    if (found == scopes[level].variables.end())
      continue;
    result.kind = Kind::Variable;
    result.variable = found->second.get();
    result.name = name;
    return true;
  }
  if (name[0] == '%')
    return fail(result.where, "unknown register '" + name + "'");
  result.kind = Kind::Name;
  result.name = name;
  result.index = block;
  return true;
}

bool Parser::number(AstOperand &result) {
  bool minus = false;
  SourceLocation where = token.where;
  if (token.is('-')) {
    minus = true;
    advance();
  }
  if (token.kind == TokenKind::Float) {
    result.kind = Kind::Float;
    result.isDouble = token.isDouble;
    result.bits = token.bits;
    if (minus)
      result.bits ^= token.isDouble ? uint64_t(1) << 63 : uint64_t(1) << 31;
    advance();
    return true;
  }
  int64_t value;
  // A minus before a constant belongs to its first term.
  if (minus) {
    if (!constant(value, "an operand", 5))
      return false;
    value = static_cast<int64_t>(-uint64_t(value));
    if (token.is('+') || token.is('|') || token.is('&') || token.is('^'))
      return fail(where, "write this constant expression in parentheses");
  } else if (!constant(value, "an operand")) {
    return false;
  }
  result.kind = Kind::Integer;
  result.bits = static_cast<uint64_t>(value);
  return true;
}

/// A register, special register, name, sink or number.
bool Parser::atom(AstFunction &f, AstOperand &result) {
  result.where = token.where;
  if (token.is('!')) {
    advance();
    result.negated = true;
    if (token.kind != TokenKind::Identifier)
      return failHere("a predicate register");
  }
  if (token.kind == TokenKind::Integer || token.kind == TokenKind::Float ||
      token.is('-') || token.is('~') || token.is('('))
    return number(result);
  if (token.kind != TokenKind::Identifier)
    return failHere("an operand");
  std::string name(token.text);
  advance();
  if (name == "_") {
    result.kind = Kind::Sink;
    return true;
  }
  if (name == "WARP_SZ") {
    result.kind = Kind::Integer;
    result.bits = 32;
    return true;
  }
  if (token.kind == TokenKind::Dotted && !token.spaceBefore && name[0] == '%') {
    result.kind = Kind::Special;
    result.name = name + "." + std::string(token.text);
    advance();
    return true;
  }
  uint32_t index;
  if (name[0] == '%' && !registerNamed(f, name, index)) {
    result.kind = Kind::Special; // the decoder knows which ones exist
    result.name = name;
    return true;
  }
  if (!resolve(f, name, result))
    return false;
  if (result.kind == Kind::Variable && (token.is('+') || token.is('-'))) {
    bool minus = token.is('-');
    advance();
    if (!constant(result.offset, "an offset"))
      return false;
    if (minus)
      result.offset = static_cast<int64_t>(-uint64_t(result.offset));
  }
  return true;
}

/// The rest of [base + offset].
bool Parser::address(AstFunction &f, AstOperand &result) {
  result.kind = Kind::Address;
  AstOperand base;
  if (!atom(f, base))
    return false;
  if (base.kind == Kind::Variable) {
    result.offset = base.offset;
    base.offset = 0;
  } else if (base.kind == Kind::Register && (token.is('+') || token.is('-'))) {
    bool minus = token.is('-');
    advance();
    if (!constant(result.offset, "an offset"))
      return false;
    if (minus)
      result.offset = static_cast<int64_t>(-uint64_t(result.offset));
  } else if (base.kind != Kind::Register && base.kind != Kind::Integer) {
    if (base.kind == Kind::Name)
      return fail(base.where, "unknown variable '" + base.name + "'");
    return fail(base.where,
                "expected a register, a variable or a number as address");
  }
  result.parts.push_back(std::move(base));
  return expect(']');
}

bool Parser::operandList(AstFunction &f, AstOperand &result, char close,
                         unsigned depth) {
  if (accept(close))
    return true;
  do {
    AstOperand part;
    if (!operand(f, part, depth + 1))
      return false;
    result.parts.push_back(std::move(part));
    if (result.parts.size() > 4096)
      return fail(result.where, "more than 4096 operands in a list");
  } while (accept(','));
  return expect(close);
}

bool Parser::operand(AstFunction &f, AstOperand &result, unsigned depth) {
  result.where = token.where;
  if (depth > 2)
    return fail(token.where, "operands are nested too deep");
  if (accept('{')) {
    result.kind = Kind::Vector;
    return operandList(f, result, '}', depth);
  }
  if (accept('['))
    return address(f, result);
  // A list of arguments; "(4+8)" is a number, and calls have no numbers there
  // that start with a parenthesis.
  if (token.is('(') && depth == 0 && f.instructions.back().opcode == "call") {
    advance();
    result.kind = Kind::List;
    return operandList(f, result, ')', depth);
  }
  if (!atom(f, result))
    return false;
  if (!token.is('|'))
    return true;
  advance();
  AstOperand pair;
  pair.kind = Kind::Pair;
  pair.where = result.where;
  pair.parts.push_back(std::move(result));
  pair.parts.emplace_back();
  if (!atom(f, pair.parts.back()))
    return false;
  result = std::move(pair);
  return true;
}
