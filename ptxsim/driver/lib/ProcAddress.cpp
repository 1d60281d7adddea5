//===- ProcAddress.cpp - finding entry points by name and version ---------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include <dlfcn.h>
#include <string>
#include <string_view>

namespace ptxsim::cuda {

static const struct EntryPoint {
  std::string_view name;
  int since;
  const char *symbol;
  const char *perThreadSuffix;
} entryPoints[] = {
#define PTXSIM_CUDA_FUNCTION(name, since, symbol, perThread)                   \
  {#name, since, #symbol, perThread},
#include "Functions.def"
};

/// The address of an exported symbol of this library, whatever other libcuda
/// the process may have loaded.
static void *ownSymbol(const std::string &symbol) {
  static void *self = [] {
    Dl_info info = {};
    dladdr(entryPoints, &info);
    return dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  }();
  return self ? dlsym(self, symbol.c_str()) : nullptr;
}

static CUresult find(const char *name, void **address, int version,
                     uint64_t flags, CUdriverProcAddressQueryResult *status) {
  constexpr uint64_t perThread = CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
  if (!name || !address || flags > perThread)
    return CUDA_ERROR_INVALID_VALUE;
  *address = nullptr;
  bool known = false;
  const EntryPoint *best = nullptr;
  for (const EntryPoint &entry : entryPoints)
    if (entry.name == name) {
      known = true;
      if (entry.since <= version)
        best = &entry;
    }
  if (best)
    *address = ownSymbol(std::string(best->symbol) +
                         (flags == perThread ? best->perThreadSuffix : ""));
  if (status)
    *status = *address ? CU_GET_PROC_ADDRESS_SUCCESS
              : known  ? CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT
                       : CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
  // With a status the answer is there, and the call did not fail.
  return *address || status ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}

PTXSIM_CUDA_EXPORT cuGetProcAddress(const char *name, void **address,
                                    int version, uint64_t flags) {
  return enter(__func__, NeedsNothing, [&](const Call &) {
    return find(name, address, version, flags, nullptr);
  });
}

PTXSIM_CUDA_EXPORT
cuGetProcAddress_v2(const char *name, void **address, int version,
                    uint64_t flags, CUdriverProcAddressQueryResult *status) {
  return enter(__func__, NeedsNothing, [&](const Call &) {
    return find(name, address, version, flags, status);
  });
}

} // namespace ptxsim::cuda
