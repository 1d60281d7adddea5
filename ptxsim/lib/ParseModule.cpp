//===- ParseModule.cpp - directives at module scope -------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Parser.h"

using namespace ptxsim;

bool Parser::header() {
  if (!token.isDotted("version"))
    return failHere("'.version' at the start of the module");
  advance();
  SourceLocation where = token.where;
  std::string_view version = token.text;
  size_t dot = version.find('.');
  if (token.kind != TokenKind::Float || dot != 1 || version.size() != 3 ||
      version[2] < '0' || version[2] > '9')
    return failHere("a PTX version such as 8.0");
  module.version = (version[0] - '0') * 10 + (version[2] - '0');
  if (module.version < 60 || module.version > 90)
    return fail(where, "PTX version " + std::string(version) +
                           " is not supported: 6.0 to 9.0 are");
  advance();

  if (!token.isDotted("target"))
    return failHere("'.target'");
  advance();
  where = token.where;
  if (!identifier(module.target, "a target such as sm_80"))
    return false;
  std::string_view target = module.target;
  if (target.substr(0, 3) != "sm_" || target.size() < 5)
    return fail(where, "unknown target '" + module.target +
                           "': expected a name such as sm_80");
  size_t end = 3;
  for (; end < target.size() && target[end] >= '0' && target[end] <= '9' &&
         end < 6;
       ++end)
    module.smVersion = module.smVersion * 10 + (target[end] - '0');
  std::string_view suffix = target.substr(end);
  if (module.smVersion < 30 || module.smVersion > 129 ||
      !(suffix.empty() || suffix == "a" || suffix == "f"))
    return fail(where, "unknown target '" + module.target +
                           "': expected a name such as sm_80");
  while (accept(',')) {
    where = token.where;
    std::string option;
    if (!identifier(option, "a target option"))
      return false;
    if (option != "debug" && option != "texmode_independent" &&
        option != "texmode_unified")
      return fail(where, "unknown target option '" + option + "'");
  }
  if (token.isDotted("address_size")) {
    advance();
    where = token.where;
    uint64_t bits;
    if (!unsignedConstant(bits, "an address size", 64))
      return false;
    if (bits != 64)
      return fail(where, "only 64-bit addresses are supported");
  }
  return true;
}

bool Parser::moduleItem() {
  if (accept(';'))
    return true;
  if (token.kind != TokenKind::Dotted)
    return failHere("a directive");
  uint32_t line = token.where.line;
  if (token.text == "file" || token.text == "loc") {
    skipLine(line);
    return true;
  }
  if (token.text == "section") {
    advance();
    return skipSection();
  }
  if (token.text == "pragma") {
    advance();
    if (token.kind != TokenKind::String)
      return failHere("a string after .pragma");
    advance();
    return expect(';');
  }
  bool isExtern = false;
  while (token.isDotted("visible") || token.isDotted("extern") ||
         token.isDotted("weak") || token.isDotted("common")) {
    isExtern |= token.isDotted("extern");
    advance();
  }
  if (token.isDotted("entry") || token.isDotted("func")) {
    bool isEntry = token.isDotted("entry");
    advance();
    return function(isEntry, isExtern);
  }
  StateSpace space;
  if (token.isDotted("global"))
    space = StateSpace::Global;
  else if (token.isDotted("const"))
    space = StateSpace::Const;
  else if (token.isDotted("shared"))
    space = StateSpace::Shared;
  else
    return token.kind == TokenKind::Dotted
               ? fail(token.where,
                      "unknown directive " + found() +
                          " at module scope: expected .entry, .func, .global, "
                          ".const, .shared, .file, .section or .pragma")
               : failHere("a directive");
  advance();
  return variables(space, isExtern, nullptr);
}

bool Parser::formals(AstFunction &f, std::vector<AstFunction::Formal> &list) {
  if (!expect('('))
    return false;
  if (accept(')'))
    return true;
  do {
    AstFunction::Formal formal;
    bool isParam = token.isDotted("param");
    if (!isParam && (f.isEntry || !token.isDotted("reg")))
      return failHere(f.isEntry ? "'.param'" : "'.param' or '.reg'");
    advance();
    uint64_t alignment = 0;
    unsigned lanes = 1;
    if (!variableType(formal.type, alignment, lanes))
      return false;
    if (isParam && token.isDotted("ptr")) {
      advance();
      if (token.isDotted("global") || token.isDotted("const") ||
          token.isDotted("shared") || token.isDotted("local"))
        advance();
      if (token.isDotted("align")) {
        advance();
        uint64_t pointee;
        if (!unsignedConstant(pointee, "an alignment", 1 << 20))
          return false;
      }
    }
    SourceLocation where = token.where;
    std::string name;
    if (!identifier(name, "the name of a parameter"))
      return false;
    if (isParam) {
      auto variable = std::make_shared<Variable>();
      variable->name = name;
      variable->where = where;
      variable->space = StateSpace::Param;
      unsigned bytes = typeBytes(formal.type) * lanes;
      variable->alignment = std::max<uint64_t>(alignment, bytes);
      if (!arrayBounds(bytes, *variable, false))
        return false;
      // The values returned do not share the buffer of the parameters.
      if (!place(*variable, f.paramBytes, f.isEntry ? 32764 : 1 << 20))
        return false;
      if (!scopes.back().variables.emplace(name, variable).second)
        return fail(where, "'" + name + "' is already declared here");
      formal.variable = variable;
    } else {
      if (!scopes.back()
               .registers.emplace(name, std::make_pair(formal.type, serial++))
               .second)
        return fail(where, "'" + name + "' is already declared here");
      if (!registerNamed(f, name, formal.reg))
        return false;
    }
    list.push_back(std::move(formal));
  } while (accept(','));
  return expect(')');
}

bool Parser::dimensions(uint32_t (&dims)[3]) {
  advance();
  for (unsigned i = 0; i < 3; ++i) {
    dims[i] = 1;
    if (i && !accept(','))
      continue;
    uint64_t value;
    if (!unsignedConstant(value, "a number of threads", 1024))
      return false;
    dims[i] = value;
  }
  return true;
}

bool Parser::performanceDirectives(AstFunction &f) {
  while (token.kind == TokenKind::Dotted) {
    SourceLocation where = token.where;
    std::string name(token.text);
    uint64_t value;
    if (name == "noreturn") {
      advance();
    } else if (name == "pragma") {
      advance();
      if (token.kind != TokenKind::String)
        return failHere("a string after .pragma");
      advance();
      if (!expect(';'))
        return false;
    } else if (!f.isEntry) {
      return fail(where, "unknown directive '." + name + "' of a function");
    } else if (name == "maxntid") {
      if (!dimensions(f.maxThreads))
        return false;
    } else if (name == "reqntid") {
      if (!dimensions(f.requiredThreads))
        return false;
    } else if (name == "minnctapersm" || name == "maxnctapersm") {
      advance();
      if (!unsignedConstant(value, "a number of blocks", 1024))
        return false;
      f.minBlocks = value;
    } else if (name == "maxnreg") {
      advance();
      if (!unsignedConstant(value, "a number of registers", 1024))
        return false;
      f.maxRegisters = value;
    } else {
      return fail(where, "unknown directive '." + name +
                             "' of a kernel: expected .maxntid, .reqntid, "
                             ".minnctapersm, .maxnctapersm, .maxnreg, "
                             ".noreturn or .pragma");
    }
  }
  return true;
}

bool Parser::function(bool isEntry, bool isExtern) {
  auto f = std::make_shared<AstFunction>();
  f->isEntry = isEntry;
  usedRegisters.clear();
  scopes.emplace_back();
  if (!isEntry && token.is('(') && !formals(*f, f->returns))
    return false;
  f->where = token.where;
  if (!identifier(f->name,
                  isEntry ? "the name of a kernel" : "the name of a function"))
    return false;
  if (token.is('(') && !formals(*f, f->params))
    return false;
  if (!performanceDirectives(*f))
    return false;
  auto [known, isNew] = functionNames.emplace(f->name, f);
  if (!isNew) {
    // A declaration may come before the definition.
    if (known->second->hasBody && token.is('{'))
      return fail(f->where, "'" + f->name + "' is already defined");
    if (scopes[0].variables.count(f->name))
      return fail(f->where, "'" + f->name + "' is already declared");
  }
  if (token.is('{')) {
    if (isExtern)
      return fail(token.where, "an .extern function has no body");
    f->hasBody = true;
    known->second = f;
    if (!body(*f))
      return false;
  } else if (!expect(';')) {
    return false;
  }
  scopes.pop_back();
  if (f->hasBody || isNew)
    module.functions.push_back(f);
  return true;
}
