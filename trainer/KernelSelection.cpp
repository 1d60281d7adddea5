//===- KernelSelection.cpp - which instruction set to run -------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Model.h"

namespace optimc::trainer {

namespace baseline {
extern const ModelKernels modelKernels;
}
#ifdef OPTIMC_TRAINER_X86_VERSIONS
namespace x86_64_v3 {
extern const ModelKernels modelKernels;
}
namespace x86_64_v4 {
extern const ModelKernels modelKernels;
}
#endif

const std::vector<const ModelKernels *> &availableKernels() {
  static const std::vector<const ModelKernels *> kernels = [] {
    std::vector<const ModelKernels *> found;
#ifdef OPTIMC_TRAINER_X86_VERSIONS
    if (__builtin_cpu_supports("x86-64-v4"))
      found.push_back(&x86_64_v4::modelKernels);
    if (__builtin_cpu_supports("x86-64-v3"))
      found.push_back(&x86_64_v3::modelKernels);
#endif
    found.push_back(&baseline::modelKernels);
    return found;
  }();
  return kernels;
}

} // namespace optimc::trainer
