//===- DriverTest.cpp - drivers that are not there, wrong, old, forked -----
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DeviceHarness.h"

#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

using namespace optimc::test;

/// Each statement runs in a process of its own, which has not loaded a driver.
struct DriverDeathTest : ::testing::Test {
  DriverDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

/// Tries to create an optimizer, says how that went, and ends the process.
static void createAndExit() {
  TestProgram sgd = makeDeviceSgd();
  optimc_options options = cudaOptions();
  optimc_optimizer *opt = nullptr;
  optimc_error error;
  optimc_status status = optimc_create(&sgd.program, &options, &opt, &error);
  fprintf(stderr, "%s: %s\n", optimc_status_name(status), error.message);
  optimc_destroy(opt);
  exit(status);
}

#define EXPECT_CREATION(status, message, prepare)                              \
  EXPECT_EXIT(                                                                 \
      {                                                                        \
        prepare;                                                               \
        createAndExit();                                                       \
      },                                                                       \
      ::testing::ExitedWithCode(status), message)

TEST_F(DriverDeathTest, Missing) {
  EXPECT_CREATION(OPTIMC_UNSUPPORTED,
                  "OPTIMC_UNSUPPORTED: there is no CUDA driver: "
                  ".*nowhere/libcuda.so.1.*; install NVIDIA's driver, or use "
                  "OPTIMC_DEVICE_CPU",
                  setenv("OPTIMC_LIBCUDA", "/nowhere/libcuda.so.1", 1));
}

TEST_F(DriverDeathTest, Wrong) {
  EXPECT_CREATION(OPTIMC_UNSUPPORTED,
                  "'libm.so.6' has no function cuDriverGetVersion: it is no "
                  "CUDA driver, or one older than CUDA 11.0",
                  setenv("OPTIMC_LIBCUDA", "libm.so.6", 1));
}

TEST_F(DriverDeathTest, Old) {
  EXPECT_CREATION(OPTIMC_UNSUPPORTED,
                  "is for CUDA 10.2; CUDA 11.0 or later is needed: update the "
                  "driver",
                  setenv("OPTIMC_LIBCUDA", OPTIMC_TEST_OLD_DRIVER, 1));
}

TEST_F(DriverDeathTest, WithoutDevice) {
  if (!cu().isSimulated())
    GTEST_SKIP() << "needs the simulator";
  EXPECT_CREATION(OPTIMC_UNSUPPORTED,
                  "cannot be used: cuInit: CUDA_ERROR_NO_DEVICE \\(100\\): no "
                  "CUDA-capable device is detected",
                  cu().failFunction("cuInit", 1, 100));
}

TEST_F(DriverDeathTest, IsLookedForAgainAfterAFailure) {
  EXPECT_EXIT(
      {
        cu();
        std::string library = getenv("OPTIMC_LIBCUDA");
        setenv("OPTIMC_LIBCUDA", "/nowhere/libcuda.so.1", 1);
        TestProgram sgd = makeDeviceSgd();
        optimc_options options = cudaOptions();
        optimc_optimizer *opt = nullptr;
        if (optimc_create(&sgd.program, &options, &opt, nullptr) !=
            OPTIMC_UNSUPPORTED)
          exit(99);
        setenv("OPTIMC_LIBCUDA", library.c_str(), 1);
        createAndExit();
      },
      ::testing::ExitedWithCode(0), "OPTIMC_OK");
}

/// In the child: every call fails, none crashes, the parent goes on.
static void forkAndExit() {
  CUcontext context = nullptr;
  EXPECT_CU(cu().init(0));
  EXPECT_CU(cu().primaryRetain(&context, 0));
  EXPECT_CU(cu().ctxSetCurrent(context));
  TestProgram sgd = makeDeviceSgd();
  auto *h = new DeviceHarness(&sgd.program);
  h->tensor("a", {100});
  h->step();
  pid_t child = fork();
  optimc_error error;
  if (child == 0) {
    if (optimc_step(h->opt, &error) != OPTIMC_UNSUPPORTED)
      _exit(1);
    fprintf(stderr, "%s\n", error.message);
    double value;
    if (optimc_get_scalar(h->opt, "step", OPTIMC_RATE_GROUP, 0, &value,
                          nullptr) == OPTIMC_OK)
      _exit(2);
    optimc_options options = cudaOptions();
    optimc_optimizer *other = nullptr;
    if (optimc_create(&sgd.program, &options, &other, &error) !=
        OPTIMC_UNSUPPORTED)
      _exit(3);
    optimc_destroy(h->opt);
    // The CPU still works.
    Harness cpu(&sgd.program);
    cpu.tensor("a", {10});
    cpu.step();
    _exit(::testing::Test::HasFailure() ? 4 : 0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  h->step();
  bool isRight = h->scalar("step", OPTIMC_RATE_GROUP, 0) == 2;
  exit(isRight && !::testing::Test::HasFailure() ? WEXITSTATUS(status) : 5);
}

TEST_F(DriverDeathTest, Forked) {
  EXPECT_EXIT(forkAndExit(), ::testing::ExitedWithCode(0),
              "this process was forked from process [0-9]+ after that had "
              "initialised CUDA, which works in no child");
}
