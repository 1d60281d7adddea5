//===- storage_bench.cpp - what storage formats cost -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The same rule in several storage plans and for several instruction sets:
// medians of interleaved rounds in one process, and their ratios.
//
//===----------------------------------------------------------------------===//

#include "optimc-c/Compiler.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {
[[noreturn]] void fail(const optimc_error &error) {
  std::fprintf(stderr, "storage_bench: %s\n", error.message);
  std::exit(2);
}

struct Plan {
  const char *name, *store;
  uint64_t isa;
  double bytes;         ///< moved per element and step by adamw
  uint32_t param, grad; ///< optimc_dtype
};

struct Contender {
  Contender(const char *spec, const Plan &plan, int64_t n, unsigned threads)
      : plan(plan), param(n), grad(n) {
    optimc_error error;
    optimc_compile_options compile = OPTIMC_COMPILE_OPTIONS_INIT;
    compile.store = plan.store;
    optimc_options options = OPTIMC_OPTIONS_INIT;
    options.n_threads = threads;
    options.isa_mask = plan.isa;
    optimc_group group;
    if (optimc_compile(spec, &compile, &compiled, &error) ||
        optimc_create(optimc_compiled_program(compiled), &options, &optimizer,
                      &error) ||
        optimc_add_group(optimizer, "all", &group, &error))
      fail(error);
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> tile(1 << 16);
    for (float &value : tile)
      value = normal(random);
    for (int64_t i = 0; i < n; i += tile.size()) {
      int64_t count = std::min<int64_t>(tile.size(), n - i);
      if (optimc_from_float32(plan.param, tile.data(), count,
                              at(param, plan.param, i), &error) ||
          optimc_from_float32(plan.grad, tile.data(), count,
                              at(grad, plan.grad, i), &error))
        fail(error);
    }
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    optimc_tensor tensor;
    desc.rank = 1;
    desc.name = "w";
    desc.shape = &n;
    desc.param = param.data();
    desc.grad = grad.data();
    desc.param_dtype = plan.param;
    desc.grad_dtype = plan.grad;
    if (optimc_add_tensor(optimizer, group, &desc, &tensor, &error))
      fail(error);
  }
  ~Contender() {
    optimc_destroy(optimizer);
    optimc_compiled_destroy(compiled);
  }
  Contender(const Contender &) = delete;

  void step() {
    optimc_error error;
    auto start = std::chrono::steady_clock::now();
    double busy = processorSeconds();
    if (optimc_step(optimizer, &error))
      fail(error);
    processor.push_back(processorSeconds() - busy);
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
            .count());
  }
  static double median(std::vector<double> sorted) {
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  /// With `byProcessor`, of the time that all threads ran: what other
  /// processes take is not in it.
  double median(bool byProcessor) const {
    return median(byProcessor ? processor : seconds);
  }

  Plan plan;
  std::vector<double> seconds, processor;

private:
  static double processorSeconds() {
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
  }
  static void *at(std::vector<float> &buffer, uint32_t dtype, int64_t i) {
    size_t size = dtype == OPTIMC_DTYPE_F32 ? 4 : 2;
    return reinterpret_cast<char *>(buffer.data()) + i * size;
  }

  std::vector<float> param, grad; // large enough for every format
  optimc_compiled *compiled = nullptr;
  optimc_optimizer *optimizer = nullptr;
};
} // namespace

int main(int argc, char **argv) {
  CLI::App app("Storage formats of AdamW: medians of interleaved rounds in one "
               "process");
  int rounds = 15;
  unsigned threads = 0;
  int64_t kibi = 64 << 10;
  bool check = false, byProcessor = false;
  app.add_option("--rounds", rounds, "Interleaved rounds")
      ->check(CLI::Range(3, 10000))
      ->capture_default_str();
  app.add_option("--threads", threads, "Threads; 0: all")
      ->capture_default_str();
  app.add_option("--size", kibi, "Elements of the tensor, in Ki")
      ->check(CLI::Range(int64_t(1), int64_t(256) << 10))
      ->capture_default_str();
  app.add_flag("--processor-time", byProcessor,
               "Compare processor time, on a busy machine");
  app.add_flag("--check", check, "Fail where a ratio misses its goal");
  CLI11_PARSE(app, argc, argv);

  constexpr uint64_t v4 = ~uint64_t(0), v3 = OPTIMC_ISA_X86_64_V3;
  constexpr uint32_t f32 = OPTIMC_DTYPE_F32, bf16 = OPTIMC_DTYPE_BF16;
  constexpr char half[] = "param=bf16,grad=bf16",
                 drawn[] = "param=bf16_sr,grad=bf16", small[] = "states=q8",
                 nearest[] = "exp_avg=q8,exp_avg_sq=q8";
  const Plan plans[] = {{"f32, best", "", v4, 28, f32, f32},
                        {"bf16 p g, best", half, v4, 22, bf16, bf16},
                        {"bf16_sr p, best", drawn, v4, 22, bf16, bf16},
                        {"q8, best", nearest, v4, 16.03, f32, f32},
                        {"q8 + q8_sr, best", small, v4, 16.03, f32, f32},
                        {"f32, v3", "", v3, 28, f32, f32},
                        {"bf16 p g, v3", half, v3, 22, bf16, bf16},
                        {"bf16_sr p, v3", drawn, v3, 22, bf16, bf16},
                        {"q8, v3", nearest, v3, 16.03, f32, f32},
                        {"q8 + q8_sr, v3", small, v3, 16.03, f32, f32}};
  int64_t n = kibi << 10;
  std::vector<std::unique_ptr<Contender>> list;
  for (const Plan &plan : plans)
    list.push_back(std::make_unique<Contender>("adamw", plan, n, threads));
  for (auto &contender : list) {
    contender->step(); // warm
    contender->seconds.clear();
    contender->processor.clear();
  }
  for (int round = 0; round < rounds; ++round)
    for (size_t i = 0; i < list.size(); ++i)
      list[(i + round) % list.size()]->step();
  std::printf("adamw, %lld Ki elements, %d rounds\n",
              static_cast<long long>(kibi), rounds);
  for (auto &contender : list)
    std::printf(
        "  %-20s %9.3f ms %7.3f ns/element %7.1f GB/s, %6.3f ns/element "
        "of processor time\n",
        contender->plan.name, contender->median(false) * 1e3,
        contender->median(false) / n * 1e9,
        contender->plan.bytes * n / contender->median(false) * 1e-9,
        contender->median(true) / n * 1e9);
  bool good = true;
  auto goal = [&](const char *what, double value, double limit) {
    good &= value >= limit;
    std::printf("  %-52s %.3f (goal: at least %.2f)%s\n", what, value, limit,
                value >= limit ? "" : "  MISSED");
  };
  auto speed = [&](int i, int j) {
    return list[j]->median(byProcessor) / list[i]->median(byProcessor);
  };
  auto rate = [&](int i, int j) {
    return speed(i, j) * plans[i].bytes / plans[j].bytes;
  };
  goal("bf16 / f32 in GB/s, v3", rate(6, 5), 1.0);
  goal("bf16 / f32 in GB/s, best", rate(1, 0), 1.0);
  goal("bf16 / bf16_sr in time, best", 1 / speed(1, 2), 1 / 1.03);
  goal("bf16 / bf16_sr in time, v3", 1 / speed(6, 7), 1 / 1.03);
  goal("q8 as fast as f32, best", speed(3, 0), .95);
  goal("q8 as fast as f32, v3", speed(8, 5), .75);
  goal("q8 + q8_sr as fast as f32, best", speed(4, 0), .95);
  goal("q8 + q8_sr as fast as f32, v3", speed(9, 5), .75);
  return check && !good;
}
