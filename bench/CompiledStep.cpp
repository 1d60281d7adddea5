//===- CompiledStep.cpp - compiled optimizers and their data --------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledStep.h"
#include "cpu/Threads.h"
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <random>
#include <vector>

using namespace optimc::bench;

void optimc::bench::fail(const std::string &message) {
  std::fprintf(stderr, "optim_bench: %s\n", message.c_str());
  std::exit(2);
}

void optimc::bench::forEachPiece(
    uint32_t threads, int64_t n,
    const std::function<void(int64_t, int64_t)> &body) {
  struct Work {
    const std::function<void(int64_t, int64_t)> &body;
    int64_t n;
    std::atomic<int64_t> next{0};
  } work{body, n};
  optimc::rt::ThreadChoice choice;
  choice.backend = OPTIMC_THREADS_POOL;
  choice.count = threads;
  optimc::rt::parallel(
      choice,
      [](void *data, uint32_t) {
        Work &work = *static_cast<Work *>(data);
        for (int64_t at; (at = work.next.fetch_add(pieceElements)) < work.n;)
          work.body(at, std::min(at + pieceElements, work.n));
      },
      &work);
}

//===----------------------------------------------------------------------===//
// Data
//===----------------------------------------------------------------------===//

static std::vector<char> makeTile(Buffer::Contents contents, uint32_t dtype,
                                  size_t elementSize) {
  std::vector<float> values(pieceElements);
  if (contents == Buffer::Normal) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (float &value : values)
      value = normal(random);
  }
  std::vector<char> tile(pieceElements * elementSize);
  optimc_error error;
  if (optimc_from_float32(dtype, values.data(), pieceElements, tile.data(),
                          &error))
    fail(error.message);
  return tile;
}

Buffer::Buffer(int64_t n, Contents contents, uint32_t threads, uint32_t dtype)
    : memory(nullptr, std::free) {
  size_t elementSize = dtype == OPTIMC_DTYPE_F32 ? 4 : 2;
  size_t bytes = (n * elementSize + 63) / 64 * 64;
  memory.reset(std::aligned_alloc(64, bytes));
  if (!memory)
    fail("no memory for " + std::to_string(bytes >> 20) +
         " MiB; --size makes the tensors smaller");
  std::vector<char> tile = makeTile(contents, dtype, elementSize);
  forEachPiece(threads, n, [&](int64_t begin, int64_t end) {
    std::copy_n(tile.data(), (end - begin) * elementSize,
                static_cast<char *>(memory.get()) + begin * elementSize);
  });
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

CompiledStep::CompiledStep(const char *spec, uint32_t threads,
                           const CompiledOptions &options) {
  optimc_error error;
  optimc_compile_options compile = OPTIMC_COMPILE_OPTIONS_INIT;
  compile.store = options.store;
  optimc_options run = OPTIMC_OPTIONS_INIT;
  run.n_threads = threads;
  run.threads = OPTIMC_THREADS_POOL;
  run.isa_mask = options.isa;
  if ((options.isText ? optimc_compile_text
                      : optimc_compile)(spec, &compile, &compiled, &error) ||
      optimc_create(optimc_compiled_program(compiled), &run, &optimizer,
                    &error) ||
      optimc_add_group(optimizer, "all", &group, &error))
    fail(error.message);
}

CompiledStep::~CompiledStep() {
  optimc_destroy(optimizer);
  optimc_compiled_destroy(compiled);
}

void CompiledStep::setHyper(const char *name, double value) {
  optimc_error error;
  if (optimc_set_hyper(optimizer, group, name, value, &error))
    fail(error.message);
}

void CompiledStep::addTensor(const std::string &name, int64_t count,
                             optimc_tensor_desc desc) {
  desc.name = name.c_str();
  desc.rank = 1;
  desc.shape = &count;
  optimc_tensor tensor;
  optimc_error error;
  if (optimc_add_tensor(optimizer, group, &desc, &tensor, &error))
    fail(error.message);
}

void CompiledStep::operator()() {
  optimc_error error;
  if (optimc_step(optimizer, &error))
    fail(error.message);
}

double CompiledStep::output(const char *name, optimc_rate rate) const {
  optimc_error error;
  double value;
  if (optimc_get_output(optimizer, name, rate, 0, &value, &error))
    fail(error.message);
  return value;
}
