//===- Cuda.cpp - the driver under the runtime, for tests ----------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Cuda.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

using namespace optimc::test;

/// Before main: the runtime reads it when the first optimizer is made.
static const int simulate = setenv("OPTIMC_LIBCUDA", OPTIMC_TEST_LIBCUDA, 0);

void *Cuda::find(const char *symbol) {
  static void *library = dlopen(getenv("OPTIMC_LIBCUDA"), RTLD_NOW);
  void *found = library ? dlsym(library, symbol) : nullptr;
  if (!found && strncmp(symbol, "ptxsim", 6) != 0) {
    fprintf(stderr, "%s\n", dlerror());
    abort();
  }
  return found;
}

const Cuda &optimc::test::cu() {
  (void)simulate;
  static const Cuda driver;
  return driver;
}

void DeviceMemory::allocate(size_t bytes) {
  EXPECT_CU(cu().memAlloc(&address, bytes ? bytes : 4));
}

void DeviceMemory::upload(const void *from, size_t bytes) {
  if (bytes) {
    EXPECT_CU(cu().memcpyHtoD(address, from, bytes));
    // Streams that do not wait for the default one see it, too.
    EXPECT_CU(cu().ctxSynchronize());
  }
}

DeviceMemory::~DeviceMemory() {
  if (address)
    cu().memFree(address);
}

void CudaTest::SetUp() {
  if (cu().isSimulated())
    cu().reset();
  CUdevice device = 0;
  ASSERT_EQ(0, cu().init(0));
  ASSERT_EQ(0, cu().deviceGet(&device, 0));
  ASSERT_EQ(0, cu().primaryRetain(&context, device));
  ASSERT_EQ(0, cu().ctxSetCurrent(context));
}

void CudaTest::TearDown() {
  if (!cu().isSimulated()) {
    cu().primaryRelease(0);
    return;
  }
  // Nothing may be left of the runtime.
  ptxsim_cuda_objects live;
  cu().live(&live);
  EXPECT_EQ(0u, live.modules);
  EXPECT_EQ(0u, live.events);
  EXPECT_EQ(0u, live.device_allocations);
  EXPECT_EQ(0u, live.host_allocations);
  EXPECT_EQ(1u, live.primary_context_users);
  cu().ctxSetCurrent(nullptr);
  cu().reset();
}
