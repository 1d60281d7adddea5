//===- Backends.cpp - one optimizer on one back end ----------------------
//-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Backends.h"

#include <cstring>

using namespace optimc::test;

extern "C" {
#define OPTIMC_SPEC(name) const optimc_program *optimc_program_##name(uint32_t);
#include "Specs.def"
#undef OPTIMC_SPEC
}

const std::vector<Spec> &optimc::test::specs() {
  static const std::vector<Spec> list = {
#define OPTIMC_SPEC(name) {#name, optimc_program_##name},
#include "Specs.def"
#undef OPTIMC_SPEC
  };
  return list;
}

const Spec &optimc::test::findSpec(const std::string &name) {
  for (const Spec &spec : specs())
    if (name == spec.name)
      return spec;
  ADD_FAILURE() << "no spec " << name;
  return specs()[0];
}

const std::vector<Backend> &optimc::test::backends() {
  constexpr uint64_t v3 = OPTIMC_ISA_X86_64_V3, v4 = OPTIMC_ISA_X86_64_V4;
  static const std::vector<Backend> list = {{"baseline", OPTIMC_DEVICE_CPU, 0},
                                            {"v3", OPTIMC_DEVICE_CPU, v3},
                                            {"v4", OPTIMC_DEVICE_CPU, v3 | v4},
                                            {"cuda", OPTIMC_DEVICE_CUDA, 0}};
  return list;
}

static optimc_options optionsOf(const Backend &backend) {
  optimc_options options = OPTIMC_OPTIONS_INIT;
  options.device = backend.device;
  options.isa_mask = backend.isa;
  options.n_threads = 2;
  options.seed = 11;
  return options;
}

std::string optimc::test::whyNot(const Spec &spec, const Backend &backend) {
  if (backend.device == OPTIMC_DEVICE_CUDA)
    return "";
  optimc_options options = optionsOf(backend);
  optimc_optimizer *opt = nullptr;
  optimc_info info = {};
  info.size = sizeof info;
  EXPECT_OK(optimc_create(spec.program(OPTIMC_ABI), &options, &opt, err));
  EXPECT_OK(optimc_get_info(opt, &info, err));
  optimc_destroy(opt);
  return info.isa == backend.isa
             ? ""
             : std::string("this machine has no ") + backend.name;
}

Array::Array(const Backend &backend, std::vector<float> values)
    : isOnDevice(backend.device == OPTIMC_DEVICE_CUDA), count(values.size()),
      host(std::move(values)) {
  if (isOnDevice)
    device = DeviceMemory(host);
}

void Array::set(const std::vector<float> &values) {
  if (isOnDevice)
    device.upload(values.data(), values.size() * sizeof(float));
  else
    std::copy(values.begin(), values.end(), host.begin());
}

std::vector<float> Array::get() const {
  return isOnDevice ? device.download<float>(count) : host;
}

void *Array::data() { return isOnDevice ? device.data() : host.data(); }

static std::vector<float> noiseOf(uint64_t seed, size_t n) {
  std::vector<float> values;
  for (size_t i = 0; i < n; ++i)
    values.push_back(noise(seed, i));
  return values;
}

Trial::Trial(const Spec &spec, const Backend &backend,
             const std::vector<std::vector<int64_t>> &shapes)
    : program(spec.program(OPTIMC_ABI)), shapes(shapes) {
  optimc_options options = optionsOf(backend);
  EXPECT_OK(optimc_create(program, &options, &opt, err));
  optimc_group groups[2];
  EXPECT_OK(optimc_add_group(opt, "decay", &groups[0], err));
  EXPECT_OK(optimc_add_group(opt, "plain", &groups[1], err));
  params.reserve(shapes.size());
  grads.reserve(shapes.size());
  for (size_t i = 0; i < shapes.size(); ++i) {
    size_t n = 1;
    for (int64_t extent : shapes[i])
      n *= extent;
    params.emplace_back(backend, noiseOf(100 + i, n));
    grads.emplace_back(backend, std::vector<float>(n));
    std::string name = "t" + std::to_string(i);
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    desc.name = name.c_str();
    desc.rank = static_cast<uint32_t>(shapes[i].size());
    desc.shape = shapes[i].data();
    desc.param = params.back().data();
    desc.grad = grads.back().data();
    desc.block = 100;
    optimc_tensor id = 0;
    EXPECT_OK(optimc_add_tensor(opt, groups[i % 2], &desc, &id, err));
    for (uint32_t k = 0; k < program->streams.count; ++k) {
      const optimc_stream &stream = program->streams.data[k];
      if (stream.role != OPTIMC_ROLE_INPUT)
        continue;
      std::vector<float> values = noiseOf(500 + i, n);
      for (float &value : values)
        value += 1.5f;
      inputs.emplace_back(backend, std::move(values));
      EXPECT_OK(
          optimc_bind_input(opt, id, stream.name, inputs.back().data(), err));
    }
  }
  for (uint32_t i = 0; i < program->inputs.count; ++i)
    if (!(program->inputs.data[i].flags & OPTIMC_INPUT_OPTIONAL))
      input(program->inputs.data[i].name, 1);
}

void Trial::gradients(uint64_t call, float value) {
  for (size_t i = 0; i < grads.size(); ++i) {
    size_t n = grads[i].get().size();
    std::vector<float> values = noiseOf(call * 7919 + i, n);
    if (value != 0 && n)
      values[n / 2] = value;
    grads[i].set(values);
  }
}

void Trial::hyper(const char *name, double value) {
  for (optimc_group group : {0u, 1u})
    EXPECT_OK(optimc_set_hyper(opt, group, name, value, err));
}

void Trial::input(const char *name, double value) {
  EXPECT_OK(optimc_set_input(opt, name, OPTIMC_RATE_MODEL, 0, value, err));
}

std::vector<std::pair<std::string, std::string>> Trial::contents() {
  std::vector<std::pair<std::string, std::string>> list;
  auto add = [&](std::string name, const void *data, size_t bytes) {
    std::string text(bytes, '\0');
    if (bytes)
      memcpy(&text[0], data, bytes);
    list.emplace_back(std::move(name), std::move(text));
  };
  for (uint32_t t = 0; t < shapes.size(); ++t) {
    std::string at = " of " + std::to_string(t);
    std::vector<float> values = params[t].get();
    add("param" + at, values.data(), values.size() * sizeof(float));
    for (uint32_t k = 0; k < program->streams.count; ++k) {
      const optimc_stream &stream = program->streams.data[k];
      optimc_view view;
      if (stream.role != OPTIMC_ROLE_STATE ||
          optimc_get_state(opt, t, stream.name, &view, nullptr))
        continue;
      values.assign(view.count, -7);
      EXPECT_OK(optimc_read_state(opt, t, stream.name, values.data(),
                                  view.count, err));
      add(stream.name + at, values.data(), values.size() * sizeof(float));
    }
    for (uint32_t k = 0; k < program->states.count; ++k) {
      double value = -7;
      EXPECT_OK(optimc_get_scalar(opt, program->states.data[k].name,
                                  OPTIMC_RATE_TENSOR, t, &value, err));
      add(program->states.data[k].name + at, &value, sizeof value);
    }
    for (uint32_t k = 0; k < program->outputs.count; ++k) {
      double value = -7;
      EXPECT_OK(optimc_get_output(opt, program->outputs.data[k].name,
                                  OPTIMC_RATE_TENSOR, t, &value, err));
      add(program->outputs.data[k].name + at, &value, sizeof value);
    }
  }
  return list;
}

void optimc::test::expectSame(Trial &a, Trial &b) {
  auto left = a.contents(), right = b.contents();
  ASSERT_EQ(left.size(), right.size());
  for (size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ(left[i].first, right[i].first);
    EXPECT_TRUE(left[i].second == right[i].second)
        << left[i].first << " differs";
  }
}
