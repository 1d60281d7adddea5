//===- SeedTest.cpp - what PTX leaves open ----------------------*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Instructions.h"
#include <cmath>
#include <set>

using namespace ptxsim::test;

namespace {
struct Function {
  const char *ptx;
  double (*exact)(double);
  /// The error that PTX allows around an exact value, see ApproxOps.cpp.
  double (*bound)(double);
};
double ulp(double x) {
  float near = float(std::fabs(x));
  return double(std::nextafter(near, INFINITY)) - double(near);
}
const Function functions[] = {
    {"rcp.approx.f32", [](double x) { return 1 / x; },
     [](double y) { return ulp(y); }},
    {"rsqrt.approx.f32", [](double x) { return 1 / std::sqrt(x); },
     [](double y) { return std::exp2(-22.9) * std::fabs(y); }},
    {"sqrt.approx.f32", [](double x) { return std::sqrt(x); },
     [](double y) { return std::exp2(-23) * std::fabs(y); }},
    {"ex2.approx.f32", [](double x) { return std::exp2(x); },
     [](double y) { return 2 * ulp(y); }},
    {"lg2.approx.f32", [](double x) { return std::log2(x); },
     [](double y) { return std::exp2(-22.6) * std::max(1.0, std::fabs(y)); }},
    {"sin.approx.f32", [](double x) { return std::sin(x); },
     [](double) { return std::exp2(-20.9); }},
    {"cos.approx.f32", [](double x) { return std::cos(x); },
     [](double) { return std::exp2(-20.9); }},
    {"tanh.approx.f32", [](double x) { return std::tanh(x); },
     [](double y) { return std::exp2(-11) * std::fabs(y); }},
};

std::vector<uint32_t> evaluate(const std::string &ptx,
                               const std::vector<float> &inputs,
                               uint64_t seed) {
  Simulation simulation(moduleText(
      kernelText(".param .u64 in, .param .u64 out",
                 "ld.param.u64 %rd1, [in];\nld.param.u64 %rd2, [out];\n"
                 "mov.u32 %r1, %tid.x;\nmul.wide.u32 %rd3, %r1, 4;\n"
                 "add.u64 %rd4, %rd1, %rd3;\nadd.u64 %rd5, %rd2, %rd3;\n"
                 "ld.global.f32 %f1, [%rd4];\n" +
                     ptx + "\nst.global.f32 [%rd5], %f2;\nret;")));
  uint64_t in = simulation.buffer(inputs, "in");
  uint64_t out = simulation.allocate(inputs.size() * 4, "out");
  auto result =
      simulation.run(shape(1, uint32_t(inputs.size()), seed), in, out);
  EXPECT_EQ(faultText(result), "");
  return simulation.read<uint32_t>(out, inputs.size());
}
} // namespace

TEST(Seed, ApproximationsStayWithinTheirBounds) {
  std::vector<float> inputs;
  for (int i = 1; i <= 1024; ++i)
    inputs.push_back(float(i) * 0.00306f);
  for (const Function &f : functions) {
    size_t inexact = 0;
    for (uint64_t seed : {0, 1, 2, 3}) {
      std::vector<uint32_t> results =
          evaluate(std::string(f.ptx) + " %f2, %f1;", inputs, seed);
      for (size_t i = 0; i < inputs.size(); ++i) {
        double exact = f.exact(inputs[i]);
        double actual = bitCast<float>(results[i]);
        ASSERT_LE(std::fabs(actual - exact), f.bound(exact) * 1.0000001)
            << f.ptx << " of " << inputs[i] << " with seed " << seed;
        bool isRounded = float(exact) == float(actual);
        if (seed == 0)
          ASSERT_TRUE(isRounded) << f.ptx << " of " << inputs[i];
        else
          inexact += !isRounded;
      }
    }
    // sqrt.approx is so tight that most results round to the same value.
    EXPECT_GT(inexact, 100u) << f.ptx << " hardly varies with the seed";
  }
}

TEST(Seed, SameSeedSameResults) {
  std::vector<float> inputs(256, 1.7f);
  for (uint64_t seed : {1, 9}) {
    std::vector<uint32_t> a =
        evaluate("ex2.approx.f32 %f2, %f1;", inputs, seed);
    EXPECT_EQ(a, evaluate("ex2.approx.f32 %f2, %f1;", inputs, seed));
    // Equal operands give equal results.
    EXPECT_EQ(std::set<uint32_t>(a.begin(), a.end()).size(), 1u);
  }
}

TEST(Seed, PayloadsAndZeros) {
  std::vector<float> inputs(32, -1.0f);
  std::set<uint32_t> nans, zeros;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    uint32_t nan = evaluate("sqrt.rn.f32 %f2, %f1;", inputs, seed)[0];
    EXPECT_TRUE(std::isnan(bitCast<float>(nan)));
    nans.insert(nan);
    zeros.insert(evaluate("mov.f32 %f3, 0f80000000;\nmov.f32 %f4, 0f00000000;\n"
                          "min.f32 %f2, %f3, %f4;",
                          inputs, seed)[0]);
  }
  EXPECT_EQ(evaluate("sqrt.rn.f32 %f2, %f1;", inputs, 0)[0], 0x7fffffffu);
  EXPECT_GT(nans.size(), 10u);
  EXPECT_EQ(zeros, (std::set<uint32_t>{0, 0x80000000}));
}

// The order of blocks and of atomics within a warp is seen by atom.
TEST(Seed, OrderOfBlocksAndLanes) {
  std::set<std::vector<uint32_t>> orders;
  for (uint64_t seed : {0, 1, 2, 3, 4}) {
    Simulation simulation(moduleText(kernelText(
        ".param .u64 counter, .param .u64 out",
        "ld.param.u64 %rd1, [counter];\nld.param.u64 %rd2, [out];\n"
        "mov.u32 %r1, %tid.x;\nmov.u32 %r2, %ctaid.x;\n"
        "mad.lo.u32 %r3, %r2, 32, %r1;\nmul.wide.u32 %rd3, %r3, 4;\n"
        "add.u64 %rd4, %rd2, %rd3;\natom.global.add.u32 %r4, [%rd1], 1;\n"
        "st.global.u32 [%rd4], %r4;\nret;")));
    uint64_t counter =
        simulation.buffer(std::vector<uint32_t>(1, 0), "counter");
    uint64_t out = simulation.allocate(8 * 32 * 4, "out");
    EXPECT_EQ(faultText(simulation.run(shape(8, 32, seed), counter, out)), "");
    std::vector<uint32_t> tickets = simulation.read<uint32_t>(out, 256);
    EXPECT_EQ(std::set<uint32_t>(tickets.begin(), tickets.end()).size(), 256u);
    orders.insert(tickets);
  }
  EXPECT_EQ(orders.size(), 5u);
}
