//===- ProgramTest.cpp - reading program tables, choosing code ------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

#include "cpu/Cpu.h"

#include <cstring>

using namespace optimc::test;

TEST(Program, ANewerMinorVersionIsRead) {
  // Appended fields make the elements larger; they are skipped.
  TestProgram sgd = makeSgd();
  struct Larger {
    optimc_hyper hyper;
    double unknown;
  };
  std::vector<Larger> hypers;
  for (const optimc_hyper &hyper : sgd.hypers)
    hypers.push_back({hyper, -1});
  sgd.program.hypers.data = &hypers[0].hyper;
  sgd.program.hypers.elem_size = sizeof(Larger);
  sgd.program.abi = OPTIMC_ABI + 1;
  sgd.program.size = sizeof(optimc_program) + 64;
  Harness h(&sgd.program);
  TestTensor &t = h.tensor("w", {10});
  h.gradients(1);
  float before = t.param[0];
  h.step();
  EXPECT_EQ(before - 0.1f * t.grad[0], t.param[0]);
}

TEST(Program, TheBestAllowedCodeRuns) {
  TestProgram probe = makeIsaProbe();
  uint64_t isa = optimc::rt::availableIsa();
  auto run = [&](uint64_t mask) {
    optimc_options options = OPTIMC_OPTIONS_INIT;
    options.isa_mask = mask;
    Harness h(&probe.program, &options);
    h.tensor("w", {10});
    lastIsaProbe = -1;
    h.step();
    return std::string(h.info().isa_name) + " " + std::to_string(lastIsaProbe);
  };
  EXPECT_EQ("baseline 0", run(0));
  if (isa & OPTIMC_ISA_X86_64_V3) {
    EXPECT_EQ("x86-64-v3 3", run(OPTIMC_ISA_X86_64_V3));
  }
  if (isa & OPTIMC_ISA_X86_64_V4) {
    EXPECT_EQ("x86-64-v4 4", run(~uint64_t(0)));
  }
}

#if defined(__x86_64__) && defined(__GNUC__)
TEST(Program, TheProcessorsFeaturesAreThoseTheCompilerSees) {
  __builtin_cpu_init();
  uint64_t isa = optimc::rt::availableIsa();
  bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
            __builtin_cpu_supports("bmi2");
  bool v4 = v3 && __builtin_cpu_supports("avx512f") &&
            __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512cd");
  EXPECT_EQ(v3, (isa & OPTIMC_ISA_X86_64_V3) != 0);
  EXPECT_EQ(v4, (isa & OPTIMC_ISA_X86_64_V4) != 0);
}
#endif

TEST(Program, PlansAreChosenByRankAndSize) {
  TestProgram sgd = makeSgd();
  auto &entry = sgd.entries[0];
  entry.plans.push_back(entry.plans[0]);
  // Matrices of 100 elements or more use momentum, all others never do.
  entry.plans[0].plan.min_rank = 2;
  entry.plans[0].plan.min_count = 100;
  auto &rest = entry.plans[1];
  rest.plan.used = 3;
  rest.variants = {{0, 0, {rest.variants[1].phases[0]}, {}}};
  rest.variants[0].code = {entry.plans[0].variants[1].code[0]};
  sgd.build("sgd", "5d02");
  Harness h(&sgd.program);
  TestTensor &matrix = h.tensor("matrix", {10, 10});
  TestTensor &small = h.tensor("small", {9, 11}),
             &vector = h.tensor("v", {200});
  h.gradients(1);
  h.step();
  EXPECT_EQ(matrix.grad, h.state(matrix.id, "momentum_buffer"));
  for (optimc_tensor id : {small.id, vector.id}) {
    optimc_view view;
    EXPECT_EQ(OPTIMC_NOT_FOUND,
              optimc_get_state(h.opt, id, "momentum_buffer", &view, nullptr));
  }
}

TEST(Program, IntrospectionNamesThings) {
  TestProgram sgd = makeSgd();
  Harness h(&sgd.program);
  uint32_t group = h.group("decay");
  TestTensor &t = h.tensor("w", {3, 4}, group);
  optimc_tensor_info info = {};
  info.size = sizeof info;
  EXPECT_OK(optimc_get_tensor(h.opt, t.id, &info, err));
  EXPECT_STREQ("w", info.name);
  EXPECT_EQ(2u, info.rank);
  EXPECT_EQ(4, info.shape[1]);
  EXPECT_EQ(12, info.global_count);
  EXPECT_EQ(256u, info.granule);
  EXPECT_EQ(t.param.data(), info.param);
  optimc_tensor found = 9;
  EXPECT_OK(optimc_find_tensor(h.opt, "w", &found, err));
  EXPECT_EQ(0u, found);
  EXPECT_OK(optimc_find_group(h.opt, "decay", &found, err));
  const char *name = nullptr;
  EXPECT_OK(optimc_group_name(h.opt, found, &name, err));
  EXPECT_STREQ("decay", name);
  EXPECT_EQ(&sgd.program, h.info().program);
  EXPECT_EQ(OPTIMC_ABI, optimc_runtime_abi());
  EXPECT_STREQ("OPTIMC_WRONG_ORDER", optimc_status_name(OPTIMC_WRONG_ORDER));
}
