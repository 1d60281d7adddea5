//===- ParseFunction.cpp - declarations and statements in functions -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parser.h"

using namespace ptxsim;

std::string AstInstruction::fullName() const {
  std::string name(opcode);
  for (const AstModifier &modifier : modifiers)
    name.append(".").append(modifier.text);
  return name;
}

/// Statements up to the matching '}'. Inner blocks are handled in a loop, so
/// that their depth is limited by a number and not by the stack.
bool Parser::body(AstFunction &f) {
  size_t outer = scopes.size();
  if (!expect('{'))
    return false;
  scopes.emplace_back();
  block = 0;
  while (scopes.size() > outer) {
    if (token.is('{')) {
      if (scopes.size() > outer + 64)
        return fail(token.where, "more than 64 nested blocks");
      advance();
      scopes.emplace_back();
      f.blockParents.push_back(block);
      block = static_cast<uint32_t>(f.blockParents.size() - 1);
    } else if (token.is('}')) {
      f.end = token.where;
      advance();
      scopes.pop_back();
      block = f.blockParents[block];
    } else if (!statement(f)) {
      return false;
    }
  }
  return true;
}

bool Parser::statement(AstFunction &f) {
  if (accept(';'))
    return true;
  if (token.kind == TokenKind::Identifier) {
    Token name = token;
    advance();
    if (token.is(':'))
      return labelled(f, name);
    AstInstruction i;
    i.where = name.where;
    i.opcode = name.text;
    f.instructions.push_back(std::move(i));
    return instruction(f);
  }
  if (token.is('@')) {
    advance();
    AstInstruction i;
    i.guarded = true;
    i.guardNegated = accept('!');
    SourceLocation where = token.where;
    std::string name;
    if (!identifier(name, "a predicate register"))
      return false;
    if (!registerNamed(f, name, i.guard))
      return error ? false : fail(where, "unknown register '" + name + "'");
    if (f.registers[i.guard].type != Type::Pred)
      return fail(where, "'" + name + "' is not a predicate register");
    i.where = token.where;
    if (token.kind != TokenKind::Identifier)
      return failHere("an instruction");
    i.opcode = token.text;
    advance();
    f.instructions.push_back(std::move(i));
    return instruction(f);
  }
  if (token.kind != TokenKind::Dotted)
    return failHere("an instruction, a label or a directive");
  std::string_view name = token.text;
  if (name == "loc" || name == "file") {
    skipLine(token.where.line);
    return true;
  }
  if (name == "pragma") {
    advance();
    if (token.kind != TokenKind::String)
      return failHere("a string after .pragma");
    advance();
    return expect(';');
  }
  SourceLocation where = token.where;
  bool isExtern = name == "extern";
  if (isExtern) {
    advance();
    name = token.text;
  }
  advance();
  if (name == "reg" && !isExtern)
    return registers(f);
  if (name == "shared")
    return variables(StateSpace::Shared, isExtern, &f);
  if (name == "local" && !isExtern)
    return variables(StateSpace::Local, false, &f);
  if (name == "param" && !isExtern)
    return variables(StateSpace::Param, false, &f);
  if (name == "global")
    return variables(StateSpace::Global, isExtern, &f);
  if (name == "const")
    return variables(StateSpace::Const, isExtern, &f);
  return fail(where, "unknown directive '." + std::string(name) +
                         "' in a function: expected .reg, .shared, .local, "
                         ".param, .global, .const, .pragma, .loc or .file");
}

/// ".reg .f32 %f<10>, x;" after .reg.
bool Parser::registers(AstFunction &f) {
  SourceLocation where = token.where;
  if (token.kind != TokenKind::Dotted)
    return failHere("the type of a register");
  if (token.text == "v2" || token.text == "v4")
    return fail(where, "vector registers are not supported: declare scalars");
  Type type = parseType(token.text);
  if (type == Type::None || type == Type::TF32 || type == Type::F32x2 ||
      type == Type::U16x2 || type == Type::S16x2 || type == Type::E4M3x2 ||
      type == Type::E5M2x2)
    return fail(where, "unknown register type " + found());
  advance();
  do {
    where = token.where;
    std::string name;
    if (!identifier(name, "the name of a register"))
      return false;
    Scope &scope = scopes.back();
    uint64_t count = 1;
    bool isNew;
    if (accept('<')) {
      if (!unsignedConstant(count, "a number of registers", 1 << 30) ||
          !expect('>'))
        return false;
      isNew = scope.ranges.emplace(name, RegisterRange{type, count, serial++})
                  .second;
    } else {
      isNew =
          scope.registers.emplace(name, std::make_pair(type, serial++)).second;
    }
    if (!isNew)
      return fail(where, "register '" + name + "' is already declared here");
    f.declaredRegisters[typeName(type)] += static_cast<uint32_t>(count);
  } while (accept(','));
  return expect(';');
}

/// After "name:", a branch table or an ordinary label.
bool Parser::labelled(AstFunction &f, const Token &name) {
  advance();
  std::string text(name.text);
  if (token.isDotted("branchtargets")) {
    advance();
    BranchTable table{text, {}, block, name.where};
    do {
      std::string label;
      if (!identifier(label, "a label"))
        return false;
      table.labels.push_back(std::move(label));
    } while (accept(','));
    if (!f.tables.emplace(scopedName(block, text), std::move(table)).second)
      return fail(name.where, "'" + text + "' is already defined");
    return expect(';');
  }
  if (token.isDotted("callprototype") || token.isDotted("calltargets"))
    return fail(token.where, "indirect calls are not supported");
  AstLabel label{static_cast<uint32_t>(f.instructions.size()), name.where};
  if (!f.labels.emplace(scopedName(block, text), label).second)
    return fail(name.where, "label '" + text + "' is already defined");
  return true;
}

/// Modifiers and operands of the last instruction of `f`.
bool Parser::instruction(AstFunction &f) {
  constexpr size_t maxInstructions = 1 << 22;
  if (f.instructions.size() > maxInstructions)
    return fail(token.where, "more than 4194304 instructions in a function");
  std::vector<AstModifier> modifiers;
  while (token.kind == TokenKind::Dotted && !token.spaceBefore) {
    modifiers.push_back({token.text, token.where});
    advance();
  }
  f.instructions.back().modifiers = std::move(modifiers);
  std::vector<AstOperand> operands;
  if (!token.is(';'))
    do {
      AstOperand result;
      if (!operand(f, result, 0))
        return false;
      operands.push_back(std::move(result));
    } while (accept(','));
  f.instructions.back().operands = std::move(operands);
  if (!token.is(';'))
    return failHere("',' or ';' after an operand");
  advance();
  return true;
}
