//===- ProgramArrays.h - the arrays of a compiled program -------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef OPTIMC_TOOLS_OPTIMC_PROGRAMARRAYS_H
#define OPTIMC_TOOLS_OPTIMC_PROGRAMARRAYS_H

#include "optimc-c/Runtime.h"

namespace optimc::tool {

/// Element `i` of one of the program's arrays, whose stride is part of it.
template <typename ArrayT>
const auto &at(const ArrayT &array, uint32_t i) {
  auto *bytes = reinterpret_cast<const char *>(array.data);
  return *reinterpret_cast<decltype(array.data)>(bytes +
                                                 size_t(i) * array.elem_size);
}

/// The optimc_dtype of parameters and gradients with this optimc_storage.
inline uint32_t getDtype(uint32_t storage) {
  if (storage == OPTIMC_STORAGE_F32)
    return OPTIMC_DTYPE_F32;
  return storage == OPTIMC_STORAGE_F16 ? OPTIMC_DTYPE_F16 : OPTIMC_DTYPE_BF16;
}

/// The optimc_dtype of the stream with this role.
inline uint32_t getDtype(const optimc_program &program, uint32_t role) {
  const uint32_t *storage = program.entries.data->plans.data->storage;
  for (uint32_t i = 0; i != program.streams.count; ++i)
    if (at(program.streams, i).role == role)
      return getDtype(storage[i]);
  return OPTIMC_DTYPE_F32;
}

} // namespace optimc::tool

#endif // OPTIMC_TOOLS_OPTIMC_PROGRAMARRAYS_H
