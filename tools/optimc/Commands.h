//===- Commands.h - the subcommands of optimc -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TOOLS_OPTIMC_COMMANDS_H
#define OPTIMC_TOOLS_OPTIMC_COMMANDS_H

#include <cstdint>
#include <string>
#include <vector>

namespace optimc::tool {

/// Exit codes. A user error is a wrong option, spec or file; a difference is
/// what `diff` found.
enum ExitCode { ExitSuccess = 0, ExitDifference = 1, ExitUserError = 2 };

/// What every command that reads a spec has. SPEC is a built-in name, a file,
/// or `-` for standard input.
struct SpecArgs {
  std::string spec;
  std::string optimizer; ///< which one, where the module has several
};

struct CompileArgs : SpecArgs {
  std::string output = "-", emit = "object", until, phases = "cheapest";
  std::vector<std::string> cpus, gpus, freeze, store;
  bool amp = true, remarks = false;
};
int runCompile(const CompileArgs &args);

struct ListArgs {
  bool json = false;
};
int runList(const ListArgs &args);

struct ShowArgs : SpecArgs {
  std::string math; ///< "", "text" or "latex"
};
int runShow(const ShowArgs &args);

struct ReportArgs : SpecArgs {
  std::vector<std::string> freeze, store;
  std::string bandwidth; ///< GB/s, or a file of `optimc probe --json`
  bool json = false;
};
int runReport(const ReportArgs &args);

struct ProbeArgs {
  unsigned threads = 0;  ///< 0: as many as the affinity mask has
  int64_t mebibytes = 0; ///< of each array; 0: by the machine's caches
  int rounds = 9;
  std::string output = "-";
  bool json = false;
};
int runProbe(const ProbeArgs &args);

struct LintArgs : SpecArgs {
  std::vector<std::string> freeze, store;
};
int runLint(const LintArgs &args);

struct ConvertArgs {
  std::string input, output;
  SpecArgs spec;
  std::vector<std::string> freeze, store;
  bool amp = true;
};
int runConvert(const ConvertArgs &args);

struct ScalarsArgs : SpecArgs {
  std::vector<int64_t> steps;
  std::vector<std::string> set;
  bool json = false;
};
int runScalars(const ScalarsArgs &args);

struct RunArgs : SpecArgs {
  std::string grads, function, params, engine = "compiled", output;
  std::vector<std::string> set, init, freeze, store;
  int64_t steps = 0; ///< 0: as many as --grads has
  int64_t block = 0; ///< length of the blocks of each tensor; 0: none
  uint64_t seed = 0;
  bool json = false;
};
int runRun(const RunArgs &args);

struct DiffArgs {
  std::string first, second;
  double tolerance = 0; ///< relative to the larger magnitude; 0: same bits
};
int runDiff(const DiffArgs &args);

} // namespace optimc::tool

#endif // OPTIMC_TOOLS_OPTIMC_COMMANDS_H
