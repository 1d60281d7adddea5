//===- StoragePlans.cpp - formats for the streams of a spec -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StoragePlans.h"
#include "Compilation.h"

using namespace optimc;
using namespace optimc::optim;
using namespace optimc::test;

using Formats = std::vector<std::string>;

static const Formats params = {"bf16", "bf16_sr", "f16", "split", "f32"},
                     grads = {"bf16", "f16", "f32"},
                     states = {"q8", "q8_sr", "bf16_sr", "bf16", "f16", "f32"};

namespace {
struct Streams {
  std::vector<std::string> states, inputs; ///< of element rate
};
} // namespace

static Streams getStreams(const std::string &spec) {
  auto module = llvm::cantFail(parseSpec(spec));
  OptimizerOp op = getOptimizer(*module);
  Streams streams;
  for (unsigned i = 0, e = op.getStates().size(); i != e; ++i)
    if (op.getState(i).getRate() == Rate::Element)
      streams.states.push_back(op.getState(i).getName().str());
  op.getStep().walk([&](DelayOp delay) {
    if (getRate(delay.getResult()) == Rate::Element)
      streams.states.push_back(delay.getState().str());
  });
  for (unsigned i = 0, e = op.getInputs().size(); i != e; ++i)
    if (op.getInput(i).getRate() == Rate::Element)
      streams.inputs.push_back(op.getInput(i).getName().str());
  return streams;
}

std::vector<Formats> optimc::test::getPlans(const std::string &spec) {
  Streams streams = getStreams(spec);
  std::vector<Formats> plans;
  for (size_t i = 0; i < states.size(); ++i) {
    Formats plan = {"param=" + params[i % params.size()],
                    "grad=" + grads[i % grads.size()]};
    for (auto [k, state] : llvm::enumerate(streams.states))
      plan.push_back(state + "=" + states[(i + k) % states.size()]);
    plans.push_back(plan);
  }
  plans.push_back({"param=bf16", "master_param=f32", "states=q8"});
  return plans;
}

Formats optimc::test::getRandomPlan(const std::string &spec, Numbers &numbers) {
  Streams streams = getStreams(spec);
  Formats plan;
  auto pick = [&](const std::string &name, const Formats &formats) {
    plan.push_back(name + "=" + formats[numbers.below(formats.size())]);
  };
  pick("param", params);
  pick("grad", grads);
  for (const std::string &state : streams.states)
    pick(state, states);
  for (const std::string &input : streams.inputs)
    pick(input, grads);
  return plan;
}
