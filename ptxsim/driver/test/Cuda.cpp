//===- Cuda.cpp - the library under test, and what tests share ------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>

namespace ptxsim::cuda {

void *librarySymbol(const char *name) {
  static void *library = dlopen(PTXSIM_CUDA_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  void *symbol = library ? dlsym(library, name) : nullptr;
  if (!symbol) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::abort();
  }
  return symbol;
}

const Cuda cu;

std::ostream &operator<<(std::ostream &stream, CUresult error) {
  const char *name = "an unknown error";
  cu.getErrorName(error, &name);
  return stream << name;
}

DriverTest::DriverTest() { cu.cuda_reset(); }

DriverTest::~DriverTest() {
  for (const std::string &name : settings)
    unsetenv(name.c_str());
  // Leave no context of the test behind.
  CUcontext old;
  while (cu.ctxPop(&old) == CUDA_SUCCESS)
    ;
  cu.cuda_reset();
}

void DriverTest::setting(const char *name, const char *value) {
  settings.push_back(name);
  setenv(name, value, 1);
  cu.cuda_reset();
}

void ContextTest::SetUp() {
  functions.clear();
  ASSERT_CU(cu.init(0));
  ASSERT_CU(cu.primaryRetain(&context, 0));
  ASSERT_CU(cu.ctxSetCurrent(context));
  ASSERT_CU(cu.moduleLoadData(&module, kernelText));
}

void ContextTest::TearDown() { cu.primaryReset(0); }

CUfunction ContextTest::function(const char *name) {
  // Looked up once: after a fault of the context there is no asking.
  CUfunction &known = functions[name];
  if (!known) {
    EXPECT_CU(cu.moduleGetFunction(&known, module, name));
  }
  return known;
}

CUdeviceptr ContextTest::upload(const std::vector<uint32_t> &values) {
  CUdeviceptr address = 0;
  EXPECT_CU(cu.memAlloc(&address, values.size() * sizeof(uint32_t)));
  EXPECT_CU(
      cu.memcpyHtoD(address, values.data(), values.size() * sizeof(uint32_t)));
  EXPECT_CU(cu.ctxSynchronize());
  return address;
}

std::vector<uint32_t> ContextTest::download(CUdeviceptr address, size_t count) {
  std::vector<uint32_t> values(count);
  EXPECT_CU(cu.ctxSynchronize());
  EXPECT_CU(cu.memcpyDtoH(values.data(), address, count * sizeof(uint32_t)));
  return values;
}

CUstream ContextTest::stream(unsigned flags) {
  CUstream result = nullptr;
  EXPECT_CU(cu.streamCreate(&result, flags));
  return result;
}

CUevent ContextTest::event(unsigned flags) {
  CUevent result = nullptr;
  EXPECT_CU(cu.eventCreate(&result, flags));
  return result;
}

CUresult ContextTest::affine(CUdeviceptr values, uint32_t factor,
                             uint32_t addend, uint32_t count, CUstream stream) {
  void *arguments[] = {&values, &factor, &addend, &count};
  return cu.launchKernel(function("affine"), (count + 63) / 64, 1, 1, 64, 1, 1,
                         0, stream, arguments, nullptr);
}

CUresult ContextTest::one(const char *kernel, CUdeviceptr argument,
                          CUstream stream) {
  void *arguments[] = {&argument};
  return cu.launchKernel(function(kernel), 1, 1, 1, 1, 1, 1, 0, stream,
                         arguments, nullptr);
}

} // namespace ptxsim::cuda
