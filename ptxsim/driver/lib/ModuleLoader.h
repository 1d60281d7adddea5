//===- ModuleLoader.h - from PTX text to a loaded module --------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_DRIVER_MODULELOADER_H
#define PTXSIM_DRIVER_MODULELOADER_H

#include "Driver.h"

namespace ptxsim::cuda {

/// Where a program wants the messages of the PTX compiler.
struct JitLog {
  char *errors = nullptr, *infos = nullptr;
  size_t errorBytes = 0, infoBytes = 0;
  /// The size options, which say afterwards how much was written.
  void **errorSize = nullptr, **infoSize = nullptr;
};

/// Reads the log options; all other options change nothing here.
CUresult readJitOptions(unsigned count, const CUjit_option *options,
                        void **values, JitLog &log);

CUresult loadImage(Driver &driver, const void *image, const JitLog &log,
                   LoadedModule *&module);

} // namespace ptxsim::cuda

#endif // PTXSIM_DRIVER_MODULELOADER_H
