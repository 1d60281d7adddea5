//===- Checkpoint.h - pausing and resuming a run ----------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// A run's checkpoint is two files in a folder: NAME-stepN.safetensors, written
// by the runtime (weights, states, clocks), then NAME.json (the loop's state),
// which makes the checkpoint valid. A crash at any moment leaves the previous
// checkpoint or the new one.
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_CHECKPOINT_H
#define OPTIMC_TRAINER_CHECKPOINT_H

#include <string>
#include <utility>
#include <vector>

namespace optimc::trainer {

struct LoopState;
class Optimizer;

/// What must be equal for a run to be continued, by name.
using Fingerprint = std::vector<std::pair<std::string, std::string>>;

class CheckpointFiles {
public:
  CheckpointFiles(std::string folder, std::string name)
      : folder(std::move(folder)), name(std::move(name)) {}

  bool save(const Fingerprint &fingerprint, const LoopState &state,
            const Optimizer &optimizer, std::string &error) const;

  /// Whether there is a checkpoint of this run, valid or not.
  bool exist() const;

  enum class Found { Yes, No, Error };
  /// Restores the state and the optimizer (with it the model's weights). Found
  /// is No, and nothing changed, if there is no checkpoint of this run. `steps`
  /// is the length of the run.
  Found load(const Fingerprint &fingerprint, int64_t steps, LoopState &state,
             Optimizer &optimizer, std::string &error) const;

private:
  std::string statePath() const { return folder + "/" + name + ".json"; }
  std::string tensorPath(int64_t step) const {
    return folder + "/" + name + "-step" + std::to_string(step) +
           ".safetensors";
  }
  std::string folder, name;
};

/// Creates the folder if need be.
bool prepareFolder(const std::string &folder, std::string &error);

/// Writes a file whole or not at all: a private temporary file in the same
/// folder is synced and renamed.
bool writeFileAtomically(const std::string &path, const std::string &content,
                         std::string &error);

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_CHECKPOINT_H
