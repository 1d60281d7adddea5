//===- CaptureTest.cpp - streams, graphs, scalars on the device ------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DeviceHarness.h"

using namespace optimc::test;

namespace {
struct Capture : CudaTest {
  void SetUp() override {
    CudaTest::SetUp();
    EXPECT_CU(cu().streamCreate(&stream, 1));
  }
  void TearDown() override {
    EXPECT_CU(cu().streamDestroy(stream));
    CudaTest::TearDown();
  }

  /// Captures one step.
  CUgraphExec capture(optimc_optimizer *opt) {
    CUgraph graph = nullptr;
    CUgraphExec made = nullptr;
    EXPECT_CU(cu().beginCapture(stream, 0));
    EXPECT_OK(optimc_step(opt, err));
    EXPECT_CU(cu().endCapture(stream, &graph));
    EXPECT_CU(cu().instantiate(&made, graph, 0));
    EXPECT_CU(cu().graphDestroy(graph));
    return made;
  }

  CUstream stream = nullptr;
};
} // namespace

TEST_F(Capture, ReplaysAreSteps) {
  TestProgram program = makeDeviceSgd();
  Harness host(&program.program);
  DeviceHarness h(&program.program);
  for (const char *name : {"a", "b"}) {
    host.tensor(name, {5000});
    h.tensor(name, {5000});
  }
  EXPECT_OK(optimc_set_stream(h.opt, stream, err));
  host.gradients(0);
  h.gradients(0);
  host.step();
  h.step();
  CUgraphExec graph = capture(h.opt);
  // A capture is no step.
  EXPECT_EQ(1, h.scalar("step", OPTIMC_RATE_GROUP, 0));
  for (int i = 1; i <= 10; ++i) {
    host.gradients(i);
    h.gradients(i);
    host.step();
    EXPECT_CU(cu().graphLaunch(graph, stream));
  }
  expectSame(host, h, &program.program);
  EXPECT_EQ(11, h.scalar("step", OPTIMC_RATE_GROUP, 0));
  // Eager steps, replays and scalars that are set go together.
  host.step();
  h.step();
  EXPECT_OK(optimc_set_scalar(host.opt, "step", OPTIMC_RATE_GROUP, 0, 50, err));
  EXPECT_OK(optimc_set_scalar(h.opt, "step", OPTIMC_RATE_GROUP, 0, 50, err));
  host.step();
  EXPECT_CU(cu().graphLaunch(graph, stream));
  expectSame(host, h, &program.program);
  EXPECT_EQ(51, h.scalar("step", OPTIMC_RATE_GROUP, 0));
  EXPECT_CU(cu().graphExecDestroy(graph));
}

TEST_F(Capture, ReadsBoundScalars) {
  TestProgram program = makeDeviceSgd();
  Harness host(&program.program);
  DeviceHarness h(&program.program);
  host.tensor("a", {700});
  h.tensor("a", {700});
  EXPECT_OK(optimc_set_stream(h.opt, stream, err));
  DeviceMemory lr(std::vector<float>{0.5f}), momentum(std::vector<double>{0.9});
  EXPECT_OK(optimc_bind_scalar(h.opt, "lr", OPTIMC_RATE_MODEL, 0, lr.data(),
                               OPTIMC_DTYPE_F32, err));
  EXPECT_OK(optimc_bind_scalar(h.opt, "momentum", OPTIMC_RATE_GROUP, 0,
                               momentum.data(), OPTIMC_DTYPE_F64, err));
  host.gradients(0);
  h.gradients(0);
  host.hyper("lr", 0.5);
  host.step();
  h.step();
  CUgraphExec graph = capture(h.opt);
  for (int i = 1; i <= 8; ++i) {
    float rate = 0.3f / static_cast<float>(i);
    double beta = i % 3 ? 0.9 / i : 0; // the other variant, too
    EXPECT_CU(cu().ctxSynchronize());
    lr.upload(&rate, sizeof rate);
    momentum.upload(&beta, sizeof beta);
    host.hyper("lr", rate);
    host.hyper("momentum", beta);
    host.step();
    EXPECT_CU(cu().graphLaunch(graph, stream));
    expectSame(host, h, &program.program);
    double value = 0;
    EXPECT_OK(optimc_get_hyper(h.opt, 0, "lr", &value, err));
    EXPECT_EQ(static_cast<double>(rate), value);
  }
  optimc_error error;
  EXPECT_EQ(OPTIMC_WRONG_ORDER, optimc_set_hyper(h.opt, 0, "lr", 1, &error));
  EXPECT_STREQ("hyperparameter 'lr' of group 'main' is bound to device memory; "
               "unbind it with optimc_bind_scalar before you set it",
               error.message);
  EXPECT_OK(optimc_bind_scalar(h.opt, "lr", OPTIMC_RATE_GROUP, 0, nullptr,
                               OPTIMC_DTYPE_F32, err));
  EXPECT_OK(optimc_set_hyper(h.opt, 0, "lr", 1, err));
  host.hyper("lr", 1);
  host.step();
  h.step();
  expectSame(host, h, &program.program);
  EXPECT_CU(cu().graphExecDestroy(graph));
}

TEST_F(Capture, BoundInputsCountAsSet) {
  TestProgram program = makeDeviceLayerwise();
  Harness host(&program.program);
  DeviceHarness h(&program.program);
  std::vector<float> hessian(64, 2.0f), second = hessian;
  for (const char *name : {"a", "b"}) {
    TestTensor &t = host.tensor(name, {64});
    EXPECT_OK(optimc_bind_input(host.opt, t.id, "hessian",
                                (t.id ? second : hessian).data(), err));
    DeviceTensor &d = h.tensor(name, {64});
    d.input = DeviceMemory(hessian);
    EXPECT_OK(optimc_bind_input(h.opt, d.id, "hessian", d.input.data(), err));
  }
  DeviceMemory scale(std::vector<double>{0.75}),
      trust(std::vector<float>{0.25f});
  EXPECT_OK(optimc_bind_scalar(h.opt, "lr_scale", OPTIMC_RATE_MODEL, 0,
                               scale.data(), OPTIMC_DTYPE_F64, err));
  EXPECT_OK(optimc_bind_scalar(h.opt, "trust", OPTIMC_RATE_TENSOR, 1,
                               trust.data(), OPTIMC_DTYPE_F32, err));
  EXPECT_OK(
      optimc_set_input(host.opt, "lr_scale", OPTIMC_RATE_MODEL, 0, 0.75, err));
  EXPECT_OK(
      optimc_set_input(host.opt, "trust", OPTIMC_RATE_TENSOR, 1, 0.25, err));
  for (int i = 1; i <= 3; ++i) {
    host.gradients(i);
    h.gradients(i);
    host.step();
    h.step();
  }
  expectSame(host, h, &program.program);
}

TEST_F(Capture, NeedsAStepBefore) {
  TestProgram program = makeDeviceSgd();
  DeviceHarness h(&program.program);
  h.tensor("a", {10});
  EXPECT_OK(optimc_set_stream(h.opt, stream, err));
  auto refused = [&](const char *message) {
    CUgraph graph = nullptr;
    optimc_error error;
    EXPECT_CU(cu().beginCapture(stream, 0));
    EXPECT_EQ(OPTIMC_WRONG_ORDER, optimc_step(h.opt, &error));
    EXPECT_NE(std::string::npos, std::string(error.message).find(message))
        << error.message;
    // The capture itself is not hurt.
    EXPECT_CU(cu().endCapture(stream, &graph));
    EXPECT_CU(cu().graphDestroy(graph));
  };
  refused("tensors, buffers or scalar states have changed since the last step "
          "like this one, and cannot go to the device while the stream is "
          "being captured: take one step before the capture");
  h.step();
  EXPECT_OK(optimc_set_hyper(h.opt, 0, "lr", 0.3, err));
  refused("hyperparameters, inputs or what is bound has changed since");
  EXPECT_OK(optimc_set_hyper(h.opt, 0, "lr", 0.1, err));
  EXPECT_CU(cu().graphExecDestroy(capture(h.opt)));
  // Questions have no answer during a capture.
  CUgraph graph = nullptr;
  optimc_error error;
  double value;
  EXPECT_CU(cu().beginCapture(stream, 0));
  EXPECT_EQ(
      OPTIMC_WRONG_ORDER,
      optimc_get_scalar(h.opt, "step", OPTIMC_RATE_GROUP, 0, &value, &error));
  EXPECT_STREQ("reading device memory is not possible while the stream is "
               "being captured",
               error.message);
  EXPECT_EQ(OPTIMC_WRONG_ORDER, optimc_begin(h.opt, nullptr, &error));
  EXPECT_STREQ("a step in parts cannot be captured; use optimc_step or "
               "optimc_run_entry",
               error.message);
  EXPECT_EQ(OPTIMC_WRONG_ORDER, optimc_set_stream(h.opt, nullptr, &error));
  EXPECT_CU(cu().endCapture(stream, &graph));
  EXPECT_CU(cu().graphDestroy(graph));
  h.step();
  EXPECT_EQ(2, h.scalar("step", OPTIMC_RATE_GROUP, 0));
}

TEST_F(Capture, StreamsFollowEachOther) {
  TestProgram program = makeDeviceSgd();
  Harness host(&program.program);
  DeviceHarness h(&program.program);
  host.tensor("a", {3000});
  h.tensor("a", {3000});
  host.gradients(1);
  h.gradients(1);
  CUstream other = nullptr;
  EXPECT_CU(cu().streamCreate(&other, 1));
  for (CUstream next : {stream, other, static_cast<CUstream>(nullptr), other}) {
    EXPECT_OK(optimc_set_stream(h.opt, next, err));
    EXPECT_OK(optimc_set_hyper(h.opt, 0, "lr", next == other ? 0.2 : 0.4, err));
    host.hyper("lr", next == other ? 0.2 : 0.4);
    h.step();
    host.step();
  }
  expectSame(host, h, &program.program);
  EXPECT_OK(optimc_set_stream(h.opt, nullptr, err));
  EXPECT_CU(cu().streamDestroy(other));
}
