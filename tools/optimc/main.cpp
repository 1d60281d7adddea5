//===- main.cpp - the command line of optimc -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "optimc/Version.h"
#include <CLI/CLI.hpp>
#include <iostream>

using namespace optimc::tool;

namespace {

const char *const specHelp =
    "A built-in optimizer (see 'optimc list'), a .mlir file, or - for standard "
    "input";

void addSpec(CLI::App &command, SpecArgs &args) {
  command.add_option("SPEC", args.spec, specHelp)->required();
  command.add_option("--optimizer", args.optimizer,
                     "Which optimizer, where SPEC holds several");
}

void addFreeze(CLI::App &command, std::vector<std::string> &freeze) {
  command
      .add_option("--freeze", freeze,
                  "Bind hyperparameters at compile time: name=value,...")
      ->delimiter(',')
      ->type_name("NAME=VALUE");
}

void addStore(CLI::App &command, std::vector<std::string> &store) {
  command
      .add_option("--store", store,
                  "Formats of streams: name=format,..., a name being param, "
                  "grad, a state, or 'states' for all (f32, bf16, bf16_sr, "
                  "f16; states also q8, q8_sr; param also split, or "
                  "master_param=f32 beside it)")
      ->delimiter(',')
      ->type_name("NAME=FORMAT");
}

void addSet(CLI::App &command, std::vector<std::string> &set) {
  command.add_option("--set", set, "Hyperparameters: name=value,...")
      ->delimiter(',')
      ->type_name("NAME=VALUE");
}

void addCompile(CLI::App &app, CompileArgs &args) {
  CLI::App &command = *app.add_subcommand(
      "compile", "Compile a spec to an object, source or intermediate form");
  addSpec(command, args);
  command
      .add_option("-o,--output", args.output,
                  "Output file; - for standard output")
      ->capture_default_str();
  command
      .add_option("--emit", args.emit,
                  "object, shared (library), asm, ptx, llvm (IR), mlir, or "
                  "header (C declarations of the object)")
      ->check(CLI::IsMember(
          {"object", "shared", "asm", "ptx", "llvm", "mlir", "header"}))
      ->capture_default_str();
  command
      .add_option("--cpu", args.cpus,
                  "Instruction sets to compile for besides the baseline: "
                  "x86-64-v3, x86-64-v4; 'none' for the baseline alone")
      ->delimiter(',')
      ->type_name("CPU");
  command
      .add_option("--gpu", args.gpus,
                  "GPU architectures to compile for, too: sm_80, sm_90, "
                  "sm_100, ... (code for one runs on later ones)")
      ->delimiter(',')
      ->type_name("ARCH");
  addFreeze(command, args.freeze);
  addStore(command, args.store);
  command.add_option("--until", args.until,
                     "With --emit=mlir: stop after this phase (parse, inline, "
                     "wrap, freeze, store, expand, simplify, split-host, "
                     "specialize, make-kernels, to-arith, expand-storage, "
                     "kernel-to-gpu, emit-ptx, kernel-to-cpu, multiversion, "
                     "emit-program, llvm)");
  command
      .add_option("--phases", args.phases,
                  "What several passes over the elements need: computed again, "
                  "stored by the first, or what moves fewer bytes")
      ->check(CLI::IsMember({"cheapest", "recompute", "store"}))
      ->capture_default_str();
  command.add_flag("!--no-amp", args.amp,
                   "Leave out the inputs grad_scale and found_inf");
  command.add_flag("--remarks", args.remarks,
                   "Say what was fused, elided and specialised, and why not");
  command.callback([&args] { throw CLI::RuntimeError(runCompile(args)); });
}

void addInspection(CLI::App &app, ListArgs &list, ShowArgs &show,
                   ReportArgs &report) {
  CLI::App &listCommand =
      *app.add_subcommand("list", "List the built-in optimizers");
  listCommand.add_flag("--json", list.json, "Print JSON");
  listCommand.callback([&list] { throw CLI::RuntimeError(runList(list)); });

  CLI::App &showCommand = *app.add_subcommand(
      "show", "Print a spec, or its math as the paper's algorithm box");
  addSpec(showCommand, show);
  showCommand
      .add_option("--math", show.math, "Print the algorithm: text or latex")
      ->expected(0, 1)
      ->default_str("text")
      ->check(CLI::IsMember({"text", "latex"}));
  showCommand.callback([&show] { throw CLI::RuntimeError(runShow(show)); });

  CLI::App &reportCommand = *app.add_subcommand(
      "report", "States, rates, phases, variants, bytes and fusion decisions");
  addSpec(reportCommand, report);
  addFreeze(reportCommand, report.freeze);
  addStore(reportCommand, report.store);
  reportCommand
      .add_option("--bandwidth", report.bandwidth,
                  "Predict the time of large tensors: GB/s, or a file that "
                  "'optimc probe --json' wrote")
      ->type_name("GB/s|FILE");
  reportCommand.add_flag("--json", report.json, "Print JSON");
  reportCommand.callback(
      [&report] { throw CLI::RuntimeError(runReport(report)); });
}

void addProbe(CLI::App &app, ProbeArgs &args) {
  CLI::App &command = *app.add_subcommand(
      "probe", "Measure the memory bandwidth that 'report' predicts with");
  command
      .add_option("--threads", args.threads,
                  "Threads (default: all that this process may use)")
      ->check(CLI::Range(1u, 1024u));
  command
      .add_option("--size", args.mebibytes,
                  "MiB of each of the three arrays (default: twice the "
                  "last-level cache, at least 256)")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 16));
  command.add_option("--rounds", args.rounds, "Rounds of each pattern")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      .add_option("-o,--output", args.output,
                  "Output file; - for standard output")
      ->capture_default_str();
  command.add_flag("--json", args.json, "Print JSON");
  command.callback([&args] { throw CLI::RuntimeError(runProbe(args)); });
}

void addLint(CLI::App &app, LintArgs &args) {
  CLI::App &command = *app.add_subcommand(
      "lint", "Warn of what is allowed and unlikely to be meant: averages that "
              "stall in narrow storage");
  addSpec(command, args);
  addFreeze(command, args.freeze);
  addStore(command, args.store);
  command.callback([&args] { throw CLI::RuntimeError(runLint(args)); });
}

void addConvert(CLI::App &app, ConvertArgs &args) {
  CLI::App &command = *app.add_subcommand(
      "convert", "Write a checkpoint again in the formats of another storage "
                 "plan");
  command.add_option("IN", args.input, "A checkpoint")->required();
  command.add_option("OUT", args.output, "The file to write")->required();
  command.add_option("--spec", args.spec.spec, specHelp)->required();
  command.add_option("--optimizer", args.spec.optimizer,
                     "Which optimizer, where SPEC holds several");
  addFreeze(command, args.freeze);
  addStore(command, args.store);
  command.add_flag("!--no-amp", args.amp,
                   "Leave out the inputs grad_scale and found_inf");
  command.callback([&args] { throw CLI::RuntimeError(runConvert(args)); });
}

void addScalars(CLI::App &app, ScalarsArgs &args) {
  CLI::App &command = *app.add_subcommand(
      "scalars", "Every scalar of chosen steps in float64, schedules included");
  addSpec(command, args);
  command.add_option("--steps", args.steps, "Steps, such as 1,10,100")
      ->required()
      ->delimiter(',')
      ->check(CLI::Range(int64_t(1), int64_t(1) << 53));
  addSet(command, args.set);
  command.add_flag("--json", args.json, "Print JSON");
  command.callback([&args] { throw CLI::RuntimeError(runScalars(args)); });
}

void addRun(CLI::App &app, RunArgs &args) {
  CLI::App &command = *app.add_subcommand(
      "run", "Run an update rule on gradients and print the trajectory");
  addSpec(command, args);
  auto *grads = command.add_option(
      "--grads", args.grads,
      "Gradients: a .npy of shape [steps, ...], or a .npz of one such array a "
      "tensor; a [steps] array 'NAME/present' marks steps that have a "
      "gradient");
  auto *function =
      command
          .add_option("--function", args.function,
                      "Gradients of a test function: rosenbrock or quadratic")
          ->check(CLI::IsMember({"rosenbrock", "quadratic"}));
  grads->excludes(function);
  command.add_option("--params", args.params,
                     "Initial parameters: a .npy, or a .npz by tensor name "
                     "(default: zero, or the function's usual start)");
  command.add_option("--steps", args.steps, "Number of steps")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--engine", args.engine,
                  "interpreter (float32, the oracle), interpreter-f64, or "
                  "compiled")
      ->check(CLI::IsMember({"interpreter", "interpreter-f64", "compiled"}))
      ->capture_default_str();
  addSet(command, args.set);
  addFreeze(command, args.freeze);
  addStore(command, args.store);
  command
      .add_option("--init", args.init,
                  "Initial states: state=value,... (a number for all elements)")
      ->delimiter(',')
      ->type_name("STATE=VALUE");
  command
      .add_option("--block", args.block,
                  "Length of the blocks of values per block")
      ->check(CLI::PositiveNumber);
  command.add_option("--seed", args.seed, "Seed of 'random'")
      ->capture_default_str();
  command.add_option("-o,--out", args.output,
                     "Write every step of every stream to a .npz file");
  command.add_flag("--json", args.json, "Print JSON");
  command.callback([&args] { throw CLI::RuntimeError(runRun(args)); });
}

void addDiff(CLI::App &app, DiffArgs &args) {
  CLI::App &command = *app.add_subcommand(
      "diff", "Name the first step, stream and element where two runs part");
  command.add_option("A", args.first, "A .npz that 'optimc run --out' wrote")
      ->required();
  command.add_option("B", args.second, "Another")->required();
  command
      .add_option("--tolerance", args.tolerance,
                  "Largest allowed relative difference; 0 compares bits (NaNs "
                  "are equal to each other)")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.callback([&args] { throw CLI::RuntimeError(runDiff(args)); });
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("optimc, the optimizer compiler: update rules to fused kernels");
  app.set_version_flag("--version", std::string("optimc ") + OPTIMC_VERSION);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every command");
  CompileArgs compile;
  ListArgs list;
  ShowArgs show;
  ReportArgs report;
  ProbeArgs probe;
  LintArgs lint;
  ConvertArgs convert;
  ScalarsArgs scalars;
  RunArgs run;
  DiffArgs diff;
  addCompile(app, compile);
  addInspection(app, list, show, report);
  addProbe(app, probe);
  addLint(app, lint);
  addConvert(app, convert);
  addScalars(app, scalars);
  addRun(app, run);
  addDiff(app, diff);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RuntimeError &finished) {
    return finished.get_exit_code(); // a command's own exit code
  } catch (const CLI::ParseError &error) {
    // Help and version are "errors" with code 0.
    return app.exit(error) == 0 ? ExitSuccess : ExitUserError;
  }
  return ExitSuccess;
}
