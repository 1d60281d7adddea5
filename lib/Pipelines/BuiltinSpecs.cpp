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
  return SpecText{spec == "-" ? "<stdin>" : spec.str(),
                  (*buffer)->getBuffer().str()};
}
