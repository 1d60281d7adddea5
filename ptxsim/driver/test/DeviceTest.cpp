//===- DeviceTest.cpp - initialisation, devices and settings --------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Cuda.h"
#include <sys/wait.h>
#include <unistd.h>

namespace ptxsim::cuda {
namespace {

int attribute(CUdevice_attribute name) {
  int value = -1;
  EXPECT_CU(cu.deviceGetAttribute(&value, name, 0));
  return value;
}

TEST_F(DriverTest, NeedsInitialisation) {
  int number;
  CUcontext context;
  EXPECT_EQ(cu.deviceGetCount(&number), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(cu.primaryRetain(&context, 0), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_EQ(cu.ctxSynchronize(), CUDA_ERROR_NOT_INITIALIZED);
  EXPECT_CU(cu.driverGetVersion(&number)); // works before
  EXPECT_EQ(number, 13000);
  EXPECT_EQ(cu.init(1), CUDA_ERROR_INVALID_VALUE);
  EXPECT_CU(cu.init(0));
  EXPECT_CU(cu.init(0));
  EXPECT_CU(cu.deviceGetCount(&number));
  EXPECT_EQ(number, 1);
  EXPECT_EQ(cu.driverGetVersion(nullptr), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.deviceGetCount(nullptr), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(DriverTest, DeviceProperties) {
  ASSERT_CU(cu.init(0));
  CUdevice device = -1;
  EXPECT_EQ(cu.deviceGet(&device, 1), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_EQ(cu.deviceGet(&device, -1), CUDA_ERROR_INVALID_DEVICE);
  EXPECT_CU(cu.deviceGet(&device, 0));
  char name[64] = "";
  EXPECT_CU(cu.deviceGetName(name, sizeof(name), device));
  EXPECT_STREQ(name, "PTX simulator, sm_80");
  EXPECT_CU(cu.deviceGetName(name, 4, device));
  EXPECT_STREQ(name, "PTX");
  EXPECT_EQ(cu.deviceGetName(name, 0, device), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(cu.deviceGetName(name, 4, 3), CUDA_ERROR_INVALID_DEVICE);
  size_t bytes = 0;
  EXPECT_CU(cu.deviceTotalMem(&bytes, device));
  EXPECT_EQ(bytes, uint64_t(40) << 30);
  CUuuid uuid;
  EXPECT_CU(cu.deviceGetUuid(&uuid, device));
  EXPECT_EQ(std::string(uuid.bytes), "ptxsim");
  CUmemoryPool pool = nullptr;
  EXPECT_CU(cu.deviceGetDefaultMemPool(&pool, device));
  EXPECT_NE(pool, nullptr);
  EXPECT_EQ(attribute(CU_DEVICE_ATTRIBUTE_WARP_SIZE), 32);
  EXPECT_EQ(attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT), 108);
  EXPECT_EQ(attribute(CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING), 1);
  EXPECT_EQ(attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
            163 << 10);
  int value;
  EXPECT_EQ(cu.deviceGetAttribute(&value, CUdevice_attribute(9999), 0),
            CUDA_ERROR_INVALID_VALUE);
}

TEST_F(DriverTest, Architectures) {
  for (int smVersion : {80, 90, 100}) {
    setting("PTXSIM_CUDA_ARCH", ("sm_" + std::to_string(smVersion)).c_str());
    ASSERT_CU(cu.init(0));
    int major, minor;
    EXPECT_CU(cu.deviceComputeCapability(&major, &minor, 0));
    EXPECT_EQ(10 * major + minor, smVersion);
    EXPECT_EQ(attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR), major);
    EXPECT_EQ(attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR), minor);
  }
}

TEST_F(DriverTest, WrongSettings) {
  const struct {
    const char *name, *value, *message;
  } cases[] = {
      {"PTXSIM_CUDA_ARCH", "sm_42",
       "PTXSIM_CUDA_ARCH=sm_42 is not valid: give sm_80, sm_90 or sm_100"},
      {"PTXSIM_CUDA_SEED", "-1",
       "PTXSIM_CUDA_SEED=-1 is not valid: give a number below 2^64"},
      {"PTXSIM_CUDA_CHECKS", "bounds,rases",
       "PTXSIM_CUDA_CHECKS=bounds,rases is not valid: give all, none, or a "
       "list of bounds, alignment, registers, memory, races and barriers, each "
       "perhaps after '-'"},
      {"PTXSIM_CUDA_BUDGET", "0",
       "PTXSIM_CUDA_BUDGET=0 is not valid: give the largest number of "
       "instructions of one launch"},
      {"PTXSIM_CUDA_ASYNC", "maybe",
       "PTXSIM_CUDA_ASYNC=maybe is not valid: give deferred or eager"},
      {"PTXSIM_CUDA_FAIL", "cuMemAlloc=2",
       "PTXSIM_CUDA_FAIL=cuMemAlloc=2: 'cuMemAlloc=2' is not valid: give "
       "CALL=ERROR or FUNCTION#CALL=ERROR, calls counted from 1, errors by "
       "number or name"}};
  for (const auto &wrong : cases) {
    setting(wrong.name, wrong.value);
    EXPECT_EQ(cu.init(0), CUDA_ERROR_INVALID_VALUE);
    EXPECT_STREQ(cu.cuda_last_fault(), wrong.message);
    unsetenv(wrong.name);
    cu.cuda_reset();
    EXPECT_CU(cu.init(0));
  }
}

TEST_F(DriverTest, ErrorNames) {
  const char *text = nullptr;
  EXPECT_CU(cu.getErrorName(CUDA_ERROR_ILLEGAL_ADDRESS, &text));
  EXPECT_STREQ(text, "CUDA_ERROR_ILLEGAL_ADDRESS");
  EXPECT_CU(cu.getErrorString(CUDA_ERROR_ILLEGAL_ADDRESS, &text));
  EXPECT_STREQ(text, "an illegal memory access was encountered");
  EXPECT_EQ(cu.getErrorName(CUresult(12345), &text), CUDA_ERROR_INVALID_VALUE);
  EXPECT_EQ(text, nullptr);
  EXPECT_EQ(cu.getErrorString(CUDA_SUCCESS, nullptr), CUDA_ERROR_INVALID_VALUE);
}

TEST_F(DriverTest, ProcAddress) {
  void *address = nullptr;
  CUdriverProcAddressQueryResult status;
  auto find = [&](const char *name, int version, uint64_t flags) {
    EXPECT_CU(cu.getProcAddress(name, &address, version, flags, &status));
    return address;
  };
  EXPECT_EQ(find("cuMemAlloc", 12000, 0), librarySymbol("cuMemAlloc_v2"));
  EXPECT_EQ(status, CU_GET_PROC_ADDRESS_SUCCESS);
  EXPECT_EQ(find("cuCtxCreate", 12000, 0), librarySymbol("cuCtxCreate_v2"));
  EXPECT_EQ(find("cuCtxCreate", 13000, 0), librarySymbol("cuCtxCreate_v4"));
  EXPECT_EQ(find("cuLaunchKernel", 13000, 2),
            librarySymbol("cuLaunchKernel_ptsz"));
  EXPECT_EQ(find("cuMemcpyHtoD", 13000, 2),
            librarySymbol("cuMemcpyHtoD_v2_ptds"));
  EXPECT_EQ(find("cuLaunchKernelEx", 11000, 0), nullptr);
  EXPECT_EQ(status, CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
  EXPECT_EQ(find("cuNoSuchCall", 13000, 0), nullptr);
  EXPECT_EQ(status, CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
  EXPECT_EQ(cu.getProcAddress("cuNoSuchCall", &address, 13000, 0, nullptr),
            CUDA_ERROR_NOT_FOUND);
  EXPECT_EQ(cu.getProcAddress(nullptr, &address, 13000, 0, &status),
            CUDA_ERROR_INVALID_VALUE);
}

/// Every entry point of the table is exported, in both forms.
TEST_F(DriverTest, TableOfEntryPoints) {
  const struct {
    std::string name;
    int since;
    std::string symbol, suffix;
  } table[] = {
#define PTXSIM_CUDA_FUNCTION(name, since, symbol, suffix)                      \
  {#name, since, #symbol, suffix},
#include "../lib/Functions.def"
  };
  for (const auto &entry : table) {
    for (uint64_t flags : {0, 2}) {
      void *address = nullptr;
      CUdriverProcAddressQueryResult status;
      EXPECT_CU(cu.getProcAddress(entry.name.c_str(), &address, entry.since,
                                  flags, &status));
      std::string symbol = entry.symbol + (flags ? entry.suffix : "");
      EXPECT_EQ(address, librarySymbol(symbol.c_str())) << symbol;
    }
  }
}

/// A child of fork cannot use the driver of its parent.
TEST_F(ContextTest, Fork) {
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    int count;
    bool refused = cu.init(0) == CUDA_ERROR_NOT_INITIALIZED &&
                   cu.deviceGetCount(&count) == CUDA_ERROR_NOT_INITIALIZED &&
                   cu.ctxSynchronize() == CUDA_ERROR_NOT_INITIALIZED;
    _exit(refused ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_CU(cu.ctxSynchronize()); // the parent goes on
}

TEST_F(DriverTest, ForkBeforeInitialisation) {
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0)
    _exit(cu.init(0) == CUDA_SUCCESS ? 0 : 1);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

} // namespace
} // namespace ptxsim::cuda
