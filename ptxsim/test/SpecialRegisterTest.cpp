//===- SpecialRegisterTest.cpp - %tid.x and the like ----------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Simulate.h"
#include "SpecialRegisters.h"
#include <functional>
#include <map>

using namespace ptxsim;
using namespace ptxsim::test;

namespace {
constexpr Dim3 grid{2, 3, 2}, block{5, 4, 3}; // 60 threads are two warps
constexpr uint32_t threads = 60, blocks = 12;
constexpr uint64_t dynamicBytes = 256, staticBytes = 64;

/// The first register of every thread of the launch, in order.
std::vector<uint64_t> readAll(const std::string &name, bool wide) {
  std::string read =
      wide ? "mov.u64 %rd1, " + name + ";\n"
           : "mov.u32 %r1, " + name + ";\ncvt.u64.u32 %rd1, %r1;\n";
  Simulation simulation(moduleText(
      ".extern .shared .align 4 .b8 dynamic[];\n" +
      kernelText(
          ".param .u64 out",
          ".shared .align 4 .b8 fixed[64];\nmov.u32 %r9, fixed;\n"
          "mov.u32 %r9, dynamic;\nmov.u32 %r2, %ctaid.z;\n"
          "mov.u32 %r3, %ctaid.y;\nmad.lo.u32 %r2, %r2, 3, %r3;\n"
          "mov.u32 %r3, %ctaid.x;\nmad.lo.u32 %r2, %r2, 2, %r3;\n"
          "mov.u32 %r3, %tid.z;\nmad.lo.u32 %r2, %r2, 3, %r3;\n"
          "mov.u32 %r3, %tid.y;\nmad.lo.u32 %r2, %r2, 4, %r3;\n"
          "mov.u32 %r3, %tid.x;\nmad.lo.u32 %r2, %r2, 5, %r3;\n"
          "ld.param.u64 %rd2, [out];\nmad.wide.u32 %rd2, %r2, 8, %rd2;\n" +
              read + "st.global.u64 [%rd2], %rd1;\nret;")));
  if (!simulation.loaded)
    return {};
  uint64_t out = simulation.allocate(threads * blocks * 8, "out");
  LaunchConfig config;
  config.grid = grid;
  config.block = block;
  config.dynamicSharedBytes = dynamicBytes;
  EXPECT_EQ(faultText(simulation.run(config, out)), "");
  return simulation.read<uint64_t>(out, threads * blocks);
}

/// From the linear thread and block; blocks run in ascending order.
using Expected = std::function<uint64_t(uint64_t t, uint64_t b)>;
const std::map<std::string, Expected> expected = {
    {"%tid.x", [](uint64_t t, uint64_t) { return t % 5; }},
    {"%tid.y", [](uint64_t t, uint64_t) { return t / 5 % 4; }},
    {"%tid.z", [](uint64_t t, uint64_t) { return t / 20; }},
    {"%ntid.x", [](uint64_t, uint64_t) { return 5; }},
    {"%ntid.y", [](uint64_t, uint64_t) { return 4; }},
    {"%ntid.z", [](uint64_t, uint64_t) { return 3; }},
    {"%ctaid.x", [](uint64_t, uint64_t b) { return b % 2; }},
    {"%ctaid.y", [](uint64_t, uint64_t b) { return b / 2 % 3; }},
    {"%ctaid.z", [](uint64_t, uint64_t b) { return b / 6; }},
    {"%nctaid.x", [](uint64_t, uint64_t) { return 2; }},
    {"%nctaid.y", [](uint64_t, uint64_t) { return 3; }},
    {"%nctaid.z", [](uint64_t, uint64_t) { return 2; }},
    {"%laneid", [](uint64_t t, uint64_t) { return t % 32; }},
    {"%warpid", [](uint64_t t, uint64_t) { return t / 32; }},
    {"%clock_hi", [](uint64_t, uint64_t) { return 0; }},
    {"%globaltimer_hi", [](uint64_t, uint64_t) { return 0; }},
    {"%lanemask_eq", [](uint64_t t, uint64_t) { return 1u << t % 32; }},
    {"%lanemask_lt", [](uint64_t t, uint64_t) { return (1u << t % 32) - 1; }},
    {"%lanemask_le",
     [](uint64_t t, uint64_t) { return (uint64_t(2) << t % 32) - 1; }},
    {"%lanemask_ge",
     [](uint64_t t, uint64_t) { return 0xffffffffu << t % 32; }},
    {"%lanemask_gt",
     [](uint64_t t, uint64_t) {
       return uint32_t(uint64_t(0xfffffffe) << t % 32);
     }},
    {"%dynamic_smem_size", [](uint64_t, uint64_t) { return dynamicBytes; }},
    {"%total_smem_size",
     [](uint64_t, uint64_t) { return dynamicBytes + staticBytes; }},
    {"%envreg0", [](uint64_t, uint64_t) { return 0; }},
    {"%envreg31", [](uint64_t, uint64_t) { return 0; }},
};

/// PTX leaves the values open; these are what must hold for all threads.
using Holds = std::function<bool(const std::vector<uint64_t> &)>;
bool allEqual(const std::vector<uint64_t> &values) {
  return std::vector<uint64_t>(values.size(), values[0]) == values;
}
/// A clock only goes forward: along the warps of a block, too, here.
bool ascends(const std::vector<uint64_t> &values) {
  for (size_t i = 1; i < values.size(); ++i)
    if (values[i] < values[i - 1])
      return false;
  return values.front() < values.back();
}
const std::map<std::string, Holds> properties = {
    {"%nwarpid",
     [](const auto &values) { return allEqual(values) && values[0] >= 2; }},
    {"%nsmid",
     [](const auto &values) { return allEqual(values) && values[0] >= 1; }},
    {"%smid",
     [](const auto &values) {
       uint64_t count = readAll("%nsmid", false)[0];
       for (size_t i = 0; i < values.size(); ++i)
         if (values[i] >= count || values[i] != values[i / threads * threads])
           return false;
       return true;
     }},
    {"%gridid", allEqual},
    {"%clock", ascends},
    {"%clock64", ascends},
    {"%globaltimer", ascends},
    {"%globaltimer_lo", ascends},
};
} // namespace

TEST(SpecialRegisters, ValuesInEveryThread) {
  for (const auto &[name, f] : expected) {
    std::vector<uint64_t> want;
    for (uint64_t b = 0; b < blocks; ++b)
      for (uint64_t t = 0; t < threads; ++t)
        want.push_back(f(t, b));
    EXPECT_EQ(readAll(name, false), want) << name;
  }
}

TEST(SpecialRegisters, PropertiesOfOpenValues) {
  for (const auto &[name, holds] : properties) {
    SpecialRegister which;
    Type type = Type::None;
    ASSERT_TRUE(findSpecialRegister(name, which, type));
    EXPECT_TRUE(holds(readAll(name, type == Type::U64))) << name;
  }
}

// A new register without an expectation fails here.
TEST(SpecialRegisters, AllAreTested) {
  for (std::string_view name : allSpecialRegisters())
    EXPECT_EQ(expected.count(std::string(name)) +
                  properties.count(std::string(name)),
              1u)
        << name;
}
