//===- DeviceHarness.h - an optimizer on a device --------------*- C++ -* -===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_TEST_CUDA_DEVICEHARNESS_H
#define OPTIMC_TEST_CUDA_DEVICEHARNESS_H

#include "../Runtime/Harness.h"
#include "Cuda.h"

namespace optimc::test {

/// The hand-written programs of the runtime's tests with PTX (Kernels.cu).
TestProgram makeDeviceSgd();
TestProgram makeDeviceLayerwise();
/// The PTX of both.
extern const char kernelsText[];

/// A tensor whose buffers are on the device.
struct DeviceTensor {
  std::vector<int64_t> shape;
  size_t count = 1;
  DeviceMemory param, grad, input;
  optimc_tensor id = ~0u;
};

/// As Harness, with the same numbers, on the device.
class DeviceHarness {
public:
  explicit DeviceHarness(const optimc_program *program, uint64_t seed = 0);
  ~DeviceHarness() { optimc_destroy(opt); }
  DeviceHarness(const DeviceHarness &) = delete;
  DeviceHarness &operator=(const DeviceHarness &) = delete;

  uint32_t group(const char *name);
  DeviceTensor &tensor(const char *name, std::vector<int64_t> shape,
                       uint32_t group = 0);
  void gradients(uint64_t call);
  void step() { EXPECT_OK(optimc_step(opt, err)); }
  void stepOf(std::vector<optimc_tensor> list);
  double scalar(const char *name, optimc_rate rate, uint32_t index);
  double output(const char *name, optimc_rate rate, uint32_t index);
  std::vector<float> state(optimc_tensor tensor, const char *name);
  std::vector<float> param(optimc_tensor tensor);

  optimc_optimizer *opt = nullptr;
  std::vector<std::unique_ptr<DeviceTensor>> tensors;
  bool hasGroup = false;
};

/// Parameters, element states and scalar states have the same bits.
void expectSame(Harness &host, DeviceHarness &device,
                const optimc_program *program);

optimc_options cudaOptions();

} // namespace optimc::test

#endif // OPTIMC_TEST_CUDA_DEVICEHARNESS_H
