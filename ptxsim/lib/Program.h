//===- Program.h - decoded functions ----------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_LIB_PROGRAM_H
#define PTXSIM_LIB_PROGRAM_H

#include "Ast.h"
#include "ptxsim/Counters.h"

namespace ptxsim {

struct ExecContext;
struct Instr;

/// Executes one instruction for the lanes of ExecContext::mask.
using Exec = void (*)(ExecContext &, const Instr &);

enum class Round : uint8_t { None, RN, RZ, RM, RP, RNA, RNI, RZI, RMI, RPI };

enum class Compare : uint8_t {
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge, // ordered for floating point
  Lo,
  Ls,
  Hi,
  Hs, // unsigned
  Equ,
  Neu,
  Ltu,
  Leu,
  Gtu,
  Geu,
  Num,
  Nan,
};

enum class Operation : uint8_t {
  None,
  Add,
  Min,
  Max,
  And,
  Or,
  Xor,
  Exch,
  Cas,
  Inc,
  Dec,
  Popc,
};

enum class Order : uint8_t {
  Weak,
  Volatile,
  Relaxed,
  Acquire,
  Release,
  AcquireRelease,
};

enum class Scope : uint8_t { None, Block, Cluster, Device, System };

/// A choice among a few variants whose meaning depends on the opcode.
enum class Mode : uint8_t {
  None,
  Up,
  Down,
  Butterfly,
  Index, // shfl
  All,
  Any,
  Uniform,
  Ballot, // vote, match
  Left,
  Right, // shf
  F4e,
  B4e,
  Rc8,
  Ecl,
  Ecr,
  Rc16, // prmt
  Finite,
  Infinite,
  Number,
  NotANumber,
  Normal,
  Subnormal, // testp
};

/// The modifiers of an instruction.
struct Mods {
  Type type = Type::None, type2 = Type::None, type3 = Type::None;
  Round round = Round::None;
  Compare compare = Compare::Eq;
  Operation operation = Operation::None;
  Order order = Order::Weak;
  Scope scope = Scope::None;
  StateSpace space = StateSpace::Generic;
  Mode mode = Mode::None;
  uint8_t vector = 1;
  bool ftz : 1, sat : 1, satfinite : 1, relu : 1, nan : 1, xorsign : 1, abs : 1,
      approx : 1, full : 1, nonCoherent : 1, carryOut : 1, high : 1, wide : 1,
      clamp : 1, shiftAmount : 1, to : 1, unified : 1, noftz : 1, cacheHint : 1,
      negated : 1, aligned : 1, arrive : 1;
  Mods()
      : ftz(false), sat(false), satfinite(false), relu(false), nan(false),
        xorsign(false), abs(false), approx(false), full(false),
        nonCoherent(false), carryOut(false), high(false), wide(false),
        clamp(false), shiftAmount(false), to(false), unified(false),
        noftz(false), cacheHint(false), negated(false), aligned(false),
        arrive(false) {}
};

/// What the scheduler has to do with an instruction.
enum class Flow : uint8_t {
  Plain,   // exec, then the next instruction
  Sync,    // exec once all lanes of the member mask have arrived
  Barrier, // of the block
  Branch,
  BranchIndexed,
  Call,
  Return,
  Exit,
  Trap,
  End, // after the last instruction of a function
};

/// Where the 32 lanes of an operand are: an offset into the register file of
/// the frame, or, with the top bit, into the constants of the function.
/// Predicates are one 32-bit mask instead.
struct Slot {
  static constexpr uint32_t constantBit = uint32_t(1) << 31;
  uint32_t offset = constantBit;
  uint32_t reg = 0; // for the initialised bits; 0: always initialised
};

struct Instr {
  Exec exec = nullptr;
  const Slot *ops = nullptr; // destinations, then sources
  int64_t imm = 0;     // address offset, special register, call or table index
  int64_t imm2 = 0;    // offset of a second address
  uint32_t target = 0; // of a branch
  uint32_t line = 0;
  uint32_t rank = 0; // scheduling priority of its block, see Cfg.h
  Slot guard;
  uint8_t numDst = 0, numSrc = 0;
  /// Bytes of the registers of ld, st and cvt, which may be wider than the
  /// type of the instruction.
  uint8_t dstBytes = 0, srcBytes = 0;
  /// Bytes of the registers that hold the first and second address.
  uint8_t addressBytes = 8, addressBytes2 = 8;
  bool guarded = false, guardNegated = false;
  /// mov hands on uninitialised values instead of using them.
  bool copies = false;
  bool hidden = false; // inserted by the decoder; not counted
  Flow flow = Flow::Plain;
  InstructionClass kind = InstructionClass::Integer;
  Mods mods;
};

/// A constant whose value depends on where a variable is placed.
struct Relocation {
  uint32_t offset = 0; // of the first lane in the constants
  unsigned bytes = 8;
  const Variable *variable = nullptr;
  int64_t addend = 0;
};

/// Bytes in the parameter area of a frame, or a register of this size.
struct ParamRange {
  uint64_t offset = 0, size = 0;
  bool isRegister = false;
};

struct CallSite {
  uint32_t callee = 0;                        // index into Program::functions
  std::vector<ParamRange> arguments, results; // in the caller's area
  /// Parallel to them: the register or constant, where isRegister is set.
  std::vector<Slot> argumentRegs, resultRegs;
};

struct Function {
  std::string name;
  bool isEntry = false;
  bool hasBody = false;
  std::vector<Instr> code;
  std::vector<Slot> slots;
  std::vector<uint8_t> constants;
  std::vector<Relocation> relocations;
  std::vector<CallSite> calls;
  std::vector<std::vector<uint32_t>> tables; // of brx.idx
  std::vector<std::string> registerNames;    // by register number
  /// Formal parameters, parallel ranges and registers as in CallSite.
  std::vector<ParamRange> params, returns;
  std::vector<Slot> paramRegs, returnRegs;
  uint32_t registerBytes = 0;
  uint32_t numRegisters = 1; // number 0 is no register
  uint64_t paramBytes = 0, localBytes = 0;
  std::vector<const Variable *> sharedVariables; // directly used
};

struct Program {
  std::vector<Function> functions;
};

namespace detail {
struct ModuleImpl {
  AstModule ast;
  Program program;
  std::vector<KernelInfo> kernels;
  std::vector<uint32_t> kernelFunctions; // index of the function
  std::vector<VariableInfo> variables;
  std::vector<std::string_view> lines;
};
} // namespace detail

} // namespace ptxsim

#endif // PTXSIM_LIB_PROGRAM_H
