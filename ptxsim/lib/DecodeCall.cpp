//===- DecodeCall.cpp - labels, branch tables and calls ---------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Decode.h"

using namespace ptxsim;

using Kind = AstOperand::Kind;

bool Decoder::label(const AstOperand &operand, Instr &result) {
  if (operand.kind != Kind::Name)
    return fail(operand.where, "expected a label");
  const AstLabel *found =
      findScoped(ast, ast.labels, operand.index, operand.name);
  if (!found)
    return fail(operand.where, "unknown label '" + operand.name + "'");
  result.target = found->instruction;
  return true;
}

bool Decoder::table(const AstOperand &operand, Instr &result) {
  const BranchTable *found =
      operand.kind == Kind::Name
          ? findScoped(ast, ast.tables, operand.index, operand.name)
          : nullptr;
  if (!found)
    return fail(operand.where, "expected the label of a .branchtargets list");
  std::vector<uint32_t> targets;
  for (const std::string &name : found->labels) {
    const AstLabel *label = findScoped(ast, ast.labels, found->block, name);
    if (!label)
      return fail(found->where, "unknown label '" + name + "' in the list '" +
                                    found->name + "'");
    targets.push_back(label->instruction);
  }
  result.imm = static_cast<int64_t>(out.tables.size());
  out.tables.push_back(std::move(targets));
  return true;
}

bool Decoder::callList(const AstOperand *list,
                       const std::vector<AstFunction::Formal> &formals,
                       bool isResult, SourceLocation where,
                       std::vector<ParamRange> &ranges,
                       std::vector<Slot> &regs) {
  size_t count = list ? list->parts.size() : 0;
  if (count != formals.size())
    return fail(list ? list->where : where,
                "the function has " + std::to_string(formals.size()) +
                    (isResult ? " results" : " parameters") + ", given are " +
                    std::to_string(count));
  for (size_t i = 0; i < count; ++i) {
    const AstOperand &given = list->parts[i];
    const AstFunction::Formal &formal = formals[i];
    ParamRange range;
    Slot slot;
    unsigned bytes;
    uint64_t size =
        formal.variable ? formal.variable->size : typeBytes(formal.type);
    if (given.kind == Kind::Variable &&
        given.variable->space == StateSpace::Param) {
      if (given.variable->size != size)
        return fail(given.where, "'" + given.name + "' has " +
                                     std::to_string(given.variable->size) +
                                     " bytes, expected " +
                                     std::to_string(size));
      range = {given.variable->offset, size, false};
    } else {
      Type type = formal.type;
      if (typeBytes(type) != size || type == Type::Pred)
        return fail(given.where, "expected a .param variable of " +
                                     std::to_string(size) + " bytes");
      range = {0, size, true};
      bool fits = isResult ? destination(given, type, false, slot, bytes)
                           : source(given, type, false, slot, bytes);
      if (!fits)
        return false;
    }
    ranges.push_back(range);
    regs.push_back(slot);
  }
  return true;
}

/// call{.uni} {(results),} function {, (arguments)};
bool Decoder::call(const AstInstruction &in, Instr &result) {
  size_t at = 0;
  const AstOperand *results = nullptr, *arguments = nullptr;
  if (at < in.operands.size() && in.operands[at].kind == Kind::List)
    results = &in.operands[at++];
  if (at == in.operands.size())
    return fail(in.where, "expected the name of a function");
  const AstOperand &target = in.operands[at++];
  if (target.kind == Kind::Register)
    return fail(target.where, "indirect calls are not supported");
  auto found =
      target.kind == Kind::Name ? names.find(target.name) : names.end();
  if (found == names.end())
    return fail(target.where, "unknown function '" + target.name + "'");
  if (at < in.operands.size() && in.operands[at].kind == Kind::List)
    arguments = &in.operands[at++];
  if (at < in.operands.size())
    return fail(in.operands[at].where, "unexpected operand of a call");
  const AstFunction &callee = *all[found->second];
  if (callee.isEntry)
    return fail(target.where, "'" + callee.name +
                                  "' is a kernel, which "
                                  "cannot be called");
  if (!callee.hasBody)
    return fail(target.where, "function '" + callee.name +
                                  "' is declared, but not defined in this "
                                  "module");
  CallSite site;
  site.callee = found->second;
  if (!callList(arguments, callee.params, false, in.where, site.arguments,
                site.argumentRegs) ||
      !callList(results, callee.returns, true, in.where, site.results,
                site.resultRegs))
    return false;
  // Named as operands, argument registers are checked like all others.
  for (const Slot &slot : site.argumentRegs)
    if (slot.reg) {
      current.push_back(slot);
      ++result.numSrc;
    }
  result.imm = static_cast<int64_t>(out.calls.size());
  out.calls.push_back(std::move(site));
  return true;
}
