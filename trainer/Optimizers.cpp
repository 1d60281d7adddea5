//===- Optimizers.cpp - compiled optimizers for a model ---------*- C++ -*-===//
// Part of optimc, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
#include "Optimizers.h"
#include "DeviceBuffer.h"
#include "Model.h"
#include "ThreadPool.h"
#include "optimc-c/Compiler.h"
#include "optimc-c/Runtime.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

namespace optimc::trainer {

static const std::string storePrefix = "store.";

bool parseOptimizerChoice(const std::string &text, OptimizerChoice &choice,
                          std::string &error) {
  choice = {};
  // A file name may contain colons: what follows the last one is settings only
  // if it looks like settings.
  size_t colon = text.rfind(':');
  if (colon != std::string::npos &&
      text.find('=', colon) == std::string::npos && colon + 1 != text.size())
    colon = std::string::npos;
  choice.spec = text.substr(0, colon);
  if (choice.spec.empty()) {
    error = "optimizer '" + text +
            "' has no name; write NAME or FILE.mlir, then settings such as "
            "':lr=0.004,beta3=0.999'";
    return false;
  }
  size_t at = colon == std::string::npos ? text.size() : colon + 1;
  while (at < text.size()) {
    size_t end = std::min(text.find(',', at), text.size());
    std::string item = text.substr(at, end - at);
    size_t equals = item.find('=');
    std::string value =
        equals == std::string::npos ? "" : item.substr(equals + 1);
    at = end + 1;
    if (item.compare(0, storePrefix.size(), storePrefix) == 0) {
      choice.store +=
          (choice.store.empty() ? "" : ",") + item.substr(storePrefix.size());
      continue;
    }
    char *rest = nullptr;
    double number = std::strtod(value.c_str(), &rest);
    if (equals == 0 || value.empty() || *rest) {
      error = "setting '" + item + "' of optimizer '" + choice.spec +
              "' is not of the form name=number or store.stream=format";
      return false;
    }
    choice.overrides.emplace_back(item.substr(0, equals), number);
  }
  return true;
}

uint64_t compileCount() { return optimc_compile_count(); }

namespace {

/// Elements of a program's array, whose stride is part of the program.
template <typename Array>
auto element(const Array &array, uint32_t i) {
  using T = std::remove_reference_t<decltype(*array.data)>;
  return reinterpret_cast<const T *>(
      reinterpret_cast<const char *>(array.data) + size_t(i) * array.elem_size);
}

struct Setting {
  const char *name;
  double value;
};
/// Settings tuned for size S; -1 stands for the number of steps.
struct Recipe {
  const char *program;
  std::vector<Setting> settings;
};
const Recipe recipes[] = {
    {"adamw",
     {{"lr", 0.008}, {"beta1", 0.9}, {"beta2", 0.999}, {"weight_decay", 0.1}}},
    {"ademamix",
     {{"lr", 0.004},
      {"beta1", 0.9},
      {"beta2", 0.999},
      {"beta3", 0.999},
      {"alpha", 8},
      {"alpha_warmup", -1},
      {"beta3_warmup", -1},
      {"weight_decay", 0.1}}},
};

void runOnPool(void *context, optimc_task_fn task, void *data, uint32_t n) {
  static_cast<ThreadPool *>(context)->forEach(
      n, [&](int64_t i) { task(data, static_cast<uint32_t>(i)); });
}

class AttachedOptimizer : public Optimizer {
public:
  AttachedOptimizer(Model &model, Device device)
      : model(model), device(device) {}
  ~AttachedOptimizer() override { optimc_destroy(handle); }

  bool init(const optimc_program *program,
            const std::map<std::string, double> &hypers, ThreadPool &pool,
            std::string &error) {
    optimc_options options = OPTIMC_OPTIONS_INIT;
    options.device =
        device == Device::Cuda ? OPTIMC_DEVICE_CUDA : OPTIMC_DEVICE_CPU;
    options.n_threads = static_cast<uint32_t>(pool.threads());
    options.threads =
        pool.threads() > 1 ? OPTIMC_THREADS_CALLER : OPTIMC_THREADS_SERIAL;
    if (pool.threads() > 1) {
      options.parallel_for = runOnPool;
      options.parallel_context = &pool;
    }
    hasGradScale = false;
    for (uint32_t i = 0; i < program->inputs.count; ++i)
      hasGradScale |=
          std::strcmp(element(program->inputs, i)->name, "grad_scale") == 0;
    return place(error) &&
           check(optimc_create(program, &options, &handle, &err), error) &&
           addGroup("decay", true, hypers, error) &&
           addGroup("no_decay", false, hypers, error);
  }

  bool setLearningRate(double lr, std::string &error) override {
    for (optimc_group group : groups)
      if (!check(optimc_set_hyper(handle, group, "lr", lr, &err), error))
        return false;
    return true;
  }

  bool step(double gradScale, std::string &error) override {
    if (hasGradScale &&
        !check(optimc_set_input(handle, "grad_scale", OPTIMC_RATE_MODEL, 0,
                                gradScale, &err),
               error))
      return false;
    if (device == Device::Cpu)
      return check(optimc_step(handle, &err), error);
    return deviceGrads.upload(model.grads(), error) &&
           check(optimc_step(handle, &err), error) &&
           deviceWeights.download(model.weights(), error);
  }

  bool save(const std::string &path, std::string &error) const override {
    optimc_error err;
    return check(optimc_save(handle, path.c_str(), &err), err, error);
  }

  bool load(const std::string &path, std::string &error) override {
    return check(optimc_load(handle, path.c_str(), OPTIMC_LOAD_SAME_PROGRAM,
                             nullptr, nullptr, &err),
                 error) &&
           (device == Device::Cpu ||
            deviceWeights.download(model.weights(), error));
  }

private:
  static bool check(optimc_status status, const optimc_error &err,
                    std::string &error) {
    if (status != OPTIMC_OK)
      error = err.message;
    return status == OPTIMC_OK;
  }
  bool check(optimc_status status, std::string &error) {
    return check(status, err, error);
  }

  /// Settles where the optimizer's weights and gradient are.
  bool place(std::string &error) {
    weights = model.weights();
    grads = model.grads();
    if (device == Device::Cpu)
      return true;
    int64_t count = weightElements(model.getArrays());
    if (!deviceWeights.allocate(count, error) ||
        !deviceGrads.allocate(count, error))
      return false;
    weights = deviceWeights.data();
    grads = deviceGrads.data();
    return deviceWeights.upload(model.weights(), error);
  }

  bool addGroup(const char *name, bool matrices,
                const std::map<std::string, double> &hypers,
                std::string &error) {
    optimc_group group;
    if (!check(optimc_add_group(handle, name, &group, &err), error))
      return false;
    groups.push_back(group);
    for (const auto &[hyper, value] : hypers) {
      double used = hyper == "weight_decay" && !matrices ? 0 : value;
      if (!check(optimc_set_hyper(handle, group, hyper.c_str(), used, &err),
                 error))
        return false;
    }
    for (const WeightArray &array : model.getArrays()) {
      if (array.isMatrix() != matrices)
        continue;
      int64_t shape[2] = {array.rows, array.cols};
      optimc_tensor_desc desc = OPTIMC_TENSOR_DESC_INIT;
      desc.rank = array.isMatrix() ? 2 : 1;
      desc.name = array.name.c_str();
      desc.shape = shape;
      desc.param = weights + array.offset;
      desc.grad = grads + array.offset;
      desc.param_dtype = desc.grad_dtype = OPTIMC_DTYPE_F32;
      optimc_tensor tensor;
      if (!check(optimc_add_tensor(handle, group, &desc, &tensor, &err), error))
        return false;
    }
    return true;
  }

  Model &model;
  Device device;
  DeviceBuffer deviceWeights, deviceGrads;
  float *weights = nullptr, *grads = nullptr; // as the runtime sees them
  optimc_optimizer *handle = nullptr;
  optimc_error err{};
  std::vector<optimc_group> groups;
  bool hasGradScale = false;
};

class CompiledSpec : public CompiledOptimizer {
public:
  ~CompiledSpec() override { optimc_compiled_destroy(compiled); }

  bool init(const OptimizerChoice &choice, const RecipeContext &context,
            std::string &error) {
    optimc_compile_options options = OPTIMC_COMPILE_OPTIONS_INIT;
    options.store = choice.store.c_str();
    device = context.device;
    if (device == Device::Cuda)
      options.gpus = "sm_80"; // the oldest; runs on all later ones
    optimc_error err;
    if (optimc_compile(choice.spec.c_str(), &options, &compiled, &err) !=
        OPTIMC_OK) {
      error = err.message;
      return false;
    }
    program = optimc_compiled_program(compiled);
    programName = program->name;
    hash = program->spec_hash;
    return checkInterface(choice, context, error) &&
           settle(choice, context, error);
  }

  const std::string &name() const override { return programName; }
  const std::string &specHash() const override { return hash; }
  double peakLearningRate() const override { return hyper("lr", 0); }
  double hyper(const std::string &name, double absent) const override {
    auto found = hypers.find(name);
    if (found != hypers.end())
      return found->second;
    const optimc_hyper *declared = findHyper(name);
    return declared ? declared->initial : absent;
  }

  std::string describe() const override {
    std::string text;
    for (const auto &[name, value] : hypers) {
      char number[40];
      std::snprintf(number, sizeof number, "%.10g", value);
      text += (text.empty() ? "" : ", ") + name + "=" + number;
    }
    return text;
  }

  std::unique_ptr<Optimizer> attach(Model &model, ThreadPool &pool,
                                    std::string &error) const override {
    auto optimizer = std::make_unique<AttachedOptimizer>(model, device);
    if (!optimizer->init(program, hypers, pool, error))
      return nullptr;
    return optimizer;
  }

private:
  const optimc_hyper *findHyper(const std::string &name) const {
    for (uint32_t i = 0; i < program->hypers.count; ++i)
      if (name == element(program->hypers, i)->name)
        return element(program->hypers, i);
    return nullptr;
  }

  bool checkInterface(const OptimizerChoice &choice,
                      const RecipeContext &context, std::string &error) {
    if (!findHyper("lr")) {
      error = "optimizer '" + choice.spec +
              "' has no hyperparameter 'lr', which the schedule sets";
      return false;
    }
    bool hasGradScale = false;
    for (uint32_t i = 0; i < program->inputs.count; ++i) {
      const optimc_scalar_input *input = element(program->inputs, i);
      std::string name = input->name;
      hasGradScale |= name == "grad_scale";
      if (name != "grad_scale" && !(input->flags & OPTIMC_INPUT_OPTIONAL)) {
        error = "optimizer '" + choice.spec + "' needs the input '" + name +
                "', which this trainer does not provide";
        return false;
      }
    }
    for (uint32_t i = 0; i < program->streams.count; ++i) {
      const optimc_stream *stream = element(program->streams, i);
      if (stream->role == OPTIMC_ROLE_INPUT) {
        error = "optimizer '" + choice.spec + "' needs the input '" +
                stream->name + "', which this trainer does not provide";
        return false;
      }
    }
    if (context.clip && !hasGradScale) {
      error = "optimizer '" + choice.spec +
              "' has no input 'grad_scale', through which gradients are "
              "clipped; train with --clip 0 to leave them as they are";
      return false;
    }
    return true;
  }

  bool settle(const OptimizerChoice &choice, const RecipeContext &context,
              std::string &error) {
    auto setIfDeclared = [&](const char *name, double value) {
      const optimc_hyper *declared = findHyper(name);
      if (declared && !(declared->flags & OPTIMC_HYPER_FROZEN))
        hypers[name] = value;
    };
    // Set in any case: the schedule changes the one, and only one of the two
    // groups has the other.
    for (const char *name : {"lr", "weight_decay"})
      if (const optimc_hyper *declared = findHyper(name))
        setIfDeclared(name, declared->initial);
    for (const Recipe &recipe : recipes)
      if (programName == recipe.program)
        for (const Setting &setting : recipe.settings)
          setIfDeclared(setting.name, setting.value == -1
                                          ? static_cast<double>(context.steps)
                                          : setting.value);
    if (context.lr)
      hypers["lr"] = *context.lr;
    for (const auto &[name, value] : choice.overrides) {
      if (!findHyper(name)) {
        error = "optimizer '" + choice.spec + "' has no hyperparameter '" +
                name + "'; it has";
        for (uint32_t i = 0; i < program->hypers.count; ++i)
          error += std::string(i ? ", '" : " '") +
                   element(program->hypers, i)->name + "'";
        return false;
      }
      hypers[name] = value;
    }
    return true;
  }

  optimc_compiled *compiled = nullptr;
  const optimc_program *program = nullptr;
  Device device = Device::Cpu;
  std::string programName, hash;
  std::map<std::string, double> hypers; // set in every group
};

} // namespace

std::unique_ptr<CompiledOptimizer>
CompiledOptimizer::create(const OptimizerChoice &choice,
                          const RecipeContext &context, std::string &error) {
  auto spec = std::make_unique<CompiledSpec>();
  if (!spec->init(choice, context, error))
    return nullptr;
  return spec;
}

} // namespace optimc::trainer
