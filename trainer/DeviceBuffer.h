//===- DeviceBuffer.h - floats on a CUDA device -----------------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TRAINER_DEVICEBUFFER_H
#define OPTIMC_TRAINER_DEVICEBUFFER_H

#include <cstdint>
#include <string>

namespace optimc::trainer {

/// Floats where optimizers on OPTIMC_DEVICE_CUDA want them: in the primary
/// context of device 0. Copies are ordered with the default stream. Every call
/// that fails returns false and describes why in `error`.
class DeviceBuffer {
public:
  DeviceBuffer() = default;
  ~DeviceBuffer();
  DeviceBuffer(const DeviceBuffer &) = delete;
  DeviceBuffer &operator=(const DeviceBuffer &) = delete;

  /// Once. The driver is found as by the runtime (OPTIMC_LIBCUDA).
  bool allocate(int64_t count, std::string &error);
  /// All elements, from or to host memory.
  bool upload(const float *from, std::string &error);
  bool download(float *to, std::string &error) const;
  /// A device address.
  float *data() const { return reinterpret_cast<float *>(address); }

private:
  uint64_t address = 0;
  size_t bytes = 0;
};

} // namespace optimc::trainer

#endif // OPTIMC_TRAINER_DEVICEBUFFER_H
