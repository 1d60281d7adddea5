//===- ModuleApi.cpp - modules and libraries ------------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Call.h"
#include "ModuleLoader.h"
#include <fstream>
#include <sstream>

namespace ptxsim::cuda {

static CUresult loadModule(const Call &call, CUmodule *result,
                           const void *image, const JitLog &log,
                           bool isLibrary) {
  if (!result || !image)
    return CUDA_ERROR_INVALID_VALUE;
  LoadedModule *module = nullptr;
  if (CUresult error = loadImage(call.driver, image, log, module))
    return error;
  auto loaded = std::make_unique<LoadedImage>();
  loaded->context = call.context->handle;
  loaded->module = module;
  loaded->isLibrary = isLibrary;
  *result = call.driver.modules.add(std::move(loaded));
  return CUDA_SUCCESS;
}

/// All work of the context is done first, as it may use the module.
static CUresult unloadModule(const Call &call, CUmodule handle,
                             bool isLibrary) {
  Driver &driver = call.driver;
  LoadedImage *image = driver.modules.find(handle);
  if (!image || image->isLibrary != isLibrary)
    return CUDA_ERROR_INVALID_HANDLE;
  for (const OperationRef &operation : driver.pendingOf(image->context))
    driver.queue.finish(operation, call.lock);
  image = driver.modules.find(handle);
  if (!image)
    return CUDA_ERROR_INVALID_HANDLE;
  driver.functions.eraseIf(
      [&](const Function &function) { return function.owner == handle; });
  (void)driver.device->unload(image->module);
  driver.modules.erase(handle);
  return CUDA_SUCCESS;
}

static CUresult findFunction(const Call &call, CUmodule handle,
                             const char *name, CUfunction *result) {
  LoadedImage *image = call.driver.modules.find(handle);
  if (!image)
    return CUDA_ERROR_INVALID_HANDLE;
  if (!name || !result || !*name)
    return CUDA_ERROR_INVALID_VALUE;
  const KernelInfo *kernel = image->module->module().findKernel(name);
  if (!kernel)
    return CUDA_ERROR_NOT_FOUND;
  CUfunction &known = image->functions[name];
  if (!known) {
    auto function = std::make_unique<Function>();
    function->owner = handle;
    function->module = image->module;
    function->kernel = kernel;
    if (kernel->staticSharedBytes < sharedBytesPerBlock)
      function->maxDynamicShared = static_cast<uint32_t>(
          sharedBytesPerBlock - kernel->staticSharedBytes);
    known = call.driver.functions.add(std::move(function));
  }
  *result = known;
  return CUDA_SUCCESS;
}

PTXSIM_CUDA_EXPORT cuModuleLoadDataEx(CUmodule *module, const void *image,
                                      unsigned count, CUjit_option *options,
                                      void **values) {
  return enter(__func__, NeedsContext | UnsafeInCapture, [&](const Call &call) {
    JitLog log;
    if (CUresult error = readJitOptions(count, options, values, log))
      return error;
    return loadModule(call, module, image, log, false);
  });
}

PTXSIM_CUDA_EXPORT cuModuleLoadData(CUmodule *module, const void *image) {
  return enter(__func__, NeedsContext | UnsafeInCapture, [&](const Call &call) {
    return loadModule(call, module, image, JitLog(), false);
  });
}

PTXSIM_CUDA_EXPORT cuModuleLoad(CUmodule *module, const char *path) {
  return enter(__func__, NeedsContext | UnsafeInCapture, [&](const Call &call) {
    if (!path)
      return CUDA_ERROR_INVALID_VALUE;
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    if (!file || !(text << file.rdbuf()))
      return CUDA_ERROR_FILE_NOT_FOUND;
    return loadModule(call, module, text.str().c_str(), JitLog(), false);
  });
}

PTXSIM_CUDA_EXPORT cuModuleUnload(CUmodule module) {
  return enter(
      __func__, NeedsContext | Releases | UnsafeInCapture,
      [&](const Call &call) { return unloadModule(call, module, false); });
}

PTXSIM_CUDA_EXPORT cuModuleGetFunction(CUfunction *function, CUmodule module,
                                       const char *name) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return findFunction(call, module, name, function);
  });
}

static CUresult findGlobal(const Call &call, CUmodule handle, const char *name,
                           CUdeviceptr *address, size_t *bytes) {
  LoadedImage *image = call.driver.modules.find(handle);
  if (!image)
    return CUDA_ERROR_INVALID_HANDLE;
  if (!name || (!address && !bytes))
    return CUDA_ERROR_INVALID_VALUE;
  Expected<AllocationInfo> variable = image->module->findVariable(name);
  if (!variable)
    return CUDA_ERROR_NOT_FOUND;
  if (address)
    *address = variable->address;
  if (bytes)
    *bytes = variable->size;
  return CUDA_SUCCESS;
}

PTXSIM_CUDA_EXPORT cuModuleGetGlobal_v2(CUdeviceptr *address, size_t *bytes,
                                        CUmodule module, const char *name) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return findGlobal(call, module, name, address, bytes);
  });
}

PTXSIM_CUDA_EXPORT cuModuleGetLoadingMode(int *mode) {
  return enter(__func__, NeedsInit, [&](const Call &) {
    if (!mode)
      return CUDA_ERROR_INVALID_VALUE;
    *mode = 1; // eager: a module is complete when it is loaded
    return CUDA_SUCCESS;
  });
}

// A library is a module without a context of its own; here it belongs to the
// context in which it was loaded, and a kernel is a function.

PTXSIM_CUDA_EXPORT cuLibraryLoadData(CUlibrary *library, const void *code,
                                     CUjit_option *options, void **values,
                                     unsigned count, const int *,
                                     const void *const *, unsigned) {
  return enter(__func__, NeedsContext | UnsafeInCapture, [&](const Call &call) {
    JitLog log;
    if (CUresult error = readJitOptions(count, options, values, log))
      return error;
    return loadModule(call, reinterpret_cast<CUmodule *>(library), code, log,
                      true);
  });
}

PTXSIM_CUDA_EXPORT cuLibraryUnload(CUlibrary library) {
  return enter(__func__, NeedsContext | Releases | UnsafeInCapture,
               [&](const Call &call) {
                 return unloadModule(call, reinterpret_cast<CUmodule>(library),
                                     true);
               });
}

PTXSIM_CUDA_EXPORT cuLibraryGetKernel(CUkernel *kernel, CUlibrary library,
                                      const char *name) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return findFunction(call, reinterpret_cast<CUmodule>(library), name,
                        reinterpret_cast<CUfunction *>(kernel));
  });
}

PTXSIM_CUDA_EXPORT cuLibraryGetGlobal(CUdeviceptr *address, size_t *bytes,
                                      CUlibrary library, const char *name) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    return findGlobal(call, reinterpret_cast<CUmodule>(library), name, address,
                      bytes);
  });
}

PTXSIM_CUDA_EXPORT cuLibraryGetModule(CUmodule *module, CUlibrary library) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    if (!module)
      return CUDA_ERROR_INVALID_VALUE;
    if (!call.driver.modules.find(reinterpret_cast<CUmodule>(library)))
      return CUDA_ERROR_INVALID_HANDLE;
    *module = reinterpret_cast<CUmodule>(library);
    return CUDA_SUCCESS;
  });
}

PTXSIM_CUDA_EXPORT cuKernelGetFunction(CUfunction *function, CUkernel kernel) {
  return enter(__func__, NeedsContext, [&](const Call &call) {
    if (!function)
      return CUDA_ERROR_INVALID_VALUE;
    if (!call.driver.functions.find(reinterpret_cast<CUfunction>(kernel)))
      return CUDA_ERROR_INVALID_HANDLE;
    *function = reinterpret_cast<CUfunction>(kernel);
    return CUDA_SUCCESS;
  });
}

} // namespace ptxsim::cuda
