//===- CompiledWork.cpp - one optimizer of a workload -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompiledWork.h"
#include "llvm/ADT/STLExtras.h"

using namespace optimc;
using namespace optimc::test;

bool CompiledWork::start() {
  optimc_options create = OPTIMC_OPTIONS_INIT;
  create.isa_mask = way.isa;
  create.n_threads = way.threads;
  create.threads =
      way.threads > 1 ? OPTIMC_THREADS_POOL : OPTIMC_THREADS_SERIAL;
  if (!check(optimc_create(program, &create, &optimizer, &error)))
    return false;
  for (const char *name : {"even", "odd"}) {
    optimc_group group;
    if (!check(optimc_add_group(optimizer, name, &group, &error)))
      return false;
  }
  if (exchange &&
      !check(optimc_set_exchange(optimizer, exchange, exchangeContext, &error)))
    return false;
  params.resize(work.params.size());
  grads.resize(params.size());
  for (unsigned i = 0; i != params.size(); ++i) {
    params[i] = cut(work.params[i], i);
    grads[i].resize(params[i].size());
    std::string name = "t" + std::to_string(i);
    optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
    desc.name = name.c_str();
    desc.rank = work.shapes[i].extents.size();
    desc.shape = work.shapes[i].extents.data();
    desc.block = work.shapes[i].block;
    if (!parts.empty()) {
      desc.shard_start = parts[i].first;
      desc.shard_count = parts[i].count;
    }
    desc.param = params[i].data();
    desc.grad = grads[i].data();
    optimc_tensor tensor;
    if (!check(optimc_add_tensor(optimizer, i % 2, &desc, &tensor, &error)))
      return false;
  }
  return true;
}

bool CompiledWork::step(unsigned number) {
  for (unsigned i = 0; i != grads.size(); ++i) {
    std::vector<float> own = cut(work.grads[number][i], i);
    std::copy(own.begin(), own.end(), grads[i].begin());
  }
  const std::vector<unsigned> &active = work.active[number];
  if (!way.inParts && active.size() == grads.size())
    return check(optimc_step(optimizer, &error));
  if (!check(optimc_begin(optimizer, nullptr, &error)))
    return false;
  std::vector<optimc_tensor> list(active.begin(), active.end());
  if (!way.inParts)
    return check(optimc_run_tensors(optimizer, list.data(), list.size(),
                                    &error)) &&
           check(optimc_end(optimizer, &error));
  for (optimc_tensor tensor : llvm::reverse(list))
    if (!check(optimc_run_tensors(optimizer, &tensor, 1, &error)))
      return false;
  return check(optimc_end(optimizer, &error));
}

std::vector<double> CompiledWork::read(unsigned tensor,
                                       const std::string &state) {
  optimc_view view;
  if (optimc_get_state(optimizer, tensor, state.c_str(), &view, nullptr) ==
      OPTIMC_OK) {
    std::vector<float> values(view.count);
    check(optimc_read_state(optimizer, tensor, state.c_str(), values.data(),
                            view.count, &error));
    return std::vector<double>(values.begin(), values.end());
  }
  double value;
  if (optimc_get_scalar(optimizer, state.c_str(), OPTIMC_RATE_TENSOR, tensor,
                        &value, nullptr) == OPTIMC_OK)
    return {value};
  // A ring of scalars is a state per slot.
  std::vector<double> slots;
  while (optimc_get_scalar(
             optimizer, (state + "_" + std::to_string(slots.size())).c_str(),
             OPTIMC_RATE_TENSOR, tensor, &value, nullptr) == OPTIMC_OK)
    slots.push_back(value);
  if (!slots.empty())
    return slots;
  return {}; // this class of tensors does not have it
}

Record CompiledWork::run(const std::vector<std::string> &states) {
  if (!start())
    return {};
  for (unsigned number = 0; number != work.steps; ++number)
    if (!step(number))
      return {};
  Record record;
  for (unsigned i = 0; i != params.size(); ++i) {
    std::string tensor = "t" + std::to_string(i);
    record.push_back({"param of " + tensor,
                      std::vector<double>(params[i].begin(), params[i].end())});
    for (const std::string &state : states)
      record.push_back({state + " of " + tensor, read(i, state)});
  }
  return record;
}

Record test::runCompiled(const optimc_program *program, const Workload &work,
                         const Way &way, const std::vector<std::string> &states,
                         std::string &failure) {
  CompiledWork run(program, work, way);
  Record record = run.run(states);
  failure = run.failure;
  return record;
}
