//===- StepTest.cpp - steps, variants, entries, random keys ---------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

#include <cmath>

using namespace optimc::test;

TEST(Step, SgdEqualsTheFormula) {
  TestProgram sgd = makeSgd();
  Harness h(&sgd.program);
  TestTensor &t = h.tensor("w", {33, 7});
  std::vector<float> p = t.param, m(p.size());
  for (int step = 1; step <= 5; ++step) {
    h.gradients(step);
    for (size_t i = 0; i < p.size(); ++i) {
      m[i] = m[i] * 0.9f + t.grad[i];
      p[i] = p[i] - 0.1f * m[i];
    }
    h.step();
    EXPECT_EQ(p, t.param) << "step " << step;
    EXPECT_EQ(m, h.state(t.id, "momentum_buffer"));
    EXPECT_EQ(step, h.scalar("step", OPTIMC_RATE_GROUP, 0));
  }
}

TEST(Step, TheVariantFollowsTheHyperparameter) {
  TestProgram sgd = makeSgd();
  Harness h(&sgd.program);
  TestTensor &t = h.tensor("w", {100});
  h.gradients(1);
  h.step();
  std::vector<float> before = h.state(t.id, "momentum_buffer");
  std::vector<float> p = t.param;
  h.hyper("momentum", 0);
  h.hyper("lr", 0.5);
  h.step();
  // Without momentum the state is neither read nor written.
  EXPECT_EQ(before, h.state(t.id, "momentum_buffer"));
  for (size_t i = 0; i < p.size(); ++i)
    EXPECT_EQ(p[i] - 0.5f * t.grad[i], t.param[i]);
}

TEST(Step, GroupsHaveTheirOwnHyperparameters) {
  TestProgram sgd = makeSgd();
  Harness h(&sgd.program);
  uint32_t slow = h.group("slow"), fast = h.group("fast");
  h.hyper("lr", 0.001, slow);
  h.hyper("momentum", 0, slow);
  TestTensor &a = h.tensor("a", {50}, slow), &b = h.tensor("b", {60}, fast);
  h.gradients(3);
  std::vector<float> pa = a.param, pb = b.param;
  h.step();
  for (size_t i = 0; i < pa.size(); ++i)
    EXPECT_EQ(pa[i] - 0.001f * a.grad[i], a.param[i]);
  for (size_t i = 0; i < pb.size(); ++i)
    EXPECT_EQ(pb[i] - 0.1f * b.grad[i], b.param[i]);
}

static std::vector<float> adamReference(const TestTensor &t, int steps) {
  std::vector<float> p = t.param, m(p.size()), v(p.size());
  for (int step = 1; step <= steps; ++step) {
    double lr = 1e-3 * (step < 4 ? step / 4.0 : 1);
    float w1 = static_cast<float>(1 - 0.9), w2 = static_cast<float>(1 - 0.999);
    float d1 = static_cast<float>(1 / (1 - std::pow(0.9, step)));
    float d2 = static_cast<float>(1 / (1 - std::pow(0.999, step)));
    for (size_t i = 0; i < p.size(); ++i) {
      float g = noise(step * 7919, i) * 0.5f;
      m[i] = std::fma(w1, g - m[i], m[i]);
      v[i] = std::fma(w2, g * g - v[i], v[i]);
      float u = (m[i] * d1) / (std::sqrt(v[i] * d2) + 1e-8f);
      u = u + 0.01f * p[i];
      p[i] = p[i] - static_cast<float>(lr) * u;
    }
  }
  return p;
}

TEST(Step, AdamWWithScheduleAndGradScale) {
  TestProgram adamw = makeAdamW();
  Harness h(&adamw.program);
  TestTensor &t = h.tensor("w", {1000});
  h.hyper("warmup", 4);
  EXPECT_OK(
      optimc_set_input(h.opt, "grad_scale", OPTIMC_RATE_MODEL, 0, 2, err));
  std::vector<float> expected = adamReference(t, 6);
  double sum = 0;
  for (int step = 1; step <= 6; ++step) {
    h.gradients(step);
    h.step();
    double lr = 1e-3 * (step < 4 ? step / 4.0 : 1);
    sum += lr;
    EXPECT_EQ(lr, h.output("lr_t", OPTIMC_RATE_GROUP, 0));
    EXPECT_EQ(lr, h.output("lr_t", OPTIMC_RATE_TENSOR, t.id));
  }
  EXPECT_EQ(expected, t.param);
  EXPECT_EQ(6, h.scalar("n_updates", OPTIMC_RATE_MODEL, 0));
  EXPECT_EQ(sum, h.scalar("lr_sum", OPTIMC_RATE_GROUP, 0));
}

TEST(Step, FoundInfMovesNothing) {
  TestProgram adamw = makeAdamW();
  Harness h(&adamw.program);
  h.tensor("a", {100});
  h.tensor("b", {3000});
  h.gradients(1);
  h.step();
  std::string before = h.snapshot();
  EXPECT_OK(optimc_set_input(h.opt, "found_inf", OPTIMC_RATE_MODEL, 0, 1, err));
  h.step();
  h.stepOf({1});
  EXPECT_EQ(before, h.snapshot());
  EXPECT_OK(optimc_set_input(h.opt, "found_inf", OPTIMC_RATE_MODEL, 0, 0, err));
  h.step();
  EXPECT_NE(before, h.snapshot());
  EXPECT_EQ(2, h.scalar("step", OPTIMC_RATE_MODEL, 0));
}

TEST(Step, OtherEntriesKeepTheClock) {
  TestProgram adamw = makeAdamW();
  Harness h(&adamw.program);
  TestTensor &t = h.tensor("w", {100});
  std::vector<float> start = t.param;
  h.gradients(1);
  h.step();
  std::vector<float> trained = t.param;
  EXPECT_STREQ("", h.info().mode);
  EXPECT_OK(optimc_run_entry(h.opt, "to_eval", err));
  EXPECT_STREQ("to_eval", h.info().mode);
  EXPECT_EQ(start, t.param);
  EXPECT_EQ(trained, h.state(t.id, "anchor"));
  EXPECT_EQ(1, h.scalar("step", OPTIMC_RATE_GROUP, 0));
  EXPECT_OK(optimc_run_entry(h.opt, "to_train", err));
  EXPECT_EQ(trained, t.param);
  EXPECT_STREQ("to_train", h.info().mode);
}

TEST(Step, AbortAndEmptyStepsCommitNothing) {
  TestProgram adamw = makeAdamW();
  Harness h(&adamw.program);
  h.tensor("w", {100});
  h.gradients(1);
  std::string before = h.snapshot();
  EXPECT_OK(optimc_begin(h.opt, nullptr, err));
  EXPECT_OK(optimc_abort(h.opt, err));
  EXPECT_OK(optimc_begin(h.opt, nullptr, err));
  EXPECT_OK(optimc_end(h.opt, err));
  EXPECT_EQ(before, h.snapshot());
}

TEST(Step, PartsEqualTheWhole) {
  TestProgram adamw = makeAdamW();
  Harness whole(&adamw.program), parts(&adamw.program);
  for (Harness *h : {&whole, &parts}) {
    h->tensor("a", {100});
    h->tensor("b", {70000});
    h->tensor("c", {1});
  }
  for (int step = 1; step <= 3; ++step) {
    whole.gradients(step);
    parts.gradients(step);
    whole.step();
    EXPECT_OK(optimc_begin(parts.opt, nullptr, err));
    for (optimc_tensor t : {2u, 0u, 1u})
      EXPECT_OK(optimc_run_tensors(parts.opt, &t, 1, err));
    EXPECT_OK(optimc_end(parts.opt, err));
    EXPECT_EQ(whole.snapshot(), parts.snapshot());
  }
}

namespace {
/// Two tensors of the layerwise program with their Hessians.
struct Layerwise {
  TestProgram program = makeLayerwise();
  Harness h;
  std::vector<float> hessian[2];
  explicit Layerwise(const optimc_options *options = nullptr)
      : h(&program.program, options) {
    h.tensor("a", {4, 25});
    h.tensor("b", {300});
    for (int k = 0; k < 2; ++k) {
      for (size_t i = 0; i < h.tensors[k]->param.size(); ++i)
        hessian[k].push_back(1.5f + noise(50 + k, i));
      EXPECT_OK(optimc_bind_input(h.opt, k, "hessian", hessian[k].data(), err));
    }
    EXPECT_OK(
        optimc_set_input(h.opt, "lr_scale", OPTIMC_RATE_GROUP, 0, 0.5, err));
  }
};

uint64_t fnv(const std::string &name) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (unsigned char c : name)
    hash = (hash ^ c) * 0x100000001B3u;
  return hash;
}
} // namespace

TEST(Step, ModelAndTensorRatesPhasesAndRandomKeys) {
  optimc_options options = OPTIMC_OPTIONS_INIT;
  options.seed = 42;
  Layerwise l(&options);
  Harness &h = l.h;
  EXPECT_OK(optimc_set_input(h.opt, "trust", OPTIMC_RATE_TENSOR, 1, 0.25, err));
  EXPECT_EQ(std::vector<float>(100, 0.1f), h.state(0, "scale"));
  double drift = 1;
  std::vector<float> p[2] = {h.tensors[0]->param, h.tensors[1]->param};
  for (int step = 1; step <= 3; ++step) {
    h.gradients(step);
    drift = drift * 0.5 + 1;
    uint64_t seed = step == 3 ? 43 : 42;
    EXPECT_OK(optimc_set_seed(h.opt, seed, err));
    for (int k = 0; k < 2; ++k) {
      const TestTensor &t = *h.tensors[k];
      double size = 0.1 * 0.5 * drift * (k ? 0.25 : 1.0) / (1 + (step - 1));
      uint64_t key =
          optimc_mix(optimc_mix(optimc_mix(seed) ^ fnv(t.name)) ^ step);
      for (size_t i = 0; i < p[k].size(); ++i) {
        float u = t.grad[i] / l.hessian[k][i] + 0.01f * randomOf(key, i);
        p[k][i] = p[k][i] - static_cast<float>(size) * u;
      }
    }
    h.step();
    EXPECT_EQ(p[0], h.tensors[0]->param);
    EXPECT_EQ(p[1], h.tensors[1]->param);
    EXPECT_EQ(drift, h.output("drift_t", OPTIMC_RATE_MODEL, 0));
  }
  EXPECT_EQ(3, h.scalar("visits", OPTIMC_RATE_TENSOR, 1));
  EXPECT_NE(h.output("step_size", OPTIMC_RATE_TENSOR, 0),
            h.output("step_size", OPTIMC_RATE_TENSOR, 1));
}

TEST(Step, TheSeedAndTheNameChangeTheRandomNumbers) {
  Layerwise a, b, c;
  EXPECT_OK(optimc_set_seed(b.h.opt, 1, err));
  for (Layerwise *l : {&a, &b, &c}) {
    l->h.gradients(1);
    l->h.step();
  }
  EXPECT_EQ(a.h.tensors[0]->param, c.h.tensors[0]->param);
  EXPECT_NE(a.h.tensors[0]->param, b.h.tensors[0]->param);
}

TEST(Step, ShardsGiveTheBitsOfTheWhole) {
  TestProgram program = makeLayerwise();
  const int64_t count = 1000;
  for (int64_t cut : {int64_t(0), int64_t(256), int64_t(768)}) {
    Harness whole(&program.program);
    TestTensor &t = whole.tensor("w", {count});
    std::vector<float> hessian(count, 2.0f), p = t.param;
    whole.gradients(1);
    EXPECT_OK(optimc_bind_input(whole.opt, 0, "hessian", hessian.data(), err));
    // Both shards in one optimizer would need two names, and so two keys.
    for (int part = 0; part < 2; ++part) {
      Harness shard(&program.program);
      shard.group("main");
      optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
      desc.name = "w";
      desc.rank = 1;
      desc.shape = &count;
      desc.shard_start = part ? cut : 0;
      desc.shard_count = part ? OPTIMC_ALL : cut;
      desc.param = p.data() + desc.shard_start;
      desc.grad = t.grad.data() + desc.shard_start;
      optimc_tensor id;
      EXPECT_OK(optimc_add_tensor(shard.opt, 0, &desc, &id, err));
      EXPECT_OK(optimc_bind_input(shard.opt, 0, "hessian",
                                  hessian.data() + desc.shard_start, err));
      EXPECT_OK(optimc_set_input(shard.opt, "lr_scale", OPTIMC_RATE_GROUP, 0, 1,
                                 err));
      shard.step();
    }
    EXPECT_OK(
        optimc_set_input(whole.opt, "lr_scale", OPTIMC_RATE_GROUP, 0, 1, err));
    whole.step();
    EXPECT_EQ(t.param, p) << "cut at " << cut;
  }
}

TEST(Step, CallerOwnedStatesAreUsedAndKept) {
  TestProgram sgd = makeSgd();
  Harness h(&sgd.program);
  h.group("main");
  std::vector<float> p(64, 1.0f), g(64, 1.0f), fresh(64, 5.0f), kept(64, 5.0f);
  std::vector<float> q = p, f = g;
  int64_t count = 64;
  auto add = [&](const char *name, float *param, float *grad, float *state,
                 uint32_t flags) {
    optimc_named_buffer buffer = {"momentum_buffer", state, flags, 0};
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    desc.name = name;
    desc.rank = 1;
    desc.shape = &count;
    desc.param = param;
    desc.grad = grad;
    desc.buffers = &buffer;
    desc.n_buffers = 1;
    optimc_tensor id;
    EXPECT_OK(optimc_add_tensor(h.opt, 0, &desc, &id, err));
  };
  add("fresh", p.data(), g.data(), fresh.data(), 0);
  add("kept", q.data(), f.data(), kept.data(), OPTIMC_BUFFER_KEEP);
  EXPECT_EQ(0.0f, fresh[10]);
  EXPECT_EQ(5.0f, kept[10]);
  h.step();
  EXPECT_EQ(1.0f, fresh[10]);
  EXPECT_EQ(5.0f * 0.9f + 1.0f, kept[10]);
}

TEST(Step, BindMovesTheBuffers) {
  TestProgram sgd = makeSgd();
  Harness h(&sgd.program);
  TestTensor &a = h.tensor("a", {100}), &b = h.tensor("b", {200});
  h.gradients(1);
  h.step();
  std::vector<float> oldA = a.param, newA(100, 3.0f), newB(200, 4.0f);
  std::vector<float> gradA(100, 1.0f), gradB(200, 1.0f);
  optimc_tensor ids[] = {a.id, b.id};
  void *params[] = {newA.data(), newB.data()};
  void *grads[] = {gradA.data(), gradB.data()};
  EXPECT_OK(optimc_bind(h.opt, 2, ids, params, grads, err));
  h.hyper("momentum", 0);
  h.step();
  EXPECT_EQ(oldA, a.param);
  EXPECT_EQ(std::vector<float>(100, 3.0f - 0.1f), newA);
  EXPECT_EQ(std::vector<float>(200, 4.0f - 0.1f), newB);
  // Swapping two buffers is no overlap.
  std::swap(grads[0], params[0]);
  EXPECT_OK(optimc_bind(h.opt, 1, ids, params, grads, err));
  // The old buffers are free for other tensors.
  int64_t count = 100;
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  desc.name = "c";
  desc.rank = 1;
  desc.shape = &count;
  desc.param = a.param.data();
  optimc_tensor id;
  EXPECT_OK(optimc_add_tensor(h.opt, 0, &desc, &id, err));
}

TEST(Step, EmptyAndScalarTensors) {
  TestProgram adamw = makeAdamW();
  Harness h(&adamw.program);
  TestTensor &scalar = h.tensor("scalar", {});
  h.tensor("empty", {0, 5});
  h.gradients(1);
  float before = scalar.param[0];
  h.step();
  EXPECT_NE(before, scalar.param[0]);
  EXPECT_EQ(1, h.scalar("step", OPTIMC_RATE_TENSOR, 1));
}
