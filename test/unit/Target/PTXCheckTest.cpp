//===- PTXCheckTest.cpp - what PTX text must not contain -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "optimc/Target/PTX.h"

#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace optimc;

namespace {
/// The first error about a kernel `k` with this body; empty if there is none.
std::string check(const std::string &body, PTXKernel kernel = {},
                  const std::string &before = "") {
  static MLIRContext context;
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    message = diagnostic.str();
    return success();
  });
  kernel.name = "k";
  std::string text = ".version 7.0\n.target sm_80\n" + before +
                     ".visible .entry k(\n\t.param .u64 k_param_0\n)\n{\n" +
                     body + "\tret;\n}\n";
  LogicalResult result = checkPTX(
      text, kernel, [&] { return emitError(UnknownLoc::get(&context)); });
  EXPECT_EQ(failed(result), !message.empty());
  return message;
}

TEST(PTXCheckTest, AcceptsIEEEArithmetic) {
  EXPECT_EQ(check("\tld.param.b64 \t%rd1, [k_param_0];\n"
                  "$L__BB0_1:\n"
                  "\tld.global.v4.b32 \t{%r1, %r2, %r3, %r4}, [%rd1];\n"
                  "\tfma.rn.f32 \t%r5, %r1, %r2, %r3; // fine\n"
                  "\tdiv.rn.f32 \t%r6, %r5, %r2;\n"
                  "\tsqrt.rn.f32 \t%r7, %r6;\n"
                  "\tmax.NaN.f32 \t%r8, %r7, %r6;\n"
                  "\tadd.rn.f32x2 \t%rd2, %rd3, %rd4;\n"
                  "\tadd.s32 \t%r9, %r8, 1;\n"
                  "\tmul.wide.s32 \t%rd5, %r9, 4;\n"
                  "\t@%p1 bra \t$L__BB0_1;\n"
                  "\tst.global.b32 \t[%rd1], %r8;\n"),
            "");
}

struct Case {
  const char *line, *reason;
};

TEST(PTXCheckTest, RejectsWhatWouldChangeBitsOrSpeed) {
  static const Case cases[] = {
      {"\tld.b32 \t%r1, [%rd1];\n", "generic memory"},
      {"\tst.v4.b32 \t[%rd1], {%r1, %r1, %r1, %r1};\n", "generic memory"},
      {"\tcvta.to.global.u64 \t%rd1, %rd2;\n", "generic memory"},
      {"\tld.local.b32 \t%r1, [%rd1];\n", "local memory"},
      {"\t.local .align 4 .b8 \t__local_depot0[16];\n", "local memory"},
      {"\tdiv.approx.f32 \t%r1, %r2, %r3;\n", "approximates"},
      {"\tdiv.full.f32 \t%r1, %r2, %r3;\n", "approximates"},
      {"\trsqrt.approx.f32 \t%r1, %r2;\n", "approximates"},
      {"\tadd.rn.ftz.f32 \t%r1, %r2, %r3;\n", "flushes subnormal numbers"},
      {"\tadd.f32 \t%r1, %r2, %r3;\n", "rounds to nearest"},
      {"\tmul.f32x2 \t%rd1, %rd2, %rd3;\n", "rounds to nearest"},
      {"\tfma.rz.f32 \t%r1, %r2, %r3, %r4;\n", "rounds to nearest"},
      {"\tmin.f32 \t%r1, %r2, %r3;\n", "loses NaN"},
      {"\t@%p1 add.rn.f64 \t%rd1, %rd2, %rd3;\n", "float64"},
      {"\tcvt.f64.f32 \t%rd1, %r1;\n", "float64"},
      {"\tcall.uni (retval0), f, (param0);\n", "calls a function"},
  };
  for (const Case &each : cases) {
    std::string message = check(each.line);
    EXPECT_NE(message.find(each.reason), std::string::npos)
        << each.line << message;
    EXPECT_NE(message.find("the PTX of 'k'"), std::string::npos) << message;
  }
  EXPECT_NE(check("", {}, ".extern .func f\n").find("from elsewhere"),
            std::string::npos);
  EXPECT_NE(check("", {}, ".func f()\n{\n}\n").find("function of its own"),
            std::string::npos);
}

TEST(PTXCheckTest, AllowsDoublesWhereTheyBelong) {
  PTXKernel sums, scalars;
  sums.doubles = PTXKernel::Doubles::Sums;
  scalars.doubles = PTXKernel::Doubles::All;
  const char *add = "\tadd.rn.f64 \t%rd1, %rd2, %rd3;\n",
             *divide = "\tdiv.rn.f64 \t%rd1, %rd2, %rd3;\n";
  EXPECT_EQ(check(add, sums), "");
  EXPECT_NE(check(divide, sums).find("more than sums"), std::string::npos);
  EXPECT_EQ(check(divide, scalars), "");
  EXPECT_NE(check("\tmul.f64 \t%rd1, %rd2, %rd3;\n", scalars)
                .find("rounds to nearest"),
            std::string::npos);
}

TEST(PTXCheckTest, CountsAccesses) {
  PTXKernel kernel;
  kernel.accesses = {{16, 1, 1}, {8, 1, 0}};
  std::string wide = "\tld.global.nc.v4.b32 \t{%r1, %r2, %r3, %r4}, [%rd1];\n"
                     "\tst.global.v2.b64 \t[%rd1], {%rd2, %rd3};\n";
  EXPECT_EQ(check(wide + "\tld.global.v4.b16 \t{%rs1, %rs2, %rs3, %rs4}, "
                         "[%rd1];\n",
                  kernel),
            "");
  EXPECT_NE(check(wide, kernel)
                .find("at least 1 loads and 0 stores of 8 bytes, but has 0"),
            std::string::npos);
}

TEST(PTXCheckTest, WantsTheKernelsThatWereAskedFor) {
  static MLIRContext context;
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    message = diagnostic.str();
    return success();
  });
  PTXKernel kernel;
  kernel.name = "missing";
  auto emit = [&] { return emitError(UnknownLoc::get(&context)); };
  EXPECT_TRUE(failed(checkPTX(".version 7.0\n", kernel, emit)));
  EXPECT_NE(message.find("0 kernels instead of 1"), std::string::npos);
  EXPECT_TRUE(failed(checkPTX(".visible .entry other(\n", kernel, emit)));
  EXPECT_NE(message.find("nobody asked for"), std::string::npos);
}
} // namespace
