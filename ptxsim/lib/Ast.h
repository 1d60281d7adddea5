//===- Ast.h - PTX as it is written -----------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_AST_H
#define PTXSIM_LIB_AST_H

#include "Types.h"
#include "ptxsim/Module.h"
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace ptxsim {

/// An address inside the initial value of a variable.
struct InitialAddress {
  uint64_t offset = 0; // in the variable
  unsigned bytes = 8;
  std::string symbol;
  int64_t addend = 0;
  bool generic = false;
  SourceLocation where;
};

struct Variable {
  std::string name;
  StateSpace space = StateSpace::Global;
  uint64_t size = 0;
  uint64_t alignment = 1;
  bool isExtern = false;
  std::vector<uint8_t> initial; // empty: uninitialised; else `size` bytes
  std::vector<InitialAddress> addresses;
  /// Bytes from the start of the function's (shared, local, param) area.
  uint64_t offset = 0;
  SourceLocation where;
};

/// A register that some instruction names.
struct Register {
  std::string name;
  Type type = Type::B32;
};

struct AstOperand {
  enum class Kind : uint8_t {
    Register, // index into Function::registers
    Special,  // %tid.x: `name`
    Variable, // `variable`
    Name,     // a label or a function
    Integer,  // bits
    Float,    // bits, isDouble
    Vector,   // {parts}
    Address,  // [parts[0] + offset]
    Pair,     // parts[0] | parts[1]
    List,     // (parts), of a call
    Sink,     // _
  };
  Kind kind = Kind::Sink;
  SourceLocation where;
  std::string name;
  uint32_t index = 0; // of a register; of a Name, the block that it is in
  const Variable *variable = nullptr;
  uint64_t bits = 0;
  int64_t offset = 0; // of Address, and of a Variable in an expression
  bool isDouble = false;
  bool negated = false; // !p
  std::vector<AstOperand> parts;
};

struct AstModifier {
  std::string_view text;
  SourceLocation where;
};

struct AstInstruction {
  SourceLocation where;
  std::string_view opcode;
  std::vector<AstModifier> modifiers;
  std::vector<AstOperand> operands;
  bool guarded = false, guardNegated = false;
  uint32_t guard = 0; // register

  /// "fma.rn.f32"
  std::string fullName() const;
};

struct BranchTable {
  std::string name;
  std::vector<std::string> labels;
  uint32_t block = 0;
  SourceLocation where;
};

struct AstLabel {
  uint32_t instruction = 0; // index of the instruction that follows
  SourceLocation where;
};

struct AstFunction {
  std::string name;
  bool isEntry = false;
  bool hasBody = false;
  SourceLocation where, end;
  /// Formal parameters; a .reg parameter of a .func names its register.
  struct Formal {
    std::shared_ptr<Variable> variable; // null for .reg
    uint32_t reg = 0;
    Type type = Type::None;
  };
  std::vector<Formal> params, returns;
  uint32_t maxThreads[3] = {0, 0, 0}, requiredThreads[3] = {0, 0, 0};
  uint32_t minBlocks = 0, maxRegisters = 0;
  std::vector<Register> registers;
  std::map<std::string, uint32_t> declaredRegisters; // by type name
  std::vector<std::shared_ptr<Variable>> variables;  // of all inner scopes
  std::vector<AstInstruction> instructions;
  /// Labels are visible in their block and in those inside. The key is
  /// scopedName() of the block.
  std::unordered_map<std::string, AstLabel> labels;
  std::unordered_map<std::string, BranchTable> tables;
  std::vector<uint32_t> blockParents{0}; // of block 0, the body: itself
  uint64_t sharedBytes = 0, localBytes = 0, paramBytes = 0;
};

inline std::string scopedName(uint32_t block, const std::string &name) {
  return std::to_string(block) + ":" + name;
}

/// The entry of the innermost block around `block` that has the name; or null.
template <typename Map>
const typename Map::mapped_type *findScoped(const AstFunction &f,
                                            const Map &map, uint32_t block,
                                            const std::string &name) {
  for (;;) {
    auto found = map.find(scopedName(block, name));
    if (found != map.end())
      return &found->second;
    if (block == 0)
      return nullptr;
    block = f.blockParents[block];
  }
}

struct AstModule {
  std::string text; // all string_views point here
  uint32_t version = 0;
  uint32_t smVersion = 0;
  std::string target;
  std::vector<std::shared_ptr<Variable>> variables;
  std::vector<std::shared_ptr<AstFunction>> functions;
};

} // namespace ptxsim

#endif // PTXSIM_LIB_AST_H
