//===- CHeader.cpp - the C declarations of a program -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Target/CHeader.h"

#include "optimc/Conversion/PlainSignature.h"
#include "optimc/Conversion/ProgramLayout.h"
#include "optimc/Version.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include <cmath>

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

namespace {
class HeaderWriter {
public:
  HeaderWriter(OptimizerOp op, raw_ostream &os)
      : op(op), os(os), name(op.getSymName()),
        signature(PlainSignature::get(op)) {}
  void write();

private:
  void writeHypers();
  void writeStep();
  std::string describe(const PlainArgument &argument);
  std::string declare(const PlainArgument &argument);

  OptimizerOp op;
  raw_ostream &os;
  std::string name;
  PlainSignature signature;
};
} // namespace

/// A double as a C expression.
static std::string literal(double value) {
  if (std::isinf(value))
    return value > 0 ? "HUGE_VAL" : "-HUGE_VAL";
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << llvm::format("%.17g", value);
  if (text.find_first_of(".e") == std::string::npos)
    text += ".0";
  return text;
}

/// Text inside a comment must not end it.
static std::string comment(StringRef text) {
  std::string safe;
  for (char c : text) {
    if (c == '/' && !safe.empty() && safe.back() == '*')
      safe += ' ';
    safe += llvm::isPrint(c) ? c : '?';
  }
  return safe;
}

void HeaderWriter::writeHypers() {
  os << "/* Hyperparameters, in float64. A step may use other values than the "
        "last one. */\ntypedef struct {\n";
  std::string initial;
  for (const PlainHyper &field : signature.hypers) {
    HyperAttr hyper = op.getHyper(field.index);
    os << "  double " << field.name << "; /* default "
       << hyper.getInitial().getSpelling();
    if (hyper.getLow() || hyper.getHigh())
      os << ", in " << hyper.getRangeText();
    os << (hyper.getInteger() ? ", a whole number" : "") << " */\n";
    initial +=
        (initial.empty() ? "" : ", ") + literal(hyper.getInitial().getValue());
  }
  if (signature.hypers.empty()) {
    os << "  char unused; /* there are none */\n";
    initial = "0";
  }
  os << "} " << name << "_hyper;\n\n/* The defaults:\n     " << name
     << "_hyper hyper = " << StringRef(name).upper()
     << "_HYPER_INIT; */\n#define " << StringRef(name).upper()
     << "_HYPER_INIT {" << initial << "}\n\n";
}

std::string HeaderWriter::declare(const PlainArgument &argument) {
  // The carrier of one value in memory.
  StorageAttr storage = op.getStorage(argument.argument);
  std::string type = "float *";
  if (storage.getFormat() != StorageFormat::F32)
    type = "uint" + std::to_string(storage.getBits()) + "_t *";
  switch (argument.kind) {
  case PlainArgument::Param:
  case PlainArgument::ElementState:
    return type + argument.name;
  case PlainArgument::Grad:
  case PlainArgument::ElementInput:
    return "const " + type + argument.name;
  case PlainArgument::Aux:
    return "uint16_t *" + argument.name;
  case PlainArgument::ScalarState:
    return "double *" + argument.name;
  case PlainArgument::ScalarInput:
    return "double " + argument.name;
  }
  llvm_unreachable("all kinds are covered");
}

std::string HeaderWriter::describe(const PlainArgument &argument) {
  auto initialOf = [&](StateAttr state) -> std::string {
    if (state.getInit() == Init::Param)
      return "a copy of the parameter";
    if (state.getInit() == Init::Hyper)
      return "the hyperparameter " + state.getHyper().str();
    return state.getValue() ? state.getValue().getSpelling().str() : "0";
  };
  StorageAttr storage = op.getStorage(argument.argument);
  std::string format = storage.getFormat() == StorageFormat::F32
                           ? ""
                           : " in " + storage.getText();
  switch (argument.kind) {
  case PlainArgument::Param:
    return "[n] parameter" + format + ", updated in place";
  case PlainArgument::Grad:
    return "[n] gradient" + format;
  case PlainArgument::ElementInput:
    return "[n] input of this step" + format;
  case PlainArgument::Aux:
    return storage.isBlockScaled()
               ? "[(n + 255) / 256] its exponents; before the first step: 0"
               : "[n] its low halves; before the first step: 0";
  case PlainArgument::ScalarInput:
    return "input of this step";
  case PlainArgument::ElementState:
  case PlainArgument::ScalarState:
    break;
  }
  StateAttr state = op.getState(argument.argument - op.getFirstState());
  bool element = argument.kind == PlainArgument::ElementState;
  std::string text =
      element ? "[n] state" + format : std::string("one float64: state");
  return text +
         ", updated in place; before the first step: " + initialOf(state);
}

void HeaderWriter::writeStep() {
  size_t width = 5;
  for (const PlainArgument &argument : signature.arguments)
    width = std::max(width, argument.name.size());
  auto line = [&](StringRef argument, StringRef text) {
    os << "     " << llvm::left_justify(argument, width) << "  "
       << comment(text) << "\n";
  };
  os << "/* One step over n elements, on this thread:\n";
  line("hyper", "the hyperparameters; they are not checked");
  line("t", "the number of this step; the first one is 1");
  line("n", "the number of elements; 0 is allowed");
  for (const PlainArgument &argument : signature.arguments)
    line(argument.name, describe(argument));
  os << "   Arrays are float32, of any alignment, and do not overlap. Scalars "
        "are computed\n   and the instruction set is chosen inside; the "
        "caller's floating-point environment\n   does not matter and is "
        "kept.";
  if (!op.getStoragePlan().empty())
    os << "\n   Where another format is noted they hold its codes "
          "(docs/Numerics.md).";
  for (unsigned i = 0, e = op.getInputs().size(); i != e; ++i)
    if (InputAttr input = op.getInput(i);
        input.getInitial() && isScalarRate(input.getRate()))
      os << "\n   Input " << comment(input.getName().getValue()) << " is "
         << input.getInitial().getSpelling() << ".";
  bool random = false;
  op.walk([&](KernelOp kernel) { random |= !kernel.getRandomIds().empty(); });
  op.walk([&](RandomOp) { random = true; });
  if (random)
    os << "\n   Random numbers have seed 0 and tensor key 0.";
  os << " */\n";
  std::string start = "void " + name + "_step(";
  os << start << "const " << name << "_hyper *hyper, int64_t t, size_t n";
  for (const PlainArgument &argument : signature.arguments)
    os << ",\n" << std::string(start.size(), ' ') << declare(argument);
  os << ");\n\n";
}

void HeaderWriter::write() {
  os << "/* --- " << name << " ---";
  for (unsigned i = 0, e = op.getHypers().size(); i != e; ++i)
    if (HyperAttr hyper = op.getHyper(i); hyper.getFrozen())
      os << "\n   " << comment(hyper.getName().getValue()) << " is frozen to "
         << hyper.getInitial().getSpelling() << ".";
  os << " */\n\n";
  writeHypers();
  if (hasPlainStep(op))
    writeStep();
  else
    os << "/* No plain step function: the rule needs the shapes of its tensors, "
          "or all of them\n   together. The runtime runs the program. */\n\n";
  os << "/* The program for optimc-c/Runtime.h; include optimc-c/Program.h "
        "first. NULL where\n   max_abi (OPTIMC_ABI of the caller) is too old. "
        "*/\n#ifdef OPTIMC_C_PROGRAM_H\nconst optimc_program *optimc_program_"
     << name << "(uint32_t max_abi);\n#endif\n\n";
}

LogicalResult optimc::emitCHeader(ModuleOp module, raw_ostream &os) {
  SmallVector<OptimizerOp> optimizers(module.getOps<OptimizerOp>());
  if (optimizers.empty())
    return module.emitError("there is no optimizer to declare");
  std::string guard = "OPTIMC_PROGRAM";
  for (OptimizerOp op : optimizers)
    guard += "_" + op.getSymName().upper();
  os << "/* Written by optimc " OPTIMC_VERSION "; do not edit. */\n#ifndef "
     << guard << "_H\n#define " << guard
     << "_H\n\n#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n\n"
        "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  for (OptimizerOp op : optimizers) {
    HeaderWriter writer(op, os);
    writer.write();
  }
  os << "#ifdef __cplusplus\n}\n#endif\n#endif\n";
  return success();
}
