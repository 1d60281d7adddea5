//===- Checkpoint.h - the names in a checkpoint ----------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Names of states, inputs and hyperparameters contain no '/', so that a name
// splits at its first two slashes whatever the tensors are called.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_CHECKPOINT_H
#define OPTIMC_RUNTIME_CORE_CHECKPOINT_H

#include "core/Optimizer.h"
#include "core/Safetensors.h"

namespace optimc::rt {

constexpr char checkpointVersion[] = "1";

inline std::string paramKey(const std::string &tensor) {
  return "param/" + tensor;
}
inline std::string stateKey(const char *state, const std::string &tensor) {
  return std::string("state/") + state + "/" + tensor;
}
/// Of a hyperparameter ("hyper"), input ("input") or scalar state ("scalar").
/// `owner` is a group or tensor; empty for the model, which owns no name.
/// The second array of a stream: "state/exp_avg.exponent/w", "param.low/w".
inline std::string auxKey(const std::string &streamKey, const Format &format) {
  size_t tensor = streamKey.find('/', streamKey[0] == 's' ? 6 : 0);
  return streamKey.substr(0, tensor) + "." + format.auxSuffix() +
         streamKey.substr(tensor);
}
inline std::string scalarKey(const char *kind, const char *name,
                             const std::string &owner) {
  std::string key = std::string(kind) + "/" + name;
  return owner.empty() ? key : key + "/" + owner;
}
/// Metadata: the format of a stream that is not float32.
inline std::string storageKey(const char *stream) {
  return std::string("storage/") + stream;
}
inline std::string layoutKey(const std::string &tensor) {
  return "tensor/" + tensor;
}

/// The bytes of a tensor in a file, and where they are.
struct FileBytes {
  const void *data;
  Memory *memory;
};

/// Writes a file of `tensors`, whose offsets follow from their sizes, with
/// their `data`.
optimc_status writeCheckpoint(
    const char *path,
    const std::vector<std::pair<std::string, std::string>> &metadata,
    std::vector<FileTensor> tensors, std::vector<FileBytes> data,
    const Diag &diag);

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_CHECKPOINT_H
