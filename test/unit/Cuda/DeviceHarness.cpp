//===- DeviceHarness.cpp - an optimizer on a device ----------------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "DeviceHarness.h"

#include <cstring>

using namespace optimc::test;

optimc_options optimc::test::cudaOptions() {
  optimc_options options = OPTIMC_OPTIONS_INIT;
  options.device = OPTIMC_DEVICE_CUDA;
  return options;
}

static void addPtx(TestProgram &program) {
  program.ptx = {{80, 70, kernelsText, strlen(kernelsText)}};
}

TestProgram optimc::test::makeDeviceSgd() {
  TestProgram p = makeSgd();
  addPtx(p);
  p.entries[0].entry.ptx_evaluate = "sgd_evaluate";
  auto &variants = p.entries[0].plans[0].variants;
  variants[0].phases[0].ptx_entry = "sgd_momentum";
  variants[1].phases[0].ptx_entry = "sgd_plain";
  p.build("sgd", "5d01");
  return p;
}

TestProgram optimc::test::makeDeviceLayerwise() {
  TestProgram p = makeLayerwise();
  addPtx(p);
  p.entries[0].entry.ptx_evaluate = "layerwise_evaluate";
  auto &phases = p.entries[0].plans[0].variants[0].phases;
  phases[0].ptx_entry = "layerwise_first";
  phases[1].ptx_entry = "layerwise_second";
  p.build("layerwise", "1a7e");
  return p;
}

DeviceHarness::DeviceHarness(const optimc_program *program, uint64_t seed) {
  optimc_options options = cudaOptions();
  options.seed = seed;
  EXPECT_OK(optimc_create(program, &options, &opt, err));
}

uint32_t DeviceHarness::group(const char *name) {
  uint32_t id = ~0u;
  EXPECT_OK(optimc_add_group(opt, name, &id, err));
  hasGroup = true;
  return id;
}

DeviceTensor &DeviceHarness::tensor(const char *name,
                                    std::vector<int64_t> shape,
                                    uint32_t group) {
  if (!hasGroup)
    this->group("main");
  tensors.push_back(std::make_unique<DeviceTensor>());
  DeviceTensor &t = *tensors.back();
  t.shape = shape;
  for (int64_t extent : shape)
    t.count *= extent;
  std::vector<float> values;
  for (size_t i = 0; i < t.count; ++i)
    values.push_back(noise(1000 + tensors.size(), i));
  t.param = DeviceMemory(values);
  t.grad = DeviceMemory(std::vector<float>(t.count));
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  desc.name = name;
  desc.rank = static_cast<uint32_t>(t.shape.size());
  desc.shape = t.shape.data();
  desc.param = t.param.data();
  desc.grad = t.grad.data();
  EXPECT_OK(optimc_add_tensor(opt, group, &desc, &t.id, err));
  return t;
}

void DeviceHarness::gradients(uint64_t call) {
  EXPECT_CU(cu().ctxSynchronize());
  for (size_t k = 0; k < tensors.size(); ++k) {
    std::vector<float> values;
    for (size_t i = 0; i < tensors[k]->count; ++i)
      values.push_back(noise(call * 7919 + k, i));
    tensors[k]->grad.upload(values.data(), values.size() * sizeof(float));
  }
}

void DeviceHarness::stepOf(std::vector<optimc_tensor> list) {
  EXPECT_OK(optimc_begin(opt, nullptr, err));
  EXPECT_OK(optimc_run_tensors(opt, list.data(), list.size(), err));
  EXPECT_OK(optimc_end(opt, err));
}

double DeviceHarness::scalar(const char *name, optimc_rate rate,
                             uint32_t index) {
  double value = -1;
  EXPECT_OK(optimc_get_scalar(opt, name, rate, index, &value, err));
  return value;
}

double DeviceHarness::output(const char *name, optimc_rate rate,
                             uint32_t index) {
  double value = -1;
  EXPECT_OK(optimc_get_output(opt, name, rate, index, &value, err));
  return value;
}

std::vector<float> DeviceHarness::state(optimc_tensor tensor,
                                        const char *name) {
  std::vector<float> values(tensors[tensor]->count);
  EXPECT_OK(optimc_read_state(opt, tensor, name, values.data(),
                              static_cast<int64_t>(values.size()), err));
  return values;
}

std::vector<float> DeviceHarness::param(optimc_tensor tensor) {
  return tensors[tensor]->param.download<float>(tensors[tensor]->count);
}

template <typename T>
static bool sameBits(const std::vector<T> &a, const std::vector<T> &b) {
  return a.size() == b.size() &&
         (a.empty() || !memcmp(a.data(), b.data(), a.size() * sizeof(T)));
}

void optimc::test::expectSame(Harness &host, DeviceHarness &device,
                              const optimc_program *program) {
  for (size_t k = 0; k < host.tensors.size(); ++k) {
    SCOPED_TRACE(host.tensors[k]->name);
    EXPECT_TRUE(sameBits(host.tensors[k]->param, device.param(k)));
    for (uint32_t i = 0; i < program->streams.count; ++i)
      if (program->streams.data[i].role == OPTIMC_ROLE_STATE) {
        const char *name = program->streams.data[i].name;
        EXPECT_TRUE(sameBits(host.state(k, name), device.state(k, name)))
            << name;
      }
    for (uint32_t i = 0; i < program->states.count; ++i) {
      const char *name = program->states.data[i].name;
      EXPECT_EQ(host.scalar(name, OPTIMC_RATE_TENSOR, k),
                device.scalar(name, OPTIMC_RATE_TENSOR, k))
          << name;
    }
  }
}
