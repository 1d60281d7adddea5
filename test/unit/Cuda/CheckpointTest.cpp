//===- CheckpointTest.cpp - the same checkpoints on all devices ------------
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
struct DeviceCheckpoint : CudaTest {};

void addTensors(Harness &host, DeviceHarness &device) {
  for (auto [name, size] : {std::pair("a", 300), {"b", 70000}, {"c", 1}}) {
    host.tensor(name, {size});
    device.tensor(name, {size});
  }
}
} // namespace

TEST_F(DeviceCheckpoint, HasTheSameBytes) {
  TestProgram program = makeDeviceSgd();
  TempDir dir;
  std::string onHost = dir / "host", onDevice = dir / "device";
  Harness host(&program.program);
  DeviceHarness device(&program.program);
  addTensors(host, device);
  for (int step = 1; step <= 3; ++step) {
    host.gradients(step);
    device.gradients(step);
    host.step();
    device.step();
  }
  EXPECT_OK(optimc_save(host.opt, onHost.c_str(), err));
  EXPECT_OK(optimc_save(device.opt, onDevice.c_str(), err));
  EXPECT_EQ(readBytes(onHost), readBytes(onDevice));
}

TEST_F(DeviceCheckpoint, MovesBetweenDevices) {
  TestProgram program = makeDeviceSgd();
  TempDir dir;
  std::string path = dir / "x";
  Harness host(&program.program);
  DeviceHarness device(&program.program), resumed(&program.program);
  addTensors(host, device);
  Harness onHost(&program.program);
  addTensors(onHost, resumed);
  for (int step = 1; step <= 2; ++step) {
    host.gradients(step);
    device.gradients(step);
    host.stepOf({0, 2});
    device.stepOf({0, 2});
    host.step();
    device.step();
  }
  // Device to host, and that to the device again.
  EXPECT_OK(optimc_save(device.opt, path.c_str(), err));
  EXPECT_OK(optimc_load(onHost.opt, path.c_str(), 0, nullptr, nullptr, err));
  onHost.gradients(7);
  host.gradients(7);
  onHost.step();
  host.step();
  EXPECT_OK(optimc_save(onHost.opt, path.c_str(), err));
  EXPECT_OK(optimc_load(resumed.opt, path.c_str(), 0, nullptr, nullptr, err));
  expectSame(host, resumed, &program.program);
  host.gradients(8);
  resumed.gradients(8);
  host.step();
  resumed.step();
  expectSame(host, resumed, &program.program);
}

TEST_F(DeviceCheckpoint, StatesAreReadAndWritten) {
  TestProgram program = makeDeviceSgd();
  Harness host(&program.program);
  DeviceHarness device(&program.program);
  host.tensor("a", {500});
  device.tensor("a", {500});
  std::vector<float> values(500);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = noise(3, i);
  for (optimc_optimizer *opt : {host.opt, device.opt}) {
    EXPECT_OK(
        optimc_write_state(opt, 0, "momentum_buffer", values.data(), 500, err));
    EXPECT_OK(optimc_write_state(opt, 0, "param", values.data(), 500, err));
  }
  host.gradients(1);
  device.gradients(1);
  host.step();
  device.step();
  expectSame(host, device, &program.program);
  // A view is in device memory.
  optimc_view view = {};
  EXPECT_OK(optimc_get_state(device.opt, 0, "momentum_buffer", &view, err));
  std::vector<float> found(500);
  EXPECT_CU(cu().memcpyDtoH(found.data(),
                            reinterpret_cast<CUdeviceptr>(view.data), 2000));
  EXPECT_EQ(host.state(0, "momentum_buffer"), found);
}

TEST_F(DeviceCheckpoint, OwnBuffersStartAsTheStatesDo) {
  TestProgram program = makeDeviceLayerwise();
  DeviceHarness device(&program.program);
  device.group("main");
  EXPECT_OK(optimc_set_hyper(device.opt, 0, "lr", 0.375, err));
  DeviceMemory param(std::vector<float>(64, 1)), scale(std::vector<float>(64)),
      update(std::vector<float>(64, 5));
  optimc_named_buffer buffers[] = {
      {"scale", scale.data(), 0, 0},
      {"update", update.data(), OPTIMC_BUFFER_KEEP, 0}};
  int64_t shape = 64;
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  desc.name = "w";
  desc.rank = 1;
  desc.shape = &shape;
  desc.param = param.data();
  desc.buffers = buffers;
  desc.n_buffers = 2;
  optimc_tensor id;
  EXPECT_OK(optimc_add_tensor(device.opt, 0, &desc, &id, err));
  EXPECT_EQ(std::vector<float>(64, 0.375f), scale.download<float>(64));
  EXPECT_EQ(std::vector<float>(64, 5), update.download<float>(64));
}
