//===- Decode.cpp - instructions --------------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decode.h"
#include "Cfg.h"
#include "HiddenOps.h"
#include <cstring>

using namespace ptxsim;

using Kind = AstOperand::Kind;

struct Decoder::Role {
  char what = 's';
  bool vector = false;
  bool pair = false;
  bool optional = false;
  std::string_view type; // empty: the first type of the instruction

  explicit Role(std::string_view text) {
    what = text[0];
    text.remove_prefix(1);
    for (; !text.empty() && text[0] != ':'; text.remove_prefix(1)) {
      vector |= text[0] == 'v';
      pair |= text[0] == '|';
      optional |= text[0] == '?';
    }
    if (!text.empty() && text.back() == '?') {
      optional = true;
      text.remove_suffix(1);
    }
    if (!text.empty())
      type = text.substr(1);
  }

  Type of(const Mods &mods) const {
    if (type.empty())
      return mods.type;
    if (type == "2")
      return mods.type2;
    if (type == "3")
      return mods.type3;
    if (type == "w")
      return widened(mods.type);
    return parseType(type);
  }
};

bool Decoder::fail(SourceLocation where, std::string message) {
  if (!error)
    error = Error{std::move(message), where};
  return false;
}

bool Decoder::operand(const AstOperand &given, const Role &role,
                      Instr &result) {
  Type type = role.of(result.mods);
  bool relaxed = role.what == 'D' || role.what == 'S';
  bool isDestination = role.what == 'd' || role.what == 'D';
  Slot slot;
  unsigned bytes = 0;
  switch (role.what) {
  case 'm':
    if (!memoryAddress(given,
                       role.type == "shared"   ? StateSpace::Shared
                       : role.type == "global" ? StateSpace::Global
                                               : result.mods.space,
                       result))
      return false;
    ++result.numSrc;
    return true;
  case '!':
    if (given.kind != Kind::Register ||
        ast.registers[given.index].type != Type::Pred)
      return fail(given.where, "expected a predicate register");
    result.mods.negated = given.negated;
    current.push_back(registerSlot(given.index));
    ++result.numSrc;
    return true;
  case 'L':
    return label(given, result);
  case 'T':
    return table(given, result);
  default:
    break;
  }

  const AstOperand *first = &given, *second = nullptr;
  if (given.kind == Kind::Pair) {
    if (!role.pair)
      return fail(given.where, "this instruction has one destination");
    first = &given.parts[0];
    second = &given.parts[1];
  }
  if (first->negated)
    return fail(first->where, "this operand cannot be negated");
  const AstOperand *elements = first;
  size_t count = 1;
  if (role.vector && result.mods.vector > 1) {
    if (given.kind != Kind::Vector || given.parts.size() != result.mods.vector)
      return fail(given.where, "expected " +
                                   std::to_string(result.mods.vector) +
                                   " operands in braces");
    elements = given.parts.data();
    count = given.parts.size();
  } else if (given.kind == Kind::Vector && role.vector &&
             given.parts.size() == 1) {
    elements = given.parts.data();
  }
  unsigned common = 0;
  for (size_t i = 0; i < count; ++i) {
    if (elements[i].negated)
      return fail(elements[i].where, "this operand cannot be negated");
    if (!(isDestination ? destination(elements[i], type, relaxed, slot, bytes)
                        : source(elements[i], type, relaxed, slot, bytes)))
      return false;
    if (relaxed) {
      bool isRegister = elements[i].kind == Kind::Register;
      if (isRegister && common && common != bytes)
        return fail(elements[i].where,
                    "the registers of a vector must have one width");
      if (isRegister)
        common = bytes;
    }
    current.push_back(slot);
    ++(isDestination ? result.numDst : result.numSrc);
  }
  if (relaxed) {
    unsigned width = common ? common : typeBytes(type);
    // Numbers and sinks beside wider registers get their width.
    for (size_t i = 0; i < count && common > typeBytes(type); ++i)
      if (elements[i].kind == Kind::Sink)
        current[current.size() - count + i] = temporary(bitsType(width));
      else if (elements[i].kind == Kind::Integer)
        current[current.size() - count + i] = constant(elements[i].bits, width);
    (isDestination ? result.dstBytes : result.srcBytes) =
        static_cast<uint8_t>(width);
  }
  if (!role.pair)
    return true;
  if (second) {
    if (second->negated ||
        !destination(*second, Type::Pred, false, slot, bytes))
      return fail(second->where, "expected a predicate register after '|'");
  } else {
    slot = temporary(Type::Pred);
  }
  current.push_back(slot);
  ++result.numDst;
  return true;
}

bool Decoder::operands(const AstInstruction &in, const Form &form,
                       Instr &result) {
  std::vector<Role> roles;
  size_t required = 0;
  for (std::string_view spec = form.operands; !spec.empty();) {
    size_t end = spec.find(' ');
    roles.emplace_back(spec.substr(0, end));
    required += !roles.back().optional;
    spec.remove_prefix(end == std::string_view::npos ? spec.size() : end + 1);
  }
  size_t at = 0;
  for (const Role &role : roles) {
    size_t left = in.operands.size() - at;
    if (role.optional && left <= required)
      continue;
    if (left == 0)
      return fail(in.where, "'" + in.fullName() +
                                "' needs more operands than " +
                                std::to_string(at));
    required -= !role.optional;
    if (!operand(in.operands[at++], role, result))
      return false;
  }
  if (at < in.operands.size())
    return fail(in.operands[at].where, "'" + in.fullName() + "' takes " +
                                           std::to_string(at) + " operand" +
                                           (at == 1 ? "" : "s"));
  return true;
}

/// mov between one register and the elements of a vector in braces.
bool Decoder::packedMove(const AstInstruction &in, Instr &result) {
  if (in.operands.size() != 2)
    return fail(in.where, "'" + in.fullName() + "' takes 2 operands");
  bool unpack = in.operands[0].kind == Kind::Vector;
  const AstOperand &vector = in.operands[unpack ? 0 : 1];
  const AstOperand &whole = in.operands[unpack ? 1 : 0];
  unsigned total = typeBytes(result.mods.type), count = vector.parts.size();
  if ((count != 2 && count != 4 && count != 8) || total / count == 0 ||
      result.mods.type == Type::Pred)
    return fail(vector.where, std::string("a .") + typeName(result.mods.type) +
                                  " does not consist of " +
                                  std::to_string(count) + " registers");
  unsigned elementBytes = total / count, bytes;
  Type element = bitsType(elementBytes);
  Slot slot;
  if (!unpack) {
    if (!destination(whole, result.mods.type, false, slot, bytes))
      return false;
    current.push_back(slot);
  }
  for (const AstOperand &part : vector.parts) {
    if (!(unpack ? destination(part, element, false, slot, bytes)
                 : source(part, element, false, slot, bytes)))
      return false;
    current.push_back(slot);
  }
  if (unpack) {
    if (!source(whole, result.mods.type, false, slot, bytes))
      return false;
    current.push_back(slot);
  }
  result.numDst = unpack ? count : 1;
  result.numSrc = unpack ? 1 : count;
  result.exec = unpack ? unpackVector(elementBytes) : packVector(elementBytes);
  result.copies = true;
  return result.exec ? true
                     : fail(in.where, "elements of this width do not exist");
}

static InstructionClass classOf(const Form &form, const Mods &mods) {
  if (form.kind != InstructionClass::Float32)
    return form.kind;
  switch (mods.type) {
  case Type::F64:
    return InstructionClass::Float64;
  case Type::F16:
  case Type::F16x2:
  case Type::BF16:
  case Type::BF16x2:
    return InstructionClass::Half;
  default:
    return form.kind;
  }
}

bool Decoder::instruction(const AstInstruction &in) {
  Instr result;
  Expected<const Form *> found = findForm(in, result.mods);
  if (!found) {
    error = found.error();
    return false;
  }
  const Form &form = **found;
  result.line = line = in.where.line;
  result.flow = form.flow;
  result.kind = classOf(form, result.mods);
  if (in.guarded) {
    result.guarded = true;
    result.guardNegated = in.guardNegated;
    result.guard = registerSlot(in.guard);
  }
  current.clear();
  bool isMove = in.opcode == "mov";
  bool isPacked = isMove && in.operands.size() == 2 &&
                  (in.operands[0].kind == Kind::Vector ||
                   in.operands[1].kind == Kind::Vector);
  if (form.flow == Flow::Call) {
    if (!call(in, result))
      return false;
  } else if (isPacked) {
    if (!packedMove(in, result))
      return false;
  } else {
    if (!operands(in, form, result))
      return false;
    if (form.select) {
      result.exec = form.select(result);
      if (!result.exec)
        return fail(in.where, "'" + in.fullName() +
                                  "' combines modifiers that do not go "
                                  "together");
    }
    result.copies = isMove;
  }
  firstOps.push_back(out.slots.size());
  out.slots.insert(out.slots.end(), current.begin(), current.end());
  out.code.push_back(result);
  return true;
}

/// Resolves labels and operand pointers once nothing moves any more.
void Decoder::finish() {
  starts.push_back(static_cast<uint32_t>(out.code.size()));
  Instr end;
  end.flow = Flow::End;
  end.line = ast.end.line;
  end.hidden = true;
  end.kind = InstructionClass::Control;
  firstOps.push_back(out.slots.size());
  out.code.push_back(end);
  for (size_t i = 0; i < out.code.size(); ++i) {
    Instr &in = out.code[i];
    in.ops = out.slots.data() + firstOps[i];
    if (in.flow == Flow::Branch)
      in.target = starts[in.target];
  }
  for (std::vector<uint32_t> &table : out.tables)
    for (uint32_t &target : table)
      target = starts[target];
  rankBlocks(out);
}

std::optional<Error> Decoder::run() {
  out.name = ast.name;
  out.isEntry = ast.isEntry;
  out.hasBody = ast.hasBody;
  out.paramBytes = ast.paramBytes;
  out.localBytes = (ast.localBytes + 15) & ~uint64_t(15);
  out.registerNames.assign(1, "");
  for (bool isReturn : {false, true})
    for (const AstFunction::Formal &formal :
         isReturn ? ast.returns : ast.params) {
      ParamRange range;
      Slot slot;
      if (formal.variable)
        range = {formal.variable->offset, formal.variable->size, false};
      else
        range = {0, typeBytes(formal.type), true},
        slot = registerSlot(formal.reg);
      (isReturn ? out.returns : out.params).push_back(range);
      (isReturn ? out.returnRegs : out.paramRegs).push_back(slot);
    }
  if (!ast.hasBody)
    return std::nullopt;
  for (const AstInstruction &in : ast.instructions) {
    starts.push_back(static_cast<uint32_t>(out.code.size()));
    if (!instruction(in))
      return error;
  }
  finish();
  return std::nullopt;
}

std::optional<Error> ptxsim::decodeModule(const AstModule &ast,
                                          Program &program) {
  // A function may be declared several times; the definition counts.
  std::vector<const AstFunction *> all;
  Decoder::FunctionNames names;
  for (const auto &f : ast.functions) {
    auto [known, isNew] = names.emplace(f->name, all.size());
    if (isNew)
      all.push_back(f.get());
    else if (f->hasBody)
      all[known->second] = f.get();
  }
  program.functions.resize(all.size());
  for (size_t i = 0; i < all.size(); ++i)
    if (auto error = Decoder(*all[i], all, names, program.functions[i]).run())
      return error;
  return std::nullopt;
}
