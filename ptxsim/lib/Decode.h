//===- Decode.h - from syntax tree to executable form -----------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_DECODE_H
#define PTXSIM_LIB_DECODE_H

#include "OpcodeTable.h"
#include <optional>

namespace ptxsim {

/// Decodes all functions of a module; every instruction is checked, reachable
/// or not.
std::optional<Error> decodeModule(const AstModule &ast, Program &program);

/// Decodes one function body.
class Decoder {
public:
  using FunctionNames = std::unordered_map<std::string, uint32_t>;

  Decoder(const AstFunction &ast, const std::vector<const AstFunction *> &all,
          const FunctionNames &names, Function &out)
      : ast(ast), all(all), names(names), out(out) {}

  std::optional<Error> run();

private:
  struct Role; // a parsed entry of Form::operands

  // Decode.cpp
  bool instruction(const AstInstruction &in);
  bool operands(const AstInstruction &in, const Form &form, Instr &result);
  bool operand(const AstOperand &operand, const Role &role, Instr &result);
  bool packedMove(const AstInstruction &in, Instr &result);
  void finish();
  bool fail(SourceLocation where, std::string message);

  // DecodeCall.cpp
  bool label(const AstOperand &operand, Instr &result);
  bool table(const AstOperand &operand, Instr &result);
  bool call(const AstInstruction &in, Instr &result);
  bool callList(const AstOperand *list,
                const std::vector<AstFunction::Formal> &formals, bool isResult,
                SourceLocation where, std::vector<ParamRange> &ranges,
                std::vector<Slot> &regs);

  // DecodeOperand.cpp
  bool source(const AstOperand &operand, Type type, bool relaxed, Slot &slot,
              unsigned &bytes);
  bool destination(const AstOperand &operand, Type type, bool relaxed,
                   Slot &slot, unsigned &bytes);
  bool memoryAddress(const AstOperand &operand, StateSpace space,
                     Instr &result);
  bool immediate(const AstOperand &operand, Type type, Slot &slot);
  bool special(const AstOperand &operand, Type type, Slot &slot);
  bool variableAddress(const AstOperand &operand, int64_t addend, Type type,
                       Slot &slot);
  Slot registerSlot(uint32_t index);
  Slot temporary(Type type);
  Slot constant(uint64_t bits, unsigned bytes);
  Slot predicateConstant(bool value);

  const AstFunction &ast;
  const std::vector<const AstFunction *> &all;
  const FunctionNames &names;
  Function &out;
  std::optional<Error> error;
  std::vector<Slot> registerSlots;
  std::unordered_map<std::string, Slot> constants;
  std::vector<uint32_t> starts; // first decoded index per instruction
  std::vector<size_t> firstOps; // parallel to out.code
  std::vector<Slot> current;    // operands of the instruction in work
  uint32_t line = 0;
};

} // namespace ptxsim

#endif // PTXSIM_LIB_DECODE_H
