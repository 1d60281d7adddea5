//===- Cuda.h - the library under test, and what tests share ----*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef PTXSIM_DRIVER_TEST_CUDA_H
#define PTXSIM_DRIVER_TEST_CUDA_H

#include "../lib/CudaTypes.h"
#include "../ptxsim_cuda.h"
#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace ptxsim::cuda {

/// The address of a symbol of the library, which is loaded by its path as a
/// program under test would; ends the process when there is none.
void *librarySymbol(const char *name);

/// The entry points that tests use, by the names programs know them by.
struct Cuda {
#define ENTRY_POINT(name, symbol, ...)                                         \
  CUresult (*name)(__VA_ARGS__) =                                              \
      reinterpret_cast<CUresult (*)(__VA_ARGS__)>(librarySymbol(#symbol));
#include "EntryPoints.def"
#define INSPECTION(result, name, ...)                                          \
  result (*name)(__VA_ARGS__) = reinterpret_cast<result (*)(__VA_ARGS__)>(     \
      librarySymbol("ptxsim_" #name));
  INSPECTION(void, cuda_live, ptxsim_cuda_objects *)
  INSPECTION(void, cuda_count, ptxsim_cuda_totals *)
  INSPECTION(const char *, cuda_last_fault, void)
  INSPECTION(void, cuda_fail_call, uint64_t, int)
  INSPECTION(void, cuda_fail_function, const char *, uint64_t, int)
  INSPECTION(void, cuda_reset, void)
#undef INSPECTION
};
extern const Cuda cu;

/// Shows errors by name.
std::ostream &operator<<(std::ostream &stream, CUresult error);

#define EXPECT_CU(call) EXPECT_EQ(call, CUDA_SUCCESS)
#define ASSERT_CU(call) ASSERT_EQ(call, CUDA_SUCCESS)

/// Kernels of the tests; see Kernels.cpp.
extern const char *const kernelText;

/// A fresh driver without any setting.
class DriverTest : public ::testing::Test {
protected:
  DriverTest();
  ~DriverTest() override;

  /// Sets an environment variable, for a library that is reset before.
  void setting(const char *name, const char *value);

private:
  std::vector<std::string> settings;
};

/// With the primary context current and the kernels of the tests loaded.
class ContextTest : public DriverTest {
protected:
  void SetUp() override;
  void TearDown() override;

  CUfunction function(const char *name);
  CUdeviceptr upload(const std::vector<uint32_t> &values);
  /// Waits for all work, as the copy goes through the default stream only for
  /// streams that synchronise with it.
  std::vector<uint32_t> download(CUdeviceptr address, size_t count);
  CUstream stream(unsigned flags = CU_STREAM_NON_BLOCKING);
  CUevent event(unsigned flags = 0);
  /// values[i] = values[i] * factor + addend, for `count` elements.
  CUresult affine(CUdeviceptr values, uint32_t factor, uint32_t addend,
                  uint32_t count, CUstream stream);
  /// Runs a kernel with one thread and one pointer argument.
  CUresult one(const char *kernel, CUdeviceptr argument, CUstream stream);

  CUcontext context = nullptr;
  CUmodule module = nullptr;

private:
  std::map<std::string, CUfunction> functions;
};

} // namespace ptxsim::cuda

#endif // PTXSIM_DRIVER_TEST_CUDA_H
