//===- ConformanceTest.cpp - every spec on every back end -----------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Backends.h"

#include <limits>

using namespace optimc::test;

namespace {
/// Sizes around those of vectors, granules and panels, in mixed ranks.
const std::vector<std::vector<int64_t>> shapes = {
    {1}, {0}, {3}, {255}, {64, 64}, {100003}, {2, 65, 7}, {}, {4096}, {5, 3}};

struct Case {
  const Spec *spec;
  const Backend *backend;
};

std::vector<Case> allCases() {
  std::vector<Case> list;
  for (const Spec &spec : specs())
    for (const Backend &backend : backends())
      list.push_back({&spec, &backend});
  return list;
}

struct Conformance : CudaTest, ::testing::WithParamInterface<Case> {
  const Spec &spec() { return *GetParam().spec; }
  const Backend &backend() { return *GetParam().backend; }
};

/// Hyperparameters that most specs have, when they do.
void setIfKnown(Trial &run, const char *name, double value) {
  for (uint32_t i = 0; i < run.program->hypers.count; ++i)
    if (std::string(run.program->hypers.data[i].name) == name)
      run.hyper(name, value);
}
} // namespace

TEST_P(Conformance, HasTheBitsOfTheBaseline) {
  if (std::string reason = whyNot(spec(), backend()); !reason.empty())
    GTEST_SKIP() << reason;
  Trial reference(spec(), backends()[0], shapes),
      run(spec(), backend(), shapes);
  for (int step = 1; step <= 5; ++step)
    for (Trial *each : {&reference, &run}) {
      each->gradients(step);
      setIfKnown(*each, "lr", 0.01 / step);
      setIfKnown(*each, "weight_decay", step == 3 ? 0 : 0.1);
      each->step();
    }
  expectSame(reference, run);
}

TEST_P(Conformance, LeavesTensorsOut) {
  if (std::string reason = whyNot(spec(), backend()); !reason.empty())
    GTEST_SKIP() << reason;
  const std::vector<std::vector<int64_t>> small = {{70}, {9, 30}, {300}, {2}};
  Trial reference(spec(), backends()[0], small), run(spec(), backend(), small);
  const std::vector<std::vector<optimc_tensor>> lists = {
      {0, 1, 2, 3}, {1, 2}, {0}, {3, 0}, {2, 1, 3}};
  for (size_t i = 0; i < lists.size(); ++i) {
    for (Trial *each : {&reference, &run}) {
      each->gradients(i);
      EXPECT_OK(optimc_begin(each->opt, nullptr, err));
      EXPECT_OK(
          optimc_run_tensors(each->opt, lists[i].data(), lists[i].size(), err));
      EXPECT_OK(optimc_end(each->opt, err));
      if (i % 2)
        each->step();
    }
  }
  expectSame(reference, run);
}

TEST_P(Conformance, WritesTheSameCheckpoint) {
  if (std::string reason = whyNot(spec(), backend()); !reason.empty())
    GTEST_SKIP() << reason;
  const std::vector<std::vector<int64_t>> small = {{70}, {9, 30}};
  TempDir dir;
  std::string path[2] = {dir / "a", dir / "b"};
  Trial reference(spec(), backends()[0], small), run(spec(), backend(), small);
  Trial *both[2] = {&reference, &run};
  for (int i = 0; i < 2; ++i) {
    both[i]->gradients(1);
    both[i]->step();
    EXPECT_OK(optimc_save(both[i]->opt, path[i].c_str(), err));
  }
  EXPECT_EQ(readBytes(path[0]), readBytes(path[1]));
  // Each goes on with the other's.
  for (int i = 0; i < 2; ++i) {
    EXPECT_OK(optimc_load(both[i]->opt, path[1 - i].c_str(), 0, nullptr,
                          nullptr, err));
    both[i]->gradients(2);
    both[i]->step();
  }
  expectSame(reference, run);
}

INSTANTIATE_TEST_SUITE_P(All, Conformance, ::testing::ValuesIn(allCases()),
                         [](const ::testing::TestParamInfo<Case> &info) {
                           return std::string(info.param.spec->name) + "_" +
                                  info.param.backend->name;
                         });

namespace {
struct Captured : CudaTest {};
} // namespace

TEST_F(Captured, ReplaysWithFoundInfEqualEagerStepsOfTheCpu) {
  const std::vector<std::vector<int64_t>> small = {{300}, {5, 3}, {1}};
  Trial host(findSpec("adamw_pma"), backends()[0], small);
  Trial device(findSpec("adamw_pma"), backends().back(), small);
  CUstream stream = nullptr;
  CUgraph graph = nullptr;
  CUgraphExec replay = nullptr;
  EXPECT_CU(cu().streamCreate(&stream, 1));
  EXPECT_OK(optimc_set_stream(device.opt, stream, err));
  DeviceMemory scale(std::vector<float>{1}), found(std::vector<float>{0});
  EXPECT_OK(optimc_bind_scalar(device.opt, "grad_scale", OPTIMC_RATE_MODEL, 0,
                               scale.data(), OPTIMC_DTYPE_F32, err));
  EXPECT_OK(optimc_bind_scalar(device.opt, "found_inf", OPTIMC_RATE_MODEL, 0,
                               found.data(), OPTIMC_DTYPE_F32, err));
  for (Trial *each : {&host, &device}) {
    each->hyper("period", 4);
    each->gradients(0);
    each->step();
  }
  // The copies below go through the default stream, which waits for no other.
  EXPECT_CU(cu().streamSynchronize(stream));
  EXPECT_CU(cu().beginCapture(stream, 0));
  EXPECT_OK(optimc_step(device.opt, err));
  EXPECT_CU(cu().endCapture(stream, &graph));
  EXPECT_CU(cu().instantiate(&replay, graph, 0));
  int skipped = 0;
  for (int i = 1; i <= 200; ++i) {
    bool isInf = optimc_mix(i) % 4 == 0;
    skipped += isInf;
    float values[] = {static_cast<float>(1 << optimc_mix(i + 1000) % 12),
                      isInf ? 1.0f : 0.0f};
    host.input("grad_scale", values[0]);
    host.input("found_inf", values[1]);
    scale.upload(&values[0], sizeof(float));
    found.upload(&values[1], sizeof(float));
    for (Trial *each : {&host, &device})
      each->gradients(i, isInf ? std::numeric_limits<float>::infinity() : 0);
    host.step();
    EXPECT_CU(cu().graphLaunch(replay, stream));
    EXPECT_CU(cu().streamSynchronize(stream));
    if (i % 40 == 0)
      expectSame(host, device);
  }
  EXPECT_GT(skipped, 20);
  EXPECT_CU(cu().graphExecDestroy(replay));
  EXPECT_CU(cu().graphDestroy(graph));
  EXPECT_OK(optimc_set_stream(device.opt, nullptr, err));
  EXPECT_CU(cu().streamDestroy(stream));
}
