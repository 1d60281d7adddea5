//===- Harness.cpp - an optimizer with tensors for tests ------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace optimc::test;

float optimc::test::noise(uint64_t seed, uint64_t index) {
  uint64_t bits = optimc_mix(seed * 0x9E3779B97F4A7C15u + index) >> 40;
  return static_cast<float>(bits) * 0x1p-23f - 1.0f;
}

Harness::Harness(const optimc_program *program, const optimc_options *options)
    : program(program) {
  EXPECT_OK(optimc_create(program, options, &opt, err));
}

uint32_t Harness::group(const char *name) {
  uint32_t id = ~0u;
  EXPECT_OK(optimc_add_group(opt, name, &id, err));
  groups.push_back(id);
  return id;
}

TestTensor &Harness::tensor(const char *name, std::vector<int64_t> shape,
                            uint32_t group) {
  if (groups.empty())
    this->group("main");
  tensors.push_back(std::make_unique<TestTensor>());
  TestTensor &t = *tensors.back();
  t.name = name;
  t.shape = shape;
  t.group = group;
  size_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  for (size_t i = 0; i < count; ++i)
    t.param.push_back(noise(1000 + tensors.size(), i));
  t.grad.resize(count);
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  desc.name = t.name.c_str();
  desc.rank = t.shape.size();
  desc.shape = t.shape.data();
  desc.param = t.param.data();
  desc.grad = t.grad.data();
  EXPECT_OK(optimc_add_tensor(opt, group, &desc, &t.id, err));
  return t;
}

void Harness::gradients(uint64_t call) {
  for (size_t k = 0; k < tensors.size(); ++k)
    for (size_t i = 0; i < tensors[k]->grad.size(); ++i)
      tensors[k]->grad[i] = noise(call * 7919 + k, i);
}

void Harness::step() { EXPECT_OK(optimc_step(opt, err)); }

void Harness::stepOf(std::vector<optimc_tensor> list) {
  EXPECT_OK(optimc_begin(opt, nullptr, err));
  EXPECT_OK(optimc_run_tensors(opt, list.data(), list.size(), err));
  EXPECT_OK(optimc_end(opt, err));
}

void Harness::hyper(const char *name, double value, uint32_t group) {
  EXPECT_OK(optimc_set_hyper(opt, group, name, value, err));
}

double Harness::scalar(const char *name, optimc_rate rate, uint32_t index) {
  double value = -1;
  EXPECT_OK(optimc_get_scalar(opt, name, rate, index, &value, err));
  return value;
}

double Harness::output(const char *name, optimc_rate rate, uint32_t index) {
  double value = -1;
  EXPECT_OK(optimc_get_output(opt, name, rate, index, &value, err));
  return value;
}

std::vector<float> Harness::state(optimc_tensor tensor, const char *name) {
  optimc_view view = {};
  EXPECT_OK(optimc_get_state(opt, tensor, name, &view, err));
  auto *data = static_cast<const float *>(view.data);
  return std::vector<float>(data, data + view.count);
}

optimc_info Harness::info() {
  optimc_info info = {};
  info.size = sizeof info;
  EXPECT_OK(optimc_get_info(opt, &info, err));
  return info;
}

std::string Harness::snapshot() {
  std::string bytes;
  auto add = [&](const void *data, size_t size) {
    bytes.append(static_cast<const char *>(data), size);
  };
  for (const auto &t : tensors) {
    add(t->param.data(), t->param.size() * 4);
    add(t->grad.data(), t->grad.size() * 4);
    for (uint32_t i = 0; i < program->streams.count; ++i)
      if (program->streams.data[i].role == OPTIMC_ROLE_STATE) {
        std::vector<float> values = state(t->id, program->streams.data[i].name);
        add(values.data(), values.size() * 4);
      }
  }
  for (uint32_t i = 0; i < program->states.count; ++i) {
    const optimc_scalar_state &s = program->states.data[i];
    for (size_t k = 0; k < tensors.size(); ++k) {
      double value = scalar(s.name, OPTIMC_RATE_TENSOR, tensors[k]->id);
      add(&value, sizeof value);
    }
  }
  for (uint32_t g : groups)
    for (uint32_t i = 0; i < program->hypers.count; ++i) {
      double value = 0;
      EXPECT_OK(
          optimc_get_hyper(opt, g, program->hypers.data[i].name, &value, err));
      add(&value, sizeof value);
    }
  optimc_info now = info();
  add(&now.seed, sizeof now.seed);
  add(&now.n_clocks, sizeof now.n_clocks);
  add(&now.n_tensors, sizeof now.n_tensors);
  add(&now.n_groups, sizeof now.n_groups);
  return bytes + now.mode;
}

TempDir::TempDir() {
  const char *base = getenv("TMPDIR");
  std::string pattern = std::string(base ? base : "/tmp") + "/optimc-XXXXXX";
  path = mkdtemp(pattern.data()) ? pattern : ".";
}

TempDir::~TempDir() {
  chmod(path.c_str(), 0700);
  for (const std::string &name : list())
    unlink((path + "/" + name).c_str());
  rmdir(path.c_str());
}

std::vector<std::string> TempDir::list() const {
  std::vector<std::string> names;
  if (DIR *directory = opendir(path.c_str())) {
    while (dirent *entry = readdir(directory))
      if (entry->d_name != std::string(".") &&
          entry->d_name != std::string(".."))
        names.push_back(entry->d_name);
    closedir(directory);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string optimc::test::readBytes(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void optimc::test::writeBytes(const std::string &path,
                              const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}
