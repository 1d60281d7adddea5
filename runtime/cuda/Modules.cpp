//===- Modules.cpp - loaded PTX ----------------------------------------- -===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "cuda/Modules.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

using namespace optimc::rt;
using namespace optimc::rt::cuda;

namespace {
struct Loaded {
  CUcontext context;
  const char *text;
  CUmodule handle;
  unsigned users;
};

struct Cache {
  std::mutex mutex;
  std::vector<Loaded> modules;
};
} // namespace

static Cache &cache() {
  static Cache *shared = new Cache; // optimizers may outlive static objects
  return *shared;
}

optimc_status Module::load(const Driver &driver, CUcontext context,
                           const char *text, const std::string &name,
                           const Diag &diag) {
  cu = &driver;
  what = name;
  Cache &shared = cache();
  std::lock_guard<std::mutex> lock(shared.mutex);
  for (Loaded &loaded : shared.modules)
    if (loaded.context == context && loaded.text == text) {
      ++loaded.users;
      handle = loaded.handle;
      return OPTIMC_OK;
    }
  char log[600] = "";
  int options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, reinterpret_cast<void *>(sizeof log - 1)};
  CUmodule module = nullptr;
  if (CUresult error = cu->moduleLoadDataEx(&module, text, 2, options, values))
    return cu->fail(error, format("loading %s", what.c_str()).c_str(),
                    Diag(diag, *log ? format(" (%.590s)", log) : ""));
  handle = module;
  shared.modules.push_back({context, text, module, 1});
  return OPTIMC_OK;
}

optimc_status Module::find(const char *name, CUfunction &out,
                           const Diag &diag) const {
  if (CUresult error = cu->moduleGetFunction(&out, handle, name))
    return cu->fail(
        error,
        format("looking up kernel '%.200s' in %s", name, what.c_str()).c_str(),
        diag);
  return OPTIMC_OK;
}

void Module::reset() {
  if (!handle || cu->isForked())
    return;
  Cache &shared = cache();
  std::lock_guard<std::mutex> lock(shared.mutex);
  auto found = std::find_if(
      shared.modules.begin(), shared.modules.end(),
      [&](const Loaded &loaded) { return loaded.handle == handle; });
  if (found != shared.modules.end() && --found->users == 0) {
    cu->moduleUnload(handle);
    shared.modules.erase(found);
  }
  handle = nullptr;
}
