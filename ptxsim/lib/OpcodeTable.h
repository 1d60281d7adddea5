//===- OpcodeTable.h - the instructions that exist --------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_OPCODETABLE_H
#define PTXSIM_LIB_OPCODETABLE_H

#include "Program.h"

namespace ptxsim {

/// One syntactic form of an instruction.
///
/// `modifiers` lists, in order, what may follow the opcode: alternatives are
/// separated by '|', a '?' before them makes them optional:
/// "?rn|rz ?ftz f32".
///
/// `operands` lists the operands: a role, then after ':' a type when it is not
/// the type of the instruction, and '?' at the end when it may be missing.
///   d   destination register     D   the same, may be wider than the type
///   s   source                   S   the same, may be wider than the type
///   m   memory address, with its space after ':' when the instruction has two
///   !   predicate, possibly negated
///   d|  destination, and optionally "|p" with a predicate
///   dv, sv (Dv, Sv)  a vector of as many elements as .v2, .v4, .v8 says
///   L   label                    T   branch table
/// Types: a type name, "2" and "3" for the second and third type of the
/// instruction, "w" for the type of twice the width.
struct Form {
  const char *opcode;
  const char *modifiers;
  const char *operands;
  InstructionClass kind;
  /// Chooses the executor; null when this combination does not exist.
  Exec (*select)(Instr &);
  Flow flow = Flow::Plain;
};

struct FormList {
  const Form *begin_, *end_;
  const Form *begin() const { return begin_; }
  const Form *end() const { return end_; }
};

// One list per file of executors.
FormList integerForms();
FormList bitForms();
FormList carryForms();
FormList floatForms();
FormList approximateForms();
FormList halfForms();
FormList compareForms();
FormList convertForms();
FormList moveForms();
FormList memoryForms();
FormList atomicForms();
FormList asyncCopyForms();
FormList warpForms();
FormList controlForms();

/// The form that fits the modifiers of `instruction`, with `mods` set; or an
/// error at the first modifier that fits no form.
Expected<const Form *> findForm(const AstInstruction &instruction, Mods &mods);

/// All opcodes, sorted.
std::vector<std::string_view> allOpcodes();

/// The forms of an opcode, in the order in which they are tried.
std::vector<const Form *> formsOf(std::string_view opcode);

} // namespace ptxsim

#endif // PTXSIM_LIB_OPCODETABLE_H
