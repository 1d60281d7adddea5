//===- BuiltinSpecs.cpp - the specs of optimizers/ -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Pipelines/BuiltinSpecs.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace optimc;
using llvm::StringRef;

llvm::ArrayRef<BuiltinSpec> optimc::getBuiltinSpecs() {
  static const llvm::ArrayRef<BuiltinSpec> specs = [] {
    // Sorted by name; the last entry ends the table.
    static const BuiltinSpec table[] = {
#include "BuiltinSpecs.inc"
        {StringRef(), StringRef()}};
    return llvm::ArrayRef<BuiltinSpec>(table).drop_back();
  }();
  return specs;
}

const BuiltinSpec *optimc::lookupBuiltinSpec(StringRef name) {
  for (const BuiltinSpec &spec : getBuiltinSpecs())
    if (spec.name == name)
      return &spec;
  return nullptr;
}

static std::string describeUnknown(StringRef spec) {
  std::string text =
      ("no built-in spec and no file is called '" + spec + "'").str();
  const BuiltinSpec *nearest = nullptr;
  unsigned best = 0;
  for (const BuiltinSpec &candidate : getBuiltinSpecs()) {
    unsigned distance = spec.edit_distance_insensitive(candidate.name);
    if (!nearest || distance < best) {
      nearest = &candidate;
      best = distance;
    }
  }
  if (nearest && best <= std::max<size_t>(1, spec.size() / 3))
    return text + "; did you mean '" + nearest->name.str() + "'?";
  text += "; built-in specs:";
  for (const BuiltinSpec &candidate : getBuiltinSpecs())
    text += " " + candidate.name.str();
  return text;
}

llvm::Expected<SpecText> optimc::readSpec(StringRef spec) {
  if (const BuiltinSpec *builtin = lookupBuiltinSpec(spec))
    return SpecText{builtin->name.str() + ".mlir", builtin->text.str()};
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(spec, /*IsText=*/true);
  if (!buffer) {
    if (buffer.getError() == std::errc::no_such_file_or_directory)
      return llvm::createStringError(describeUnknown(spec));
    return llvm::createStringError("cannot read '" + spec.str() +
                                   "': " + buffer.getError().message());
  }
  SpecText source{spec == "-" ? "<stdin>" : spec.str(),
                  (*buffer)->getBuffer().str()};
  if (llvm::Error error = checkNesting(source.name, source.text))
    return std::move(error);
  return source;
}

llvm::Error optimc::checkNesting(StringRef name, StringRef text) {
  // Bytecode begins with "ML\xefR" and is read without recursion.
  if (text.starts_with("ML\xefR"))
    return llvm::Error::success();
  constexpr int limit = 500;
  int depth = 0, line = 1;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    line += c == '\n';
    if (inString) {
      // Strings end at their line, whatever follows.
      i += c == '\\' && i + 1 < text.size() && text[i + 1] != '\n';
      inString = c != '"' && c != '\n';
    } else if (c == '/' && text.substr(i, 2) == "//") {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (c == '"') {
      inString = true;
    } else if (StringRef("([{<").contains(c)) {
      if (++depth > limit)
        return llvm::createStringError(
            "%s:%d: brackets are nested more than %d deep", name.str().c_str(),
            line, limit);
    } else if (StringRef(")]}>").contains(c)) {
      depth -= depth > 0;
    }
  }
  return llvm::Error::success();
}
