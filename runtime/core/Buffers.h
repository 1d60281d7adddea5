//===- Buffers.h - checks of the caller's memory ---------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_BUFFERS_H
#define OPTIMC_RUNTIME_CORE_BUFFERS_H

#include "core/Optimizer.h"

namespace optimc::rt {

/// Aligned for its elements, not wrapping around the address space, and in the
/// right memory. Null is for the caller to judge.
optimc_status checkBuffer(const Memory &memory, const void *data, int64_t count,
                          size_t elementSize, const char *stream,
                          const char *tensor, const Diag &diag);

/// The number of an interval that is the second array of stream 0; others
/// follow.
constexpr uint32_t auxStream = 64;

/// The bytes of a stream; empty for null.
Interval intervalOf(const void *data, int64_t bytes, uint32_t tensor,
                    uint32_t stream);

/// The complaint about two overlapping buffers. `newTensor` names the tensor
/// that is not in the optimizer yet.
optimc_status overlapError(const Optimizer &opt, const Interval &a,
                           const Interval &b, const char *newTensor,
                           const Diag &diag);

/// Every base in use is 64-byte aligned.
bool isAligned(const Tensor &tensor);

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_BUFFERS_H
