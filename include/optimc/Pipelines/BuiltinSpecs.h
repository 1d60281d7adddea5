//===- BuiltinSpecs.h - the specs of optimizers/ -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_PIPELINES_BUILTINSPECS_H
#define OPTIMC_PIPELINES_BUILTINSPECS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace optimc {

/// A file of optimizers/, which is part of the compiler.
struct BuiltinSpec {
  llvm::StringRef name; ///< "ademamix"
  llvm::StringRef text;
};

/// By name.
llvm::ArrayRef<BuiltinSpec> getBuiltinSpecs();
/// Null if there is none of that name.
const BuiltinSpec *lookupBuiltinSpec(llvm::StringRef name);

/// A spec's text and what messages call it.
struct SpecText {
  std::string name, text;
};
/// Finds a spec: a built-in name, a file, or `-` for standard input. The error
/// names what is like `spec`.
llvm::Expected<SpecText> readSpec(llvm::StringRef spec);

/// MLIR's parser recurses into brackets and overflows the stack on hostile
/// text; this refuses text that no spec needs. `name` is for the message.
llvm::Error checkNesting(llvm::StringRef name, llvm::StringRef text);

} // namespace optimc

#endif // OPTIMC_PIPELINES_BUILTINSPECS_H
