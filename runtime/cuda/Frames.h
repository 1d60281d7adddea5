//===- Frames.h - scalars in device memory ----------------------*- C++ -*
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CUDA_FRAMES_H
#define OPTIMC_RUNTIME_CUDA_FRAMES_H

#include "core/Optimizer.h"
#include "optimc-c/Gpu.h"

namespace optimc::rt::cuda {

/// Where the scalars of an optimizer are on the device, in one piece of memory:
/// the model first, then the clocks, then the tensors where they have values of
/// their own. Nothing here talks to the device.
class Frames {
public:
  /// Lays out anew for the optimizer's clocks and tensors, and numbers the
  /// clocks.
  void layOut(Optimizer &opt);
  /// What to copy to [0, image.size()) when the memory is at `base`; the rest,
  /// up to size(), is zero at first.
  std::vector<char> image(const Optimizer &opt) const;
  /// Hyperparameters and inputs: params() of them from paramsAt() on.
  std::vector<double> params(const Optimizer &opt) const;
  /// The address that steps read a bound scalar at.
  uint64_t boundPlace(const Optimizer &opt, const BoundScalar &scalar) const;
  /// The row of the instance table for a tensor that has values of its own.
  optimc_gpu_instance tensorRow(const Optimizer &opt, uint32_t tensor) const;

  // From [states][outputs] as the device has them, and from [next][values].
  void readStates(Optimizer &opt, const char *bytes) const;
  void readNext(Optimizer &opt, const char *bytes) const;

  uint32_t instanceOf(const Optimizer &opt, const Tensor &tensor,
                      uint32_t index) const {
    return opt.program.tensorFrames ? firstTensor + index
                                    : firstClock + tensor.clock->number;
  }
  uint32_t clock(uint32_t number) const { return firstClock + number; }
  uint32_t size() const { return nInstances; }

  // Addresses.
  uint64_t row(uint32_t instance) const {
    return base + instances + instance * sizeof(optimc_gpu_instance);
  }
  uint64_t state(uint32_t instance) const {
    return base + states + stateIndex(instance) * sizeof(double);
  }
  uint64_t value(uint32_t instance, uint32_t slot) const {
    return base + values + (size_t(instance) * nValues + slot) * sizeof(double);
  }
  uint64_t scalarsOf(uint32_t instance) const {
    return base + scalars + size_t(instance) * scalarBytes;
  }
  uint64_t predicatesOf(uint32_t instance) const {
    return base + predicates + instance * sizeof(uint64_t);
  }
  /// Results of reductions exist for all tensors.
  uint64_t reducedOf(uint32_t owner, uint32_t reduction) const {
    return base + reduced +
           (size_t(owner) * nReductions + reduction) * sizeof(double);
  }
  uint32_t reducedTensor(uint32_t tensor) const { return firstTensor + tensor; }

  uint64_t base = 0;
  // Offsets, in this order.
  size_t instances = 0, parameters = 0, states = 0, outputs = 0, next = 0,
         values = 0, scalars = 0, predicates = 0, reduced = 0, bytes = 0;
  uint32_t nClocks = 0, firstClock = 1, firstTensor = 1;
  size_t nParams = 0, stateBytes = 0, valueBytes = 0, outputBytes = 0;

private:
  size_t stateIndex(uint32_t instance) const;
  uint64_t paramAt(size_t index) const {
    return base + parameters + index * sizeof(double);
  }
  size_t groupParams(const Optimizer &opt, uint32_t group) const;
  size_t inputsAt(const Optimizer &opt, uint32_t rate, uint32_t owner) const;
  optimc_gpu_instance makeRow(uint32_t instance, uint32_t reducedOwner) const;
  template <typename F>
  void forInstances(Optimizer &opt, F f) const;

  uint32_t nInstances = 0, nValues = 0, nReductions = 0;
  size_t scalarBytes = 0;
  uint32_t nStates[OPTIMC_RATE_TENSOR + 1] = {};
};

} // namespace optimc::rt::cuda

#endif // OPTIMC_RUNTIME_CUDA_FRAMES_H
