//===- PlainSignature.cpp - the arguments of NAME_step -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Conversion/PlainSignature.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace optimc;
using namespace optimc::optim;

static bool isIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

namespace {
/// Makes C and C++ identifiers of names, different from each other.
class Identifiers {
public:
  std::string make(StringRef name) {
    std::string text;
    for (char c : name)
      text += llvm::isAlnum(c) ? c : '_';
    if (!isIdentifier(text))
      text = "_" + text;
    if (isKeyword(text))
      text += '_';
    std::string candidate = text;
    for (unsigned i = 2; !taken.insert(candidate).second; ++i)
      candidate = text + "_" + std::to_string(i);
    return candidate;
  }

private:
  static bool isKeyword(StringRef text);
  llvm::StringSet<> taken;
};
} // namespace

/// Words of C11 or C++17 that a spec might use for a name.
bool Identifiers::isKeyword(StringRef text) {
  static const llvm::StringSet<> words = {
      "and",       "asm",    "auto",     "bool",     "break",    "case",
      "catch",     "char",   "class",    "const",    "continue", "default",
      "delete",    "do",     "double",   "else",     "enum",     "explicit",
      "export",    "extern", "false",    "float",    "for",      "friend",
      "goto",      "if",     "inline",   "int",      "long",     "mutable",
      "namespace", "new",    "not",      "operator", "or",       "private",
      "protected", "public", "register", "restrict", "return",   "short",
      "signed",    "sizeof", "static",   "struct",   "switch",   "template",
      "this",      "throw",  "true",     "try",      "typedef",  "typeid",
      "typename",  "union",  "unsigned", "using",    "virtual",  "void",
      "volatile",  "while",  "xor"};
  return words.contains(text);
}

PlainSignature PlainSignature::get(OptimizerOp op) {
  PlainSignature signature;
  Identifiers fields;
  for (unsigned i = 0, e = op.getHypers().size(); i != e; ++i)
    if (!op.getHyper(i).getFrozen())
      signature.hypers.push_back(
          {i, fields.make(op.getHyper(i).getName().getValue())});
  Identifiers names;
  for (StringRef own : {"hyper", "t", "n"})
    names.make(own);
  auto add = [&](PlainArgument::Kind kind, unsigned argument, StringRef name) {
    signature.arguments.push_back({kind, argument, names.make(name)});
    StorageAttr storage = op.getStorage(argument);
    if (storage.hasAux())
      signature.arguments.push_back(
          {PlainArgument::Aux, argument,
           names.make((name + (storage.isBlockScaled() ? "_exponent" : "_low"))
                          .str())});
  };
  add(PlainArgument::Param, 0, op.getParamName());
  add(PlainArgument::Grad, 1, op.getGradName());
  for (bool element : {true, false})
    for (unsigned i = 0, e = op.getStates().size(); i != e; ++i) {
      StateAttr state = op.getState(i);
      if (isKernelRate(state.getRate()) == element)
        add(element ? PlainArgument::ElementState : PlainArgument::ScalarState,
            op.getFirstState() + i, state.getName().getValue());
    }
  for (bool element : {true, false})
    for (unsigned i = 0, e = op.getInputs().size(); i != e; ++i) {
      InputAttr input = op.getInput(i);
      bool optional = !element && input.getInitial();
      if (isKernelRate(input.getRate()) == element && !optional)
        add(element ? PlainArgument::ElementInput : PlainArgument::ScalarInput,
            op.getFirstInput() + i, input.getName().getValue());
    }
  return signature;
}
