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
#include <deque>
#include <memory>

using namespace llvm;
using namespace optimc::test;

namespace {
/// Elements of `size` bytes between guard bytes, `offset` elements after a
/// multiple of 64 bytes.
class GuardedBuffer {
public:
  GuardedBuffer(size_t count, size_t size, unsigned offset)
      : length(count * size), bytes(length + 3 * guard, pattern) {
    auto address = reinterpret_cast<uintptr_t>(bytes.data() + guard);
    first = guard + (64 - address % 64) % 64 + offset * size;
    std::memset(data(), 0, length);
  }

  void *data() { return bytes.data() + first; }
  void remember() { copy.assign(get(), get() + length); }
  bool isAsRemembered() const {
    return std::equal(copy.begin(), copy.end(), get());
  }
  bool isIntact() const {
    for (size_t i = 0; i < bytes.size(); ++i)
      if ((i < first || i >= first + length) && bytes[i] != pattern)
        return false;
    return true;
  }

private:
  const uint8_t *get() const { return bytes.data() + first; }

  static constexpr size_t guard = 192;
  static constexpr uint8_t pattern = 0xC5;
  size_t length, first;
  std::vector<uint8_t> bytes, copy;
};

struct TensorBuffers {
  optimc_tensor id = 0;
  int64_t count = 0;
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
  Error checkBuffers();
  Expected<StepTrace> record(const StepPlan &step);
  Error setInput(StringRef name, optimc_rate rate, unsigned owner,
                 double value);
  void readFormats();
  Error fill(GuardedBuffer &buffer, StringRef stream, ArrayRef<float> values);
  Expected<std::vector<double>> readState(const TensorBuffers &buffers,
                                          const char *name);
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
  std::map<std::string, uint32_t, std::less<>> formats; ///< by stream
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

static size_t getSize(uint32_t storage) {
  if (storage == OPTIMC_STORAGE_F32)
    return 4;
  return storage == OPTIMC_STORAGE_Q8 || storage == OPTIMC_STORAGE_Q8_SR ? 1
                                                                         : 2;
}

static uint32_t getType(uint32_t storage) {
  if (storage == OPTIMC_STORAGE_F32)
    return OPTIMC_DTYPE_F32;
  return storage == OPTIMC_STORAGE_F16 ? OPTIMC_DTYPE_F16 : OPTIMC_DTYPE_BF16;
}

void CompiledRun::readFormats() {
  const uint32_t *storage = program->entries.data->plans.data->storage;
  forEach(program->streams, [&](const optimc_stream &stream) {
    formats[stream.name] = *storage++;
  });
}

Error CompiledRun::fill(GuardedBuffer &buffer, StringRef stream,
                        ArrayRef<float> values) {
  auto format = formats.find(stream);
  uint32_t storage =
      format == formats.end() ? uint32_t(OPTIMC_STORAGE_F32) : format->second;
  Error failure = check(optimc_from_float32(
      getType(storage), values.data(), values.size(), buffer.data(), &error));
  buffer.remember();
  return failure;
}

Expected<std::vector<double>>
CompiledRun::readState(const TensorBuffers &buffers, const char *name) {
  std::vector<float> values(buffers.count);
  if (Error failure = check(optimc_read_state(
          optimizer, buffers.id, name, values.data(), values.size(), &error)))
    return failure;
  return std::vector<double>(values.begin(), values.end());
}

Error CompiledRun::addTensor(const TensorPlan &plan) {
  TensorBuffers &buffers = tensors.emplace_back();
  unsigned offset = plan.offset;
  buffers.count = plan.count;
  auto make = [&](const std::string &stream, unsigned shift) {
    size_t size = getSize(formats[stream]);
    return std::make_unique<GuardedBuffer>(plan.count, size, shift);
  };
  buffers.param = make("param", offset);
  buffers.grad = make("grad", (offset + 5) % 16);
  if (Error failure = fill(*buffers.param, "param", plan.param))
    return failure;
  std::vector<optimc_named_buffer> list;
  std::deque<std::string> names;
  forEach(program->streams, [&](const optimc_stream &stream) {
    uint32_t storage = formats[stream.name];
    auto add = [&](const std::string &name, size_t count, size_t size,
                   uint32_t flags) {
      offset = (offset + 7) % 16;
      auto &buffer = buffers.named[name];
      buffer = std::make_unique<GuardedBuffer>(count, size, offset);
      names.push_back(name);
      list.push_back({names.back().c_str(), buffer->data(), flags, 0});
    };
    if (stream.role >= OPTIMC_ROLE_STATE)
      add(stream.name, plan.count, getSize(storage),
          stream.role == OPTIMC_ROLE_INPUT ? OPTIMC_BUFFER_KEEP : 0);
    if (getSize(storage) == 1)
      add(std::string(stream.name) + ".exponent", (plan.count + 255) / 256, 2,
          0);
    if (storage == OPTIMC_STORAGE_SPLIT)
      add(std::string(stream.name) + ".low", plan.count, 2, 0);
  });
  optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
  desc.rank = 1;
  desc.name = plan.name.c_str();
  desc.shape = &plan.count;
  desc.param = buffers.param->data();
  desc.grad = buffers.grad->data();
  desc.param_dtype = getType(formats["param"]);
  desc.grad_dtype = getType(formats["grad"]);
  desc.buffers = list.data();
  desc.n_buffers = list.size();
  if (Error failure = callInMode([&] {
        return optimc_add_tensor(optimizer, plan.group, &desc, &buffers.id,
                                 &error);
      }))
    return failure;
  for (const auto &[name, values] : plan.states)
    if (formats.count(name))
      if (Error failure = callInMode([&, &name = name, &values = values] {
            return optimc_write_state(optimizer, buffers.id, name.c_str(),
                                      values.data(), values.size(), &error);
          }))
        return failure;
  return Error::success();
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
  readFormats();
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
    if (Error failure = fill(*tensors[i].grad, "grad", step.grads[i]))
      return failure;
    for (const auto &[name, values] : step.elementInputs[i])
      if (auto it = tensors[i].named.find(name); it != tensors[i].named.end())
        if (Error failure = fill(*it->second, name, values))
          return failure;
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

Error CompiledRun::checkBuffers() {
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::string &name = scenario.tensors[i].name;
    TensorBuffers &buffers = tensors[i];
    bool isIntact = buffers.param->isIntact() && buffers.grad->isIntact();
    for (const auto &[key, buffer] : buffers.named)
      isIntact &= buffer->isIntact();
    if (!isIntact)
      return createStringError("a guard word beside a buffer of " + name +
                               " was overwritten");
    if (!buffers.grad->isAsRemembered())
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
  auto addStream = [&](const std::string &key, const TensorBuffers &buffers,
                       const char *name) -> Error {
    Expected<std::vector<double>> values = readState(buffers, name);
    if (!values)
      return values.takeError();
    trace.values[key] = std::move(*values);
    return Error::success();
  };
  Error failure = Error::success();
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::string &tensor = scenario.tensors[i].name;
    forEach(program->streams, [&](const optimc_stream &stream) {
      if (failure)
        return;
      if (stream.role == OPTIMC_ROLE_PARAM)
        failure = addStream(tensor + " param", tensors[i], stream.name);
      if (stream.role == OPTIMC_ROLE_STATE)
        failure = addStream(tensor + " state " + stream.name, tensors[i],
                            stream.name);
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
    if (Error failure = checkBuffers())
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
