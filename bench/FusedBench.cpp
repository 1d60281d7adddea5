//===- FusedBench.cpp - one spec against a pass for each of its parts -----===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledStep.h"
#include "Contenders.h"
#include "HandLoops.h"
#include <algorithm>
#include <cmath>
#include <mutex>

using namespace optimc::bench;

// The built-in adamw_clip and an average of the weights.
static const char spec[] = R"mlir(
optim.optimizer @adamw_clip_ema(%p, %g)
    hyper(%lr = 1e-3 in [0, inf), %beta1 = 0.9 in [0, 1), %beta2 = 0.999 in [0, 1), %eps = 1e-8 in [0, inf),
          %weight_decay = 0.01 in [0, inf), %max_norm = 1 in (0, inf], %ema_decay = 0.999 in [0, 1))
    state(%m "exp_avg", %v "exp_avg_sq", %e "ema" = param observable) {
  %g_sq  = reduce sum_sq %g to model
  %norm  = expr sqrt(%g_sq)
  %scale = expr min(1, %max_norm / (%norm + 1e-6))
  %c     = expr %scale * %g
  %c2    = expr %c * %c
  %m_t   = ema %m, %c decay %beta1
  %v_t   = ema %v, %c2 decay %beta2
  %m_hat = debias %m_t decay %beta1
  %v_hat = debias %v_t decay %beta2
  %u     = expr %m_hat / (sqrt(%v_hat) + %eps)
  %p_t   = expr %p - %lr * (%u + %weight_decay * %p)
  %e_t   = ema %e, %p_t decay %ema_decay
  commit %p = %p_t, %m = %m_t, %v = %v_t, %e = %e_t, "grad_norm" = %norm
}
)mlir";

namespace {
struct FusedData {
  FusedData(int64_t n, uint32_t threads)
      : n(n), threads(threads), p(n, Buffer::Normal, threads),
        g(n, Buffer::Normal, threads), m(n, Buffer::Zero, threads),
        v(n, Buffer::Zero, threads), e(n, Buffer::Normal, threads) {}

  int64_t n;
  uint32_t threads;
  Buffer p, g, m, v, e;
};
} // namespace

static void addTensor(CompiledStep &step, FusedData &data, bool withAverage) {
  optimc_named_buffer states[] = {{"exp_avg", data.m.data(), 0, 0},
                                  {"exp_avg_sq", data.v.data(), 0, 0},
                                  {"ema", data.e.data(), 0, 0}};
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  desc.param = data.p.data();
  desc.grad = data.g.data();
  desc.buffers = states;
  desc.n_buffers = withAverage ? 3 : 2;
  step.addTensor("w", data.n, desc);
}

static Step makeOneSpec(std::shared_ptr<FusedData> data) {
  CompiledOptions options;
  options.isText = true;
  auto step = std::make_shared<CompiledStep>(spec, data->threads, options);
  addTensor(*step, *data, true);
  return [data, step] { (*step)(); };
}

/// As frameworks do it: the norm, the gradients scaled in place whatever the
/// norm is, the step, the average.
static Step makeSeparatePasses(std::shared_ptr<FusedData> data) {
  auto step = std::make_shared<CompiledStep>("adamw", data->threads);
  addTensor(*step, *data, false);
  return [data, step] {
    uint32_t threads = data->threads;
    float *p = data->p.floats(), *g = data->g.floats(), *e = data->e.floats();
    double sum = 0;
    std::mutex mutex;
    forEachPiece(threads, data->n, [&](int64_t begin, int64_t end) {
      double part = sumOfSquares(g, begin, end);
      std::lock_guard<std::mutex> lock(mutex);
      sum += part;
    });
    float scale = float(std::min(1., 1 / (std::sqrt(sum) + 1e-6)));
    forEachPiece(threads, data->n, [&](int64_t begin, int64_t end) {
      scaleBy(g, scale, begin, end);
    });
    (*step)();
    forEachPiece(threads, data->n, [&](int64_t begin, int64_t end) {
      averageInto(e, p, 1e-3f, begin, end);
    });
  };
}

Group optimc::bench::makeFusedGroup(const Sizes &sizes) {
  int64_t n = sizes.large;
  auto data = shared<FusedData>(n, sizes.threads);
  std::string name = "fused/" + sizeName(n) + "/";
  Group group;
  group.contenders = {
      {name + "one_spec", n, 40, [=] { return makeOneSpec(data()); }},
      {name + "separate", n, 52, [=] { return makeSeparatePasses(data()); }}};
  group.goals = {{"clipping, AdamW and average, separate / one spec",
                  name + "separate", name + "one_spec", 1.4}};
  return group;
}
