//===- Storage.h - storage formats, value by value -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// docs/Numerics.md, "Storage", written as arithmetic where that is possible: an
// implementation of its own, to compare the compiler's integer code with.
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_LIB_INTERPRETER_STORAGE_H
#define OPTIMC_LIB_INTERPRETER_STORAGE_H

#include "Values.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace optimc::interp {

/// What is in memory for a run of values from the tensor's start.
struct Stored {
  Array codes; ///< one per value
  Array aux;   ///< q8: an exponent per 256 values; split: a half per value
};

/// 16 random bits of an element.
using DrawBits = llvm::function_ref<uint32_t(size_t index)>;

/// `draw` is only asked by stochastic formats; null rounds them to nearest.
Stored encode(optim::StorageAttr storage, llvm::ArrayRef<Word> values,
              DrawBits draw);
Array decode(optim::StorageAttr storage, const Stored &stored);

/// The values as they come back from memory.
void roundToStorage(optim::StorageAttr storage, Array &values, DrawBits draw);

} // namespace optimc::interp

#endif // OPTIMC_LIB_INTERPRETER_STORAGE_H
