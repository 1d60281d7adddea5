//===- Jit.h - programs in this process -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TARGET_JIT_H
#define OPTIMC_TARGET_JIT_H

#include "optimc-c/Program.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace llvm::orc {
class LLJIT;
}

namespace optimc {

/// An object that was linked into this process; its code and tables live as
/// long as this does.
class LoadedObject {
public:
  /// `object` is what emitObject wrote; it is copied.
  static llvm::Expected<std::unique_ptr<LoadedObject>>
  load(llvm::ArrayRef<char> object);
  ~LoadedObject();

  /// The address of an exported function.
  llvm::Expected<void *> lookup(llvm::StringRef name) const;
  /// The tables of program `name`.
  llvm::Expected<const optimc_program *> getProgram(llvm::StringRef name) const;

private:
  explicit LoadedObject(std::unique_ptr<llvm::orc::LLJIT> jit);
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace optimc

#endif // OPTIMC_TARGET_JIT_H
