//===- CompiledRun.cpp - a scenario in the runtime -*- C++ -*-===//
//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runs.h"
#include "llvm/ADT/StringRef.h"
#include <cstring>
#include <memory>

using namespace llvm;
using namespace optimc::test;

namespace {
/// Memory at a chosen distance from a multiple of 64 bytes, between guard
/// words. A kernel that goes astray by up to 32 elements is caught, not fatal.
class GuardedBuffer {
public:
  GuardedBuffer(ArrayRef<float> values, unsigned offset)
      : count(values.size()), words(count + 3 * guard, pattern) {
    auto address = reinterpret_cast<uintptr_t>(words.data() + guard);
    size_t toLine = (64 - address % 64) % 64 / sizeof(float);
    first = guard + toLine + offset;
    if (count)
      std::memcpy(data(), values.data(), count * sizeof(float));
  }

  float *data() { return reinterpret_cast<float *>(words.data() + first); }
  ArrayRef<float> get() { return ArrayRef<float>(data(), count); }
  void fill(ArrayRef<float> values) {
    if (count)
      std::memcpy(data(), values.data(), count * sizeof(float));
  }
  bool holds(ArrayRef<float> values) {
    return count == 0 ||
           std::memcmp(data(), values.data(), count * sizeof(float)) == 0;
  }
  bool isIntact() const {
    for (size_t i = 0; i < words.size(); ++i)
      if ((i < first || i >= first + count) && words[i] != pattern)
        return false;
    return true;
  }

private:
  static constexpr size_t guard = 48;
  static constexpr uint32_t pattern = 0xC5A5D5E5u;
  size_t count, first;
  std::vector<uint32_t> words;
};

struct TensorBuffers {
  optimc_tensor id = 0;
  std::unique_ptr<GuardedBuffer> param, grad;
  /// States and element inputs by name.
  std::map<std::string, std::unique_ptr<GuardedBuffer>> named;
};

class CompiledRun {
public:
  CompiledRun(const optimc_program *program, const Scenario &scenario,
              const CompiledOptions &options)
      : program(program), scenario(scenario), options(options) {}
  ~CompiledRun() { optimc_destroy(optimizer); }
  Expected<Trace> run();

private:
  Error start();
  Error addTensor(const TensorPlan &plan);
  Error applyHypers(ArrayRef<HyperChange> changes);
  Error applyInputs(const StepPlan &step);
  Error takeStep(const StepPlan &step);
  Error checkBuffers(const StepPlan &step);
  Expected<StepTrace> record(const StepPlan &step);
  Error setInput(StringRef name, optimc_rate rate, unsigned owner,
                 double value);
  bool isFrozen(StringRef name);
  bool hasInput(StringRef name);
  Error check(optimc_status status) const {
    if (status == OPTIMC_OK)
      return Error::success();
    return createStringError(std::string("runtime: ") + error.message);
  }
  /// Calls the runtime in the caller's floating-point environment.
  template <typename Call>
  Error callInMode(Call call) {
    optimc_status status;
    bool wasKept;
    {
      FloatModeScope scope(options.mode);
      status = call();
      wasKept = scope.wasKept();
    }
    if (Error failure = check(status))
      return failure;
    if (!wasKept)
      return createStringError("the runtime changed the caller's "
                               "floating-point environment (" +
                               options.mode.getName() + ")");
    return Error::success();
  }

  const optimc_program *program;
  const Scenario &scenario;
  const CompiledOptions &options;
  optimc_optimizer *optimizer = nullptr;
  std::vector<TensorBuffers> tensors;
  optimc_error error;
};
} // namespace

/// Walks one of the program's arrays by its element size.
template <typename ArrayT, typename Visit>
static void forEach(const ArrayT &array, Visit visit) {
  auto *bytes = reinterpret_cast<const char *>(array.data);
  for (uint32_t i = 0; i != array.count; ++i)
    visit(*reinterpret_cast<decltype(array.data)>(bytes + i * array.elem_size));
}

static void runBackwards(void *, optimc_task_fn task, void *data, uint32_t n) {
  while (n-- > 0)
    task(data, n);
}

bool CompiledRun::isFrozen(StringRef name) {
  bool frozen = false;
  forEach(program->hypers, [&](const optimc_hyper &hyper) {
    frozen |= name == hyper.name && (hyper.flags & OPTIMC_HYPER_FROZEN);
  });
  return frozen;
}

bool CompiledRun::hasInput(StringRef name) {
  bool has = false;
  forEach(program->inputs,
          [&](const optimc_scalar_input &input) { has |= name == input.name; });
  return has;
}

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

Error CompiledRun::applyHypers(ArrayRef<HyperChange> changes) {
  for (const HyperChange &change : changes)
    if (!isFrozen(change.name))
      if (Error failure = check(optimc_set_hyper(optimizer, change.group,
                                                 change.name.c_str(),
                                                 change.value, &error)))
        return failure;
  return Error::success();
}

Error CompiledRun::addTensor(const TensorPlan &plan) {
  TensorBuffers &buffers = tensors.emplace_back();
  unsigned offset = plan.offset;
  std::vector<float> zeros(plan.count);
  buffers.param = std::make_unique<GuardedBuffer>(plan.param, offset);
  buffers.grad = std::make_unique<GuardedBuffer>(zeros, (offset + 5) % 16);
  std::vector<optimc_named_buffer> list;
  forEach(program->streams, [&](const optimc_stream &stream) {
    if (stream.role != OPTIMC_ROLE_STATE && stream.role != OPTIMC_ROLE_INPUT)
      return;
    auto given = plan.states.find(stream.name);
    bool keeps = given != plan.states.end();
    offset = (offset + 7) % 16;
    auto &buffer = buffers.named[stream.name];
    buffer =
        std::make_unique<GuardedBuffer>(keeps ? given->second : zeros, offset);
    uint32_t flags =
        keeps || stream.role == OPTIMC_ROLE_INPUT ? OPTIMC_BUFFER_KEEP : 0;
    list.push_back({stream.name, buffer->data(), flags, 0});
  });
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  desc.rank = 1;
  desc.name = plan.name.c_str();
  desc.shape = &plan.count;
  desc.param = buffers.param->data();
  desc.grad = buffers.grad->data();
  desc.buffers = list.data();
  desc.n_buffers = list.size();
  return callInMode([&] {
    return optimc_add_tensor(optimizer, plan.group, &desc, &buffers.id, &error);
  });
}

Error CompiledRun::start() {
  optimc_options create = OPTIMC_OPTIONS_INIT;
  create.seed = scenario.seed;
  create.isa_mask = options.isaMask;
  create.n_threads = options.threads;
  create.threads =
      options.threads > 1 ? OPTIMC_THREADS_POOL : OPTIMC_THREADS_SERIAL;
  if (options.callerPool) {
    create.threads = OPTIMC_THREADS_CALLER;
    create.parallel_for = runBackwards;
  }
  if (Error failure =
          check(optimc_create(program, &create, &optimizer, &error)))
    return failure;
  for (unsigned i = 0; i < scenario.groups; ++i) {
    optimc_group group;
    std::string name = "group" + std::to_string(i);
    if (Error failure =
            check(optimc_add_group(optimizer, name.c_str(), &group, &error)))
      return failure;
  }
  if (Error failure = applyHypers(scenario.initialHypers))
    return failure;
  tensors.reserve(scenario.tensors.size());
  for (const TensorPlan &plan : scenario.tensors)
    if (Error failure = addTensor(plan))
      return failure;
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

Error CompiledRun::setInput(StringRef name, optimc_rate rate, unsigned owner,
                            double value) {
  if (!hasInput(name))
    return Error::success();
  return check(optimc_set_input(optimizer, name.str().c_str(), rate, owner,
                                value, &error));
}

Error CompiledRun::applyInputs(const StepPlan &step) {
  for (const InputChange &change : step.inputs)
    if (Error failure = setInput(change.name, optimc_rate(change.rate),
                                 change.owner, change.value))
      return failure;
  for (size_t i = 0; i < tensors.size(); ++i) {
    tensors[i].grad->fill(step.grads[i]);
    for (const auto &[name, values] : step.elementInputs[i])
      if (auto it = tensors[i].named.find(name); it != tensors[i].named.end())
        it->second->fill(values);
  }
  if (Error failure =
          setInput("grad_scale", OPTIMC_RATE_MODEL, 0, step.gradScale))
    return failure;
  return setInput("found_inf", OPTIMC_RATE_MODEL, 0, step.foundInf);
}

Error CompiledRun::takeStep(const StepPlan &step) {
  if (step.active.size() == tensors.size())
    return callInMode([&] { return optimc_step(optimizer, &error); });
  std::vector<optimc_tensor> ids;
  for (unsigned i : step.active)
    ids.push_back(tensors[i].id);
  return callInMode([&] {
    optimc_status status = optimc_begin(optimizer, nullptr, &error);
    // In two parts, as from gradient hooks.
    size_t half = ids.size() / 2;
    if (!status)
      status = optimc_run_tensors(optimizer, ids.data(), half, &error);
    if (!status)
      status = optimc_run_tensors(optimizer, ids.data() + half,
                                  ids.size() - half, &error);
    return status ? status : optimc_end(optimizer, &error);
  });
}

Error CompiledRun::checkBuffers(const StepPlan &step) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::string &name = scenario.tensors[i].name;
    TensorBuffers &buffers = tensors[i];
    bool isIntact = buffers.param->isIntact() && buffers.grad->isIntact();
    for (const auto &[key, buffer] : buffers.named)
      isIntact &= buffer->isIntact();
    if (!isIntact)
      return createStringError("a guard word beside a buffer of " + name +
                               " was overwritten");
    if (!buffers.grad->holds(step.grads[i]))
      return createStringError("the gradient of " + name + " was changed");
  }
  return Error::success();
}

Expected<StepTrace> CompiledRun::record(const StepPlan &step) {
  StepTrace trace;
  auto addScalar = [&](const std::string &key, const char *name,
                       optimc_rate rate, unsigned index) -> Error {
    double value;
    if (Error failure = check(
            optimc_get_scalar(optimizer, name, rate, index, &value, &error)))
      return failure;
    trace.values[key] = {value};
    return Error::success();
  };
  auto widen = [](ArrayRef<float> values) {
    return std::vector<double>(values.begin(), values.end());
  };
  Error failure = Error::success();
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::string &tensor = scenario.tensors[i].name;
    trace.values[tensor + " param"] = widen(tensors[i].param->get());
    forEach(program->streams, [&](const optimc_stream &stream) {
      if (stream.role == OPTIMC_ROLE_STATE)
        trace.values[tensor + " state " + stream.name] =
            widen(tensors[i].named[stream.name]->get());
    });
    forEach(program->states, [&](const optimc_scalar_state &state) {
      if (failure)
        return;
      if (state.rate == OPTIMC_RATE_MODEL)
        failure = addScalar(std::string("model state ") + state.name,
                            state.name, OPTIMC_RATE_MODEL, 0);
      else
        failure = addScalar(
            tensor + (StringRef(state.name) == "step" ? " " : " state ") +
                state.name,
            state.name, OPTIMC_RATE_TENSOR, tensors[i].id);
    });
  }
  forEach(program->outputs, [&](const optimc_output &output) {
    for (unsigned i : step.active) {
      if (failure)
        return;
      double value;
      failure =
          check(optimc_get_output(optimizer, output.name, OPTIMC_RATE_TENSOR,
                                  tensors[i].id, &value, &error));
      trace.values[scenario.tensors[i].name + " output " + output.name] = {
          value};
    }
  });
  if (failure)
    return failure;
  return trace;
}

Expected<Trace> CompiledRun::run() {
  if (Error failure = start())
    return failure;
  Trace trace;
  for (const StepPlan &step : scenario.steps) {
    if (Error failure = applyHypers(step.hypers))
      return failure;
    if (Error failure = applyInputs(step))
      return failure;
    if (Error failure = takeStep(step))
      return failure;
    if (Error failure = checkBuffers(step))
      return failure;
    Expected<StepTrace> recorded = record(step);
    if (!recorded)
      return recorded.takeError();
    trace.push_back(std::move(*recorded));
  }
  return trace;
}

Expected<Trace> optimc::test::runCompiled(const optimc_program *program,
                                          const Scenario &scenario,
                                          const CompiledOptions &options) {
  return CompiledRun(program, scenario, options).run();
}
