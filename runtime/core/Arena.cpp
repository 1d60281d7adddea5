//===- Arena.cpp - memory of small tensors --------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Arena.h"

#include <algorithm>

using namespace optimc::rt;

/// Slabs double up to what gets huge pages: small optimizers stay small.
static constexpr size_t maxSlab = size_t(4) << 20;

optimc_status Arena::allocate(int64_t bytes, const std::string &what,
                              void *&out, const Diag &diag) {
  constexpr size_t line = 64;
  size_t size = (std::max<size_t>(bytes, 1) + line - 1) / line * line;
  if (size > left) {
    void *slab;
    if (optimc_status s = hostMemory().allocate(slabBytes, what, slab, diag))
      return s;
    slabs.emplace_back(slab);
    at = static_cast<char *>(slab);
    left = slabBytes;
    slabBytes = std::min(2 * slabBytes, maxSlab);
  }
  out = at;
  at += size;
  left -= size;
  return OPTIMC_OK;
}

void Arena::rewind(const Mark &mark) {
  slabs.resize(mark.nSlabs);
  at = mark.at;
  left = mark.left;
}
