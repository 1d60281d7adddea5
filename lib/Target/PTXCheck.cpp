//===- PTXCheck.cpp - what PTX text must not contain -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The back end is LLVM's, and its defaults may change. What the numerics and
// the speed rest on is therefore read off the text itself.
//
//===----------------------------------------------------------------------===//

#include "optimc/Target/PTX.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

using namespace mlir;
using namespace optimc;

namespace {
class Checker {
public:
  Checker(ArrayRef<PTXKernel> kernels,
          function_ref<InFlightDiagnostic()> emitError)
      : kernels(kernels), emitError(emitError) {}

  LogicalResult check(StringRef text);

private:
  LogicalResult checkLine(StringRef line);
  LogicalResult checkDirective(StringRef line);
  LogicalResult checkInstruction(StringRef opcode, StringRef line);
  LogicalResult checkArithmetic(ArrayRef<StringRef> parts, StringRef line);
  LogicalResult checkAccess(ArrayRef<StringRef> parts, StringRef line);
  LogicalResult beginKernel(StringRef line);
  LogicalResult endKernel();
  LogicalResult fail(StringRef line, const Twine &reason);

  ArrayRef<PTXKernel> kernels;
  function_ref<InFlightDiagnostic()> emitError;
  const PTXKernel *kernel = nullptr;
  size_t numKernels = 0;
  std::map<unsigned, unsigned> loads, stores; ///< global ones, by bytes
};
} // namespace

LogicalResult Checker::fail(StringRef line, const Twine &reason) {
  InFlightDiagnostic error = emitError();
  error << "the PTX of ";
  if (kernel)
    error << "'" << kernel->name << "'";
  else
    error << "the module";
  error << " " << reason << ": '" << line << "'; this is a bug in optimc";
  return error;
}

static bool contains(ArrayRef<StringRef> parts, StringRef part) {
  return llvm::is_contained(parts, part);
}

//===----------------------------------------------------------------------===//
// Directives
//===----------------------------------------------------------------------===//

LogicalResult Checker::beginKernel(StringRef line) {
  if (failed(endKernel()))
    return failure();
  StringRef name = line.split(".entry").second.split('(').first.trim();
  for (const PTXKernel &each : kernels)
    if (each.name == name)
      kernel = &each;
  if (!kernel)
    return fail(line, "has a kernel that nobody asked for");
  ++numKernels;
  return success();
}

LogicalResult Checker::endKernel() {
  if (!kernel)
    return success();
  for (const PTXKernel::Access &access : kernel->accesses)
    if (loads[access.bytes] < access.loads ||
        stores[access.bytes] < access.stores)
      return fail("ld.global, st.global",
                  "needs at least " + Twine(access.loads) + " loads and " +
                      Twine(access.stores) + " stores of " +
                      Twine(access.bytes) + " bytes, but has " +
                      Twine(loads[access.bytes]) + " and " +
                      Twine(stores[access.bytes]));
  kernel = nullptr;
  loads.clear();
  stores.clear();
  return success();
}

LogicalResult Checker::checkDirective(StringRef line) {
  if (line.contains(".extern"))
    return fail(line, "needs something from elsewhere");
  if (line.contains(".func"))
    return fail(line, "has a function of its own");
  if (line.contains(".entry"))
    return beginKernel(line);
  if (line.starts_with(".local"))
    return fail(line, "uses local memory");
  return success();
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

static unsigned getBytes(ArrayRef<StringRef> parts) {
  unsigned bits = 0, count = 1;
  StringRef type = parts.back();
  type.drop_while(llvm::isAlpha).getAsInteger(10, bits);
  for (StringRef part : parts)
    if (part == "v2" || part == "v4" || part == "v8")
      part.drop_front().getAsInteger(10, count);
  return bits / 8 * count;
}

LogicalResult Checker::checkAccess(ArrayRef<StringRef> parts, StringRef line) {
  static constexpr llvm::StringLiteral spaces[] = {"global", "shared", "param",
                                                   "const"};
  auto isSpace = [](StringRef part) {
    return llvm::is_contained(spaces, part.split("::").first);
  };
  if (contains(parts, "local"))
    return fail(line, "uses local memory");
  if (llvm::none_of(parts, isSpace))
    return fail(line, "has an access to generic memory");
  if (!contains(parts, "global"))
    return success();
  ++(parts.front() == "ld" ? loads : stores)[getBytes(parts)];
  return success();
}

LogicalResult Checker::checkArithmetic(ArrayRef<StringRef> parts,
                                       StringRef line) {
  StringRef name = parts.front(), type = parts.back();
  bool isDouble = contains(parts, "f64");
  if (isDouble && kernel) {
    static constexpr llvm::StringLiteral sums[] = {
        "add", "min", "max", "cvt", "setp", "selp", "mov", "abs"};
    if (kernel->doubles == PTXKernel::Doubles::None)
      return fail(line, "computes in float64");
    if (kernel->doubles == PTXKernel::Doubles::Sums &&
        !llvm::is_contained(sums, name))
      return fail(line, "computes in float64 more than sums and extrema");
  }
  if (contains(parts, "approx") || contains(parts, "full"))
    return fail(line, "approximates");
  if (contains(parts, "ftz"))
    return fail(line, "flushes subnormal numbers");
  bool isFloat = type.starts_with("f32") || type == "f64" ||
                 type.starts_with("f16") || type.starts_with("bf16");
  if (!isFloat)
    return success();
  static constexpr llvm::StringLiteral rounded[] = {
      "add", "sub", "mul", "fma", "mad", "div", "rcp", "sqrt"};
  if (llvm::is_contained(rounded, name) && !contains(parts, "rn"))
    return fail(line, "does not say that it rounds to nearest");
  if ((name == "min" || name == "max") && !isDouble && !contains(parts, "NaN"))
    return fail(line, "loses NaN");
  static constexpr llvm::StringLiteral inexact[] = {"ex2", "lg2",  "sin",
                                                    "cos", "tanh", "rsqrt"};
  if (llvm::is_contained(inexact, name))
    return fail(line, "approximates");
  return success();
}

LogicalResult Checker::checkInstruction(StringRef opcode, StringRef line) {
  SmallVector<StringRef> parts;
  opcode.split(parts, '.');
  if (parts.front() == "call")
    return fail(line, "calls a function");
  if (parts.front() == "ld" || parts.front() == "st")
    return checkAccess(parts, line);
  if (parts.front() == "cvta")
    return fail(line, "has an access to generic memory");
  return checkArithmetic(parts, line);
}

LogicalResult Checker::checkLine(StringRef line) {
  line = line.split("//").first.trim();
  if (line.empty())
    return success();
  if (line.front() == '.')
    return checkDirective(line);
  StringRef rest = line;
  if (rest.consume_front("@"))
    rest = rest.drop_until(llvm::isSpace).trim();
  if (rest.empty() || !llvm::isLower(rest.front()))
    return success(); // a label or a bracket
  StringRef opcode =
      rest.take_until([](char c) { return llvm::isSpace(c) || c == ';'; });
  return checkInstruction(opcode, line);
}

LogicalResult Checker::check(StringRef text) {
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    if (failed(checkLine(line)))
      return failure();
    text = rest;
  }
  if (failed(endKernel()))
    return failure();
  if (numKernels != kernels.size())
    return emitError() << "the PTX has " << numKernels << " kernels instead of "
                       << kernels.size() << "; this is a bug in optimc";
  return success();
}

LogicalResult optimc::checkPTX(StringRef text, ArrayRef<PTXKernel> kernels,
                               function_ref<InFlightDiagnostic()> emitError) {
  return Checker(kernels, emitError).check(text);
}
