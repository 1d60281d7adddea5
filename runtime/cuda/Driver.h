//===- Driver.h - the CUDA driver, found at run time --------*- C++ -* -===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef OPTIMC_RUNTIME_CUDA_DRIVER_H
#define OPTIMC_RUNTIME_CUDA_DRIVER_H

#include "core/Error.h"
#include "cuda/CudaTypes.h"

namespace optimc::rt::cuda {

/// The functions of libcuda: loaded when first asked for, once per process, and
/// initialised.
struct Driver {
#define OPTIMC_CUDA_FUNCTION(name, symbol, ...)                                \
  CUresult (*name)(__VA_ARGS__) = nullptr;
#include "cuda/Functions.def"

  std::string library; // its file
  int version = 0;     // 12040 for CUDA 12.4
  int process = 0;     // that initialised it

  /// The driver, which must work in this process: a forked child cannot use
  /// what its parent has initialised.
  static optimc_status get(const Driver *&out, const Diag &diag);
  bool isForked() const;
  optimc_status checkFork(const Diag &diag) const;

  /// "CUDA_ERROR_OUT_OF_MEMORY (2): out of memory"
  std::string describe(CUresult error) const;
  /// Reports a failed call; `doing` says what it was for: "copying to the
  /// device".
  optimc_status fail(CUresult error, const char *doing, const Diag &diag) const;
};

/// Makes a context current for a scope.
class CurrentContext {
public:
  explicit CurrentContext(const Driver &cu) : cu(cu) {}
  ~CurrentContext() {
    CUcontext old;
    if (isPushed)
      cu.ctxPopCurrent(&old);
  }
  CurrentContext(const CurrentContext &) = delete;
  CurrentContext &operator=(const CurrentContext &) = delete;

  optimc_status enter(CUcontext context, const Diag &diag) {
    if (optimc_status s = cu.checkFork(diag))
      return s;
    if (CUresult error = cu.ctxPushCurrent(context))
      return cu.fail(error, "using the optimizer's CUDA context", diag);
    isPushed = true;
    return OPTIMC_OK;
  }

private:
  const Driver &cu;
  bool isPushed = false;
};

} // namespace optimc::rt::cuda

#endif // OPTIMC_RUNTIME_CUDA_DRIVER_H
