//===- ParseVariable.cpp - variables and their initial values ---*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parser.h"
#include <cstring>

using namespace ptxsim;

static constexpr uint64_t maxVariableBytes = uint64_t(1) << 31;

bool Parser::variableType(Type &type, uint64_t &alignment, unsigned &lanes) {
  type = Type::None;
  lanes = 1;
  while (token.kind == TokenKind::Dotted && type == Type::None) {
    SourceLocation where = token.where;
    if (token.text == "align") {
      advance();
      if (!unsignedConstant(alignment, "an alignment", 1 << 20))
        return false;
      if (alignment == 0 || (alignment & (alignment - 1)))
        return fail(where, "an alignment must be a power of two, not " +
                               std::to_string(alignment));
    } else if (token.text == "v2" || token.text == "v4" || token.text == "v8") {
      lanes = token.text[1] - '0';
      advance();
    } else {
      type = parseType(token.text);
      if (type == Type::None || type == Type::Pred ||
          (typeKind(type) == TypeKind::Bits && token.text[0] != 'b') ||
          token.text.find('x') != std::string_view::npos)
        return fail(where, "unknown type " + found() + " of a variable");
      advance();
    }
  }
  return type != Type::None || failHere("the type of a variable");
}

/// [3][4] after the name, or [] where the size may be left to others.
bool Parser::arrayBounds(uint64_t elementBytes, Variable &v, bool mayBeOpen) {
  v.size = elementBytes;
  bool first = true;
  while (token.is('[')) {
    SourceLocation where = token.where;
    advance();
    if (token.is(']')) {
      if (!first || !mayBeOpen)
        return fail(where, "expected the size of the array '" + v.name + "'");
      v.size = 0;
    } else {
      uint64_t count;
      if (!unsignedConstant(count, "the size of an array", maxVariableBytes))
        return false;
      if (__builtin_mul_overflow(v.size, count, &v.size) ||
          v.size > maxVariableBytes)
        return fail(where, "the array '" + v.name + "' is larger than " +
                               std::to_string(maxVariableBytes) + " bytes");
    }
    if (!expect(']'))
      return false;
    first = false;
  }
  return true;
}

/// Gives a variable its offset in a shared, local or parameter area.
bool Parser::place(Variable &v, uint64_t &areaBytes, uint64_t limit) {
  uint64_t offset = (areaBytes + v.alignment - 1) & ~(v.alignment - 1);
  if (offset + v.size > limit)
    return fail(v.where, std::string("the .") + stateSpaceName(v.space) +
                             " variables need more than " +
                             std::to_string(limit) + " bytes");
  v.offset = offset;
  areaBytes = offset + v.size;
  return true;
}

static void append(Variable &v, uint64_t at, uint64_t bits, unsigned bytes) {
  if (v.initial.size() < at + bytes)
    v.initial.resize(at + bytes);
  std::memcpy(v.initial.data() + at, &bits, bytes);
}

bool Parser::initialValue(Type type, Variable &v, uint64_t &at) {
  unsigned bytes = typeBytes(type);
  if (v.size && at + bytes > v.size)
    return fail(token.where,
                "more initial values than '" + v.name + "' has elements");
  if (at + bytes > maxVariableBytes)
    return fail(token.where, "too many initial values");
  SourceLocation where = token.where;
  uint64_t bits = 0;
  if (token.kind == TokenKind::Identifier) {
    // An address: name, name+4, generic(name), generic(name)+4.
    InitialAddress address;
    address.where = where;
    address.offset = at;
    address.bytes = bytes;
    if (bytes != 8)
      return fail(where,
                  "an address needs 8 bytes, not " + std::to_string(bytes));
    if (!identifier(address.symbol, "a name"))
      return false;
    if (address.symbol == "generic" && accept('(')) {
      address.generic = true;
      if (!identifier(address.symbol, "the name of a variable") || !expect(')'))
        return false;
    }
    if (token.is('+') || token.is('-')) {
      bool minus = token.is('-');
      advance();
      if (!constant(address.addend, "an offset"))
        return false;
      if (minus)
        address.addend = static_cast<int64_t>(-uint64_t(address.addend));
    }
    v.addresses.push_back(std::move(address));
  } else {
    bool minus = accept('-');
    if (token.kind == TokenKind::Float) {
      double wide;
      float narrow;
      if (token.isDouble) {
        std::memcpy(&wide, &token.bits, 8);
        narrow = static_cast<float>(wide);
      } else {
        std::memcpy(&narrow, &token.bits, 4);
        wide = narrow;
      }
      if (minus)
        wide = -wide, narrow = -narrow;
      if (bytes == 8)
        std::memcpy(&bits, &wide, 8);
      else if (bytes == 4)
        std::memcpy(&bits, &narrow, 4);
      else
        return fail(where, "a floating-point initial value for a variable of "
                           "type ." +
                               std::string(typeName(type)));
      if (!isFloat(type) && typeKind(type) != TypeKind::Bits)
        return fail(where, "a floating-point initial value for a variable of "
                           "type ." +
                               std::string(typeName(type)));
      advance();
    } else {
      int64_t value;
      if (!constant(value, "an initial value"))
        return false;
      bits = minus ? -uint64_t(value) : uint64_t(value);
      if (type == Type::F32 || type == Type::F64) {
        double wide = static_cast<double>(static_cast<int64_t>(bits));
        float narrow = static_cast<float>(wide);
        bits = 0;
        std::memcpy(&bits, bytes == 8 ? static_cast<void *>(&wide) : &narrow,
                    bytes);
      }
    }
  }
  append(v, at, bits, bytes);
  at += bytes;
  return true;
}

bool Parser::initialiser(Type type, Variable &v) {
  uint64_t at = 0;
  if (accept('{')) {
    if (!token.is('}'))
      do {
        if (token.is('{'))
          return fail(token.where, "nested initial values are not supported: "
                                   "write them as one list");
        if (!initialValue(type, v, at))
          return false;
      } while (accept(','));
    if (!expect('}'))
      return false;
  } else if (!initialValue(type, v, at)) {
    return false;
  }
  if (v.size == 0)
    v.size = at;
  v.initial.resize(v.size);
  return true;
}

/// The rest of ".shared .align 4 .b8 a[16], b[8];".
bool Parser::variables(StateSpace space, bool isExtern, AstFunction *f) {
  uint64_t alignment = 0;
  unsigned lanes = 1;
  Type type;
  if (!variableType(type, alignment, lanes))
    return false;
  unsigned bytes = typeBytes(type) * lanes;
  do {
    auto v = std::make_shared<Variable>();
    v->space = space;
    v->isExtern = isExtern;
    v->alignment = std::max<uint64_t>(alignment, bytes);
    v->where = token.where;
    if (!identifier(v->name, "the name of a variable"))
      return false;
    bool mayBeOpen =
        isExtern || space == StateSpace::Global || space == StateSpace::Const;
    if (!arrayBounds(bytes, *v, mayBeOpen))
      return false;
    if (token.is('=')) {
      if (isExtern ||
          (space != StateSpace::Global && space != StateSpace::Const))
        return fail(token.where, std::string("a .") + stateSpaceName(space) +
                                     (isExtern ? " extern" : "") +
                                     " variable has no initial value");
      advance();
      if (!initialiser(type, *v))
        return false;
    } else if (v->size == 0 && !isExtern) {
      return fail(v->where,
                  "the array '" + v->name + "' has neither size nor values");
    }
    auto [old, isNew] = scopes.back().variables.emplace(v->name, v);
    if (!isNew) {
      if (!old->second->isExtern)
        return fail(v->where, "'" + v->name + "' is already declared here");
      if (isExtern)
        continue;
      // The definition of what was declared: users hold the old object.
      *old->second = *v;
      continue;
    }
    if (f) {
      if (space == StateSpace::Local && !place(*v, f->localBytes, 512 << 10))
        return false;
      if (space == StateSpace::Param && !place(*v, f->paramBytes, 1 << 20))
        return false;
      f->variables.push_back(v);
    }
    if (!f || space == StateSpace::Global || space == StateSpace::Const ||
        space == StateSpace::Shared)
      module.variables.push_back(v);
  } while (accept(','));
  return expect(';');
}
