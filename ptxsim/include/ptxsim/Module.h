//===- Module.h - parsed PTX text -------------------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_MODULE_H
#define PTXSIM_MODULE_H

#include "ptxsim/Expected.h"
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ptxsim {

enum class StateSpace : uint8_t {
  Generic,
  Global,
  Shared,
  Local,
  Const,
  Param,
};
const char *stateSpaceName(StateSpace space);

/// A kernel parameter and its place in the packed parameter buffer.
struct ParamInfo {
  std::string name;
  uint64_t size = 0;      // bytes
  uint64_t alignment = 1; // bytes, a power of two
  uint64_t offset = 0;    // bytes from the start of the buffer
};

/// A module-scope variable.
struct VariableInfo {
  std::string name;
  StateSpace space = StateSpace::Global;
  uint64_t size = 0; // bytes; 0 for an extern array without bounds
  uint64_t alignment = 1;
  bool isExtern = false;
  bool hasInitialiser = false;
};

struct KernelInfo {
  std::string name;
  std::vector<ParamInfo> params;
  uint64_t paramBytes = 0;
  uint64_t staticSharedBytes = 0;
  uint64_t localBytes = 0; // per thread, without callees
  bool usesDynamicShared = false;
  uint32_t maxThreads[3] = {0, 0, 0};      // .maxntid; 0: not given
  uint32_t requiredThreads[3] = {0, 0, 0}; // .reqntid; 0: not given
  uint32_t minBlocksPerMultiprocessor = 0; // .minnctapersm
  uint32_t maxRegisters = 0;               // .maxnreg
  /// Declared virtual registers by type name ("f32", "b64", "pred").
  std::map<std::string, uint32_t> registers;
  /// Static instruction counts by full opcode ("fma.rn.f32").
  std::map<std::string, uint32_t> instructions;
  SourceLocation where;
};

namespace detail {
struct ModuleImpl;
}

/// Parsed and fully checked PTX: every instruction of a module that parses can
/// be executed. Immutable and cheap to copy.
class Module {
public:
  /// Unknown directives, instructions and modifiers are errors, never skipped.
  static Expected<Module> parse(std::string_view text);

  /// PTX ISA version as 10 * major + minor: 80 for ".version 8.0".
  uint32_t version() const;
  /// The first name after .target, for example "sm_90a", and its number.
  const std::string &target() const;
  uint32_t smVersion() const;

  const std::vector<KernelInfo> &kernels() const;
  const KernelInfo *findKernel(std::string_view name) const;
  const std::vector<VariableInfo> &variables() const;

  /// One line of the text, counted from 1, without the end of line and outer
  /// blanks; empty when there is no such line.
  std::string_view lineText(uint32_t line) const;

  const std::shared_ptr<const detail::ModuleImpl> &impl() const { return body; }

private:
  explicit Module(std::shared_ptr<const detail::ModuleImpl> body)
      : body(std::move(body)) {}
  std::shared_ptr<const detail::ModuleImpl> body;
};

} // namespace ptxsim

#endif // PTXSIM_MODULE_H
