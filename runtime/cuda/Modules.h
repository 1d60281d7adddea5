//===- Modules.h - loaded PTX ----------------------------------*- C++ -* -===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CUDA_MODULES_H
#define OPTIMC_RUNTIME_CUDA_MODULES_H

#include "cuda/Driver.h"

namespace optimc::rt::cuda {

/// PTX in a context. All optimizers of a process that use a text in a context
/// share its module, as the driver takes long to compile it.
class Module {
public:
  Module() = default;
  ~Module() { reset(); }
  Module(const Module &) = delete;
  Module &operator=(const Module &) = delete;

  /// Loads `text`, which must stay; `what` it is goes into complaints: "the PTX
  /// of 'adamw' for sm_80". The context is current.
  optimc_status load(const Driver &driver, CUcontext context, const char *text,
                     const std::string &what, const Diag &diag);
  optimc_status find(const char *name, CUfunction &out, const Diag &diag) const;
  /// Gives it back; the context is current unless this is a forked child.
  void reset();

private:
  const Driver *cu = nullptr;
  CUmodule handle = nullptr;
  std::string what;
};

} // namespace optimc::rt::cuda

#endif // OPTIMC_RUNTIME_CUDA_MODULES_H
