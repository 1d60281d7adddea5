//===- Arrays.h - NumPy files -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TOOLS_OPTIMC_ARRAYS_H
#define OPTIMC_TOOLS_OPTIMC_ARRAYS_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace optimc::tool {

/// A dense row-major array. Float32 arrays hold their values exactly.
struct Array {
  std::string name;
  llvm::SmallVector<int64_t> shape;
  bool isFloat64 = false;
  std::vector<double> values;

  int64_t size() const { return static_cast<int64_t>(values.size()); }
};

/// Reads a .npy file (one array without a name) or a .npz archive. Accepted are
/// little-endian float32, float64, int32, int64 and bool, in C order. The file
/// is not trusted: every size is checked against the bytes that are there.
llvm::Expected<std::vector<Array>> readArrays(llvm::StringRef path);

/// Writes a .npz archive through a temporary file that replaces `path` when it
/// is complete.
llvm::Error writeArrays(llvm::StringRef path, const std::vector<Array> &arrays);

} // namespace optimc::tool

#endif // OPTIMC_TOOLS_OPTIMC_ARRAYS_H
