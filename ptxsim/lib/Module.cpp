//===- Module.cpp - parse and describe a module -----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ptxsim/Module.h"
#include "Decode.h"
#include "Parser.h"
#include "SharedLayout.h"

using namespace ptxsim;

const char *ptxsim::stateSpaceName(StateSpace space) {
  switch (space) {
  case StateSpace::Generic:
    return "generic";
  case StateSpace::Global:
    return "global";
  case StateSpace::Shared:
    return "shared";
  case StateSpace::Local:
    return "local";
  case StateSpace::Const:
    return "const";
  case StateSpace::Param:
    return "param";
  }
  return "";
}

static void splitLines(detail::ModuleImpl &impl) {
  std::string_view text = impl.ast.text;
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    size_t first = line.find_first_not_of(" \t\r");
    size_t last = line.find_last_not_of(" \t\r");
    impl.lines.push_back(first == std::string_view::npos
                             ? std::string_view()
                             : line.substr(first, last - first + 1));
    if (end == std::string_view::npos)
      break;
    text.remove_prefix(end + 1);
  }
}

static KernelInfo describeKernel(const AstFunction &ast, const Program &program,
                                 uint32_t index) {
  KernelInfo info;
  info.name = ast.name;
  info.where = ast.where;
  for (const AstFunction::Formal &formal : ast.params) {
    const Variable &v = *formal.variable;
    info.params.push_back({v.name, v.size, v.alignment, v.offset});
    info.paramBytes = v.offset + v.size;
  }
  SharedLayout shared = layOutShared(program, index);
  info.staticSharedBytes = shared.staticBytes;
  info.usesDynamicShared = shared.usesDynamic;
  info.localBytes = ast.localBytes;
  for (unsigned i = 0; i < 3; ++i) {
    info.maxThreads[i] = ast.maxThreads[i];
    info.requiredThreads[i] = ast.requiredThreads[i];
  }
  info.minBlocksPerMultiprocessor = ast.minBlocks;
  info.maxRegisters = ast.maxRegisters;
  info.registers = ast.declaredRegisters;
  for (const AstInstruction &in : ast.instructions)
    ++info.instructions[in.fullName()];
  return info;
}

/// Initial values may name variables only.
static std::optional<Error> checkInitialisers(const AstModule &ast) {
  for (const auto &v : ast.variables)
    for (const InitialAddress &address : v->addresses) {
      bool found = false;
      for (const auto &other : ast.variables)
        found |= other->name == address.symbol &&
                 (other->space == StateSpace::Global ||
                  other->space == StateSpace::Const);
      if (!found)
        return Error{"'" + address.symbol +
                         "' is no .global or .const variable of this module",
                     address.where};
    }
  return std::nullopt;
}

Expected<Module> Module::parse(std::string_view text) {
  constexpr size_t maxText = size_t(256) << 20;
  if (text.size() > maxText)
    return Error{"the text is longer than 256 MiB", {1, 1}};
  auto impl = std::make_shared<detail::ModuleImpl>();
  // A driver is given text that ends with a NUL character.
  while (!text.empty() && text.back() == '\0')
    text.remove_suffix(1);
  impl->ast.text = std::string(text);
  splitLines(*impl);
  if (std::optional<Error> error = Parser(impl->ast).run())
    return *error;
  if (std::optional<Error> error = checkInitialisers(impl->ast))
    return *error;
  if (std::optional<Error> error = decodeModule(impl->ast, impl->program))
    return *error;
  for (size_t i = 0; i < impl->program.functions.size(); ++i) {
    const Function &f = impl->program.functions[i];
    if (!f.isEntry || !f.hasBody)
      continue;
    for (const auto &ast : impl->ast.functions)
      if (ast->name == f.name && ast->hasBody) {
        impl->kernels.push_back(
            describeKernel(*ast, impl->program, static_cast<uint32_t>(i)));
        impl->kernelFunctions.push_back(static_cast<uint32_t>(i));
        break;
      }
  }
  for (const auto &v : impl->ast.variables)
    if (v->space == StateSpace::Global || v->space == StateSpace::Const)
      impl->variables.push_back({v->name, v->space, v->size, v->alignment,
                                 v->isExtern, !v->initial.empty()});
  return Module(std::move(impl));
}

uint32_t Module::version() const { return body->ast.version; }
const std::string &Module::target() const { return body->ast.target; }
uint32_t Module::smVersion() const { return body->ast.smVersion; }
const std::vector<KernelInfo> &Module::kernels() const { return body->kernels; }
const std::vector<VariableInfo> &Module::variables() const {
  return body->variables;
}

const KernelInfo *Module::findKernel(std::string_view name) const {
  for (const KernelInfo &kernel : body->kernels)
    if (kernel.name == name)
      return &kernel;
  return nullptr;
}

std::string_view Module::lineText(uint32_t line) const {
  if (line == 0 || line > body->lines.size())
    return {};
  return body->lines[line - 1];
}
