//===- optim_bench.cpp - compiled steps against hand-written loops -*- C++
//-*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Everything runs in one process, interleaved, on the same buffers and the same
// threads: ratios mean something here, absolute times do not.
//
//===----------------------------------------------------------------------===//

#include "HandLoops.h"
#include "optimc-c/Compiler.h"
#include "optimc-c/Runtime.h"
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

using namespace optimc::bench;

namespace {

//===----------------------------------------------------------------------===//
// Threads that all contenders share
//===----------------------------------------------------------------------===//

class Pool {
public:
  explicit Pool(unsigned threads) {
    for (unsigned i = 1; i < threads; ++i)
      workers.emplace_back([this] { work(); });
  }
  ~Pool() {
    {
      std::lock_guard<std::mutex> lock(mutex);
      stop = true;
    }
    wake.notify_all();
    for (std::thread &worker : workers)
      worker.join();
  }
  unsigned size() const { return unsigned(workers.size()) + 1; }

  void run(optimc_task_fn task, void *data, uint32_t n) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      current = task;
      argument = data;
      total = n;
      next = 0;
      pending = n;
      ++generation;
    }
    wake.notify_all();
    take();
    std::unique_lock<std::mutex> lock(mutex);
    done.wait(lock, [this] { return pending == 0; });
  }

private:
  void take() {
    std::unique_lock<std::mutex> lock(mutex);
    while (next < total) {
      uint32_t index = next++;
      lock.unlock();
      current(argument, index);
      lock.lock();
      if (--pending == 0)
        done.notify_all();
    }
  }
  void work() {
    uint64_t seen = 0;
    for (;;) {
      {
        std::unique_lock<std::mutex> lock(mutex);
        wake.wait(lock, [&] { return stop || generation != seen; });
        if (stop)
          return;
        seen = generation;
      }
      take();
    }
  }

  std::vector<std::thread> workers;
  std::mutex mutex;
  std::condition_variable wake, done;
  optimc_task_fn current = nullptr;
  void *argument = nullptr;
  uint32_t total = 0, next = 0, pending = 0;
  uint64_t generation = 0;
  bool stop = false;
};

void parallelFor(void *context, optimc_task_fn task, void *data, uint32_t n) {
  static_cast<Pool *>(context)->run(task, data, n);
}

/// Runs body(begin, end) over [0, n) in pieces of 64 Ki elements.
void forEachPiece(Pool &pool, int64_t n,
                  const std::function<void(int64_t, int64_t)> &body) {
  constexpr int64_t piece = 65536;
  struct Work {
    const std::function<void(int64_t, int64_t)> *body;
    int64_t n;
  } work{&body, n};
  pool.run(
      [](void *data, uint32_t index) {
        auto *work = static_cast<Work *>(data);
        int64_t begin = index * piece;
        (*work->body)(begin, std::min(begin + piece, work->n));
      },
      &work, uint32_t((n + piece - 1) / piece));
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

struct Contender {
  std::string name;
  std::function<void()> step;
  std::vector<double> seconds;

  double quantile(double q) const {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[size_t(q * double(sorted.size() - 1) + 0.5)];
  }
};

void measure(std::vector<Contender> &contenders, int rounds) {
  for (Contender &contender : contenders)
    contender.step(); // warm: page tables, schedules
  for (int round = 0; round < rounds; ++round)
    for (size_t i = 0; i < contenders.size(); ++i) {
      // Another order each round, so that no one always follows the same.
      Contender &contender = contenders[(i + round) % contenders.size()];
      auto start = std::chrono::steady_clock::now();
      contender.step();
      contender.seconds.push_back(std::chrono::duration<double>(
                                      std::chrono::steady_clock::now() - start)
                                      .count());
    }
}

void print(const std::vector<Contender> &contenders, int64_t bytes) {
  std::printf("  %-28s %9s %18s %8s\n", "", "median ms", "10% .. 90%", "GB/s");
  for (const Contender &each : contenders)
    std::printf("  %-28s %9.3f %8.3f .. %7.3f %8.1f\n", each.name.c_str(),
                each.quantile(.5) * 1e3, each.quantile(.1) * 1e3,
                each.quantile(.9) * 1e3,
                double(bytes) / each.quantile(.5) * 1e-9);
}

[[noreturn]] void fail(const optimc_error &error) {
  std::fprintf(stderr, "optim_bench: %s\n", error.message);
  std::exit(2);
}

//===----------------------------------------------------------------------===//
// The runs
//===----------------------------------------------------------------------===//

struct Buffer {
  explicit Buffer(int64_t n)
      : data(static_cast<float *>(
                 std::aligned_alloc(64, size_t((n * 4 + 63) / 64 * 64))),
             std::free) {}
  std::unique_ptr<float, void (*)(void *)> data;
};

class Bench {
public:
  Bench(const char *spec, bool slow, int64_t n, Pool &pool)
      : slow(slow), n(n), pool(pool) {
    optimc_error error;
    if (optimc_compile(spec, nullptr, &compiled, &error))
      fail(error);
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> tile(1 << 16);
    for (float &value : tile)
      value = normal(random);
    for (int i = 0; i < 5; ++i) {
      buffers.emplace_back(i == 3 && !slow ? 16 : n);
      float *data = buffers.back().data.get();
      // First touch by the threads that will use the pages.
      if (i != 3 || slow)
        forEachPiece(pool, n, [&](int64_t begin, int64_t end) {
          for (int64_t k = begin; k < end; ++k)
            data[k] = i < 2 ? tile[k % tile.size()] : 0;
        });
    }
    streams = {buffers[0].data.get(), buffers[1].data.get(),
               buffers[2].data.get(), buffers[3].data.get(),
               buffers[4].data.get()};
  }
  ~Bench() {
    for (optimc_optimizer *optimizer : optimizers)
      optimc_destroy(optimizer);
    optimc_compiled_destroy(compiled);
  }

  /// The compiled step over `tensors` tensors of equal size in these buffers.
  Contender compiledStep(const std::string &name, int64_t tensors,
                         bool ownThreads = false) {
    optimc_error error;
    optimc_options options = OPTIMC_OPTIONS_INIT;
    options.n_threads = pool.size();
    if (!ownThreads) {
      options.threads = OPTIMC_THREADS_CALLER;
      options.parallel_for = parallelFor;
      options.parallel_context = &pool;
    }
    optimc_optimizer *opt;
    optimc_group group;
    if (optimc_create(optimc_compiled_program(compiled), &options, &opt,
                      &error) ||
        optimc_add_group(opt, "all", &group, &error) ||
        optimc_set_hyper(opt, group, "weight_decay", 0.1, &error))
      fail(error);
    optimizers.push_back(opt);
    int64_t count = n / tensors;
    for (int64_t i = 0; i < tensors; ++i) {
      int64_t at = i * count;
      optimc_named_buffer states[] = {
          {"exp_avg", streams.m + at, 0, 0},
          {"exp_avg_sq", streams.v + at, 0, 0},
          {"exp_avg_slow", streams.slow + (slow ? at : 0), 0, 0}};
      std::string tensorName = "w" + std::to_string(i);
      optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
      desc.rank = 1;
      desc.name = tensorName.c_str();
      desc.shape = &count;
      desc.param = streams.p + at;
      desc.grad = const_cast<float *>(streams.g) + at;
      desc.buffers = states;
      desc.n_buffers = slow ? 3 : 2;
      optimc_tensor tensor;
      if (optimc_add_tensor(opt, group, &desc, &tensor, &error))
        fail(error);
    }
    return {name,
            [opt] {
              optimc_error error;
              if (optimc_step(opt, &error))
                fail(error);
            },
            {}};
  }

  Contender handStep() {
    return {"by hand, AVX-512 + prefetch",
            [this] {
              StepScalars k{1e-3f, .1f, 1e-8f, .1f, 1e-3f, 1e-4f, 1, 1, 5};
              forEachPiece(pool, n, [&](int64_t begin, int64_t end) {
                (slow ? ademamixByHand : adamwByHand)(streams, k, begin, end);
              });
            },
            {}};
  }
  Contender streamsOnly() {
    return {"same streams, no math",
            [this] {
              forEachPiece(pool, n, [&](int64_t begin, int64_t end) {
                (slow ? ademamixStreams : adamwStreams)(streams, begin, end);
              });
            },
            {}};
  }

  int64_t bytes() const { return n * (slow ? 36 : 28); }

private:
  bool slow;
  int64_t n;
  Pool &pool;
  optimc_compiled *compiled = nullptr;
  std::vector<optimc_optimizer *> optimizers;
  std::vector<Buffer> buffers;
  Streams streams{};
};

double ratio(const Contender &reference, const Contender &ours) {
  return reference.quantile(.5) / ours.quantile(.5);
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Compiled optimizer steps against hand-written loops: medians "
               "of interleaved rounds in one process");
  int rounds = 15;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  int64_t megabi = 64;
  bool check = false;
  app.add_option("--rounds", rounds, "Interleaved rounds")
      ->check(CLI::Range(3, 1000))
      ->capture_default_str();
  app.add_option("--threads", threads, "Threads")->capture_default_str();
  app.add_option("--size", megabi, "Elements of the large tensor, in Mi")
      ->check(CLI::Range(int64_t(1), int64_t(256)))
      ->capture_default_str();
  app.add_flag("--check", check, "Fail where a ratio misses its goal");
  CLI11_PARSE(app, argc, argv);
  if (!hasAvx512()) {
    std::puts("optim_bench: this CPU has no AVX-512, which the hand-written "
              "loops need");
    return 0;
  }

  Pool pool(threads);
  bool good = true;
  auto goal = [&](const char *what, double value, double limit, bool atLeast) {
    bool met = atLeast ? value >= limit : value <= limit;
    good &= met;
    std::printf("  %-44s %.3f (goal: %s %.2f)%s\n", what, value,
                atLeast ? "at least" : "at most", limit, met ? "" : "  MISSED");
  };
  for (bool slow : {false, true}) {
    const char *spec = slow ? "ademamix" : "adamw";
    int64_t n = megabi << 20;
    std::printf("%s, one tensor of %ld Mi, %u threads, %d rounds\n", spec,
                long(megabi), threads, rounds);
    Bench bench(spec, slow, n, pool);
    std::vector<Contender> contenders = {bench.compiledStep("optimc", 1),
                                         bench.handStep(), bench.streamsOnly()};
    measure(contenders, rounds);
    print(contenders, bench.bytes());
    goal("optimc / by hand", ratio(contenders[1], contenders[0]), .95, true);
    goal("by hand / streams", ratio(contenders[2], contenders[1]), .9, true);

    int64_t small = 1000 * 1024;
    std::printf("%s, 1000 x 1024 against one tensor of the same total\n", spec);
    Bench many(spec, slow, small, pool);
    std::vector<Contender> lists = {
        many.compiledStep("1000 x 1024", 1000, true),
        many.compiledStep("one tensor", 1, true)};
    measure(lists, rounds * 10);
    print(lists, many.bytes());
    goal("1000 x 1024 / one tensor",
         lists[0].quantile(.5) / lists[1].quantile(.5), 1.5, false);
  }
  return check && !good;
}
