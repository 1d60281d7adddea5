//===- Programs.cpp - hand-written programs for the runtime's tests -------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Programs.h"

#include <cmath>
#include <limits>

using namespace optimc::test;

static constexpr double inf = std::numeric_limits<double>::infinity();

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

void TestProgram::addHyper(const char *name, double initial, double low,
                           double high, uint32_t flags) {
  hypers.push_back({name, initial, low, high, flags, 0});
}

void TestProgram::addStream(const char *name, optimc_role role,
                            optimc_init init, double value, uint32_t hyper) {
  streams.push_back({name, static_cast<uint32_t>(role), OPTIMC_RATE_ELEMENT,
                     static_cast<uint32_t>(init), hyper, value, 1, 0});
}

void TestProgram::addState(const char *name, optimc_rate rate, uint32_t index,
                           double value) {
  states.push_back(
      {name, static_cast<uint32_t>(rate), index, OPTIMC_INIT_VALUE, 0, value});
}

TestProgram::Entry &TestProgram::addEntry(const char *name, uint32_t flags,
                                          uint32_t nValues, uint32_t nScalars,
                                          uint32_t nPredicates) {
  Entry entry = {};
  entry.entry.name = name;
  entry.entry.flags = flags;
  entry.entry.n_values = nValues;
  entry.entry.n_scalars = nScalars;
  entry.entry.n_predicates = nPredicates;
  Plan plan = {};
  plan.plan.max_rank = 32;
  plan.plan.granule = 256;
  plan.plan.n_streams = streams.size();
  plan.plan.used = (uint64_t(1) << streams.size()) - 1;
  plan.storage.assign(streams.size(), OPTIMC_STORAGE_F32);
  entry.plans.push_back(plan);
  entries.push_back(entry);
  return entries.back();
}

void TestProgram::addPhase(Variant &variant, uint64_t reads, uint64_t writes,
                           optimc_kernel_fn fn) {
  optimc_phase phase = {};
  phase.domain = OPTIMC_RATE_ELEMENT;
  phase.reads = reads;
  phase.writes = writes;
  variant.phases.push_back(phase);
  variant.code.push_back({{0, fn}});
}

template <typename Array, typename T>
static void point(Array &array, std::vector<T> &table) {
  array.data = table.data();
  array.count = table.size();
  array.elem_size = sizeof(T);
}

const optimc_program *TestProgram::build(const char *name, const char *hash) {
  program.size = sizeof program;
  program.abi = OPTIMC_ABI;
  program.name = name;
  program.spec_hash = hash;
  program.compiler = "by hand";
  point(program.hypers, hypers);
  point(program.streams, streams);
  point(program.states, states);
  point(program.inputs, inputs);
  point(program.outputs, outputs);
  point(program.ptx, ptx);
  for (Entry &entry : entries) {
    point(entry.entry.scalars, entry.scalars);
    point(entry.entry.reductions, entry.reductions);
    entry.table.clear();
    for (Plan &plan : entry.plans) {
      plan.table.clear();
      for (Variant &variant : plan.variants) {
        for (size_t i = 0; i < variant.phases.size(); ++i)
          point(variant.phases[i].code, variant.code[i]);
        optimc_variant row = {variant.mask, variant.value, {}};
        point(row.phases, variant.phases);
        plan.table.push_back(row);
      }
      plan.plan.storage = plan.storage.data();
      point(plan.plan.variants, plan.table);
      entry.table.push_back(plan.plan);
    }
    point(entry.entry.plans, entry.table);
  }
  entryTable.clear();
  for (Entry &entry : entries)
    entryTable.push_back(entry.entry);
  point(program.entries, entryTable);
  return &program;
}

//===----------------------------------------------------------------------===//
// SGD
//===----------------------------------------------------------------------===//

static void sgdGroup(const optimc_scalar_args *a) {
  a->next_state[0] = a->state[0] + 1;
  a->scalars[0] = static_cast<float>(a->hyper[0]);
  a->scalars[1] = static_cast<float>(a->hyper[1]);
  *a->predicates = a->hyper[1] == 0 ? 1 : 0;
}

static void sgdMomentum(const optimc_run *runs, int64_t n) {
  for (const optimc_run *r = runs; r != runs + n; ++r) {
    float *p = static_cast<float *>(r->stream[0]);
    const float *g = static_cast<const float *>(r->stream[1]);
    float *m = static_cast<float *>(r->stream[2]);
    for (int64_t i = r->first; i < r->first + r->count; ++i) {
      m[i] = m[i] * r->scalars[1] + g[i];
      p[i] = p[i] - r->scalars[0] * m[i];
    }
  }
}

static void sgdPlain(const optimc_run *runs, int64_t n) {
  for (const optimc_run *r = runs; r != runs + n; ++r) {
    float *p = static_cast<float *>(r->stream[0]);
    const float *g = static_cast<const float *>(r->stream[1]);
    for (int64_t i = r->first; i < r->first + r->count; ++i)
      p[i] = p[i] - r->scalars[0] * g[i];
  }
}

TestProgram optimc::test::makeSgd() {
  TestProgram p;
  p.addHyper("lr", 0.1, 0, inf, OPTIMC_HYPER_HIGH_OPEN);
  p.addHyper("momentum", 0.9, 0, 1, OPTIMC_HYPER_HIGH_OPEN);
  p.addHyper("nesterov", 0, 0, 1, OPTIMC_HYPER_INTEGER | OPTIMC_HYPER_FROZEN);
  p.addStream("param", OPTIMC_ROLE_PARAM);
  p.addStream("grad", OPTIMC_ROLE_GRAD);
  p.addStream("momentum_buffer", OPTIMC_ROLE_STATE);
  p.addState("step", OPTIMC_RATE_GROUP, 0);
  auto &entry = p.addEntry("step", OPTIMC_ENTRY_STEP, 0, 2, 1);
  entry.scalars.push_back({OPTIMC_RATE_GROUP, 0, sgdGroup});
  entry.plans[0].variants.push_back({1, 0, {}, {}});
  TestProgram::addPhase(entry.plans[0].variants[0], 7, 5, sgdMomentum);
  entry.plans[0].variants.push_back({1, 1, {}, {}});
  TestProgram::addPhase(entry.plans[0].variants[1], 3, 1, sgdPlain);
  p.build("sgd", "5d01");
  return p;
}

//===----------------------------------------------------------------------===//
// AdamW
//===----------------------------------------------------------------------===//

namespace {
enum { ValueFoundInf, ValueGradScale, ValueLrT, AdamWValues };
enum { Lr, Beta1, Beta2, Eps, WeightDecay, Warmup };
enum { LrT, W1, W2, Debias1, Debias2, EpsF, Decay, InverseScale, AdamWScalars };
} // namespace

static void adamModel(const optimc_scalar_args *a) {
  bool skip = a->values[ValueFoundInf] != 0;
  a->next_state[0] = a->state[0] + (skip ? 0 : 1);
  a->scalars[InverseScale] = static_cast<float>(1 / a->values[ValueGradScale]);
  *a->predicates = skip ? 1 : 0;
}

static void adamGroup(const optimc_scalar_args *a) {
  bool skip = *a->predicates & 1;
  double t = a->state[0] + 1;
  double warmup = a->hyper[Warmup];
  double lr = a->hyper[Lr] * (t < warmup ? t / warmup : 1);
  a->values[ValueLrT] = lr;
  a->scalars[LrT] = static_cast<float>(lr);
  a->scalars[W1] = static_cast<float>(1 - a->hyper[Beta1]);
  a->scalars[W2] = static_cast<float>(1 - a->hyper[Beta2]);
  a->scalars[Debias1] =
      static_cast<float>(1 / (1 - std::pow(a->hyper[Beta1], t)));
  a->scalars[Debias2] =
      static_cast<float>(1 / (1 - std::pow(a->hyper[Beta2], t)));
  a->scalars[EpsF] = static_cast<float>(a->hyper[Eps]);
  a->scalars[Decay] = static_cast<float>(a->hyper[WeightDecay]);
  if (a->hyper[WeightDecay] == 0)
    *a->predicates |= 2;
  if (skip)
    return;
  a->next_state[0] = t;
  a->next_state[1] = a->state[1] + lr;
}

template <bool decay>
static void adamKernel(const optimc_run *runs, int64_t n) {
  for (const optimc_run *r = runs; r != runs + n; ++r) {
    float *p = static_cast<float *>(r->stream[AdamWParam]);
    const float *g = static_cast<const float *>(r->stream[AdamWGrad]);
    float *m = static_cast<float *>(r->stream[AdamWExpAvg]);
    float *v = static_cast<float *>(r->stream[AdamWExpAvgSq]);
    const float *s = r->scalars;
    for (int64_t i = r->first; i < r->first + r->count; ++i) {
      float gi = g[i] * s[InverseScale];
      m[i] = std::fma(s[W1], gi - m[i], m[i]);
      v[i] = std::fma(s[W2], gi * gi - v[i], v[i]);
      float u = (m[i] * s[Debias1]) / (std::sqrt(v[i] * s[Debias2]) + s[EpsF]);
      if (decay)
        u = u + s[Decay] * p[i];
      p[i] = p[i] - s[LrT] * u;
    }
  }
}

static void swapKernel(const optimc_run *runs, int64_t n) {
  for (const optimc_run *r = runs; r != runs + n; ++r) {
    float *p = static_cast<float *>(r->stream[AdamWParam]);
    float *q = static_cast<float *>(r->stream[AdamWAnchor]);
    for (int64_t i = r->first; i < r->first + r->count; ++i)
      std::swap(p[i], q[i]);
  }
}

TestProgram optimc::test::makeAdamW() {
  TestProgram p;
  p.addHyper("lr", 1e-3, 0, inf, OPTIMC_HYPER_HIGH_OPEN);
  p.addHyper("beta1", 0.9, 0, 1, OPTIMC_HYPER_HIGH_OPEN);
  p.addHyper("beta2", 0.999, 0, 1, OPTIMC_HYPER_HIGH_OPEN);
  p.addHyper("eps", 1e-8, 0, inf, OPTIMC_HYPER_LOW_OPEN);
  p.addHyper("weight_decay", 0.01, 0, inf);
  p.addHyper("warmup", 0, 0, 1e9, OPTIMC_HYPER_INTEGER);
  p.addStream("param", OPTIMC_ROLE_PARAM);
  p.addStream("grad", OPTIMC_ROLE_GRAD);
  p.addStream("exp_avg", OPTIMC_ROLE_STATE);
  p.addStream("exp_avg_sq", OPTIMC_ROLE_STATE);
  p.addStream("anchor", OPTIMC_ROLE_STATE, OPTIMC_INIT_PARAM);
  p.addState("step", OPTIMC_RATE_GROUP, 0);
  p.addState("n_updates", OPTIMC_RATE_MODEL, 0);
  p.addState("lr_sum", OPTIMC_RATE_GROUP, 1);
  p.inputs.push_back({"found_inf", OPTIMC_RATE_MODEL, ValueFoundInf, 0,
                      OPTIMC_INPUT_OPTIONAL, 0});
  p.inputs.push_back({"grad_scale", OPTIMC_RATE_MODEL, ValueGradScale, 1,
                      OPTIMC_INPUT_OPTIONAL, 0});
  p.outputs.push_back({"lr_t", OPTIMC_RATE_GROUP, ValueLrT});
  p.entries.reserve(3);
  auto &step =
      p.addEntry("step", OPTIMC_ENTRY_STEP, AdamWValues, AdamWScalars, 2);
  step.scalars = {{OPTIMC_RATE_MODEL, 0, adamModel},
                  {OPTIMC_RATE_GROUP, 0, adamGroup}};
  auto &variants = step.plans[0].variants;
  variants = {{1, 1, {}, {}}, {3, 0, {}, {}}, {3, 2, {}, {}}};
  TestProgram::addPhase(variants[1], 15, 13, adamKernel<true>);
  TestProgram::addPhase(variants[2], 15, 13, adamKernel<false>);
  for (const char *name : {"to_eval", "to_train"}) {
    auto &swap = p.addEntry(name, 0, AdamWValues, AdamWScalars, 0);
    swap.plans[0].variants = {{0, 0, {}, {}}};
    TestProgram::addPhase(swap.plans[0].variants[0], 17, 17, swapKernel);
  }
  p.build("adamw", "ada30001");
  return p;
}

//===----------------------------------------------------------------------===//
// Layerwise
//===----------------------------------------------------------------------===//

float optimc::test::randomOf(uint64_t key, uint64_t index) {
  uint64_t k = optimc_mix(key ^ optimc_mix(index >> 32));
  uint32_t k0 = static_cast<uint32_t>(k), k1 = static_cast<uint32_t>(k >> 32);
  uint32_t h = static_cast<uint32_t>(index) * 0x9E3779B9u + k0;
  h ^= h >> 16;
  h *= 0x7FEB352Du;
  h ^= k1;
  h ^= h >> 15;
  h *= 0x846CA68Bu;
  h ^= h >> 16;
  return static_cast<float>(h >> 8) * 0x1p-24f;
}

// Values: 0 lr_scale, 1 trust, 2 drift_t, 3 lr_t, 4 step_size.
static void layerModel(const optimc_scalar_args *a) {
  a->next_state[0] = a->state[0] * 0.5 + 1;
  a->values[2] = a->next_state[0];
}
static void layerGroup(const optimc_scalar_args *a) {
  a->next_state[0] = a->state[0] + 1;
  a->values[3] = a->hyper[0] * a->values[0] * a->values[2];
  a->scalars[1] = static_cast<float>(a->hyper[1]);
}
static void layerTensor(const optimc_scalar_args *a) {
  a->next_state[0] = a->state[0] + 1;
  a->values[4] = a->values[3] * a->values[1] / (1 + a->state[0]);
  a->scalars[0] = static_cast<float>(a->values[4]);
}
static void layerFirst(const optimc_run *runs, int64_t n) {
  for (const optimc_run *r = runs; r != runs + n; ++r) {
    const float *g = static_cast<const float *>(r->stream[1]);
    const float *h = static_cast<const float *>(r->stream[2]);
    float *u = static_cast<float *>(r->stream[3]);
    for (int64_t k = 0; k < r->count; ++k) {
      int64_t i = r->first + k;
      u[i] = g[i] / h[i] + r->scalars[1] * randomOf(r->key, r->first + k);
    }
  }
}
static void layerSecond(const optimc_run *runs, int64_t n) {
  for (const optimc_run *r = runs; r != runs + n; ++r) {
    float *p = static_cast<float *>(r->stream[0]);
    const float *u = static_cast<const float *>(r->stream[3]);
    for (int64_t i = r->first; i < r->first + r->count; ++i)
      p[i] = p[i] - r->scalars[0] * u[i];
  }
}

TestProgram optimc::test::makeLayerwise() {
  TestProgram p;
  p.addHyper("lr", 0.1, 0, inf);
  p.addHyper("noise", 0.01, 0, inf);
  p.addStream("param", OPTIMC_ROLE_PARAM);
  p.addStream("grad", OPTIMC_ROLE_GRAD);
  p.addStream("hessian", OPTIMC_ROLE_INPUT);
  p.addStream("update", OPTIMC_ROLE_STATE);
  p.addStream("scale", OPTIMC_ROLE_STATE, OPTIMC_INIT_HYPER, 0, 0);
  p.addState("drift", OPTIMC_RATE_MODEL, 0, 1);
  p.addState("step", OPTIMC_RATE_GROUP, 0);
  p.addState("visits", OPTIMC_RATE_TENSOR, 0);
  p.inputs.push_back({"lr_scale", OPTIMC_RATE_GROUP, 0, 0, 0, 0});
  p.inputs.push_back(
      {"trust", OPTIMC_RATE_TENSOR, 1, 1, OPTIMC_INPUT_OPTIONAL, 0});
  p.outputs.push_back({"drift_t", OPTIMC_RATE_MODEL, 2});
  p.outputs.push_back({"step_size", OPTIMC_RATE_TENSOR, 4});
  auto &step = p.addEntry("step", OPTIMC_ENTRY_STEP, 5, 2, 0);
  step.scalars = {{OPTIMC_RATE_MODEL, 0, layerModel},
                  {OPTIMC_RATE_GROUP, 0, layerGroup},
                  {OPTIMC_RATE_TENSOR, 0, layerTensor}};
  step.plans[0].variants = {{0, 0, {}, {}}};
  TestProgram::addPhase(step.plans[0].variants[0], 6, 8, layerFirst);
  TestProgram::addPhase(step.plans[0].variants[0], 9, 1, layerSecond);
  p.build("layerwise", "1a7e");
  return p;
}
