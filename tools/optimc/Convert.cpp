//===- Convert.cpp - optimc convert -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Spec.h"
#include "optimc-c/Compiler.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace optimc;
using namespace optimc::tool;

/// The program says how every stream is stored, and its hash goes into the new
/// file.
int optimc::tool::runConvert(const ConvertArgs &args) {
  optimc_compile_options options = OPTIMC_COMPILE_OPTIONS_INIT;
  std::string freeze = join(args.freeze, ","), store = join(args.store, ",");
  options.flags = args.amp ? 0 : OPTIMC_COMPILE_NO_AMP;
  options.freeze = freeze.c_str();
  options.store = store.c_str();
  if (!args.spec.optimizer.empty())
    options.optimizer = args.spec.optimizer.c_str();
  optimc_error error;
  optimc_compiled *compiled = nullptr;
  if (optimc_compile(args.spec.spec.c_str(), &options, &compiled, &error))
    return reportError(createStringError(error.message));
  auto report = [](void *, const char *message) {
    errs() << "optimc: note: " << message << "\n";
  };
  optimc_status status = optimc_convert_checkpoint(
      optimc_compiled_program(compiled), args.input.c_str(),
      args.output.c_str(), report, nullptr, &error);
  optimc_compiled_destroy(compiled);
  return status ? reportError(createStringError(error.message)) : ExitSuccess;
}
