//===- Scalars.cpp - inputs, outputs and scalar states --------------------===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "core/Names.h"
#include "core/Optimizer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace optimc::rt;

namespace {
/// (OPTIMC_RATE_GROUP, 3): the third argument pair of the scalar functions.
struct Address {
  uint32_t rate, index;
};
} // namespace

static optimc_status checkAddress(const Optimizer &opt, Address at,
                                  const char *name, const Diag &diag) {
  if (at.rate == OPTIMC_RATE_GROUP)
    return checkGroup(opt, at.index, diag);
  if (at.rate == OPTIMC_RATE_TENSOR)
    return checkTensor(opt, at.index, diag);
  if (at.rate == OPTIMC_RATE_MODEL && at.index == 0)
    return OPTIMC_OK;
  if (at.rate == OPTIMC_RATE_MODEL)
    return diag.fail(OPTIMC_NOT_FOUND, "no model %u; the only one is 0",
                     at.index);
  return diag.fail(OPTIMC_INVALID_ARGUMENT,
                   "'%.200s' is addressed by rate %s; allowed: model, group, "
                   "tensor",
                   name, rateName(at.rate));
}

template <typename T>
static optimc_status find(const Optimizer *opt, const std::vector<T> &list,
                          const char *what, const char *name, Address at,
                          const T *&out, const Diag &diag) {
  if (!name)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "the name of the %s is NULL",
                     what);
  std::vector<std::string_view> known;
  for (const T &row : list) {
    known.push_back(row.name);
    if (known.back() == name) {
      out = &row;
      return checkAddress(*opt, at, name, diag);
    }
  }
  return diag.fail(OPTIMC_NOT_FOUND, "'%s' has no %s '%.200s'%s",
                   opt->program.source->name, what, name,
                   suggest(name, known).c_str());
}

/// Calls f(tensor) for the tensors below an address.
template <typename F>
static void forTensors(const Optimizer &opt, Address at, F f) {
  for (uint32_t i = 0; i < opt.tensors.size(); ++i)
    if (at.rate == OPTIMC_RATE_MODEL ||
        (at.rate == OPTIMC_RATE_GROUP && opt.tensors[i]->group == at.index) ||
        (at.rate == OPTIMC_RATE_TENSOR && i == at.index))
      f(*opt.tensors[i]);
}

/// The instances of `rate` at an address, without repetition.
static std::vector<Instance *> instancesAt(const Optimizer &opt, uint32_t rate,
                                           Address at) {
  std::vector<Instance *> list;
  if (rate == OPTIMC_RATE_MODEL) {
    list.push_back(const_cast<Instance *>(&opt.model));
  } else if (rate == OPTIMC_RATE_TENSOR) {
    forTensors(opt, at, [&](Tensor &tensor) { list.push_back(&tensor.own); });
  } else if (at.rate == OPTIMC_RATE_TENSOR) {
    list.push_back(opt.tensors[at.index]->clock);
  } else {
    for (const auto &clock : opt.clocks)
      if (at.rate == OPTIMC_RATE_MODEL || clock->group == at.index)
        list.push_back(clock.get());
  }
  return list;
}

/// The numbers of the groups or tensors at an address that have inputs of
/// `rate`; 0 for the model.
static std::vector<uint32_t> ownersAt(const Optimizer &opt, uint32_t rate,
                                      Address at) {
  std::vector<uint32_t> list;
  if (rate == OPTIMC_RATE_MODEL)
    return {0};
  uint32_t n =
      rate == OPTIMC_RATE_GROUP ? opt.groups.size() : opt.tensors.size();
  uint32_t group = at.rate == OPTIMC_RATE_TENSOR && rate == OPTIMC_RATE_GROUP
                       ? opt.tensors[at.index]->group
                       : at.index;
  for (uint32_t i = 0; i < n; ++i) {
    bool isBelow = at.rate == OPTIMC_RATE_MODEL;
    if (rate == OPTIMC_RATE_GROUP)
      isBelow |= i == group;
    else if (at.rate == OPTIMC_RATE_GROUP)
      isBelow |= opt.tensors[i]->group == group;
    else
      isBelow |= i == at.index;
    if (isBelow)
      list.push_back(i);
  }
  return list;
}

std::vector<InputValue> &optimc::rt::inputsOf(Optimizer &opt, uint32_t rate,
                                              uint32_t owner) {
  return rate == OPTIMC_RATE_MODEL   ? opt.modelInputs
         : rate == OPTIMC_RATE_GROUP ? opt.groups[owner].inputs
                                     : opt.tensors[owner]->inputs;
}

/// Binds, binds anew or unbinds one scalar.
static void bind(Optimizer &opt, const BoundScalar &scalar) {
  auto &list = opt.bound;
  list.erase(std::remove_if(list.begin(), list.end(),
                            [&](const BoundScalar &old) {
                              return old.isHyper == scalar.isHyper &&
                                     old.slot == scalar.slot &&
                                     old.index == scalar.index;
                            }),
             list.end());
  if (scalar.address)
    list.push_back(scalar);
  ++opt.boundVersion;
}

/// Reads one value that all instances must agree on.
template <typename ValueOf>
static optimc_status readCommon(const std::vector<Instance *> &instances,
                                const char *name, double *out, ValueOf valueOf,
                                const Diag &diag) {
  if (!out)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "the place for the value of '%s' is NULL", name);
  if (instances.empty())
    return diag.fail(OPTIMC_NOT_FOUND,
                     "'%s' has no value here: there are no tensors yet", name);
  double first = valueOf(*instances[0]);
  for (const Instance *instance : instances) {
    double value = valueOf(*instance);
    if (memcmp(&value, &first, sizeof value))
      return diag.fail(OPTIMC_INVALID_ARGUMENT,
                       "'%s' is not the same everywhere (%s and %s): ask for "
                       "one tensor",
                       name, number(first).c_str(), number(value).c_str());
  }
  *out = first;
  return OPTIMC_OK;
}

optimc_status optimc_set_input(optimc_optimizer *opt, const char *name,
                               optimc_rate rate, uint32_t index, double value,
                               optimc_error *error) {
  Diag diag(error);
  Address at = {static_cast<uint32_t>(rate), index};
  const ScalarSlot *input;
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (optimc_status s =
          find(opt, opt->program.inputs, "scalar input", name, at, input, diag))
    return s;
  std::vector<uint32_t> owners = ownersAt(*opt, input->rate, at);
  if (owners.empty())
    return diag.fail(OPTIMC_NOT_FOUND,
                     "input '%s' has rate %s, but there are no %ss here yet",
                     name, rateName(input->rate), rateName(input->rate));
  auto slot = static_cast<uint32_t>(input - opt->program.inputs.data());
  for (uint32_t owner : owners)
    if (findBound(*opt, false, slot, owner))
      return diag.fail(OPTIMC_WRONG_ORDER,
                       "input '%s' is bound to device memory; unbind it with "
                       "optimc_bind_scalar before you set it",
                       name);
  for (uint32_t owner : owners)
    inputsOf(*opt, input->rate, owner)[input->index] = {value, true};
  return OPTIMC_OK;
}

optimc_status optimc_bind_scalar(optimc_optimizer *opt, const char *name,
                                 optimc_rate rate, uint32_t index,
                                 const void *address, uint32_t dtype,
                                 optimc_error *error) {
  Diag diag(error);
  Address at = {static_cast<uint32_t>(rate), index};
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (!name)
    return diag.fail(OPTIMC_INVALID_ARGUMENT, "the name of the scalar is NULL");
  if (!opt->device)
    return diag.fail(OPTIMC_UNSUPPORTED,
                     "'%.200s' cannot be bound: scalars are read in memory on "
                     "a CUDA device only; use optimc_set_hyper or "
                     "optimc_set_input",
                     name);
  uint32_t slot = opt->program.findHyper(name), ownerRate = OPTIMC_RATE_GROUP;
  bool isHyper = slot != none;
  if (isHyper) {
    if (optimc_status s = checkAddress(*opt, at, name, diag))
      return s;
    if (opt->program.hypers[slot].flags & OPTIMC_HYPER_FROZEN)
      return diag.fail(OPTIMC_OUT_OF_RANGE,
                       "hyperparameter '%s' was frozen to %s when '%s' was "
                       "compiled, so it cannot be bound",
                       name, number(opt->program.hypers[slot].initial).c_str(),
                       opt->program.source->name);
  } else {
    const ScalarSlot *input;
    if (optimc_status s =
            find(opt, opt->program.inputs, "hyperparameter or scalar input",
                 name, at, input, diag))
      return s;
    slot = static_cast<uint32_t>(input - opt->program.inputs.data());
    ownerRate = input->rate;
  }
  if (dtype != OPTIMC_DTYPE_F32 && dtype != OPTIMC_DTYPE_F64)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "'%s' cannot be bound as %s; allowed: f32 and f64", name,
                     dtypeName(dtype));
  size_t size = dtype == OPTIMC_DTYPE_F32 ? 4 : 8;
  if (reinterpret_cast<uintptr_t>(address) % size)
    return diag.fail(OPTIMC_INVALID_ARGUMENT,
                     "'%s' is at %p, which is not aligned to its %zu bytes",
                     name, address, size);
  std::vector<uint32_t> owners = ownersAt(*opt, ownerRate, at);
  if (owners.empty())
    return diag.fail(OPTIMC_NOT_FOUND,
                     "'%s' has rate %s, but there are no %ss here yet", name,
                     rateName(ownerRate), rateName(ownerRate));
  if (address)
    if (optimc_status s =
            opt->memory->checkAddress(address, name, nullptr, diag))
      return s;
  for (uint32_t owner : owners)
    bind(*opt, {isHyper, slot, owner, address, dtype == OPTIMC_DTYPE_F64});
  return OPTIMC_OK;
}

optimc_status optimc_get_output(const optimc_optimizer *opt, const char *name,
                                optimc_rate rate, uint32_t index, double *out,
                                optimc_error *error) {
  Diag diag(error);
  Address at = {static_cast<uint32_t>(rate), index};
  const ScalarSlot *output;
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (optimc_status s =
          find(opt, opt->program.outputs, "output", name, at, output, diag))
    return s;
  if (optimc_status s = pullScalars(*opt, diag))
    return s;
  std::vector<Instance *> instances = instancesAt(*opt, output->rate, at);
  for (const Instance *instance : instances)
    if (instance->outputs.empty())
      return diag.fail(OPTIMC_WRONG_ORDER,
                       "output '%s' has no value before the first step", name);
  return readCommon(
      instances, name, out,
      [&](const Instance &i) { return i.outputs[output->index]; }, diag);
}

optimc_status optimc_get_scalar(const optimc_optimizer *opt, const char *name,
                                optimc_rate rate, uint32_t index, double *out,
                                optimc_error *error) {
  Diag diag(error);
  Address at = {static_cast<uint32_t>(rate), index};
  const optimc_scalar_state *state;
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (optimc_status s =
          find(opt, opt->program.states, "scalar state", name, at, state, diag))
    return s;
  if (optimc_status s = pullScalars(*opt, diag))
    return s;
  return readCommon(
      instancesAt(*opt, state->rate, at), name, out,
      [&](const Instance &i) { return i.state[state->index]; }, diag);
}

optimc_status optimc_set_scalar(optimc_optimizer *opt, const char *name,
                                optimc_rate rate, uint32_t index, double value,
                                optimc_error *error) {
  Diag diag(error);
  Address at = {static_cast<uint32_t>(rate), index};
  const optimc_scalar_state *state;
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  if (optimc_status s =
          find(opt, opt->program.states, "scalar state", name, at, state, diag))
    return s;
  if (optimc_status s = checkClosed(*opt, "setting a scalar state", diag))
    return s;
  if (const char *fault = scalarFault(*state, value))
    return diag.fail(OPTIMC_OUT_OF_RANGE, "scalar state '%s' = %s %s", name,
                     number(value).c_str(), fault);
  if (optimc_status s = pullScalars(*opt, diag))
    return s;
  std::vector<Instance *> instances = instancesAt(*opt, state->rate, at);
  if (instances.empty())
    return diag.fail(OPTIMC_NOT_FOUND,
                     "'%s' has no value here: there are no tensors yet", name);
  if (state->rate == OPTIMC_RATE_GROUP && at.rate == OPTIMC_RATE_TENSOR) {
    Tensor &tensor = *opt->tensors[at.index];
    std::vector<double> states = tensor.clock->state;
    states[state->index] = value;
    moveToClock(*opt, tensor, clockWith(*opt, tensor.group, states));
  } else {
    for (Instance *instance : instances)
      instance->state[state->index] = value;
  }
  tidyClocks(*opt);
  scalarsChanged(*opt);
  return opt->device ? opt->device->publish(*opt, diag) : OPTIMC_OK;
}

const char *optimc::rt::scalarFault(const optimc_scalar_state &state,
                                    double value) {
  if (std::isnan(value))
    return "is not a number";
  constexpr double maxStep = 9007199254740992.0;
  if (state.rate == OPTIMC_RATE_GROUP && state.index == 0 &&
      !(value >= 0 && value <= maxStep && value == std::floor(value)))
    return "is no step count; allowed: whole numbers in [0, 2^53]";
  return nullptr;
}

optimc_status optimc_set_seed(optimc_optimizer *opt, uint64_t seed,
                              optimc_error *error) {
  Diag diag(error);
  if (optimc_status s = checkHandle(opt, diag))
    return s;
  opt->seed = seed;
  for (const auto &tensor : opt->tensors)
    tensor->keyBase = keyBase(seed, tensor->nameHash);
  ++opt->structure;
  return OPTIMC_OK;
}
