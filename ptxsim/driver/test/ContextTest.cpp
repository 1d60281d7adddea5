//===- ContextTest.cpp - contexts and modules -----------------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"
#include <fstream>
#include <thread>

namespace ptxsim::cuda {
namespace {

TEST_F(DriverTest, ContextStack) {
  ASSERT_CU(cu.init(0));
  CUcontext a, b, current;
  CUdevice device;
  EXPECT_EQ(cu.ctxGetDevice(&device), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_CU(cu.ctxGetCurrent(&current));
  EXPECT_EQ(current, nullptr);
  ASSERT_CU(cu.ctxCreate(&a, nullptr, 0, 0));
  ASSERT_CU(cu.ctxCreateV2(&b, 8, 0));
  EXPECT_CU(cu.ctxGetCurrent(&current));
  EXPECT_EQ(current, b);
  unsigned flags = 0;
  EXPECT_CU(cu.ctxGetFlags(&flags));
  EXPECT_EQ(flags, 8u);
  EXPECT_CU(cu.ctxGetDevice(&device));
  EXPECT_EQ(device, 0);
  EXPECT_CU(cu.ctxPop(&current));
  EXPECT_EQ(current, b);
  EXPECT_CU(cu.ctxPush(b));
  EXPECT_CU(cu.ctxSetCurrent(a));
  EXPECT_CU(cu.ctxPop(&current));
  EXPECT_EQ(current, a);
  EXPECT_CU(cu.ctxPop(nullptr));
  EXPECT_EQ(cu.ctxPop(&current), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cu.ctxPush(nullptr), CUDA_ERROR_INVALID_CONTEXT);
  unsigned long long idA, idB;
  EXPECT_CU(cu.ctxGetId(a, &idA));
  EXPECT_CU(cu.ctxGetId(b, &idB));
  EXPECT_NE(idA, idB);
  unsigned version = 0;
  EXPECT_CU(cu.ctxGetApiVersion(a, &version));
  EXPECT_EQ(version, 3020u);
  EXPECT_CU(cu.ctxDestroy(a));
  EXPECT_EQ(cu.ctxDestroy(a), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_EQ(cu.ctxSetCurrent(a), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_CU(cu.ctxDestroy(b));
  EXPECT_EQ(cu.ctxCreate(&a, nullptr, 1 << 20, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.ctxCreate(&a, nullptr, 0, 1), CUDA_ERROR_INVALID_DEVICE);
  CUctxCreateParams affinity = {nullptr, 1, nullptr};
  EXPECT_EQ(cu.ctxCreate(&a, &affinity, 0, 0), CUDA_ERROR_NOT_SUPPORTED);
}

TEST_F(DriverTest, DestroyedWhileCurrentElsewhere) {
  ASSERT_CU(cu.init(0));
  CUcontext context;
  ASSERT_CU(cu.ctxCreate(&context, nullptr, 0, 0));
  std::thread([&] { EXPECT_CU(cu.ctxDestroy(context)); }).join();
  CUdeviceptr address;
  EXPECT_EQ(cu.memAlloc(&address, 4), CUDA_ERROR_CONTEXT_IS_DESTROYED);
  EXPECT_EQ(cu.ctxSynchronize(), CUDA_ERROR_CONTEXT_IS_DESTROYED);
}

TEST_F(DriverTest, PrimaryContext) {
  ASSERT_CU(cu.init(0));
  unsigned flags;
  int active;
  CUcontext first, second;
  EXPECT_CU(cu.primaryGetState(0, &flags, &active));
  EXPECT_EQ(active, 0);
  EXPECT_EQ(cu.primaryRelease(0), CUDA_ERROR_INVALID_CONTEXT);
  EXPECT_CU(cu.primarySetFlags(0, 4));
  EXPECT_CU(cu.primaryRetain(&first, 0));
  EXPECT_CU(cu.primaryRetain(&second, 0));
  EXPECT_EQ(first, second);
  EXPECT_CU(cu.primaryGetState(0, &flags, &active));
  EXPECT_EQ(active, 1);
  EXPECT_EQ(flags, 4u);
  EXPECT_EQ(cu.ctxDestroy(first), CUDA_ERROR_INVALID_CONTEXT);
  ptxsim_cuda_objects live;
  cu.cuda_live(&live);
  EXPECT_EQ(live.primary_context_users, 2u);
  EXPECT_EQ(live.contexts, 0u);
  EXPECT_EQ(live.streams, 0u);
  EXPECT_CU(cu.primaryRelease(0));
  EXPECT_CU(cu.ctxSetCurrent(first)); // one user is left
  CUdeviceptr address;
  EXPECT_CU(cu.memAlloc(&address, 64));
  EXPECT_CU(cu.primaryRelease(0));
  cu.cuda_live(&live); // all that it owned is gone
  EXPECT_EQ(live.device_allocations, 0u);
  EXPECT_EQ(cu.memFree(address), CUDA_ERROR_CONTEXT_IS_DESTROYED);
  EXPECT_EQ(cu.primaryRetain(nullptr, 0), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.primaryRetain(&first, 1), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(cu.primarySetFlags(0, 1 << 20), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(ContextTest, ContextsAreSeparate) {
  CUdeviceptr address = upload({1, 2, 3});
  CUstream mine = stream();
  CUcontext other;
  ASSERT_CU(cu.ctxCreate(&other, nullptr, 0, 0));
  EXPECT_EQ(cu.streamSynchronize(mine), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.memsetD8Async(address, 0, 4, mine), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_CU(cu.ctxDestroy(other));
  EXPECT_EQ(download(address, 3), (std::vector<uint32_t>{1, 2, 3}));
}

TEST_F(ContextTest, Modules) {
  CUfunction affine = function("affine"), unknown;
  EXPECT_EQ(affine, function("affine"));
  EXPECT_EQ(cu.moduleGetFunction(&unknown, module, "nothing"),
            CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(cu.moduleGetFunction(&unknown, module, nullptr),
            CUDA_ERROR_INVALID_VALUE);
  const char *name = nullptr;
  EXPECT_CU(cu.funcGetName(&name, affine));
  EXPECT_STREQ(name, "affine");
  CUmodule owner = nullptr;
  EXPECT_CU(cu.funcGetModule(&owner, affine));
  EXPECT_EQ(owner, module);
  CUdeviceptr address = 0;
  size_t bytes = 0;
  EXPECT_CU(cu.moduleGetGlobal(&address, &bytes, module, "total"));
  EXPECT_EQ(bytes, 4u);
  EXPECT_EQ(download(address, 1), std::vector<uint32_t>{5});
  EXPECT_CU(cu.moduleGetGlobal(&address, &bytes, module, "table"));
  EXPECT_EQ(bytes, 12u);
  EXPECT_EQ(download(address, 3), (std::vector<uint32_t>{1, 2, 3}));
  EXPECT_EQ(cu.moduleGetGlobal(&address, &bytes, module, "nothing"),
            CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(cu.moduleGetGlobal(nullptr, nullptr, module, "total"),
            CUDA_ERROR_INVALID_VALUE);
  int mode = 0;
  EXPECT_CU(cu.moduleGetLoadingMode(&mode));
  EXPECT_CU(cu.moduleUnload(module));
  EXPECT_EQ(cu.moduleUnload(module), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.moduleGetFunction(&unknown, module, "affine"),
            CUDA_ERROR_INVALID_HANDLE);
  EXPECT_EQ(cu.funcGetName(&name, affine), CUDA_ERROR_INVALID_HANDLE);
}

TEST_F(ContextTest, UnloadingWaitsForLaunches) {
  CUdeviceptr values = upload({1, 2});
  ASSERT_CU(affine(values, 2, 1, 2, stream()));
  EXPECT_CU(cu.moduleUnload(module));
  EXPECT_EQ(download(values, 2), (std::vector<uint32_t>{3, 5}));
}

TEST_F(ContextTest, ModuleFromFile) {
  std::string path = ::testing::TempDir() + "ptxsim-module.ptx";
  std::ofstream(path) << kernelText;
  CUmodule loaded;
  EXPECT_CU(cu.moduleLoad(&loaded, path.c_str()));
  EXPECT_CU(cu.moduleUnload(loaded));
  std::remove(path.c_str());
  EXPECT_EQ(cu.moduleLoad(&loaded, path.c_str()), CUDA_ERROR_FILE_NOT_FOUND);
}

TEST_F(ContextTest, Libraries) {
  CUlibrary library;
  CUkernel kernel;
  CUfunction affine;
  CUmodule inner;
  CUdeviceptr address;
  size_t bytes;
  ASSERT_CU(cu.libraryLoadData(&library, kernelText, nullptr, nullptr, 0,
                               nullptr, nullptr, 0));
  ptxsim_cuda_objects live;
  cu.cuda_live(&live);
  EXPECT_EQ(live.libraries, 1u);
  EXPECT_EQ(live.modules, 1u);
  EXPECT_CU(cu.libraryGetKernel(&kernel, library, "affine"));
  EXPECT_EQ(cu.libraryGetKernel(&kernel, library, "no"), CUDA_ERROR_NOT_FOUND);
  EXPECT_CU(cu.kernelGetFunction(&affine, kernel));
  EXPECT_CU(cu.libraryGetModule(&inner, library));
  EXPECT_CU(cu.libraryGetGlobal(&address, &bytes, library, "total"));
  EXPECT_EQ(cu.moduleUnload(inner), CUDA_ERROR_INVALID_HANDLE);
  EXPECT_CU(cu.libraryUnload(library));
  EXPECT_EQ(cu.libraryUnload(library), CUDA_ERROR_INVALID_HANDLE);
}

/// Loads text and returns the error; the log must hold `message`.
CUresult loadError(const std::string &text, std::string &message) {
  char log[256] = "untouched", infos[8] = "x";
  CUjit_option options[] = {
      CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
      CU_JIT_INFO_LOG_BUFFER, CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log)), infos,
                    reinterpret_cast<void *>(sizeof(infos))};
  CUmodule module;
  CUresult result =
      cu.moduleLoadDataEx(&module, text.c_str(), 4, options, values);
  message = log;
  EXPECT_EQ(reinterpret_cast<uintptr_t>(values[1]), message.size());
  return result;
}

TEST_F(ContextTest, WrongModules) {
  std::string message;
  EXPECT_EQ(loadError("", message), CUDA_ERROR_INVALID_IMAGE);
  EXPECT_EQ(message, "the module image is empty; PTX text is needed");
  EXPECT_EQ(loadError("\x7f"
                      "ELF...",
                      message),
            CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_EQ(message,
            "the module image is machine code; the simulator runs PTX text");
  EXPECT_EQ(
      loadError("// .version 1.0\n  .version 12.3\n.target sm_200\n", message),
      CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
  EXPECT_EQ(message, "PTX version 12.3 is not supported; the newest is 9.0");
  const std::string head = ".version 8.0\n.target ";
  EXPECT_EQ(loadError(head + "sm_90\n.address_size 64\n", message),
            CUDA_ERROR_NO_BINARY_FOR_GPU);
  EXPECT_EQ(message, "the module is for sm_90, the device is sm_80 "
                     "(PTXSIM_CUDA_ARCH chooses another one)");
  EXPECT_EQ(loadError(head + "sm_80\n.address_size 64\n"
                             ".visible .entry k() { frob.b32 %r1; }\n",
                      message),
            CUDA_ERROR_INVALID_PTX);
  EXPECT_EQ(message.substr(0, 9), "ptxsim 4:") << message;
  EXPECT_EQ(message, cu.cuda_last_fault());
  CUmodule loaded;
  EXPECT_EQ(cu.moduleLoadData(&loaded, nullptr), CUDA_ERROR_INVALID_VALUE);
  CUjit_option wrong[] = {CUjit_option(77)};
  void *values[] = {nullptr};
  EXPECT_EQ(cu.moduleLoadDataEx(&loaded, kernelText, 1, wrong, values),
            CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.moduleLoadDataEx(&loaded, kernelText, 1, nullptr, nullptr),
            CUDA_ERROR_INVALID_VALUE);
}

TEST_F(ContextTest, LogIsCutToItsBuffer) {
  char log[10] = "";
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER,
                            CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log))};
  CUmodule loaded;
  EXPECT_EQ(cu.moduleLoadDataEx(&loaded, "", 2, options, values),
            CUDA_ERROR_INVALID_IMAGE);
  EXPECT_STREQ(log, "the modul");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(values[1]), 9u);
}

} // namespace
} // namespace ptxsim::cuda
