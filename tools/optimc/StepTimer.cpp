//===- StepTimer.cpp - how long compiled steps take -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepTimer.h"
#include "ProgramArrays.h"
#include "optimc-c/Compiler.h"
#include "optimc-c/Runtime.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <random>
#include <thread>
#include <vector>

using namespace llvm;
using namespace optimc::tool;

static constexpr int64_t cols = 256;

namespace {
class CompiledSpec {
public:
  ~CompiledSpec() { optimc_compiled_destroy(compiled); }
  Error compile(const TimedSpec &spec);
  const optimc_program &getProgram() const {
    return *optimc_compiled_program(compiled);
  }

private:
  optimc_compiled *compiled = nullptr;
};

/// A tensor of 256 columns with an optimizer of its own.
class TimedTensor {
public:
  ~TimedTensor() { optimc_destroy(optimizer); }

  Error initialize(const optimc_program &program, int64_t rows,
                   unsigned threads);
  Expected<double> time(int steps);

private:
  Error check(optimc_status status) {
    return status == OPTIMC_OK ? Error::success()
                               : createStringError(error.message);
  }
  Error addTensor(const optimc_program &program, int64_t rows);
  Error setInputs(const optimc_program &program);
  Expected<void *> makeArray(uint32_t type, float scale);

  optimc_error error;
  optimc_optimizer *optimizer = nullptr;
  optimc_group group = 0;
  optimc_tensor tensor = 0;
  int64_t count = 0;
  std::deque<std::vector<float>> arrays; // large enough for any format
};
} // namespace

Expected<void *> TimedTensor::makeArray(uint32_t type, float scale) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, scale);
  std::vector<float> row(cols);
  for (float &value : row)
    value = normal(random);
  std::vector<float> &array = arrays.emplace_back(count);
  size_t size = type == OPTIMC_DTYPE_F32 ? sizeof(float) : sizeof(uint16_t);
  auto *to = reinterpret_cast<char *>(array.data());
  for (int64_t i = 0; i != count; i += cols, to += size * cols)
    if (Error failure =
            check(optimc_from_float32(type, row.data(), cols, to, &error)))
      return std::move(failure);
  return array.data();
}

Error TimedTensor::addTensor(const optimc_program &program, int64_t rows) {
  uint32_t paramType = getDtype(program, OPTIMC_ROLE_PARAM);
  uint32_t gradType = getDtype(program, OPTIMC_ROLE_GRAD);
  int64_t shape[] = {rows, cols};
  count = rows * cols;
  Expected<void *> param = makeArray(paramType, .02f);
  if (!param)
    return param.takeError();
  Expected<void *> grad = makeArray(gradType, 1);
  if (!grad)
    return grad.takeError();
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  desc.rank = 2;
  desc.name = "w";
  desc.shape = shape;
  desc.block = cols;
  desc.param = *param;
  desc.grad = *grad;
  desc.param_dtype = paramType;
  desc.grad_dtype = gradType;
  return check(optimc_add_tensor(optimizer, group, &desc, &tensor, &error));
}

Error TimedTensor::setInputs(const optimc_program &program) {
  for (uint32_t i = 0; i != program.inputs.count; ++i) {
    const optimc_scalar_input &input = at(program.inputs, i);
    if (input.flags & OPTIMC_INPUT_OPTIONAL)
      continue;
    if (Error failure = check(optimc_set_input(
            optimizer, input.name, optimc_rate(input.rate), 0, 1, &error)))
      return failure;
  }
  for (uint32_t i = 0; i != program.streams.count; ++i) {
    const optimc_stream &stream = at(program.streams, i);
    if (stream.role != OPTIMC_ROLE_INPUT)
      continue;
    Expected<void *> array = makeArray(OPTIMC_DTYPE_F32, 1);
    if (!array)
      return array.takeError();
    if (Error failure = check(
            optimc_bind_input(optimizer, tensor, stream.name, *array, &error)))
      return failure;
  }
  return Error::success();
}

Error CompiledSpec::compile(const TimedSpec &spec) {
  optimc_compile_options options = OPTIMC_COMPILE_OPTIONS_INIT;
  std::string frozen = join(spec.freeze, ","), stored = join(spec.store, ",");
  options.freeze = frozen.c_str();
  options.store = stored.c_str();
  options.optimizer = spec.optimizer.c_str();
  optimc_error error;
  if (optimc_compile_text(spec.text.c_str(), &options, &compiled, &error) !=
      OPTIMC_OK)
    return createStringError(error.message);
  return Error::success();
}

Error TimedTensor::initialize(const optimc_program &program, int64_t rows,
                              unsigned threads) {
  optimc_options runtime = OPTIMC_OPTIONS_INIT;
  runtime.n_threads = threads;
  if (Error failure =
          check(optimc_create(&program, &runtime, &optimizer, &error)))
    return failure;
  if (Error failure = check(optimc_add_group(optimizer, "all", &group, &error)))
    return failure;
  if (Error failure = addTensor(program, rows))
    return failure;
  return setInputs(program);
}

Expected<double> TimedTensor::time(int steps) {
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i != steps; ++i)
    if (Error failure = check(optimc_step(optimizer, &error)))
      return std::move(failure);
  std::chrono::duration<double> all = std::chrono::steady_clock::now() - start;
  return all.count() / steps;
}

/// Steps that take a fifth of a millisecond.
static int chooseSteps(double seconds) {
  return static_cast<int>(std::clamp(2e-4 / seconds, 1.0, 1000.0));
}

Expected<double> optimc::tool::timeStep(const TimedSpec &spec, int64_t rows,
                                        unsigned threads, int rounds) {
  CompiledSpec compiled;
  if (Error failure = compiled.compile(spec))
    return std::move(failure);
  TimedTensor tensor;
  if (Error failure = tensor.initialize(compiled.getProgram(), rows, threads))
    return std::move(failure);
  Expected<double> first = tensor.time(1);
  if (!first)
    return first;
  int steps = chooseSteps(*first);
  std::vector<double> samples;
  for (int round = -1; round < rounds; ++round) {
    Expected<double> sample = tensor.time(steps);
    if (!sample)
      return sample;
    if (round >= 0)
      samples.push_back(*sample);
  }
  std::nth_element(samples.begin(), samples.begin() + rounds / 2,
                   samples.end());
  return samples[rounds / 2];
}

namespace {
/// Other threads that do the same meanwhile: processors share what computes,
/// too.
class Company {
public:
  ~Company() {
    stops = true;
    for (std::thread &thread : threads)
      thread.join();
  }
  Error start(const optimc_program &program, int64_t rows, unsigned count) {
    for (unsigned i = 0; i != count; ++i) {
      TimedTensor &tensor = tensors.emplace_back();
      if (Error failure = tensor.initialize(program, rows, /*threads=*/1))
        return failure;
    }
    for (TimedTensor &tensor : tensors)
      threads.emplace_back([this, &tensor] {
        while (!stops)
          if (Expected<double> time = tensor.time(16); !time)
            return consumeError(time.takeError());
      });
    return Error::success();
  }

private:
  std::deque<TimedTensor> tensors;
  std::vector<std::thread> threads;
  std::atomic<bool> stops{false};
};
} // namespace

Expected<double> optimc::tool::timeInCache(const TimedSpec &spec,
                                           unsigned threads) {
  constexpr int64_t rows[] = {16, 48};
  constexpr int rounds = 60;
  CompiledSpec compiled;
  if (Error failure = compiled.compile(spec))
    return std::move(failure);
  const optimc_program &program = compiled.getProgram();
  TimedTensor tensors[2];
  std::vector<double> samples[2];
  int steps[2];
  for (int i : {0, 1}) {
    if (Error failure = tensors[i].initialize(program, rows[i], /*threads=*/1))
      return std::move(failure);
    Expected<double> first = tensors[i].time(2);
    if (!first)
      return first;
    steps[i] = chooseSteps(*first);
  }
  Company company;
  if (Error failure = company.start(program, rows[1], threads - 1))
    return std::move(failure);
  // Alternating, so that both see the same machine.
  for (int round = 0; round != rounds; ++round)
    for (int i : {0, 1}) {
      Expected<double> sample = tensors[i].time(steps[i]);
      if (!sample)
        return sample;
      samples[i].push_back(*sample);
    }
  for (std::vector<double> &list : samples)
    std::nth_element(list.begin(), list.begin() + rounds / 2, list.end());
  double seconds = samples[1][rounds / 2] - samples[0][rounds / 2];
  return std::max(seconds, 0.0) * 1e9 / double((rows[1] - rows[0]) * cols);
}
