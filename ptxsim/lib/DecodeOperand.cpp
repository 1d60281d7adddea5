//===- DecodeOperand.cpp - operands -----------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decode.h"
#include "HiddenOps.h"
#include "SpecialRegisters.h"
#include <cstring>

using namespace ptxsim;

using Kind = AstOperand::Kind;

static uint32_t alignTo(uint32_t value, uint32_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

Slot Decoder::temporary(Type type) {
  uint32_t bytes = type == Type::Pred ? 4 : typeBytes(type) * 32;
  uint32_t offset = alignTo(out.registerBytes, std::min(bytes, 64u));
  out.registerBytes = offset + bytes;
  Slot slot;
  slot.offset = offset;
  slot.reg = out.numRegisters++;
  out.registerNames.push_back("a temporary");
  return slot;
}

Slot Decoder::registerSlot(uint32_t index) {
  if (registerSlots.size() <= index)
    registerSlots.resize(ast.registers.size());
  Slot &slot = registerSlots[index];
  if (slot.reg == 0) {
    slot = temporary(ast.registers[index].type);
    out.registerNames.back() = ast.registers[index].name;
  }
  return slot;
}

/// 32 copies of a value among the constants of the function.
Slot Decoder::constant(uint64_t bits, unsigned bytes) {
  std::string key = std::to_string(bytes) + ":" + std::to_string(bits);
  auto [known, isNew] = constants.emplace(key, Slot());
  if (isNew) {
    uint32_t offset = alignTo(out.constants.size(), 64);
    out.constants.resize(offset + 32 * bytes);
    for (unsigned lane = 0; lane < 32; ++lane)
      std::memcpy(&out.constants[offset + lane * bytes], &bits,
                  std::min(bytes, 8u));
    known->second.offset = Slot::constantBit | offset;
  }
  return known->second;
}

/// The mask of a predicate that is the same in all lanes.
Slot Decoder::predicateConstant(bool value) {
  auto [known, isNew] = constants.emplace(value ? "true" : "false", Slot());
  if (isNew) {
    uint32_t offset = alignTo(out.constants.size(), 64);
    out.constants.resize(offset + 4, value ? 0xff : 0);
    std::memset(&out.constants[offset], value ? 0xff : 0, 4);
    known->second.offset = Slot::constantBit | offset;
  }
  return known->second;
}

static uint64_t lowBits(uint64_t bits, unsigned bytes) {
  return bytes >= 8 ? bits : bits & ((uint64_t(1) << bytes * 8) - 1);
}

bool Decoder::immediate(const AstOperand &operand, Type type, Slot &slot) {
  unsigned bytes = typeBytes(type);
  uint64_t bits = operand.bits;
  if (type == Type::Pred) {
    if (operand.kind == Kind::Float)
      return fail(operand.where,
                  "expected a predicate register, not a floating-point number");
    slot = predicateConstant(bits != 0);
    return true;
  }
  if (operand.kind == Kind::Float) {
    if (isInteger(type) || (bytes != 4 && bytes != 8))
      return fail(operand.where,
                  std::string("a floating-point literal is not an operand of "
                              "type .") +
                      typeName(type));
    if (bytes == 4 && operand.isDouble) {
      double wide;
      std::memcpy(&wide, &bits, 8);
      float narrow = static_cast<float>(wide);
      bits = 0;
      std::memcpy(&bits, &narrow, 4);
    } else if (bytes == 8 && !operand.isDouble) {
      float narrow;
      std::memcpy(&narrow, &bits, 4);
      double wide = narrow;
      std::memcpy(&bits, &wide, 8);
    }
  } else {
    if (isFloat(type))
      return fail(operand.where,
                  std::string("an integer is not an operand of type .") +
                      typeName(type) + ": write 0f or 0d and the bits");
    if (bytes < 8 && bits >> (bytes * 8) &&
        static_cast<int64_t>(bits) < -(int64_t(1) << (bytes * 8 - 1)))
      return fail(operand.where, std::to_string(int64_t(bits)) +
                                     " does not fit in ." + typeName(type));
    if (bytes < 8 && static_cast<int64_t>(bits) >= 0 && bits >> (bytes * 8))
      return fail(operand.where,
                  std::to_string(bits) + " does not fit in ." + typeName(type));
    bits = lowBits(bits, bytes);
  }
  slot = constant(bits, bytes);
  return true;
}

bool Decoder::special(const AstOperand &operand, Type type, Slot &slot) {
  SpecialRegister which;
  Type own;
  if (!findSpecialRegister(operand.name, which, own))
    return fail(operand.where, "unknown register '" + operand.name + "'");
  if (typeBytes(own) != typeBytes(type) || isFloat(type))
    return fail(operand.where, "'" + operand.name + "' has type ." +
                                   typeName(own) + ", expected ." +
                                   typeName(type));
  Instr read;
  read.exec = readSpecialRegister(own);
  read.imm = static_cast<int64_t>(which);
  read.numDst = 1;
  read.line = line;
  read.hidden = true;
  slot = temporary(own);
  firstOps.push_back(out.slots.size());
  out.slots.push_back(slot);
  out.code.push_back(read);
  return true;
}

bool Decoder::variableAddress(const AstOperand &operand, int64_t addend,
                              Type type, Slot &slot) {
  const Variable &v = *operand.variable;
  unsigned bytes = typeBytes(type);
  if ((bytes != 4 && bytes != 8) || isFloat(type))
    return fail(operand.where, "the address of '" + v.name +
                                   "' needs an operand of type .b64, not ." +
                                   typeName(type));
  if (v.space == StateSpace::Param) {
    slot = constant(lowBits(v.offset + uint64_t(addend), bytes), bytes);
    return true;
  }
  if (v.space == StateSpace::Local) {
    Instr address;
    address.exec = frameAddress(bytes);
    address.imm = static_cast<int64_t>(v.offset + uint64_t(addend));
    address.numDst = 1;
    address.line = line;
    address.hidden = true;
    slot = temporary(bitsType(bytes));
    firstOps.push_back(out.slots.size());
    out.slots.push_back(slot);
    out.code.push_back(address);
    return true;
  }
  std::string key = std::to_string(bytes) + "@" +
                    std::to_string(reinterpret_cast<uintptr_t>(&v)) + "+" +
                    std::to_string(addend);
  auto [known, isNew] = constants.emplace(key, Slot());
  if (isNew) {
    uint32_t offset = alignTo(out.constants.size(), 64);
    out.constants.resize(offset + 32 * bytes);
    out.relocations.push_back({offset, bytes, &v, addend});
    known->second.offset = Slot::constantBit | offset;
    if (v.space == StateSpace::Shared)
      out.sharedVariables.push_back(&v);
  }
  slot = known->second;
  return true;
}

static std::string describe(Type declared, Type wanted) {
  return std::string("has type .") + typeName(declared) + ", expected ." +
         typeName(wanted);
}

/// ld, st and cvt allow wider registers of a matching kind.
static bool isWiderCompatible(Type declared, Type wanted) {
  if (declared == Type::Pred || wanted == Type::Pred)
    return declared == wanted;
  if (isFloat(wanted) || isFloat(declared))
    return isCompatible(declared, wanted);
  return typeBytes(declared) >= typeBytes(wanted) && typeBytes(declared) <= 16;
}

bool Decoder::source(const AstOperand &operand, Type type, bool relaxed,
                     Slot &slot, unsigned &bytes) {
  bytes = typeBytes(type);
  switch (operand.kind) {
  case Kind::Register: {
    Type declared = ast.registers[operand.index].type;
    if (relaxed ? !isWiderCompatible(declared, type)
                : !isCompatible(declared, type))
      return fail(operand.where,
                  "'" + operand.name + "' " + describe(declared, type));
    slot = registerSlot(operand.index);
    if (type != Type::Pred)
      bytes = typeBytes(declared);
    return true;
  }
  case Kind::Special:
    return special(operand, type, slot);
  case Kind::Integer:
  case Kind::Float:
    return immediate(operand, type, slot);
  case Kind::Variable:
    return variableAddress(operand, operand.offset, type, slot);
  case Kind::Name:
    return fail(operand.where, "unknown name '" + operand.name + "'");
  default:
    return fail(operand.where, std::string("expected a register or a number "
                                           "of type .") +
                                   typeName(type));
  }
}

bool Decoder::destination(const AstOperand &operand, Type type, bool relaxed,
                          Slot &slot, unsigned &bytes) {
  bytes = typeBytes(type);
  if (operand.kind == Kind::Sink) {
    slot = temporary(type);
    return true;
  }
  if (operand.kind != Kind::Register)
    return fail(operand.where, std::string("expected a register of type .") +
                                   typeName(type) + " as destination");
  Type declared = ast.registers[operand.index].type;
  if (relaxed ? !isWiderCompatible(declared, type)
              : !isCompatible(declared, type))
    return fail(operand.where,
                "'" + operand.name + "' " + describe(declared, type));
  slot = registerSlot(operand.index);
  if (type != Type::Pred)
    bytes = typeBytes(declared);
  return true;
}

bool Decoder::memoryAddress(const AstOperand &operand, StateSpace wanted,
                            Instr &result) {
  bool isSecond = result.numSrc > 0;
  if (operand.kind != Kind::Address)
    return fail(operand.where, "expected an address in brackets");
  const AstOperand &base = operand.parts[0];
  Slot slot;
  unsigned bytes = 8;
  switch (base.kind) {
  case Kind::Register: {
    Type declared = ast.registers[base.index].type;
    bytes = typeBytes(declared);
    if ((bytes != 4 && bytes != 8) || isFloat(declared))
      return fail(base.where, "'" + base.name + "' has type ." +
                                  typeName(declared) +
                                  ", expected an address of 64 or 32 bits");
    slot = registerSlot(base.index);
    (isSecond ? result.imm2 : result.imm) = operand.offset;
    break;
  }
  case Kind::Variable: {
    StateSpace own = base.variable->space;
    if (own != wanted &&
        !(wanted == StateSpace::Generic &&
          (own == StateSpace::Global || own == StateSpace::Const)))
      return fail(base.where, "'" + base.name + "' is in ." +
                                  stateSpaceName(own) + ", expected ." +
                                  stateSpaceName(wanted));
    if (!variableAddress(base, operand.offset, Type::B64, slot))
      return false;
    break;
  }
  default:
    slot = constant(base.bits, 8);
  }
  (isSecond ? result.addressBytes2 : result.addressBytes) =
      static_cast<uint8_t>(bytes);
  current.push_back(slot);
  return true;
}
