//===- Parser.h - from text to syntax tree ----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_PARSER_H
#define PTXSIM_LIB_PARSER_H

#include "Ast.h"
#include "Lexer.h"
#include <optional>

namespace ptxsim {

/// A recursive-descent parser; member functions return false after the first
/// error. Names of registers and variables are resolved while parsing, labels
/// and functions by the decoder.
class Parser {
public:
  explicit Parser(AstModule &module);

  std::optional<Error> run();

private:
  // Tokens (Parser.cpp).
  void advance() { token = lexer.next(); }
  bool fail(SourceLocation where, std::string message);
  bool failHere(const std::string &expected);
  bool expect(char punctuation);
  bool accept(char punctuation);
  bool identifier(std::string &name, const char *what);
  std::string found() const;
  bool constant(int64_t &value, const char *what, int minPrecedence = 1);
  bool constantOperand(int64_t &value, const char *what);
  bool unsignedConstant(uint64_t &value, const char *what, uint64_t max);
  void skipLine(uint32_t line);
  bool skipSection();

  // Module scope (ParseModule.cpp).
  bool header();
  bool moduleItem();
  bool function(bool isEntry, bool isExtern);
  bool formals(AstFunction &f, std::vector<AstFunction::Formal> &list);
  bool performanceDirectives(AstFunction &f);
  bool dimensions(uint32_t (&dims)[3]);

  // Variables (ParseVariable.cpp).
  bool variables(StateSpace space, bool isExtern, AstFunction *f);
  bool variableType(Type &type, uint64_t &alignment, unsigned &lanes);
  bool arrayBounds(uint64_t elementBytes, Variable &v, bool mayBeOpen);
  bool initialiser(Type type, Variable &v);
  bool initialValue(Type type, Variable &v, uint64_t &at);
  bool place(Variable &v, uint64_t &areaBytes, uint64_t limit);

  // Function bodies (ParseFunction.cpp).
  bool body(AstFunction &f);
  bool statement(AstFunction &f);
  bool registers(AstFunction &f);
  bool labelled(AstFunction &f, const Token &name);
  bool instruction(AstFunction &f);

  // Operands (ParseOperand.cpp).
  bool operand(AstFunction &f, AstOperand &result, unsigned depth);
  bool atom(AstFunction &f, AstOperand &result);
  bool number(AstOperand &result);
  bool operandList(AstFunction &f, AstOperand &result, char close,
                   unsigned depth);
  bool address(AstFunction &f, AstOperand &result);
  bool resolve(AstFunction &f, const std::string &name, AstOperand &result);
  bool registerNamed(AstFunction &f, const std::string &name, uint32_t &index);

  struct RegisterRange {
    Type type;
    uint64_t count;
    uint32_t serial; // tells equal names of different scopes apart
  };
  struct Scope {
    std::unordered_map<std::string, std::pair<Type, uint32_t>> registers;
    std::unordered_map<std::string, RegisterRange> ranges; // by prefix
    std::unordered_map<std::string, std::shared_ptr<Variable>> variables;
  };

  AstModule &module;
  Lexer lexer;
  Token token;
  std::optional<Error> error;
  std::vector<Scope> scopes; // innermost last; [0] is the module's
  std::unordered_map<std::string, std::shared_ptr<AstFunction>> functionNames;
  std::unordered_map<std::string, uint32_t> usedRegisters; // serial:name
  uint32_t serial = 0;
  unsigned constantDepth = 0;
  uint32_t block = 0; // in AstFunction::blockParents
};

} // namespace ptxsim

#endif // PTXSIM_LIB_PARSER_H
