//===- OpcodeTable.cpp - match an instruction against the table -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpcodeTable.h"
#include "Modifiers.h"
#include <algorithm>

using namespace ptxsim;

namespace {
/// Alternatives for one modifier.
struct Group {
  bool optional = false;
  std::vector<std::string_view> names;
};
struct ParsedForm {
  const Form *form;
  std::vector<Group> groups;
};
using Table = std::unordered_map<std::string_view, std::vector<ParsedForm>>;
} // namespace

static std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    size_t end = text.find(by);
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

static Table buildTable() {
  Table table;
  for (FormList list :
       {integerForms(), bitForms(), carryForms(), floatForms(),
        approximateForms(), halfForms(), compareForms(), convertForms(),
        moveForms(), memoryForms(), atomicForms(), asyncCopyForms(),
        warpForms(), controlForms()})
    for (const Form &form : list) {
      ParsedForm parsed{&form, {}};
      for (std::string_view group : split(form.modifiers, ' ')) {
        bool optional = group[0] == '?';
        if (optional)
          group.remove_prefix(1);
        parsed.groups.push_back({optional, split(group, '|')});
      }
      table[form.opcode].push_back(std::move(parsed));
    }
  return table;
}

static const Table &theTable() {
  static const Table table = buildTable();
  return table;
}

std::vector<std::string_view> ptxsim::allOpcodes() {
  std::vector<std::string_view> names;
  for (const auto &entry : theTable())
    names.push_back(entry.first);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<const Form *> ptxsim::formsOf(std::string_view opcode) {
  std::vector<const Form *> forms;
  auto found = theTable().find(opcode);
  if (found != theTable().end())
    for (const ParsedForm &parsed : found->second)
      forms.push_back(parsed.form);
  return forms;
}

static bool contains(const std::vector<std::string_view> &names,
                     std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// How many modifiers fit; all of them and all required groups if `complete`.
static size_t matchForm(const ParsedForm &form,
                        const std::vector<AstModifier> &given, bool &complete,
                        std::vector<std::string_view> &expected) {
  size_t at = 0;
  complete = false;
  expected.clear();
  for (const Group &group : form.groups) {
    if (at < given.size() && contains(group.names, given[at].text)) {
      ++at;
      expected.clear();
      continue;
    }
    expected.insert(expected.end(), group.names.begin(), group.names.end());
    if (!group.optional)
      return at;
  }
  complete = at == given.size();
  return at;
}

Expected<const Form *> ptxsim::findForm(const AstInstruction &instruction,
                                        Mods &mods) {
  auto found = theTable().find(instruction.opcode);
  if (found == theTable().end())
    return Error{"unknown instruction '" + std::string(instruction.opcode) +
                     "'",
                 instruction.where};
  const std::vector<AstModifier> &given = instruction.modifiers;
  size_t best = 0;
  std::vector<std::string_view> wanted, expected;
  for (const ParsedForm &form : found->second) {
    bool complete;
    size_t matched = matchForm(form, given, complete, expected);
    if (complete) {
      for (const AstModifier &modifier : given)
        applyModifier(modifier.text, mods);
      return form.form;
    }
    if (matched > best)
      wanted.clear();
    if (matched >= best) {
      best = matched;
      for (std::string_view name : expected)
        if (!contains(wanted, name))
          wanted.push_back(name);
    }
  }
  std::string list;
  for (std::string_view name : wanted)
    list.append(list.empty() ? "." : ", .").append(name);
  SourceLocation where =
      best < given.size() ? given[best].where : instruction.where;
  if (best == given.size())
    return Error{"'" + instruction.fullName() +
                     "' is incomplete: expected one of " + list,
                 where};
  std::string message = "modifier '." + std::string(given[best].text) +
                        "' does not fit here in '" + instruction.fullName() +
                        "'";
  message += list.empty() ? ": expected no further modifier"
                          : ": expected one of " + list;
  return Error{message, where};
}
