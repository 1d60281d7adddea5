//===- Buffers.h - buffers and arguments from the command line --*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_TOOLS_BUFFERS_H
#define PTXSIM_TOOLS_BUFFERS_H

#include "ptxsim/Device.h"
#include <string>
#include <vector>

namespace ptxsim::tool {

/// name=type[count]:contents, where contents are zeros, random, none, a number
/// or a .npy file.
struct BufferSpec {
  std::string name, type, contents;
  uint64_t count = 0;
};

Expected<BufferSpec> parseBuffer(const std::string &text);

/// Bytes of an element of f32, f64, f16, bf16, u8, s8, u16, ..., s64.
Expected<unsigned> elementBytes(const std::string &type);

/// The initial bytes; empty for "none". Random contents depend on the seed.
Expected<std::vector<uint8_t>> initialBytes(const BufferSpec &spec,
                                            uint64_t seed);

/// type:value as bytes: "f32:1.5", "u64:0x10".
Expected<std::vector<uint8_t>> parseScalar(const std::string &text);

/// One element for people.
std::string formatElement(const std::string &type, const uint8_t *bytes);

/// Writes a .npy file of one dimension (bf16 as u16).
Status writeNpy(const std::string &path, const BufferSpec &spec,
                const std::vector<uint8_t> &bytes);

} // namespace ptxsim::tool

#endif // PTXSIM_TOOLS_BUFFERS_H
