//===- Device.h - running steps on a device --------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CORE_DEVICE_H
#define OPTIMC_RUNTIME_CORE_DEVICE_H

#include "core/Memory.h"
#include "optimc-c/Runtime.h"

#include <memory>

namespace optimc::rt {

class Program;

/// A device has the buffers, and between steps also the true scalar states: the
/// host's are a copy that `pull` brings up to date and `changed` declares to be
/// the true ones again.
class Device : public Memory {
public:
  bool isHost() const final { return false; }
  virtual const char *name() const = 0;
  virtual uint32_t sm() const = 0;
  virtual optimc_status setStream(void *stream, const Diag &diag) = 0;

  /// Brings scalar states, outputs and bound scalars to the host.
  virtual optimc_status pull(optimc_optimizer &opt, const Diag &diag) = 0;
  /// The host has changed scalar states, or has made or dropped clocks or
  /// tensors; it has pulled before.
  virtual void changed() = 0;
  /// Brings what has changed to the device now if graphs may read it there;
  /// otherwise the next step does.
  virtual optimc_status publish(optimc_optimizer &opt, const Diag &diag) = 0;
  /// All that a failed step may have left half done has been replaced.
  virtual void recover() = 0;

  /// Evaluates the scalars of the first stage. `whole`: all tensors will run,
  /// and what that needs is prepared.
  virtual optimc_status begin(optimc_optimizer &opt, uint32_t entry, bool whole,
                              const Diag &diag) = 0;
  /// Runs the stages [from, to) of the listed tensors. `whole`: that is all of
  /// them.
  virtual optimc_status run(optimc_optimizer &opt, const uint32_t *tensors,
                            size_t n, bool whole, uint32_t from, uint32_t to,
                            const Diag &diag) = 0;
  /// Makes the next states of all the states; `end` of a whole step.
  virtual optimc_status commit(optimc_optimizer &opt, const Diag &diag) = 0;
  /// Brings next states and the frames to the host, which then commits.
  virtual optimc_status fetchNext(optimc_optimizer &opt, const Diag &diag) = 0;
};

/// The current CUDA context or the primary one of device 0.
optimc_status openCuda(const Program &program, std::unique_ptr<Device> &out,
                       const Diag &diag);

} // namespace optimc::rt

#endif // OPTIMC_RUNTIME_CORE_DEVICE_H
